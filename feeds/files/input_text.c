#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/files/input_internal.h"

int as_input_skip_line(as_input *input)
{
    for (;;) {
        int code = as_input_fill(input, 1);
        size_t have = input->view_bytes - input->view_at;
        if (code < 0 || have == 0)
            return code;
        const uint8_t *lf = memchr(input->view + input->view_at, '\n', have);
        input->view_at += lf ? (size_t)(lf - (input->view + input->view_at)) + 1 : have;
        if (lf)
            return 0;
    }
}

/* What is left of a line that was too long for the view belongs to it: the next line begins behind it. */
static int finish_long_line(as_input *input)
{
    if (!input->in_long_line)
        return 0;
    input->in_long_line = false;
    return as_input_skip_line(input);
}

int as_input_next_line(as_input *input, const char **line, size_t *line_bytes, bool *too_long)
{
    int code = finish_long_line(input);
    if (code == 0)
        code = as_input_fill(input, AS_INPUT_LINE_WINDOW);
    size_t have = input->view_bytes - input->view_at;
    if (code < 0 || have == 0)
        return code;
    const char *text = (const char *)input->view + input->view_at;
    const char *lf = memchr(text, '\n', have);
    size_t bytes = lf ? (size_t)(lf - text) : have;
    input->line_seq++;
    *line = text;
    *too_long = bytes > AS_LINE_BYTES + (size_t)(lf && lf[-1] == '\r');
    *line_bytes = bytes > 0 && text[bytes - 1] == '\r' ? bytes - 1 : bytes;
    input->in_long_line = !lf && *too_long;
    if (!input->in_long_line)
        input->view_at += bytes + (lf != NULL);
    return 1;
}

static bool is_blank(const char *line, size_t line_bytes)
{
    for (size_t i = 0; i < line_bytes; i++)
        if (line[i] != ' ' && line[i] != '\t')
            return false;
    return true;
}

void as_input_skip_byte_order_mark(as_input *input)
{
    if (input->view_bytes >= 3 && memcmp(input->view, "\xef\xbb\xbf", 3) == 0)
        input->view_at = 3;
}

/* The last line has no end: it may be half of one, which is no fault of the data but a cut file. */
bool as_input_at_cut(const as_input *input, const char *line_end)
{
    return input->final && input->view_at == input->view_bytes && input->view_bytes > 0 &&
           (const uint8_t *)line_end == input->view + input->view_bytes;
}

void as_input_count_rows(as_input *input)
{
    static const struct {
        as_event_kind kind;
        const char *word;
    } words[] = {
        {AS_EVENT_TRADE, "trade"},   {AS_EVENT_QUOTE, "quote"},       {AS_EVENT_BAR, "bar"},
        {AS_EVENT_STATUS, "status"}, {AS_EVENT_HEADLINE, "headline"},
    };
    input->stats->messages = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        input->stats->messages += input->kind_count[words[i].kind];
        as_input_count_type(input, words[i].word, input->kind_count[words[i].kind]);
    }
}

/* ---- NDJSON ---- */

static int open_ndjson(as_input *input)
{
    const as_universe *universe = input->options.universe;
    as_input_skip_byte_order_mark(input);
    input->ndjson.context = (as_ndjson_context){
        .symbols = as_input_symbols(input),
        .instrument = universe ? universe->instrument : NULL,
        .resolve = universe ? NULL : as_input_resolve,
        .arg = input,
        .source = input->options.source,
    };
    return 0;
}

static int next_ndjson(as_input *input, as_event *event, as_headline *headline)
{
    const char *line = NULL;
    size_t line_bytes = 0;
    bool too_long = false;
    int result;
    while ((result = as_input_next_line(input, &line, &line_bytes, &too_long)) > 0) {
        if (is_blank(line, line_bytes))
            continue;
        input->stats->rows++;
        as_ndjson_result decoded = AS_NDJSON_LINE_TOO_LONG;
        if (!too_long)
            decoded = as_ndjson_decode(line, line_bytes, &input->ndjson.context, event, headline);
        if (as_input_at_cut(input, line + line_bytes) &&
            (decoded > AS_NDJSON_UNKNOWN_SYMBOL || input->stats->truncated)) {
            input->stats->truncated = true;
            input->stats->rows--;
            continue;
        }
        if (decoded <= AS_NDJSON_UNKNOWN_SYMBOL)
            input->kind_count[event->kind]++;
        if (decoded == AS_NDJSON_OK)
            return 1;
        if (decoded == AS_NDJSON_UNKNOWN_SYMBOL)
            input->stats->unknown_symbol++;
        else
            result = as_input_bad_line(input, as_ndjson_result_name(decoded), line, line_bytes);
        if (result < 0)
            return result;
    }
    return result;
}

static void close_ndjson(as_input *input)
{
    (void)input;
}

const as_input_reader as_input_ndjson = {open_ndjson, next_ndjson, as_input_count_rows, close_ndjson, .text = true};
