/*
 * Logarithm, exponential and powers of two for the decision path, from + - * / and sqrt alone.
 *
 * A C library's log and exp differ between versions and between CPUs (some take a fused
 * multiply-add where there is one), so decisions made with them would not replay byte for byte
 * elsewhere (DESIGN 6.3). These use no table, no libm, no fused operation (build with
 * -ffp-contract=off) and no branch on the CPU: in round-to-nearest, with IEEE 754 doubles, they
 * return the same bits everywhere. Arguments are taken apart as integers, so that a CPU set to
 * treat subnormals as zero still gives the logarithm of one.
 *
 * Error bounds; u = 2^-53, an ulp is that of the result:
 *
 * as_log, below 1 ulp. x = 2^k m with m in [sqrt(1/2), sqrt(2)); f = m - 1 is exact;
 *     s = f / (2 + f), |s| <= 0.1716;  R = 2 s^2/3 + 2 s^4/5 + ... + 2 s^20/21;
 *     log m = 2 atanh(s) = f - (f^2/2 - s (f^2/2 + R)).
 *   The rest of the series is below 2.2e-19, 0.005 ulp. f^2/2 <= 0.086 carries a relative error of
 *   1 u, s (f^2/2 + R) <= 0.019 one of 4 u, and their difference, at most 0.068, is rounded once:
 *   0.23 u, which is 0.46 ulp where |log m| is largest, less elsewhere. k ln2_hi is exact (11 +
 *   42 bits), k ln2_hi + f is kept as hi + lo without error, the last addition rounds once: 0.96.
 *   Near x = 1 the correction is of the order of f^2 and the bound tends to 0.5 ulp.
 * as_exp, below 1 ulp. x = k ln2 + r + c, |r| <= 0.3466, c the rounding error of r;
 *     exp(r) = 1 + r + r^2 q(r), Taylor's series to r^13.
 *   The rest is below 4.2e-18, 0.04 ulp. r^2 q <= 0.068 carries 4 u relative, 0.27 u; 1 + r is kept
 *   as hi + lo; the last addition rounds once: 0.81 ulp for exp(r) in [0.7, 1), where an ulp is u,
 *   and less above 1. A subnormal result is rounded a second time: below 1 unit of 2^-1074.
 * as_half, below 1 ulp, as as_exp: the fraction times ln2 is formed as a sum of two doubles.
 * as_log_ratio, below 1.5 ulp while px + px0 < 2^53 (4.5 million units of currency): the difference
 *   of the prices is exact, s = (px - px0) / (px + px0) is rounded once, log = 2 atanh(s). Beyond,
 *   the prices themselves are rounded to double, u each: below 5 ulp.
 *
 * Threads: all are pure functions. Cost: no table and no memory, about twice the time of glibc's.
 */
#ifndef AS_CORE_LOGEXP_H
#define AS_CORE_LOGEXP_H

#include <math.h>
#include <stdint.h>

/* ln 2, rounded. */
#define AS_LN2 0x1.62e42fefa39efp-1
#define AS_PI 0x1.921fb54442d18p+1

/* Natural logarithm. 0 and -0: -infinity. Below 0, NAN: NAN. +infinity: itself. */
double as_log(double x);

/* e to the x. NAN: NAN. Above 709.782712893384: +infinity; below -745.1332191019412: 0. */
double as_exp(double x);

/*
 * 2 to the -x, for decay by half-lives: as_half(age / half_life). NAN: NAN. x above 1075: 0; x at
 * or below -1024: +infinity.
 */
double as_half(double x);

/*
 * log(px / px0) of two prices in the same integer unit; 0 if they are equal; NAN unless both are
 * positive.
 */
double as_log_ratio(int64_t px, int64_t px0);

/* Square root; IEEE 754 demands the correctly rounded one. Below 0: NAN. */
static inline double as_sqrt(double x)
{
    return sqrt(x);
}

#endif
