#include "tests/support/json_vector.h"

#include "core/stats/event_study.h"

/* Vector 02: six names, 80 estimation and 5 event days: CAR, Patell, BMP, Kolari-Pynnonen. */

#define NAMES 6
#define DAYS 5
#define ESTIMATION 80

typedef struct ast_study {
    as_ols ols[NAMES];
    as_abnormal day[NAMES][DAYS];
    as_abnormal_window window[NAMES];
    double residual[NAMES * ESTIMATION];
} ast_study;

static ast_study ast_run(const ast_json *vector)
{
    size_t rows;
    size_t names;
    size_t days;
    double *r = ast_json_table(vector, "inputs/returns_rows_time_cols_firm", &rows, &names);
    double *market = ast_json_numbers(vector, "inputs/market", &days);
    assert_int_equal(rows, ESTIMATION + DAYS);
    assert_int_equal(days, rows);
    assert_int_equal(names, NAMES);
    ast_study study;
    for (size_t i = 0; i < NAMES; i++) {
        double y[ESTIMATION + DAYS];
        for (size_t t = 0; t < rows; t++)
            y[t] = r[t * NAMES + i];
        assert_true(as_ols_fit(y, market, ESTIMATION, &study.ols[i]));
        for (size_t t = 0; t < ESTIMATION; t++)
            study.residual[i * ESTIMATION + t] = as_abnormal_return(&study.ols[i], y[t], market[t]).ar;
        for (size_t t = 0; t < DAYS; t++)
            study.day[i][t] = as_abnormal_return(&study.ols[i], y[ESTIMATION + t], market[ESTIMATION + t]);
        study.window[i] = as_abnormal_cumulate(&study.ols[i], y + ESTIMATION, market + ESTIMATION, DAYS);
    }
    free(r);
    free(market);
    return study;
}

static double ast_item(const ast_json *expected, const char *path, size_t i)
{
    const ast_json *node = ast_json_at(expected, path);
    assert_true(i < node->item_count);
    return node->item[i].number;
}

static void every_name_is_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("02_car_patell_bmp_kp.json");
    double tolerance = ast_json_number(vector, "tolerance");
    const ast_json *expected = ast_json_at(vector, "expected");
    ast_study study = ast_run(vector);
    double caar = 0;
    for (size_t i = 0; i < NAMES; i++) {
        ast_close("alpha", study.ols[i].alpha, ast_item(expected, "alpha", i), tolerance);
        ast_close("beta", study.ols[i].beta, ast_item(expected, "beta", i), tolerance);
        ast_close("sigma", study.ols[i].sigma, ast_item(expected, "sigma_df_n_minus_2", i), tolerance);
        ast_close("CAR", study.window[i].car, ast_item(expected, "CAR", i), tolerance);
        ast_close("SCAR", study.window[i].scar, ast_item(expected, "SCAR", i), tolerance);
        ast_close("CSAR", study.window[i].csar, ast_item(expected, "CSAR", i), tolerance);
        caar += study.window[i].car / NAMES;
        for (size_t t = 0; t < DAYS; t++) {
            const ast_json *ar = &ast_json_at(expected, "AR_event")->item[t];
            const ast_json *sar = &ast_json_at(expected, "SAR_event")->item[t];
            ast_close("AR", study.day[i][t].ar, ar->item[i].number, tolerance);
            ast_close("SAR", study.day[i][t].sar, sar->item[i].number, tolerance);
        }
    }
    ast_expect(expected, "CAAR", caar, tolerance);
    ast_json_free(vector);
}

static void every_test_is_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("02_car_patell_bmp_kp.json");
    double tolerance = ast_json_number(vector, "tolerance");
    const ast_json *expected = ast_json_at(vector, "expected");
    ast_study study = ast_run(vector);
    double rbar = as_residual_correlation(study.residual, NAMES, ESTIMATION);
    double kp_bmp = as_kp_multiplier_bmp(rbar, NAMES);
    double kp_patell = as_kp_multiplier_patell(rbar, NAMES);
    ast_expect(expected, "mean_pairwise_residual_corr", rbar, tolerance);
    ast_expect(expected, "kp_multiplier_bmp", kp_bmp, tolerance);
    ast_expect(expected, "kp_multiplier_patell", kp_patell, tolerance);

    size_t m[NAMES];
    double csar[NAMES];
    double scar[NAMES];
    for (size_t i = 0; i < NAMES; i++) {
        m[i] = study.ols[i].count;
        csar[i] = study.window[i].csar;
        scar[i] = study.window[i].scar;
    }
    for (size_t t = 0; t < DAYS; t++) {
        double ar[NAMES];
        double sar[NAMES];
        for (size_t i = 0; i < NAMES; i++) {
            ar[i] = study.day[i][t].ar;
            sar[i] = study.day[i][t].sar;
        }
        double patell = as_patell_z(sar, m, NAMES, 1);
        double bmp = as_cross_section_t(sar, NAMES);
        ast_close("Patell", patell, ast_item(expected, "patell_z_by_day", t), tolerance);
        ast_close("BMP", bmp, ast_item(expected, "bmp_t_by_day", t), tolerance);
        ast_close("t", as_cross_section_t(ar, NAMES), ast_item(expected, "cross_sectional_t_by_day", t), tolerance);
        ast_close("KP BMP", bmp * kp_bmp, ast_item(expected, "kp_adj_bmp_by_day", t), tolerance);
        ast_close("KP Patell", patell * kp_patell, ast_item(expected, "kp_adj_patell_by_day", t), tolerance);
    }
    ast_expect(expected, "patell_z_car", as_patell_z(csar, m, NAMES, DAYS), tolerance);
    ast_expect(expected, "bmp_t_car", as_cross_section_t(scar, NAMES), tolerance);
    ast_expect(expected, "kp_adj_bmp_car", as_cross_section_t(scar, NAMES) * kp_bmp, tolerance);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_the_reference),
        cmocka_unit_test(every_test_is_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
