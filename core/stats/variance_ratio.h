/*
 * Variance ratio: do the returns after a shock run on (VR > 1) or come back (VR < 1)?
 *
 * VR(q) = s^2(q) / s^2(1), overlapping and unbiased (Lo and MacKinlay 1988, Review of Financial
 * Studies 1(1), eq. 12-13):
 *   s^2(1) = sum (r_t - mu)^2 / (n - 1),  s^2(q) = sum (R_t - q mu)^2 / m,
 *   R_t = r_t + .. + r_{t-q+1},  m = q (n - q + 1) (1 - q/n).
 * Under a random walk with uncorrelated, possibly heteroskedastic increments z* is asymptotically
 * N(0,1) (their eq. 18-20):
 *   z* = (VR - 1) / sqrt(theta),  theta = sum_{j<q} (2 (q-j)/q)^2 delta_j,
 *   delta_j = sum (r_t - mu)^2 (r_{t-j} - mu)^2 / (sum (r_t - mu)^2)^2;
 * with constant variance z = (VR - 1) / sqrt(2 (2q-1) (q-1) / (3 q n)).
 *
 * as_variance_ratio is the whole answer on an array; as_variance_ratio_run keeps VR and z up to
 * date in O(1) a return.
 *
 * Threads: one writer a run. Memory: the struct. Returns are logarithmic and of equal length in
 * time.
 */
#ifndef AS_CORE_STATS_VARIANCE_RATIO_H
#define AS_CORE_STATS_VARIANCE_RATIO_H

#include <stddef.h>
#include <stdint.h>

/* Longest horizon q of a run, in returns. */
#define AS_VARIANCE_RATIO_HORIZON_MAX 16

typedef struct as_variance_ratio_result {
    double vr;     /* NAN where it is undefined: fewer than 2q returns, or none that varies */
    double z;      /* homoskedastic */
    double z_star; /* robust; NAN from a run */
    double theta;  /* variance behind z_star; NAN from a run */
} as_variance_ratio_result;

/* count returns, oldest first; q >= 2. O(q count). */
as_variance_ratio_result as_variance_ratio(const double *r, size_t count, unsigned q);

/*
 * Sums are of returns less the first return, which keeps the final subtraction of the mean from
 * cancelling. They only grow: start a new run for each fact.
 */
typedef struct as_variance_ratio_run {
    uint32_t q, n;
    double first;                                 /* return that is subtracted from all */
    double window[AS_VARIANCE_RATIO_HORIZON_MAX]; /* the last q returns; slot n % q is the oldest */
    double sum, sum_square;                       /* of r - first */
    double long_sum, long_sum_square;             /* of R - q first */
} as_variance_ratio_run;

/* q in [2, AS_VARIANCE_RATIO_HORIZON_MAX]. */
void as_variance_ratio_run_init(as_variance_ratio_run *run, unsigned q);
/* A return that is not finite is left out. */
void as_variance_ratio_run_update(as_variance_ratio_run *run, double r);
as_variance_ratio_result as_variance_ratio_run_value(const as_variance_ratio_run *run);

#endif
