#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "core/stats/ou.h"
#include "tests/support/random.h"

static void ast_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%s: %.17g, expected %.17g within a fraction of %g", what, got, want, tolerance);
}

static void ast_path(uint64_t seed, double b, double m, double sd, double *x, size_t count)
{
    x[0] = m;
    for (size_t i = 1; i < count; i++)
        x[i] = m + b * (x[i - 1] - m) + sd * ast_normal(&seed);
}

/* Reference vector 04: Avellaneda and Lee's construction and their position rule. */
static void the_published_pair_and_positions_are_reproduced(void **state)
{
    (void)state;
    static const double stock[] = {
        -0.016133, -0.014431, 0.031736,  -0.010692, 0.007818,  0.007287,  0.029263,  0.004837, 0.010494,  -0.000193,
        0.009188,  0.052011,  0.011398,  -0.008843, -0.015332, -0.005613, 0.021227,  0.037278, -0.001728, -0.017046,
        -0.009127, 0.019966,  0.005006,  -0.030391, -0.03439,  0.013818,  0.020376,  0.017612, 0.068662,  0.015426,
        -0.011291, 0.01217,   -0.002909, 0.003979,  0.01845,   -0.013073, 0.028573,  0.000263, 0.013766,  -0.026621,
        0.003695,  -0.024771, 0.015288,  -0.007792, -0.006022, 0.013314,  -0.019262, 0.000554, 0.013318,  0.018309,
        -0.025695, -0.008297, 0.028134,  -0.014951, 0.009868,  0.004616,  -0.016753, 0.001213, -0.001487, -0.012508};
    static const double factor[] = {
        -0.019728, -0.006012, 0.013131, -0.00268,  0.00024,   0.005039,  0.030098,  0.013808, 0.008395,  -0.002408,
        0.002722,  0.034774,  0.017892, -0.00505,  -0.007544, -0.003559, 0.019614,  0.020844, 0.005561,  -0.006981,
        -0.001687, 0.014665,  0.003835, -0.017267, -0.026389, 0.005906,  0.010322,  0.007632, 0.042203,  -9.5e-05,
        -0.003318, 0.004788,  0.002981, 0.001404,  0.013562,  -0.007634, 0.0115,    2.8e-05,  0.017696,  -0.015068,
        -0.001781, -0.010988, 0.01524,  -0.003972, -0.005505, 0.007396,  -0.013205, 0.005229, 0.010916,  0.003497,
        -0.016635, 0.0015,    0.011188, -0.013697, -0.003221, -0.00238,  -0.013575, 0.007475, -0.014921, -0.007119};
    as_ou_pair pair;
    assert_int_equal(as_ou_fit_pair(stock, factor, 60, 1.0 / 252, &pair), AS_OU_OK);
    ast_near("beta", pair.beta, 1.3691659429432783, 1e-12);
    ast_near("b", pair.ou.b, 0.8893024152045371, 1e-12);
    ast_near("k", pair.ou.k, 29.56411753626404, 1e-11);
    ast_near("s_eq", pair.ou.s_eq, 0.016745472013916494, 1e-11);
    ast_near("score", pair.score, 1.299760218223111, 1e-11);
    ast_near("s_mod", pair.score_drift, 1.098604875390161, 1e-11);

    static const double score[] = {-0.4, -1.3, -1.1, -0.6, -0.49, 0.2, 1.24, 1.26, 0.9, 0.76, 0.74, -2.0};
    static const int want[] = {0, 1, 1, 1, 0, 0, 0, -1, -1, -1, 0, 1};
    int position = 0;
    for (size_t i = 0; i < sizeof score / sizeof score[0]; i++) {
        position = as_ou_position(position, score[i]);
        assert_int_equal(position, want[i]);
    }
}

static void short_undefined_and_flat_windows_are_told_apart(void **state)
{
    (void)state;
    double x[60];
    as_ou ou;
    memset(&ou, 0x5a, sizeof ou);
    as_ou before = ou;
    ast_path(1, 0.9, 0, 0.01, x, 60);
    assert_int_equal(as_ou_fit(x, AS_OU_COUNT_MIN - 1, 1.0 / 252, &ou), AS_OU_SHORT);
    x[30] = NAN;
    assert_int_equal(as_ou_fit(x, 60, 1.0 / 252, &ou), AS_OU_UNDEFINED);
    for (int i = 0; i < 60; i++)
        x[i] = 0.25;
    assert_int_equal(as_ou_fit(x, 60, 1.0 / 252, &ou), AS_OU_FLAT);
    assert_int_equal(as_ou_fit_residuals(x, AS_OU_COUNT_MAX + 1, 1, &ou), AS_OU_SHORT);
    assert_memory_equal(&before, &ou, sizeof ou);
}

static void a_trend_and_an_oscillation_do_not_revert(void **state)
{
    (void)state;
    double x[60];
    as_ou ou;
    uint64_t seed = 2;
    for (int i = 0; i < 60; i++)
        x[i] = exp(0.05 * i) + 0.001 * ast_normal(&seed);
    assert_int_equal(as_ou_fit(x, 60, 1, &ou), AS_OU_NOT_REVERTING);
    assert_true(ou.b >= 1);
    assert_true(isnan(ou.k) && isnan(ou.s_eq) && isnan(as_ou_score(&ou, 0)));
    for (int i = 0; i < 60; i++)
        x[i] = (i % 2 ? 1 : -1) + 0.01 * ast_normal(&seed);
    assert_int_equal(as_ou_fit(x, 60, 1, &ou), AS_OU_NOT_REVERTING);
    assert_true(ou.b <= 0);
}

static void the_fit_identities_hold(void **state)
{
    (void)state;
    double x[120];
    print_message("seeds 1..50\n");
    for (uint64_t seed = 1; seed <= 50; seed++) {
        ast_path(seed, 0.8, 0.05, 0.01, x, 120);
        as_ou ou;
        assert_int_equal(as_ou_fit(x, 120, 1.0 / 252, &ou), AS_OU_OK);
        assert_int_equal(ou.n, 119);
        ast_near("b", exp(-ou.k / 252), ou.b, 1e-13);
        ast_near("s", ou.s, ou.s_eq * sqrt(2 * ou.k), 1e-13);
        ast_near("half-life", as_ou_forecast(&ou, ou.m + 1, ou.half_life) - ou.m, 0.5, 1e-12);
        assert_true(fabs(as_ou_score(&ou, ou.m)) < 1e-15);
        ast_near("one s_eq away", as_ou_score(&ou, ou.m + ou.s_eq), 1, 1e-12);
        assert_true(ou.b_corrected > ou.b);
        assert_true(ou.half_life_corrected > ou.half_life);
    }
}

static void the_fit_does_not_depend_on_the_level(void **state)
{
    (void)state;
    double x[60];
    double shifted[60];
    ast_path(5, 0.85, 0, 0.01, x, 60);
    for (int i = 0; i < 60; i++)
        shifted[i] = x[i] + 1000;
    as_ou ou;
    as_ou high;
    assert_int_equal(as_ou_fit(x, 60, 1, &ou), AS_OU_OK);
    assert_int_equal(as_ou_fit(shifted, 60, 1, &high), AS_OU_OK);
    ast_near("b", high.b, ou.b, 1e-9);
    ast_near("s_eq", high.s_eq, ou.s_eq, 1e-9);
    ast_near("m", high.m, ou.m + 1000, 1e-12);
}

/* What E[b] ~ b - (1 + 3b)/n says of 60 values: least squares is too small by 0.06, the corrected one is not. */
static void the_correction_removes_most_of_the_small_sample_bias(void **state)
{
    (void)state;
    double x[60];
    double plain = 0;
    double corrected = 0;
    print_message("seeds 1000..2999\n");
    for (uint64_t seed = 0; seed < 2000; seed++) {
        as_ou ou;
        ast_path(1000 + seed, 0.8, 0, 0.01, x, 60);
        as_ou_result result = as_ou_fit(x, 60, 1, &ou);
        assert_true(result == AS_OU_OK || result == AS_OU_NOT_REVERTING);
        plain += ou.b / 2000;
        corrected += ou.b_corrected / 2000;
    }
    assert_true(plain < 0.76);
    assert_true(fabs(corrected - 0.8) < 0.012);
}

static void residuals_are_fitted_as_their_running_sum(void **state)
{
    (void)state;
    double residual[60];
    double level[60];
    uint64_t seed = 8;
    double sum = 0;
    for (int i = 0; i < 60; i++) {
        residual[i] = 0.01 * ast_normal(&seed) - 0.2 * sum;
        sum += residual[i];
        level[i] = sum;
    }
    as_ou a;
    as_ou b;
    assert_int_equal(as_ou_fit_residuals(residual, 60, 1, &a), AS_OU_OK);
    assert_int_equal(as_ou_fit(level, 60, 1, &b), AS_OU_OK);
    assert_memory_equal(&a, &b, sizeof a);
}

static void a_pair_needs_a_factor_that_moves(void **state)
{
    (void)state;
    double stock[60];
    double factor[60] = {0};
    uint64_t seed = 8;
    for (int i = 0; i < 60; i++)
        stock[i] = 0.01 * ast_normal(&seed);
    as_ou_pair pair;
    assert_int_equal(as_ou_fit_pair(stock, factor, 60, 1, &pair), AS_OU_FLAT);
    factor[3] = NAN;
    assert_int_equal(as_ou_fit_pair(stock, factor, 60, 1, &pair), AS_OU_UNDEFINED);
}

static void positions_open_and_close_at_the_published_thresholds(void **state)
{
    (void)state;
    assert_int_equal(as_ou_position(0, -1.25), 0);
    assert_int_equal(as_ou_position(0, -1.2501), 1);
    assert_int_equal(as_ou_position(0, 1.25), 0);
    assert_int_equal(as_ou_position(0, 1.2501), -1);
    assert_int_equal(as_ou_position(1, -0.50), 1);
    assert_int_equal(as_ou_position(1, -0.4999), 0);
    assert_int_equal(as_ou_position(1, 5), 0);
    assert_int_equal(as_ou_position(-1, 0.75), -1);
    assert_int_equal(as_ou_position(-1, 0.7499), 0);
    assert_int_equal(as_ou_position(-1, -5), 0);
    for (int position = -1; position <= 1; position++)
        assert_int_equal(as_ou_position(position, NAN), position);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_pair_and_positions_are_reproduced),
        cmocka_unit_test(short_undefined_and_flat_windows_are_told_apart),
        cmocka_unit_test(a_trend_and_an_oscillation_do_not_revert),
        cmocka_unit_test(the_fit_identities_hold),
        cmocka_unit_test(the_fit_does_not_depend_on_the_level),
        cmocka_unit_test(the_correction_removes_most_of_the_small_sample_bias),
        cmocka_unit_test(residuals_are_fitted_as_their_running_sum),
        cmocka_unit_test(a_pair_needs_a_factor_that_moves),
        cmocka_unit_test(positions_open_and_close_at_the_published_thresholds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
