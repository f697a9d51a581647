#include "tests/support/json_vector.h"

#include "core/stats/deflated_sharpe.h"

/* Vector 12: the published deflated Sharpe ratio, the expected maximum, MinBTL, and PBO by CSCV. */
static void the_published_ratios_and_the_expected_maximum(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("12_dsr_pbo.json");
    double tolerance = ast_json_number(vector, "tolerance");
    const ast_json *in = ast_json_at(vector, "inputs/dsr");
    const ast_json *expected = ast_json_at(vector, "expected");
    double year = ast_json_number(in, "periods_per_year");
    as_sharpe sharpe = {
        .count = (uint64_t)ast_json_number(in, "T"),
        .ratio = ast_json_number(in, "sr_annual") / sqrt(year),
        .skewness = ast_json_number(in, "skew"),
        .kurtosis = ast_json_number(in, "kurtosis"),
    };
    double variance = ast_json_number(in, "var_sr_annual") / year;
    ast_expect(expected, "emax_10", as_sharpe_expected_max(10), tolerance);
    ast_expect(expected, "emax_45_over_sqrt5", as_sharpe_expected_max(45) / sqrt(5), tolerance);
    ast_close("MinBTL of 45 tries", as_sharpe_min_length(45, 1), 5, 0.001);
    ast_expect(expected, "SR0_daily_N100", sqrt(variance) * as_sharpe_expected_max(100), tolerance);
    ast_expect(expected, "DSR_N100", as_sharpe_deflated(&sharpe, 100, variance), tolerance);
    ast_expect(expected, "DSR_N46", as_sharpe_deflated(&sharpe, 46, variance), tolerance);
    ast_expect(expected, "PSR_vs_0", as_sharpe_probabilistic(&sharpe, 0), tolerance);
    ast_close("published SR0", sqrt(variance) * as_sharpe_expected_max(100), 0.1132, 5e-5);
    ast_close("published DSR", as_sharpe_deflated(&sharpe, 100, variance), 0.9004, 5e-5);
    ast_json_free(vector);
}

static void the_probability_of_overfitting(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("12_dsr_pbo.json");
    double tolerance = ast_json_number(vector, "tolerance");
    size_t periods;
    size_t tries;
    size_t wanted;
    size_t splits;
    double logit[AS_PBO_SPLIT_MAX];
    double *value = ast_json_table(vector, "inputs/pbo_returns", &periods, &tries);
    double *expected = ast_json_numbers(vector, "expected/pbo_logits", &wanted);
    unsigned blocks = (unsigned)ast_json_number(vector, "inputs/pbo_blocks");
    double pbo = as_sharpe_pbo(value, periods, tries, blocks, logit, &splits);
    assert_int_equal(splits, wanted);
    for (size_t i = 0; i < splits; i++)
        ast_close("logit", logit[i], expected[i], tolerance);
    ast_close("pbo", pbo, ast_json_number(vector, "expected/pbo"), tolerance);
    free(value);
    free(expected);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_ratios_and_the_expected_maximum),
        cmocka_unit_test(the_probability_of_overfitting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
