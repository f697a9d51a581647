#include "apps/score/stats.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"

#define Z_95 1.959963984540054

static as_score_interval wilson(double p, double n)
{
    double z2 = Z_95 * Z_95;
    double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z_95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    return (as_score_interval){p > 0 ? centre - half : 0, p < 1 ? centre + half : 1};
}

as_score_interval as_score_wilson(uint64_t hits, uint64_t count)
{
    if (count == 0)
        return (as_score_interval){(double)NAN, (double)NAN};
    return wilson((double)hits / (double)count, (double)count);
}

/* P(X <= k) of a Poisson variable. */
static double poisson_cdf(uint64_t k, double mean)
{
    double log_term = -mean;
    double sum = exp(log_term);
    for (uint64_t i = 1; i <= k; i++) {
        log_term += log(mean) - log((double)i);
        sum += exp(log_term);
    }
    return sum;
}

/* The mean at which P(X <= k) = p; it falls with the mean. */
static double poisson_mean(uint64_t k, double p)
{
    double low = 0;
    double high = 2 * (double)k + 20;
    for (int i = 0; i < 100; i++) {
        double mid = (low + high) / 2;
        if (poisson_cdf(k, mid) > p)
            low = mid;
        else
            high = mid;
    }
    return (low + high) / 2;
}

as_score_interval as_score_poisson(uint64_t events)
{
    return (as_score_interval){events ? poisson_mean(events - 1, 0.975) : 0, poisson_mean(events, 0.025)};
}

/* ---- clustered shares and rates ---- */

void as_score_tally_end(as_score_tally *t)
{
    if (!(t->open_n > 0) && !(t->open_x > 0))
        return;
    t->x += t->open_x;
    t->n += t->open_n;
    t->xx += t->open_x * t->open_x;
    t->xn += t->open_x * t->open_n;
    t->nn += t->open_n * t->open_n;
    t->open_x = t->open_n = 0;
    t->clusters++;
}

void as_score_tally_add(as_score_tally *t, uint64_t cluster, double x, double n)
{
    if (cluster != t->cluster)
        as_score_tally_end(t);
    t->cluster = cluster;
    t->open_x += x;
    t->open_n += n;
}

/* Of the sum of x about R n. */
static double clustered_variance(const as_score_tally *t)
{
    double ratio = t->x / t->n;
    double c = (double)t->clusters;
    double squares = t->xx - 2 * ratio * t->xn + ratio * ratio * t->nn;
    return c / (c - 1) * (squares > 0 ? squares : 0);
}

as_score_interval as_score_tally_share(const as_score_tally *t)
{
    if (t->clusters < 2 || !(t->n > 0))
        return (as_score_interval){(double)NAN, (double)NAN};
    double p = t->x / t->n;
    double independent = t->n * p * (1 - p);
    double variance = clustered_variance(t);
    double n = t->n;
    if (!(independent > 0))
        n = (double)t->clusters;
    else if (variance > independent)
        n *= independent / variance;
    return wilson(p, n);
}

as_score_interval as_score_tally_rate(const as_score_tally *t)
{
    if (!(t->n > 0))
        return (as_score_interval){(double)NAN, (double)NAN};
    as_score_interval between = as_score_poisson((uint64_t)llround(t->x));
    if (t->x > 0 && t->clusters > 1) {
        double dispersion = clustered_variance(t) / t->x;
        double root = dispersion > 1 ? sqrt(dispersion) : 1;
        between.low = t->x * pow(between.low / t->x, root);
        between.high = t->x * pow(between.high / t->x, root);
    }
    return (as_score_interval){between.low / t->n, between.high / t->n};
}

/* ---- ranks ---- */

typedef struct placed {
    double value;
    size_t place;
} placed;

static int by_value(const void *a, const void *b)
{
    double x = ((const placed *)a)->value;
    double y = ((const placed *)b)->value;
    return (x > y) - (x < y);
}

static void rank(const double *value, size_t count, placed *order, double *ranks)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (placed){value[i], i};
    qsort(order, count, sizeof *order, by_value);
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && !(order[end].value > order[i].value))
            end++;
        for (size_t k = i; k < end; k++)
            ranks[order[k].place] = ((double)i + (double)end - 1) / 2;
        i = end;
    }
}

double as_score_spearman(const double *x, const double *y, size_t count)
{
    if (count < 2)
        return (double)NAN;
    placed *order = calloc(count, sizeof *order);
    double *rx = calloc(2 * count, sizeof *rx);
    AS_ASSERT(order && rx);
    double *ry = rx + count;
    rank(x, count, order, rx);
    rank(y, count, order, ry);
    double mean = ((double)count - 1) / 2;
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (size_t i = 0; i < count; i++) {
        xx += (rx[i] - mean) * (rx[i] - mean);
        yy += (ry[i] - mean) * (ry[i] - mean);
        xy += (rx[i] - mean) * (ry[i] - mean);
    }
    free(order);
    free(rx);
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}

/* ---- clusters ---- */

typedef struct member {
    uint64_t cluster;
    double value;
} member;

static int by_cluster(const void *a, const void *b)
{
    const member *x = a;
    const member *y = b;
    return (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

as_score_mean as_score_mean_of(const double *value, const uint64_t *cluster, size_t count)
{
    as_score_mean m = {.mean = (double)NAN, .t = (double)NAN, .low = (double)NAN, .high = (double)NAN};
    member *list = calloc(count + 1, sizeof *list);
    AS_ASSERT(list);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(value[i]))
            continue;
        list[m.count++] = (member){cluster[i], value[i]};
        sum += value[i];
    }
    if (m.count)
        m.mean = sum / (double)m.count;
    qsort(list, m.count, sizeof *list, by_cluster);
    double squares = 0;
    for (size_t i = 0; i < m.count;) {
        double off = 0;
        size_t end = i;
        for (; end < m.count && list[end].cluster == list[i].cluster; end++)
            off += list[end].value - m.mean;
        squares += off * off;
        m.clusters++;
        i = end;
    }
    free(list);
    if (m.clusters < 2)
        return m;
    double c = (double)m.clusters;
    double se = sqrt(c / (c - 1) * squares) / (double)m.count;
    if (se > 0)
        m.t = m.mean / se;
    m.low = m.mean - Z_95 * se;
    m.high = m.mean + Z_95 * se;
    return m;
}

double as_score_drawdown(const double *value, size_t count)
{
    double sum = 0;
    double top = 0;
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        sum += value[i];
        top = sum > top ? sum : top;
        worst = top - sum > worst ? top - sum : worst;
    }
    return worst;
}
