#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/files/clean.h"
#include "feeds/decode/csv.h"
#include "feeds/decode/csv_keep.h"
#include "feeds/decode/csv_mapping.h"
#include "feeds/decode/lobster.h"
#include "feeds/files/input_internal.h"
#include "feeds/files/nbbo.h"

typedef struct csv_state {
    as_csv_mapper *mapper;
    as_csv_record record; /* the row in hand */
    as_csv_columns columns;
    as_cleaner *cleaner;   /* NULL: nothing is cleaned */
    as_nbbo *nbbo;         /* NULL: quotes are what the rows say */
    as_calendar *calendar; /* of a cleaner without a universe */
    uint64_t filtered[AS_CSV_KEEP_MAX];
    bool ended;
} csv_state;

static int no_mapping(const as_input *input, const as_csv_record *header)
{
    char columns[320] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < header->count && n + AS_COLUMN_BYTES + 3 < sizeof columns; i++) {
        char name[AS_COLUMN_BYTES];
        as_csv_field_copy(&header->field[i], name, sizeof name, NULL);
        n += (size_t)snprintf(columns + n, sizeof columns - n, "%s%s", i ? ", " : "", name);
    }
    if (as_lobster_sniff_book((const char *)input->view + input->view_at, input->view_bytes - input->view_at))
        return as_error_set(-EPROTO,
                            "%s:1: it looks like a LOBSTER order book file, which has no times: give the message file "
                            "beside it (..._message_...), or a mapping (--config)",
                            input->path);
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
    csv_state *csv = input->state;
    int code = as_input_fill(input, AS_BYTE_STREAM_PEEK_MAX);
    if (code < 0)
        return code;
    return as_csv_mapper_infer_duration(csv->mapper, (const char *)input->view + input->view_at,
                                        input->view_bytes - input->view_at);
}

static const as_calendar *calendar_of(void *arg, uint32_t instrument)
{
    const as_input *input = arg;
    const csv_state *csv = input->state;
    return csv->calendar ? csv->calendar : as_universe_calendar(input->options.universe, instrument);
}

/* What stands between the rows and the events. */
static int open_rules(as_input *input, const as_csv_mapping *mapping, const as_csv_record *header)
{
    csv_state *csv = input->state;
    int code = as_csv_columns_bind(mapping, input->path, header, &csv->columns);
    bool quotes = mapping->one_side || mapping->column.venue[0];
    if (code == 0 && quotes && as_nbbo_new(&csv->nbbo) < 0)
        code = as_error_set(-ENOMEM, "%s: out of memory", input->path);
    if (code < 0 || !as_clean_rules_any(&mapping->clean))
        return code;
    if (!input->options.universe)
        code = as_calendar_new_shipped("XNYS", &csv->calendar);
    if (code == 0 && as_cleaner_new(&mapping->clean, calendar_of, input, &csv->cleaner) < 0)
        code = as_error_set(-ENOMEM, "%s: out of memory", input->path);
    return code;
}

static int open_csv(as_input *input)
{
    as_input_skip_byte_order_mark(input);
    csv_state *csv = input->state = calloc(1, sizeof *csv);
    if (!csv)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    as_csv_record *record = &csv->record;
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
    code = as_csv_mapper_new(&options, &csv->mapper);
    if (code == 0)
        code = open_rules(input, mapping, options.header);
    if (code == 0 && !headerless) {
        input->view_at += record->used_bytes;
        input->line_seq += record->line_count;
    }
    if (code == 0 && as_csv_mapper_needs_duration(csv->mapper))
        code = infer_duration(input);
    return code;
}

static void close_csv(as_input *input)
{
    csv_state *csv = input->state;
    if (!csv)
        return;
    as_csv_mapper_free(csv->mapper);
    as_cleaner_free(csv->cleaner);
    as_nbbo_free(csv->nbbo);
    as_calendar_free(csv->calendar);
    free(csv);
}

static void count_csv(as_input *input)
{
    const csv_state *csv = input->state;
    as_input_count_rows(input);
    for (uint32_t i = 0; csv && i < csv->columns.mapping->keep_count; i++) {
        char rule[sizeof input->stats->filtered[0].rule];
        snprintf(rule, sizeof rule, "keep.%.40s", csv->columns.mapping->keep[i].column);
        as_input_count_filtered(input, rule, csv->filtered[i]);
    }
    if (csv && csv->nbbo)
        as_input_count_error(input, "too_many_venues", as_nbbo_dropped(csv->nbbo));
    if (!csv || !csv->cleaner)
        return;
    const as_clean_counters *c = as_cleaner_counters_get(csv->cleaner);
    as_input_count_filtered(input, "clean.session", c->out_of_session);
    as_input_count_filtered(input, "clean.both_sides", c->one_sided);
    as_input_count_filtered(input, "clean.crossed", c->crossed);
    as_input_count_filtered(input, "clean.max_spread", c->wide);
    as_input_count_filtered(input, "clean.merge", c->merged);
    as_input_count_error(input, "stamps_merged_in_parts", c->overfull);
}

/* A row that could not be split. Its first line has been used up; the rest of one too long is skipped here. */
static int bad_record(as_input *input, as_csv_result result, const char *line)
{
    static const char *const reason[] = {
        [AS_CSV_TOO_LONG] = "line_too_long", [AS_CSV_BAD_QUOTE] = "bad_quote", [AS_CSV_TOO_MANY] = "too_many_columns"};
    const as_csv_record *record = &((const csv_state *)input->state)->record;
    size_t line_bytes = record->used_bytes - (record->line_count > 0);
    bool unfinished = record->line_count == 0;
    if (unfinished && input->final) {
        input->stats->truncated = true; /* a quote or a line that is never ended */
        input->stats->rows--;
        return 0;
    }
    int code = as_input_bad_line(input, reason[result], line, line_bytes);
    return code == 0 && unfinished ? as_input_skip_line(input) : code;
}

/* The row at the view: 1 an event, 0 none from this row, a negative errno. */
static int read_row(as_input *input, as_event *event, as_headline *headline)
{
    csv_state *csv = input->state;
    as_csv_record *record = &csv->record;
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
    int kept = as_csv_columns_keep(&csv->columns, record);
    if (kept >= 0) {
        csv->filtered[kept]++;
        input->line_seq += record->line_count - 1;
        return 0;
    }
    as_csv_row_result row =
        kept == AS_CSV_KEPT ? as_csv_mapper_row(csv->mapper, record, event, headline) : AS_CSV_ROW_MISSING_COLUMN;
    if (as_input_at_cut(input, line + line_bytes) && (row == AS_CSV_ROW_MISSING_COLUMN || input->stats->truncated)) {
        input->stats->truncated = true;
        input->stats->rows--;
        return 0;
    }
    int result = 0;
    if (row <= AS_CSV_ROW_UNKNOWN_SYMBOL)
        input->kind_count[event->kind]++;
    if (row == AS_CSV_ROW_OK)
        result = !csv->nbbo || as_nbbo_update(csv->nbbo, as_csv_columns_venue(&csv->columns, record),
                                              csv->columns.mapping->one_side, event);
    else if (row == AS_CSV_ROW_UNKNOWN_SYMBOL)
        input->stats->unknown_symbol++;
    else
        result = as_input_bad_line(input, as_csv_row_result_name(row), line, line_bytes);
    input->line_seq += record->line_count - 1;
    return result;
}

/* The next event of the rows. */
static int next_of_rows(as_input *input, as_event *event, as_headline *headline)
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

static int next_csv(as_input *input, as_event *event, as_headline *headline)
{
    csv_state *csv = input->state;
    if (!csv->cleaner)
        return next_of_rows(input, event, headline);
    while (!as_cleaner_pop(csv->cleaner, event)) {
        if (csv->ended)
            return 0;
        int result = next_of_rows(input, event, headline);
        if (result < 0)
            return result;
        csv->ended = result == 0;
        if (csv->ended)
            as_cleaner_end(csv->cleaner);
        else
            as_cleaner_push(csv->cleaner, event);
    }
    return 1;
}

const as_input_reader as_input_csv = {open_csv, next_csv, count_csv, close_csv, .text = true};
