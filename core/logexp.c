#include "core/logexp.h"

#include <string.h>

#define LN2_HI 0x1.62e42fefa3800p-1 /* 42 bits: k * LN2_HI is exact for |k| < 2^11 */
#define LN2_LO 0x1.ef35793c76730p-45
#define LN2_SHORT 0x1.62e42ffp-1 /* 29 bits: exact times a float */
#define LN2_REST -0x1.718432a1b0e26p-35
#define LOG2_E 0x1.71547652b82fep+0

#define FRACTION_BITS 52
#define EXPONENT_BIAS 1023
#define SQRT_HALF_BITS UINT64_C(0x3fe6a09e667f3bcd) /* the least double not below sqrt(1/2) */
#define ONE_BITS UINT64_C(0x3ff0000000000000)
#define INFINITY_BITS UINT64_C(0x7ff0000000000000)
#define FRACTION_MASK UINT64_C(0x000fffffffffffff)

static uint64_t to_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/*
 * Bits of a positive finite non-zero double into m in [sqrt(1/2), sqrt(2)); returns k with x = 2^k
 * m.
 */
static int reduce(uint64_t bits, double *m)
{
    int k = 0;
    if (bits <= FRACTION_MASK) {
        /* subnormal: an integer times 2^-1074 */
        bits = to_bits((double)(int64_t)bits);
        k = -1074;
    }
    uint64_t above = bits - SQRT_HALF_BITS + ONE_BITS;
    k += (int)(above >> FRACTION_BITS) - EXPONENT_BIAS;
    *m = from_bits((above & FRACTION_MASK) + SQRT_HALF_BITS);
    return k;
}

/*
 * 2 atanh(s) = 2 s + s R(s^2): R for |s| <= 0.1716. Two chains, because one would wait for each
 * product.
 */
static double atanh_rest(double s)
{
    double w = s * s;
    double w2 = w * w;
    double odd = w * (2.0 / 3 + w2 * (2.0 / 7 + w2 * (2.0 / 11 + w2 * (2.0 / 15 + w2 * (2.0 / 19)))));
    double even = w2 * (2.0 / 5 + w2 * (2.0 / 9 + w2 * (2.0 / 13 + w2 * (2.0 / 17 + w2 * (2.0 / 21)))));
    return odd + even;
}

double as_log(double x)
{
    uint64_t bits = to_bits(x);
    if (bits << 1 == 0)
        return -INFINITY;
    if (bits >= INFINITY_BITS)
        return bits == INFINITY_BITS ? x : NAN;

    double m;
    double k = reduce(bits, &m);
    double f = m - 1;
    double s = f / (2 + f);
    double half_square = 0.5 * f * f;
    /* k ln2_hi is 0 or larger than f, so that the error of the sum is exactly this */
    double base = k * LN2_HI;
    double hi = base + f;
    double lo = (base - hi) + f;
    return hi + (lo - (half_square - (s * (half_square + atanh_rest(s)) + k * LN2_LO)));
}

/*
 * y * 2^k without an intermediate overflow and with one rounding where the result is subnormal. k
 * in [-1076, 1025].
 */
static double scale(double y, int k)
{
    if (k > EXPONENT_BIAS)
        return y * 2 * from_bits((uint64_t)(k - 1 + EXPONENT_BIAS) << FRACTION_BITS);
    if (k < 2 - EXPONENT_BIAS)
        return y * from_bits((uint64_t)(k + 128 + EXPONENT_BIAS) << FRACTION_BITS) * 0x1p-128;
    return y * from_bits((uint64_t)(k + EXPONENT_BIAS) << FRACTION_BITS);
}

/* exp(r + c) for |r| <= 0.35 and a correction c of at most half an ulp of r. */
static double exp_reduced(double r, double c)
{
    double r2 = r * r;
    double even =
        1.0 / 2 +
        r2 * (1.0 / 24 + r2 * (1.0 / 720 + r2 * (1.0 / 40320 + r2 * (1.0 / 3628800 + r2 * (1.0 / 479001600)))));
    double odd =
        1.0 / 6 +
        r2 * (1.0 / 120 + r2 * (1.0 / 5040 + r2 * (1.0 / 362880 + r2 * (1.0 / 39916800 + r2 * (1.0 / 6227020800)))));
    double rest = r2 * (even + r * odd) + (c + c * r);
    double hi = 1 + r;
    double lo = (1 - hi) + r;
    return hi + (lo + rest);
}

static int nearest(double x)
{
    return (int)(x + (x < 0 ? -0.5 : 0.5));
}

double as_exp(double x)
{
    if (x != x)
        return NAN;
    if (x > 709.782712893384)
        return INFINITY;
    if (x < -745.1332191019412)
        return 0;
    int k = nearest(x * LOG2_E);
    double hi = x - k * LN2_HI;
    double lo = k * LN2_LO;
    double r = hi - lo;
    return scale(exp_reduced(r, (hi - r) - lo), k);
}

double as_half(double x)
{
    if (x != x)
        return NAN;
    if (x <= -1024)
        return INFINITY;
    if (x > 1075)
        return 0;
    int k = nearest(-x);
    double f = -x - k;
    double front = (double)(float)f;
    double hi = front * LN2_SHORT;
    double lo = (f - front) * LN2_SHORT + f * LN2_REST;
    double r = hi + lo;
    return scale(exp_reduced(r, (hi - r) + lo), k);
}

double as_log_ratio(int64_t px, int64_t px0)
{
    if (px <= 0 || px0 <= 0)
        return NAN;
    double p = (double)px;
    double p0 = (double)px0;
    double m;
    double m0;
    int k = reduce(to_bits(p), &m) - reduce(to_bits(p0), &m0);

    /*
     * bring px0 to within a factor of sqrt(2) of px: first the exponents, then a last doubling
     * where the fractions ask for it
     */
    double near = scale(p0, k);
    if (p >= near * 1.4142135623730951) {
        near *= 2;
        k++;
    } else if (p < near * 0.7071067811865476) {
        near *= 0.5;
        k--;
    }
    if (k == 0) {
        double s = (double)(px - px0) / (double)((uint64_t)px + (uint64_t)px0);
        return 2 * s + s * atanh_rest(s);
    }
    double s = (p - near) / (p + near);
    double base = k * LN2_HI;
    double twice = 2 * s;
    double hi = base + twice;
    double lo = (base - hi) + twice;
    return hi + (lo + (s * atanh_rest(s) + k * LN2_LO));
}
