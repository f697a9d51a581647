#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/order_table.h"
#include "tests/support/random.h"

static as_order order_of(uint64_t ref, uint64_t qty, uint16_t epoch)
{
    return (as_order){.ref = ref, .key = -5, .qty = qty, .id = as_order_id(3, 1, epoch)};
}

static as_order_table table_of(uint32_t orders_max)
{
    as_order_table table;
    assert_int_equal(as_order_table_init(&table, orders_max), 0);
    return table;
}

static void two_orders_share_a_cache_line(void **state)
{
    (void)state;
    assert_int_equal(sizeof(as_order), 32);
    as_order order = {.id = as_order_id(65535, 0xfedc, AS_ORDER_EPOCH_MASK) | UINT64_C(1) << AS_ORDER_SIDE_SHIFT};
    assert_int_equal(as_order_instrument(&order), 65535);
    assert_int_equal(as_order_epoch(&order), AS_ORDER_EPOCH_MASK);
    assert_int_equal(as_order_side(&order), 1);
    order.id = as_order_id(0, 0xffff, 1);
    assert_int_equal(as_order_instrument(&order), 0);
    assert_int_equal(as_order_epoch(&order), 1);
    assert_int_equal(as_order_side(&order), 0);
}

static void there_is_room_for_all_in_either_part(void **state)
{
    (void)state;
    for (uint32_t orders_max = 1; orders_max < 3000; orders_max += 7) {
        as_order_table table = table_of(orders_max);
        assert_true(table.near_mask + 1 >= 2 * (uint64_t)orders_max);
        assert_true((table.far_mask + 1) * AS_ORDER_BUCKET * 2 >= (uint64_t)orders_max * 3);
        assert_int_equal(table.near_mask & (table.near_mask + 1), 0);
        assert_int_equal(table.far_mask & (table.far_mask + 1), 0);
        as_order_table_fini(&table);
    }
}

static void fini_is_safe_on_zeroes(void **state)
{
    (void)state;
    as_order_table table = {0};
    as_order_table_fini(&table);
    assert_null(table.near);
}

static void an_order_in_the_way_moves_to_far_and_is_found_there(void **state)
{
    (void)state;
    as_order_table table = table_of(100);
    uint64_t around = table.near_mask + 1;
    for (uint64_t lap = 0; lap < 5; lap++) {
        as_order order = order_of(7 + lap * around, 10 + lap, 1);
        as_order_insert(&table, &order);
        assert_int_equal(table.far_used, lap);
        assert_int_equal(table.used, lap + 1);
    }
    for (uint64_t lap = 0; lap < 5; lap++)
        assert_int_equal(as_order_find(&table, 7 + lap * around, as_order_id(3, 1, 1))->qty, 10 + lap);
    assert_false(as_order_may_be_far(&table, 7 + 4 * around));
    assert_true(as_order_may_be_far(&table, 7 + 3 * around));
    as_order_erase(&table, as_order_find(&table, 7 + 4 * around, as_order_id(3, 1, 1)));
    for (uint64_t lap = 0; lap < 4; lap++)
        as_order_erase(&table, as_order_find(&table, 7 + lap * around, as_order_id(3, 1, 1)));
    assert_int_equal(table.used, 0);
    assert_int_equal(table.far_used, 0);
    assert_false(as_order_may_be_far(&table, 7));
    for (uint64_t i = 0; i <= table.far_mask; i++)
        assert_int_equal(table.far[i].order[0].id | table.far[i].order[1].id, 0); /* nothing is passed over any more */
    as_order_table_fini(&table);
}

/* The same reference in near and far: keys that differ in one part. */
static void every_part_of_the_key_counts(void **state)
{
    (void)state;
    for (unsigned part = 0; part < 4; part++) {
        as_order_table table = table_of(100);
        as_order order = order_of(42, 7, 9);
        as_order other = order_of(42 + (part == 0 ? table.near_mask + 1 : 0), 8, 9);
        other.id = as_order_id(3 + (part == 1), 1 + (part == 2), 9 + (part == 3));
        assert_null(as_order_find(&table, order.ref, order.id));
        as_order_insert(&table, &order);
        assert_null(as_order_find(&table, other.ref, other.id));
        as_order_insert(&table, &other);
        assert_int_equal(table.far_used, 1);
        assert_int_equal(as_order_find(&table, order.ref, order.id)->qty, 7);
        assert_int_equal(as_order_find(&table, other.ref, other.id)->qty, 8);
        as_order_erase(&table, as_order_find(&table, order.ref, order.id));
        assert_null(as_order_find(&table, order.ref, order.id));
        assert_int_equal(as_order_find(&table, other.ref, other.id)->qty, 8);
        as_order_table_fini(&table);
    }
}

static void an_empty_place_is_nobodys(void **state)
{
    (void)state;
    as_order_table table = table_of(100);
    as_order order = order_of(0, 7, 1);
    order.id = as_order_id(0, 0, 1);
    assert_null(as_order_find(&table, 0, order.id));
    as_order_insert(&table, &order);
    as_order_erase(&table, as_order_find(&table, 0, order.id));
    assert_null(as_order_find(&table, 0, order.id));
    as_order_table_fini(&table);
}

static bool epoch_is_one(const as_order *order, const void *context)
{
    (void)context;
    return as_order_epoch(order) == 1;
}

static void a_sweep_drops_what_is_stale_and_nothing_else(void **state)
{
    (void)state;
    as_order_table table = table_of(1000);
    for (uint64_t i = 0; i < 1000; i++) {
        as_order order = order_of(i * 32, 1 + i, (uint16_t)(1 + i % 3));
        as_order_insert(&table, &order);
    }
    assert_true(table.far_used > 100);
    as_order_table_sweep(&table, epoch_is_one, NULL);
    assert_int_equal(table.used, 1000 - 334);
    for (uint64_t i = 0; i < 1000; i++) {
        const as_order *found = as_order_find(&table, i * 32, as_order_id(3, 1, (uint16_t)(1 + i % 3)));
        if (i % 3 == 0) {
            assert_null(found);
        } else {
            assert_non_null(found);
            assert_int_equal(found->qty, 1 + i);
        }
    }
    as_order_table_fini(&table);
}

/* Numbered in a way that near cannot hold two: the table is a hash table then, and full. */
static void a_full_table_agrees_with_an_array(void **state)
{
    (void)state;
    enum { REFS = 60, MAX = 21 };
    uint64_t seed = 20260701;
    print_message("seed %llu\n", (unsigned long long)seed);
    as_order_table table = table_of(MAX);
    for (uint64_t stride = 1; stride <= table.near_mask + 1; stride *= 2) {
        uint64_t qty[REFS] = {0};
        uint32_t live = 0;
        for (int step = 0; step < 40000; step++) {
            uint64_t i = ast_random(&seed) % REFS;
            uint64_t ref = i == 0 ? UINT64_MAX : i * stride; /* 0 and the largest are references like others */
            ref = i == 1 ? 0 : ref;
            as_order *found = as_order_find(&table, ref, as_order_id(3, 1, 1));
            assert_int_equal(found ? found->qty : 0, qty[i]);
            if (found && ast_random(&seed) % 2) {
                as_order_erase(&table, found);
                qty[i] = 0;
                live--;
            } else if (!found && live < MAX) {
                as_order order = order_of(ref, 1 + ast_random(&seed) % 1000, 1);
                as_order_insert(&table, &order);
                qty[i] = order.qty;
                live++;
            }
            assert_int_equal(table.used, live);
        }
        for (uint64_t i = 0; i < REFS; i++) {
            uint64_t ref = i == 0 ? UINT64_MAX : i == 1 ? 0 : i * stride;
            as_order *found = as_order_find(&table, ref, as_order_id(3, 1, 1));
            if (found)
                as_order_erase(&table, found);
        }
        assert_int_equal(table.used + table.far_used, 0);
        for (uint64_t i = 0; i <= table.far_mask; i++) /* nothing is passed over any more */
            assert_int_equal(table.far[i].order[0].id | table.far[i].order[1].id, 0);
    }
    as_order_table_fini(&table);
}

/* So many in one bucket's way that its count ends: nothing is lost, only more is looked at. */
static void a_bucket_that_was_passed_over_too_often_forgets_no_more(void **state)
{
    (void)state;
    as_order_table table = table_of(100);
    uint64_t around = table.near_mask + 1;
    as_order order = order_of(5, 1, 1);
    as_order_bucket *home = &table.far[as_order_home(&table, order.ref, order.id)];
    home->order[0].id = AS_ORDER_PASSED_MAX << AS_ORDER_PASSED_SHIFT;
    as_order_insert(&table, &order);
    order.ref += around;
    as_order_insert(&table, &order);
    assert_int_equal(table.far_used, 1);
    as_order_erase(&table, as_order_find(&table, 5, order.id));
    assert_int_equal(home->order[0].id >> AS_ORDER_PASSED_SHIFT, AS_ORDER_PASSED_MAX);
    assert_null(as_order_find(&table, 5, order.id));
    as_order_table_fini(&table);
}

/* Part after part of far was full once, and a few orders that stood behind each part have stayed. */
static void a_search_ends_though_every_bucket_was_passed_over(void **state)
{
    (void)state;
    as_order_table table = table_of(100);
    as_order order = order_of(5, 1, 1), other = order_of(5 + table.near_mask + 1, 2, 1);
    as_order_insert(&table, &order);
    as_order_insert(&table, &other);
    for (uint64_t i = 0; i <= table.far_mask; i++)
        table.far[i].order[0].id += UINT64_C(1) << AS_ORDER_PASSED_SHIFT;
    assert_int_equal(as_order_find(&table, 5, order.id)->qty, 1);
    assert_null(as_order_find(&table, 4, order.id));
    as_order_table_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_orders_share_a_cache_line),
        cmocka_unit_test(there_is_room_for_all_in_either_part),
        cmocka_unit_test(fini_is_safe_on_zeroes),
        cmocka_unit_test(an_order_in_the_way_moves_to_far_and_is_found_there),
        cmocka_unit_test(every_part_of_the_key_counts),
        cmocka_unit_test(an_empty_place_is_nobodys),
        cmocka_unit_test(a_sweep_drops_what_is_stale_and_nothing_else),
        cmocka_unit_test(a_full_table_agrees_with_an_array),
        cmocka_unit_test(a_bucket_that_was_passed_over_too_often_forgets_no_more),
        cmocka_unit_test(a_search_ends_though_every_bucket_was_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
