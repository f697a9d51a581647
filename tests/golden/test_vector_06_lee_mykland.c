#include "tests/support/json_vector.h"

#include "core/stats/jump.h"

/* Vector 06: the Lee-Mykland test of 156 five-minute returns with one jump. */
static void the_jump_test_is_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("06_lee_mykland.json");
    double tolerance = ast_json_number(vector, "tolerance");
    size_t count;
    size_t l_count;
    size_t jump_count;
    double *r = ast_json_numbers(vector, "inputs/returns", &count);
    double *l = ast_json_numbers(vector, "expected/L", &l_count);
    double *expected_jump = ast_json_numbers(vector, "expected/jump_indices_0based", &jump_count);
    assert_int_equal(count, l_count);

    double ring[64];
    uint32_t window = (uint32_t)ast_json_number(vector, "inputs/K");
    assert_true(as_jump_ring_count(window) <= 64);
    as_jump jump;
    as_jump_init(&jump, ring, window, (uint32_t)ast_json_number(vector, "inputs/n"),
                 ast_json_number(vector, "inputs/alpha"));
    ast_expect(vector, "expected/C_n", jump.c_n, tolerance);
    ast_expect(vector, "expected/S_n", jump.s_n, tolerance);
    ast_expect(vector, "expected/threshold_abs_L", jump.threshold, tolerance);
    ast_expect(vector, "expected/beta_star_1pct", (jump.threshold - jump.c_n) / jump.s_n, tolerance);

    size_t found = 0;
    size_t first_testable = count;
    for (size_t i = 0; i < count; i++) {
        as_jump_test test = as_jump_update(&jump, r[i]);
        ast_close("L", test.l, l[i], tolerance);
        if (first_testable == count && !isnan(test.l))
            first_testable = i;
        if (test.jump) {
            assert_true(found < jump_count);
            assert_int_equal(i, (size_t)expected_jump[found]);
            found++;
        }
    }
    assert_int_equal(found, jump_count);
    assert_int_equal(first_testable, (size_t)ast_json_number(vector, "expected/first_testable_index"));
    free(r);
    free(l);
    free(expected_jump);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_jump_test_is_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
