/*
 * From a statistic to a probability, and what many tests at once leave of it.
 *
 * Normal, by the series 1/2 + phi(x) (x + x^3/3 + x^5/15 + ...) below 3 and by Laplace's continued
 * fraction phi(x) / (x + 1/(x + 2/(x + ...))) of 60 terms above (Abramowitz and Stegun 26.2.11,
 * 26.2.14); relative error of the tail below 1e-12 for |z| <= 38. Student, by the continued
 * fraction of the incomplete beta function (26.7.2, 26.5.8, modified Lentz), with
 * Gamma(a + 1/2) / Gamma(a) from its asymptotic series (6.1.49's quotient) after a shift to 60 and
 * more; relative error below 1e-11 for degrees of freedom up to 10^4. Both are tested against
 * values of 40 digits.
 *
 * Many tests: Holm 1979 (Scandinavian Journal of Statistics 6) holds the chance of any false
 * finding, Benjamini and Hochberg 1995 (JRSS B 57) the expected share of false ones among those
 * found.
 *
 * Threads: pure functions on the caller's memory; for reports, never on an event.
 */
#ifndef AS_CORE_STATS_P_VALUE_H
#define AS_CORE_STATS_P_VALUE_H

#include <stddef.h>

/* Two-sided: P(|Z| >= |z|). NAN: NAN. (P(Z <= x) itself is in core/stats/normal.h.) */
double as_normal_p(double z);

/* P(T <= t) with df degrees of freedom, any real number above 0; NAN otherwise. */
double as_student_cdf(double t, double df);

/* Two-sided: P(|T| >= |t|). */
double as_student_p(double t, double df);

/*
 * Adjusted p-values of count tests: reject at level q those that are at most q. An undefined p (NAN)
 * stays so and is no test. O(count^2). p and adjusted are different arrays.
 */
void as_holm(const double *p, size_t count, double *adjusted);
void as_benjamini_hochberg(const double *p, size_t count, double *adjusted);

#endif
