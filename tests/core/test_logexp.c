#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/logexp.h"
#include "tests/support/random.h"

#define SEED 20260701
#define POINTS 300000

/* Distance of got from want in units of the double grid at want. */
static double ast_ulps(double got, long double want)
{
    if (fabsl(want) > DBL_MAX)
        return isinf(got) && (got > 0) == (want > 0) ? 0 : INFINITY;
    int exponent;
    frexpl(want, &exponent);
    if (exponent < DBL_MIN_EXP)
        exponent = DBL_MIN_EXP;
    return (double)(fabsl((long double)got - want) / ldexpl(1, exponent - DBL_MANT_DIG));
}

typedef struct ast_worst {
    double ulps, at;
} ast_worst;

static void ast_note(ast_worst *worst, double ulps, double at)
{
    if (!(ulps <= worst->ulps)) {
        worst->ulps = ulps;
        worst->at = at;
    }
}

static void ast_report(const char *what, ast_worst worst, double allowed)
{
    printf("%s: worst %.4f ulp at %.17g (seed %d)\n", what, worst.ulps, worst.at, SEED);
    if (!(worst.ulps < allowed))
        fail_msg("%s: %.4f ulp at %.17g, allowed %.2f", what, worst.ulps, worst.at, allowed);
}

static double ast_from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t ast_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void log_takes_zero_negatives_infinity_and_nan_as_documented(void **state)
{
    (void)state;
    assert_true(as_log(0.0) == -INFINITY);
    assert_true(as_log(-0.0) == -INFINITY);
    assert_true(isnan(as_log(-1)));
    assert_true(isnan(as_log(-DBL_TRUE_MIN)));
    assert_true(isnan(as_log(-INFINITY)));
    assert_true(isnan(as_log(NAN)));
    assert_true(as_log(INFINITY) == INFINITY);
}

static void log_is_exact_at_one_and_close_at_every_power_of_two(void **state)
{
    (void)state;
    assert_true(as_log(1) == 0);
    assert_false(signbit(as_log(1)));
    for (int k = -1074; k < 1024; k++) {
        double x = ldexp(1, k);
        assert_true(ast_ulps(as_log(x), logl(x)) < 1);
        assert_true(k == -1074 || ast_ulps(as_log(nextafter(x, 0)), logl(nextafter(x, 0))) < 1);
        assert_true(ast_ulps(as_log(nextafter(x, INFINITY)), logl(nextafter(x, INFINITY))) < 1);
    }
    assert_true(ast_ulps(as_log(DBL_MAX), logl(DBL_MAX)) < 1);
}

static void log_is_within_one_ulp(void **state)
{
    (void)state;
    uint64_t seed = SEED;
    ast_worst all = {0};
    ast_worst near = {0};
    ast_worst nearest = {0};
    ast_worst subnormal = {0};
    for (int i = 0; i < POINTS; i++) {
        double x = ast_from_bits(ast_random(&seed) % UINT64_C(0x7ff0000000000000));
        if (x > 0)
            ast_note(&all, ast_ulps(as_log(x), logl(x)), x);
        x = 0.5 + 1.6 * ast_uniform(&seed);
        ast_note(&near, ast_ulps(as_log(x), logl(x)), x);
        x = 1 + 1e-4 * (ast_uniform(&seed) - 0.5);
        ast_note(&nearest, ast_ulps(as_log(x), logl(x)), x);
        x = ast_from_bits(1 + (ast_random(&seed) >> (13 + ast_random(&seed) % 50)));
        ast_note(&subnormal, ast_ulps(as_log(x), logl(x)), x);
    }
    ast_report("log, any exponent", all, 1);
    ast_report("log, [0.5, 2.1]", near, 1);
    ast_report("log, 1 +- 5e-5", nearest, 0.51);
    ast_report("log, subnormal", subnormal, 1);
}

static void exp_takes_overflow_underflow_and_nan_as_documented(void **state)
{
    (void)state;
    assert_true(as_exp(0) == 1);
    assert_true(as_exp(-0.0) == 1);
    assert_true(isnan(as_exp(NAN)));
    assert_true(as_exp(INFINITY) == INFINITY);
    assert_true(as_exp(-INFINITY) == 0);
    assert_true(as_exp(1e300) == INFINITY);
    assert_true(as_exp(-1e300) == 0);
    assert_true(as_exp(709.782712893384) < INFINITY);
    assert_true(as_exp(nextafter(709.782712893384, INFINITY)) == INFINITY);
    assert_true(as_exp(-745.1332191019411) == DBL_TRUE_MIN);
    assert_true(as_exp(-745.2) == 0);
    assert_true(ast_ulps(as_exp(DBL_TRUE_MIN), 1) == 0);
}

static void exp_is_within_one_ulp(void **state)
{
    (void)state;
    uint64_t seed = SEED;
    ast_worst all = {0};
    ast_worst small = {0};
    ast_worst subnormal = {0};
    for (int i = 0; i < POINTS; i++) {
        double x = 1417 * ast_uniform(&seed) - 708;
        ast_note(&all, ast_ulps(as_exp(x), expl(x)), x);
        x = 2 * ast_uniform(&seed) - 1;
        ast_note(&small, ast_ulps(as_exp(x), expl(x)), x);
        x = -745 + 37 * ast_uniform(&seed);
        ast_note(&subnormal, ast_ulps(as_exp(x), expl(x)), x);
    }
    ast_report("exp, normal results", all, 1);
    ast_report("exp, [-1, 1]", small, 1);
    ast_report("exp, subnormal results", subnormal, 1);
}

static void half_is_exact_at_whole_numbers(void **state)
{
    (void)state;
    for (int k = -1023; k <= 1074; k++)
        assert_true(as_half(k) == ldexp(1, -k));
    assert_true(as_half(-1024) == INFINITY);
    assert_true(as_half(1076) == 0);
    assert_true(as_half(INFINITY) == 0);
    assert_true(as_half(-INFINITY) == INFINITY);
    assert_true(isnan(as_half(NAN)));
}

static void half_is_within_one_ulp(void **state)
{
    (void)state;
    uint64_t seed = SEED;
    ast_worst all = {0};
    ast_worst decay = {0};
    for (int i = 0; i < POINTS; i++) {
        double x = 2040 * ast_uniform(&seed) - 1020;
        ast_note(&all, ast_ulps(as_half(x), exp2l(-(long double)x)), x);
        x = ast_uniform(&seed);
        ast_note(&decay, ast_ulps(as_half(x), exp2l(-(long double)x)), x);
    }
    ast_report("half, normal results", all, 1);
    ast_report("half, [0, 1]", decay, 1);
    /* the daily decays of SCIENCE 2.4 */
    assert_true(ast_ulps(as_half(1.0 / 60), exp2l(-1.0L * (1.0 / 60))) < 1);
}

static long double ast_log_ratio(int64_t px, int64_t px0)
{
    long double ratio = (long double)px / (long double)px0;
    if (ratio > 0.5L && ratio < 2)
        return log1pl((long double)(px - px0) / (long double)px0);
    return logl(ratio);
}

static void log_ratio_refuses_what_is_no_price(void **state)
{
    (void)state;
    assert_true(isnan(as_log_ratio(0, 1)));
    assert_true(isnan(as_log_ratio(1, 0)));
    assert_true(isnan(as_log_ratio(-1, 1)));
    assert_true(isnan(as_log_ratio(1, INT64_MIN)));
    assert_true(as_log_ratio(157250000000, 157250000000) == 0);
    assert_true(as_log_ratio(INT64_MAX, INT64_MAX) == 0);
}

static void log_ratio_is_within_its_bounds(void **state)
{
    (void)state;
    uint64_t seed = SEED;
    ast_worst tick = {0};
    ast_worst near = {0};
    ast_worst far = {0};
    ast_worst huge = {0};
    for (int i = 0; i < POINTS; i++) {
        int64_t px0 = 1000000 + (int64_t)(ast_random(&seed) % UINT64_C(2000000000000000));
        int64_t px = px0 + (int64_t)(ast_random(&seed) % 1999) - 999;
        ast_note(&tick, ast_ulps(as_log_ratio(px, px0), ast_log_ratio(px, px0)), (double)px0);
        px = (int64_t)((double)px0 * (0.6 + 0.8 * ast_uniform(&seed)));
        ast_note(&near, ast_ulps(as_log_ratio(px, px0), ast_log_ratio(px, px0)), (double)px0);
        px = 1 + (int64_t)(ast_random(&seed) >> (12 + ast_random(&seed) % 50));
        px0 = 1 + (int64_t)(ast_random(&seed) >> (12 + ast_random(&seed) % 50));
        ast_note(&far, ast_ulps(as_log_ratio(px, px0), ast_log_ratio(px, px0)), (double)px0);
        px = 1 + (int64_t)(ast_random(&seed) >> (1 + ast_random(&seed) % 50));
        px0 = 1 + (int64_t)(ast_random(&seed) >> (1 + ast_random(&seed) % 5));
        ast_note(&huge, ast_ulps(as_log_ratio(px, px0), ast_log_ratio(px, px0)), (double)px0);
    }
    ast_report("log ratio, ticks apart", tick, 1.5);
    ast_report("log ratio, 0.6 to 1.4", near, 1.5);
    ast_report("log ratio, any two up to 2^52", far, 1.5);
    ast_report("log ratio, any two", huge, 5);
}

/* What would lose all but a few digits as a difference of two logarithms. */
static void log_ratio_of_adjacent_prices_keeps_its_digits(void **state)
{
    (void)state;
    int64_t px0 = INT64_C(157240000000);
    double got = as_log_ratio(px0 + 1, px0);
    assert_true(fabs(got / log1p(1.0 / (double)px0) - 1) < 4e-16);
    assert_true(as_log_ratio(px0, px0 + 1) == -got);
}

/*
 * The bits are part of the contract: a build that contracts to fused operations, keeps extended
 * precision or reorders sums gives other decisions elsewhere. The sum was the same from gcc 12 and
 * clang 14 at -O0, -O2 and -O3; accuracy is tested above, against another implementation.
 */
static void the_bits_do_not_depend_on_the_compiler(void **state)
{
    (void)state;
    uint64_t seed = SEED;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < 100000; i++) {
        double x = ast_uniform(&seed) * 4;
        double y = ast_uniform(&seed) * 80 - 40;
        int64_t px = 1 + (int64_t)(ast_random(&seed) >> 14);
        int64_t px0 = 1 + (int64_t)(ast_random(&seed) >> 14);
        double value[] = {as_log(x), as_exp(y), as_half(y), as_log_ratio(px, px0), as_sqrt(x)};
        for (size_t k = 0; k < sizeof value / sizeof value[0]; k++)
            hash = (hash ^ ast_bits(value[k])) * UINT64_C(0x100000001b3);
    }
    assert_int_equal(hash, UINT64_C(0x311f8a10b7cd7d3f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_takes_zero_negatives_infinity_and_nan_as_documented),
        cmocka_unit_test(log_is_exact_at_one_and_close_at_every_power_of_two),
        cmocka_unit_test(log_is_within_one_ulp),
        cmocka_unit_test(exp_takes_overflow_underflow_and_nan_as_documented),
        cmocka_unit_test(exp_is_within_one_ulp),
        cmocka_unit_test(half_is_exact_at_whole_numbers),
        cmocka_unit_test(half_is_within_one_ulp),
        cmocka_unit_test(log_ratio_refuses_what_is_no_price),
        cmocka_unit_test(log_ratio_is_within_its_bounds),
        cmocka_unit_test(log_ratio_of_adjacent_prices_keeps_its_digits),
        cmocka_unit_test(the_bits_do_not_depend_on_the_compiler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
