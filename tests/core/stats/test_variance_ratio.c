#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/stats/variance_ratio.h"
#include "tests/support/random.h"

#define COUNT 600

static void too_few_or_equal_returns_have_no_ratio(void **state)
{
    (void)state;
    double r[COUNT];
    for (int i = 0; i < COUNT; i++)
        r[i] = 0.001;
    assert_true(isnan(as_variance_ratio(r, 9, 5).vr));
    assert_true(isnan(as_variance_ratio(r, 0, 5).vr));
    as_variance_ratio_run run;
    as_variance_ratio_run_init(&run, 5);
    assert_true(isnan(as_variance_ratio_run_value(&run).vr));
    for (int i = 0; i < COUNT; i++)
        as_variance_ratio_run_update(&run, r[i]);
    assert_true(isnan(as_variance_ratio_run_value(&run).vr));
}

/* By hand: sums of squares 5 and 8, m = 3, delta_1 = 1.1875/25. */
static void four_returns_give_the_ratio_worked_by_hand(void **state)
{
    (void)state;
    const double r[] = {1, 2, 3, 4};
    as_variance_ratio_result result = as_variance_ratio(r, 4, 2);
    assert_true(fabs(result.vr - 1.6) < 1e-15);
    assert_true(fabs(result.z - 1.2) < 1e-14);
    assert_true(fabs(result.theta - 0.0475) < 1e-16);
    assert_true(fabs(result.z_star - 0.6 / sqrt(0.0475)) < 1e-13);
}

static void a_missing_return_is_left_out(void **state)
{
    (void)state;
    as_variance_ratio_run run;
    as_variance_ratio_run_init(&run, 2);
    as_variance_ratio_run_update(&run, NAN);
    as_variance_ratio_run_update(&run, INFINITY);
    assert_int_equal(run.n, 0);
}

/* Independent returns: the mean of VR over many samples is 1, its z statistics are near N(0,1). */
static void independent_returns_have_a_ratio_of_one(void **state)
{
    (void)state;
    uint64_t seed = 4;
    print_message("seed 4\n");
    double mean = 0;
    double square = 0;
    double robust_square = 0;
    for (int k = 0; k < 400; k++) {
        double r[COUNT];
        for (int i = 0; i < COUNT; i++)
            r[i] = 0.0001 + 0.001 * ast_normal(&seed);
        as_variance_ratio_result result = as_variance_ratio(r, COUNT, 5);
        mean += result.vr / 400;
        square += result.z * result.z / 400;
        robust_square += result.z_star * result.z_star / 400;
    }
    assert_true(fabs(mean - 1) < 0.02);
    assert_true(square > 0.75 && square < 1.25);
    assert_true(robust_square > 0.75 && robust_square < 1.25);
}

static void bounce_lowers_the_ratio_and_momentum_raises_it(void **state)
{
    (void)state;
    uint64_t seed = 6;
    double bounce[COUNT];
    double momentum[COUNT];
    double last = 0;
    double run = 0;
    for (int i = 0; i < COUNT; i++) {
        double e = ast_normal(&seed);
        bounce[i] = e - 0.6 * last;
        momentum[i] = run = 0.5 * run + e;
        last = e;
    }
    as_variance_ratio_result low = as_variance_ratio(bounce, COUNT, 5);
    as_variance_ratio_result high = as_variance_ratio(momentum, COUNT, 5);
    assert_true(low.vr < 0.5 && low.z_star < -3);
    assert_true(high.vr > 1.8 && high.z_star > 3);
}

static void the_running_form_equals_the_array_at_every_length(void **state)
{
    (void)state;
    uint64_t seed = 12;
    print_message("seed 12\n");
    double r[COUNT];
    for (int i = 0; i < COUNT; i++)
        r[i] = 0.01 + 0.001 * ast_normal(&seed);
    for (unsigned q = 2; q <= AS_VARIANCE_RATIO_HORIZON_MAX; q += 7) {
        as_variance_ratio_run run;
        as_variance_ratio_run_init(&run, q);
        for (size_t n = 1; n <= COUNT; n++) {
            as_variance_ratio_run_update(&run, r[n - 1]);
            as_variance_ratio_result running = as_variance_ratio_run_value(&run);
            as_variance_ratio_result whole = as_variance_ratio(r, n, q);
            assert_int_equal(isnan(running.vr) != 0, isnan(whole.vr) != 0);
            if (!isnan(whole.vr)) {
                assert_true(fabs(running.vr - whole.vr) < 1e-10);
                assert_true(fabs(running.z - whole.z) < 1e-9);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_few_or_equal_returns_have_no_ratio),
        cmocka_unit_test(four_returns_give_the_ratio_worked_by_hand),
        cmocka_unit_test(a_missing_return_is_left_out),
        cmocka_unit_test(independent_returns_have_a_ratio_of_one),
        cmocka_unit_test(bounce_lowers_the_ratio_and_momentum_raises_it),
        cmocka_unit_test(the_running_form_equals_the_array_at_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
