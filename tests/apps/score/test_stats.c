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

/*
 * Two events of three names, hits 3 of 3 and 0 of 3: names that agree are one observation each event. By hand: p 1/2,
 * independent n p q = 1.5, clustered 2/1 (1.5^2 + 1.5^2) = 9, so one trial of Wilson instead of six.
 */
static void a_share_counts_events_not_names(void **state)
{
    (void)state;
    as_score_tally t = {0};
    for (unsigned i = 0; i < 6; i++)
        as_score_tally_add(&t, i / 3 + 7, i < 3, 1);
    as_score_tally_end(&t);
    as_score_tally_end(&t); /* nothing is open: nothing happens */
    assert_int_equal(t.clusters, 2);
    as_score_interval between = as_score_tally_share(&t);
    double z2 = 1.959963984540054 * 1.959963984540054;
    double half = sqrt(z2) / (1 + z2) * sqrt(0.25 + z2 / 4);
    close_to(between.low, 0.5 - half, 1e-12);
    close_to(between.high, 0.5 + half, 1e-12);
    t = (as_score_tally){0}; /* one name an event, in turns: Wilson's, as variance is never below the independent one */
    for (unsigned i = 0; i < 8; i++)
        as_score_tally_add(&t, i, i % 2, 1);
    as_score_tally_end(&t);
    between = as_score_tally_share(&t);
    as_score_interval naive = as_score_wilson(4, 8);
    assert_true(between.low <= naive.low && between.low > naive.low - 0.03);
    t = (as_score_tally){0}; /* all agree: as many trials as events */
    for (unsigned i = 0; i < 40; i++)
        as_score_tally_add(&t, i / 10, 1, 1);
    as_score_tally_end(&t);
    close_to(as_score_tally_share(&t).low, as_score_wilson(4, 4).low, 1e-12);
    close_to(as_score_tally_share(&t).high, 1, 0);
    t = (as_score_tally){0};
    as_score_tally_add(&t, 1, 1, 1);
    as_score_tally_end(&t);
    assert_true(isnan(as_score_tally_share(&t).low)); /* one event says nothing of its variance */
}

/* Eight alarms of one session are worth less than eight of eight sessions, which are Garwood's. */
static void alarms_of_one_session_come_together(void **state)
{
    (void)state;
    as_score_tally apart = {0};
    as_score_tally together = {0};
    for (unsigned i = 0; i < 16; i++) {
        as_score_tally_add(&apart, i, i < 8, 50);
        as_score_tally_add(&together, i, i == 3 ? 8 : 0, 50);
    }
    as_score_tally_end(&apart);
    as_score_tally_end(&together);
    as_score_interval garwood = as_score_poisson(8);
    as_score_interval a = as_score_tally_rate(&apart);
    as_score_interval b = as_score_tally_rate(&together);
    close_to(a.low, garwood.low / 800, 1e-12);
    close_to(a.high, garwood.high / 800, 1e-12);
    double root = sqrt(16.0 / 15 * (7.5 * 7.5 + 15 * 0.25) / 8);
    close_to(b.high, 8 * pow(garwood.high / 8, root) / 800, 1e-12);
    assert_true(b.low < a.low && b.high > a.high);
    as_score_tally none = {0};
    as_score_tally_add(&none, 1, 0, 1000);
    as_score_tally_end(&none);
    close_to(as_score_tally_rate(&none).low, 0, 0);
    close_to(as_score_tally_rate(&none).high * 1000, as_score_poisson(0).high, 1e-9);
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
        cmocka_unit_test(a_share_counts_events_not_names),
        cmocka_unit_test(alarms_of_one_session_come_together),
        cmocka_unit_test(drawdown_is_from_the_highest_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
