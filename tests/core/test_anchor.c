#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/anchor.h"
#include "core/logexp.h"
#include "tests/support/world.h"

/* cmocka compares floats; these are doubles. */
#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

enum { DATE = 20260630, SESSIONS = 80 };

static ast_world world;
static as_levels levels;

/* History, an anchor of FAR1 at its end; returns t0, an hour before the next open. */
static uint64_t begin(as_anchor *anchor, bool *late)
{
    ast_world_init(&world);
    assert_int_equal(as_levels_init(&levels, AST_NAMES), 0);
    uint64_t close = ast_history(&world, DATE, SESSIONS);
    uint64_t t0 = as_calendar_session(world.universe.calendar[0], close + 1)->open - AS_NS_PER_HOUR;
    *late = false;
    *anchor = as_anchor_set(&levels, &world.engine->market, &world.playbook->thresholds, AST_FAR1, t0, t0, late);
    return t0;
}

static void end(void)
{
    as_levels_fini(&levels);
    ast_world_fini(&world);
}

static void bar(uint32_t instrument, uint64_t ts, int64_t px)
{
    as_event event = ast_bar(instrument, ts, px, 86400);
    event.flags = AS_EVENT_LAST;
    as_merge_event(&world.merge, &event, NULL, NULL);
}

static bool measure(as_anchor *anchor, uint64_t t0, uint64_t now)
{
    return as_anchor_measure(anchor, &levels, &world.engine->market, &world.playbook->thresholds, t0, now);
}

static void a_session_later_car_and_z_are_those_of_the_formulas(void **state)
{
    (void)state;
    as_anchor anchor;
    bool late;
    uint64_t t0 = begin(&anchor, &late);
    int64_t market = world.px[AST_MKT], px = world.px[AST_FAR1];
    assert_false(late);
    assert_int_equal(anchor.px, px);
    assert_int_equal(anchor.factor_px, market);
    assert_false(measure(&anchor, t0, t0 + 1)); /* nothing newer than the headline yet */
    assert_false(anchor.measured);

    uint64_t close = as_calendar_session(world.universe.calendar[0], t0)->close;
    bar(AST_MKT, close, market + market / 50);
    bar(AST_FAR1, close, px - px / 20);
    assert_true(measure(&anchor, t0, close));
    double car =
        log((double)(px - px / 20) / (double)px) - anchor.beta * log((double)(market + market / 50) / (double)market);
    assert_near(anchor.car, car, 1e-12);
    assert_near(anchor.h, 1, 1e-12);
    assert_near(anchor.z, car / anchor.sigma, 1e-9);
    assert_near(anchor.move, log((double)(px - px / 20) / (double)px), 1e-12);
    end();
}

static void two_anchors_of_a_name_share_its_level_and_differ_by_their_prices(void **state)
{
    (void)state;
    as_anchor first;
    bool late;
    uint64_t t0 = begin(&first, &late);
    int64_t px = world.px[AST_FAR1];
    uint64_t close = as_calendar_session(world.universe.calendar[0], t0)->close;
    bar(AST_MKT, close, world.px[AST_MKT]);
    bar(AST_FAR1, close, px * 2);
    uint64_t t1 = close + AS_NS_PER_HOUR;
    as_anchor second =
        as_anchor_set(&levels, &world.engine->market, &world.playbook->thresholds, AST_FAR1, t1, t1, &late);
    uint64_t next = as_calendar_session(world.universe.calendar[0], close + 1)->close;
    bar(AST_MKT, next, world.px[AST_MKT]);
    bar(AST_FAR1, next, px * 3);
    assert_true(measure(&first, t0, next));
    assert_true(measure(&second, t1, next));
    assert_near(first.move, log(3.0), 1e-14);
    assert_near(second.move, log(1.5), 1e-14);
    assert_near(first.h, 2, 1e-12);
    assert_near(second.h, 1, 1e-12);
    end();
}

static void a_halt_freezes_what_was_measured(void **state)
{
    (void)state;
    as_anchor anchor;
    bool late;
    uint64_t t0 = begin(&anchor, &late);
    int64_t px = world.px[AST_FAR1];
    uint64_t close = as_calendar_session(world.universe.calendar[0], t0)->close;
    bar(AST_FAR1, close - 2, px - px / 20);
    assert_true(measure(&anchor, t0, close - 2));
    double z = anchor.z, h = anchor.h;
    world.engine->market.name[AST_FAR1].state = AS_STATE_HALTED;
    bar(AST_FAR1, close - 1, px / 2);
    assert_false(measure(&anchor, t0, close - 1));
    assert_true(anchor.z == z && anchor.h == h && anchor.measured);
    world.engine->market.name[AST_FAR1].state = AS_STATE_TRADING;
    assert_true(measure(&anchor, t0, close));
    assert_true(anchor.z < z);
    end();
}

static void the_lookback_limits_how_far_back_an_anchor_lies(void **state)
{
    (void)state;
    as_thresholds th;
    as_thresholds_default(&th);
    as_headline headline = {.ts_recv = 1000 * AS_NS_PER_S, .ts_event = 940 * AS_NS_PER_S};
    bool late;
    assert_int_equal(as_anchor_limit(&headline, &th, &late), 940 * AS_NS_PER_S);
    assert_false(late);
    headline.ts_event = 940 * AS_NS_PER_S - 1;
    assert_int_equal(as_anchor_limit(&headline, &th, &late), 1000 * AS_NS_PER_S);
    assert_true(late);
    headline.ts_event = 2000 * AS_NS_PER_S; /* a source whose clock is ahead: not after its receipt */
    assert_int_equal(as_anchor_limit(&headline, &th, &late), 1000 * AS_NS_PER_S);
    assert_false(late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_later_car_and_z_are_those_of_the_formulas),
        cmocka_unit_test(two_anchors_of_a_name_share_its_level_and_differ_by_their_prices),
        cmocka_unit_test(a_halt_freezes_what_was_measured),
        cmocka_unit_test(the_lookback_limits_how_far_back_an_anchor_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
