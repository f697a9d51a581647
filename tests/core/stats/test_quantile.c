#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "core/stats/quantile.h"
#include "tests/support/random.h"

static void a_stream_without_values_has_no_quantile(void **state)
{
    (void)state;
    as_quantile quantile;
    as_quantile_init(&quantile, 0.5);
    assert_true(isnan(as_quantile_value(&quantile)));
    as_quantile_update(&quantile, NAN);
    as_quantile_update(&quantile, INFINITY);
    assert_int_equal(as_quantile_count(&quantile), 0);
}

static void the_median_of_up_to_five_values_is_exact(void **state)
{
    (void)state;
    static const double value[] = {5, 1, 4, 2, 3};
    static const double median[] = {5, 3, 4, 3, 3};
    as_quantile quantile;
    as_quantile_init(&quantile, 0.5);
    for (int i = 0; i < 5; i++) {
        as_quantile_update(&quantile, value[i]);
        assert_true(as_quantile_value(&quantile) == median[i]);
    }
}

/* The worked example of Jain and Chlamtac 1985, table I: the median of 20 values ends at 4.44. */
static void the_published_example_is_reproduced(void **state)
{
    (void)state;
    static const double value[] = {0.02,  0.15,  0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92,
                                   34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27,  0.42,  0.09,  11.37};
    as_quantile quantile;
    as_quantile_init(&quantile, 0.5);
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++)
        as_quantile_update(&quantile, value[i]);
    assert_true(fabs(as_quantile_value(&quantile) - 4.44) < 0.005);
}

static void equal_values_are_their_own_median(void **state)
{
    (void)state;
    as_quantile quantile;
    as_quantile_init(&quantile, 0.5);
    for (int i = 0; i < 1000; i++)
        as_quantile_update(&quantile, 0.0001);
    assert_true(as_quantile_value(&quantile) == 0.0001);
}

static int ast_compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void the_estimate_follows_the_sorted_sample(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static double value[COUNT];
    static const double p[] = {0.1, 0.5, 0.9};
    uint64_t seed = 99;
    print_message("seed 99\n");
    for (size_t k = 0; k < 3; k++) {
        as_quantile quantile;
        as_quantile_init(&quantile, p[k]);
        for (int i = 0; i < COUNT; i++) {
            value[i] = exp(ast_normal(&seed));
            as_quantile_update(&quantile, value[i]);
            for (int m = 0; i >= 4 && m < 4; m++)
                assert_true(quantile.height[m] <= quantile.height[m + 1] && quantile.rank[m] < quantile.rank[m + 1]);
        }
        qsort(value, COUNT, sizeof value[0], ast_compare);
        double low = value[(int)((p[k] - 0.01) * COUNT)];
        double high = value[(int)((p[k] + 0.01) * COUNT)];
        assert_true(low <= as_quantile_value(&quantile) && as_quantile_value(&quantile) <= high);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_without_values_has_no_quantile),
        cmocka_unit_test(the_median_of_up_to_five_values_is_exact),
        cmocka_unit_test(the_published_example_is_reproduced),
        cmocka_unit_test(equal_values_are_their_own_median),
        cmocka_unit_test(the_estimate_follows_the_sorted_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
