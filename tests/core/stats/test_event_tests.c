#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/stats/event_tests.h"

static void ast_near(const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-12))
        fail_msg("%s: %.17g, expected %.17g", what, got, want);
}

static void the_portfolio_tests_are_what_they_are_by_hand(void **state)
{
    (void)state;
    static const double ar[] = {0.01, NAN, 0.03};
    static const double sigma[] = {0.03, 0.5, 0.04};
    ast_near("mean", as_mean(ar, 3), 0.02);
    ast_near("Brown and Warner 1980", as_brown_warner_1980(ar, sigma, 3), 0.04 / 0.05);
    /* means of the four times: 1, 2, 4 and none; variance 7/3 */
    static const double residual[] = {1, 1, 4, NAN, NAN, 3, 4, NAN};
    double s = as_portfolio_sigma(residual, 2, 4);
    ast_near("portfolio's deviation", s, sqrt(7.0 / 3));
    ast_near("Brown and Warner 1985", as_portfolio_t(ar, 3, s, 1), 0.02 / s);
    ast_near("Lamb", as_portfolio_t(ar, 3, s, 4), 0.01 / s);
}

static void the_sign_tests_count_what_is_there(void **state)
{
    (void)state;
    static const double ar[] = {1, 2, -1, 3, NAN};
    ast_near("sign", as_sign_test(ar, 5, 0.5), 1);
    ast_near("generalised sign", as_sign_test(ar, 5, 0.25), (3 - 1) / sqrt(0.75));
    static const double residual[] = {1, -1, -1, -1, 1, NAN, NAN, NAN};
    ast_near("share by name", as_positive_share(residual, 2, 4, false), 0.625);
    ast_near("share of all", as_positive_share(residual, 2, 4, true), 0.4);
}

/* Ranks of |x|: 1, 2.5, 2.5, 4; the zero is left out. */
static void wilcoxons_ranks_share_ties(void **state)
{
    (void)state;
    static const double ar[] = {1, -2, 2, 5, 0, NAN};
    as_wilcoxon w = as_wilcoxon_signed_rank(ar, 6);
    ast_near("W", w.w, 7.5);
    ast_near("z", w.z, 2.5 / sqrt(7.5));
}

static void without_values_nothing_is_defined(void **state)
{
    (void)state;
    static const double none[] = {NAN, NAN};
    assert_true(isnan(as_mean(none, 2)));
    assert_true(isnan(as_brown_warner_1980(none, none, 2)));
    assert_true(isnan(as_portfolio_sigma(none, 1, 2)));
    assert_true(isnan(as_portfolio_t(none, 2, 1, 1)));
    assert_true(isnan(as_sign_test(none, 2, 0.5)));
    assert_true(isnan(as_positive_share(none, 2, 1, false)));
    assert_true(isnan(as_wilcoxon_signed_rank(none, 2).z));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_portfolio_tests_are_what_they_are_by_hand),
        cmocka_unit_test(the_sign_tests_count_what_is_there),
        cmocka_unit_test(wilcoxons_ranks_share_ties),
        cmocka_unit_test(without_values_nothing_is_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
