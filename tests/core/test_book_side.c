/* What only a side can show: where its levels stand. That they are right is tests/core/test_book_sorted.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/book_side.h"
#include "tests/support/random.h"

static as_sides sides_of(uint32_t count)
{
    as_sides sides;
    assert_int_equal(as_sides_init(&sides, count, 4096), 0);
    return sides;
}

static void add(as_sides *sides, int64_t key, uint64_t qty)
{
    assert_int_equal(as_side_add(sides, 0, key, qty), AS_SIDE_OK);
}

static uint32_t in_window(const as_sides *sides)
{
    return (uint32_t)__builtin_popcountll(sides->side[0].bits);
}

static void a_head_is_one_cache_line(void **state)
{
    (void)state;
    assert_int_equal(sizeof(as_side), 64);
    as_sides none = {0};
    as_sides_fini(&none);
}

static void a_slot_is_the_quotient_of_a_multiple_and_nothing_of_other_keys(void **state)
{
    (void)state;
    uint64_t seed = 71;
    print_message("seed %llu\n", (unsigned long long)seed);
    static const int64_t ticks[] = {1,         2,       3,        7,         100000,          10000000,
                                    250000000, 3906250, 15625000, 999999937, INT64_C(1) << 56};
    for (unsigned t = 0; t < sizeof ticks / sizeof *ticks; t++) {
        as_sides sides = sides_of(1);
        int64_t base = ticks[t] >= INT64_C(1) << 50 ? 12345 : 1000 * ticks[t] + 12345;
        for (int64_t i = 0; i < 20; i++) /* neighbours, so that the tick is learnt */
            add(&sides, base + i * ticks[t], 1);
        for (int i = 0; i < 400; i++)
            assert_int_equal(as_side_add(&sides, 0, base + i % 20 * ticks[t], 1), AS_SIDE_OK);
        const as_side *s = &sides.side[0];
        assert_int_equal(s->tick, ticks[t]);
        for (int i = 0; i < 2000; i++) {
            int64_t key = s->base + (int64_t)(ast_random(&seed) % 80 * s->tick) - (int64_t)(8 * s->tick) +
                          (i % 2 ? (int64_t)(ast_random(&seed) % s->tick) : 0);
            bool inside = key >= s->base && (uint64_t)(key - s->base) % s->tick == 0 &&
                          (uint64_t)(key - s->base) / s->tick < AS_SIDE_WINDOW;
            uint64_t slot = as_side_slot(s, key);
            assert_int_equal(slot < s->window, inside);
            if (inside)
                assert_int_equal(slot, (uint64_t)(key - s->base) / s->tick);
        }
        as_sides_fini(&sides);
    }
}

static void the_first_level_is_in_the_window(void **state)
{
    (void)state;
    as_sides sides = sides_of(2);
    add(&sides, 123456789, 5);
    assert_int_equal(in_window(&sides), 1);
    assert_int_equal(sides.side[0].best, 123456789);
    assert_int_equal(as_side_best_qty(&sides, 0), 5);
    assert_int_equal(sides.side[1].best, AS_SIDE_EMPTY);
    assert_int_equal(as_side_best_qty(&sides, 1), 0);
    as_side_take(&sides, 0, 123456789, 5);
    assert_int_equal(sides.side[0].best, AS_SIDE_EMPTY);
    as_sides_fini(&sides);
}

/* Use of levels settles the window: soon nearly all of it is there. */
static uint32_t far_after_use(as_sides *sides, const int64_t *keys, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        add(sides, keys[i], 10);
    for (unsigned i = 0; i < 2000; i++)
        add(sides, keys[i % count], 1);
    return sides->side[0].count - in_window(sides);
}

static void levels_on_any_grid_come_to_stand_in_the_window(void **state)
{
    (void)state;
    static const int64_t ticks[] = {1, 100000, 10000000, 250000000, 15625000, 12500};
    for (unsigned t = 0; t < sizeof ticks / sizeof *ticks; t++) {
        as_sides sides = sides_of(1);
        int64_t keys[40];
        for (int i = 0; i < 40; i++)
            keys[i] = -4000 * ticks[t] + i * ticks[t] + 77;
        assert_int_equal(far_after_use(&sides, keys, 40), 0);
        as_sides_fini(&sides);
    }
}

static void levels_between_the_ticks_stay_in_the_array(void **state)
{
    (void)state;
    as_sides sides = sides_of(1);
    int64_t keys[34];
    for (int i = 0; i < 32; i++)
        keys[i] = 1000 + 10 * i;
    keys[32] = 1155;
    keys[33] = 1203;
    assert_int_equal(far_after_use(&sides, keys, 34), 2);
    int64_t key;
    uint64_t qty;
    for (uint32_t depth = 0, last = 0; depth < 34; depth++) {
        assert_true(as_side_level_at(&sides, 0, depth, &key, &qty));
        assert_true(depth == 0 || key < (int64_t)last);
        last = (uint32_t)key;
    }
    assert_false(as_side_level_at(&sides, 0, 34, &key, &qty));
    as_sides_fini(&sides);
}

static void the_window_follows_the_best_level(void **state)
{
    (void)state;
    as_sides sides = sides_of(1);
    unsigned far_uses = 0;
    for (int64_t best = 0; best < 5000; best++) {
        for (int64_t k = 0; k < 20; k++) {
            far_uses += as_side_slot(&sides.side[0], (best - k) * AS_SIDE_TICK_DEFAULT) >= sides.side[0].window;
            add(&sides, (best - k) * AS_SIDE_TICK_DEFAULT, 1);
        }
        if (best >= 40) { /* what lies far behind goes */
            int64_t gone = (best - 40) * AS_SIDE_TICK_DEFAULT;
            as_side_take(&sides, 0, gone, 20);
        }
        assert_int_equal(sides.side[0].best, best * AS_SIDE_TICK_DEFAULT);
    }
    assert_true(far_uses < 5000 * 20 / 20); /* one in twenty */
    as_sides_fini(&sides);
}

static void one_stray_price_does_not_hold_the_window(void **state)
{
    (void)state;
    as_sides sides = sides_of(1);
    int64_t keys[21];
    for (int i = 0; i < 20; i++)
        keys[i] = (1000 + i) * AS_SIDE_TICK_DEFAULT;
    keys[20] = 900000 * AS_SIDE_TICK_DEFAULT; /* far above all others, and the best */
    assert_int_equal(far_after_use(&sides, keys, 21), 1);
    assert_int_equal(sides.side[0].best, keys[20]);
    assert_int_equal(as_side_best_qty(&sides, 0), sides.side[0].far_best == keys[20] ? 10 + 95 : 0);
    as_sides_fini(&sides);
}

static void there_is_no_window_where_prices_end(void **state)
{
    (void)state;
    static const int64_t ends[] = {INT64_MAX, INT64_MAX - 1, INT64_MIN + 1, INT64_MIN + 2};
    as_sides sides = sides_of(1);
    for (int round = 0; round < 300; round++)
        add(&sides, ends[round % 4], 1);
    assert_int_equal(in_window(&sides), 0);
    assert_int_equal(sides.side[0].best, INT64_MAX);
    assert_int_equal(as_side_best_qty(&sides, 0), 75);
    as_sides_fini(&sides);
}

static void a_quantity_that_would_overflow_is_refused(void **state)
{
    (void)state;
    as_sides sides = sides_of(1);
    add(&sides, 100, UINT64_MAX - 1);
    assert_int_equal(as_side_add(&sides, 0, 100, 2), AS_SIDE_OVERFLOW);
    assert_int_equal(as_side_best_qty(&sides, 0), UINT64_MAX - 1);
    add(&sides, 101, UINT64_MAX); /* between the ticks: in the array */
    assert_int_equal(as_side_add(&sides, 0, 101, 1), AS_SIDE_OVERFLOW);
    assert_int_equal(as_side_best_qty(&sides, 0), UINT64_MAX);
    as_sides_fini(&sides);
}

static void a_cleared_side_leaves_no_quantity_behind(void **state)
{
    (void)state;
    as_sides sides = sides_of(3);
    for (uint32_t idx = 0; idx < 3; idx++)
        for (int64_t k = 0; k < 50; k++)
            assert_int_equal(as_side_add(&sides, idx, k * AS_SIDE_TICK_DEFAULT, 9), AS_SIDE_OK);
    as_side_clear(&sides, 1);
    assert_int_equal(sides.side[1].count, 0);
    for (uint64_t slot = 0; slot < AS_SIDE_WINDOW; slot++)
        assert_int_equal(*as_side_qty(&sides, 1, slot), 0);
    for (uint32_t idx = 0; idx < 3; idx += 2)
        assert_int_equal(as_side_best_qty(&sides, idx), 9);
    as_sides_fini(&sides);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_one_cache_line),
        cmocka_unit_test(a_slot_is_the_quotient_of_a_multiple_and_nothing_of_other_keys),
        cmocka_unit_test(the_first_level_is_in_the_window),
        cmocka_unit_test(levels_on_any_grid_come_to_stand_in_the_window),
        cmocka_unit_test(levels_between_the_ticks_stay_in_the_array),
        cmocka_unit_test(the_window_follows_the_best_level),
        cmocka_unit_test(one_stray_price_does_not_hold_the_window),
        cmocka_unit_test(there_is_no_window_where_prices_end),
        cmocka_unit_test(a_quantity_that_would_overflow_is_refused),
        cmocka_unit_test(a_cleared_side_leaves_no_quantity_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
