#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "core/stats/seasonality.h"
#include "tests/support/random.h"

static void assert_near(double found, double expected, double tolerance)
{
    if (!(found >= expected - tolerance && found <= expected + tolerance))
        fail_msg("found %.17g, expected %.17g within %g", found, expected, tolerance);
}

static void the_cumulative_runs_from_exactly_zero_to_exactly_one(void **state)
{
    (void)state;
    assert_true(as_seasonality_cumulative(0.0) == 0.0);
    assert_true(as_seasonality_cumulative(1.0) == 1.0);
    assert_true(as_seasonality_cumulative(-1.0) == 0.0);
    assert_true(as_seasonality_cumulative(2.0) == 1.0);
    assert_true(as_seasonality_cumulative(0.5) == 0.5);
}

static void the_cumulative_is_symmetric_and_increasing(void **state)
{
    (void)state;
    double before = 0.0;
    for (int i = 1; i <= 23400; i++) {
        double x = i / 23400.0;
        double u = as_seasonality_cumulative(x);
        assert_true(u > before);
        assert_near(u + as_seasonality_cumulative(1.0 - x), 1.0, 1e-14);
        before = u;
    }
}

/* Trapezoid rule against the closed form: the antiderivative was taken by hand. */
static void the_cumulative_is_the_integral_of_the_density(void **state)
{
    (void)state;
    enum { STEPS = 20000 };
    double sum = 0.0;
    for (int i = 0; i < STEPS; i++) {
        double a = i / (double)STEPS, b = (i + 1) / (double)STEPS;
        sum += (as_seasonality_density(a) + as_seasonality_density(b)) / 2 * (b - a);
        assert_near(as_seasonality_cumulative(b), sum, 1e-8);
    }
}

static void the_density_is_three_times_higher_at_the_ends_than_at_midday(void **state)
{
    (void)state;
    assert_near(as_seasonality_density(0.0), 1.8, 1e-15);
    assert_near(as_seasonality_density(1.0), 1.8, 1e-15);
    assert_near(as_seasonality_density(0.5), 0.6, 1e-15);
    assert_true(as_seasonality_density(-0.01) == 0.0);
    assert_true(as_seasonality_density(1.01) == 0.0);
    /* the first tenth of the day holds 0.1576 of its variance: 0.1 (9 - 1.2 + 0.08) / 5 */
    assert_near(as_seasonality_cumulative(0.1), 0.1576, 1e-15);
}

/* ---- a name's own profile ---- */

/* 25 sessions of 5 bins with outliers, the numbers that NumPy was given. */
static uint32_t make_rows(as_seasonality_row *row)
{
    uint64_t seed = 31;
    for (int s = 0; s < 25; s++)
        for (int b = 0; b < 5; b++) {
            double v = ast_normal(&seed) * (1 + b) * 300;
            if (ast_uniform(&seed) < 0.08)
                v *= 8;
            v = v > 16383 ? 16383 : v < -16383 ? -16383 : v;
            row[s].value[b] = (int16_t)v;
        }
    return 25;
}

/*
 * Expected: the paper's formula in NumPy (x sorted, h = n//2 + 1, 0.741 min(x[h-1:] - x[:n-h+1]), f = ShortH /
 * sqrt(mean(ShortH^2)), 1.081 sum(r^2 [(r/f)^2 <= 6.635]) / sum([...])), run over the same seeded numbers.
 */
static void the_weighted_standard_deviation_is_the_papers(void **state)
{
    (void)state;
    static as_seasonality_row row[AS_SEASONALITY_SESSIONS];
    static const double expected[] = {0.14252446460723875, 0.48474559020996094, 0.5387930510044098, 1.4710479698181151,
                                      1.3769705950927735};
    double square[AS_SEASONALITY_BINS];
    uint32_t count[AS_SEASONALITY_BINS], rows = make_rows(row);
    assert_true(row[0].value[0] == 204 && row[1].value[3] == -8611 && row[24].value[4] == 1280);
    as_seasonality_wsd(row, rows, 5, square, count);
    for (int b = 0; b < 5; b++) {
        assert_int_equal(count[b], 25);
        assert_near(square[b], expected[b], 1e-14);
    }
    /* an even number: the half is 11 of 20, not 10 */
    static const double expected_even[] = {0.12652315918604531, 0.698981241828517, 0.5635376326912327,
                                           1.4129140801429747, 1.0599002753734588};
    as_seasonality_wsd(row, 20, 5, square, count);
    for (int b = 0; b < 5; b++)
        assert_near(square[b], expected_even[b], 1e-14);
    float third[25];
    for (int s = 0; s < 25; s++)
        third[s] = (float)row[s].value[2] / AS_SEASONALITY_UNIT;
    assert_near(as_seasonality_robust_variance(third, 25), 0.2762175947189331, 1e-14);
}

static void missing_values_are_left_out(void **state)
{
    (void)state;
    static as_seasonality_row row[AS_SEASONALITY_SESSIONS], holed[AS_SEASONALITY_SESSIONS];
    double square[AS_SEASONALITY_BINS], square_holed[AS_SEASONALITY_BINS];
    uint32_t count[AS_SEASONALITY_BINS], rows = make_rows(row);
    as_seasonality_wsd(row, rows, 5, square, count);
    /* the same values lie in other sessions, between missing ones */
    for (int s = 0; s < 32; s++)
        for (int b = 0; b < AS_SEASONALITY_BINS; b++)
            holed[s].value[b] = AS_SEASONALITY_MISSING;
    for (int s = 0; s < 25; s++)
        for (int b = 0; b < 5; b++)
            holed[s < 9 ? s : s + 7].value[b] = row[24 - s].value[b];
    holed[31].value[5] = 77;
    as_seasonality_wsd(holed, 32, 7, square_holed, count);
    assert_int_equal(count[4], 25);
    assert_int_equal(count[5], 1);
    assert_int_equal(count[6], 0);
    assert_true(square_holed[6] == 0);
    assert_near(square_holed[5], 77.0 * 77 / (1024.0 * 1024), 1e-15);
    /* bin 5 has no ShortH and thins the mean: f grows by sqrt(6/5), and so few values may be kept that were cut */
    for (int b = 0; b < 5; b++)
        assert_true(square_holed[b] >= 0.8 * square[b]);
}

static void a_bin_that_seldom_moves_takes_its_plain_mean_square(void **state)
{
    (void)state;
    static as_seasonality_row row[AS_SEASONALITY_SESSIONS];
    double square[AS_SEASONALITY_BINS];
    uint32_t count[AS_SEASONALITY_BINS];
    uint64_t seed = 33;
    for (int s = 0; s < 20; s++) {
        row[s].value[0] = s < 4 ? 2048 : 0;
        row[s].value[1] = (int16_t)(1000 * ast_normal(&seed));
    }
    as_seasonality_wsd(row, 20, 2, square, count);
    assert_near(square[0], 0.8, 1e-15);
    assert_true(square[1] > 0);
    float still[20] = {0};
    still[3] = 2;
    assert_near(as_seasonality_robust_variance(still, 20), 0.2, 1e-12);
    assert_true(as_seasonality_robust_variance(still, 0) == 0);
}

/* Variance of a bin of the made market: four times the average in the first six bins, less at midday. */
static double true_mass(uint32_t bin)
{
    double mass = bin < 6 ? 4 : bin >= 72 ? 2 : 0.636363636363636;
    return mass / 78;
}

static void make_session(float *bin_return, uint64_t *seed)
{
    double day = 0.01 + 0.01 * ast_uniform(seed);
    for (uint32_t b = 0; b < 78; b++)
        bin_return[b] = (float)(day * sqrt(true_mass(b)) * ast_normal(seed));
}

static void the_profile_is_the_prior_until_twenty_sessions(void **state)
{
    (void)state;
    static as_seasonality seasonality;
    float bin_return[AS_SEASONALITY_BINS];
    uint64_t seed = 34;
    as_seasonality_init(&seasonality, 78, false);
    for (int s = 0; s < 20; s++) {
        assert_false(as_seasonality_known(&seasonality));
        for (int i = 0; i <= 100; i++) {
            assert_true(as_seasonality_share(&seasonality, i / 100.0) == as_seasonality_cumulative(i / 100.0));
            assert_true(as_seasonality_rate(&seasonality, i / 100.0) == as_seasonality_density(i / 100.0));
        }
        make_session(bin_return, &seed);
        assert_true(as_seasonality_update(&seasonality, bin_return));
    }
    assert_true(as_seasonality_known(&seasonality));
    assert_true(as_seasonality_share(&seasonality, 0.1) > 1.3 * as_seasonality_cumulative(0.1));
}

/* The own profile weighs 32/42 against the prior's 10/42; jumps in 5 % of the bins do not move it. */
static void the_profile_finds_the_true_one_beside_jumps(void **state)
{
    (void)state;
    static as_seasonality clean, jumpy;
    float bin_return[AS_SEASONALITY_BINS];
    uint64_t seed = 35, jumps = 36;
    as_seasonality_init(&clean, 78, false);
    as_seasonality_init(&jumpy, 78, false);
    for (int s = 0; s < 60; s++) {
        make_session(bin_return, &seed);
        assert_true(as_seasonality_update(&clean, bin_return));
        for (int b = 30; b < 40; b++)
            bin_return[b] += ast_uniform(&jumps) < 0.05 ? 0.03f : 0;
        assert_true(as_seasonality_update(&jumpy, bin_return));
    }
    double first = 0.75 * 6 * 4 / 78 + 0.25 * as_seasonality_cumulative(6 / 78.0);
    double midday = 0.75 * 10 * 0.6363636 / 78 +
                    0.25 * (as_seasonality_cumulative(40 / 78.0) - as_seasonality_cumulative(30 / 78.0));
    double found = as_seasonality_share(&clean, 40 / 78.0) - as_seasonality_share(&clean, 30 / 78.0);
    double found_jumpy = as_seasonality_share(&jumpy, 40 / 78.0) - as_seasonality_share(&jumpy, 30 / 78.0);
    print_message("first half hour %.3f, expected %.3f; midday %.4f and with jumps %.4f, expected %.4f\n",
                  as_seasonality_share(&clean, 6 / 78.0), first, found, found_jumpy, midday);
    assert_near(as_seasonality_share(&clean, 6 / 78.0), first, 0.04);
    assert_near(found, midday, 0.02);
    assert_near(found_jumpy, found, 0.012);
}

/* Two bins, whose priors are 1/2 each: 20 sessions of their own against 10 of the prior. */
static void the_prior_weighs_ten_sessions(void **state)
{
    (void)state;
    static as_seasonality seasonality;
    float bin_return[AS_SEASONALITY_BINS];
    double square[AS_SEASONALITY_BINS];
    uint32_t count[AS_SEASONALITY_BINS];
    uint64_t seed = 38;
    as_seasonality_init(&seasonality, 2, false);
    for (int s = 0; s < 20; s++) {
        bin_return[0] = (float)(0.02 * ast_normal(&seed));
        bin_return[1] = (float)(0.01 * ast_normal(&seed));
        assert_true(as_seasonality_update(&seasonality, bin_return));
    }
    as_seasonality_wsd(seasonality.history, 20, 2, square, count);
    double own = square[0] / (square[0] + square[1]);
    assert_true(own > 0.6);
    assert_near(as_seasonality_share(&seasonality, 0.5), (20 * own + 10 * 0.5) / 30, 1e-14);
}

static void the_share_increases_and_is_the_integral_of_the_rate(void **state)
{
    (void)state;
    static as_seasonality seasonality;
    float bin_return[AS_SEASONALITY_BINS];
    uint64_t seed = 37;
    for (int kind = 0; kind < 3; kind++) {
        double span = kind == 1 ? 55.7142857142857 : 78;
        as_seasonality_init(&seasonality, span, kind == 2);
        for (int s = 0; s < 25; s++) {
            make_session(bin_return, &seed);
            if (s % 3 == 0)
                bin_return[20 + s] = (float)NAN;
            assert_true(as_seasonality_update(&seasonality, bin_return));
        }
        assert_true(as_seasonality_share(&seasonality, 0) == 0 && as_seasonality_share(&seasonality, 1) == 1);
        assert_true(as_seasonality_share(&seasonality, -1) == 0 && as_seasonality_share(&seasonality, 2) == 1);
        assert_true(as_seasonality_rate(&seasonality, -0.1) == 0);
        double before = 0, sum = 0;
        for (int i = 1; i <= 23400; i++) {
            double x = i / 23400.0, share = as_seasonality_share(&seasonality, x);
            assert_true(share > before);
            before = share;
            sum += as_seasonality_rate(&seasonality, (i - 0.5) / 23400) / 23400;
            assert_near(share, sum, 1e-4);
        }
    }
}

static void a_session_that_hardly_traded_is_not_taken(void **state)
{
    (void)state;
    static as_seasonality seasonality;
    float bin_return[AS_SEASONALITY_BINS];
    as_seasonality_init(&seasonality, 78, false);
    for (int b = 0; b < 78; b++)
        bin_return[b] = b < 30 ? 0.001f : (float)NAN;
    assert_false(as_seasonality_update(&seasonality, bin_return));
    for (int b = 0; b < 78; b++)
        bin_return[b] = b == 7 ? 0.01f : 0;
    assert_false(as_seasonality_update(&seasonality, bin_return));
    assert_int_equal(seasonality.session_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cumulative_runs_from_exactly_zero_to_exactly_one),
        cmocka_unit_test(the_cumulative_is_symmetric_and_increasing),
        cmocka_unit_test(the_cumulative_is_the_integral_of_the_density),
        cmocka_unit_test(the_density_is_three_times_higher_at_the_ends_than_at_midday),
        cmocka_unit_test(the_weighted_standard_deviation_is_the_papers),
        cmocka_unit_test(missing_values_are_left_out),
        cmocka_unit_test(a_bin_that_seldom_moves_takes_its_plain_mean_square),
        cmocka_unit_test(the_profile_is_the_prior_until_twenty_sessions),
        cmocka_unit_test(the_profile_finds_the_true_one_beside_jumps),
        cmocka_unit_test(the_prior_weighs_ten_sessions),
        cmocka_unit_test(the_share_increases_and_is_the_integral_of_the_rate),
        cmocka_unit_test(a_session_that_hardly_traded_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
