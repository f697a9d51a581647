#include "core/probability.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/text_file.h"
#include "core/yaml.h"

enum { FILE_BYTES_MAX = 1 << 20, SIGNALS_MAX = 1 << 30 };

const char *const as_probability_kind_text[] = {"overreaction", "mean_reversion", NULL};
const char *const as_probability_breadth_text[] = {"any", "low", "high", NULL};
const char *const as_probability_status_text[] = {"any", "open", "confirmed", NULL};

/* ---- the answer ---- */

as_probability_status as_probability_status_of(uint8_t status)
{
    return status == AS_FACT_CONFIRMED || status == AS_FACT_UPDATED ? AS_STATUS_CONFIRMED : AS_STATUS_OPEN;
}

static double curve(const as_probability_cell *cell, double os)
{
    uint32_t k = 0;
    while (k < cell->knots && cell->os[k] < os)
        k++;
    if (k == 0)
        return cell->p[0];
    if (k == cell->knots)
        return cell->p[k - 1];
    double share = (os - cell->os[k - 1]) / (cell->os[k] - cell->os[k - 1]);
    return cell->p[k - 1] + share * (cell->p[k] - cell->p[k - 1]);
}

double as_probability_of(const as_probability *table, const as_probability_input *in)
{
    if (!table || isnan(in->os))
        return (double)NAN;
    unsigned kind;
    if (in->kind == AS_SIGNAL_OVERREACTION)
        kind = AS_PROBABILITY_OVERREACTION;
    else if (in->kind == AS_SIGNAL_MEAN_REVERSION)
        kind = AS_PROBABILITY_MEAN_REVERSION;
    else
        return (double)NAN;
    as_probability_breadth breadth = in->breadth >= table->breadth_gate ? AS_BREADTH_ABOVE : AS_BREADTH_BELOW;
    const as_probability_cell *cell = &table->cell[kind][breadth][as_probability_status_of(in->status)];
    if (!cell->knots)
        cell = &table->cell[kind][breadth][AS_STATUS_ANY];
    if (!cell->knots)
        cell = &table->cell[kind][AS_BREADTH_ANY][AS_STATUS_ANY];
    return cell->knots ? curve(cell, fabs(in->os)) : (double)NAN;
}

/* ---- the file ---- */

static int read_count(const as_yaml *y, int map, const char *key, uint64_t *count)
{
    int64_t value;
    int node = as_yaml_get(y, map, key);
    int rc = node ? as_yaml_int(y, node, 0, SIGNALS_MAX, &value) : as_yaml_missing(y, map, key, "a whole number");
    if (rc == 0)
        *count = (uint64_t)value;
    return rc;
}

static int read_word(const as_yaml *y, int map, const char *key, const char *const *words, int *idx)
{
    int node = as_yaml_get(y, map, key);
    return node ? as_yaml_choice(y, node, words, idx) : as_yaml_missing(y, map, key, "one of its words");
}

static int read_knots(const as_yaml *y, int map, as_probability_cell *cell)
{
    int os = as_yaml_get(y, map, "os");
    int p = as_yaml_get(y, map, "p");
    int rc = as_yaml_expect_list(y, os, AS_PROBABILITY_KNOTS);
    if (rc == 0)
        rc = as_yaml_expect_list(y, p, AS_PROBABILITY_KNOTS);
    uint32_t knots = as_yaml_count(y, os);
    if (rc == 0 && (knots == 0 || as_yaml_count(y, p) != knots))
        return as_yaml_error_text(y, p, "found %u values for %u of os; allowed: as many, at least one",
                                  as_yaml_count(y, p), knots);
    for (uint32_t i = 0; i < knots && rc == 0; i++) {
        rc = as_yaml_double(y, as_yaml_at(y, os, i, NULL), 0, 1e6, &cell->os[i]);
        if (rc == 0)
            rc = as_yaml_double(y, as_yaml_at(y, p, i, NULL), 0, 1, &cell->p[i]);
        if (rc == 0 && i > 0 && cell->os[i] <= cell->os[i - 1])
            rc = as_yaml_error(y, as_yaml_at(y, os, i, NULL), "more than the one before");
        if (rc == 0 && i > 0 && cell->p[i] < cell->p[i - 1])
            rc = as_yaml_error(y, as_yaml_at(y, p, i, NULL), "not less than the one before");
    }
    cell->knots = rc == 0 ? knots : 0;
    return rc;
}

static int read_cell(const as_yaml *y, int map, as_probability *table)
{
    static const char *const keys[] = {"kind", "breadth", "status", "signals", "hits", "os", "p", NULL};
    int kind = 0;
    int breadth = 0;
    int status = 0;
    int rc = as_yaml_expect_map(y, map, keys);
    if (rc == 0)
        rc = read_word(y, map, "kind", as_probability_kind_text, &kind);
    if (rc == 0)
        rc = read_word(y, map, "breadth", as_probability_breadth_text, &breadth);
    if (rc == 0)
        rc = read_word(y, map, "status", as_probability_status_text, &status);
    as_probability_cell *cell = &table->cell[kind][breadth][status];
    if (rc == 0 && cell->knots)
        return as_yaml_error_text(y, map, "a second cell of the same kind, breadth and status");
    if (rc == 0 && breadth == AS_BREADTH_ANY && status != AS_STATUS_ANY)
        return as_yaml_error_text(y, map, "breadth any goes with status any");
    if (rc == 0)
        rc = read_count(y, map, "signals", &cell->signals);
    if (rc == 0)
        rc = read_count(y, map, "hits", &cell->hits);
    return rc ? rc : read_knots(y, map, cell);
}

static int read_date(const as_yaml *y, int map, const char *key, int32_t *date)
{
    char text[16];
    int year;
    int month;
    int day;
    char rest;
    int node = as_yaml_get(y, map, key);
    if (!node)
        return as_yaml_missing(y, map, key, "YYYY-MM-DD");
    int rc = as_yaml_text(y, node, text, sizeof text);
    if (rc == 0 && sscanf(text, "%4d-%2d-%2d%c", &year, &month, &day, &rest) != 3)
        rc = as_yaml_error(y, node, "YYYY-MM-DD");
    if (rc == 0)
        *date = year * 10000 + month * 100 + day;
    return rc;
}

static int read_head(const as_yaml *y, int root, as_probability *table)
{
    static const char *const keys[] = {"version",   "outcome",      "source", "period", "signals",
                                       "shrinkage", "breadth_gate", "cells",  NULL};
    static const char *const period_keys[] = {"from", "to", NULL};
    int64_t version;
    int rc = as_yaml_expect_map(y, root, keys);
    int node = as_yaml_get(y, root, "version");
    if (rc == 0)
        rc = node ? as_yaml_int(y, node, 1, 1, &version) : as_yaml_missing(y, root, "version", "1");
    node = as_yaml_get(y, root, "source");
    if (rc == 0)
        rc = node ? as_yaml_text(y, node, table->source, sizeof table->source)
                  : as_yaml_missing(y, root, "source", "where the past signals are from");
    node = as_yaml_get(y, root, "period");
    if (rc == 0)
        rc = node ? as_yaml_expect_map(y, node, period_keys) : as_yaml_missing(y, root, "period", "{from, to}");
    if (rc == 0)
        rc = read_date(y, node, "from", &table->from);
    if (rc == 0)
        rc = read_date(y, node, "to", &table->to);
    if (rc == 0)
        rc = read_count(y, root, "signals", &table->signals);
    node = as_yaml_get(y, root, "shrinkage");
    if (rc == 0 && node)
        rc = as_yaml_double(y, node, 0, 1e9, &table->shrinkage);
    node = as_yaml_get(y, root, "breadth_gate");
    if (rc == 0)
        rc = node ? as_yaml_double(y, node, 0, 1, &table->breadth_gate)
                  : as_yaml_missing(y, root, "breadth_gate", "0 to 1");
    return rc;
}

static int read_table(const as_yaml *y, as_probability *table)
{
    int root = as_yaml_root(y);
    int rc = read_head(y, root, table);
    int cells = as_yaml_get(y, root, "cells");
    if (rc == 0)
        rc = cells ? as_yaml_expect_list(y, cells,
                                         AS_PROBABILITY_KINDS * AS_PROBABILITY_BREADTHS * AS_PROBABILITY_STATUSES)
                   : as_yaml_missing(y, root, "cells", "a list");
    for (uint32_t i = 0; rc == 0 && i < as_yaml_count(y, cells); i++)
        rc = read_cell(y, as_yaml_at(y, cells, i, NULL), table);
    return rc;
}

int as_probability_read(const char *path, const char *text, size_t text_bytes, as_probability **out)
{
    as_yaml *yaml;
    int rc = as_yaml_load(path, text, text_bytes, &yaml);
    if (rc < 0)
        return rc;
    as_probability *table = calloc(1, sizeof *table);
    rc = table ? read_table(yaml, table) : as_error_set(-ENOMEM, "%s: out of memory", path);
    as_yaml_free(yaml);
    if (rc < 0)
        as_probability_free(table);
    else
        *out = table;
    return rc;
}

int as_probability_load(const char *path, as_probability **table)
{
    char *text;
    size_t text_bytes;
    int rc = as_text_file_read(path, FILE_BYTES_MAX, &text, &text_bytes);
    if (rc < 0)
        return rc;
    rc = as_probability_read(path, text, text_bytes, table);
    free(text);
    return rc;
}

void as_probability_free(as_probability *table)
{
    free(table);
}
