#include "tests/support/json_vector.h"

#include "core/stats/jump.h"

/* Vector 11: realised measures of a day of five-minute returns. */
static void the_realised_measures_are_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("11_realised_measures.json");
    double tolerance = ast_json_number(vector, "tolerance");
    size_t count;
    double *r = ast_json_numbers(vector, "inputs/returns", &count);
    as_realised realised;
    as_realised_init(&realised);
    for (size_t i = 0; i < count; i++)
        as_realised_update(&realised, r[i]);
    as_realised_result result = as_realised_value(&realised);
    const ast_json *expected = ast_json_at(vector, "expected");
    ast_expect(expected, "RV", result.rv, tolerance);
    ast_expect(expected, "BPV_n_over_n_minus_1", result.bpv, tolerance);
    ast_expect(expected, "MedRV", result.med_rv, tolerance);
    ast_expect(expected, "MinRV", result.min_rv, tolerance);
    ast_expect(expected, "tripower_quarticity", result.tripower, tolerance);
    ast_expect(expected, "relative_jump", result.relative_jump, tolerance);
    ast_expect(expected, "bns_ratio_z", result.ratio_z, tolerance);
    free(r);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_realised_measures_are_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
