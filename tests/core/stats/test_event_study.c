#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "core/stats/event_study.h"
#include "tests/support/random.h"

#define COUNT 120

static void ast_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s: %.17g, expected %.17g within %g", what, got, want, tolerance);
}

static void a_fit_needs_enough_pairs_and_a_regressor_that_varies(void **state)
{
    (void)state;
    double x[] = {1, 2, 3, 4, 5, 6};
    double y[] = {1, 2, 3, 5, 4, 6};
    double flat[] = {1, 1, 1, 1, 1, 1};
    as_ols ols = {.alpha = 42};
    as_ols_pair pair;
    assert_false(as_ols_fit(y, x, 4, &ols));
    assert_false(as_ols_fit(y, flat, 6, &ols));
    assert_true(ols.alpha == 42);
    assert_true(as_ols_fit(y, x, 6, &ols));
    assert_false(as_ols_pair_fit(y, x, x, 6, &pair));
    assert_false(as_ols_pair_fit(y, x, flat, 6, &pair));
    y[1] = NAN;
    assert_true(as_ols_fit(y, x, 6, &ols));
    assert_int_equal(ols.count, 5);
    y[2] = NAN;
    assert_false(as_ols_fit(y, x, 6, &ols));
}

static void residuals_of_the_fit_are_orthogonal_to_it(void **state)
{
    (void)state;
    uint64_t seed = 61;
    print_message("seed 61\n");
    double x0[COUNT];
    double x1[COUNT];
    double y[COUNT];
    for (int t = 0; t < COUNT; t++) {
        x0[t] = 0.01 * ast_normal(&seed);
        x1[t] = 0.8 * x0[t] + 0.01 * ast_normal(&seed);
        y[t] = 0.001 + 1.2 * x0[t] - 0.5 * x1[t] + 0.01 * ast_normal(&seed);
    }
    x0[7] = NAN;
    y[90] = NAN;
    as_ols ols;
    as_ols_pair pair;
    assert_true(as_ols_fit(y, x0, COUNT, &ols));
    assert_true(as_ols_pair_fit(y, x0, x1, COUNT, &pair));
    assert_int_equal(ols.count, COUNT - 2);
    assert_int_equal(pair.count, COUNT - 2);
    double sum[5] = {0};
    for (int t = 0; t < COUNT; t++) {
        if (isnan(x0[t]) || isnan(y[t]))
            continue;
        double e = y[t] - ols.alpha - ols.beta * x0[t];
        double f = y[t] - pair.alpha - pair.beta[0] * x0[t] - pair.beta[1] * x1[t];
        sum[0] += e;
        sum[1] += e * x0[t];
        sum[2] += f;
        sum[3] += f * x0[t];
        sum[4] += f * x1[t];
    }
    for (int k = 0; k < 5; k++)
        ast_near("orthogonality", sum[k], 0, 1e-15);
    assert_true(pair.r2 > ols.r2);
}

/* First numbers of reference vector 01's event: AR, C and SAR from its printed fit. */
static void an_abnormal_return_is_the_published_one(void **state)
{
    (void)state;
    as_ols ols = {
        .count = 60, .alpha = -0.005672735982672432, .beta = 1.4642215005943988, .sigma = 0.01156464903557775};
    ols.sxx = 0.01156464903557775 * 0.01156464903557775 / (0.18480142641392414 * 0.18480142641392414);
    ols.x_mean = -0.0022 + sqrt((1.0217617928358131 - 1 - 1.0 / 60) * ols.sxx);
    as_abnormal day = as_abnormal_return(&ols, -0.069, -0.0022);
    ast_near("AR", day.ar, -0.0601059767160199, 1e-15);
    ast_near("C", day.c, 1.0217617928358131, 1e-14);
    ast_near("SAR", day.sar, -5.141743077337401, 1e-12);
}

static void a_window_of_one_day_is_that_day(void **state)
{
    (void)state;
    uint64_t seed = 62;
    double x[COUNT];
    double y[COUNT];
    for (int t = 0; t < COUNT; t++) {
        x[t] = ast_normal(&seed);
        y[t] = x[t] + ast_normal(&seed);
    }
    as_ols ols;
    assert_true(as_ols_fit(y, x, 100, &ols));
    as_abnormal day = as_abnormal_return(&ols, y[110], x[110]);
    as_abnormal_window window = as_abnormal_cumulate(&ols, y + 110, x + 110, 1);
    ast_near("CAR", window.car, day.ar, 1e-15);
    ast_near("SCAR", window.scar, day.sar, 1e-14);
    ast_near("CSAR", window.csar, day.sar, 1e-15);
    y[110] = NAN;
    window = as_abnormal_cumulate(&ols, y + 110, x + 110, 1);
    assert_int_equal(window.count, 0);
    assert_true(isnan(window.scar));
}

static void the_mean_model_has_no_regressor_and_more_certainty(void **state)
{
    (void)state;
    double y[] = {1, 2, 3, 4, 5};
    as_ols ols;
    assert_false(as_ols_fit_mean(y, 4, &ols));
    assert_true(as_ols_fit_mean(y, 5, &ols));
    ast_near("mean", ols.alpha, 3, 1e-15);
    ast_near("sigma", ols.sigma, sqrt(2.5), 1e-15);
    as_abnormal day = as_abnormal_return(&ols, 4, 123);
    ast_near("AR", day.ar, 1, 1e-15);
    ast_near("C", day.c, 1.2, 1e-15);
    double e[] = {4, 4};
    double m[] = {7, 9};
    ast_near("SCAR", as_abnormal_cumulate(&ols, e, m, 2).scar, 2 / sqrt(2.5 * (2 + 4 / 5.0)), 1e-14);
}

static void tests_without_names_are_undefined(void **state)
{
    (void)state;
    double sar[] = {NAN, 1, 1};
    size_t m[] = {100, 4, 100};
    assert_true(isnan(as_patell_z(sar, m, 0, 1)));
    assert_true(isnan(as_patell_z(sar, m, 2, 1)));
    ast_near("one name", as_patell_z(sar, m, 3, 1), sqrt(96.0 / 98), 1e-14);
    assert_true(isnan(as_cross_section_t(sar, 2)));
    assert_true(isnan(as_cross_section_t(sar, 3)));
    assert_true(isnan(as_residual_correlation(sar, 1, 3)));
}

/* SCIENCE 2.3: with 30 names and a mean correlation of 0.2 the multiplier is 0.34. */
static void correlation_shrinks_the_tests(void **state)
{
    (void)state;
    ast_near("BMP", as_kp_multiplier_bmp(0.2, 30), 0.34, 0.005);
    ast_near("none", as_kp_multiplier_bmp(0, 30), 1, 0);
    ast_near("none", as_kp_multiplier_patell(0, 30), 1, 0);
    assert_true(isnan(as_kp_multiplier_bmp(-0.5, 30)));
    double residual[3 * COUNT];
    uint64_t seed = 63;
    for (int t = 0; t < COUNT; t++) {
        double common = ast_normal(&seed);
        residual[t] = common;
        residual[COUNT + t] = 2 * common;
        residual[2 * COUNT + t] = -common;
    }
    ast_near("rbar", as_residual_correlation(residual, 3, COUNT), -1.0 / 3, 1e-14);
}

static void ties_share_their_rank_and_missing_values_have_none(void **state)
{
    (void)state;
    double x[] = {3, 1, NAN, 3, 2, 3};
    double rank[6];
    assert_int_equal(as_rank_average(x, 6, rank), 5);
    const double want[] = {4, 1, 0, 4, 2, 4};
    for (int t = 0; t < 6; t++)
        assert_true(t == 2 ? isnan(rank[t]) : rank[t] == want[t]);
}

static void signs_are_about_the_median_even_with_ties(void **state)
{
    (void)state;
    /* medians 1, 2.5 and 2 */
    double odd[] = {1, 1, 1, 2, 3};
    double even[] = {1, 2, 3, 4, NAN};
    double tied[] = {1, 2, 2, 5, NAN};
    const double want[3][5] = {{0, 0, 0, 1, 1}, {-1, -1, 1, 1, NAN}, {-1, 0, 0, 1, NAN}};
    const double *ar[] = {odd, even, tied};
    for (int k = 0; k < 3; k++) {
        double t[5];
        double work[10];
        double s = as_rank_test(AS_RANK_SIGN, ar[k], 1, 5, t, work);
        for (int u = 0; u < 5; u++)
            assert_true(isnan(want[k][u]) ? isnan(t[u]) : fabs(t[u] * s - want[k][u]) < 1e-15);
    }
}

/* With equal histories the scaled ranks are the ranks: both statistics agree. */
static void equal_histories_make_the_two_rank_tests_equal(void **state)
{
    (void)state;
    enum { NAMES = 12 };
    uint64_t seed = 64;
    print_message("seed 64\n");
    double ar[NAMES * COUNT];
    for (int k = 0; k < NAMES * COUNT; k++)
        ar[k] = ast_normal(&seed);
    double t[COUNT];
    double u[COUNT];
    double work[2 * COUNT];
    as_rank_test(AS_RANK_CORRADO, ar, NAMES, COUNT, t, work);
    as_rank_test(AS_RANK_CORRADO_ZIVNEY, ar, NAMES, COUNT, u, work);
    double square = 0;
    for (int k = 0; k < COUNT; k++) {
        ast_near("rank", t[k], u[k], 1e-12);
        square += t[k] * t[k] / COUNT;
    }
    ast_near("variance over time", square, 1, 1e-12);
}

/* Half of the names are young: the days with few names have the same variance as those with all. */
static void unequal_histories_do_not_favour_the_days_with_many_names(void **state)
{
    (void)state;
    enum { NAMES = 12, RUNS = 50 };
    static const as_rank_kind kind[] = {AS_RANK_CORRADO_ZIVNEY, AS_RANK_SIGN};
    uint64_t seed = 66;
    print_message("seed 66\n");
    for (size_t k = 0; k < 2; k++) {
        double square[2] = {0, 0};
        for (int run = 0; run < RUNS; run++) {
            double ar[NAMES * COUNT];
            for (int i = 0; i < NAMES * COUNT; i++)
                ar[i] = i / COUNT >= NAMES / 2 && i % COUNT < COUNT / 2 ? NAN : ast_normal(&seed);
            double t[COUNT];
            double work[2 * COUNT];
            as_rank_test(kind[k], ar, NAMES, COUNT, t, work);
            for (int u = 0; u < COUNT; u++)
                square[u >= COUNT / 2] += t[u] * t[u] / (RUNS * COUNT / 2);
        }
        ast_near("few names", square[0], 1, 0.1);
        ast_near("all names", square[1], 1, 0.1);
    }
}

static void the_mean_test_statistic_of_noise_is_near_standard_normal(void **state)
{
    (void)state;
    enum { NAMES = 20, RUNS = 500 };
    uint64_t seed = 65;
    print_message("seed 65\n");
    double patell = 0;
    double bmp = 0;
    for (int run = 0; run < RUNS; run++) {
        double sar[NAMES];
        size_t m[NAMES];
        for (int i = 0; i < NAMES; i++) {
            double x[61];
            double y[61];
            for (int t = 0; t < 61; t++) {
                x[t] = ast_normal(&seed);
                y[t] = 0.5 + x[t] + 2 * ast_normal(&seed);
            }
            as_ols ols;
            assert_true(as_ols_fit(y, x, 60, &ols));
            sar[i] = as_abnormal_return(&ols, y[60], x[60]).sar;
            m[i] = ols.count;
        }
        double z = as_patell_z(sar, m, NAMES, 1);
        double b = as_cross_section_t(sar, NAMES);
        patell += z * z / RUNS;
        bmp += b * b / RUNS;
    }
    ast_near("Patell", patell, 1, 0.25);
    ast_near("BMP", bmp, 19.0 / 17, 0.3);
}

/* Ranks, signs and the fast correlation against the definitions, on values with ties and holes. */
static void ranks_are_those_of_counting(void **state)
{
    (void)state;
    uint64_t random = 11;
    for (size_t trial = 0; trial < 200; trial++) {
        double x[40];
        double rank[40];
        size_t count = (size_t)(ast_uniform(&random) * 40);
        size_t there = 0;
        for (size_t t = 0; t < count; t++) {
            x[t] = ast_uniform(&random) < 0.2 ? NAN : floor(ast_uniform(&random) * 12);
            there += isfinite(x[t]) ? 1 : 0;
        }
        assert_int_equal(as_rank_average(x, count, rank), there);
        for (size_t t = 0; t < count; t++) {
            double below = 0;
            double equal = 0;
            for (size_t u = 0; u < count; u++) {
                below += x[u] < x[t];
                equal += x[u] == x[t];
            }
            if (isfinite(x[t]))
                ast_near("rank", rank[t], below + (equal + 1) / 2, 0);
            else
                assert_true(isnan(rank[t]));
        }
    }
}

static void the_fast_correlation_is_the_mean_over_pairs(void **state)
{
    (void)state;
    enum { NAMES = 7, TIMES = 50 };
    uint64_t random = 5;
    double residual[NAMES * TIMES];
    double work[TIMES];
    for (size_t t = 0; t < TIMES; t++) {
        double common = ast_normal(&random);
        for (size_t i = 0; i < NAMES; i++)
            residual[i * TIMES + t] = 0.01 * (0.5 * common + (double)(i + 1) * ast_normal(&random)) + 3;
    }
    ast_near("mean correlation", as_residual_correlation_complete(residual, NAMES, TIMES, work),
             as_residual_correlation(residual, NAMES, TIMES), 1e-12);
    residual[20] = NAN;
    assert_true(isnan(as_residual_correlation_complete(residual, NAMES, TIMES, work)));
    assert_true(isnan(as_residual_correlation_complete(residual + TIMES, 1, TIMES, work)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fit_needs_enough_pairs_and_a_regressor_that_varies),
        cmocka_unit_test(residuals_of_the_fit_are_orthogonal_to_it),
        cmocka_unit_test(an_abnormal_return_is_the_published_one),
        cmocka_unit_test(a_window_of_one_day_is_that_day),
        cmocka_unit_test(the_mean_model_has_no_regressor_and_more_certainty),
        cmocka_unit_test(tests_without_names_are_undefined),
        cmocka_unit_test(correlation_shrinks_the_tests),
        cmocka_unit_test(ties_share_their_rank_and_missing_values_have_none),
        cmocka_unit_test(signs_are_about_the_median_even_with_ties),
        cmocka_unit_test(equal_histories_make_the_two_rank_tests_equal),
        cmocka_unit_test(unequal_histories_do_not_favour_the_days_with_many_names),
        cmocka_unit_test(the_mean_test_statistic_of_noise_is_near_standard_normal),
        cmocka_unit_test(ranks_are_those_of_counting),
        cmocka_unit_test(the_fast_correlation_is_the_mean_over_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
