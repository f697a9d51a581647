#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/stats/seasonality.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cumulative_runs_from_exactly_zero_to_exactly_one),
        cmocka_unit_test(the_cumulative_is_symmetric_and_increasing),
        cmocka_unit_test(the_cumulative_is_the_integral_of_the_density),
        cmocka_unit_test(the_density_is_three_times_higher_at_the_ends_than_at_midday),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
