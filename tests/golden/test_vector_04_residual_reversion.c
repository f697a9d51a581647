#include "tests/support/json_vector.h"

#include "strategies/residual_reversion.h"
#include "tests/support/outside_view.h"

/* Vector 04: Avellaneda and Lee's positions, by the strategy's verdicts and the signals' life. */

static void the_signals_follow_the_reference_positions(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("04_ou_mle_sscore.json");
    size_t count;
    size_t expected_count;
    double *score = ast_json_numbers(vector, "inputs/al_s_sequence", &count);
    double *expected = ast_json_numbers(vector, "expected/al_positions", &expected_count);
    assert_int_equal(count, expected_count);
    ast_scene scene;
    as_signal signal = {0};
    ast_outside_init(&scene, AS_ROLE_OUTSIDE);
    for (size_t i = 0; i < count; i++) {
        scene.view.s = score[i];
        scene.view.x = scene.view.x_mean + 0.04 * score[i];
        scene.view.s_eq = 1; /* no stop comes in between: the rule has none */
        assert_int_equal(ast_position(&scene, &as_strategy_residual_reversion, &signal), (int)expected[i]);
    }
    free(score);
    free(expected);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signals_follow_the_reference_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
