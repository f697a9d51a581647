#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_schema.h"
#include "core/error.h"
#include "core/number.h"

enum { MAPPING_MAX = 64 };

static bool is_one_of(const char *text, const char *const *names)
{
    while (*names && strcmp(*names, text) != 0)
        names++;
    return *names != NULL;
}

static bool is_word(const char *text)
{
    return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

/* ---- inputs ---- */

static int read_match(const as_config_reader *r, int node, as_csv_mapping *m)
{
    const as_yaml *y = r->yaml;
    int columns = as_yaml_get(y, node, "columns");
    if ((columns != 0) == (*m->match_path != '\0'))
        return as_yaml_error_text(y, node, "found %s, allowed exactly one of columns and path",
                                  columns ? "columns and path" : "neither columns nor path");
    if (!columns)
        return 0;
    enum { COLUMN_MAX = sizeof m->match_column / sizeof *m->match_column };
    int rc = as_yaml_expect_list(y, columns, COLUMN_MAX);
    if (!rc && !as_yaml_count(y, columns))
        rc = as_yaml_error_text(y, columns, "found an empty list, allowed 1 to %d names", COLUMN_MAX);
    for (uint32_t i = 0; i < as_yaml_count(y, columns) && !rc; i++) {
        rc = as_yaml_text(y, as_yaml_at(y, columns, i, NULL), m->match_column[i], sizeof m->match_column[i]);
        m->match_column_count = i + 1;
    }
    return rc;
}

/* Which columns a kind has, and which it must have. */
static const struct {
    const char *name;
    unsigned kinds, required; /* sets of 1 << as_csv_kind */
} column_rules[] = {
    {"symbol", 1 << AS_CSV_BAR | 1 << AS_CSV_TRADE | 1 << AS_CSV_QUOTE, 0},
    {"open", 1 << AS_CSV_BAR, 0},
    {"high", 1 << AS_CSV_BAR, 0},
    {"low", 1 << AS_CSV_BAR, 0},
    {"close", 1 << AS_CSV_BAR, 1 << AS_CSV_BAR},
    {"volume", 1 << AS_CSV_BAR, 0},
    {"price", 1 << AS_CSV_TRADE, 1 << AS_CSV_TRADE},
    {"qty", 1 << AS_CSV_TRADE, 0},
    {"bid", 1 << AS_CSV_QUOTE, 1 << AS_CSV_QUOTE},
    {"bid_qty", 1 << AS_CSV_QUOTE, 0},
    {"ask", 1 << AS_CSV_QUOTE, 1 << AS_CSV_QUOTE},
    {"ask_qty", 1 << AS_CSV_QUOTE, 0},
    {"venue", 1 << AS_CSV_QUOTE, 0},
    {"id", 1 << AS_CSV_HEADLINE, 0},
    {"source", 1 << AS_CSV_HEADLINE, 0},
    {"text", 1 << AS_CSV_HEADLINE, 1 << AS_CSV_HEADLINE},
    {"url", 1 << AS_CSV_HEADLINE, 0},
    {"symbols", 1 << AS_CSV_HEADLINE, 0},
    {"tier", 1 << AS_CSV_HEADLINE, 0},
};

/* Names of a column's values, without blanks. */
static int read_keep_values(const as_yaml *y, int list, as_csv_keep *keep)
{
    enum { VALUE_MAX = sizeof keep->value / sizeof *keep->value };
    int rc = as_yaml_expect_list(y, list, VALUE_MAX);
    if (!rc && !as_yaml_count(y, list))
        rc = as_yaml_error_text(y, list, "found an empty list, allowed 1 to %d values", VALUE_MAX);
    for (uint32_t i = 0; i < as_yaml_count(y, list) && !rc; i++) {
        int item = as_yaml_at(y, list, i, NULL);
        const char *text = as_yaml_scalar(y, item);
        size_t n = 0;
        for (; text && *text && n + 1 < sizeof keep->value[i]; text++)
            if (*text != ' ')
                keep->value[i][n++] = *text;
        if (!text || *text)
            rc = as_yaml_error(y, item, "a value of up to %zu bytes", sizeof keep->value[i] - 1);
        keep->value_count = i + 1;
    }
    return rc;
}

static int read_keep(const as_yaml *y, int node, as_csv_mapping *m)
{
    int rc = node ? as_yaml_expect_map(y, node, NULL) : 0;
    if (!rc && as_yaml_count(y, node) > AS_CSV_KEEP_MAX)
        rc = as_yaml_error_text(y, node, "found %u columns, allowed up to %d", as_yaml_count(y, node), AS_CSV_KEEP_MAX);
    for (uint32_t i = 0; i < as_yaml_count(y, node) && !rc; i++) {
        const char *key = NULL;
        int list = as_yaml_at(y, node, i, &key);
        size_t bytes = strlen(key);
        if (bytes >= sizeof m->keep[i].column)
            return as_yaml_error_text(y, list, "found a column's name of %zu bytes, allowed up to %zu", bytes,
                                      sizeof m->keep[i].column - 1);
        memcpy(m->keep[i].column, key, bytes + 1);
        rc = read_keep_values(y, list, &m->keep[i]);
        m->keep_count = i + 1;
    }
    return rc;
}

static int check_quotes(const as_yaml *y, int node, const as_csv_mapping *m)
{
    if (m->kind != AS_CSV_QUOTE && m->one_side)
        return as_yaml_error(y, as_yaml_get(y, node, "sides"), "both: only a quote has sides");
    if (m->kind != AS_CSV_QUOTE && m->kind != AS_CSV_TRADE && as_yaml_get(y, node, "clean"))
        return as_yaml_error_text(y, as_yaml_get(y, node, "clean"), "found rules, allowed nothing: a %s is not cleaned",
                                  m->kind == AS_CSV_BAR ? "bar" : "headline");
    return 0;
}

static const char *const kind_names[] = {"bar", "trade", "quote", "headline"};

static int check_columns(const as_yaml *y, int node, const as_csv_mapping *m)
{
    int columns = as_yaml_get(y, node, "columns");
    unsigned kind = 1u << m->kind;
    if (!columns)
        return as_yaml_missing(y, node, "columns", "a map of names");
    for (size_t i = 0; i < sizeof column_rules / sizeof *column_rules; i++) {
        int column = as_yaml_get(y, columns, column_rules[i].name);
        if (column && !(column_rules[i].kinds & kind))
            return as_yaml_error(y, column, "nothing: a %s has no such column", kind_names[m->kind]);
        if (!column && column_rules[i].required & kind)
            return as_yaml_missing(y, columns, column_rules[i].name, "the name of a column");
    }
    if (m->kind == AS_CSV_HEADLINE)
        return *m->symbol ? as_yaml_error(y, as_yaml_get(y, node, "symbol"), "nothing: headlines are linked by text")
                          : 0;
    if ((*m->symbol != '\0') == (*m->column.symbol != '\0'))
        return as_yaml_error_text(y, node, "found %s, allowed exactly one of symbol and columns.symbol",
                                  *m->symbol ? "both a symbol and a column for it" : "no symbol");
    return 0;
}

static int check_time(const as_yaml *y, int node, as_csv_mapping *m)
{
    static const char *const epochs[] = {"epoch_s", "epoch_ms", "epoch_us", "epoch_ns", NULL};
    int time = as_yaml_get(y, node, "time");
    const char *layout = m->time.layout;
    bool pattern = strchr(layout, '%') != NULL, of_day = strcmp(layout, "ms_of_day") == 0;
    if (!pattern && !of_day && !is_one_of(layout, epochs))
        return as_yaml_error(y, as_yaml_get(y, time, "layout"),
                             "a pattern like %%Y-%%m-%%d %%H:%%M:%%S, epoch_s, "
                             "epoch_ms, epoch_us, epoch_ns, ms_of_day");
    bool date_only = pattern && !strstr(layout, "%H") && !strstr(layout, "%I") && !strstr(layout, "%T");
    int stamps = as_yaml_get(y, time, "stamps");
    if (!stamps)
        m->time.stamps = date_only ? AS_STAMPS_SESSION_CLOSE : AS_STAMPS_END;
    if (stamps && m->time.stamps == AS_STAMPS_START && m->kind != AS_CSV_BAR)
        return as_yaml_error(y, stamps, "end, session_close: only a bar has a start");
    if (m->time.stamps == AS_STAMPS_SESSION_CLOSE && !pattern)
        return as_yaml_error(y, stamps, "end, start with such a layout: session_close needs a date");
    if (m->time.date && !of_day)
        return as_yaml_error(y, as_yaml_get(y, time, "date"), "nothing: only ms_of_day takes its date from here");
    if (m->duration_ns % AS_NS_PER_S)
        return as_yaml_error(y, as_yaml_get(y, node, "duration"), "whole seconds");
    if (m->duration_ns && m->kind != AS_CSV_BAR)
        return as_yaml_error(y, as_yaml_get(y, node, "duration"), "nothing: only a bar has a duration");
    return 0;
}

static int read_mapping(const as_config_reader *r, int node, as_csv_mapping *m)
{
    const as_yaml *y = r->yaml;
    if (as_yaml_kind_of(y, node) != AS_YAML_MAP)
        return as_yaml_error(y, node, "a map");
    m->line = as_yaml_line(y, node);
    int rc = as_config_read_map(r, node, "inputs[].", m);
    if (rc)
        return rc;
    if (!is_word(m->name))
        return as_yaml_error(y, as_yaml_get(y, node, "name"), "1 to %d letters, digits, _ and -",
                             AS_FEED_NAME_BYTES - 1);
    rc = read_match(r, as_yaml_get(y, node, "match"), m);
    if (!rc)
        rc = check_columns(y, node, m);
    if (!rc)
        rc = read_keep(y, as_yaml_get(y, node, "keep"), m);
    if (!rc)
        rc = check_quotes(y, node, m);
    return rc ? rc : check_time(y, node, m);
}

int as_config_read_inputs(const as_config_reader *r, int node, as_config *config)
{
    if (!node)
        return 0;
    int rc = as_yaml_expect_list(r->yaml, node, MAPPING_MAX);
    if (rc)
        return rc;
    uint32_t count = as_yaml_count(r->yaml, node);
    config->mapping = calloc(count + 1, sizeof *config->mapping);
    if (!config->mapping)
        return as_error_set(-ENOMEM, "%s: out of memory", as_yaml_path(r->yaml));
    for (uint32_t i = 0; i < count && !rc; i++) {
        int entry = as_yaml_at(r->yaml, node, i, NULL);
        as_csv_mapping *m = &config->mapping[i];
        rc = read_mapping(r, entry, m);
        for (uint32_t k = 0; k < i && !rc; k++)
            if (strcmp(config->mapping[k].name, m->name) == 0)
                rc = as_yaml_error(r->yaml, as_yaml_get(r->yaml, entry, "name"), "a name of its own (line %d has it)",
                                   config->mapping[k].line);
        config->mapping_count = i + 1;
    }
    return rc;
}
