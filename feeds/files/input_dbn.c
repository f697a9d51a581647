#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/decode/dbn.h"
#include "feeds/decode/dbn_metadata.h"
#include "feeds/files/input_internal.h"
#include "feeds/wire/normalise_dbn.h"

typedef struct dbn_input {
    as_dbn_normaliser *normaliser;
    as_dbn_layout layout;
    uint64_t grown; /* records longer than specified */
    bool ended;
    unsigned pending_count, pending_at;
    as_event pending[AS_DBN_EVENTS_MAX]; /* of the record last read */
} dbn_input;

static const uint8_t *unread(const as_input *input, size_t *bytes)
{
    *bytes = input->view_bytes - input->view_at;
    return input->view + input->view_at;
}

static unsigned long long offset(const as_input *input)
{
    return as_byte_stream_offset(input->stream) + input->view_at;
}

/* ---- metadata ---- */

/* All mappings into the names. 1: the metadata are cut. */
static int read_mappings(as_input *input, dbn_input *d, const as_dbn_metadata *metadata)
{
    as_dbn_names *names = as_dbn_normaliser_names(d->normaliser);
    as_dbn_interval interval;
    as_dbn_walk walk;
    as_dbn_walk_result result;
    as_dbn_walk_init(&walk, metadata);
    do {
        size_t bytes, consumed;
        const uint8_t *data = unread(input, &bytes);
        result = as_dbn_walk_next(&walk, data, bytes, &consumed, &interval);
        input->view_at += consumed;
        if (result == AS_DBN_WALK_NEED_MORE) {
            int code = as_input_fill(input, AS_DBN_WALK_PIECE_BYTES);
            size_t now;
            (void)unread(input, &now);
            if (code < 0)
                return code;
            if (now == bytes - consumed)
                return 1;
        } else if (result == AS_DBN_WALK_INTERVAL && as_dbn_names_add(names, &interval) < 0) {
            return as_error_set(-ENOMEM, "%s: out of memory", input->path);
        }
    } while (result != AS_DBN_WALK_END && result != AS_DBN_WALK_BAD);
    as_dbn_names_ready(names);
    if (result == AS_DBN_WALK_BAD)
        return as_error_set(-EBADMSG, "%s: byte %llu: DBN metadata: a list goes beyond their end", input->path,
                            offset(input));
    return 0;
}

/* The dataset's name is anybody's bytes. */
static void describe(as_input *input, const as_dbn_metadata *metadata)
{
    char dataset[AS_DBN_DATASET_BYTES];
    memcpy(dataset, metadata->dataset, sizeof dataset);
    for (char *c = dataset; *c; c++)
        *c = *c > 0x20 && *c < 0x7f ? *c : '.';
    snprintf(input->stats->detail, sizeof input->stats->detail, "v%u %s %s", metadata->version,
             as_dbn_schema_name(metadata->schema), dataset);
}

/* 0, 1 if they are cut, or a negative errno. */
static int read_metadata(as_input *input, dbn_input *d)
{
    enum { LISTS_AT = 112 };
    as_dbn_metadata metadata;
    size_t bytes;
    int code = as_input_fill(input, AS_DBN_METADATA_BYTES_MIN);
    if (code < 0)
        return code;
    const uint8_t *data = unread(input, &bytes);
    as_dbn_metadata_result result = as_dbn_metadata_decode(data, bytes, &metadata);
    if (result == AS_DBN_METADATA_NEED_MORE)
        return 1;
    if (result != AS_DBN_METADATA_OK)
        return as_error_set(-EBADMSG, "%s: byte %llu: DBN metadata (version %u): %s", input->path, offset(input),
                            bytes > 3 ? data[3] : 0, as_dbn_metadata_text(result));
    d->layout = (as_dbn_layout){.version = metadata.version, .ts_out = metadata.ts_out};
    as_dbn_normaliser_begin(d->normaliser, &metadata);
    describe(input, &metadata);
    input->view_at += LISTS_AT;
    return read_mappings(input, d, &metadata);
}

/* ---- life ---- */

static int open_dbn(as_input *input)
{
    as_dbn_normaliser_options options = {.names = {.symbols = as_input_symbols(input),
                                                   .resolve = input->options.universe ? NULL : as_input_resolve,
                                                   .arg = input},
                                         .source = input->options.source};
    size_t bytes;
    const uint8_t *data = unread(input, &bytes);
    dbn_input *d = input->state = calloc(1, sizeof *d);
    if (!d || as_dbn_normaliser_new(&options, &d->normaliser) < 0)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    if (as_dbn_is_metadata(data, bytes)) {
        int code = read_metadata(input, d);
        input->stats->truncated = input->stats->truncated || code == 1;
        d->ended = code == 1;
        return code < 0 ? code : 0;
    }
    (void)as_dbn_sniff_fragment(data, bytes, &d->layout);
    snprintf(input->stats->detail, sizeof input->stats->detail, "fragment");
    return 0;
}

static void close_dbn(as_input *input)
{
    dbn_input *d = input->state;
    if (d)
        as_dbn_normaliser_free(d->normaliser);
    free(d);
}

static void count_dbn(as_input *input)
{
    const dbn_input *d = input->state;
    const as_dbn_normaliser_counters *c = as_dbn_normaliser_counters_get(d->normaliser);
    const as_dbn_names_counters *n = as_dbn_names_counters_get(as_dbn_normaliser_names(d->normaliser));
    const struct {
        const char *reason;
        uint64_t count;
    } errors[] = {
        {"grown", d->grown},
        {"bad_time", c->bad_time},
        {"bad_side", c->bad_side},
        {"bad_action", c->bad_action},
        {"bad_interval", c->bad_interval},
        {"empty_trade", c->empty_trade},
        {"maybe_bad_book", c->maybe_bad_book},
        {"bad_ts_recv", c->bad_ts_recv},
        {"other_publisher", c->other_publisher},
        {"other_schema", c->other_schema},
        {"mode_change", c->mode_change},
        {"bad_mapping", n->bad_mapping},
        {"mapping_full", n->mapping_full},
        {"long_symbol", n->long_symbol},
        {"instrument_full", n->instrument_full},
    };
    for (unsigned i = 0; i < sizeof errors / sizeof *errors; i++)
        as_input_count_error(input, errors[i].reason, errors[i].count);
    for (unsigned type = 0; type < 256; type++)
        if (as_dbn_rtype_name((uint8_t)type))
            as_input_count_type(input, as_dbn_rtype_name((uint8_t)type), c->by_type[type]);
    input->stats->messages = c->records;
    input->stats->heartbeats = c->heartbeats;
    input->stats->unknown_symbol = c->unknown_symbol;
}

/* ---- records ---- */

static int read_record(as_input *input, dbn_input *d, const uint8_t *record, size_t record_bytes)
{
    as_dbn decoded;
    as_dbn_result result = as_dbn_decode(&d->layout, record, record_bytes, &decoded);
    if (result < 0)
        return as_input_bad_message(input, result == AS_DBN_SHORT ? "short_message" : "unknown_type");
    d->grown += result == AS_DBN_GROWN;
    d->pending_count = as_normalise_dbn(d->normaliser, &decoded, d->pending);
    return 0;
}

/* The end of the records: 0, or a negative errno. */
static int end(as_input *input, dbn_input *d)
{
    size_t bytes;
    (void)unread(input, &bytes);
    d->ended = true;
    if (d->pending_count == 0)
        d->pending_count = as_dbn_flush(d->normaliser, d->pending);
    if (bytes == 0)
        return 0;
    input->stats->truncated = true;
    input->view_at = input->view_bytes;
    return as_input_fill(input, 1); /* cut, or damaged */
}

/* One record, or metadata in the middle of a stream (files put together). 0, or a negative errno. */
static int step(as_input *input, dbn_input *d)
{
    size_t bytes, record_bytes;
    int code = as_input_fill(input, AS_DBN_RECORD_BYTES_MAX);
    d->pending_at = d->pending_count = 0;
    if (code < 0)
        return code;
    const uint8_t *data = unread(input, &bytes);
    if (as_dbn_is_metadata(data, bytes)) {
        d->pending_count = as_dbn_flush(d->normaliser, d->pending);
        input->stats->restarts++;
        code = read_metadata(input, d);
        return code == 1 ? end(input, d) : code;
    }
    switch (as_dbn_frame(data, bytes, &record_bytes)) {
    case AS_DBN_OK:
        code = read_record(input, d, data, record_bytes);
        input->view_at += record_bytes;
        return code;
    case AS_DBN_NEED_MORE:
        return end(input, d);
    default:
        return as_error_set(-EBADMSG, "%s: byte %llu: a DBN record of %u bytes; a record has at least %d", input->path,
                            offset(input), 4u * data[0], AS_DBN_HEADER_BYTES);
    }
}

static int next_dbn(as_input *input, as_event *event, as_headline *headline)
{
    (void)headline;
    dbn_input *d = input->state;
    while (d->pending_at == d->pending_count) {
        int code = d->ended ? 0 : step(input, d);
        if (code < 0)
            return code;
        if (d->ended && d->pending_at == d->pending_count)
            return 0;
    }
    *event = d->pending[d->pending_at++];
    return 1;
}

const as_input_reader as_input_dbn = {open_dbn, next_dbn, count_dbn, close_dbn, .sorted = true};
