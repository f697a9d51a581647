#include "tests/support/json_vector.h"

#include "core/stats/kalman_pair.h"
#include "strategies/pairs.h"
#include "tests/support/outside_view.h"

/* Vector 05: with alpha held at 0 the filter of a pair is the reference's filter of beta; and positions by its z. */

typedef struct ast_run {
    ast_json *vector;
    double tolerance;
    double *x, *y, *want; /* want: beta, P, innovation, S, z */
    size_t count;
    as_kalman_pair filter;
} ast_run;

static ast_run ast_start(void)
{
    ast_run run = {.vector = ast_vector("05_recursive_beta.json")};
    const ast_json *in = ast_json_at(run.vector, "inputs/kalman");
    size_t y_count, rows, columns;
    run.tolerance = ast_json_number(run.vector, "tolerance");
    run.x = ast_json_numbers(run.vector, "inputs/x_market", &run.count);
    run.y = ast_json_numbers(run.vector, "inputs/y_stock", &y_count);
    run.want = ast_json_table(run.vector, "expected/kalman_beta_P_innov_S_z_after", &rows, &columns);
    assert_true(rows == run.count && y_count == run.count && columns == 5);
    as_sym2 p = {.bb = ast_json_number(in, "P0")}, q = {.bb = ast_json_number(in, "q")};
    as_kalman_pair_init(&run.filter, 0, ast_json_number(in, "beta0"), p, q, ast_json_number(in, "r"), 1);
    return run;
}

static void ast_end(ast_run *run)
{
    free(run->x);
    free(run->y);
    free(run->want);
    ast_json_free(run->vector);
}

static void with_a_line_through_the_origin_it_is_the_reference(void **state)
{
    (void)state;
    ast_run run = ast_start();
    for (size_t i = 0; i < run.count; i++) {
        as_innovation innovation = as_kalman_pair_update(&run.filter, run.x[i], run.y[i]);
        const double *row = run.want + 5 * i;
        ast_close("beta", run.filter.beta, row[0], run.tolerance);
        ast_close("P", run.filter.p.bb, row[1], run.tolerance);
        ast_close("innovation", innovation.residual, row[2], run.tolerance);
        ast_close_relative("S", innovation.variance, row[3], run.tolerance);
        ast_close("z", innovation.z, row[4], run.tolerance);
        assert_true(run.filter.alpha == 0 && run.filter.p.aa == 0 && run.filter.p.ab == 0);
    }
    ast_end(&run);
}

/* SCIENCE 4.4 by the book: enter beyond 2, leave within 0.5 or on the other side. */
static int ast_rule(int position, double z)
{
    if (position)
        return position * z > -0.5 ? 0 : position;
    return z > 2 ? -1 : z < -2;
}

/* The reference's z, made larger so that the rule is met at all; seen by both legs. */
static void both_legs_follow_the_rule_on_the_reference(void **state)
{
    (void)state;
    ast_run run = ast_start();
    ast_scene leg[2];
    as_signal signal[2] = {{0}, {0}};
    int position = 0;
    unsigned moves = 0;
    for (unsigned k = 0; k < 2; k++) {
        ast_outside_init(&leg[k], AS_ROLE_PAIR);
        leg[k].view.leg = (uint8_t)(k + 1);
    }
    for (size_t i = 0; i < run.count; i++) {
        double z = 1.6 * run.want[5 * i + 4];
        int next = ast_rule(position, z);
        moves += next != position;
        position = next;
        for (unsigned k = 0; k < 2; k++) {
            leg[k].view.z = z;
            leg[k].view.x = 0.03 * z;
            leg[k].view.x_mean = 0;
            leg[k].view.s_eq = 1; /* no stop comes in between */
            int side = ast_position(&leg[k], &as_strategy_pairs, &signal[k]);
            assert_int_equal(side, k == 0 ? position : -position);
        }
    }
    assert_true(moves >= 4);
    ast_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_line_through_the_origin_it_is_the_reference),
        cmocka_unit_test(both_legs_follow_the_rule_on_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
