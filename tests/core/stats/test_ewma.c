#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/stats/ewma.h"
#include "tests/support/random.h"

static void ast_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%s: %.17g, expected %.17g within a fraction of %g", what, got, want, tolerance);
}

/* The residual variance of reference vector 05: its first residual has z 0.571 of v0. */
static void a_step_is_the_published_recursion(void **state)
{
    (void)state;
    as_ewma ewma;
    as_ewma_init(&ewma, 0.94, 4e-6);
    ast_near("z", as_ewma_update(&ewma, 0.571 * 0.002), 0.571, 1e-14);
    ast_near("v", ewma.v, 3.83824984e-06, 1e-12);
}

static void a_return_that_is_missing_changes_nothing(void **state)
{
    (void)state;
    as_ewma ewma;
    as_ewma_init(&ewma, 0.94, 4e-6);
    assert_true(isnan(as_ewma_update(&ewma, NAN)));
    assert_true(isnan(as_ewma_update_after(&ewma, INFINITY, 1, 10)));
    assert_true(ewma.v == 4e-6);
}

static void the_variance_never_reaches_zero(void **state)
{
    (void)state;
    as_ewma ewma;
    as_ewma_init(&ewma, 0.94, 1e-300);
    assert_true(ewma.v == 1e-12);
    for (int i = 0; i < 10000; i++)
        as_ewma_update(&ewma, 0);
    assert_true(ewma.v == 1e-12);
}

static void an_irregular_step_decays_by_its_time(void **state)
{
    (void)state;
    as_ewma once;
    as_ewma twice;
    as_ewma_init(&once, 0.94, 1);
    as_ewma_init(&twice, 0.94, 1);
    as_ewma_update_after(&once, 0, 20, 100);
    as_ewma_update_after(&twice, 0, 5, 100);
    as_ewma_update_after(&twice, 0, 15, 100);
    ast_near("v", once.v, exp(-0.2), 1e-14);
    ast_near("v", twice.v, once.v, 1e-14);
    as_ewma_update_after(&once, 100, 0, 100);
    ast_near("no time, no weight", once.v, twice.v, 1e-14);
}

static void moments_need_values(void **state)
{
    (void)state;
    as_moments moments;
    as_moments_init(&moments);
    assert_true(isnan(as_moments_variance(&moments, 0)));
    as_moments_update(&moments, 7);
    as_moments_update(&moments, NAN);
    assert_true(as_moments_variance(&moments, 0) == 0);
    assert_true(isnan(as_moments_variance(&moments, 1)));
    assert_true(moments.mean == 7);
}

static void moments_far_from_zero_do_not_cancel(void **state)
{
    (void)state;
    uint64_t seed = 41;
    print_message("seed 41\n");
    double x[1000];
    double mean = 0;
    double square = 0;
    as_moments moments;
    as_moments_init(&moments);
    for (int i = 0; i < 1000; i++) {
        x[i] = ast_normal(&seed);
        mean += x[i] / 1000;
        as_moments_update(&moments, 1e9 + x[i]);
    }
    for (int i = 0; i < 1000; i++)
        square += (x[i] - mean) * (x[i] - mean) / 999;
    ast_near("mean", moments.mean - 1e9, mean, 1e-3);
    ast_near("variance", as_moments_variance(&moments, 1), square, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_the_published_recursion),
        cmocka_unit_test(a_return_that_is_missing_changes_nothing),
        cmocka_unit_test(the_variance_never_reaches_zero),
        cmocka_unit_test(an_irregular_step_decays_by_its_time),
        cmocka_unit_test(moments_need_values),
        cmocka_unit_test(moments_far_from_zero_do_not_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
