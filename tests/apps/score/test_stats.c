#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apps/score/stats.h"

static void close_to(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        fail_msg("%.17g, expected %.17g", got, want);
}

/* Published examples: 8 of 10 is 0.4902..0.9433 (Newcombe 1998's method 3); none of 20 is 0..0.1611. */
static void wilson_intervals(void **state)
{
    (void)state;
    as_score_interval interval = as_score_wilson(8, 10);
    close_to(interval.low, 0.4901625, 1e-6);
    close_to(interval.high, 0.9433178, 1e-6);
    interval = as_score_wilson(0, 20);
    close_to(interval.low, 0, 0);
    close_to(interval.high, 0.1611252, 1e-6);
    interval = as_score_wilson(7, 7);
    close_to(interval.high, 1, 0);
    assert_true(isnan(as_score_wilson(0, 0).low));
}

/* Garwood's table: 0 events 0..3.689, 5 events 1.623..11.668, 100 events 81.364..121.627. */
static void poisson_intervals(void **state)
{
    (void)state;
    static const double table[][3] = {{0, 0, 3.688879}, {5, 1.623486, 11.668332}, {100, 81.363991, 121.626794}};
    for (unsigned i = 0; i < 3; i++) {
        as_score_interval interval = as_score_poisson((uint64_t)table[i][0]);
        close_to(interval.low, table[i][1], 1e-5);
        close_to(interval.high, table[i][2], 1e-5);
    }
}

static void spearman_by_hand(void **state)
{
    (void)state;
    double x[] = {1, 2, 3, 4, 5};
    double y[] = {10, 30, 20, 50, 40};
    close_to(as_score_spearman(x, y, 5), 0.8, 1e-12); /* 1 - 6 (0+1+1+1+1) / (5 * 24) */
    double falling[] = {9, 7, 5, 3, -100};
    close_to(as_score_spearman(x, falling, 5), -1, 1e-12);
    double tied[] = {1, 1, 2};
    double rising[] = {1, 2, 3};
    close_to(as_score_spearman(tied, rising, 3), 1.5 / sqrt(1.5 * 2), 1e-12); /* ranks 1/2 1/2 2 against 0 1 2 */
    double flat[] = {4, 4, 4};
    assert_true(isnan(as_score_spearman(flat, rising, 3)));
    assert_true(isnan(as_score_spearman(x, y, 1)));
}

/* 1, 2 in one event, 3 in another: mean 2, sums of residuals -1 and 1, se^2 = 2/1 * 2 / 9, t = 3. */
static void names_of_one_event_are_one_observation(void **state)
{
    (void)state;
    double value[] = {1, 3, 2, (double)NAN};
    uint64_t event[] = {7, 9, 7, 9};
    as_score_mean mean = as_score_mean_of(value, event, 4);
    assert_int_equal(mean.count, 3);
    assert_int_equal(mean.clusters, 2);
    close_to(mean.mean, 2, 1e-12);
    close_to(mean.t, 3, 1e-12);
    close_to(mean.high - mean.low, 2 * 1.959963984540054 * 2 / 3, 1e-12);
    mean = as_score_mean_of(value, event, 1);
    assert_true(isnan(mean.t));
    close_to(mean.mean, 1, 0);
    assert_true(isnan(as_score_mean_of(value, event, 0).mean));
}

static void drawdown_is_from_the_highest_point(void **state)
{
    (void)state;
    double value[] = {1, -3, 1, 4, -2};
    close_to(as_score_drawdown(value, 5), 3, 0);
    double losing[] = {-1, -1};
    close_to(as_score_drawdown(losing, 2), 2, 0);
    close_to(as_score_drawdown(value, 1), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_intervals),
        cmocka_unit_test(poisson_intervals),
        cmocka_unit_test(spearman_by_hand),
        cmocka_unit_test(names_of_one_event_are_one_observation),
        cmocka_unit_test(drawdown_is_from_the_highest_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
