#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/stats/beta.h"
#include "tests/support/random.h"

static void ast_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want) + 1e-300))
        fail_msg("%s: %.17g, expected %.17g within a fraction of %g", what, got, want, tolerance);
}

#define PAIRS 400

static void ast_pairs(uint64_t seed, double *x, double *y)
{
    for (int i = 0; i < PAIRS; i++) {
        x[i] = 0.01 * ast_normal(&seed);
        y[i] = 1.4 * x[i] + 0.02 * ast_normal(&seed);
    }
}

static void the_model_has_no_estimate_before_two_returns(void **state)
{
    (void)state;
    as_market_model model;
    as_market_model_init(&model, 0.94, 60);
    assert_true(isnan(as_market_model_beta(&model)));
    assert_true(isnan(as_market_model_variance(&model)));
    assert_true(isnan(as_market_model_update(&model, 0.01, 0.02)));
    assert_true(isnan(as_market_model_beta(&model)));
    assert_true(isnan(as_market_model_update(&model, 0.02, 0.01)));
    ast_near("beta of two", as_market_model_beta(&model), (0.0002 + 0.0002) / 0.0005, 1e-14);
    assert_true(isfinite(as_market_model_update(&model, 0.02, 0.01)));
    assert_int_equal(model.n, 3);
}

static void a_missing_return_changes_nothing(void **state)
{
    (void)state;
    as_market_model model;
    as_market_model_init(&model, 0.94, 60);
    as_market_model_update(&model, 0.01, 0.02);
    as_market_model_update(&model, 0.02, 0.01);
    as_market_model before = model;
    assert_true(isnan(as_market_model_update(&model, NAN, 0.01)));
    assert_true(isnan(as_market_model_update(&model, 0.01, INFINITY)));
    assert_memory_equal(&before, &model, sizeof model);
}

static void a_market_that_never_moves_gives_no_beta(void **state)
{
    (void)state;
    as_market_model model;
    as_market_model_init(&model, 0.94, 60);
    for (int i = 0; i < 100; i++)
        assert_true(isnan(as_market_model_update(&model, 0, 0.01)));
    assert_true(isnan(as_market_model_beta(&model)));
    assert_true(isnan(as_market_model_variance(&model)));
}

static void a_name_that_is_the_market_has_beta_one_and_the_least_variance(void **state)
{
    (void)state;
    uint64_t seed = 3;
    as_market_model model;
    as_market_model_init(&model, 0.94, 60);
    for (int i = 0; i < 200; i++) {
        double x = 0.01 * ast_normal(&seed);
        as_market_model_update(&model, x, x);
        if (i >= 1) {
            ast_near("beta", as_market_model_beta(&model), 1, 1e-15);
            assert_true(as_market_model_variance(&model) == AS_VARIANCE_FLOOR);
        }
    }
}

/* The batch straight from its definition, at every count up to the full one. */
static void the_batch_is_its_definition_at_every_count(void **state)
{
    (void)state;
    double x[PAIRS];
    double y[PAIRS];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        ast_pairs(seed, x, y);
        x[7] = 0;
        as_market_model model;
        as_market_model_init(&model, 0.94, 60);
        double xx = 0;
        double xy = 0;
        for (int n = 1; n <= AS_MARKET_MODEL_BATCH; n++) {
            double old = n > 2 ? xy / xx : NAN;
            double e = as_market_model_update(&model, x[n - 1], y[n - 1]);
            assert_true(n > 2 ? fabs(e - (y[n - 1] - old * x[n - 1])) < 1e-15 : isnan(e));
            xx += x[n - 1] * x[n - 1];
            xy += x[n - 1] * y[n - 1];
            double rest = 0;
            for (int i = 0; i < n; i++)
                rest += (y[i] - xy / xx * x[i]) * (y[i] - xy / xx * x[i]);
            if (n < 2)
                continue;
            ast_near("beta", as_market_model_beta(&model), xy / xx, 1e-12);
            ast_near("variance", as_market_model_variance(&model), rest / n, 1e-11);
        }
    }
}

static void after_the_batch_the_update_is_the_published_recursion(void **state)
{
    (void)state;
    double x[PAIRS];
    double y[PAIRS];
    ast_pairs(20260701, x, y);
    print_message("seed 20260701\n");
    as_market_model model;
    as_market_model_init(&model, 0.94, 60);
    double lambda = pow(2, -1.0 / 60);
    double sxx = 0;
    double sxy = 0;
    double v = 0;
    for (int i = 0; i < 60; i++) {
        as_market_model_update(&model, x[i], y[i]);
        sxx += x[i] * x[i] / 60;
        sxy += x[i] * y[i] / 60;
    }
    for (int i = 0; i < 60; i++)
        v += (y[i] - sxy / sxx * x[i]) * (y[i] - sxy / sxx * x[i]) / 60;
    for (int i = 60; i < PAIRS; i++) {
        double want = y[i] - sxy / sxx * x[i];
        double e = as_market_model_update(&model, x[i], y[i]);
        assert_true(fabs(e - want) < 1e-14);
        v = 0.94 * v + 0.06 * want * want;
        sxx = lambda * sxx + (1 - lambda) * x[i] * x[i];
        sxy = lambda * sxy + (1 - lambda) * x[i] * y[i];
        ast_near("beta", as_market_model_beta(&model), sxy / sxx, 1e-12);
        ast_near("variance", as_market_model_variance(&model), v, 1e-12);
    }
    assert_int_equal(model.n, PAIRS);
}

/* First rows of reference vector 05. */
static void the_recursive_estimators_begin_as_published(void **state)
{
    (void)state;
    const double x = 0.001826;
    const double y = 0.002968;
    as_ewma_beta ewma;
    as_ewma_beta_init(&ewma, 0.94, 1e-6, 1e-6, 4e-6);
    as_innovation innovation = as_ewma_beta_update(&ewma, x, y);
    ast_near("ewma z", innovation.z, 0.571, 1e-12);
    ast_near("ewma beta", as_ewma_beta_value(&ewma), 1.1097467655464393, 1e-12);
    ast_near("ewma variance", ewma.v, 3.83824984e-06, 1e-12);

    as_rls rls;
    as_rls_init(&rls, 0.98, 1000, 1e6);
    as_rls_update(&rls, 100 * x, 100 * y);
    ast_near("rls alpha", rls.alpha, 0.28695104804616306, 1e-9);
    ast_near("rls beta", rls.beta, 0.05239726137322938, 1e-9);
    ast_near("rls P01", rls.p01, -180.14350821424918, 1e-9);

    as_kalman_beta kalman;
    as_kalman_beta_init(&kalman, 1, 1, 0.001, 4e-6);
    innovation = as_kalman_beta_update(&kalman, x, y);
    ast_near("kalman innovation", innovation.residual, 0.001142, 1e-9);
    ast_near("kalman S", innovation.variance, 7.337610275999999e-06, 1e-9);
    ast_near("kalman beta", kalman.beta, 1.284476445802448, 1e-9);
    ast_near("kalman P", kalman.p, 0.5456817477886993, 1e-9);
}

static void least_squares_without_forgetting_find_a_line(void **state)
{
    (void)state;
    uint64_t seed = 11;
    as_rls rls;
    as_rls_init(&rls, 1, 1e5, 1e6);
    for (int i = 0; i < 200; i++) {
        double x = ast_normal(&seed);
        as_rls_update(&rls, x, 0.25 - 1.5 * x);
    }
    assert_true(fabs(rls.alpha - 0.25) < 1e-5);
    assert_true(fabs(rls.beta + 1.5) < 1e-5);
}

static void a_still_market_does_not_blow_up_least_squares(void **state)
{
    (void)state;
    as_rls rls;
    as_rls_init(&rls, 0.98, 1000, 1e6);
    for (int i = 0; i < 100000; i++) {
        as_rls_update(&rls, 0, 0.01);
        assert_true(rls.p00 + rls.p11 <= 1e6 * (1 + 1e-12));
        assert_true(rls.p00 > 0 && rls.p11 > 0);
    }
    uint64_t seed = 5;
    for (int i = 0; i < 500; i++) {
        double x = ast_normal(&seed);
        as_rls_update(&rls, x, 2 * x);
    }
    /* 0.98^500: what is left of the time before */
    assert_true(fabs(rls.beta - 2) < 1e-3);
    assert_true(fabs(rls.alpha) < 1e-3);
}

static void least_squares_survive_numbers_that_cancel_or_overflow(void **state)
{
    (void)state;
    as_rls rls;
    as_rls_init(&rls, 0.98, 1000, 1e6);
    as_rls_update(&rls, 1e150, 1);
    assert_true(rls.resets > 0);
    as_rls_update(&rls, 1e-150, 1e300);
    as_rls_update(&rls, 1e200, -1e300);
    as_rls_update(&rls, 1e300, 1e300);
    assert_true(isfinite(rls.p00) && isfinite(rls.p01) && isfinite(rls.p11));
    assert_true(isfinite(rls.alpha) && isfinite(rls.beta));
}

static void the_kalman_variance_stays_positive_and_follows_a_break(void **state)
{
    (void)state;
    uint64_t seed = 17;
    as_kalman_beta kalman;
    as_kalman_beta_init(&kalman, 1, 1, 1e-3, 1e-6);
    for (int i = 0; i < 2000; i++) {
        double x = 0.01 * ast_normal(&seed);
        double beta = i < 1000 ? 1 : 3;
        as_kalman_beta_update(&kalman, x, beta * x + 0.001 * ast_normal(&seed));
        assert_true(kalman.p > 0);
    }
    assert_true(fabs(kalman.beta - 3) < 0.5);
    as_kalman_beta before = kalman;
    assert_true(isnan(as_kalman_beta_update(&kalman, NAN, 0).z));
    assert_memory_equal(&before, &kalman, sizeof kalman);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_has_no_estimate_before_two_returns),
        cmocka_unit_test(a_missing_return_changes_nothing),
        cmocka_unit_test(a_market_that_never_moves_gives_no_beta),
        cmocka_unit_test(a_name_that_is_the_market_has_beta_one_and_the_least_variance),
        cmocka_unit_test(the_batch_is_its_definition_at_every_count),
        cmocka_unit_test(after_the_batch_the_update_is_the_published_recursion),
        cmocka_unit_test(the_recursive_estimators_begin_as_published),
        cmocka_unit_test(least_squares_without_forgetting_find_a_line),
        cmocka_unit_test(a_still_market_does_not_blow_up_least_squares),
        cmocka_unit_test(least_squares_survive_numbers_that_cancel_or_overflow),
        cmocka_unit_test(the_kalman_variance_stays_positive_and_follows_a_break),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
