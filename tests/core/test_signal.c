#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/event.h"
#include "core/signal.h"

static const uint8_t first_id[16] = {1}, second_id[16] = {2};

typedef struct ast_stage {
    as_thresholds thresholds;
    as_view view;
    as_verdict verdict;
    as_signal signal;
} ast_stage;

static void set_stage(ast_stage *stage)
{
    memset(stage, 0, sizeof *stage);
    stage->thresholds.update_s = 60;
    stage->thresholds.cooldown_min = 30;
    stage->view =
        (as_view){.now = 1000 * AS_NS_PER_S, .status = AS_FACT_RUMOUR, .mid = 5, .thresholds = &stage->thresholds};
    stage->verdict =
        (as_verdict){.want = AS_WANT_OPEN, .kind = AS_SIGNAL_OVERREACTION, .side = 1, .reasons = 1, .p = (double)NAN};
}

static as_signal_step apply(ast_stage *stage)
{
    return as_signal_apply(&stage->signal, &stage->view, &stage->verdict, first_id, stage->view.now + 100);
}

static void an_opening_is_said_once_and_asks_for_its_deadline(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    as_signal_step step = apply(&stage);
    assert_true(step.say && step.opened && step.action == AS_ACTION_OPEN);
    assert_true(stage.signal.open);
    assert_int_equal(stage.signal.valid_until, stage.view.now + 100);
    assert_false(apply(&stage).say);
}

static void an_update_is_said_when_status_reasons_or_p_change_or_time_passes(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    apply(&stage);
    stage.view.status = AS_FACT_DEVELOPING;
    as_signal_step first = apply(&stage);
    assert_true(first.say && first.action == AS_ACTION_UPDATE);
    stage.verdict.reasons = 3;
    assert_true(apply(&stage).say);
    stage.verdict.p = 0.5;
    assert_true(apply(&stage).say);
    stage.verdict.p = 0.54;
    assert_false(apply(&stage).say);
    stage.verdict.p = 0.5501;
    assert_true(apply(&stage).say);
    stage.view.now += 59 * AS_NS_PER_S;
    assert_false(apply(&stage).say);
    stage.view.now += AS_NS_PER_S;
    assert_true(apply(&stage).say);
}

static void another_side_or_kind_closes_and_opens_anew(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    apply(&stage);
    stage.verdict.side = -1;
    assert_int_equal(apply(&stage).action, AS_ACTION_CLOSE);
    as_signal_step step = as_signal_apply(&stage.signal, &stage.view, &stage.verdict, second_id, 1);
    assert_int_equal(step.action, AS_ACTION_OPEN);
    assert_memory_equal(stage.signal.id, second_id, 16);
    stage.verdict.kind = AS_SIGNAL_UNDERREACTION;
    assert_int_equal(apply(&stage).action, AS_ACTION_CLOSE);
    assert_int_equal(stage.signal.kind, AS_SIGNAL_OVERREACTION); /* what is closed is what was open */
}

/* The close of one kind by another tells its own odds and reasons, not the other's. */
static void what_closes_for_another_kind_keeps_its_own_words(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    stage.verdict.kind = AS_SIGNAL_UNDERREACTION;
    apply(&stage);
    stage.verdict.kind = AS_SIGNAL_OVERREACTION;
    stage.verdict.p = 0.77;
    stage.verdict.reasons = 6;
    as_signal_step step = apply(&stage);
    assert_true(step.another && step.action == AS_ACTION_CLOSE);
    assert_true(isnan(stage.signal.p));
    assert_int_equal(stage.signal.reasons, 1);
    assert_int_equal(stage.signal.kind, AS_SIGNAL_UNDERREACTION);
}

static void a_near_miss_of_another_kind_is_another_miss(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    stage.verdict.near_miss = true;
    stage.verdict.vetoes = 1;
    assert_true(apply(&stage).say);
    stage.verdict.kind = AS_SIGNAL_UNDERREACTION;
    stage.verdict.vetoes = 2;
    as_signal_step step = as_signal_apply(&stage.signal, &stage.view, &stage.verdict, second_id, 1);
    assert_true(step.say);
    assert_memory_equal(stage.signal.id, second_id, 16);
}

static void what_ran_out_of_time_waits_until_its_condition_has_been_false(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    apply(&stage);
    assert_true(as_signal_end(&stage.signal, stage.view.now));
    assert_false(apply(&stage).say);
    stage.verdict.want = AS_WANT_NONE;
    apply(&stage);
    stage.verdict.want = AS_WANT_OPEN;
    assert_int_equal(apply(&stage).action, AS_ACTION_OPEN);
}

static void a_veto_keeps_it_closed_and_counts_when_it_appears(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    stage.verdict.vetoes = AS_REASON_BIT(HALT) | AS_REASON_BIT(STALE);
    as_signal_step step = apply(&stage);
    assert_false(step.say);
    assert_int_equal(step.new_vetoes, stage.verdict.vetoes);
    assert_int_equal(apply(&stage).new_vetoes, 0);
    stage.verdict.vetoes |= AS_REASON_BIT(WARMUP);
    assert_int_equal(apply(&stage).new_vetoes, AS_REASON_BIT(WARMUP));
    assert_false(stage.signal.open);
}

static void a_near_miss_is_an_update_and_a_later_opening_has_another_id(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    stage.verdict.near_miss = true;
    stage.verdict.vetoes = AS_REASON_BIT(BREADTH_LOW);
    as_signal_step step = apply(&stage);
    assert_true(step.say && step.action == AS_ACTION_UPDATE && !step.opened);
    assert_false(stage.signal.open);
    assert_memory_equal(stage.signal.id, first_id, 16);
    assert_false(apply(&stage).say);
    stage.verdict.vetoes = 0;
    step = as_signal_apply(&stage.signal, &stage.view, &stage.verdict, second_id, 1);
    assert_int_equal(step.action, AS_ACTION_OPEN);
    assert_memory_equal(stage.signal.id, second_id, 16);
}

static void a_close_may_start_a_cooldown(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    apply(&stage);
    stage.verdict.want = AS_WANT_CLOSE;
    stage.verdict.cooldown = true;
    assert_int_equal(apply(&stage).action, AS_ACTION_CLOSE);
    assert_false(stage.signal.open);
    assert_int_equal(stage.signal.cooldown_until, stage.view.now + 30 * AS_NS_PER_MIN);
    assert_false(apply(&stage).say);
}

static void the_end_closes_only_what_is_open(void **state)
{
    (void)state;
    ast_stage stage;
    set_stage(&stage);
    assert_false(as_signal_end(&stage.signal, 1));
    apply(&stage);
    assert_true(as_signal_end(&stage.signal, 2));
    assert_false(as_signal_end(&stage.signal, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opening_is_said_once_and_asks_for_its_deadline),
        cmocka_unit_test(an_update_is_said_when_status_reasons_or_p_change_or_time_passes),
        cmocka_unit_test(another_side_or_kind_closes_and_opens_anew),
        cmocka_unit_test(what_closes_for_another_kind_keeps_its_own_words),
        cmocka_unit_test(a_near_miss_of_another_kind_is_another_miss),
        cmocka_unit_test(what_ran_out_of_time_waits_until_its_condition_has_been_false),
        cmocka_unit_test(a_veto_keeps_it_closed_and_counts_when_it_appears),
        cmocka_unit_test(a_near_miss_is_an_update_and_a_later_opening_has_another_id),
        cmocka_unit_test(a_close_may_start_a_cooldown),
        cmocka_unit_test(the_end_closes_only_what_is_open),
    };
    return cmocka_run_group_tests_name("signal", tests, NULL, NULL);
}
