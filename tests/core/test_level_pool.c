#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_taken_block_is_given_back_and_taken_again),
        cmocka_unit_test(a_large_free_block_is_divided_when_nothing_else_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
