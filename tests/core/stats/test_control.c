#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/stats/control.h"
#include "tests/support/random.h"

static void ast_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%s: %.17g, expected %.17g within a fraction of %g", what, got, want, tolerance);
}

static void a_control_without_two_pairs_has_no_fit(void **state)
{
    (void)state;
    double control[] = {0.01, NAN, 0.02};
    double basket[] = {NAN, 0.01, 0.02};
    as_control_fit fit = as_control_fit_residuals(control, basket, 3);
    assert_int_equal(fit.count, 1);
    assert_true(isnan(fit.g) && isnan(fit.v));
    assert_true(isnan(as_control_kappa(&fit, 0.01, 0.01)));
    assert_int_equal(as_control_fit_residuals(control, basket, 0).count, 0);
}

static void a_basket_that_does_not_move_has_no_fit(void **state)
{
    (void)state;
    double control[] = {0.01, 0.03, 0.02};
    double basket[] = {0, 0, 0};
    as_control_fit fit = as_control_fit_residuals(control, basket, 3);
    assert_int_equal(fit.count, 3);
    assert_true(isnan(fit.g));
}

static void a_control_that_is_the_basket_has_coefficient_one(void **state)
{
    (void)state;
    double basket[100];
    uint64_t seed = 1;
    for (int i = 0; i < 100; i++)
        basket[i] = 0.01 * ast_normal(&seed);
    as_control_fit fit = as_control_fit_residuals(basket, basket, 100);
    ast_near("g", fit.g, 1, 1e-14);
    assert_true(fit.v == 1e-12);
    assert_true(as_control_kappa(&fit, -0.05, -0.05) == 0 || fabs(as_control_kappa(&fit, -0.05, -0.05)) < 1e-6);
}

/* The weighted regression from its definition, with missing values, and with more sessions than are used. */
static void the_fit_is_its_definition(void **state)
{
    (void)state;
    enum { COUNT = 128 };
    print_message("seeds 1..20\n");
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t random = seed;
        double control[COUNT];
        double basket[COUNT];
        for (int i = 0; i < COUNT; i++) {
            basket[i] = 0.02 * ast_normal(&random);
            control[i] = -0.23 * basket[i] + 0.015 * ast_normal(&random);
            if (ast_uniform(&random) < 0.1)
                control[i] = NAN;
            if (ast_uniform(&random) < 0.1)
                basket[i] = NAN;
        }
        double w = 0;
        double xx = 0;
        double xy = 0;
        double yy = 0;
        uint32_t count = 0;
        for (int i = COUNT - AS_CONTROL_SESSION_MAX; i < COUNT; i++) {
            if (isnan(control[i]) || isnan(basket[i]))
                continue;
            double weight = pow(2, -(COUNT - 1 - i) / 60.0);
            w += weight;
            xx += weight * basket[i] * basket[i];
            xy += weight * basket[i] * control[i];
            yy += weight * control[i] * control[i];
            count++;
        }
        as_control_fit fit = as_control_fit_residuals(control, basket, COUNT);
        assert_int_equal(fit.count, count);
        ast_near("g", fit.g, xy / xx, 1e-11);
        ast_near("v", fit.v, (yy - xy * xy / xx) / w, 1e-10);
    }
}

static void recent_sessions_weigh_more(void **state)
{
    (void)state;
    double control[120];
    double basket[120];
    for (int i = 0; i < 120; i++) {
        basket[i] = i % 2 ? 0.01 : -0.01;
        control[i] = (i < 60 ? 0 : 1) * basket[i];
    }
    /* weights 2^(-k/60): the latest sixty have two thirds of the whole */
    ast_near("g", as_control_fit_residuals(control, basket, 120).g, 2.0 / 3, 1e-12);
}

/* K of reference vector 13, whose kappas are printed to two decimals. */
static void the_published_k_is_reproduced(void **state)
{
    (void)state;
    static const double q[] = {1, 0.5, 0.5, 0.5};
    static const double seed_day[] = {-1.14, 0.22, 0.17, 0.08};
    static const double other_day[] = {-6.79, -0.45, 1.65, -2.1};
    assert_true(fabs(as_control_combine(q, seed_day, 4).k - -0.68) < 0.011);
    assert_true(fabs(as_control_combine(q, other_day, 4).k - -5.47) < 0.011);
}

static void a_control_without_weight_or_value_is_left_out(void **state)
{
    (void)state;
    static const double q[] = {0, 0.5, 1, 0.5};
    static const double kappa[] = {-9, 0.3, NAN, 0.3};
    as_control_verdict verdict = as_control_combine(q, kappa, 4);
    assert_int_equal(verdict.used, 2);
    ast_near("K", verdict.k, 0.3 * sqrt(2), 1e-14);
    verdict = as_control_combine(q, kappa, 1);
    assert_int_equal(verdict.used, 0);
    assert_true(isnan(verdict.k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_control_without_two_pairs_has_no_fit),
        cmocka_unit_test(a_basket_that_does_not_move_has_no_fit),
        cmocka_unit_test(a_control_that_is_the_basket_has_coefficient_one),
        cmocka_unit_test(the_fit_is_its_definition),
        cmocka_unit_test(recent_sessions_weigh_more),
        cmocka_unit_test(the_published_k_is_reproduced),
        cmocka_unit_test(a_control_without_weight_or_value_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
