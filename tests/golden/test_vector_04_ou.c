#include "tests/support/json_vector.h"

#include "core/stats/ou.h"

/* Vector 04: exact OU fit, Avellaneda and Lee's s-score, their position rule. */

static void the_exact_fit_is_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("04_ou_mle_sscore.json");
    double tolerance = ast_json_number(vector, "tolerance");
    double dt = ast_json_number(vector, "inputs/dt_years");
    size_t count;
    double *x = ast_json_numbers(vector, "inputs/x", &count);

    as_ou ou;
    assert_int_equal(as_ou_fit(x, count, dt, &ou), AS_OU_OK);
    const ast_json *expected = ast_json_at(vector, "expected");
    ast_expect(expected, "ar1_a", ou.a, tolerance);
    ast_expect(expected, "ar1_b", ou.b, tolerance);
    ast_expect(expected, "resid_var_mle", ou.ve, tolerance);
    ast_expect(expected, "kappa", ou.k, tolerance);
    ast_expect(expected, "mu", ou.m, tolerance);
    ast_expect(expected, "sigma", ou.s, tolerance);
    ast_expect(expected, "sigma_eq", ou.s_eq, tolerance);
    ast_expect(expected, "half_life_days", ou.half_life / dt, tolerance);
    ast_expect(expected, "loglik", as_ou_log_likelihood(&ou), tolerance);
    ast_expect(expected, "s_score_last", as_ou_score(&ou, x[count - 1]), tolerance);
    ast_expect(expected, "b_bias_corrected_marriott_pope", ou.b_corrected, tolerance);
    ast_expect(expected, "kappa_bias_corrected", ou.k_corrected, tolerance);
    ast_expect(expected, "half_life_days_bias_corrected", ou.half_life_corrected / dt, tolerance);
    ast_expect(expected, "forecast_5d_from_last", as_ou_forecast(&ou, x[count - 1], 5 * dt), tolerance);
    free(x);
    ast_json_free(vector);
}

static void the_pair_fit_is_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("04_ou_mle_sscore.json");
    double tolerance = ast_json_number(vector, "tolerance");
    double dt = ast_json_number(vector, "inputs/dt_years");
    size_t count;
    size_t factor_count;
    double *stock = ast_json_numbers(vector, "inputs/al_stock_60d", &count);
    double *factor = ast_json_numbers(vector, "inputs/al_etf_60d", &factor_count);
    assert_int_equal(count, factor_count);

    as_ou_pair pair;
    assert_int_equal(as_ou_fit_pair(stock, factor, count, dt, &pair), AS_OU_OK);
    const ast_json *expected = ast_json_at(vector, "expected/al");
    ast_expect(expected, "alpha_daily", pair.alpha, tolerance);
    ast_expect(expected, "beta", pair.beta, tolerance);
    ast_expect(expected, "a", pair.ou.a, tolerance);
    ast_expect(expected, "b", pair.ou.b, tolerance);
    ast_expect(expected, "var_zeta_ddof1", pair.ou.ve, tolerance);
    ast_expect(expected, "kappa_annual", pair.ou.k, tolerance);
    ast_expect(expected, "m", pair.ou.m, tolerance);
    ast_expect(expected, "sigma_eq", pair.ou.s_eq, tolerance);
    ast_expect(expected, "s_score", pair.score, tolerance);
    ast_expect(expected, "s_mod", pair.score_drift, tolerance);
    ast_expect(expected, "half_life_days", pair.ou.half_life / dt, tolerance);
    assert_int_equal(pair.ou.k > AS_OU_SPEED_MIN, ast_json_number(expected, "kappa_filter_pass_gt_8.4"));
    free(stock);
    free(factor);
    ast_json_free(vector);
}

static void the_position_sequence_is_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("04_ou_mle_sscore.json");
    size_t count;
    size_t expected_count;
    double *score = ast_json_numbers(vector, "inputs/al_s_sequence", &count);
    double *expected = ast_json_numbers(vector, "expected/al_positions", &expected_count);
    assert_int_equal(count, expected_count);
    int position = 0;
    for (size_t i = 0; i < count; i++) {
        position = as_ou_position(position, score[i]);
        assert_int_equal(position, (int)expected[i]);
    }
    free(score);
    free(expected);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exact_fit_is_the_reference),
        cmocka_unit_test(the_pair_fit_is_the_reference),
        cmocka_unit_test(the_position_sequence_is_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
