/* Databento mbo records (DBN version 3), and the book by order. */
#include <errno.h>
#include <stdlib.h>

#include "bench/bench_decode.h"
#include "bench/dbn_stream.h"
#include "core/error.h"
#include "feeds/decode/dbn.h"
#include "feeds/decode/dbn_metadata.h"
#include "feeds/wire/normalise_dbn.h"

enum { SEED = 20260701, LISTS_AT = 112 };

_Static_assert(AS_DECODE_ROOM >= AS_DECODE_BATCH + AS_DBN_EVENTS_MAX, "a record's events fit behind a batch");

struct as_decode_stream {
    as_dbn_stream dbn;
};

static const as_dbn_layout layout = {.version = AS_DBN_VERSION_MAX};

static inline const uint8_t *next_record(as_decode_pass *pass, size_t *record_bytes)
{
    const as_dbn_stream *s = &pass->stream->dbn;
    if (pass->left == 0 || as_dbn_frame(s->data + pass->at, s->bytes - pass->at, record_bytes) != AS_DBN_OK)
        return NULL;
    const uint8_t *record = s->data + pass->at;
    pass->at += *record_bytes;
    pass->left--;
    return record;
}

static void frame_block(as_decode_pass *pass)
{
    const uint8_t *record;
    size_t record_bytes;
    while ((record = next_record(pass, &record_bytes)))
        pass->sum += record[1];
}

static void decode_block(as_decode_pass *pass)
{
    const uint8_t *record;
    size_t record_bytes;
    while ((record = next_record(pass, &record_bytes))) {
        as_dbn decoded;
        if (as_dbn_decode(&layout, record, record_bytes, &decoded) == AS_DBN_OK)
            pass->sum += decoded.ts_recv + decoded.mbo.order_id;
    }
}

static inline unsigned to_events(as_decode_pass *pass, const uint8_t *record, size_t record_bytes, as_event *event)
{
    as_dbn decoded;
    if (as_dbn_decode(&layout, record, record_bytes, &decoded) != AS_DBN_OK)
        return 0;
    return as_normalise_dbn(pass->own, &decoded, event);
}

static void events_block(as_decode_pass *pass)
{
    const uint8_t *record;
    size_t record_bytes;
    as_event event[AS_DBN_EVENTS_MAX];
    while ((record = next_record(pass, &record_bytes)))
        if (to_events(pass, record, record_bytes, event) > 0)
            pass->sum += event[0].ts_event + event[0].order.ref;
}

static inline unsigned fill(as_decode_pass *pass, as_event *event, unsigned want)
{
    const uint8_t *record;
    size_t record_bytes;
    unsigned count = 0;
    while (count < want && (record = next_record(pass, &record_bytes))) {
        unsigned made = to_events(pass, record, record_bytes, &event[count]), from = count;
        for (unsigned i = from; i < from + made; i++)
            if (as_event_is_book(&event[i]))
                event[count++] = event[i];
    }
    return count;
}

static void book_block(as_decode_pass *pass)
{
    as_decode_singly(pass, fill);
}

static void batch_block(as_decode_pass *pass)
{
    as_decode_batched(pass, fill);
}

static int make(uint32_t symbol_count, uint64_t message_count, as_decode_stream **stream)
{
    as_decode_stream *s = calloc(1, sizeof *s);
    if (!s || as_dbn_stream_init(&s->dbn, SEED, symbol_count, message_count) < 0) {
        free(s);
        return -ENOMEM;
    }
    *stream = s;
    return 0;
}

static void drop(as_decode_stream *stream)
{
    as_dbn_stream_fini(&stream->dbn);
    free(stream);
}

static uint32_t symbol_count_of(const as_decode_stream *stream)
{
    return stream->dbn.symbols.count;
}

/* Names from the metadata, as a reader of the file does it. */
static int open_dbn(as_decode_pass *pass)
{
    const as_dbn_stream *s = &pass->stream->dbn;
    as_dbn_normaliser_options options = {.names.symbols = &s->symbols};
    as_dbn_normaliser *normaliser;
    as_dbn_metadata metadata;
    as_dbn_interval interval;
    as_dbn_walk walk;
    if (as_dbn_normaliser_new(&options, &normaliser) < 0)
        return -ENOMEM;
    pass->own = normaliser;
    AS_ASSERT(as_dbn_metadata_decode(s->data, s->bytes, &metadata) == AS_DBN_METADATA_OK);
    as_dbn_normaliser_begin(normaliser, &metadata);
    as_dbn_walk_init(&walk, &metadata);
    for (size_t at = LISTS_AT, used; as_dbn_walk_next(&walk, s->data + at, s->bytes - at, &used, &interval) > 0;
         at += used)
        if (as_dbn_names_add(as_dbn_normaliser_names(normaliser), &interval) < 0)
            return -ENOMEM;
    as_dbn_names_ready(as_dbn_normaliser_names(normaliser));
    pass->at = s->records_at;
    return 0;
}

static void close_dbn(as_decode_pass *pass)
{
    as_dbn_normaliser_free(pass->own);
}

static size_t measured_at(const as_decode_stream *stream)
{
    return stream->dbn.warm_bytes;
}

static size_t end_of(const as_decode_stream *stream)
{
    return stream->dbn.bytes;
}

const as_decode_format as_decode_dbn = {
    .name = "dbn",
    .message_bytes = 56,
    .way = {{"frame", "the floor: walking the mbo records; mean a record", frame_block, false, false},
            {"decode", "walking and decoding into a value; mean a record", decode_block, false, false},
            {"events", "walking and decoding into events; mean a record", events_block, false, true},
            {"book", "the same and a book by order, one event at a time; mean a record", book_block, true, true},
            {"batch", "the same, 16 events decoded ahead with prefetch; mean a record", batch_block, true, true}},
    .way_count = 5,
    .make = make,
    .drop = drop,
    .symbol_count = symbol_count_of,
    .open = open_dbn,
    .close = close_dbn,
    .measured_at = measured_at,
    .end = end_of,
};
