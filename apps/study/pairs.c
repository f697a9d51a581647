#include "apps/study/pairs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/json_text.h"
#include "core/error.h"

enum { COMMON_MIN = 30 };

static int parse_list(as_study_pairs *pairs, const as_study_panel *panel, const char *list)
{
    for (const char *at = list; *at;) {
        size_t bytes = strcspn(at, ",");
        uint32_t instrument = as_symbols_find(&panel->universe->symbols, at, bytes);
        if (instrument == AS_INSTRUMENT_NONE)
            return as_error_set(-EINVAL, "--pairs: '%.*s' is not in the universe", (int)bytes, at);
        if (panel->series[instrument].count == 0)
            return as_error_set(-EINVAL, "--pairs: %.*s has no price in the inputs", (int)bytes, at);
        if (pairs->series == AS_COINTEGRATION_SERIES_MAX)
            return as_error_set(-EINVAL, "--pairs: more than %d symbols", AS_COINTEGRATION_SERIES_MAX);
        pairs->instrument[pairs->series++] = instrument;
        at += bytes + (at[bytes] == ',');
    }
    return pairs->series >= 2 ? 0 : as_error_set(-EINVAL, "--pairs: found '%s'; needed: two symbols or more", list);
}

/* Prices of the first one's times at which every other has one too. */
static int common_prices(as_study_pairs *pairs, const as_study_panel *panel, double **x)
{
    const as_study_series *first = &panel->series[pairs->instrument[0]];
    double *all = calloc(pairs->series * first->count + 1, sizeof *all);
    if (!all)
        return as_error_set(-ENOMEM, "out of memory for %zu prices", first->count);
    size_t count = 0;
    for (size_t k = 0; k < first->count; k++) {
        double row[AS_COINTEGRATION_SERIES_MAX];
        size_t there = 0;
        for (; there < pairs->series; there++) {
            const as_study_series *s = &panel->series[pairs->instrument[there]];
            size_t at = as_study_series_at(s, first->ts[k]);
            if (at >= s->count || s->ts[at] != first->ts[k])
                break;
            row[there] = pairs->logarithms ? log(s->px[at]) : s->px[at];
        }
        if (there < pairs->series)
            continue;
        for (size_t i = 0; i < pairs->series; i++)
            all[i * first->count + count] = row[i];
        count++;
    }
    for (size_t i = 1; i < pairs->series; i++)
        memmove(all + i * count, all + i * first->count, count * sizeof *all);
    pairs->count = count;
    *x = all;
    if (count >= COMMON_MIN)
        return 0;
    free(all);
    return as_error_set(-EINVAL, "--pairs: %zu common prices; needed: %d", count, COMMON_MIN);
}

static void relate(as_study_relation *relation, const as_study_pairs *pairs, const double *x, bool constant,
                   double *residual)
{
    relation->found = as_engle_granger_test(x, pairs->series, pairs->count, constant, -1, residual, &relation->test);
    relation->half_life = relation->found ? as_half_life(residual, pairs->count) : (double)NAN;
}

static void test_johansen(as_study_pairs *pairs, const double *x, size_t lags, double *spread)
{
    pairs->spread_mean = pairs->spread_half_life = NAN;
    pairs->johansen_found = as_johansen_test(x, pairs->series, pairs->count, lags, &pairs->johansen);
    if (!pairs->johansen_found)
        return;
    pairs->spread_mean = 0;
    for (size_t t = 0; t < pairs->count; t++) {
        spread[t] = 0;
        for (size_t i = 0; i < pairs->series; i++)
            spread[t] += pairs->johansen.vector[0][i] * x[i * pairs->count + t];
        pairs->spread_mean += spread[t] / (double)pairs->count;
    }
    pairs->spread_half_life = as_half_life(spread, pairs->count);
}

int as_study_pairs_test(as_study_pairs *pairs, const as_study_panel *panel, const char *list, bool logarithms,
                        size_t lags)
{
    double *x = NULL;
    *pairs = (as_study_pairs){.logarithms = logarithms};
    int rc = parse_list(pairs, panel, list);
    if (rc == 0)
        rc = common_prices(pairs, panel, &x);
    if (rc < 0)
        return rc;
    double *residual = calloc(pairs->count, sizeof *residual);
    if (residual) {
        relate(&pairs->plain, pairs, x, false, residual);
        relate(&pairs->constant, pairs, x, true, residual);
        test_johansen(pairs, x, lags, residual);
    } else {
        rc = as_error_set(-ENOMEM, "out of memory for %zu prices", pairs->count);
    }
    free(residual);
    free(x);
    return rc;
}

/* ---- JSON ---- */

static void list(FILE *stream, const double *value, size_t count)
{
    fputc('[', stream);
    for (size_t i = 0; i < count; i++) {
        if (i)
            fputc(',', stream);
        if (isfinite(value[i]))
            fprintf(stream, "%.17g", value[i]);
        else
            fputs("null", stream);
    }
    fputc(']', stream);
}

static void numbers(FILE *stream, const char *key, const double *value, size_t count)
{
    fprintf(stream, "\"%s\":", key);
    list(stream, value, count);
}

static void number(FILE *stream, const char *key, double value)
{
    if (isfinite(value))
        fprintf(stream, "\"%s\":%.17g", key, value);
    else
        fprintf(stream, "\"%s\":null", key);
}

static void json_relation(FILE *stream, const char *key, const as_study_relation *relation, size_t series)
{
    fprintf(stream, ",\"%s\":", key);
    if (!relation->found) {
        fputs("null", stream);
        return;
    }
    const as_engle_granger *test = &relation->test;
    fputc('{', stream);
    number(stream, "constant", test->constant);
    fputc(',', stream);
    numbers(stream, "beta", test->beta + 1, series - 1);
    fputs(",\"adf\":{", stream);
    number(stream, "stat", test->adf.t);
    fprintf(stream, ",\"lags\":%zu,\"equations\":%zu,", test->adf.lags, test->adf.count);
    numbers(stream, "critical_1_5_10", test->adf.level, 3);
    fputs("},", stream);
    number(stream, "half_life", relation->half_life);
    fputc('}', stream);
}

static void json_johansen(FILE *stream, const as_study_pairs *pairs)
{
    fputs(",\"johansen\":", stream);
    if (!pairs->johansen_found) {
        fputs("null", stream);
        return;
    }
    const as_johansen *j = &pairs->johansen;
    fputc('{', stream);
    numbers(stream, "eigenvalues", j->eigenvalue, j->series);
    fputc(',', stream);
    numbers(stream, "trace", j->trace, j->series);
    fputc(',', stream);
    numbers(stream, "max_eigenvalue", j->largest, j->series);
    fputs(",\"trace_critical_10_5_1\":[", stream);
    for (size_t r = 0; r < j->series; r++) {
        if (r)
            fputc(',', stream);
        list(stream, j->level[r], 3);
    }
    fputs("],\"vectors\":[", stream);
    for (size_t r = 0; r < j->series; r++) {
        if (r)
            fputc(',', stream);
        list(stream, j->vector[r], j->series);
    }
    fputs("],", stream);
    number(stream, "spread_mean", pairs->spread_mean);
    fputc(',', stream);
    number(stream, "half_life", pairs->spread_half_life);
    fputc('}', stream);
}

void as_study_pairs_json(FILE *stream, const as_study_pairs *pairs, const as_universe *universe)
{
    fputs("{\"schema\":1,\"pairs\":{\"symbols\":[", stream);
    for (size_t i = 0; i < pairs->series; i++) {
        const char *symbol = as_symbols_name(&universe->symbols, pairs->instrument[i]);
        if (i)
            fputc(',', stream);
        as_json_text(stream, symbol, strlen(symbol));
    }
    fprintf(stream, "],\"prices\":%zu,\"levels\":\"%s\"", pairs->count, pairs->logarithms ? "log" : "price");
    json_relation(stream, "engle_granger", &pairs->plain, pairs->series);
    json_relation(stream, "engle_granger_constant", &pairs->constant, pairs->series);
    json_johansen(stream, pairs);
    fputs("}}\n", stream);
}

/* ---- tables ---- */

static void text_relation(FILE *stream, const char *title, const as_study_relation *relation,
                          const as_study_pairs *pairs, const as_universe *universe)
{
    fprintf(stream, "\n%s\n", title);
    if (!relation->found) {
        fputs("  collinear\n", stream);
        return;
    }
    const as_engle_granger *test = &relation->test;
    fprintf(stream, "  %s = %.4f", as_symbols_name(&universe->symbols, pairs->instrument[0]), test->constant);
    for (size_t i = 1; i < pairs->series; i++)
        fprintf(stream, " %+.4f %s", test->beta[i], as_symbols_name(&universe->symbols, pairs->instrument[i]));
    fprintf(
        stream, "\n  ADF of the residual %.4f (%zu lags; critical at 1, 5, 10 %%: %.3f %.3f %.3f), half-life %.2f\n",
        test->adf.t, test->adf.lags, test->adf.level[0], test->adf.level[1], test->adf.level[2], relation->half_life);
}

void as_study_pairs_text(FILE *stream, const as_study_pairs *pairs, const as_universe *universe)
{
    fprintf(stream, "%zu common prices%s\n", pairs->count, pairs->logarithms ? ", logarithms" : "");
    text_relation(stream, "Engle-Granger", &pairs->plain, pairs, universe);
    text_relation(stream, "Engle-Granger with constant", &pairs->constant, pairs, universe);
    fputs("\nJohansen\n", stream);
    if (!pairs->johansen_found) {
        fputs("  collinear, or too few prices\n", stream);
        return;
    }
    for (size_t r = 0; r < pairs->series; r++)
        fprintf(stream, "  at most %zu relations: trace %9.4f (critical at 10, 5, 1 %%: %.3f %.3f %.3f)\n", r,
                pairs->johansen.trace[r], pairs->johansen.level[r][0], pairs->johansen.level[r][1],
                pairs->johansen.level[r][2]);
    fputs("  first vector:", stream);
    for (size_t i = 0; i < pairs->series; i++)
        fprintf(stream, " %+.4f %s", pairs->johansen.vector[0][i],
                as_symbols_name(&universe->symbols, pairs->instrument[i]));
    fprintf(stream, "\n  its spread: mean %.4f, half-life %.2f\n", pairs->spread_mean, pairs->spread_half_life);
}
