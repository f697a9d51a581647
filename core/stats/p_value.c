#include "core/stats/p_value.h"

#include <math.h>

#include "core/logexp.h"

enum { NORMAL_TERMS = 60, SERIES_MAX = 200, BETA_TERMS_MAX = 1000 };

static const double inverse_sqrt_2pi = 0x1.9884533d43651p-2; /* 1 / sqrt(2 pi) */
static const double inverse_sqrt_pi = 0x1.20dd750429b6dp-1;  /* 1 / sqrt(pi) */

/* P(Z >= x) for x >= 0 */
static double normal_tail(double x)
{
    double phi = inverse_sqrt_2pi * as_exp(-x * x / 2);
    if (x < 3) {
        double term = x;
        double sum = x;
        for (int k = 1; k < SERIES_MAX && term > sum * 1e-18; k++) {
            term *= x * x / (2 * k + 1);
            sum += term;
        }
        return 0.5 - phi * sum;
    }
    double fraction = x;
    for (int k = NORMAL_TERMS; k > 0; k--)
        fraction = x + k / fraction;
    return phi / fraction;
}

double as_normal_p(double z)
{
    return isnan(z) ? (double)NAN : 2 * normal_tail(fabs(z));
}

/* Gamma(a + 1/2) / Gamma(a) */
static double gamma_half_ratio(double a)
{
    double below = 1;
    for (; a < 60; a++)
        below *= a / (a + 0.5);
    double u = 1 / a;
    double series =
        1 + u * (-1.0 / 8 + u * (1.0 / 128 + u * (5.0 / 1024 + u * (-21.0 / 32768 + u * (-399.0 / 262144)))));
    return below * as_sqrt(a) * series;
}

/* The continued fraction of I_x(a, b), times a B(a, b) / (x^a (1-x)^b). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < BETA_TERMS_MAX; m++) {
        double step = 1;
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        for (int half = 0; half < 2; half++) {
            double term = half ? odd : even;
            d = 1 + term * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + term / c;
            c = fabs(c) < tiny ? tiny : c;
            step = c * d;
            value *= step;
        }
        if (fabs(step - 1) < 1e-16)
            break;
    }
    return value;
}

double as_student_p(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return NAN;
    if (df > 1e7)
        return as_normal_p(t);
    if (isinf(t))
        return 0;
    double a = df / 2;
    double x = df / (df + t * t);
    double rest = t * t / (df + t * t);
    double front = as_exp(a * as_log(x)) * as_sqrt(rest) * gamma_half_ratio(a) * inverse_sqrt_pi;
    if (x < (a + 1) / (a + 2.5))
        return front / a * beta_fraction(a, 0.5, x);
    return 1 - 2 * front * beta_fraction(0.5, a, rest);
}

double as_student_cdf(double t, double df)
{
    double half = as_student_p(t, df) / 2;
    return t < 0 ? half : 1 - half;
}

static size_t defined(const double *p, size_t count)
{
    size_t tests = 0;
    for (size_t i = 0; i < count; i++)
        tests += isnan(p[i]) ? 0 : 1;
    return tests;
}

/* The least p that is after (value, index) in the order of values, then of indices; count if there is none. */
static size_t next_in_order(const double *p, size_t count, size_t after)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (i == after || isnan(p[i]))
            continue;
        if (after < count && (p[i] < p[after] || (p[i] == p[after] && i < after)))
            continue;
        if (best == count || p[i] < p[best])
            best = i;
    }
    return best;
}

void as_holm(const double *p, size_t count, double *adjusted)
{
    double left = (double)defined(p, count);
    double most = 0; /* no larger p has a smaller adjusted one */
    for (size_t i = 0; i < count; i++)
        adjusted[i] = NAN;
    for (size_t i = next_in_order(p, count, count); i < count; i = next_in_order(p, count, i)) {
        most = fmax(most, p[i] * left--);
        adjusted[i] = fmin(1, most);
    }
}

void as_benjamini_hochberg(const double *p, size_t count, double *adjusted)
{
    double tests = (double)defined(p, count);
    double place = 0;
    for (size_t i = 0; i < count; i++)
        adjusted[i] = NAN;
    for (size_t i = next_in_order(p, count, count); i < count; i = next_in_order(p, count, i))
        adjusted[i] = fmin(1, p[i] * tests / ++place);
    /* each takes the least of those after it */
    for (size_t i = 0; i < count; i++) {
        double least = adjusted[i];
        for (size_t j = 0; j < count; j++)
            if (p[j] > p[i] || (p[j] == p[i] && j > i))
                least = fmin(least, adjusted[j]);
        adjusted[i] = least;
    }
}
