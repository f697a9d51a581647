#include "tests/support/json_vector.h"

#include "core/stats/beta.h"

/* Vector 05: EWMA beta, recursive least squares with forgetting, random-walk Kalman beta. */

typedef struct ast_series {
    ast_json *vector;
    double tolerance;
    double *x, *y;
    size_t count;
} ast_series;

static ast_series ast_open(void)
{
    ast_series series = {.vector = ast_vector("05_recursive_beta.json")};
    size_t y_count;
    series.tolerance = ast_json_number(series.vector, "tolerance");
    series.x = ast_json_numbers(series.vector, "inputs/x_market", &series.count);
    series.y = ast_json_numbers(series.vector, "inputs/y_stock", &y_count);
    assert_int_equal(series.count, y_count);
    return series;
}

static void ast_close_series(ast_series *series)
{
    free(series->x);
    free(series->y);
    ast_json_free(series->vector);
}

static void the_ewma_beta_is_the_reference(void **state)
{
    (void)state;
    ast_series s = ast_open();
    const ast_json *in = ast_json_at(s.vector, "inputs/ewma");
    size_t n;
    double *beta = ast_json_numbers(s.vector, "expected/ewma_beta_after", &n);
    double *variance = ast_json_numbers(s.vector, "expected/ewma_resid_var_after", &n);
    double *z = ast_json_numbers(s.vector, "expected/ewma_z_before_update", &n);
    assert_int_equal(n, s.count);
    as_ewma_beta ewma;
    as_ewma_beta_init(&ewma, ast_json_number(in, "lambda"), ast_json_number(in, "sxx0"), ast_json_number(in, "sxy0"),
                      ast_json_number(in, "v0"));
    for (size_t i = 0; i < s.count; i++) {
        as_innovation innovation = as_ewma_beta_update(&ewma, s.x[i], s.y[i]);
        ast_close("z", innovation.z, z[i], s.tolerance);
        ast_close("beta", as_ewma_beta_value(&ewma), beta[i], s.tolerance);
        ast_close_relative("variance", ewma.v, variance[i], s.tolerance);
    }
    free(beta);
    free(variance);
    free(z);
    ast_close_series(&s);
}

static void the_recursive_least_squares_are_the_reference(void **state)
{
    (void)state;
    ast_series s = ast_open();
    size_t rows;
    size_t columns;
    double *want = ast_json_table(s.vector, "expected/rls_alpha_beta_P00_P01_P11_after", &rows, &columns);
    assert_int_equal(rows, s.count);
    assert_int_equal(columns, 5);
    as_rls rls;
    as_rls_init(&rls, ast_json_number(s.vector, "inputs/rls/lambda"), ast_json_number(s.vector, "inputs/rls/P0_diag"),
                1e6);
    for (size_t i = 0; i < s.count; i++) {
        as_rls_update(&rls, 100 * s.x[i], 100 * s.y[i]);
        const double *row = want + 5 * i;
        ast_close("alpha", rls.alpha, row[0], s.tolerance);
        ast_close("beta", rls.beta, row[1], s.tolerance);
        ast_close("P00", rls.p00, row[2], s.tolerance);
        ast_close("P01", rls.p01, row[3], s.tolerance);
        ast_close("P11", rls.p11, row[4], s.tolerance);
    }
    assert_int_equal(rls.resets, 0);
    free(want);
    ast_close_series(&s);
}

static void the_kalman_beta_is_the_reference(void **state)
{
    (void)state;
    ast_series s = ast_open();
    const ast_json *in = ast_json_at(s.vector, "inputs/kalman");
    size_t rows;
    size_t columns;
    double *want = ast_json_table(s.vector, "expected/kalman_beta_P_innov_S_z_after", &rows, &columns);
    assert_int_equal(rows, s.count);
    assert_int_equal(columns, 5);
    as_kalman_beta kalman;
    as_kalman_beta_init(&kalman, ast_json_number(in, "beta0"), ast_json_number(in, "P0"), ast_json_number(in, "q"),
                        ast_json_number(in, "r"));
    for (size_t i = 0; i < s.count; i++) {
        as_innovation innovation = as_kalman_beta_update(&kalman, s.x[i], s.y[i]);
        const double *row = want + 5 * i;
        ast_close("beta", kalman.beta, row[0], s.tolerance);
        ast_close("P", kalman.p, row[1], s.tolerance);
        ast_close("innovation", innovation.residual, row[2], s.tolerance);
        ast_close_relative("S", innovation.variance, row[3], s.tolerance);
        ast_close("z", innovation.z, row[4], s.tolerance);
    }
    free(want);
    ast_close_series(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ewma_beta_is_the_reference),
        cmocka_unit_test(the_recursive_least_squares_are_the_reference),
        cmocka_unit_test(the_kalman_beta_is_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
