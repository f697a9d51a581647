/*
 * The standard normal distribution, for tests and reports.
 *
 * P is half of the complementary error function; its inverse starts from the rational approximation 26.2.23 of
 * Abramowitz and Stegun (1964, error below 4.5e-4) and is brought to full precision by Halley's iteration on P.
 *
 * Threads: pure functions. They use libm (erfc, exp, log) and so are for cold paths only: nothing here may run on an
 * event.
 */
#ifndef AS_CORE_STATS_NORMAL_H
#define AS_CORE_STATS_NORMAL_H

/* P(Z <= x). */
double as_normal_cdf(double x);

/* The x with P(Z <= x) = p; -infinity at 0, +infinity at 1, NAN outside of [0, 1]. */
double as_normal_quantile(double p);

#endif
