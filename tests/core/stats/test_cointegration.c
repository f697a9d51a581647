#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "core/stats/cointegration.h"
#include "tests/support/random.h"

#define COUNT 300

/*
 * Two random walks and a third series that follows the first: x[0] = 2 + x[1]/2 + AR(0.8). The expected numbers are
 * those of an independent computation (numpy: least squares by SVD, a general eigenproblem).
 */
static double x[3 * COUNT];

static int ast_series(void **state)
{
    (void)state;
    uint64_t random = 7;
    double walk = 100;
    double other = 50;
    double spread = 0;
    for (size_t t = 0; t < COUNT; t++) {
        walk += ast_normal(&random);
        other += ast_normal(&random);
        spread = 0.8 * spread + ast_normal(&random);
        x[t] = 2 + 0.5 * walk + spread;
        x[COUNT + t] = walk;
        x[2 * COUNT + t] = other;
    }
    return 0;
}

static void ast_near(const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-8 * fmax(1, fabs(want))))
        fail_msg("%s: %.15g, expected %.15g", what, got, want);
}

static void spread_of(double *z)
{
    for (size_t t = 0; t < COUNT; t++)
        z[t] = x[t] - 0.5 * x[COUNT + t];
}

static void the_unit_root_test_is_the_reference(void **state)
{
    (void)state;
    double z[COUNT];
    as_adf adf;
    spread_of(z);
    assert_true(as_adf_test(z, COUNT, 0, 1, &adf));
    ast_near("no lag", adf.t, -6.10042157275);
    assert_int_equal(adf.count, COUNT - 1);
    assert_true(as_adf_test(z, COUNT, 3, 1, &adf));
    ast_near("three lags", adf.t, -5.51928329643);
    assert_int_equal(adf.count, COUNT - 4);
    assert_true(as_adf_test(z, COUNT, -1, 1, &adf));
    assert_int_equal(adf.lags, 1);
    ast_near("chosen lags", adf.t, -6.43422436418);
    /* a walk has a root: these two are far out, and the test does not deny it at 1 % */
    assert_true(as_adf_test(x + COUNT, COUNT, -1, 1, &adf));
    ast_near("a walk", adf.t, -2.87479298091);
    assert_true(as_adf_test(x + 2 * COUNT, COUNT, -1, 1, &adf));
    ast_near("another", adf.t, -2.96165490039);
    assert_true(adf.t > adf.level[0]);
}

/* MacKinnon 2010: the asymptotic values that every table repeats, and the finite sample's, which are further out. */
static void critical_values_are_mackinnons(void **state)
{
    (void)state;
    double z[COUNT];
    as_adf adf;
    spread_of(z);
    assert_true(as_adf_test(z, COUNT, 0, 1, &adf));
    ast_near("5 %, n = 299", adf.level[1],
             -2.86154 - 2.8903 / 299 - 4.234 / (299.0 * 299) - 40.04 / (299.0 * 299 * 299));
    assert_true(adf.level[0] < adf.level[1] && adf.level[1] < adf.level[2]);
    assert_true(as_adf_test(z, COUNT, 0, 7, &adf));
    assert_true(isnan(adf.level[1]));
}

static void engle_and_granger_find_the_relation(void **state)
{
    (void)state;
    double residual[COUNT];
    as_engle_granger test;
    assert_true(as_engle_granger_test(x, 2, COUNT, false, -1, residual, &test));
    ast_near("slope without constant", test.beta[1], 0.524503549583);
    assert_true(test.constant == 0);
    assert_true(as_engle_granger_test(x, 3, COUNT, true, -1, residual, &test));
    ast_near("constant", test.constant, 3.13024461776);
    ast_near("slope", test.beta[1], 0.486175910883);
    ast_near("slope of the one that is not in it", test.beta[2], 0.0103162449588);
    assert_int_equal(test.adf.lags, 1);
    ast_near("ADF", test.adf.t, -6.42879530461);
    assert_true(test.adf.t < test.adf.level[0]);
    double sum = 0;
    for (size_t t = 0; t < COUNT; t++)
        sum += residual[t];
    assert_true(fabs(sum) < 1e-8);
}

static void johansen_finds_one_relation(void **state)
{
    (void)state;
    as_johansen test;
    assert_true(as_johansen_test(x, 3, COUNT, 1, &test));
    static const double trace[] = {56.288777691, 16.6120834466, 6.92615174546};
    static const double eigenvalue[] = {0.124660326157, 0.0319805766995, 0.0229741023294};
    static const double vector[] = {0.730723335404, -0.361011056537, -0.000717964842622};
    for (size_t r = 0; r < 3; r++) {
        ast_near("trace", test.trace[r], trace[r]);
        ast_near("eigenvalue", test.eigenvalue[r], eigenvalue[r]);
        ast_near("vector", test.vector[0][r], vector[r]);
    }
    ast_near("largest", test.largest[0], trace[0] - trace[1]);
    assert_true(test.trace[0] > test.level[0][2]); /* no relation: rejected at 1 % */
    assert_true(test.level[0][1] == 29.7961 && test.level[2][1] == 3.8415);
    assert_int_equal(test.count, COUNT - 2);
}

static void the_half_life_is_that_of_the_regression(void **state)
{
    (void)state;
    double z[COUNT];
    spread_of(z);
    ast_near("half-life", as_half_life(z, COUNT), 3.11293178425);
    static const double away[] = {1, 2, 4, 8, 16};
    assert_true(isnan(as_half_life(away, 5)));
    assert_true(isnan(as_half_life(away, 3)));
}

static void what_cannot_be_tested_is_refused(void **state)
{
    (void)state;
    static double twice[2 * COUNT];
    double residual[COUNT];
    as_engle_granger eg = {.constant = 42};
    as_johansen johansen = {.count = 42};
    as_adf adf = {.lags = 42};
    memcpy(twice, x, COUNT * sizeof *x);
    for (size_t t = 0; t < COUNT; t++)
        twice[COUNT + t] = 3 * x[t];
    assert_false(as_johansen_test(twice, 2, COUNT, 1, &johansen));
    assert_false(as_johansen_test(x, 1, COUNT, 1, &johansen));
    assert_false(as_johansen_test(x, 3, 18, 1, &johansen));
    assert_false(as_johansen_test(x, 2, COUNT, AS_JOHANSEN_LAG_MAX + 1, &johansen));
    for (size_t t = 0; t < COUNT; t++)
        twice[COUNT + t] = 1;
    assert_false(as_engle_granger_test(twice, 2, COUNT, true, -1, residual, &eg)); /* the constant is there already */
    assert_false(as_engle_granger_test(x, 2, 10, false, -1, residual, &eg));
    assert_false(as_adf_test(x, 9, 0, 1, &adf));
    assert_false(as_adf_test(twice + COUNT, COUNT, 0, 1, &adf));
    assert_true(eg.constant == 42);
    assert_int_equal(johansen.count, 42);
    assert_int_equal(adf.lags, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_unit_root_test_is_the_reference),     cmocka_unit_test(critical_values_are_mackinnons),
        cmocka_unit_test(engle_and_granger_find_the_relation),     cmocka_unit_test(johansen_finds_one_relation),
        cmocka_unit_test(the_half_life_is_that_of_the_regression), cmocka_unit_test(what_cannot_be_tested_is_refused),
    };
    return cmocka_run_group_tests(tests, ast_series, NULL);
}
