#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "strategies/mean_reversion.h"
#include "tests/support/view.h"

static as_verdict ask(ast_scene *scene)
{
    return ast_ask(scene, &as_strategy_mean_reversion);
}

static void with_every_gate_open_it_fades_toward_the_justified_level(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.want, AS_WANT_OPEN);
    assert_int_equal(verdict.vetoes, 0);
    assert_int_equal(verdict.side, 1);
    /* rho 0.45 x 0.076 x (1 - 2^-2) = 256.5 bps; costs 2 x (2 + 0.5 + 2) = 9 bps */
    assert_true(verdict.rev_bps > 256.4 && verdict.rev_bps < 256.6);
    assert_true(verdict.cost_bps == 9);
    assert_true(verdict.target > scene.view.mid && verdict.stop < scene.view.mid);
    assert_true(isnan(verdict.p));
}

#define GATE(name, code, spoil)                                                                                        \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        ast_scene scene;                                                                                               \
        ast_scene_init(&scene);                                                                                        \
        spoil;                                                                                                         \
        as_verdict verdict = ask(&scene);                                                                              \
        assert_int_equal(verdict.want, AS_WANT_OPEN);                                                                  \
        assert_int_equal(verdict.near_miss, scene.view.shocked &&scene.view.in_time);                                  \
        assert_int_equal(verdict.vetoes, AS_REASON_BIT(code));                                                         \
    }

GATE(a_small_s_is_vetoed, S_SMALL, scene.view.s = -1.2)
GATE(no_reverting_past_is_vetoed, NO_OU, scene.view.ou_k = 8.3)
GATE(an_undefined_fit_is_vetoed, NO_OU, scene.view.s = (double)NAN)
GATE(a_family_that_is_never_faded_is_vetoed, NO_FADE, scene.view.fade = false)
GATE(own_news_is_vetoed, OWN_NEWS, scene.view.own_news = true)
GATE(low_breadth_is_vetoed, BREADTH_LOW, scene.view.breadth = 0.29; scene.view.x = -0.2)
GATE(a_new_extreme_is_vetoed, UNSTABLE, scene.view.extreme_age_ns = 29 * AS_NS_PER_MIN)
GATE(momentum_is_vetoed, VR_VETO, scene.view.variance_ratio = 1.05)
GATE(a_small_edge_is_vetoed, NO_EDGE, scene.view.half_spread_bps = 60)
GATE(a_halt_is_vetoed, HALT, scene.view.blocks = AS_REASON_BIT(HALT))
GATE(a_stale_book_is_vetoed, STALE, scene.view.blocks = AS_REASON_BIT(STALE))
GATE(a_wide_spread_is_vetoed, WIDE_SPREAD, scene.view.spread_ratio = 3.1)
GATE(the_first_five_minutes_are_vetoed, SESSION_START, scene.view.now = scene.view.session_open + AS_NS_PER_MIN)
GATE(a_cooldown_is_vetoed, COOLDOWN, scene.view.cooldown_until = scene.view.now + 1)
GATE(a_confirmed_channel_is_vetoed, CONFIRMED, scene.view.status = AS_FACT_CONFIRMED; scene.view.w = -0.5)
GATE(daily_bars_wait_for_a_turn, UNSTABLE, scene.view.session_bars = true; scene.view.flagged_mean_ar = -0.01)
GATE(a_jump_is_vetoed, JUMP, scene.view.jump_age_ns = 29 * AS_NS_PER_MIN)
GATE(a_headline_that_moved_nothing_is_vetoed, NO_SHOCK, scene.view.shocked = false)
GATE(a_name_that_did_not_react_in_time_is_vetoed, LATE_MOVE, scene.view.in_time = false)
GATE(little_size_is_vetoed, THIN, scene.view.depth_ratio = 0.24)
GATE(three_stops_on_the_fact_are_enough, KILLED, scene.view.stops = 3)

static void alone_neither_an_extreme_move_nor_a_volatile_basket_is_faded(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.z = -6;
    scene.view.vol_ratio = 1.5;
    assert_int_equal(ask(&scene).vetoes, 0); /* with breadth both are faded: the whole sector was sold */
    scene.view.breadth = 0.29;
    scene.view.x = -0.2;
    uint64_t alone = AS_REASON_BIT(BREADTH_LOW) | AS_REASON_BIT(EXTREME_Z) | AS_REASON_BIT(VOL_REGIME);
    assert_int_equal(ask(&scene).vetoes, alone);
    scene.view.z = -5.99;
    scene.view.vol_ratio = 1.49;
    assert_int_equal(ask(&scene).vetoes, AS_REASON_BIT(BREADTH_LOW));
}

static void impact_grows_as_the_shown_size_shrinks(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    double usual = ask(&scene).cost_bps;
    scene.view.depth_ratio = 0.5;
    assert_true(ask(&scene).cost_bps == usual + 2 * scene.costs.impact_bps);
    scene.view.depth_ratio = 3;
    assert_true(ask(&scene).cost_bps == usual);
}

GATE(a_short_without_borrow_is_vetoed, NO_BORROW, scene.costs.borrow = false; scene.view.z = 3; scene.view.os = 2.8;
     scene.view.chain_sign = 1; scene.view.s = 2; scene.view.x = 0.08)

static void a_level_that_lies_on_the_other_side_is_never_faded_this_way(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.x = 0.09; /* the bucket fell further: hedged, the name stands above its justified level */
    scene.view.s = 2;
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.side, 1);
    assert_true(verdict.vetoes & AS_REASON_BIT(S_SMALL));
    assert_true(verdict.vetoes & AS_REASON_BIT(NO_EDGE));
    assert_true(verdict.rev_bps == 0);
}

static void the_stop_stays_where_the_entry_put_it(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    int64_t stop = ask(&scene).stop;
    scene.view.open = true;
    scene.view.open_side = 1;
    scene.view.open_px = scene.view.mid;
    scene.view.open_x = scene.view.x;
    scene.view.mid -= AS_PX_ONE;
    assert_int_equal(ask(&scene).stop, stop);
}

static void confirmed_news_without_a_channel_may_be_faded(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.status = AS_FACT_CONFIRMED;
    assert_int_equal(ask(&scene).vetoes, 0);
}

static void daily_bars_open_after_the_flagged_set_has_turned(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.session_bars = true;
    scene.view.flagged_mean_ar = 0.01;
    assert_int_equal(ask(&scene).vetoes, 0);
}

static void the_epicentre_and_names_that_did_not_overreact_are_never_asked_about(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.os = -1.99;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
    ast_scene_init(&scene);
    scene.view.chain_sign = 1; /* moved against what the shock pushes it to */
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
    ast_scene_init(&scene);
    scene.view.role = AS_ROLE_EPICENTRE;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
}

#define EXIT(name, code, change)                                                                                       \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        ast_scene scene;                                                                                               \
        ast_scene_init(&scene);                                                                                        \
        scene.view.open = true;                                                                                        \
        scene.view.open_side = 1;                                                                                      \
        scene.view.open_x = scene.view.x;                                                                              \
        assert_int_equal(ask(&scene).want, AS_WANT_OPEN);                                                              \
        change;                                                                                                        \
        as_verdict verdict = ask(&scene);                                                                              \
        assert_int_equal(verdict.want, AS_WANT_CLOSE);                                                                 \
        assert_true(verdict.reasons &AS_REASON_BIT(code));                                                             \
        assert_int_equal(verdict.cooldown, AS_REASON_##code == AS_REASON_STOP);                                        \
    }

EXIT(a_long_closes_when_s_is_back, TARGET, scene.view.s = -0.49)
EXIT(one_sigma_against_it_stops, STOP, scene.view.x = scene.view.open_x - 0.031)
EXIT(own_news_closes, OWN_NEWS, scene.view.own_news = true)
EXIT(confirmation_of_a_channel_closes, CONFIRMED, scene.view.w = -0.5; scene.view.status = AS_FACT_CONFIRMED)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_every_gate_open_it_fades_toward_the_justified_level),
        cmocka_unit_test(a_small_s_is_vetoed),
        cmocka_unit_test(no_reverting_past_is_vetoed),
        cmocka_unit_test(an_undefined_fit_is_vetoed),
        cmocka_unit_test(a_family_that_is_never_faded_is_vetoed),
        cmocka_unit_test(own_news_is_vetoed),
        cmocka_unit_test(low_breadth_is_vetoed),
        cmocka_unit_test(a_new_extreme_is_vetoed),
        cmocka_unit_test(momentum_is_vetoed),
        cmocka_unit_test(a_small_edge_is_vetoed),
        cmocka_unit_test(a_halt_is_vetoed),
        cmocka_unit_test(a_stale_book_is_vetoed),
        cmocka_unit_test(a_wide_spread_is_vetoed),
        cmocka_unit_test(the_first_five_minutes_are_vetoed),
        cmocka_unit_test(a_cooldown_is_vetoed),
        cmocka_unit_test(a_confirmed_channel_is_vetoed),
        cmocka_unit_test(daily_bars_wait_for_a_turn),
        cmocka_unit_test(a_jump_is_vetoed),
        cmocka_unit_test(a_headline_that_moved_nothing_is_vetoed),
        cmocka_unit_test(a_name_that_did_not_react_in_time_is_vetoed),
        cmocka_unit_test(little_size_is_vetoed),
        cmocka_unit_test(three_stops_on_the_fact_are_enough),
        cmocka_unit_test(alone_neither_an_extreme_move_nor_a_volatile_basket_is_faded),
        cmocka_unit_test(impact_grows_as_the_shown_size_shrinks),
        cmocka_unit_test(a_short_without_borrow_is_vetoed),
        cmocka_unit_test(a_level_that_lies_on_the_other_side_is_never_faded_this_way),
        cmocka_unit_test(the_stop_stays_where_the_entry_put_it),
        cmocka_unit_test(confirmed_news_without_a_channel_may_be_faded),
        cmocka_unit_test(daily_bars_open_after_the_flagged_set_has_turned),
        cmocka_unit_test(the_epicentre_and_names_that_did_not_overreact_are_never_asked_about),
        cmocka_unit_test(a_long_closes_when_s_is_back),
        cmocka_unit_test(one_sigma_against_it_stops),
        cmocka_unit_test(own_news_closes),
        cmocka_unit_test(confirmation_of_a_channel_closes),
    };
    return cmocka_run_group_tests_name("mean_reversion", tests, NULL, NULL);
}
