#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/stats/normal.h"
#include "core/stats/p_value.h"

static void ast_relative(const char *what, double at, double got, double want, double tolerance)
{
    if (!(fabs(got / want - 1) <= tolerance))
        fail_msg("%s at %g: %.17g, expected %.17g within %g", what, at, got, want, tolerance);
}

/* Values of 50 digits, rounded: from the series with 400 digits. */
static void the_normal_tails_keep_their_digits(void **state)
{
    (void)state;
    static const double value[][2] = {
        {0.001, 9.99202115572177862e-01}, {0.5, 6.17075077451973764e-01},   {1, 3.17310507862914093e-01},
        {1.96, 4.99957902964408701e-02},  {2.999, 2.70867306745421321e-03}, {3, 2.69979606326018915e-03},
        {3.5, 4.65258158071050088e-04},   {5, 5.73303143758387824e-07},     {8, 1.24419211485435677e-15},
        {20, 5.50724823721246747e-89},    {37, 1.14511424450491542e-299},
    };
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        ast_relative("normal", value[i][0], as_normal_p(value[i][0]), value[i][1], 1e-12);
        ast_relative("normal", -value[i][0], as_normal_p(-value[i][0]), value[i][1], 1e-12);
        ast_relative("both ways", value[i][0], as_normal_p(value[i][0]), 2 * as_normal_cdf(-value[i][0]), 1e-12);
    }
    assert_true(as_normal_p(0) == 1);
    assert_true(as_normal_p(INFINITY) == 0);
    assert_true(isnan(as_normal_p(NAN)));
}

/* Even degrees of freedom have a closed form (Abramowitz and Stegun 26.7.4), taken with 60 digits. */
static void students_tails_keep_their_digits(void **state)
{
    (void)state;
    static const double value[][3] = {
        {2, 2, 1.83503419072273966e-01},       {0.1, 6, 9.23601951898791684e-01},
        {4.5, 6, 4.10393372003156967e-03},     {2.228, 10, 5.00117718171113820e-02},
        {1.5, 32, 1.43417019328404283e-01},    {12, 32, 2.19254406168528535e-13},
        {1.98, 100, 5.04516068330953735e-02},  {0.01, 100, 9.92041210234428483e-01},
        {3.3, 1000, 1.00099672500208927e-03},  {40, 10, 2.28085774308575473e-12},
        {2.5, 10000, 1.24352195505836975e-02}, {1, 1, 0.5},
        {1.7320508075688772, 1, 1.0 / 3},
    };
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        double t = value[i][0];
        double df = value[i][1];
        ast_relative("student", t, as_student_p(t, df), value[i][2], 1e-11);
        ast_relative("student below", -t, as_student_cdf(-t, df), value[i][2] / 2, 1e-11);
        ast_relative("student above", t, as_student_cdf(t, df), 1 - value[i][2] / 2, 1e-11);
    }
    assert_true(as_student_p(0, 7) == 1);
    assert_true(as_student_p(INFINITY, 7) == 0);
    assert_true(isnan(as_student_p(1, 0)));
    assert_true(isnan(as_student_p(NAN, 5)));
    ast_relative("many degrees of freedom are the normal", 2, as_student_p(2, 2e7), as_normal_p(2), 1e-6);
}

/* The eight p-values that Benjamini and Hochberg's procedure is often shown with; adjusted by hand. */
static void many_tests_are_corrected(void **state)
{
    (void)state;
    static const double p[] = {0.03, NAN, 0.001, 0.008, 0.039, 0.041, 0.042};
    static const double holm[] = {0.12, NAN, 0.006, 0.04, 0.12, 0.12, 0.12};
    static const double bh[] = {0.042, NAN, 0.006, 0.024, 0.042, 0.042, 0.042};
    double got[7];
    as_holm(p, 7, got);
    for (size_t i = 0; i < 7; i++)
        assert_true(isnan(holm[i]) ? isnan(got[i]) : fabs(got[i] - holm[i]) < 1e-15);
    as_benjamini_hochberg(p, 7, got);
    for (size_t i = 0; i < 7; i++)
        assert_true(isnan(bh[i]) ? isnan(got[i]) : fabs(got[i] - bh[i]) < 1e-15);
}

static void no_adjusted_value_is_above_one_and_ties_share(void **state)
{
    (void)state;
    static const double p[] = {0.6, 0.9, 0.02, 0.02};
    double got[4];
    as_holm(p, 4, got);
    assert_true(got[0] == 1 && got[1] == 1);
    assert_true(fabs(got[2] - 0.08) < 1e-15 && fabs(got[3] - 0.08) < 1e-15);
    as_benjamini_hochberg(p, 4, got);
    assert_true(fabs(got[2] - 0.04) < 1e-15 && fabs(got[3] - 0.04) < 1e-15);
    assert_true(fabs(got[0] - 0.8) < 1e-15 && got[1] == 0.9);
    as_holm(p, 0, got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_normal_tails_keep_their_digits),
        cmocka_unit_test(students_tails_keep_their_digits),
        cmocka_unit_test(many_tests_are_corrected),
        cmocka_unit_test(no_adjusted_value_is_above_one_and_ties_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
