#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/score.h"
#include "tests/support/random.h"

static void ast_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.17g, expected %.17g within %g", got, want, tolerance);
}

/* Rows of reference vectors 13 (CRWV) and 20 (MSFT, on a day with a positive epicentre). */
static void published_rows_are_reproduced(void **state)
{
    (void)state;
    as_score_input crwv = {.z = -3.047823, .w = -0.9, .s_w = 0.3, .g = 0.6, .m = 4.25726515010018, .dir = 1};
    as_score score = as_score_compute(&crwv);
    ast_near(score.e, -2.2989231810540973, 1e-9);
    ast_near(score.os, -0.5944346700473049, 1e-6);

    as_score_input msft = {.z = 1.1972119582184564, .w = -0.1, .s_w = 0.15, .g = 0.6, .m = 4.052740001304477, .dir = 1};
    score = as_score_compute(&msft);
    ast_near(score.e, -0.24316440007826864, 1e-12);
    ast_near(score.os, 1.3531730745165127, 1e-12);
}

static void without_a_channel_the_score_is_the_move_itself(void **state)
{
    (void)state;
    as_score_input input = {.z = -2.5, .w = 0, .s_w = 0, .g = 0.6, .m = 4, .dir = -1};
    as_score score = as_score_compute(&input);
    assert_true(score.e == 0);
    assert_true(score.den == 1);
    assert_true(score.os == -2.5);
}

static void a_denied_fact_justifies_nothing(void **state)
{
    (void)state;
    as_score_input input = {.z = -2.5, .w = -0.9, .s_w = 0.3, .g = 0, .m = 4, .dir = 1};
    as_score score = as_score_compute(&input);
    assert_true(score.e == 0);
    assert_true(score.os == -2.5);
}

static void an_undefined_move_has_an_undefined_score_and_a_justified_one(void **state)
{
    (void)state;
    as_score_input input = {.z = NAN, .w = -0.9, .s_w = 0.3, .g = 1, .m = 2, .dir = 1};
    as_score score = as_score_compute(&input);
    assert_true(isnan(score.os));
    ast_near(score.e, -1.8, 1e-15);
}

static void mirrored_input_gives_the_mirrored_score(void **state)
{
    (void)state;
    uint64_t seed = 7;
    print_message("seed 7\n");
    for (int i = 0; i < 1000; i++) {
        as_score_input input = {.z = ast_normal(&seed) * 3,
                                .w = ast_uniform(&seed) * 2 - 1,
                                .s_w = ast_uniform(&seed) * 0.4,
                                .g = ast_uniform(&seed),
                                .m = 1 + 5 * ast_uniform(&seed),
                                .dir = 1};
        as_score score = as_score_compute(&input);
        as_score_input mirror = input;
        mirror.z = -input.z;
        mirror.dir = -1;
        as_score other = as_score_compute(&mirror);
        assert_true(other.e == -score.e && other.os == -score.os && other.den == score.den);
        assert_true(score.den >= 1);
        assert_true(fabs(score.os) <= fabs(input.z - score.e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_rows_are_reproduced),
        cmocka_unit_test(without_a_channel_the_score_is_the_move_itself),
        cmocka_unit_test(a_denied_fact_justifies_nothing),
        cmocka_unit_test(an_undefined_move_has_an_undefined_score_and_a_justified_one),
        cmocka_unit_test(mirrored_input_gives_the_mirrored_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
