#include "apps/score/group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

bool as_score_matches(const as_score_signal *signal, const as_score_filter *filter)
{
    return (filter->kind < 0 || signal->kind == filter->kind) &&
           (!filter->strategy || strcmp(signal->strategy, filter->strategy) == 0) &&
           (!filter->family || strcmp(signal->family, filter->family) == 0) &&
           (filter->status == AS_STATUS_ANY || as_probability_status_of(signal->status) == filter->status);
}

/* The scored signals of a filter, sorted by event. */
typedef struct chosen {
    const as_score_signal **signal;
    uint64_t *cluster;
    double *value; /* scratch */
    size_t count;
} chosen;

static int by_event(const void *a, const void *b)
{
    const as_score_signal *x = *(const as_score_signal *const *)a;
    const as_score_signal *y = *(const as_score_signal *const *)b;
    if (x->cluster != y->cluster)
        return x->cluster > y->cluster ? 1 : -1;
    return (x > y) - (x < y);
}

static chosen choose(const as_score_book *book, const as_score_filter *filter)
{
    chosen c = {
        .signal = calloc(book->signal_count + 1, sizeof *c.signal),
        .cluster = calloc(book->signal_count + 1, sizeof *c.cluster),
        .value = calloc(book->signal_count + 1, sizeof *c.value),
    };
    AS_ASSERT(c.signal && c.cluster && c.value);
    for (size_t i = 0; i < book->signal_count; i++)
        if (book->signal[i].outcome == AS_SCORE_SCORED && as_score_matches(&book->signal[i], filter))
            c.signal[c.count++] = &book->signal[i];
    qsort(c.signal, c.count, sizeof *c.signal, by_event);
    for (size_t i = 0; i < c.count; i++)
        c.cluster[i] = c.signal[i]->cluster;
    return c;
}

static void free_chosen(chosen *c)
{
    free(c->signal);
    free(c->cluster);
    free(c->value);
}

static as_score_mean mean_at(const chosen *c, size_t offset)
{
    for (size_t i = 0; i < c->count; i++)
        memcpy(&c->value[i], (const char *)c->signal[i] + offset, sizeof c->value[i]);
    return as_score_mean_of(c->value, c->cluster, c->count);
}

#define MEAN(c, member) mean_at(c, offsetof(as_score_signal, member))

/* One rank correlation an event with at least three signals; the mean is over events. */
static as_score_mean rank_correlation(const chosen *c)
{
    enum { NAMES_MIN = 3 };
    double *ic = calloc(4 * (c->count + 1), sizeof *ic);
    uint64_t *event = calloc(c->count + 1, sizeof *event);
    AS_ASSERT(ic && event);
    double *x = ic + c->count + 1;
    double *y = x + c->count + 1;
    size_t events = 0;
    for (size_t i = 0; i < c->count;) {
        size_t names = 0;
        size_t end = i;
        for (; end < c->count && c->cluster[end] == c->cluster[i]; end++) {
            const as_score_signal *s = c->signal[end];
            if (!isfinite(s->strength) || !isfinite(s->forward_bps))
                continue;
            x[names] = s->strength * s->side;
            y[names++] = s->forward_bps;
        }
        double rho = names >= NAMES_MIN ? as_score_spearman(x, y, names) : (double)NAN;
        if (isfinite(rho)) {
            event[events] = c->cluster[i];
            ic[events++] = rho;
        }
        i = end;
    }
    as_score_mean mean = as_score_mean_of(ic, event, events);
    free(ic);
    free(event);
    return mean;
}

/* ---- probabilities ---- */

typedef struct forecast {
    double p, y;
    uint64_t cluster;
} forecast;

static int by_forecast(const void *a, const void *b)
{
    double x = ((const forecast *)a)->p;
    double y = ((const forecast *)b)->p;
    return (x > y) - (x < y);
}

static int by_cluster(const void *a, const void *b)
{
    uint64_t x = ((const forecast *)a)->cluster;
    uint64_t y = ((const forecast *)b)->cluster;
    return (x > y) - (x < y);
}

/* Bins are runs of the sorted forecasts; those of each are sorted by event here. */
static void add_intervals(forecast *f, as_score_bins *bins)
{
    for (size_t k = 0; k < bins->count; f += bins->bin[k++].count) {
        as_score_tally tally = {0};
        size_t count = bins->bin[k].count;
        qsort(f, count, sizeof *f, by_cluster);
        for (size_t i = 0; i < count; i++)
            as_score_tally_add(&tally, f[i].cluster, f[i].y, 1);
        as_score_tally_end(&tally);
        bins->interval[k] = as_score_tally_share(&tally);
        bins->naive[k] = as_score_wilson((uint64_t)llround(tally.x), count);
        bins->events[k] = tally.clusters;
    }
}

/* Every forecast replaced by their mean. */
static void score_constant(const double *p, as_score_probability *out)
{
    double mean = 0;
    for (size_t i = 0; i < out->count; i++)
        mean += p[i] / (double)out->count;
    double off = mean - out->score.base_rate;
    out->constant_p = out->count ? mean : (double)NAN;
    out->constant_ece = fabs(off);
    out->constant_brier = out->score.base_rate * (1 - out->score.base_rate) + off * off;
}

/* Ten bins of about as many forecasts each; equal forecasts stay together. */
static void equal_count_bins(const forecast *f, size_t count, as_score_bins *bins)
{
    size_t begin = 0;
    for (size_t k = 0; k < AS_SCORE_BIN_MAX && begin < count; k++) {
        size_t end = (k + 1) * count / AS_SCORE_BIN_MAX;
        while (end < count && (end <= begin || !(f[end].p > f[end - 1].p)))
            end++;
        if (end <= begin)
            continue;
        as_calibration_bin *bin = &bins->bin[bins->count++];
        *bin = (as_calibration_bin){.count = end - begin};
        for (size_t i = begin; i < end; i++) {
            bin->p += f[i].p / (double)bin->count;
            bin->observed += f[i].y / (double)bin->count;
        }
        begin = end;
    }
}

static as_score_probability probabilities(const chosen *c)
{
    as_score_probability out = {0};
    forecast *f = calloc(c->count + 1, sizeof *f);
    double *p = calloc(2 * (c->count + 1), sizeof *p);
    AS_ASSERT(f && p);
    double *y = p + c->count + 1;
    for (size_t i = 0; i < c->count; i++)
        if (isfinite(c->signal[i]->p))
            f[out.count++] = (forecast){c->signal[i]->p, c->signal[i]->horizon.net_bps > 0, c->cluster[i]};
    qsort(f, out.count, sizeof *f, by_forecast);
    for (size_t i = 0; i < out.count; i++) {
        p[i] = f[i].p;
        y[i] = f[i].y;
    }
    equal_count_bins(f, out.count, &out.equal_count);
    out.ece_equal_count = as_calibration_measure(p, y, out.count, out.equal_count.bin, out.equal_count.count).ece;
    out.equal_width.count = as_calibration_bins_equal(p, y, out.count, out.equal_width.bin, AS_SCORE_BIN_MAX);
    out.score = as_calibration_measure(p, y, out.count, out.equal_width.bin, out.equal_width.count);
    score_constant(p, &out);
    add_intervals(f, &out.equal_width);
    qsort(f, out.count, sizeof *f, by_forecast);
    add_intervals(f, &out.equal_count);
    free(f);
    free(p);
    return out;
}

/* ---- the group ---- */

static void count_all(const as_score_book *book, const as_score_filter *filter, as_score_group *g)
{
    for (size_t i = 0; i < book->signal_count; i++) {
        const as_score_signal *s = &book->signal[i];
        if (!as_score_matches(s, filter))
            continue;
        g->signals++;
        g->closed += s->action == AS_ACTION_CLOSE;
        g->expired += s->action == AS_ACTION_EXPIRE;
        g->open += s->action == AS_ACTION_OPEN;
        g->scored += s->outcome == AS_SCORE_SCORED;
        g->unfinished += s->outcome == AS_SCORE_UNFINISHED;
        g->no_side += s->outcome == AS_SCORE_NO_SIDE;
        g->no_hedge += s->outcome == AS_SCORE_NO_HEDGE;
    }
}

as_score_group as_score_group_of(const as_score_book *book, const as_score_filter *filter)
{
    as_score_group g = {0};
    chosen c = choose(book, filter);
    as_score_tally hit = {0};
    as_score_tally own_hit = {0};
    count_all(book, filter, &g);
    for (size_t i = 0; i < c.count; i++) {
        const as_score_signal *s = c.signal[i];
        as_score_tally_add(&hit, s->cluster, s->horizon.net_bps > 0, 1);
        as_score_tally_add(&own_hit, s->cluster, s->closed.net_bps > 0, 1);
        g.hits += s->horizon.net_bps > 0;
        g.own_hits += s->closed.net_bps > 0;
        g.held_days += (double)(s->closed_at - s->opened_at) / (double)AS_NS_PER_DAY / (double)c.count;
    }
    as_score_tally_end(&hit);
    as_score_tally_end(&own_hit);
    g.events = hit.clusters;
    g.hit = as_score_tally_share(&hit);
    g.own_hit = as_score_tally_share(&own_hit);
    g.hit_naive = as_score_wilson(g.hits, c.count);
    g.own_hit_naive = as_score_wilson(g.own_hits, c.count);
    g.ic = rank_correlation(&c);
    g.gross = MEAN(&c, horizon.gross_bps);
    g.net = MEAN(&c, horizon.net_bps);
    g.raw_gross = MEAN(&c, horizon.raw_gross_bps);
    g.raw_net = MEAN(&c, horizon.raw_net_bps);
    g.own_gross = MEAN(&c, closed.gross_bps);
    g.own_net = MEAN(&c, closed.net_bps);
    for (unsigned d = 0; d < AS_SCORE_DELAYS; d++) {
        g.delay_gross[d] = MEAN(&c, delay_gross_bps[d]);
        g.delay_net[d] = MEAN(&c, delay_net_bps[d]);
    }
    g.probability = probabilities(&c);
    free_chosen(&c);
    return g;
}

/* ---- the path ---- */

double as_score_day_net(const as_score_day *day, int lane)
{
    if (lane >= 0)
        return day->net_bps[lane];
    double sum = 0;
    for (unsigned k = 0; k < AS_SCORE_LANE_MAX; k++)
        sum += day->net_bps[k];
    return sum;
}

as_score_path as_score_path_of(const as_score_book *book, int lane, double tries, double variance)
{
    as_score_path path = {.days = book->day_count};
    double *net = calloc(book->day_count + 1, sizeof *net);
    AS_ASSERT(net);
    for (size_t i = 0; i < book->day_count; i++) {
        net[i] = as_score_day_net(&book->day[i], lane);
        path.net_bps += net[i];
        for (unsigned k = 0; k < AS_SCORE_LANE_MAX; k++)
            path.turnover += lane < 0 || (int)k == lane ? book->day[i].turnover[k] : 0;
    }
    path.turnover /= book->day_count ? (double)book->day_count : 1;
    path.sharpe = as_sharpe_of(net, book->day_count);
    path.drawdown_bps = as_score_drawdown(net, book->day_count);
    if (!isfinite(variance))
        variance = book->day_count > 1 ? 1 / ((double)book->day_count - 1) : (double)NAN;
    path.psr = as_sharpe_probabilistic(&path.sharpe, 0);
    path.dsr_benchmark = sqrt(variance) * as_sharpe_expected_max(tries);
    path.dsr = as_sharpe_deflated(&path.sharpe, tries, variance);
    free(net);
    return path;
}
