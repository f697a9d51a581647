#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/stats/calibration.h"
#include "tests/support/random.h"

#define COUNT 2000

static void ast_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s: %.17g, expected %.17g within %g", what, got, want, tolerance);
}

/* Forecasts and outcomes of reference vector 09. */
static const double vector_p[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.5, 0.5, 0.5,
                                  0.5, 0.5, 0.5, 0.7, 0.7, 0.7, 0.7, 0.9, 0.9, 0.9, 0.9, 0.9};
static const double vector_y[] = {0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1};

static void the_published_scores_are_reproduced(void **state)
{
    (void)state;
    as_calibration_bin bin[8];
    size_t bins = as_calibration_bins(vector_p, vector_y, 24, bin, 8);
    assert_int_equal(bins, 5);
    as_calibration_score score = as_calibration_measure(vector_p, vector_y, 24, bin, bins);
    ast_near("Brier", score.brier, 0.19666666666666668, 1e-15);
    ast_near("REL", score.reliability, 0.005, 1e-15);
    ast_near("RES", score.resolution, 0.058333333333333334, 1e-15);
    ast_near("log loss", score.log_loss, 0.5897888611206099, 1e-14);
    ast_near("ECE", score.ece, 0.058333333333333334, 1e-15);
}

static void no_forecasts_have_no_score_and_too_many_bins_are_refused(void **state)
{
    (void)state;
    as_calibration_bin bin[4] = {{0}};
    assert_true(isnan(as_calibration_measure(NULL, NULL, 0, bin, 0).brier));
    assert_int_equal(as_calibration_bins(vector_p, vector_y, 24, bin, 4), 0);
    assert_int_equal(as_calibration_bins_equal(vector_p, vector_y, 24, bin, 0), 0);
}

static void a_certain_and_wrong_forecast_has_a_finite_loss(void **state)
{
    (void)state;
    double p[] = {1, 0};
    double y[] = {0, 1};
    as_calibration_bin bin[2];
    size_t bins = as_calibration_bins(p, y, 2, bin, 2);
    as_calibration_score score = as_calibration_measure(p, y, 2, bin, bins);
    ast_near("log loss", score.log_loss, 34.5387763949107, 0.2);
    assert_true(score.brier == 1);
    y[0] = y[1] = 1;
    score = as_calibration_measure(p, y, 2, bin, as_calibration_bins(p, y, 2, bin, 2));
    assert_true(isnan(score.skill));
}

static void the_parts_add_up_to_the_score(void **state)
{
    (void)state;
    print_message("seeds 1..20\n");
    for (uint64_t first = 1; first <= 20; first++) {
        uint64_t seed = first;
        double p[COUNT];
        double y[COUNT];
        for (int i = 0; i < COUNT; i++) {
            p[i] = (double)(ast_random(&seed) % 41) / 40;
            y[i] = ast_uniform(&seed) < p[i] * p[i];
        }
        as_calibration_bin bin[64];
        size_t bins = as_calibration_bins(p, y, COUNT, bin, 64);
        assert_int_equal(bins, 41);
        for (size_t k = 1; k < bins; k++)
            assert_true(bin[k - 1].p < bin[k].p);
        as_calibration_score score = as_calibration_measure(p, y, COUNT, bin, bins);
        ast_near("identity", score.reliability - score.resolution + score.uncertainty, score.brier, 1e-13);
        ast_near("skill", score.skill, 1 - score.brier / score.uncertainty, 1e-13);
    }
}

static void equal_bins_hold_every_forecast_once(void **state)
{
    (void)state;
    uint64_t seed = 3;
    double p[COUNT];
    double y[COUNT];
    for (int i = 0; i < COUNT; i++) {
        p[i] = i == 0 ? 1 : ast_uniform(&seed) * 0.5;
        y[i] = 1;
    }
    as_calibration_bin bin[10];
    size_t bins = as_calibration_bins_equal(p, y, COUNT, bin, 10);
    assert_int_equal(bins, 6);
    size_t total = 0;
    for (size_t k = 0; k < bins; k++) {
        total += bin[k].count;
        assert_true(bin[k].observed == 1);
    }
    assert_int_equal(total, COUNT);
    assert_true(bin[5].p == 1 && bin[5].count == 1);
}

/* The fit is monotone, keeps the weighted mean, and each run of it is the mean of its bins. */
static void the_isotonic_fit_is_the_pooled_mean(void **state)
{
    (void)state;
    print_message("seeds 1..200\n");
    for (uint64_t first = 1; first <= 200; first++) {
        uint64_t seed = first;
        enum { BINS = 30 };
        as_calibration_bin bin[BINS];
        as_calibration_bin block[BINS];
        double fit[BINS];
        double before = 0;
        double after = 0;
        for (int k = 0; k < BINS; k++) {
            bin[k] = (as_calibration_bin){.p = k / 30.0, .count = 1 + ast_random(&seed) % 9};
            bin[k].observed = (double)(ast_random(&seed) % 11) / 10;
            before += bin[k].observed * (double)bin[k].count;
        }
        as_calibration_isotonic(bin, BINS, fit, block);
        for (int k = 0; k < BINS; k++) {
            after += fit[k] * (double)bin[k].count;
            assert_true(k == 0 || fit[k] >= fit[k - 1]);
        }
        ast_near("weighted sum", after, before, 1e-11);
        /* max over starts of min over ends of the mean between: the min-max formula of isotonic regression */
        for (int k = 0; k < BINS; k++) {
            double best = -INFINITY;
            for (int from = 0; from <= k; from++) {
                double least = INFINITY;
                double sum = 0;
                double weight = 0;
                for (int to = from; to < BINS; to++) {
                    sum += bin[to].observed * (double)bin[to].count;
                    weight += (double)bin[to].count;
                    if (to >= k && sum / weight < least)
                        least = sum / weight;
                }
                best = least > best ? least : best;
            }
            ast_near("isotonic", fit[k], best, 1e-12);
        }
    }
}

static void recalibrated_values_are_interpolated_and_held_at_the_ends(void **state)
{
    (void)state;
    const as_calibration_bin bin[] = {{.p = 0.2}, {.p = 0.6}};
    const double fit[] = {0.1, 0.5};
    ast_near("below", as_calibration_isotonic_value(bin, fit, 2, 0), 0.1, 0);
    ast_near("at", as_calibration_isotonic_value(bin, fit, 2, 0.2), 0.1, 0);
    ast_near("between", as_calibration_isotonic_value(bin, fit, 2, 0.4), 0.3, 1e-15);
    ast_near("above", as_calibration_isotonic_value(bin, fit, 2, 0.9), 0.5, 0);
    assert_true(isnan(as_calibration_isotonic_value(bin, fit, 0, 0.9)));
    assert_true(isnan(as_calibration_isotonic_value(bin, fit, 2, NAN)));
}

static void the_curve_needs_both_outcomes_and_some_overlap(void **state)
{
    (void)state;
    double score[] = {1, 2, 3, 4};
    double ones[] = {1, 1, 1, 1};
    double split[] = {0, 0, 1, 1};
    double touching[] = {0, 1, 1, 1};
    double same[] = {2, 2, 2, 2};
    double tied[] = {1, 2, 2, 3};
    as_platt platt = {.intercept = 7, .slope = 7};
    assert_int_equal(as_platt_fit(score, ones, 4, &platt), AS_PLATT_ONE_CLASS);
    assert_int_equal(as_platt_fit(same, split, 4, &platt), AS_PLATT_ONE_CLASS);
    assert_int_equal(as_platt_fit(score, split, 4, &platt), AS_PLATT_SEPARATED);
    assert_int_equal(as_platt_fit(score, touching, 4, &platt), AS_PLATT_SEPARATED);
    assert_int_equal(as_platt_fit(tied, split, 4, &platt), AS_PLATT_SEPARATED);
    assert_int_equal(as_platt_fit(score, split, 0, &platt), AS_PLATT_ONE_CLASS);
    assert_true(platt.intercept == 7 && platt.slope == 7);
}

/* At the maximum the forecasts have the mean and the score-weighted mean of the outcomes. */
static void the_curve_is_the_maximum_of_the_likelihood(void **state)
{
    (void)state;
    print_message("seeds 1..20\n");
    for (uint64_t first = 1; first <= 20; first++) {
        uint64_t seed = first;
        double score[COUNT];
        double y[COUNT];
        for (int i = 0; i < COUNT; i++) {
            score[i] = 3 * ast_normal(&seed);
            y[i] = ast_uniform(&seed) < 1 / (1 + exp(-(0.4 - 1.2 * score[i])));
        }
        as_platt platt;
        assert_int_equal(as_platt_fit(score, y, COUNT, &platt), AS_PLATT_OK);
        ast_near("intercept", platt.intercept, 0.4, 0.4);
        ast_near("slope", platt.slope, -1.2, 0.25);
        double g0 = 0;
        double g1 = 0;
        for (int i = 0; i < COUNT; i++) {
            g0 += (y[i] - as_platt_value(&platt, score[i])) / COUNT;
            g1 += (y[i] - as_platt_value(&platt, score[i])) * score[i] / COUNT;
        }
        ast_near("gradient", g0, 0, 1e-12);
        ast_near("gradient", g1, 0, 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_scores_are_reproduced),
        cmocka_unit_test(no_forecasts_have_no_score_and_too_many_bins_are_refused),
        cmocka_unit_test(a_certain_and_wrong_forecast_has_a_finite_loss),
        cmocka_unit_test(the_parts_add_up_to_the_score),
        cmocka_unit_test(equal_bins_hold_every_forecast_once),
        cmocka_unit_test(the_isotonic_fit_is_the_pooled_mean),
        cmocka_unit_test(recalibrated_values_are_interpolated_and_held_at_the_ends),
        cmocka_unit_test(the_curve_needs_both_outcomes_and_some_overlap),
        cmocka_unit_test(the_curve_is_the_maximum_of_the_likelihood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
