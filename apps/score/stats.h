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
 * A share or a rate whose observations come in clusters (names of one event, alarms of one session): sums that need no
 * list. Add cluster by cluster; the variance is the linearised one of a ratio, C / (C-1) sum_c (x_c - R n_c)^2 / n^2
 * (Liang and Zeger 1986; Cochran 1977, 11.7 for the ratio).
 */
typedef struct as_score_tally {
    double x, n; /* of closed clusters: hits and trials, or events and exposure */
    double xx, xn, nn;
    double open_x, open_n;
    uint64_t cluster; /* the open one */
    size_t clusters;
} as_score_tally;

void as_score_tally_add(as_score_tally *tally, uint64_t cluster, double x, double n);
/* The last cluster ends. */
void as_score_tally_end(as_score_tally *tally);

/*
 * 95 % interval of a share: Wilson's with as many trials as independent ones would have the clustered variance (Dean
 * and Pagano 2015), never more than there are; where all trials agree, as many as there are clusters. NAN below two
 * clusters.
 */
as_score_interval as_score_tally_share(const as_score_tally *tally);

/*
 * 95 % interval of a rate x / n: Garwood's, its ends moved away from x by the root of the over-dispersion over
 * clusters, at least 1, on the logarithmic scale. NAN without exposure.
 */
as_score_interval as_score_tally_rate(const as_score_tally *tally);

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
