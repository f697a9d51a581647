#include "tests/support/json_vector.h"

#include "core/score.h"
#include "core/stats/control.h"

/* Vector 13: the score of 1 July 2026 from its given z, and the weighing of the controls. */

static void the_scores_of_the_seed_day_are_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("13_overreaction_score.json");
    double tolerance = ast_json_number(vector, "tolerance");
    const ast_json *seed = ast_json_at(vector, "seed_2026_07_01");
    const ast_json *rows = ast_json_at(seed, "rows");
    assert_true(rows->item_count > 0);
    size_t flagged = 0;
    for (size_t i = 0; i < rows->item_count; i++) {
        const ast_json *row = &rows->item[i];
        as_score_input input = {.z = ast_json_number(row, "z"),
                                .w = ast_json_number(row, "w"),
                                .s_w = ast_json_number(row, "s_w"),
                                .g = ast_json_number(seed, "G_status_gate"),
                                .m = ast_json_number(seed, "M"),
                                .dir = 1};
        as_score score = as_score_compute(&input);
        ast_close("E", score.e, ast_json_number(row, "E_z"), tolerance);
        ast_close("OS", score.os, ast_json_number(row, "OS"), tolerance);
        if (score.os <= -2) {
            const ast_json *list = ast_json_at(seed, "flagged_OS_le_minus2");
            bool listed = false;
            for (size_t k = 0; k < list->item_count; k++)
                listed = listed || strcmp(list->item[k].text, ast_json_at(row, "symbol")->text) == 0;
            assert_true(listed);
            flagged++;
        }
    }
    assert_int_equal(flagged, ast_json_at(seed, "flagged_OS_le_minus2")->item_count);
    ast_json_free(vector);
}

/* The vector prints two decimals. */
static void the_controls_are_weighed_as_in_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("13_overreaction_score.json");
    static const char *const day[] = {"2026-07-01", "2025-01-27"};
    static const char *const name[] = {"ORCL", "MSFT", "AMZN", "GOOGL"};
    static const double q[] = {1, 0.5, 0.5, 0.5};
    for (size_t d = 0; d < 2; d++) {
        const ast_json *node = ast_json_at(ast_json_at(vector, "control_test"), day[d]);
        double kappa[4];
        for (size_t i = 0; i < 4; i++)
            kappa[i] = ast_json_number(ast_json_at(node, name[i]), "kappa");
        as_control_verdict verdict = as_control_combine(q, kappa, 4);
        assert_int_equal(verdict.used, 4);
        ast_close("K", verdict.k, ast_json_number(node, "K"), 0.011);
    }
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scores_of_the_seed_day_are_the_reference),
        cmocka_unit_test(the_controls_are_weighed_as_in_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
