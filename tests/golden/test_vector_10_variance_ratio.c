#include "tests/support/json_vector.h"

#include "core/stats/variance_ratio.h"

/* Vector 10: VR(2), VR(4), VR(8) of 240 returns, by the array and by the running form. */
static void the_variance_ratio_is_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("10_variance_ratio.json");
    double tolerance = ast_json_number(vector, "tolerance");
    size_t count;
    double *r = ast_json_numbers(vector, "inputs/returns", &count);
    const ast_json *all = ast_json_at(vector, "expected");
    assert_int_equal(all->item_count, 3);
    for (size_t i = 0; i < all->item_count; i++) {
        const ast_json *expected = &all->item[i];
        unsigned q = (unsigned)strtoul(expected->key, NULL, 10);
        as_variance_ratio_result whole = as_variance_ratio(r, count, q);
        ast_expect(expected, "VR", whole.vr, tolerance);
        ast_expect(expected, "z_homoskedastic", whole.z, tolerance);
        ast_expect(expected, "z_star_robust", whole.z_star, tolerance);
        ast_expect(expected, "theta", whole.theta, tolerance);

        as_variance_ratio_run run;
        as_variance_ratio_run_init(&run, q);
        for (size_t t = 0; t < count; t++)
            as_variance_ratio_run_update(&run, r[t]);
        as_variance_ratio_result running = as_variance_ratio_run_value(&run);
        ast_expect(expected, "VR", running.vr, tolerance);
        ast_expect(expected, "z_homoskedastic", running.z, tolerance);
    }
    free(r);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_variance_ratio_is_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
