#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "strategies/residual_reversion.h"
#include "tests/support/outside_view.h"

static as_verdict ask(ast_scene *scene)
{
    return ast_ask(scene, &as_strategy_residual_reversion);
}

static void it_opens_toward_the_mean_with_a_target_a_stop_and_two_half_lives(void **state)
{
    (void)state;
    ast_scene scene;
    ast_outside_init(&scene, AS_ROLE_OUTSIDE);
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.want, AS_WANT_OPEN);
    assert_int_equal(verdict.vetoes, 0);
    assert_int_equal(verdict.side, 1);
    /* two half-lives at k = 25.2: 13.86 sessions, 14; 0.06 (1 - exp(-25.2 x 14 / 252)) = 452.04 bps */
    assert_int_equal(verdict.horizon_sessions, 14);
    assert_true(verdict.rev_bps > 452.0 && verdict.rev_bps < 452.1);
    assert_true(verdict.cost_bps == 9);
    assert_int_equal(verdict.half_life_ns / AS_NS_PER_S, 598879); /* 6.9315 days */
    assert_int_equal(verdict.stop, 96 * AS_PX_ONE);
    assert_true(verdict.target > 104 * AS_PX_ONE && verdict.target < 105 * AS_PX_ONE);
    assert_true(isnan(verdict.p));
    scene.view.s = 1.5;
    scene.view.x_mean = 0.04;
    verdict = ask(&scene);
    assert_int_equal(verdict.side, -1);
    assert_true(verdict.rev_bps > 452.0 && verdict.rev_bps < 452.1);
    assert_int_equal(verdict.stop, 104 * AS_PX_ONE);
}

#define GATE(name, code, spoil)                                                                                        \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        ast_scene scene;                                                                                               \
        ast_outside_init(&scene, AS_ROLE_OUTSIDE);                                                                     \
        spoil;                                                                                                         \
        as_verdict verdict = ask(&scene);                                                                              \
        assert_int_equal(verdict.want, AS_WANT_OPEN);                                                                  \
        assert_true(verdict.near_miss);                                                                                \
        assert_int_equal(verdict.vetoes, AS_REASON_BIT(code));                                                         \
    }

GATE(a_slow_reversion_is_vetoed, NO_OU, scene.view.ou_k = 8.4)
GATE(a_name_in_an_event_is_vetoed, EVENT, scene.view.blocks = AS_REASON_BIT(EVENT))
GATE(a_halt_is_vetoed, HALT, scene.view.blocks = AS_REASON_BIT(HALT))
GATE(own_news_is_vetoed, OWN_NEWS, scene.view.own_news = true)
GATE(a_wide_spread_is_vetoed, WIDE_SPREAD, scene.view.spread_ratio = 3.1)
GATE(a_small_edge_is_vetoed, NO_EDGE, scene.view.half_spread_bps = 90)
GATE(a_short_without_borrow_is_vetoed, NO_BORROW, scene.costs.borrow = false; scene.view.s = 1.5;
     scene.view.x_mean = 0.04)

static void within_the_threshold_there_is_nothing_to_say(void **state)
{
    (void)state;
    ast_scene scene;
    ast_outside_init(&scene, AS_ROLE_OUTSIDE);
    scene.view.s = -1.25;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
    scene.view.s = 1.25;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
}

static void without_a_fit_the_veto_is_counted_and_not_said(void **state)
{
    (void)state;
    ast_scene scene;
    ast_outside_init(&scene, AS_ROLE_OUTSIDE);
    scene.view.s = scene.view.ou_b = scene.view.ou_k = (double)NAN;
    scene.view.blocks = AS_REASON_BIT(WARMUP);
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.want, AS_WANT_OPEN);
    assert_false(verdict.near_miss);
    assert_int_equal(verdict.vetoes, AS_REASON_BIT(WARMUP) | AS_REASON_BIT(NO_OU));
}

static void it_has_nothing_to_say_about_facts_and_pairs(void **state)
{
    (void)state;
    static const as_role roles[] = {AS_ROLE_LINKED, AS_ROLE_EPICENTRE, AS_ROLE_PAIR};
    for (unsigned i = 0; i < sizeof roles / sizeof *roles; i++) {
        ast_scene scene;
        ast_outside_init(&scene, roles[i]);
        assert_int_equal(ask(&scene).want, AS_WANT_NONE);
    }
}

/* An open long, entered at x 0.10 with a stop 0.04 away. */
static void ast_held(ast_scene *scene)
{
    ast_outside_init(scene, AS_ROLE_OUTSIDE);
    assert_int_equal(ask(scene).want, AS_WANT_OPEN);
    scene->view.open = true;
    scene->view.open_side = 1;
    scene->view.open_x = scene->view.x;
    scene->view.open_px = scene->view.mid;
}

#define EXIT(name, code, change)                                                                                       \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        ast_scene scene;                                                                                               \
        ast_held(&scene);                                                                                              \
        assert_int_equal(ask(&scene).want, AS_WANT_OPEN);                                                              \
        change;                                                                                                        \
        as_verdict verdict = ask(&scene);                                                                              \
        assert_int_equal(verdict.want, AS_WANT_CLOSE);                                                                 \
        assert_int_equal(verdict.reasons, AS_REASON_BIT(code));                                                        \
        assert_int_equal(verdict.cooldown, AS_REASON_##code == AS_REASON_STOP);                                        \
    }

EXIT(a_long_closes_when_s_is_back, TARGET, scene.view.s = -0.49)
EXIT(the_entrys_deviation_against_it_stops, STOP, scene.view.x = 0.0599)
EXIT(own_news_closes, OWN_NEWS, scene.view.own_news = true)

static void the_stop_is_of_the_entry(void **state)
{
    (void)state;
    ast_scene scene;
    ast_held(&scene);
    scene.view.s_eq = 0.01; /* refitted since */
    scene.view.x = 0.07;
    scene.view.mid -= AS_PX_ONE;
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.want, AS_WANT_OPEN);
    assert_int_equal(verdict.stop, 96 * AS_PX_ONE);
}

static void a_residual_that_no_longer_reverts_is_held_without_a_target(void **state)
{
    (void)state;
    ast_scene scene;
    ast_held(&scene);
    scene.view.s = scene.view.x_mean = scene.view.ou_b = scene.view.ou_k = (double)NAN;
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.want, AS_WANT_OPEN);
    assert_int_equal(verdict.target, AS_PX_UNDEFINED);
    assert_int_equal(verdict.half_life_ns, AS_TS_UNDEFINED);
}

static void after_a_stop_it_rests_until_the_score_has_been_small(void **state)
{
    (void)state;
    ast_scene scene;
    as_signal signal = {0};
    ast_outside_init(&scene, AS_ROLE_OUTSIDE);
    assert_int_equal(ast_position(&scene, &as_strategy_residual_reversion, &signal), 1);
    scene.view.x -= 0.05;
    assert_int_equal(ast_position(&scene, &as_strategy_residual_reversion, &signal), 0);
    assert_int_equal(ast_position(&scene, &as_strategy_residual_reversion, &signal), 0);
    assert_int_equal(signal.vetoes, AS_REASON_BIT(COOLDOWN));
    scene.view.s = -1;
    assert_int_equal(ast_position(&scene, &as_strategy_residual_reversion, &signal), 0);
    scene.view.s = -1.5;
    assert_int_equal(ast_position(&scene, &as_strategy_residual_reversion, &signal), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_toward_the_mean_with_a_target_a_stop_and_two_half_lives),
        cmocka_unit_test(a_slow_reversion_is_vetoed),
        cmocka_unit_test(a_name_in_an_event_is_vetoed),
        cmocka_unit_test(a_halt_is_vetoed),
        cmocka_unit_test(own_news_is_vetoed),
        cmocka_unit_test(a_wide_spread_is_vetoed),
        cmocka_unit_test(a_small_edge_is_vetoed),
        cmocka_unit_test(a_short_without_borrow_is_vetoed),
        cmocka_unit_test(within_the_threshold_there_is_nothing_to_say),
        cmocka_unit_test(without_a_fit_the_veto_is_counted_and_not_said),
        cmocka_unit_test(it_has_nothing_to_say_about_facts_and_pairs),
        cmocka_unit_test(a_long_closes_when_s_is_back),
        cmocka_unit_test(the_entrys_deviation_against_it_stops),
        cmocka_unit_test(own_news_closes),
        cmocka_unit_test(the_stop_is_of_the_entry),
        cmocka_unit_test(a_residual_that_no_longer_reverts_is_held_without_a_target),
        cmocka_unit_test(after_a_stop_it_rests_until_the_score_has_been_small),
    };
    return cmocka_run_group_tests_name("residual_reversion", tests, NULL, NULL);
}
