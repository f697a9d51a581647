#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "core/level_pool.h"

static void a_taken_block_is_given_back_and_taken_again(void **state)
{
    (void)state;
    as_level_pool pool;
    assert_int_equal(as_level_pool_init(&pool, 8 * 4), 0);
    uint32_t a = as_level_pool_take(&pool, 0);
    uint32_t b = as_level_pool_take(&pool, 0);
    uint32_t c = as_level_pool_take(&pool, 1);
    assert_int_not_equal(a, b);
    assert_int_equal(as_level_pool_take(&pool, 0), AS_LEVEL_BLOCK_NONE);
    as_level_pool_give(&pool, b, 0);
    assert_int_equal(as_level_pool_take(&pool, 0), b);
    as_level_pool_give(&pool, c, 1);
    assert_int_equal(as_level_pool_take(&pool, 1), c);
    as_level_pool_fini(&pool);
}

static void a_large_free_block_is_divided_when_nothing_else_is_left(void **state)
{
    (void)state;
    as_level_pool pool;
    assert_int_equal(as_level_pool_init(&pool, 8 * 8), 0);
    uint32_t whole = as_level_pool_take(&pool, 3);
    assert_int_equal(whole, 0);
    as_level_pool_give(&pool, whole, 3);
    bool seen[8] = {false};
    for (int i = 0; i < 8; i++) {
        uint32_t block = as_level_pool_take(&pool, 0);
        assert_true(block < 8);
        assert_false(seen[block]);
        seen[block] = true;
    }
    assert_int_equal(as_level_pool_take(&pool, 0), AS_LEVEL_BLOCK_NONE);
    as_level_pool_fini(&pool);
}

static void growing_keeps_the_levels(void **state)
{
    (void)state;
    as_level_pool pool;
    assert_int_equal(as_level_pool_init(&pool, 8 * 7), 0);
    as_side side = {.block = AS_LEVEL_BLOCK_NONE};
    uint8_t class_idx = 0;
    for (uint32_t i = 0; i < 32; i++) {
        if (side.count == 0 || side.count == (uint32_t)AS_LEVEL_BLOCK_MIN << class_idx)
            assert_true(as_side_grow(&pool, &side, &class_idx));
        as_side_keys(&pool, &side)[i] = 10 * (int64_t)i;
        as_side_qtys(&pool, &side, class_idx)[i] = i + 1;
        side.count++;
    }
    as_side before = side;
    assert_false(as_side_grow(&pool, &side, &class_idx));
    assert_memory_equal(&before, &side, sizeof side);
    assert_int_equal(class_idx, 2);
    for (uint32_t i = 0; i < 32; i++) {
        assert_int_equal(as_side_keys(&pool, &side)[i], 10 * (int64_t)i);
        assert_int_equal(as_side_qtys(&pool, &side, class_idx)[i], i + 1);
    }
    assert_int_not_equal(as_level_pool_take(&pool, 1), AS_LEVEL_BLOCK_NONE); /* the blocks it has grown out of */
    assert_int_not_equal(as_level_pool_take(&pool, 0), AS_LEVEL_BLOCK_NONE);
    as_level_pool_fini(&pool);
}

static void find_gives_the_number_of_keys_below(void **state)
{
    (void)state;
    int64_t keys[100];
    for (uint32_t count = 0; count <= 100; count++) {
        for (uint32_t i = 0; i < count; i++)
            keys[i] = 2 * (int64_t)i - 50;
        for (int64_t key = -60; key < 160; key++) {
            uint32_t below = 0;
            for (uint32_t i = 0; i < count; i++)
                below += keys[i] < key;
            assert_int_equal(as_side_find(keys, count, key), below);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_taken_block_is_given_back_and_taken_again),
        cmocka_unit_test(a_large_free_block_is_divided_when_nothing_else_is_left),
        cmocka_unit_test(growing_keeps_the_levels),
        cmocka_unit_test(find_gives_the_number_of_keys_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
