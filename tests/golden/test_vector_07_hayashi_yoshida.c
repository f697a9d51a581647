#include "tests/support/json_vector.h"

#include "core/stats/overlap.h"

/* Vector 07: two names that tick at different times. */
static void the_overlap_estimator_is_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("07_hayashi_yoshida.json");
    double tolerance = ast_json_number(vector, "tolerance");
    const ast_json *expected = ast_json_at(vector, "expected");
    size_t x_count;
    size_t y_count;
    double *tx = ast_json_numbers(vector, "inputs/t_x", &x_count);
    double *px = ast_json_numbers(vector, "inputs/p_x", &x_count);
    double *ty = ast_json_numbers(vector, "inputs/t_y", &y_count);
    double *py = ast_json_numbers(vector, "inputs/p_y", &y_count);

    /* ticks of one moment in either order */
    for (int x_first = 0; x_first < 2; x_first++) {
        as_overlap overlap;
        as_overlap_init(&overlap);
        for (size_t i = 0, j = 0; i < x_count || j < y_count;) {
            bool is_x = j == y_count || (i < x_count && (x_first ? tx[i] <= ty[j] : tx[i] < ty[j]));
            double t = is_x ? tx[i] : ty[j];
            double p = is_x ? px[i++] : py[j++];
            assert_true(as_overlap_update(&overlap, is_x ? AS_OVERLAP_X : AS_OVERLAP_Y, (uint64_t)t,
                                          (int64_t)llround(p * 1e9)));
        }
        ast_expect(expected, "hy_cov", overlap.covariance, tolerance);
        ast_expect(expected, "rv_x", overlap.side[AS_OVERLAP_X].variance, tolerance);
        ast_expect(expected, "rv_y", overlap.side[AS_OVERLAP_Y].variance, tolerance);
        ast_expect(expected, "hy_corr", as_overlap_correlation(&overlap), tolerance);
        ast_expect(expected, "hy_beta_y_on_x", as_overlap_beta(&overlap), tolerance);
        assert_int_equal(overlap.pairs, (uint64_t)ast_json_number(expected, "overlapping_pairs"));
        assert_int_equal(overlap.rejected, 0);
    }
    free(tx);
    free(px);
    free(ty);
    free(py);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_overlap_estimator_is_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
