#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/stats/deflated_sharpe.h"

static void close_to(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12))
        fail_msg("%.17g, expected %.17g", got, want);
}

/* By hand: returns 1, 2, 3, 6: mean 3, m2 = (4+1+0+9)/4 = 3.5, m3 = (-8-1+0+27)/4 = 4.5, m4 = (16+1+0+81)/4 = 24.5. */
static void moments_by_hand(void **state)
{
    (void)state;
    double value[] = {1, 2, 3, 6};
    as_sharpe sharpe = as_sharpe_of(value, 4);
    assert_int_equal(sharpe.count, 4);
    close_to(sharpe.mean, 3);
    close_to(sharpe.deviation, sqrt(14.0 / 3));
    close_to(sharpe.ratio, 3 / sqrt(14.0 / 3));
    close_to(sharpe.skewness, 4.5 / (3.5 * sqrt(3.5)));
    close_to(sharpe.kurtosis, 2);
}

static void what_has_no_ratio(void **state)
{
    (void)state;
    double flat[] = {1, 1, 1};
    assert_true(isnan(as_sharpe_of(flat, 3).ratio));
    assert_true(isnan(as_sharpe_of(flat, 1).ratio));
    as_sharpe sharpe = as_sharpe_of(flat, 3);
    assert_true(isnan(as_sharpe_probabilistic(&sharpe, 0)));
}

/* A ratio at the benchmark is as likely above as below; more tries and worse tails lower the deflated one. */
static void more_tries_deflate(void **state)
{
    (void)state;
    as_sharpe sharpe = {.count = 250, .ratio = 0.1, .skewness = 0, .kurtosis = 3};
    close_to(as_sharpe_probabilistic(&sharpe, 0.1), 0.5);
    close_to(as_sharpe_expected_max(1), 0);
    close_to(as_sharpe_deflated(&sharpe, 1, 0.01), as_sharpe_probabilistic(&sharpe, 0));
    assert_true(as_sharpe_deflated(&sharpe, 10, 0.01) > as_sharpe_deflated(&sharpe, 100, 0.01));
    as_sharpe tail = {.count = 250, .ratio = 0.1, .skewness = -2, .kurtosis = 12};
    assert_true(as_sharpe_probabilistic(&tail, 0) < as_sharpe_probabilistic(&sharpe, 0));
}

/*
 * Two tries that change places: whatever wins in the first half loses in the second. Blocks of two periods, four
 * blocks, six splits: the winner of {0,1} is first there and last in {2,3}; of mixed splits both are equal but for the
 * first try's small lead.
 */
static void a_winner_by_luck_is_overfitted(void **state)
{
    (void)state;
    double value[8][2] = {{3, -2}, {2, -3}, {3, -2}, {2, -3}, {-3, 2}, {-2, 3}, {-3, 2}, {-2, 3}};
    double logit[6];
    size_t splits;
    double pbo = as_sharpe_pbo(&value[0][0], 8, 2, 4, logit, &splits);
    assert_int_equal(splits, 6);
    close_to(logit[0], log(1.0 / 2)); /* rank 1 of 2: 1/3 over 2/3 */
    close_to(logit[5], log(1.0 / 2));
    assert_true(pbo >= 2.0 / 6);
    double skill[8][2] = {{3, -2}, {2, -3}, {3, -2}, {2, -3}, {3, -2}, {2, -3}, {3, -2}, {2, -3}};
    close_to(as_sharpe_pbo(&skill[0][0], 8, 2, 4, logit, &splits), 0);
    close_to(logit[3], log(2));
}

static void shapes_that_are_refused(void **state)
{
    (void)state;
    double value[8] = {0};
    double logit[6];
    size_t splits;
    assert_true(isnan(as_sharpe_pbo(value, 4, 2, 3, logit, &splits)));
    assert_true(isnan(as_sharpe_pbo(value, 4, 1, 2, logit, &splits)));
    assert_true(isnan(as_sharpe_pbo(value, 1, 2, 2, logit, &splits)));
    assert_true(isnan(as_sharpe_pbo(value, 4, 2, 18, logit, &splits)));
    assert_int_equal(splits, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_by_hand),         cmocka_unit_test(what_has_no_ratio),
        cmocka_unit_test(more_tries_deflate),      cmocka_unit_test(a_winner_by_luck_is_overfitted),
        cmocka_unit_test(shapes_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
