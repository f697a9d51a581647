/*
 * Codec: recorded lines of NDJSON, as feed_lines.c reads them from a socket.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/capture/capture_codec.h"
#include "feeds/framing/lines.h"

typedef struct lines_state {
    as_input *input;
    as_ndjson_context context;
    bool trust_r;
    bool resync; /* bytes were lost: what comes is the rest of a line */
    uint64_t ts_ns;
    const uint8_t *data;
    size_t data_bytes;
    bool end;
    as_lines lines;
} lines_state;

static int lines_open(as_input *input, const as_capture_line *line, void **state)
{
    lines_state *made = calloc(1, sizeof *made);
    if (!made)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    const as_universe *universe = input->options.universe;
    made->input = input;
    made->trust_r = line->trust_r;
    made->context = (as_ndjson_context){.symbols = as_input_symbols(input),
                                        .instrument = universe ? universe->instrument : NULL,
                                        .resolve = universe ? NULL : as_input_resolve,
                                        .arg = input,
                                        .source = input->options.source};
    as_lines_init(&made->lines);
    *state = made;
    return 0;
}

static void lines_close(void *state)
{
    free(state);
}

static void lines_begin(void *state, const uint8_t *data, size_t data_bytes, bool end, uint64_t ts_ns)
{
    lines_state *s = state;
    s->data = data;
    s->data_bytes = data_bytes;
    s->end = end;
    s->ts_ns = ts_ns;
    if (!s->resync)
        return;
    const uint8_t *lf = data_bytes > 0 ? memchr(data, '\n', data_bytes) : NULL;
    size_t skip = lf ? (size_t)(lf - data) + 1 : data_bytes;
    s->data += skip;
    s->data_bytes -= skip;
    s->resync = !lf && !end;
}

static void lines_lost(void *state)
{
    lines_state *s = state;
    s->lines.tail_bytes = 0;
    s->lines.skipping = false;
    s->resync = true;
}

static bool is_blank(const as_line *line)
{
    for (size_t i = 0; i < line->text_bytes; i++)
        if (line->text[i] != ' ' && line->text[i] != '\t')
            return false;
    return true;
}

/* 1: an event; 0: none; a negative errno. */
static int decode(lines_state *s, const as_line *line, as_event *event, as_headline *headline)
{
    as_input *input = s->input;
    if (is_blank(line))
        return 0;
    input->stats->rows++;
    input->line_seq = line->line_seq;
    as_ndjson_result result = as_ndjson_decode(line->text, line->text_bytes, &s->context, event, headline);
    if (result <= AS_NDJSON_UNKNOWN_SYMBOL)
        input->kind_count[event->kind]++;
    if (result == AS_NDJSON_UNKNOWN_SYMBOL) {
        input->stats->unknown_symbol++;
        return 0;
    }
    if (result != AS_NDJSON_OK)
        return as_input_bad_line(input, as_ndjson_result_name(result), line->text, line->text_bytes);
    if (!s->trust_r)
        event->ts_recv = s->ts_ns;
    if (event->kind == AS_EVENT_HEADLINE)
        headline->ts_recv = event->ts_recv;
    return 1;
}

/* Lines that were too long since the count was too_long. */
static int count_long(lines_state *s, uint64_t too_long)
{
    int code = 0;
    for (; too_long < s->lines.too_long && code >= 0; too_long++) {
        s->input->stats->rows++;
        s->input->line_seq = s->lines.line_seq;
        code = as_input_bad_line(s->input, as_ndjson_result_name(AS_NDJSON_LINE_TOO_LONG), "", 0);
    }
    return code;
}

static int lines_next(void *state, as_event *event, as_headline *headline)
{
    lines_state *s = state;
    for (;;) {
        as_line line;
        uint64_t too_long = s->lines.too_long;
        bool have = as_lines_next(&s->lines, &s->data, &s->data_bytes, &line);
        if (!have && s->end) {
            have = as_lines_finish(&s->lines, &line);
            s->end = false;
        } else if (!have) {
            return count_long(s, too_long);
        }
        int code = count_long(s, too_long);
        if (code == 0 && have)
            code = decode(s, &line, event, headline);
        if (code != 0)
            return code;
    }
}

const as_capture_codec as_capture_lines = {.framing = AS_FRAMING_LINES,
                                           .format = AS_FORMAT_NDJSON,
                                           .open = lines_open,
                                           .begin = lines_begin,
                                           .next = lines_next,
                                           .lost = lines_lost,
                                           .close = lines_close};
