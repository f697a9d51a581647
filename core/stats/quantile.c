#include "core/stats/quantile.h"

#include <math.h>

#include "core/error.h"

#define MARKERS 5

void as_quantile_init(as_quantile *quantile, double p)
{
    AS_ASSERT(p > 0 && p < 1);
    *quantile = (as_quantile){.p = p, .rank = {1, 2, 3, 4, 5}};
}

static void insert_sorted(as_quantile *quantile, double x)
{
    unsigned i = (unsigned)quantile->count;
    for (; i > 0 && quantile->height[i - 1] > x; i--)
        quantile->height[i] = quantile->height[i - 1];
    quantile->height[i] = x;
}

/* The markers above the cell of x move up one rank; x itself becomes an end if it is beyond one. */
static void place(as_quantile *quantile, double x)
{
    double *q = quantile->height;
    if (x < q[0])
        q[0] = x;
    if (x > q[MARKERS - 1])
        q[MARKERS - 1] = x;
    for (unsigned i = 1; i < MARKERS - 1; i++) {
        if (x < q[i])
            quantile->rank[i]++;
    }
    quantile->rank[MARKERS - 1]++;
}

/* Height of marker i one rank along d (+1 or -1). */
static double move(const as_quantile *quantile, unsigned i, double d)
{
    const double *q = quantile->height;
    const double *n = quantile->rank;
    double up = (q[i + 1] - q[i]) / (n[i + 1] - n[i]);
    double down = (q[i] - q[i - 1]) / (n[i] - n[i - 1]);
    double parabola = q[i] + d / (n[i + 1] - n[i - 1]) * ((n[i] - n[i - 1] + d) * up + (n[i + 1] - n[i] - d) * down);
    if (q[i - 1] < parabola && parabola < q[i + 1])
        return parabola;
    return q[i] + d * (d > 0 ? up : down);
}

void as_quantile_update(as_quantile *quantile, double x)
{
    if (!isfinite(x))
        return;
    if (quantile->count < MARKERS) {
        insert_sorted(quantile, x);
        quantile->count++;
        return;
    }
    place(quantile, x);
    quantile->count++;

    const double share[MARKERS] = {0, quantile->p / 2, quantile->p, (1 + quantile->p) / 2, 1};
    for (unsigned i = 1; i < MARKERS - 1; i++) {
        double *n = quantile->rank;
        double off = 1 + (double)(quantile->count - 1) * share[i] - n[i];
        double d = 0;
        if (off >= 1 && n[i + 1] - n[i] > 1)
            d = 1;
        else if (off <= -1 && n[i - 1] - n[i] < -1)
            d = -1;
        if (d != 0) {
            quantile->height[i] = move(quantile, i, d);
            n[i] += d;
        }
    }
}

double as_quantile_value(const as_quantile *quantile)
{
    if (quantile->count == 0)
        return NAN;
    if (quantile->count >= MARKERS)
        return quantile->height[2];
    double at = (double)(quantile->count - 1) * quantile->p;
    unsigned low = (unsigned)at;
    if (low + 1 >= quantile->count)
        return quantile->height[low];
    return quantile->height[low] + (at - low) * (quantile->height[low + 1] - quantile->height[low]);
}
