#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/input_internal.h"

/* Skips to behind the next LF, however far it is. */
static int skip_line(as_input *input)
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

/*
 * The next line without its ending: 1; 0 at the end; a negative errno. A line that is too long has AS_LINE_BYTES + 1
 * bytes here and is skipped to its end by the caller. *whole: it has an ending, or the file is not a cut one.
 */
static int next_line(as_input *input, const char **line, size_t *line_bytes, bool *too_long)
{
    int code = as_input_fill(input, AS_INPUT_LINE_WINDOW);
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
    if (!lf && *too_long)
        return 1;
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

static void skip_byte_order_mark(as_input *input)
{
    if (input->view_bytes >= 3 && memcmp(input->view, "\xef\xbb\xbf", 3) == 0)
        input->view_at = 3;
}

/* The last line has no end: it may be half of one, which is no fault of the data but a cut file. */
static bool at_cut(const as_input *input, const char *line_end)
{
    return input->final && input->view_at == input->view_bytes && input->view_bytes > 0 &&
           (const uint8_t *)line_end == input->view + input->view_bytes;
}

static void count_text(as_input *input)
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
    skip_byte_order_mark(input);
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
    while ((result = next_line(input, &line, &line_bytes, &too_long)) > 0) {
        if (is_blank(line, line_bytes))
            continue;
        input->stats->rows++;
        as_ndjson_result decoded = AS_NDJSON_LINE_TOO_LONG;
        if (!too_long)
            decoded = as_ndjson_decode(line, line_bytes, &input->ndjson.context, event, headline);
        if (at_cut(input, line + line_bytes) && (decoded > AS_NDJSON_UNKNOWN_SYMBOL || input->stats->truncated)) {
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
        if (result >= 0 && too_long)
            result = skip_line(input);
        if (result < 0)
            return result;
    }
    return result;
}

static void close_ndjson(as_input *input)
{
    (void)input;
}

const as_input_reader as_input_ndjson = {open_ndjson, next_ndjson, count_text, close_ndjson, .sorted = false};

/* ---- CSV ---- */

static int no_mapping(const as_input *input, const as_csv_record *header)
{
    char columns[320] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < header->count && n + AS_COLUMN_BYTES + 3 < sizeof columns; i++) {
        char name[AS_COLUMN_BYTES];
        as_csv_field_copy(&header->field[i], name, sizeof name, NULL);
        n += (size_t)snprintf(columns + n, sizeof columns - n, "%s%s", i ? ", " : "", name);
    }
    return as_error_set(-EPROTO, "%s:1: a CSV file, but %s; its columns are: %s", input->path,
                        input->options.config && input->options.config->mapping_count
                            ? "no mapping under `inputs` of the configuration fits it (match: columns or path)"
                            : "there is no mapping for it: give a configuration with `inputs` (--config)",
                        columns);
}

/* The header as a record; the view holds it. */
static int read_header(as_input *input, as_csv_record *record)
{
    int code = as_input_fill(input, AS_INPUT_LINE_WINDOW);
    if (code < 0)
        return code;
    as_csv_result result;
    do {
        result = as_csv_split((const char *)input->view + input->view_at, input->view_bytes - input->view_at,
                              input->final, record);
        if (result == AS_CSV_BLANK) {
            input->view_at += record->used_bytes;
            input->line_seq++;
        }
    } while (result == AS_CSV_BLANK);
    if (result != AS_CSV_RECORD)
        return as_error_set(-EPROTO, "%s:1: the first line is no CSV record of up to %d columns", input->path,
                            AS_CSV_FIELD_MAX);
    return 0;
}

static const as_csv_mapping *find_mapping(const as_input *input, const as_csv_record *header)
{
    const as_config *config = input->options.config;
    for (uint32_t i = 0; config && i < config->mapping_count; i++)
        if (as_csv_mapping_matches(&config->mapping[i], input->path, header))
            return &config->mapping[i];
    return NULL;
}

static int infer_duration(as_input *input)
{
    int code = as_input_fill(input, AS_BYTE_STREAM_PEEK_MAX);
    if (code < 0)
        return code;
    return as_csv_mapper_infer_duration(input->csv.mapper, (const char *)input->view + input->view_at,
                                        input->view_bytes - input->view_at);
}

static int open_csv(as_input *input)
{
    skip_byte_order_mark(input);
    as_csv_record *record = input->csv.record = malloc(sizeof *record);
    if (!record)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    int code = read_header(input, record);
    if (code < 0)
        return code;
    const as_csv_mapping *mapping = find_mapping(input, record);
    if (!mapping)
        return no_mapping(input, record);
    bool headerless = as_csv_mapping_headerless(mapping);
    as_csv_mapper_options options = {
        .mapping = mapping,
        .path = input->path,
        .header = headerless ? NULL : record,
        .universe = input->options.universe,
        .resolve = as_input_resolve,
        .arg = input,
        .date = as_input_date(input),
        .source = input->options.source,
    };
    code = as_csv_mapper_new(&options, &input->csv.mapper);
    if (code == 0 && !headerless) {
        input->view_at += record->used_bytes;
        input->line_seq += record->line_count;
    }
    if (code == 0 && as_csv_mapper_needs_duration(input->csv.mapper))
        code = infer_duration(input);
    return code;
}

static void close_csv(as_input *input)
{
    as_csv_mapper_free(input->csv.mapper);
    free(input->csv.record);
}

/* A row that could not be split. Its first line has been used up; the rest of one too long is skipped here. */
static int bad_record(as_input *input, as_csv_result result, const char *line)
{
    static const char *const reason[] = {
        [AS_CSV_TOO_LONG] = "line_too_long", [AS_CSV_BAD_QUOTE] = "bad_quote", [AS_CSV_TOO_MANY] = "too_many_columns"};
    const as_csv_record *record = input->csv.record;
    size_t line_bytes = record->used_bytes - (record->line_count > 0);
    bool unfinished = record->line_count == 0;
    if (unfinished && input->final) {
        input->stats->truncated = true; /* a quote or a line that is never ended */
        input->stats->rows--;
        return 0;
    }
    int code = as_input_bad_line(input, reason[result], line, line_bytes);
    return code == 0 && unfinished ? skip_line(input) : code;
}

/* The row at the view: 1 an event, 0 none from this row, a negative errno. */
static int read_row(as_input *input, as_event *event, as_headline *headline)
{
    as_csv_record *record = input->csv.record;
    const char *line = (const char *)input->view + input->view_at;
    as_csv_result split = as_csv_split(line, input->view_bytes - input->view_at, input->final, record);
    input->view_at += record->used_bytes;
    input->line_seq++;
    if (split == AS_CSV_BLANK)
        return 0;
    input->stats->rows++;
    if (split != AS_CSV_RECORD)
        return bad_record(input, split, line);
    size_t line_bytes = record->used_bytes - (line[record->used_bytes - 1] == '\n');
    as_csv_row_result row = as_csv_mapper_row(input->csv.mapper, record, event, headline);
    if (at_cut(input, line + line_bytes) && (row == AS_CSV_ROW_MISSING_COLUMN || input->stats->truncated)) {
        input->stats->truncated = true;
        input->stats->rows--;
        return 0;
    }
    int result = 0;
    if (row <= AS_CSV_ROW_UNKNOWN_SYMBOL)
        input->kind_count[event->kind]++;
    if (row == AS_CSV_ROW_OK)
        result = 1;
    else if (row == AS_CSV_ROW_UNKNOWN_SYMBOL)
        input->stats->unknown_symbol++;
    else
        result = as_input_bad_line(input, as_csv_row_result_name(row), line, line_bytes);
    input->line_seq += record->line_count - 1;
    return result;
}

static int next_csv(as_input *input, as_event *event, as_headline *headline)
{
    for (;;) {
        int result = as_input_fill(input, AS_INPUT_LINE_WINDOW);
        if (result < 0 || input->view_at == input->view_bytes)
            return result;
        result = read_row(input, event, headline);
        if (result)
            return result;
    }
}

const as_input_reader as_input_csv = {open_csv, next_csv, count_text, close_csv, .sorted = false};
