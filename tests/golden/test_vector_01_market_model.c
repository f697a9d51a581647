#include "tests/support/json_vector.h"

#include "core/stats/event_study.h"

/* Vector 01: least squares market model, its abnormal return, two factors, orthogonalised sector. */
static void the_market_model_is_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("01_market_model_ols.json");
    double tolerance = ast_json_number(vector, "tolerance");
    size_t count;
    double *stock = ast_json_numbers(vector, "inputs/r_stock", &count);
    double *market = ast_json_numbers(vector, "inputs/r_market", &count);
    double *sector = ast_json_numbers(vector, "inputs/r_sector", &count);

    as_ols ols;
    assert_true(as_ols_fit(stock, market, count, &ols));
    const ast_json *one = ast_json_at(vector, "expected/one_factor");
    ast_expect(one, "alpha", ols.alpha, tolerance);
    ast_expect(one, "beta", ols.beta, tolerance);
    ast_expect(one, "sigma_df_n_minus_2", ols.sigma, tolerance);
    ast_expect(one, "sigma_sample_sd_df_n_minus_1", ols.sigma_sample, tolerance);
    ast_expect(one, "r2", ols.r2, tolerance);
    ast_expect(one, "se_alpha", ols.se_alpha, tolerance);
    ast_expect(one, "se_beta", ols.se_beta, tolerance);

    as_abnormal day = as_abnormal_return(&ols, ast_json_number(vector, "inputs/event_r_stock"),
                                         ast_json_number(vector, "inputs/event_r_market"));
    const ast_json *event = ast_json_at(vector, "expected/event");
    ast_expect(event, "AR", day.ar, tolerance);
    ast_expect(event, "pred_error_multiplier_C", day.c, tolerance);
    ast_expect(event, "SAR", day.sar, tolerance);

    as_ols_pair pair;
    assert_true(as_ols_pair_fit(stock, market, sector, count, &pair));
    const ast_json *two = ast_json_at(vector, "expected/two_factor");
    ast_expect(two, "alpha", pair.alpha, tolerance);
    ast_expect(two, "beta_market", pair.beta[0], tolerance);
    ast_expect(two, "beta_sector", pair.beta[1], tolerance);
    ast_expect(two, "sigma_df_n_minus_3", pair.sigma, tolerance);
    ast_expect(two, "r2", pair.r2, tolerance);

    assert_true(as_ols_fit(sector, market, count, &ols));
    const ast_json *orthogonal = ast_json_at(vector, "expected/sector_orthogonalised_on_market");
    ast_expect(orthogonal, "alpha", ols.alpha, tolerance);
    ast_expect(orthogonal, "beta", ols.beta, tolerance);
    free(stock);
    free(market);
    free(sector);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_market_model_is_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
