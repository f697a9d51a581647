/*
 * Covariance of two names that tick at different times: the Hayashi-Yoshida estimator, as a stream.
 *
 * Source: Hayashi and Yoshida 2005, "On covariance estimation of non-synchronously observed
 * diffusion processes", Bernoulli 11(2):
 *   cov = sum_i sum_j rx_i ry_j 1{(s_{i-1}, s_i] and (t_{j-1}, t_j] overlap}.
 * Sampling both on a grid instead biases the covariance to zero as the grid gets finer (Epps 1979).
 *
 * A pair of intervals is counted when the later one ends. What the new interval (a, b] of one side
 * overlaps of the other's finished intervals is everything since the other's last tick at or before
 * a, and those returns telescope:
 *
 *   x        a===========b             adds rx * (level of y at r - level of y at p)
 *   y    p-------q----r----- ...
 *
 * so that a tick costs O(1) and no interval is stored.
 *
 * Threads: one writer. Memory: the struct.
 */
#ifndef AS_CORE_STATS_OVERLAP_H
#define AS_CORE_STATS_OVERLAP_H

#include <stdbool.h>
#include <stdint.h>

typedef enum as_overlap_name { AS_OVERLAP_X = 0, AS_OVERLAP_Y = 1 } as_overlap_name;

typedef struct as_overlap_side {
    int64_t px;
    uint64_t ts;
    uint64_t tick_count;
    double level;              /* log price less that of the first tick */
    double other_level;        /* of the other side at its last tick at or before ts */
    uint64_t other_tick_count; /* likewise */
    double variance;           /* sum of squared returns */
} as_overlap_side;

typedef struct as_overlap {
    as_overlap_side side[2];
    double covariance; /* the sum above: over the whole time seen, not per unit of time */
    uint64_t pairs;    /* overlapping pairs of intervals */
    uint64_t rejected; /* ticks that were left out */
} as_overlap;

void as_overlap_init(as_overlap *overlap);

/*
 * A tick of one side, in order of time over both. px > 0 is a price in any integer unit. false, and
 * the tick counted as rejected: it is older than the latest of either side, not newer than the last
 * of its own side (send the last price of an instant), or no price.
 */
bool as_overlap_update(as_overlap *overlap, as_overlap_name name, uint64_t ts, int64_t px);

/*
 * covariance / sqrt(variance of x * variance of y); may leave [-1, 1]; NAN while either has not
 * moved.
 */
double as_overlap_correlation(const as_overlap *overlap);

/* Beta of y on x: covariance / variance of x; NAN while x has not moved. */
double as_overlap_beta(const as_overlap *overlap);

#endif
