#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "strategies/overreaction.h"
#include "tests/support/view.h"

static as_verdict ask(ast_scene *scene)
{
    return ast_ask(scene, &as_strategy_overreaction);
}

static void a_move_beyond_what_the_news_justifies_is_an_overreaction(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.want, AS_WANT_OPEN);
    assert_int_equal(verdict.kind, AS_SIGNAL_OVERREACTION);
    assert_int_equal(verdict.side, 1);
    assert_true(verdict.reasons & AS_REASON_BIT(NO_CHANNEL));
    scene.view.os = -1.99;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
}

static void a_move_against_the_shock_is_none(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.z = 3;
    scene.view.os = 2.8;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
}

static void an_open_one_closes_only_below_the_lower_threshold(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.open = true;
    scene.view.open_side = 1;
    scene.view.open_kind = AS_SIGNAL_OVERREACTION;
    scene.view.os = -1.01;
    assert_int_equal(ask(&scene).want, AS_WANT_OPEN);
    scene.view.os = -0.99;
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.want, AS_WANT_CLOSE);
    assert_true(verdict.reasons & AS_REASON_BIT(FADED));
}

static void a_channel_that_has_not_acted_after_an_hour_is_an_underreaction(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.e = -2;
    scene.view.z = -0.9;
    scene.view.os = 1.0;
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.kind, AS_SIGNAL_UNDERREACTION);
    assert_int_equal(verdict.want, AS_WANT_OPEN);
    assert_int_equal(verdict.side, -1);
    assert_true(verdict.reasons & AS_REASON_BIT(LATE_TRANSMISSION));
    scene.view.z = -1.1;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
    scene.view.z = -0.9;
    scene.view.frozen = false;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
    scene.view.frozen = true;
    scene.view.open = true;
    scene.view.open_kind = AS_SIGNAL_UNDERREACTION;
    scene.view.z = -1.4; /* held up to 0.75 |E|, so that a price on the edge does not flap */
    assert_int_equal(ask(&scene).want, AS_WANT_OPEN);
    scene.view.z = -1.6;
    assert_int_equal(ask(&scene).want, AS_WANT_CLOSE);
}

static void a_name_that_has_reacted_once_does_not_underreact_later(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.frozen = true;
    scene.view.e = -2;
    scene.view.z = -0.5;
    scene.view.os = 1.2;
    assert_int_equal(ask(&scene).kind, AS_SIGNAL_UNDERREACTION);
    assert_int_equal(ask(&scene).want, AS_WANT_OPEN);
    scene.view.transmitted = true;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
}

static void a_move_is_held_against_e_by_the_time_at_which_m_froze(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.frozen = true;
    scene.view.e = -2;
    scene.view.z = -0.7; /* a week later */
    scene.view.os = 1.0;
    scene.view.z_held = -1.6;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
    scene.view.z_held = -0.9;
    assert_int_equal(ask(&scene).kind, AS_SIGNAL_UNDERREACTION);
}

static void an_epicentre_that_has_not_moved_transmits_nothing(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.frozen = true;
    scene.view.shocked = false;
    scene.view.e = -1.5;
    scene.view.z = scene.view.z_held = -0.2;
    scene.view.os = 1.2;
    scene.view.m = 2.9;
    scene.view.z_epicentre = 2.9;
    assert_int_equal(ask(&scene).vetoes, AS_REASON_BIT(NO_SHOCK));
    scene.view.m = scene.view.z_epicentre = 3.1;
    assert_int_equal(ask(&scene).vetoes, 0);
    scene.view.m = 2;
    scene.view.z_epicentre = (double)NAN; /* private: its default M is the playbook's claim */
    assert_int_equal(ask(&scene).vetoes, 0);
}

static void conditions_of_the_market_veto(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.blocks = AS_REASON_BIT(STALE) | AS_REASON_BIT(WARMUP);
    assert_int_equal(ask(&scene).vetoes, scene.view.blocks);
}

static void without_a_shock_nothing_overreacts(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.shocked = false;
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.want, AS_WANT_OPEN);
    assert_int_equal(verdict.vetoes, AS_REASON_BIT(NO_SHOCK));
}

static void a_name_that_first_departs_days_later_is_vetoed_but_what_is_open_stays(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.since_news = 1.01;
    assert_int_equal(ask(&scene).vetoes, AS_REASON_BIT(LATE_MOVE));
    scene.view.open = true;
    scene.view.open_kind = AS_SIGNAL_OVERREACTION;
    scene.view.open_side = 1;
    assert_int_equal(ask(&scene).vetoes, 0);
}

static void outside_an_event_it_has_nothing_to_say(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.role = AS_ROLE_OUTSIDE;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
}

static void only_the_epicentre_carries_a_contradiction(void **state)
{
    (void)state;
    ast_scene scene;
    ast_scene_init(&scene);
    scene.view.role = AS_ROLE_EPICENTRE;
    assert_int_equal(ask(&scene).want, AS_WANT_NONE);
    scene.view.contradicted = true;
    scene.view.control_k = 2.5;
    as_verdict verdict = ask(&scene);
    assert_int_equal(verdict.kind, AS_SIGNAL_CONTRADICTION);
    assert_int_equal(verdict.side, 0);
    assert_true(verdict.strength == 2.5);
    scene.view.contradicted = false;
    scene.view.open = true;
    scene.view.open_kind = AS_SIGNAL_CONTRADICTION;
    assert_int_equal(ask(&scene).want, AS_WANT_CLOSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move_beyond_what_the_news_justifies_is_an_overreaction),
        cmocka_unit_test(a_move_against_the_shock_is_none),
        cmocka_unit_test(an_open_one_closes_only_below_the_lower_threshold),
        cmocka_unit_test(a_channel_that_has_not_acted_after_an_hour_is_an_underreaction),
        cmocka_unit_test(a_name_that_has_reacted_once_does_not_underreact_later),
        cmocka_unit_test(a_move_is_held_against_e_by_the_time_at_which_m_froze),
        cmocka_unit_test(an_epicentre_that_has_not_moved_transmits_nothing),
        cmocka_unit_test(conditions_of_the_market_veto),
        cmocka_unit_test(without_a_shock_nothing_overreacts),
        cmocka_unit_test(a_name_that_first_departs_days_later_is_vetoed_but_what_is_open_stays),
        cmocka_unit_test(outside_an_event_it_has_nothing_to_say),
        cmocka_unit_test(only_the_epicentre_carries_a_contradiction),
    };
    return cmocka_run_group_tests_name("overreaction", tests, NULL, NULL);
}
