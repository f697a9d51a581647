#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#ifndef AS_NO_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

#include "tests/support/world.h"

/* The day of the shock: EPI up, NEAR down as it should, FAR1 and FAR2 down for no reason, the rest with the market. */
static const double shock_day[AST_NAMES] = {
    [AST_MKT] = 0.001,  [AST_EPI] = 0.08,   [AST_NEAR] = -0.05, [AST_FAR1] = -0.06, [AST_FAR2] = -0.07,
    [AST_FAR3] = 0.001, [AST_CTL1] = 0.001, [AST_CTL2] = 0.001, [AST_CTL3] = 0.001, [AST_LONE] = -0.05,
};

static uint64_t next_close(const ast_world *world, uint64_t close)
{
    return as_calendar_session(world->universe.calendar[0], close + 1)->close;
}

/* History, a rumour before the open, the day's bars in the given order. */
static uint64_t run_shock(ast_world *world, unsigned sessions, const uint32_t *order)
{
    uint64_t close = ast_history(world, 20260630, sessions);
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, close + 15 * AS_NS_PER_HOUR);
    ast_say(world, &rumour);
    close = next_close(world, close);
    ast_day(world, close, shock_day, order);
    return close;
}

static void names_without_a_channel_that_fell_are_overreactions(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    run_shock(&world, 80, NULL);
    const as_decision *far = ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR1);
    assert_non_null(far);
    assert_int_equal(far->side, 1);
    assert_true(far->os < -2);
    assert_true(far->reasons & AS_REASON_BIT(NO_CHANNEL));
    assert_true(far->reasons & AS_REASON_BIT(RUMOUR_T1));
    assert_int_equal(far->headline_count, 1);
    assert_string_equal(far->fact, "EPI|compute_supply_entry|surplus");
    assert_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR3));
    assert_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_NEAR));
    ast_world_fini(&world);
}

static void a_fade_with_low_breadth_is_vetoed_and_counted(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    as_thresholds *th = &world.playbook->thresholds;
    th->breadth_gate = 0.9;
    run_shock(&world, 80, NULL);
    const as_decision *miss = ast_find(&world, AS_SIGNAL_MEAN_REVERSION, AS_ACTION_UPDATE, AST_FAR1);
    assert_non_null(miss);
    assert_int_equal(miss->side, 0);
    assert_true(miss->reasons & AS_REASON_BIT(BREADTH_LOW));
    assert_null(ast_find(&world, AS_SIGNAL_MEAN_REVERSION, AS_ACTION_OPEN, AST_FAR1));
    assert_int_equal(world.engine->counters.veto[AS_SIGNAL_MEAN_REVERSION][AS_REASON_BREADTH_LOW],
                     world.engine->counters.near_misses[AS_SIGNAL_MEAN_REVERSION]);
    ast_world_fini(&world);
}

static void a_name_without_a_factor_is_vetoed_no_factor_and_never_scored(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    run_shock(&world, 80, NULL);
    assert_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_LONE));
    assert_int_equal(world.engine->counters.veto[AS_SIGNAL_OVERREACTION][AS_REASON_NO_FACTOR], 1);
    ast_world_fini(&world);
}

static void fewer_than_forty_sessions_veto_warmup(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    run_shock(&world, 30, NULL);
    assert_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR1));
    const as_decision *miss = ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_UPDATE, AST_FAR1);
    assert_non_null(miss);
    assert_true(miss->reasons & AS_REASON_BIT(WARMUP));
    assert_true(world.engine->counters.veto[AS_SIGNAL_OVERREACTION][AS_REASON_WARMUP] >= 2);
    ast_world_fini(&world);
}

static void the_order_of_names_within_an_instant_changes_no_byte(void **state)
{
    (void)state;
    static const uint32_t order[3][AST_NAMES] = {
        {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, {3, 1, 4, 0, 5, 9, 2, 6, 8, 7}, {1, 0, 3, 2, 5, 4, 7, 6, 9, 8}};
    ast_world expected;
    ast_world_init(&expected);
    run_shock(&expected, 80, NULL);
    assert_true(expected.decisions > 4);
    for (unsigned i = 0; i < 3; i++) {
        ast_world shuffled;
        ast_world_init(&shuffled);
        run_shock(&shuffled, 80, order[i]);
        assert_string_equal(shuffled.lines, expected.lines);
        ast_world_fini(&shuffled);
    }
    ast_world_fini(&expected);
}

static void cutting_the_input_changes_no_earlier_decision(void **state)
{
    (void)state;
    ast_world whole, cut;
    ast_world_init(&whole);
    ast_world_init(&cut);
    uint64_t close = run_shock(&whole, 80, NULL);
    run_shock(&cut, 80, NULL);
    size_t before = whole.used;
    for (unsigned i = 0; i < 8; i++) {
        close = next_close(&whole, close);
        ast_day(&whole, close, NULL, NULL);
    }
    assert_true(whole.used > before);
    assert_memory_equal(whole.lines, cut.lines, cut.used);
    ast_world_fini(&whole);
    ast_world_fini(&cut);
}

static void a_denial_takes_the_justified_move_away(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    uint64_t close = run_shock(&world, 80, NULL);
    as_headline denial = ast_headline("denial", "Epicentre Corp", AST_EPI, close + AS_NS_PER_HOUR);
    denial.reading.source_class = AS_CLASS_OFFICIAL;
    denial.reading.cue = AS_CUE_DENIED;
    ast_say(&world, &denial);
    const as_decision *near = ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_NEAR);
    assert_non_null(near);
    assert_true(near->e == 0);
    assert_int_equal(near->status, AS_FACT_DENIED);
    assert_true(near->reasons & AS_REASON_BIT(DENIED));
    ast_world_fini(&world);
}

static void every_signal_ends_and_an_expired_fact_takes_its_signals_along(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    uint64_t close = run_shock(&world, 80, NULL);
    for (unsigned i = 0; i < 14; i++) {
        close = next_close(&world, close);
        ast_day(&world, close, NULL, NULL);
    }
    const as_engine_counters *counters = &world.engine->counters;
    assert_int_equal(world.engine->shocks.open_count, 0);
    assert_true(counters->opened[AS_SIGNAL_OVERREACTION] > 0);
    assert_int_equal(counters->opened[AS_SIGNAL_OVERREACTION],
                     counters->closed[AS_SIGNAL_OVERREACTION] + counters->expired[AS_SIGNAL_OVERREACTION]);
    assert_non_null(strstr(world.lines, "\"status\":\"expired\""));
    ast_world_fini(&world);
}

static void a_fact_that_is_forgotten_takes_its_signals_along(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    uint64_t close = run_shock(&world, 80, NULL);
    const as_engine_counters *counters = &world.engine->counters;
    assert_true(counters->opened[AS_SIGNAL_OVERREACTION] > 0);
    world.engine->facts.next_serial =
        AS_FACT_HISTORY_MAX; /* as after so many facts: the one after this takes its slot */
    as_headline other = ast_headline("other", "Wire", AST_LONE, close + 1);
    ast_say(&world, &other);
    assert_int_equal(counters->opened[AS_SIGNAL_OVERREACTION], counters->expired[AS_SIGNAL_OVERREACTION]);
    assert_null(as_shock_of(&world.engine->shocks, 1));
    assert_int_equal(as_fact_find(&world.engine->facts, 1)->status, AS_FACT_EXPIRED); /* said before it is gone */
    assert_non_null(strstr(world.lines, "\"status\":\"expired\""));
    ast_world_fini(&world);
}

/* A revision that names another company takes the item back from the first, whose signals end with the status. */
static void a_revision_that_names_another_issuer_denies_the_first(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    uint64_t close = run_shock(&world, 80, NULL);
    as_headline revised = ast_headline("rumour-1", "Wire", AST_LONE, close + AS_NS_PER_HOUR);
    revised.revision = 2;
    ast_say(&world, &revised);
    assert_int_equal(as_fact_find(&world.engine->facts, 1)->status, AS_FACT_DENIED);
    assert_true(as_shock_of(&world.engine->shocks, 1)->g == 0);
    ast_world_fini(&world);
}

static void only_the_item_itself_can_be_taken_back(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    uint64_t close = run_shock(&world, 80, NULL);
    as_headline foreign = ast_headline("another-id", "Blog", AST_EPI, close + AS_NS_PER_MIN);
    foreign.reading.marks = AS_MARK_RETRACTED;
    ast_say(&world, &foreign);
    assert_int_equal(as_fact_find(&world.engine->facts, 1)->status, AS_FACT_RUMOUR);
    as_headline own = ast_headline("rumour-1", "Wire", AST_EPI, close + AS_NS_PER_HOUR);
    own.reading.marks = AS_MARK_RETRACTED;
    ast_say(&world, &own);
    assert_int_equal(as_fact_find(&world.engine->facts, 1)->status, AS_FACT_DENIED);
    ast_world_fini(&world);
}

static void a_halted_name_never_opens(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    uint64_t close = ast_history(&world, 20260630, 80);
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, close + 15 * AS_NS_PER_HOUR);
    ast_say(&world, &rumour);
    as_event halt = {.kind = AS_EVENT_STATUS,
                     .ts_event = rumour.ts_recv + 1,
                     .ts_recv = rumour.ts_recv + 1,
                     .instrument = AST_FAR1,
                     .status = {.state = AS_STATE_HALTED},
                     .flags = AS_EVENT_LAST};
    as_merge_event(&world.merge, &halt, NULL, NULL);
    ast_day(&world, next_close(&world, close), shock_day, NULL);
    assert_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR1));
    assert_non_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR2));
    assert_int_equal(world.engine->counters.veto[AS_SIGNAL_OVERREACTION][AS_REASON_HALT], 1);
    ast_world_fini(&world);
}

static void the_step_allocates_nothing(void **state)
{
    (void)state;
#ifdef AS_NO_JEMALLOC
    print_message("skipped: built without jemalloc\n");
    skip();
#else
    ast_world world;
    uint64_t before, after;
    size_t bytes = sizeof before;
    ast_world_init(&world);
    free(malloc(1));                                          /* the counter itself is set up by the first allocation */
    world.lines = realloc(world.lines, world.room = 1 << 22); /* the harness's own memory, not the engine's */
    assert_int_equal(mallctl("thread.allocated", &before, &bytes, NULL, 0), 0);
    uint64_t close = run_shock(&world, 80, NULL);
    for (unsigned i = 0; i < 14; i++)
        ast_day(&world, close = next_close(&world, close), NULL, NULL);
    assert_int_equal(mallctl("thread.allocated", &after, &bytes, NULL, 0), 0);
    assert_true(world.decisions > 10);
    assert_int_equal(after - before, 0);
    ast_world_fini(&world);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_without_a_channel_that_fell_are_overreactions),
        cmocka_unit_test(a_fade_with_low_breadth_is_vetoed_and_counted),
        cmocka_unit_test(a_name_without_a_factor_is_vetoed_no_factor_and_never_scored),
        cmocka_unit_test(fewer_than_forty_sessions_veto_warmup),
        cmocka_unit_test(the_order_of_names_within_an_instant_changes_no_byte),
        cmocka_unit_test(cutting_the_input_changes_no_earlier_decision),
        cmocka_unit_test(a_denial_takes_the_justified_move_away),
        cmocka_unit_test(every_signal_ends_and_an_expired_fact_takes_its_signals_along),
        cmocka_unit_test(a_halted_name_never_opens),
        cmocka_unit_test(a_fact_that_is_forgotten_takes_its_signals_along),
        cmocka_unit_test(a_revision_that_names_another_issuer_denies_the_first),
        cmocka_unit_test(only_the_item_itself_can_be_taken_back),
        cmocka_unit_test(the_step_allocates_nothing),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
