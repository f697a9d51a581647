/*
 * The statistics of a score: intervals, rank correlation, means of clustered values, drawdown.
 *
 * Threads: pure functions; cold path, libm and the heap.
 */
#ifndef AS_APPS_SCORE_STATS_H
#define AS_APPS_SCORE_STATS_H

#include <stddef.h>
#include <stdint.h>

typedef struct as_score_interval {
    double low, high;
} as_score_interval;

/* Wilson's 95 % interval of a share (1927, JASA 22): hits of count. NAN for none. */
as_score_interval as_score_wilson(uint64_t hits, uint64_t count);

/* Garwood's exact 95 % interval of a Poisson mean (1936, Biometrika 28): events were counted. */
as_score_interval as_score_poisson(uint64_t events);

/* Spearman's rank correlation, ties take their mean rank. NAN with fewer than two pairs or without variation. */
double as_score_spearman(const double *x, const double *y, size_t count);

/*
 * Mean of values that come in clusters (names of one event are one observation), with the cluster-robust t of a mean:
 * t = mean / se, se^2 = C / (C-1) sum_c (sum_i (x_i - mean))^2 / n^2 (Liang and Zeger 1986 for a constant). low and
 * high are mean -+ 1.96 se. NAN values are left out; t, low and high are NAN with fewer than two clusters.
 */
typedef struct as_score_mean {
    size_t count, clusters;
    double mean, t, low, high;
} as_score_mean;

as_score_mean as_score_mean_of(const double *value, const uint64_t *cluster, size_t count);

/* The greatest fall of the running sum from its highest point so far (0 at the start), >= 0. */
double as_score_drawdown(const double *value, size_t count);

#endif
