#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/timers.h"

static void deadlines_come_out_in_order_and_ties_by_kind_and_key(void **state)
{
    (void)state;
    as_timers timers;
    assert_int_equal(as_timers_init(&timers, 8), 0);
    assert_true(as_timers_next(&timers) == UINT64_MAX);
    as_timers_add(&timers, (as_timer){.deadline = 5, .kind = 2, .key = 1});
    as_timers_add(&timers, (as_timer){.deadline = 5, .kind = 1, .key = 9});
    as_timers_add(&timers, (as_timer){.deadline = 5, .kind = 1, .key = 2});
    as_timers_add(&timers, (as_timer){.deadline = 3, .kind = 4, .key = 0});
    assert_int_equal(as_timers_take(&timers).deadline, 3);
    assert_int_equal(as_timers_take(&timers).key, 2);
    assert_int_equal(as_timers_take(&timers).key, 9);
    assert_int_equal(as_timers_take(&timers).kind, 2);
    assert_int_equal(timers.count, 0);
    as_timers_fini(&timers);
}

static void a_full_heap_refuses_and_counts(void **state)
{
    (void)state;
    as_timers timers;
    assert_int_equal(as_timers_init(&timers, 2), 0);
    assert_true(as_timers_add(&timers, (as_timer){.deadline = 2}));
    assert_true(as_timers_add(&timers, (as_timer){.deadline = 1}));
    assert_false(as_timers_add(&timers, (as_timer){.deadline = 0}));
    assert_int_equal(timers.refused, 1);
    assert_int_equal(as_timers_next(&timers), 1);
    as_timers_fini(&timers);
}

static void a_seeded_run_equals_a_sorted_list(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    uint64_t seed = 77;
    as_timers timers;
    uint64_t last = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    assert_int_equal(as_timers_init(&timers, COUNT), 0);
    for (unsigned i = 0; i < COUNT; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        as_timers_add(&timers, (as_timer){.deadline = seed >> 50, .key = i});
    }
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t next = as_timers_next(&timers);
        assert_true(next >= last);
        assert_int_equal(as_timers_take(&timers).deadline, next);
        last = next;
    }
    as_timers_fini(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_come_out_in_order_and_ties_by_kind_and_key),
        cmocka_unit_test(a_full_heap_refuses_and_counts),
        cmocka_unit_test(a_seeded_run_equals_a_sorted_list),
    };
    return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
