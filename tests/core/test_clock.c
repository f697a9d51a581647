#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <time.h>

#include "core/clock.h"
#include "core/event.h"

static void now_is_the_time_of_day(void **state)
{
    (void)state;
    uint64_t before_s = (uint64_t)time(NULL);
    uint64_t now_ns = as_clock_now_ns();
    /* time() may lag the clock by a tick of the kernel */
    assert_true(now_ns / AS_NS_PER_S >= before_s);
    assert_true(now_ns / AS_NS_PER_S <= before_s + 5);
}

static void monotonic_and_ticks_never_go_back(void **state)
{
    (void)state;
    uint64_t last_ns = 0, last_ticks = 0;
    for (int i = 0; i < 10000; i++) {
        uint64_t ns = as_clock_monotonic_ns();
        uint64_t ticks = as_clock_ticks();
        assert_true(ns >= last_ns);
        assert_true(ticks >= last_ticks || !as_clock_ticks_are_steady());
        last_ns = ns;
        last_ticks = ticks;
    }
}

static void calibrate_rejects_samples_outside_the_limits(void **state)
{
    (void)state;
    as_tick_rate rate = {.ticks_hz = 77};
    assert_int_equal(as_clock_calibrate(0, &rate), -EINVAL);
    assert_int_equal(as_clock_calibrate(AS_NS_PER_MS - 1, &rate), -EINVAL);
    assert_int_equal(as_clock_calibrate(AS_NS_PER_S + 1, &rate), -EINVAL);
    assert_int_equal(rate.ticks_hz, 77);
}

static void ticks_convert_without_overflow(void **state)
{
    (void)state;
    as_tick_rate rate = {.ticks_hz = UINT64_C(2000000000), .multiplier = UINT64_C(1) << 31};
    assert_int_equal(as_clock_ticks_to_ns(&rate, 0), 0);
    assert_int_equal(as_clock_ticks_to_ns(&rate, 1), 0);
    assert_int_equal(as_clock_ticks_to_ns(&rate, 2), 1);
    assert_int_equal(as_clock_ticks_to_ns(&rate, UINT64_C(2000000000) * 86400), UINT64_C(86400) * AS_NS_PER_S);
    assert_int_equal(as_clock_ticks_to_ns(&rate, UINT64_MAX), UINT64_MAX / 2);
}

/* Converted ticks and CLOCK_MONOTONIC agree over an interval. The bound is wide: the machine may be busy. */
static void a_calibrated_interval_agrees_with_the_monotonic_clock(void **state)
{
    (void)state;
    as_tick_rate rate;
    assert_int_equal(as_clock_calibrate(20 * AS_NS_PER_MS, &rate), 0);
    assert_true(rate.ticks_hz >= 1000000);
    uint64_t best_error_ns = UINT64_MAX;
    for (int attempt = 0; attempt < 5; attempt++) {
        uint64_t from_ns = as_clock_monotonic_ns();
        uint64_t from_ticks = as_clock_ticks();
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        uint64_t ticks_ns = as_clock_ticks_to_ns(&rate, as_clock_ticks() - from_ticks);
        uint64_t ns = as_clock_monotonic_ns() - from_ns;
        uint64_t error_ns = ns > ticks_ns ? ns - ticks_ns : ticks_ns - ns;
        best_error_ns = error_ns < best_error_ns ? error_ns : best_error_ns;
    }
    assert_true(best_error_ns < 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_is_the_time_of_day),
        cmocka_unit_test(monotonic_and_ticks_never_go_back),
        cmocka_unit_test(calibrate_rejects_samples_outside_the_limits),
        cmocka_unit_test(ticks_convert_without_overflow),
        cmocka_unit_test(a_calibrated_interval_agrees_with_the_monotonic_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
