#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/keeper/limiter.h"

#define SECOND UINT64_C(1000000000)

static void a_full_bucket_gives_its_burst_then_its_rate(void **state)
{
    (void)state;
    as_limiter l = {0};
    uint64_t now = 77 * SECOND;
    for (unsigned i = 0; i < 10; i++)
        assert_true(as_limiter_take(&l, 10, 10, 1, now));
    assert_false(as_limiter_take(&l, 10, 10, 1, now));
    assert_false(as_limiter_take(&l, 10, 10, 1, now + SECOND / 10 - 1));
    assert_true(as_limiter_take(&l, 10, 10, 1, now + SECOND / 10));
    assert_false(as_limiter_take(&l, 10, 10, 1, now + SECOND / 10));
}

static void it_never_holds_more_than_its_burst(void **state)
{
    (void)state;
    as_limiter l = {0};
    assert_true(as_limiter_take(&l, 1000, 3, 3, 5));
    for (unsigned i = 0; i < 3; i++)
        assert_true(as_limiter_take(&l, 1000, 3, 1, UINT64_MAX / 2)); /* after centuries */
    assert_false(as_limiter_take(&l, 1000, 3, 1, UINT64_MAX / 2));
}

static void a_cost_beyond_the_burst_needs_a_full_bucket(void **state)
{
    (void)state;
    as_limiter l = {0};
    assert_true(as_limiter_take(&l, 10, 10, 1000, SECOND));
    assert_false(as_limiter_take(&l, 10, 10, 1000, SECOND + SECOND / 2));
    assert_true(as_limiter_take(&l, 10, 10, 1000, 2 * SECOND));
}

static void what_was_charged_is_paid_back_before_anything_is_given(void **state)
{
    (void)state;
    as_limiter l = {0};
    const uint64_t rate = UINT64_C(512) << 20;
    assert_true(as_limiter_take(&l, rate, rate, 1, SECOND));
    as_limiter_charge(&l, 2 * rate);
    assert_false(as_limiter_take(&l, rate, rate, 1, SECOND + SECOND / 2));
    assert_true(as_limiter_take(&l, rate, rate, 1, 3 * SECOND));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_bucket_gives_its_burst_then_its_rate),
        cmocka_unit_test(it_never_holds_more_than_its_burst),
        cmocka_unit_test(a_cost_beyond_the_burst_needs_a_full_bucket),
        cmocka_unit_test(what_was_charged_is_paid_back_before_anything_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
