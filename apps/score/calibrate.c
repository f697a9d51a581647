#include "apps/score/calibrate.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/stats/calibration.h"

enum { BIN_MAX = 10, BIN_SIGNALS = 100 };

typedef struct past {
    double os;
    bool hit;
    uint8_t breadth, status; /* as_probability_breadth, as_probability_status */
} past;

static int by_os(const void *a, const void *b)
{
    double x = ((const past *)a)->os;
    double y = ((const past *)b)->os;
    return (x > y) - (x < y);
}

static size_t collect(const as_score_book *book, as_signal_kind kind, past *list)
{
    size_t count = 0;
    for (size_t i = 0; i < book->signal_count; i++) {
        const as_score_signal *s = &book->signal[i];
        if (s->outcome != AS_SCORE_SCORED || s->kind != kind || !isfinite(s->os) ||
            strcmp(s->strategy, as_signal_kind_text(kind)) != 0) /* pairs, say, have the kind but not the score */
            continue;
        list[count++] = (past){
            .os = fabs(s->os),
            .hit = s->horizon.net_bps > 0,
            .breadth = s->breadth >= book->run[s->run].breadth_gate ? AS_BREADTH_ABOVE : AS_BREADTH_BELOW,
            .status = (uint8_t)as_probability_status_of(s->status),
        };
    }
    qsort(list, count, sizeof *list, by_os);
    return count;
}

/* The bins of a kind: where each begins in the sorted list, and its mean |OS|. */
typedef struct bins {
    unsigned count;
    size_t begin[BIN_MAX + 1];
    double os[BIN_MAX];
} bins;

static bins cut(const past *list, size_t count)
{
    bins b = {0};
    size_t wanted = count / BIN_SIGNALS;
    wanted = wanted < 1 ? 1 : wanted > BIN_MAX ? BIN_MAX : wanted;
    for (size_t k = 0, from = 0; k < wanted && from < count; k++) {
        size_t to = (k + 1) * count / wanted;
        while (to < count && to > from && !(list[to].os > list[to - 1].os))
            to++;
        if (to <= from)
            continue;
        double sum = 0;
        for (size_t i = from; i < to; i++)
            sum += list[i].os;
        b.os[b.count] = sum / (double)(to - from);
        b.begin[b.count++] = from;
        b.begin[b.count] = to;
        from = to;
    }
    return b;
}

/* One cell: its own frequencies, shrunk toward the parent's curve, without falls. */
static void fit(const past *list, const bins *b, unsigned breadth, unsigned status, const double *parent, double n0,
                as_probability_cell *cell)
{
    as_calibration_bin bin[BIN_MAX];
    as_calibration_bin block[BIN_MAX];
    *cell = (as_probability_cell){.knots = b->count};
    for (unsigned k = 0; k < b->count; k++) {
        uint64_t signals = 0;
        uint64_t hits = 0;
        for (size_t i = b->begin[k]; i < b->begin[k + 1]; i++) {
            bool mine = (breadth == AS_BREADTH_ANY || list[i].breadth == breadth) &&
                        (status == AS_STATUS_ANY || list[i].status == status);
            signals += mine;
            hits += mine && list[i].hit;
        }
        double weight = (double)signals + n0;
        bin[k] = (as_calibration_bin){.p = b->os[k], .count = (size_t)llround(weight)};
        bin[k].observed = weight > 0 ? ((double)hits + n0 * parent[k]) / weight : parent[k];
        bin[k].count += bin[k].count == 0;
        cell->os[k] = b->os[k];
        cell->signals += signals;
        cell->hits += hits;
    }
    as_calibration_isotonic(bin, b->count, cell->p, block);
}

static void fit_kind(const past *list, size_t count, double base, double n0, as_probability *table, unsigned kind)
{
    as_probability_cell(*cell)[AS_PROBABILITY_STATUSES] = table->cell[kind];
    double hits = 0;
    for (size_t i = 0; i < count; i++)
        hits += list[i].hit;
    double rate = (hits + n0 * base) / ((double)count + n0);
    double parent[BIN_MAX];
    bins b = cut(list, count);
    for (unsigned k = 0; k < BIN_MAX; k++)
        parent[k] = rate;
    fit(list, &b, AS_BREADTH_ANY, AS_STATUS_ANY, parent, n0, &cell[AS_BREADTH_ANY][AS_STATUS_ANY]);
    for (unsigned breadth = AS_BREADTH_BELOW; breadth <= AS_BREADTH_ABOVE; breadth++) {
        as_probability_cell *all = &cell[breadth][AS_STATUS_ANY];
        fit(list, &b, breadth, AS_STATUS_ANY, cell[AS_BREADTH_ANY][AS_STATUS_ANY].p, n0, all);
        for (unsigned status = AS_STATUS_OPEN; status <= AS_STATUS_CONFIRMED; status++)
            fit(list, &b, breadth, status, all->p, n0, &cell[breadth][status]);
    }
}

static void name_source(const as_score_book *book, const char *source, as_probability *table)
{
    if (source)
        (void)snprintf(table->source, sizeof table->source, "%.120s", source);
    else if (book->run_count == 1)
        (void)snprintf(table->source, sizeof table->source, "%.120s", book->run[0].label);
    else
        (void)snprintf(table->source, sizeof table->source, "%u runs, %.40s to %.40s", book->run_count,
                       book->run[0].label, book->run[book->run_count - 1].label);
    for (size_t i = 0; i < book->day_count; i++) {
        int32_t date = book->day[i].date;
        table->from = !table->from || date < table->from ? date : table->from;
        table->to = date > table->to ? date : table->to;
    }
}

int as_score_calibrate(const as_score_book *book, double shrinkage, const char *source, as_probability *table)
{
    static const as_signal_kind kinds[AS_PROBABILITY_KINDS] = {AS_SIGNAL_OVERREACTION, AS_SIGNAL_MEAN_REVERSION};
    past *list[AS_PROBABILITY_KINDS];
    size_t count[AS_PROBABILITY_KINDS];
    double all = 0;
    double hits = 0;
    *table = (as_probability){.shrinkage = shrinkage};
    for (unsigned k = 0; k < AS_PROBABILITY_KINDS; k++) {
        list[k] = calloc(book->signal_count + 1, sizeof **list);
        AS_ASSERT(list[k]);
        count[k] = collect(book, kinds[k], list[k]);
        all += (double)count[k];
        for (size_t i = 0; i < count[k]; i++)
            hits += list[k][i].hit;
    }
    double base = (hits + shrinkage / 2) / (all + shrinkage);
    for (unsigned k = 0; k < AS_PROBABILITY_KINDS; k++) {
        if (count[k])
            fit_kind(list[k], count[k], base, shrinkage, table, k);
        table->signals += count[k];
        free(list[k]);
    }
    if (!table->signals)
        return as_error_set(-ENODATA, "calibration: found no scored overreaction and no scored mean_reversion, "
                                      "allowed: at least one");
    table->breadth_gate = book->run[0].breadth_gate;
    name_source(book, source, table);
    return 0;
}

/* ---- the file ---- */

static void print_list(FILE *file, const char *key, const double *value, unsigned count)
{
    fprintf(file, ", %s: [", key);
    for (unsigned i = 0; i < count; i++)
        fprintf(file, "%s%.9g", i ? ", " : "", value[i]);
    fputc(']', file);
}

static void print_date(FILE *file, const char *key, int32_t date)
{
    fprintf(file, "%s: %04d-%02d-%02d", key, date / 10000, date / 100 % 100, date % 100);
}

/* The source, on one line and without quotes of its own. */
static void print_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (const char *c = text; *c; c++)
        fputc(*c == '"' || *c == '\\' || (unsigned char)*c < 0x20 ? ' ' : *c, file);
    fputc('"', file);
}

static void print_cell(FILE *file, const as_probability_cell *cell, unsigned kind, unsigned breadth, unsigned status)
{
    if (!cell->signals)
        return;
    fprintf(file, "  - {kind: %s, breadth: %s, status: %s, signals: %" PRIu64 ", hits: %" PRIu64,
            as_probability_kind_text[kind], as_probability_breadth_text[breadth], as_probability_status_text[status],
            cell->signals, cell->hits);
    print_list(file, "os", cell->os, cell->knots);
    print_list(file, "p", cell->p, cell->knots);
    fputs("}\n", file);
}

void as_score_calibration_print(const as_probability *table, FILE *file)
{
    fputs("# Written by `aftershock backtest --calibrate-to`: p over |OS|, by kind, breadth and status "
          "(docs/SCORING.md).\n"
          "version: 1\noutcome: net residual reversion over the horizon above zero\nsource: ",
          file);
    print_text(file, table->source);
    print_date(file, "\nperiod: {from", table->from);
    print_date(file, ", to", table->to);
    fprintf(file, "}\nsignals: %" PRIu64 "\nshrinkage: %g\nbreadth_gate: %g\ncells:\n", table->signals,
            table->shrinkage, table->breadth_gate);
    for (unsigned k = 0; k < AS_PROBABILITY_KINDS; k++)
        for (unsigned b = 0; b < AS_PROBABILITY_BREADTHS; b++)
            for (unsigned s = 0; s < AS_PROBABILITY_STATUSES; s++)
                print_cell(file, &table->cell[k][b][s], k, b, s);
}

/* A comment: readers of the table need not know it. */
static const char data_mark[] = "# fitted on data ";

bool as_score_calibration_saw(const char *path, uint64_t data)
{
    FILE *file = fopen(path, "re");
    char line[4096];
    bool saw = false;
    while (file && !saw && fgets(line, sizeof line, file)) {
        char *end;
        if (strncmp(line, data_mark, sizeof data_mark - 1) != 0)
            continue;
        saw = strtoull(line + sizeof data_mark - 1, &end, 16) == data && *end == '\n';
    }
    if (file)
        fclose(file);
    return saw;
}

int as_score_calibrate_to(const as_score_book *book, const char *source, const char *path)
{
    as_probability *table = calloc(1, sizeof *table);
    AS_ASSERT(table);
    int rc = as_score_calibrate(book, AS_SCORE_SHRINKAGE, source, table);
    FILE *file = rc == 0 ? fopen(path, "we") : NULL;
    if (rc == 0 && !file)
        rc = as_error_set(-errno, "%s: cannot be written: %s", path, strerror(errno));
    if (file) {
        for (uint32_t i = 0; i < book->run_count; i++)
            fprintf(file, "%s%016" PRIx64 "\n", data_mark, book->run[i].data);
        as_score_calibration_print(table, file);
        if (fflush(file) || ferror(file))
            rc = as_error_set(-EIO, "%s: %s", path, strerror(errno));
        fclose(file);
    }
    free(table);
    return rc;
}
