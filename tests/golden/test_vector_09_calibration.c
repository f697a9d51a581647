#include "tests/support/json_vector.h"

#include "core/stats/calibration.h"

/* Vector 09: Brier score and its parts, isotonic regression, Platt's curve. */
static void the_scores_and_the_recalibrations_are_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("09_brier_calibration.json");
    double tolerance = ast_json_number(vector, "tolerance");
    const ast_json *expected = ast_json_at(vector, "expected");
    size_t count;
    double *p = ast_json_numbers(vector, "inputs/p", &count);
    double *y = ast_json_numbers(vector, "inputs/y", &count);
    double *scores = ast_json_numbers(vector, "inputs/platt_scores", &count);

    as_calibration_bin bin[16];
    as_calibration_bin block[16];
    double fit[16];
    size_t bins = as_calibration_bins(p, y, count, bin, 16);
    const ast_json *rows = ast_json_at(expected, "bins_p_n_obs");
    assert_int_equal(bins, rows->item_count);
    as_calibration_isotonic(bin, bins, fit, block);
    for (size_t k = 0; k < bins; k++) {
        ast_close("p", bin[k].p, rows->item[k].item[0].number, tolerance);
        assert_int_equal(bin[k].count, (size_t)rows->item[k].item[1].number);
        ast_close("observed", bin[k].observed, rows->item[k].item[2].number, tolerance);
        ast_close("isotonic", fit[k], ast_json_at(expected, "isotonic_fit_per_bin")->item[k].number, tolerance);
    }

    as_calibration_score score = as_calibration_measure(p, y, count, bin, bins);
    ast_expect(expected, "brier", score.brier, tolerance);
    ast_expect(expected, "reliability", score.reliability, tolerance);
    ast_expect(expected, "resolution", score.resolution, tolerance);
    ast_expect(expected, "uncertainty", score.uncertainty, tolerance);
    ast_expect(expected, "identity_rel_minus_res_plus_unc", score.reliability - score.resolution + score.uncertainty,
               tolerance);
    ast_expect(expected, "brier_skill_score", score.skill, tolerance);
    ast_expect(expected, "log_loss", score.log_loss, tolerance);
    ast_expect(expected, "ece_unique_bins", score.ece, tolerance);
    ast_expect(expected, "base_rate", score.base_rate, tolerance);

    as_platt platt;
    assert_int_equal(as_platt_fit(scores, y, count, &platt), AS_PLATT_OK);
    const ast_json *line = ast_json_at(expected, "platt_a_intercept_b_slope");
    ast_close("intercept", platt.intercept, line->item[0].number, tolerance);
    ast_close("slope", platt.slope, line->item[1].number, tolerance);
    free(p);
    free(y);
    free(scores);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_scores_and_the_recalibrations_are_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
