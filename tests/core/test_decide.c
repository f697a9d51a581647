#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/decide.h"
#include "tests/support/world.h"

enum { DATE = 20260630, SESSIONS = 80 };

static const double shock_day[AST_NAMES] = {
    [AST_MKT] = 0.001,  [AST_EPI] = 0.08,   [AST_NEAR] = -0.05, [AST_FAR1] = -0.06, [AST_FAR2] = -0.07,
    [AST_FAR3] = 0.001, [AST_CTL1] = 0.001, [AST_CTL2] = 0.001, [AST_CTL3] = 0.001, [AST_LONE] = -0.05,
};
static const double quiet_day[AST_NAMES] = {0};

static uint64_t next_close(const ast_world *world, uint64_t close)
{
    return as_calendar_session(world->universe.calendar[0], close + 1)->close;
}

/* History of that many sessions, a rumour, the day's bars; returns the day's close. */
static uint64_t run_shock(ast_world *world, unsigned sessions)
{
    ast_world_init(world);
    uint64_t close = ast_history(world, DATE, sessions);
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, close + 15 * AS_NS_PER_HOUR);
    ast_say(world, &rumour);
    close = next_close(world, close);
    ast_day(world, close, shock_day, NULL);
    return close;
}

static void a_horizon_counts_sessions_over_weekends_and_holidays(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    const as_calendar *calendar = world.universe.calendar[0];
    static const struct {
        int32_t from, to;
        uint32_t count;
    } cases[] = {{20260701, 20260701, 0},
                 {20260710, 20260713, 1},
                 {20260702, 20260706, 1}, /* 3 July 2026 is a holiday */
                 {20260701, 20260709, 5},
                 {20261224, 20261228, 1}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t noon = as_calendar_session_on(calendar, cases[i].from)->open + AS_NS_PER_HOUR;
        assert_int_equal(as_decide_horizon(world.engine, AST_EPI, noon, cases[i].count),
                         as_calendar_session_on(calendar, cases[i].to)->close);
    }
    uint64_t close = as_calendar_session_on(calendar, 20260701)->close; /* after it belongs to the next session */
    assert_int_equal(as_decide_horizon(world.engine, AST_EPI, close + 1, 0),
                     as_calendar_session_on(calendar, 20260702)->close);
    ast_world_fini(&world);
}

static void ids_are_the_same_in_every_run_and_differ_between_names_and_strategies(void **state)
{
    (void)state;
    ast_world first, second;
    run_shock(&first, SESSIONS);
    run_shock(&second, SESSIONS);
    assert_int_equal(first.last_count, second.last_count);
    unsigned signals = 0;
    for (unsigned i = 0; i < first.last_count; i++) {
        const as_decision *one = &first.last[i];
        assert_memory_equal(one->id, second.last[i].id, sizeof one->id);
        if (one->type != AS_DECISION_SIG)
            continue;
        signals++;
        for (unsigned j = 0; j < i; j++) {
            const as_decision *other = &first.last[j];
            bool same = other->type == AS_DECISION_SIG && other->instrument == one->instrument &&
                        strcmp(other->strategy, one->strategy) == 0;
            assert_int_equal(memcmp(one->id, other->id, sizeof one->id) == 0, same);
        }
    }
    assert_true(signals >= 4);
    ast_world_fini(&first);
    ast_world_fini(&second);
}

static void another_instant_of_opening_is_another_id(void **state)
{
    (void)state;
    ast_world first, later;
    run_shock(&first, SESSIONS);
    run_shock(&later, SESSIONS + 1);
    const as_decision *one = ast_find(&first, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR1);
    const as_decision *other = ast_find(&later, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR1);
    assert_non_null(one);
    assert_non_null(other);
    assert_memory_not_equal(one->id, other->id, sizeof one->id);
    ast_world_fini(&first);
    ast_world_fini(&later);
}

static void decisions_are_numbered_without_a_hole(void **state)
{
    (void)state;
    ast_world world;
    run_shock(&world, SESSIONS);
    assert_int_equal(world.engine->counters.decisions, world.decisions);
    for (unsigned i = 1; i < world.last_count; i++)
        assert_int_equal(world.last[i].seq, world.last[i - 1].seq + 1);
    assert_int_equal(world.last[0].type, AS_DECISION_FACT);
    assert_int_equal(world.last[1].type, AS_DECISION_SHOCK);
    assert_int_equal(world.last[1].linked, 5);
    ast_world_fini(&world);
}

static void a_near_miss_has_no_side_no_horizon_and_an_id_and_is_said_once(void **state)
{
    (void)state;
    ast_world world;
    uint64_t close = run_shock(&world, 30);
    const as_decision *miss = ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_UPDATE, AST_FAR1);
    static const uint8_t none[16];
    assert_non_null(miss);
    assert_int_equal(miss->side, 0);
    assert_int_equal(miss->horizon_ns, 0);
    assert_int_equal(miss->valid_until, close);
    assert_memory_not_equal(miss->id, none, sizeof none);
    uint64_t said = world.engine->counters.near_misses[AS_SIGNAL_OVERREACTION];
    uint64_t counted = world.engine->counters.veto[AS_SIGNAL_OVERREACTION][AS_REASON_WARMUP];
    ast_day(&world, next_close(&world, close), quiet_day, NULL);
    assert_int_equal(world.engine->counters.near_misses[AS_SIGNAL_OVERREACTION], said);
    assert_int_equal(world.engine->counters.veto[AS_SIGNAL_OVERREACTION][AS_REASON_WARMUP], counted);
    ast_world_fini(&world);
}

static void an_open_signal_says_how_long_it_holds_and_expires_then(void **state)
{
    (void)state;
    ast_world world;
    uint64_t close = run_shock(&world, SESSIONS);
    world.playbook->thresholds.os_close = 0; /* it shall not fade */
    const as_decision *open = ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR1);
    assert_non_null(open);
    as_decision opened = *open;
    assert_int_equal(opened.valid_until, as_decide_horizon(world.engine, AST_FAR1, close, 5));
    assert_int_equal(opened.horizon_ns, opened.valid_until - close);
    for (uint64_t day = next_close(&world, close); day < opened.valid_until; day = next_close(&world, day))
        ast_day(&world, day, quiet_day, NULL);
    as_merge_advance(&world.merge, opened.valid_until - 1);
    assert_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_EXPIRE, AST_FAR1));
    as_merge_advance(&world.merge, opened.valid_until);
    const as_decision *expired = ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_EXPIRE, AST_FAR1);
    assert_non_null(expired);
    assert_memory_equal(expired->id, opened.id, sizeof opened.id);
    assert_int_equal(expired->ts_recv, opened.valid_until);
    assert_true(expired->reasons & AS_REASON_BIT(TIME_STOP));
    ast_world_fini(&world);
}

static void the_timer_of_a_signal_that_was_closed_says_nothing(void **state)
{
    (void)state;
    ast_world world;
    uint64_t close = run_shock(&world, SESSIONS);
    static const double back[AST_NAMES] = {[AST_FAR1] = 0.06, [AST_FAR2] = 0.07, [AST_EPI] = -0.02};
    assert_non_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR1));
    uint64_t until = as_decide_horizon(world.engine, AST_FAR1, close, 5);
    ast_day(&world, next_close(&world, close), back, NULL);
    const as_decision *closed = ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_CLOSE, AST_FAR1);
    assert_non_null(closed);
    assert_true(closed->reasons & AS_REASON_BIT(FADED));
    as_merge_advance(&world.merge, until + 1);
    assert_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_EXPIRE, AST_FAR1));
    ast_world_fini(&world);
}

static void a_fact_that_ends_takes_its_signals_along_with_its_reason(void **state)
{
    (void)state;
    ast_world world;
    run_shock(&world, SESSIONS);
    as_shock *shock = as_shock_oldest(&world.engine->shocks);
    assert_non_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR2));
    as_decide_end(world.engine, shock, AS_REASON_BIT(FACT_EXPIRED));
    const as_decision *expired = ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_EXPIRE, AST_FAR2);
    assert_non_null(expired);
    assert_true(expired->reasons & AS_REASON_BIT(FACT_EXPIRED));
    unsigned said = world.decisions;
    as_decide_end(world.engine, shock, AS_REASON_BIT(FACT_EXPIRED)); /* none is open any more */
    assert_int_equal(world.decisions, said);
    ast_world_fini(&world);
}

static void what_can_never_be_measured_is_vetoed_once_at_the_opening(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    uint64_t close = ast_history(&world, DATE, 1); /* one close is no return: sigma is unknown */
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, close + 1);
    ast_say(&world, &rumour);
    const uint64_t *veto = world.engine->counters.veto[AS_SIGNAL_OVERREACTION];
    assert_int_equal(veto[AS_REASON_NO_FACTOR], 1);
    assert_int_equal(veto[AS_REASON_WARMUP], 4);
    ast_world_fini(&world);
}

/* What a strategy sees of the hedged residual is of this instant, not of the one before. */
static void the_hedged_residual_is_measured_before_a_strategy_sees_it(void **state)
{
    (void)state;
    ast_world world;
    run_shock(&world, SESSIONS);
    as_shock *shock = as_shock_oldest(&world.engine->shocks);
    for (uint32_t i = 0; i < shock->linked_count; i++) {
        as_linked *linked = &shock->linked[i];
        if (fabs(linked->os) < 2 || linked->anchor.blocks)
            continue;
        double x = linked->x, level = linked->x_mean;
        assert_true(isfinite(x) && x != 0 && isfinite(level));
        as_shock_hedge(shock, linked);
        assert_true(linked->x == x && linked->x_mean == level);
    }
    const as_decision *miss = ast_find(&world, AS_SIGNAL_MEAN_REVERSION, AS_ACTION_UPDATE, AST_FAR1);
    assert_non_null(miss);
    assert_true(miss->rev_bps > 0);
    ast_world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_horizon_counts_sessions_over_weekends_and_holidays),
        cmocka_unit_test(ids_are_the_same_in_every_run_and_differ_between_names_and_strategies),
        cmocka_unit_test(another_instant_of_opening_is_another_id),
        cmocka_unit_test(decisions_are_numbered_without_a_hole),
        cmocka_unit_test(the_hedged_residual_is_measured_before_a_strategy_sees_it),
        cmocka_unit_test(a_near_miss_has_no_side_no_horizon_and_an_id_and_is_said_once),
        cmocka_unit_test(an_open_signal_says_how_long_it_holds_and_expires_then),
        cmocka_unit_test(the_timer_of_a_signal_that_was_closed_says_nothing),
        cmocka_unit_test(a_fact_that_ends_takes_its_signals_along_with_its_reason),
        cmocka_unit_test(what_can_never_be_measured_is_vetoed_once_at_the_opening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
