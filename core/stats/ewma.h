/*
 * Mean and variance of a stream: exponentially weighted for what is running, Welford's for a batch.
 *
 * as_ewma is RiskMetrics' estimator (Technical Document, 1996, ch. 5), of returns whose mean is
 * taken as zero:
 *   v <- lambda v + (1 - lambda) r^2,
 * with lambda = exp(-dt / tau) where returns come at irregular times. It is started from the
 * caller's variance, never from zero, which would make the first return an outlier.
 *
 * as_moments is Welford's recursion (Technometrics 4(3), 1962): the mean and the sum of squared
 * deviations, without the cancellation of sum x^2 - n mean^2.
 *
 * Threads: one writer an object. Memory: the struct. Cost: O(1). Values that are not finite are
 * left out.
 */
#ifndef AS_CORE_STATS_EWMA_H
#define AS_CORE_STATS_EWMA_H

#include <stdint.h>

typedef struct as_ewma {
    double lambda; /* of one regular step */
    double v;      /* variance, at least 1e-12 */
} as_ewma;

/* lambda in (0, 1), v0 > 0. */
void as_ewma_init(as_ewma *ewma, double lambda, double v0);
/*
 * One regular step. r in units of the standard deviation before the update; NAN if r is not finite.
 */
double as_ewma_update(as_ewma *ewma, double r);
/*
 * A step dt long with time constant tau, same unit, dt >= 0, tau > 0; r is the return over dt per
 * sqrt(dt).
 */
double as_ewma_update_after(as_ewma *ewma, double r, double dt, double tau);

typedef struct as_moments {
    uint64_t n;
    double mean;
    double m2; /* sum of squared deviations from the mean */
} as_moments;

void as_moments_init(as_moments *moments);
void as_moments_update(as_moments *moments, double x);
/* m2 / (n - ddof); NAN unless n > ddof. */
double as_moments_variance(const as_moments *moments, uint64_t ddof);

#endif
