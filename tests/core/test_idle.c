#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/idle.h"

static uint64_t ast_voluntary_switches(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
    return (uint64_t)usage.ru_nvcsw;
}

static void spin_never_sleeps(void **state)
{
    (void)state;
    as_idle idle;
    as_idle_init(&idle, AS_WAIT_SPIN);
    uint64_t before = ast_voluntary_switches();
    for (int i = 0; i < 10000; i++)
        as_idle_done(&idle, 0);
    assert_int_equal(ast_voluntary_switches(), before);
    assert_int_equal(idle.sleep_ns, AS_IDLE_SLEEP_MIN_NS);
}

static void yield_never_sleeps(void **state)
{
    (void)state;
    as_idle idle;
    as_idle_init(&idle, AS_WAIT_YIELD);
    for (int i = 0; i < 2000; i++)
        as_idle_done(&idle, 0);
    assert_int_equal(idle.sleep_ns, AS_IDLE_SLEEP_MIN_NS);
    assert_int_equal(idle.idle_turns, AS_IDLE_PAUSE_TURNS + AS_IDLE_YIELD_TURNS);
}

/* 128 turns awake, then sleeps of at least 50, 100, 200, 400, 800 us and 1 ms. */
static void block_sleeps_longer_each_time_up_to_the_limit(void **state)
{
    (void)state;
    static const uint64_t expected_us[] = {50, 100, 200, 400, 800, 1000, 1000, 1000};
    as_idle idle;
    as_idle_init(&idle, AS_WAIT_BLOCK);
    for (int i = 0; i < AS_IDLE_PAUSE_TURNS + AS_IDLE_YIELD_TURNS - 1; i++)
        as_idle_done(&idle, 0);
    for (size_t i = 0; i < sizeof expected_us / sizeof *expected_us; i++) {
        assert_int_equal(idle.sleep_ns, expected_us[i] * AS_NS_PER_US);
        uint64_t from_ns = as_clock_monotonic_ns();
        as_idle_done(&idle, 0);
        assert_true(as_clock_monotonic_ns() - from_ns >= expected_us[i] * AS_NS_PER_US);
    }
}

static void work_starts_again_from_the_pause(void **state)
{
    (void)state;
    as_idle idle;
    as_idle_init(&idle, AS_WAIT_BLOCK);
    for (int i = 0; i < AS_IDLE_PAUSE_TURNS + AS_IDLE_YIELD_TURNS + 3; i++)
        as_idle_done(&idle, 0);
    assert_true(idle.sleep_ns > AS_IDLE_SLEEP_MIN_NS);
    as_idle_done(&idle, 3);
    uint64_t before = ast_voluntary_switches();
    for (int i = 0; i < AS_IDLE_PAUSE_TURNS; i++)
        as_idle_done(&idle, 0);
    assert_int_equal(ast_voluntary_switches(), before);
    assert_int_equal(idle.sleep_ns, AS_IDLE_SLEEP_MIN_NS);
    as_idle_pause();
}

static void a_sleep_ends_when_a_watched_descriptor_is_readable(void **state)
{
    (void)state;
    const int turns = 200;
    int quiet[2], busy[2];
    as_idle idle;
    assert_int_equal(pipe(quiet), 0);
    assert_int_equal(pipe(busy), 0);
    as_idle_init(&idle, AS_WAIT_BLOCK);
    as_idle_watch(&idle, quiet[0]);
    as_idle_watch(&idle, busy[0]);
    for (int i = 0; i < AS_IDLE_PAUSE_TURNS + AS_IDLE_YIELD_TURNS + 5; i++)
        as_idle_done(&idle, 0);
    assert_int_equal(idle.sleep_ns, AS_IDLE_SLEEP_MAX_NS);
    uint64_t before = as_clock_monotonic_ns();
    as_idle_done(&idle, 0);
    assert_true(as_clock_monotonic_ns() - before >= AS_IDLE_SLEEP_MAX_NS);
    assert_int_equal(write(busy[1], "x", 1), 1);
    before = as_clock_monotonic_ns();
    for (int i = 0; i < turns; i++)
        as_idle_done(&idle, 0);
    assert_true(as_clock_monotonic_ns() - before < (uint64_t)turns * AS_IDLE_SLEEP_MAX_NS / 2);
    for (unsigned i = 0; i < 2; i++) {
        close(quiet[i]);
        close(busy[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spin_never_sleeps),
        cmocka_unit_test(yield_never_sleeps),
        cmocka_unit_test(block_sleeps_longer_each_time_up_to_the_limit),
        cmocka_unit_test(work_starts_again_from_the_pause),
        cmocka_unit_test(a_sleep_ends_when_a_watched_descriptor_is_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
