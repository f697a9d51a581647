#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/stats/normal.h"

static void close_to(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        fail_msg("%.17g, expected %.17g", got, want);
}

/* Tables of the normal distribution: P(1.96) = 0.9750021, P(-3) = 0.0013498980. */
static void known_values(void **state)
{
    (void)state;
    close_to(as_normal_cdf(0), 0.5, 0);
    close_to(as_normal_cdf(1.959963984540054), 0.975, 1e-15);
    close_to(as_normal_cdf(-3), 0.00134989803163009, 1e-16);
    close_to(as_normal_quantile(0.975), 1.959963984540054, 1e-14);
    close_to(as_normal_quantile(0.5), 0, 1e-16);
    close_to(as_normal_quantile(1e-9), -5.99780701500768, 1e-12);
}

static void the_inverse_is_the_inverse(void **state)
{
    (void)state;
    for (double p = 1e-12; p < 1; p = p < 0.01 ? 3 * p : p + 0.01) {
        double back = as_normal_cdf(as_normal_quantile(p));
        close_to(back / p, 1, 1e-12);
        close_to(as_normal_quantile(1 - p), -as_normal_quantile(p), p < 1e-6 ? 1e-4 : 1e-9);
    }
}

static void the_ends_and_what_is_no_probability(void **state)
{
    (void)state;
    assert_true(isinf(as_normal_quantile(0)) && as_normal_quantile(0) < 0);
    assert_true(isinf(as_normal_quantile(1)) && as_normal_quantile(1) > 0);
    assert_true(isnan(as_normal_quantile(-0.1)));
    assert_true(isnan(as_normal_quantile(1.1)));
    assert_true(isnan(as_normal_quantile((double)NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(the_inverse_is_the_inverse),
        cmocka_unit_test(the_ends_and_what_is_no_probability),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
