#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world.h"

typedef struct ast_record {
    as_event event[512];
    unsigned count;
} ast_record;

static void keep(void *context, const as_event *event, const as_headline *headline, const as_playbook *playbook)
{
    (void)headline;
    (void)playbook;
    ast_record *record = context;
    if (record->count < 512)
        record->event[record->count++] = *event;
}

static void a_deadline_fires_before_the_first_later_event_and_after_equal_ones(void **state)
{
    (void)state;
    static ast_record record;
    ast_world world;
    ast_world_init(&world);
    world.merge.record = keep;
    world.merge.record_context = &record;
    uint64_t close = as_calendar_session_on(world.universe.calendar[0], 20260630)->close;
    as_event at = ast_bar(AST_NEAR, close, AS_PX_ONE, 86400);
    at.flags = AS_EVENT_LAST;
    as_merge_event(&world.merge, &at, NULL, NULL);
    as_merge_event(&world.merge, &at, NULL, NULL);
    at.ts_recv++;
    as_merge_event(&world.merge, &at, NULL, NULL);
    assert_int_equal(record.count, 4);
    assert_int_equal(record.event[2].kind, AS_EVENT_TIMER);
    assert_int_equal(record.event[2].ts_recv, close);
    assert_int_equal(record.event[3].kind, AS_EVENT_BAR);
    ast_world_fini(&world);
}

static void logical_time_never_goes_back(void **state)
{
    (void)state;
    static ast_record record;
    record.count = 0;
    ast_world world;
    ast_world_init(&world);
    world.merge.record = keep;
    world.merge.record_context = &record;
    as_event event = ast_bar(AST_NEAR, 1782900000 * AS_NS_PER_S, AS_PX_ONE, 60);
    as_merge_event(&world.merge, &event, NULL, NULL);
    as_event late = event;
    late.ts_recv -= 5;
    late.ts_event -= 7;
    as_merge_event(&world.merge, &late, NULL, NULL);
    assert_int_equal(world.merge.reordered, 1);
    assert_int_equal(record.event[1].ts_recv, event.ts_recv);
    assert_int_equal(record.event[1].ts_event, late.ts_event);
    ast_world_fini(&world);
}

static void passing_time_fires_every_deadline_up_to_it(void **state)
{
    (void)state;
    static ast_record record;
    record.count = 0;
    ast_world world;
    ast_world_init(&world);
    as_event event = ast_bar(AST_NEAR, 1782900000 * AS_NS_PER_S, AS_PX_ONE, 60);
    as_merge_event(&world.merge, &event, NULL, NULL);
    world.merge.record = keep;
    world.merge.record_context = &record;
    as_merge_advance(&world.merge, event.ts_recv + 3 * AS_NS_PER_DAY);
    assert_true(record.count >= 2);
    for (unsigned i = 0; i < record.count; i++)
        assert_int_equal(record.event[i].kind, AS_EVENT_TIMER);
    assert_true(as_engine_next_deadline(world.engine) > event.ts_recv + 3 * AS_NS_PER_DAY);
    ast_world_fini(&world);
}

static void the_recorded_steps_give_the_same_decisions(void **state)
{
    (void)state;
    static ast_record record;
    record.count = 0;
    ast_world live, replayed;
    ast_world_init(&live);
    ast_world_init(&replayed);
    uint64_t close = ast_history(&live, 20260630, 80);
    ast_history(&replayed, 20260630, 80);
    live.merge.record = keep;
    live.merge.record_context = &record;
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, close + AS_NS_PER_HOUR);
    ast_say(&live, &rumour);
    static const double move[AST_NAMES] = {0.001, 0.08, -0.05, -0.06, -0.07, 0, 0, 0, 0, 0};
    ast_day(&live, as_calendar_session(live.universe.calendar[0], close + 1)->close, move, NULL);
    for (unsigned i = 0; i < record.count; i++)
        as_engine_step(replayed.engine, &record.event[i], &rumour, NULL);
    assert_true(live.decisions > 3);
    assert_string_equal(replayed.lines, live.lines);
    ast_world_fini(&live);
    ast_world_fini(&replayed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_fires_before_the_first_later_event_and_after_equal_ones),
        cmocka_unit_test(logical_time_never_goes_back),
        cmocka_unit_test(passing_time_fires_every_deadline_up_to_it),
        cmocka_unit_test(the_recorded_steps_give_the_same_decisions),
    };
    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
