#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/stats/kalman_pair.h"
#include "tests/support/random.h"

static const as_sym2 nothing = {0, 0, 0};

static void ast_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * (1 + fabs(want))))
        fail_msg("%s: %.17g, expected %.17g", what, got, want);
}

/* Without drift the filter is Bayes' regression: (P0^-1 + X'X/r)^-1 (P0^-1 theta0 + X'y/r). */
static void without_drift_it_is_the_regression_with_a_prior(void **state)
{
    (void)state;
    uint64_t seed = 7;
    double r = 4e-4;
    as_kalman_pair filter;
    as_kalman_pair_init(&filter, 0.1, 0.5, (as_sym2){2, 0.3, 1}, nothing, r, 1);
    double det = 2 * 1 - 0.3 * 0.3;
    double aa = 1 / det, ab = -0.3 / det, bb = 2 / det; /* information */
    double va = aa * 0.1 + ab * 0.5, vb = ab * 0.1 + bb * 0.5;
    for (int i = 0; i < 50; i++) {
        double x = 0.3 * ast_normal(&seed), y = -0.2 + 1.3 * x + 0.02 * ast_normal(&seed);
        as_kalman_pair_update(&filter, x, y);
        aa += 1 / r;
        ab += x / r;
        bb += x * x / r;
        va += y / r;
        vb += x * y / r;
    }
    det = aa * bb - ab * ab;
    ast_near("alpha", filter.alpha, (bb * va - ab * vb) / det, 1e-10);
    ast_near("beta", filter.beta, (aa * vb - ab * va) / det, 1e-10);
    ast_near("P aa", filter.p.aa * 1e4, bb / det * 1e4, 1e-8);
    ast_near("P ab", filter.p.ab * 1e4, -ab / det * 1e4, 1e-8);
    ast_near("P bb", filter.p.bb * 1e4, aa / det * 1e4, 1e-8);
}

static void the_innovation_is_of_the_estimate_before(void **state)
{
    (void)state;
    as_kalman_pair filter;
    as_kalman_pair_init(&filter, 1, 2, (as_sym2){0.5, 0.1, 0.2}, (as_sym2){0.5, 0.1, 0.2}, 3, 1);
    as_innovation found = as_kalman_pair_update(&filter, 2, 7);
    ast_near("residual", found.residual, 2, 1e-15); /* 7 - (1 + 2 x 2) */
    /* (1, 2) (1, 0.2; 0.2, 0.4) (1, 2)' + 3 = 1 + 0.8 + 1.6 + 3 */
    ast_near("S", found.variance, 6.4, 1e-15);
    ast_near("z", found.z, 2 / sqrt(6.4), 1e-15);
    ast_near("alpha", filter.alpha, 1 + 2 * 1.4 / 6.4, 1e-15);
    ast_near("beta", filter.beta, 2 + 2 * 1.0 / 6.4, 1e-15);
}

static void a_line_that_drifts_is_followed(void **state)
{
    (void)state;
    uint64_t seed = 11;
    as_kalman_pair filter, held;
    as_kalman_pair_start start = {0};
    double alpha = 0, beta = 1, off = 0, held_off = 0;
    bool begun = false;
    for (int i = 0; i < 1500; i++) {
        double x = 0.2 * ast_normal(&seed);
        beta += 0.001;
        double y = alpha + beta * x + 0.01 * ast_normal(&seed);
        if (!begun) {
            begun = as_kalman_pair_start_add(&start, x, y);
            if (begun)
                assert_true(as_kalman_pair_begin(&filter, &start, 252, 1) &&
                            as_kalman_pair_begin(&held, &start, 1e12, 1));
            continue;
        }
        as_kalman_pair_update(&filter, x, y);
        as_kalman_pair_update(&held, x, y);
        off += fabs(filter.beta - beta);
        held_off += fabs(held.beta - beta);
    }
    assert_true(off / 1440 < 0.15 && held_off / 1440 > 0.3);
}

static void it_begins_with_the_least_squares_fit(void **state)
{
    (void)state;
    as_kalman_pair filter;
    as_kalman_pair_start start = {0};
    double sxx = 0, ssr = 0;
    for (int i = 0; i < AS_KALMAN_PAIR_START; i++) {
        double x = i - 29.5, e = i % 2 ? 0.1 : -0.1;
        sxx += x * x;
        assert_int_equal(as_kalman_pair_start_add(&start, x, 3 + 0.5 * x + e), i == AS_KALMAN_PAIR_START - 1);
        assert_false(as_kalman_pair_start_add(&(as_kalman_pair_start){0}, (double)NAN, 1));
    }
    assert_true(as_kalman_pair_begin(&filter, &start, 252, 0.99));
    for (int i = 0; i < AS_KALMAN_PAIR_START; i++) {
        double x = i - 29.5, e = 3 + 0.5 * x + (i % 2 ? 0.1 : -0.1) - filter.alpha - filter.beta * x;
        ssr += e * e;
    }
    ast_near("alpha", filter.alpha, 3, 1e-12);
    ast_near("r", filter.r, ssr / (AS_KALMAN_PAIR_START - 2), 1e-12);
    ast_near("P aa", filter.p.aa, filter.r / AS_KALMAN_PAIR_START, 1e-12);
    ast_near("P ab", filter.p.ab, 0, 1e-12);
    ast_near("P bb", filter.p.bb, filter.r / sxx, 1e-12);
    ast_near("Q aa", filter.q.aa, filter.p.aa / 252, 1e-12);
}

static void what_does_not_move_begins_nothing(void **state)
{
    (void)state;
    as_kalman_pair filter;
    as_kalman_pair_start start = {0};
    for (int i = 0; i < AS_KALMAN_PAIR_START; i++)
        as_kalman_pair_start_add(&start, 0, i);
    assert_false(as_kalman_pair_begin(&filter, &start, 252, 1));
}

static void a_value_that_is_not_finite_changes_nothing(void **state)
{
    (void)state;
    as_kalman_pair filter;
    as_kalman_pair_init(&filter, 1, 2, (as_sym2){1, 0, 1}, (as_sym2){1, 0, 1}, 1, 0.9);
    as_kalman_pair before = filter;
    assert_true(isnan(as_kalman_pair_update(&filter, (double)NAN, 1).z));
    assert_true(isnan(as_kalman_pair_update(&filter, 1, (double)INFINITY).z));
    assert_memory_equal(&before, &filter, sizeof filter);
}

static void the_noise_follows_the_residuals(void **state)
{
    (void)state;
    uint64_t seed = 5;
    as_kalman_pair filter;
    as_kalman_pair_init(&filter, 0, 1, (as_sym2){1e-6, 0, 1e-6}, nothing, 1e-2, 0.95);
    for (int i = 0; i < 400; i++) {
        double x = ast_normal(&seed);
        as_kalman_pair_update(&filter, x, x + 0.01 * ast_normal(&seed));
    }
    assert_true(filter.r > 4e-5 && filter.r < 2.5e-4); /* 1e-4 */
    for (int i = 0; i < 800; i++)
        as_kalman_pair_update(&filter, 1, filter.alpha + filter.beta);
    assert_true(filter.r == AS_KALMAN_PAIR_NOISE_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_drift_it_is_the_regression_with_a_prior),
        cmocka_unit_test(the_innovation_is_of_the_estimate_before),
        cmocka_unit_test(a_line_that_drifts_is_followed),
        cmocka_unit_test(it_begins_with_the_least_squares_fit),
        cmocka_unit_test(what_does_not_move_begins_nothing),
        cmocka_unit_test(a_value_that_is_not_finite_changes_nothing),
        cmocka_unit_test(the_noise_follows_the_residuals),
    };
    return cmocka_run_group_tests_name("kalman_pair", tests, NULL, NULL);
}
