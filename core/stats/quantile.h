/*
 * One quantile of a stream in five numbers: the P-square algorithm.
 *
 * Source: Jain and Chlamtac 1985, "The P^2 algorithm for dynamic calculation of quantiles and
 * histograms without storing observations", CACM 28(10). Five markers (least, p/2, p, (1+p)/2,
 * greatest) keep their ideal ranks by moving their heights along a parabola through their
 * neighbours, or linearly where the parabola would leave the order. A median is exact up to five
 * values. Used for the running median of a name's spread.
 *
 * Threads: one writer. Memory: the struct. Cost: O(1).
 */
#ifndef AS_CORE_STATS_QUANTILE_H
#define AS_CORE_STATS_QUANTILE_H

#include <stdint.h>

typedef struct as_quantile {
    double p;
    double height[5]; /* markers, ascending; with fewer than five values, those */
    double rank[5];   /* actual ranks from 1, whole numbers */
    uint64_t count;   /* values seen */
} as_quantile;

/* p in (0, 1): 0.5 is the median. */
void as_quantile_init(as_quantile *quantile, double p);
/* A value that is not finite is left out. */
void as_quantile_update(as_quantile *quantile, double x);
/* The estimate; NAN without values. */
double as_quantile_value(const as_quantile *quantile);

static inline uint64_t as_quantile_count(const as_quantile *quantile)
{
    return quantile->count;
}

#endif
