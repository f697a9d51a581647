#include "feeds/files/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/error.h"
#include "core/timezone.h"
#include "feeds/decode/dbn.h"
#include "feeds/files/file_date.h"
#include "feeds/files/input_internal.h"

#define DEFAULT_ZONE "America/New_York"

enum { WARNINGS_MAX = 5, BAD_FLOOR = 10, BAD_SHARE = 1000, EXCERPT_BYTES = 72 };

/* ---- bytes ---- */

int as_input_fill(as_input *input, size_t want_bytes)
{
    size_t unread = input->view_bytes - input->view_at;
    if (unread >= want_bytes || (input->final && unread > 0))
        return 0;
    as_byte_stream_skip(input->stream, input->view_at);
    input->view_at = 0;
    int64_t have = as_byte_stream_peek(input->stream, want_bytes, &input->view);
    input->view_bytes = have > 0 ? (size_t)have : 0;
    if (have < 0)
        return (int)have;
    if (input->view_bytes < want_bytes) {
        /* damage is reported by the next peek, when the bytes before it have been used */
        input->final = true;
        input->stats->truncated = input->stats->truncated || as_byte_stream_truncated(input->stream);
    }
    return 0;
}

/* ---- symbols ---- */

void as_input_meet(as_input *input, uint32_t instrument)
{
    if (input->met && instrument != AS_INSTRUMENT_NONE && !input->met[instrument]) {
        input->met[instrument] = 1;
        input->stats->symbols++;
    }
}

uint32_t as_input_resolve(void *input, const char *symbol, size_t symbol_bytes)
{
    as_input *in = input;
    uint32_t instrument = as_symbols_find(&in->own, symbol, symbol_bytes);
    if (instrument == AS_INSTRUMENT_NONE && as_symbols_add(&in->own, symbol, symbol_bytes, &instrument) == 0)
        in->stats->symbols = in->own.count;
    return instrument;
}

const as_symbols *as_input_symbols(const as_input *input)
{
    return input->options.universe ? &input->options.universe->symbols : &input->own;
}

/* ---- counters ---- */

void as_input_count_error(as_input *input, const char *reason, uint64_t total)
{
    as_input_stats *s = input->stats;
    uint32_t i = 0;
    if (total == 0)
        return;
    while (i < s->error_count && strcmp(s->error[i].reason, reason) != 0)
        i++;
    if (i == AS_INPUT_ERROR_MAX)
        return;
    if (i == s->error_count) {
        snprintf(s->error[i].reason, sizeof s->error[i].reason, "%s", reason);
        s->error_count++;
    }
    s->error[i].count = total;
}

void as_input_count_filtered(as_input *input, const char *rule, uint64_t total)
{
    as_input_stats *s = input->stats;
    uint32_t i = 0;
    while (i < s->filtered_count && strcmp(s->filtered[i].rule, rule) != 0)
        i++;
    if (i == AS_INPUT_FILTER_MAX || total == 0)
        return;
    if (i == s->filtered_count) {
        snprintf(s->filtered[i].rule, sizeof s->filtered[i].rule, "%s", rule);
        s->filtered_count++;
    }
    s->filtered[i].count = total;
}

void as_input_note_error(as_input *input, const char *reason)
{
    as_input_count_error(input, reason, 1);
}

static uint64_t error_total(const as_input *input, const char *reason)
{
    for (uint32_t i = 0; i < input->stats->error_count; i++)
        if (strcmp(input->stats->error[i].reason, reason) == 0)
            return input->stats->error[i].count;
    return 0;
}

void as_input_count_type(as_input *input, const char *code, uint64_t total)
{
    as_input_stats *s = input->stats;
    uint32_t i = 0;
    while (i < s->type_count && strcmp(s->by_type[i].code, code) != 0)
        i++;
    if (i == AS_INPUT_TYPE_MAX || total == 0)
        return;
    if (i == s->type_count) {
        snprintf(s->by_type[i].code, sizeof s->by_type[i].code, "%s", code);
        s->type_count++;
    }
    s->by_type[i].count = total;
}

/* The beginning of a line for a message: printable ASCII, dots for the rest. */
static void excerpt(const char *line, size_t line_bytes, char out[EXCERPT_BYTES + 4])
{
    size_t n = line_bytes < EXCERPT_BYTES ? line_bytes : EXCERPT_BYTES;
    for (size_t i = 0; i < n; i++)
        out[i] = line[i] >= 0x20 && line[i] < 0x7f ? line[i] : '.';
    memcpy(out + n, "...", 4);
    if (n == line_bytes)
        out[n] = 0;
}

int as_input_bad_line(as_input *input, const char *reason, const char *line, size_t line_bytes)
{
    as_input_stats *s = input->stats;
    char text[EXCERPT_BYTES + 4];
    excerpt(line, line_bytes, text);
    s->bad++;
    as_input_count_error(input, reason, error_total(input, reason) + 1);
    if (input->options.strict)
        return as_error_set(-EBADMSG, "%s:%llu: %s: %s (strict: no bad line is allowed)", input->path,
                            (unsigned long long)input->line_seq, reason, text);
    if (s->bad <= WARNINGS_MAX)
        as_warn("%s:%llu: %s: %s%s", input->path, (unsigned long long)input->line_seq, reason, text,
                s->bad == WARNINGS_MAX ? " (further bad lines are only counted)" : "");
    return 0;
}

int as_input_bad_message(as_input *input, const char *reason)
{
    input->stats->bad++;
    as_input_count_error(input, reason, error_total(input, reason) + 1);
    if (!input->options.strict)
        return 0;
    return as_error_set(-EBADMSG, "%s: byte %llu: %s (strict: no bad message is allowed)", input->path,
                        (unsigned long long)(as_byte_stream_offset(input->stream) + input->view_at), reason);
}

void as_input_count_wire(as_input *input, const as_wire *wire)
{
    const as_wire_counters *c = as_wire_counters_get(wire);
    for (unsigned type = 0; type < 256; type++) {
        char code[8];
        snprintf(code, sizeof code, type > 0x20 && type < 0x7f ? "%c" : "0x%02x", type);
        as_input_count_type(input, code, as_wire_type_count(wire, (uint8_t)type));
    }
    for (unsigned i = 0; i < AS_WIRE_BAD_COUNT; i++)
        as_input_count_error(input, as_wire_bad_name((as_wire_bad)i), c->bad[i]);
    input->stats->messages = c->messages;
    input->stats->unknown_symbol = c->unknown_symbol;
}

/* ---- the day ---- */

int32_t as_input_date(const as_input *input)
{
    const as_config *config = input->options.config;
    if (input->options.date)
        return input->options.date;
    return config && config->session.date ? config->session.date : as_file_date(input->path);
}

int as_input_midnight(const as_input *input, uint64_t *midnight_ns)
{
    const as_config *config = input->options.config;
    const char *zone_name = config && config->session.zone[0] ? config->session.zone : DEFAULT_ZONE;
    int32_t date = as_input_date(input);
    if (date == 0 && !input->options.universe) { /* inspect: counts do not need the day */
        as_warn("%s: the date is not known (--date YYYYMMDD): times are given as on 1970-01-02", input->path);
        date = 19700102;
    }
    if (!as_date_valid(date))
        return as_error_set(-EINVAL,
                            "%s: ITCH times count from midnight and the date is %s: give --date YYYYMMDD, "
                            "session.date in the configuration, or a name such as 01302020.NASDAQ_ITCH50",
                            input->path, date ? "no date" : "not known");
    as_timezone *zone = NULL;
    int code = as_timezone_new(zone_name, &zone);
    if (code < 0)
        return as_error_add("%s: session.zone", input->path);
    *midnight_ns = as_timezone_midnight_ns(zone, date, 0);
    as_timezone_free(zone);
    return 0;
}

/* ---- open and close ---- */

static int refuse(as_input *input)
{
    char found[AS_SNIFF_TEXT_BYTES];
    const uint8_t *data = input->view;
    if (input->format == AS_INPUT_JOURNAL)
        return as_error_set(-EPROTO, "%s: a journal; it is replayed as a whole and cannot be mixed with other inputs",
                            input->path);
    as_sniff_explain(data, input->view_bytes, found);
    return as_error_set(-EPROTO, "%s: no known format: %s", input->path, found);
}

static int open_symbols(as_input *input)
{
    const as_universe *universe = input->options.universe;
    if (!universe)
        return as_symbols_init(&input->own, AS_INSTRUMENT_MAX);
    input->met = calloc(universe->symbols.count ? universe->symbols.count : 1, 1);
    return input->met ? 0 : -ENOMEM;
}

static const as_input_reader *const readers[AS_INPUT_FORMAT_COUNT] = {
    [AS_INPUT_UNKNOWN] = NULL,
    [AS_INPUT_ITCH50] = &as_input_itch,
    [AS_INPUT_NDJSON] = &as_input_ndjson,
    [AS_INPUT_CSV] = &as_input_csv,
    [AS_INPUT_JOURNAL] = NULL,
    [AS_INPUT_LOBSTER] = &as_input_lobster,
    [AS_INPUT_BINANCE] = &as_input_binance,
    [AS_INPUT_DBN] = &as_input_dbn,
    [AS_INPUT_PCAP] = &as_input_capture,
    [AS_INPUT_PCAPNG] = &as_input_capture,
    [AS_INPUT_NEWS_XML] = &as_input_news,
    [AS_INPUT_NEWS_JSON] = &as_input_news,
};

static int open_format(as_input *input)
{
    size_t head_bytes;
    const uint8_t *head = as_byte_stream_head(input->stream, &head_bytes);
    if (as_dbn_is_dbz(head, head_bytes))
        return as_error_set(
            -EPROTO,
            "%s: Databento's legacy DBZ, which has been replaced by DBN: convert it with the `dbn` tool "
            "or download it again",
            input->path);
    int code = as_input_fill(input, AS_SNIFF_BYTES);
    if (code < 0)
        return code;
    input->format = as_sniff(input->view, input->view_bytes);
    snprintf(input->stats->format, sizeof input->stats->format, "%s", as_input_format_name(input->format));
    input->reader = readers[input->format];
    bool window = input->reader && !input->reader->sorted && !input->options.raw_order;
    if (open_symbols(input) < 0 || (window && as_reorder_new(&input->reorder) < 0))
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    return input->reader ? input->reader->open(input) : refuse(input);
}

int as_input_open(const char *path, const as_input_options *options, as_input **input)
{
    as_input *in = calloc(1, sizeof *in);
    if (!in)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    in->options = *options;
    in->path = strdup(path);
    in->stats = calloc(1, sizeof *in->stats);
    int code = in->path && in->stats ? 0 : as_error_set(-ENOMEM, "%s: out of memory", path);
    if (code == 0)
        code = as_byte_stream_open(path, &in->stream);
    if (code == 0) {
        in->stats->first_ts = in->stats->last_ts = AS_TS_UNDEFINED;
        snprintf(in->stats->compression, sizeof in->stats->compression, "%s",
                 as_compression_name(as_byte_stream_compression(in->stream)));
        code = open_format(in);
    }
    if (code < 0) {
        as_input_close(in);
        return code;
    }
    *input = in;
    return 0;
}

void as_input_close(as_input *input)
{
    if (!input)
        return;
    if (input->reader)
        input->reader->close(input);
    as_reorder_free(input->reorder);
    as_symbols_fini(&input->own);
    free(input->met);
    as_byte_stream_close(input->stream);
    free(input->stats);
    free(input->path);
    free(input);
}

/* ---- events ---- */

/* From the reader through the window. */
static int take_one(as_input *input, as_event *event, as_headline *headline)
{
    if (!input->reorder)
        return input->reader->next(input, event, headline);
    while (!input->source_ended && !as_reorder_full(input->reorder)) {
        int result = input->reader->next(input, event, headline);
        if (result < 0)
            return result;
        if (result == 0)
            input->source_ended = true;
        else if (as_reorder_push(input->reorder, event, headline)) {
            input->stats->merged++;
            if (input->options.merged)
                input->options.merged(input->options.merged_arg, headline);
        }
    }
    return as_reorder_pop(input->reorder, event, headline);
}

/* The end: what only shows when everything has been read. */
static int finish(as_input *input)
{
    const as_input_stats *s = input->stats;
    uint64_t trailing = as_byte_stream_trailing_bytes(input->stream);
    input->finished = true;
    as_input_count_error(input, "trailing_bytes", trailing);
    if (trailing)
        as_warn("%s: %llu bytes after the compressed data are ignored", input->path, (unsigned long long)trailing);
    if (s->truncated)
        as_warn("%s: the file is cut; it was read up to the last whole record", input->path);
    if (s->bad > WARNINGS_MAX)
        as_warn("%s: %llu bad lines of %llu", input->path, (unsigned long long)s->bad, (unsigned long long)s->rows);
    if (s->bad > BAD_FLOOR && s->bad * BAD_SHARE > s->rows && input->reader->text)
        return as_error_set(-EBADMSG, "%s: %llu of %llu lines are bad; allowed are %d, or one in %d", input->path,
                            (unsigned long long)s->bad, (unsigned long long)s->rows, BAD_FLOOR, BAD_SHARE);
    return 0;
}

static void count_event(as_input *input, const as_event *event)
{
    as_input_stats *s = input->stats;
    s->events++;
    s->headlines += event->kind == AS_EVENT_HEADLINE;
    as_input_meet(input, event->instrument);
    if (s->last_ts != AS_TS_UNDEFINED && event->ts_recv < s->last_ts)
        s->out_of_order++;
    if (s->first_ts == AS_TS_UNDEFINED || event->ts_recv < s->first_ts)
        s->first_ts = event->ts_recv;
    if (s->last_ts == AS_TS_UNDEFINED || event->ts_recv > s->last_ts)
        s->last_ts = event->ts_recv;
}

int as_input_next(as_input *input, as_event *event, as_headline *headline)
{
    if (input->failed)
        return input->failed;
    if (input->finished)
        return 0;
    int result = take_one(input, event, headline);
    if (result == 0)
        result = finish(input);
    if (result <= 0) {
        input->failed = result;
        return result;
    }
    count_event(input, event);
    if (event->kind == AS_EVENT_HEADLINE && input->options.desk) {
        as_desk_read(input->options.desk, headline);
        event->headline.generation = headline->reading.generation;
    }
    return 1;
}

/* ---- questions ---- */

const as_input_stats *as_input_stats_get(const as_input *input)
{
    input->reader->count((as_input *)(uintptr_t)input); /* counters that are kept elsewhere until someone asks */
    input->stats->bytes = as_byte_stream_file_bytes(input->stream);
    return input->stats;
}

const char *as_input_path(const as_input *input)
{
    return input->path;
}

double as_input_progress(const as_input *input)
{
    uint64_t bytes = as_byte_stream_file_bytes(input->stream);
    return bytes ? (double)as_byte_stream_file_offset(input->stream) / (double)bytes : 1.0;
}
