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
    return (as_order){.ref = ref, .key = -5, .qty = qty, .instrument = 3, .source = 1, .side_epoch = epoch};
}

static as_order_key key_of(uint64_t ref, uint16_t epoch)
{
    return (as_order_key){.ref = ref, .instrument = 3, .source = 1, .epoch = epoch};
}

static void insert(as_order_table *table, const as_order *order)
{
    as_order_key key = {.ref = order->ref,
                        .instrument = order->instrument,
                        .source = order->source,
                        .epoch = order->side_epoch & AS_ORDER_EPOCH_MASK};
    as_order *slot = as_order_table_seek(table, &key);
    assert_int_equal(slot->qty, 0);
    as_order_table_insert(table, slot, order);
}

static void two_orders_share_a_cache_line(void **state)
{
    (void)state;
    assert_int_equal(sizeof(as_order), 32);
}

static void at_most_two_thirds_of_the_slots_are_used(void **state)
{
    (void)state;
    for (uint32_t orders_max = 1; orders_max < 3000; orders_max += 7) {
        as_order_table table;
        assert_int_equal(as_order_table_init(&table, orders_max), 0);
        assert_true((table.mask + 1) * 2 >= (uint64_t)orders_max * 3);
        assert_int_equal(table.mask & (table.mask + 1), 0);
        as_order_table_fini(&table);
    }
}

static void fini_is_safe_on_zeroes(void **state)
{
    (void)state;
    as_order_table table = {0};
    as_order_table_fini(&table);
    assert_int_equal(as_order_table_bytes(&table), 0);
}

/* Keys that differ in one part are looked for where they would be found: at the same home. */
static void every_part_of_the_key_counts(void **state)
{
    (void)state;
    unsigned compared[4] = {0};
    for (uint64_t ref = 0; ref < 2000; ref++) {
        as_order_table table;
        assert_int_equal(as_order_table_init(&table, 8), 0);
        as_order order = order_of(ref, 7, 9);
        insert(&table, &order);
        as_order_key key = key_of(ref, 9);
        assert_non_null(as_order_table_find(&table, &key));
        uint64_t home = as_order_table_home(&table, key.ref, key.instrument, key.source);
        for (unsigned part = 0; part < 4; part++) {
            as_order_key other = key;
            uint32_t by = 1 + (uint32_t)(ref % 97);
            other.ref += part == 0 ? by : 0;
            other.instrument += part == 1 ? by : 0;
            other.source = (uint16_t)(other.source + (part == 2 ? by : 0));
            other.epoch = (uint16_t)(other.epoch + (part == 3));
            compared[part] += as_order_table_home(&table, other.ref, other.instrument, other.source) == home;
            assert_null(as_order_table_find(&table, &other));
        }
        as_order_table_fini(&table);
    }
    for (unsigned part = 0; part < 4; part++)
        assert_true(compared[part] > 0);
}

static bool epoch_is_one(const as_order *order, const void *context)
{
    (void)context;
    return (order->side_epoch & AS_ORDER_EPOCH_MASK) == 1;
}

static void a_sweep_drops_what_is_stale_and_nothing_else(void **state)
{
    (void)state;
    as_order_table table;
    assert_int_equal(as_order_table_init(&table, 1000), 0);
    for (uint64_t ref = 0; ref < 1000; ref++) {
        as_order order = order_of(ref, 1 + ref, (uint16_t)(1 + ref % 3));
        insert(&table, &order);
    }
    as_order_table_sweep(&table, epoch_is_one, NULL);
    assert_int_equal(table.used, 1000 - 334);
    for (uint64_t ref = 0; ref < 1000; ref++) {
        as_order_key key = key_of(ref, (uint16_t)(1 + ref % 3));
        const as_order *found = as_order_table_find(&table, &key);
        if (ref % 3 == 0) {
            assert_null(found);
        } else {
            assert_non_null(found);
            assert_int_equal(found->qty, 1 + ref);
        }
    }
    as_order_table_fini(&table);
}

/* The table is kept full, so that runs are long and wrap around its end. */
static void a_full_table_agrees_with_an_array(void **state)
{
    (void)state;
    enum { REFS = 60, MAX = 21 };
    uint64_t seed = 20260701;
    print_message("seed %llu\n", (unsigned long long)seed);
    uint64_t qty[REFS] = {0};
    uint32_t live = 0;
    as_order_table table;
    assert_int_equal(as_order_table_init(&table, MAX), 0);
    for (int step = 0; step < 200000; step++) {
        uint64_t ref = ast_random(&seed) % REFS;
        as_order_key key = key_of(ref, 1);
        as_order *found = as_order_table_find(&table, &key);
        assert_int_equal(found ? found->qty : 0, qty[ref]);
        if (found && ast_random(&seed) % 2) {
            as_order_table_erase(&table, found);
            qty[ref] = 0;
            live--;
        } else if (!found && live < MAX) {
            as_order order = order_of(ref, 1 + ast_random(&seed) % 1000, 1);
            insert(&table, &order);
            qty[ref] = order.qty;
            live++;
        }
        assert_int_equal(table.used, live);
    }
    as_order_table_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_orders_share_a_cache_line),
        cmocka_unit_test(at_most_two_thirds_of_the_slots_are_used),
        cmocka_unit_test(fini_is_safe_on_zeroes),
        cmocka_unit_test(every_part_of_the_key_counts),
        cmocka_unit_test(a_sweep_drops_what_is_stale_and_nothing_else),
        cmocka_unit_test(a_full_table_agrees_with_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
