#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "strategies/pairs.h"
#include "tests/support/outside_view.h"

/* The first leg is dear by 0.05, 2.5 deviations. */
static void ast_pair_init(ast_scene *scene, uint8_t leg)
{
    ast_outside_init(scene, AS_ROLE_PAIR);
    scene->view.leg = leg;
    scene->view.beta = 1.25;
    scene->view.hedge = leg == 1 ? 1.25 : 0.8;
    scene->view.z = 2.5;
    scene->view.x = 0.05;
    scene->view.x_mean = 0;
    scene->view.s_eq = 0.02;
    scene->view.half_spread_bps = 4;
}

static as_verdict ask(ast_scene *scene)
{
    return ast_ask(scene, &as_strategy_pairs);
}

static void the_dear_leg_is_sold_and_the_cheap_one_bought(void **state)
{
    (void)state;
    for (uint8_t leg = 1; leg <= 2; leg++) {
        ast_scene scene;
        ast_pair_init(&scene, leg);
        as_verdict verdict = ask(&scene);
        assert_int_equal(verdict.want, AS_WANT_OPEN);
        assert_int_equal(verdict.vetoes, 0);
        assert_int_equal(verdict.side, leg == 1 ? -1 : 1);
        assert_true(verdict.strength == 2.5);
        assert_true(verdict.cost_bps == 2 * (4 + 2.25 * 2.5));
        assert_true(verdict.rev_bps > 376.6 && verdict.rev_bps < 376.8); /* 500 (1 - exp(-1.4)) */
        assert_int_equal(verdict.target, AS_PX_UNDEFINED);
        scene.view.z = -2.5;
        scene.view.x = -0.05;
        assert_int_equal(ask(&scene).side, leg == 1 ? 1 : -1);
    }
}

#define GATE(name, code, spoil)                                                                                        \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        for (uint8_t leg = 1; leg <= 2; leg++) {                                                                       \
            ast_scene scene;                                                                                           \
            ast_pair_init(&scene, leg);                                                                                \
            spoil;                                                                                                     \
            as_verdict verdict = ask(&scene);                                                                          \
            assert_int_equal(verdict.want, AS_WANT_OPEN);                                                              \
            assert_true(verdict.near_miss);                                                                            \
            assert_int_equal(verdict.vetoes, AS_REASON_BIT(code));                                                     \
        }                                                                                                              \
    }

GATE(a_slow_spread_is_vetoed, NO_OU, scene.view.ou_k = 8.4)
GATE(a_line_that_falls_is_no_hedge, NO_OU, scene.view.beta = -1.25)
GATE(an_event_is_vetoed, EVENT, scene.view.blocks = AS_REASON_BIT(EVENT))
GATE(own_news_is_vetoed, OWN_NEWS, scene.view.own_news = true)
GATE(a_small_edge_is_vetoed, NO_EDGE, scene.view.half_spread_bps = 72)
GATE(without_borrow_no_leg_opens, NO_BORROW, scene.costs.borrow = false)

static void within_two_deviations_there_is_nothing_to_say(void **state)
{
    (void)state;
    ast_scene scene;
    ast_pair_init(&scene, 1);
    scene.view.z = 2;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
    ast_pair_init(&scene, 1);
    scene.view.role = AS_ROLE_OUTSIDE;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
}

static void a_pair_without_a_filter_is_counted_and_not_said(void **state)
{
    (void)state;
    ast_scene scene;
    ast_pair_init(&scene, 1);
    scene.view.z = scene.view.ou_b = scene.view.ou_k = (double)NAN;
    scene.view.blocks = AS_REASON_BIT(WARMUP);
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.want, AS_WANT_OPEN);
    assert_false(verdict.near_miss);
    assert_true(verdict.vetoes & AS_REASON_BIT(WARMUP));
}

#define EXIT(name, code, change)                                                                                       \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        for (uint8_t leg = 1; leg <= 2; leg++) {                                                                       \
            ast_scene scene;                                                                                           \
            ast_pair_init(&scene, leg);                                                                                \
            scene.view.open_side = ask(&scene).side;                                                                   \
            scene.view.open = true;                                                                                    \
            scene.view.open_x = scene.view.x;                                                                          \
            assert_int_equal(ask(&scene).want, AS_WANT_OPEN);                                                          \
            change;                                                                                                    \
            as_verdict verdict = ask(&scene);                                                                          \
            assert_int_equal(verdict.want, AS_WANT_CLOSE);                                                             \
            assert_int_equal(verdict.reasons, AS_REASON_BIT(code));                                                    \
        }                                                                                                              \
    }

EXIT(it_closes_when_z_is_back, TARGET, scene.view.z = 0.49)
EXIT(it_closes_when_z_has_crossed, TARGET, scene.view.z = -2.5)
EXIT(two_more_deviations_stop, STOP, scene.view.x = 0.0901)
EXIT(own_news_of_either_closes, OWN_NEWS, scene.view.own_news = true)

static void after_a_stop_it_rests_until_z_has_been_small(void **state)
{
    (void)state;
    ast_scene scene;
    as_signal signal = {0};
    ast_pair_init(&scene, 2);
    assert_int_equal(ast_position(&scene, &as_strategy_pairs, &signal), 1);
    scene.view.x = 0.1;
    assert_int_equal(ast_position(&scene, &as_strategy_pairs, &signal), 0);
    assert_int_equal(ast_position(&scene, &as_strategy_pairs, &signal), 0);
    scene.view.z = 1.9;
    assert_int_equal(ast_position(&scene, &as_strategy_pairs, &signal), 0);
    scene.view.z = 2.1;
    assert_int_equal(ast_position(&scene, &as_strategy_pairs, &signal), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dear_leg_is_sold_and_the_cheap_one_bought),
        cmocka_unit_test(a_slow_spread_is_vetoed),
        cmocka_unit_test(a_line_that_falls_is_no_hedge),
        cmocka_unit_test(an_event_is_vetoed),
        cmocka_unit_test(own_news_is_vetoed),
        cmocka_unit_test(a_small_edge_is_vetoed),
        cmocka_unit_test(without_borrow_no_leg_opens),
        cmocka_unit_test(within_two_deviations_there_is_nothing_to_say),
        cmocka_unit_test(a_pair_without_a_filter_is_counted_and_not_said),
        cmocka_unit_test(it_closes_when_z_is_back),
        cmocka_unit_test(it_closes_when_z_has_crossed),
        cmocka_unit_test(two_more_deviations_stop),
        cmocka_unit_test(own_news_of_either_closes),
        cmocka_unit_test(after_a_stop_it_rests_until_z_has_been_small),
    };
    return cmocka_run_group_tests_name("pairs", tests, NULL, NULL);
}
