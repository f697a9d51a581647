/* A source's transaction (AS_EVENT_MORE): applied as it comes, published once, when it is whole. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world.h"

enum { BID = 49990, ASK = 50010, MID = 50000, MORE = AS_EVENT_MORE, SELL = AS_EVENT_SELL };

typedef struct scene {
    ast_world world; /* for its universe and thresholds; the market is our own */
    as_market market;
    uint64_t now, seq, ref;
} scene;

static bool apply(scene *s, as_event event)
{
    event.ts_event = event.ts_recv = s->now;
    return as_market_apply(&s->market, &s->world.playbook->thresholds, &event, ++s->seq);
}

static bool level(scene *s, unsigned flags, int64_t px, uint64_t qty)
{
    return apply(s, (as_event){.kind = AS_EVENT_LEVEL,
                               .instrument = AST_NEAR,
                               .flags = (uint8_t)flags,
                               .level = {.px = px, .qty = qty}});
}

static bool order(scene *s, as_event_kind kind, unsigned flags, uint64_t ref, int64_t px, uint64_t qty)
{
    return apply(s, (as_event){.kind = (uint8_t)kind,
                               .instrument = AST_NEAR,
                               .flags = (uint8_t)flags,
                               .order = {.ref = ref, .new_ref = ref, .px = px, .qty = qty}});
}

static bool clear(scene *s, unsigned flags)
{
    return apply(s, (as_event){.kind = AS_EVENT_CLEAR, .instrument = AST_NEAR, .flags = (uint8_t)flags});
}

static int64_t mid(const scene *s)
{
    return s->market.name[AST_NEAR].mark.mid;
}

static bool is_stale(const scene *s)
{
    uint64_t blocks = as_market_condition(&s->market, &s->world.playbook->thresholds, AST_NEAR, s->now);
    return (blocks & AS_REASON_BIT(STALE)) != 0;
}

/* The factor has a price. */
static void open_scene(scene *s)
{
    ast_world_init(&s->world);
    assert_int_equal(as_market_init(&s->market, &s->world.universe, 64), 0);
    as_market_start(&s->market, &s->world.playbook->thresholds);
    s->now = as_calendar_session_on(s->world.universe.calendar[0], 20260630)->open;
    s->seq = s->ref = 0;
    apply(s, (as_event){.kind = AS_EVENT_QUOTE,
                        .instrument = AST_MKT,
                        .source = 7,
                        .quote = {.bid_px = 99990, .bid_qty = 1, .ask_px = 100010, .ask_qty = 1}});
}

static void close_scene(scene *s)
{
    as_market_fini(&s->market);
    ast_world_fini(&s->world);
}

static void open_levels(scene *s)
{
    open_scene(s);
    level(s, 0, BID, 5);
    level(s, 0, BID - 10, 5);
    level(s, 0, BID - 100, 5);
    assert_true(level(s, SELL, ASK, 5));
    assert_int_equal(mid(s), MID);
}

static void open_orders(scene *s)
{
    open_scene(s);
    order(s, AS_EVENT_ORDER_ADD, 0, 1, BID, 5);
    order(s, AS_EVENT_ORDER_ADD, 0, 2, BID - 10, 5);
    order(s, AS_EVENT_ORDER_ADD, 0, 3, BID - 100, 5);
    assert_true(order(s, AS_EVENT_ORDER_ADD, SELL, 4, ASK, 5));
    assert_int_equal(mid(s), MID);
}

/* DEEP: the best goes and the event ends with a level far behind it. */
static void levels_are_published_at_the_end_though_it_does_not_touch_the_best(void **state)
{
    (void)state;
    scene s;
    open_levels(&s);
    assert_false(level(&s, MORE, BID, 0));
    assert_int_equal(mid(&s), MID);
    assert_true(level(&s, 0, BID - 100, 9));
    assert_int_equal(mid(&s), MID - 5);
    assert_false(level(&s, 0, BID - 100, 5)); /* the transaction is over */
    close_scene(&s);
}

/* DBN: a swept order, a new one at its price, and LAST on a record about another one. */
static void orders_are_published_at_the_end_though_it_does_not_touch_the_best(void **state)
{
    (void)state;
    scene s;
    open_orders(&s);
    assert_false(order(&s, AS_EVENT_ORDER_EXECUTE, MORE, 4, AS_PX_UNDEFINED, 5));
    assert_false(order(&s, AS_EVENT_ORDER_ADD, MORE | SELL, 5, ASK + 20, 3));
    assert_int_equal(mid(&s), MID);
    assert_true(order(&s, AS_EVENT_ORDER_REDUCE, 0, 3, AS_PX_UNDEFINED, 5));
    assert_int_equal(mid(&s), MID + 10);
    close_scene(&s);
}

static void the_last_event_may_touch_the_best_itself(void **state)
{
    (void)state;
    scene s;
    open_levels(&s);
    assert_false(level(&s, MORE | SELL, ASK, 0));
    assert_true(level(&s, SELL, ASK + 20, 5));
    assert_int_equal(mid(&s), MID + 10);
    close_scene(&s);
}

static void a_transaction_that_ends_where_it_began_publishes_nothing(void **state)
{
    (void)state;
    scene s;
    open_levels(&s);
    as_mark before = s.market.name[AST_NEAR].mark;
    s.now++;
    assert_false(level(&s, MORE, BID, 0));
    assert_false(level(&s, MORE, BID - 10, 7));
    assert_false(level(&s, MORE, BID - 10, 5));
    assert_false(level(&s, 0, BID, 5)); /* the best again, as it was */
    assert_memory_equal(&before, &s.market.name[AST_NEAR].mark, sizeof before);
    close_scene(&s);
}

static void a_transaction_over_several_instants_waits_and_others_go_on(void **state)
{
    (void)state;
    scene s;
    open_orders(&s);
    assert_false(order(&s, AS_EVENT_ORDER_DELETE, MORE | AS_EVENT_LAST, 1, AS_PX_UNDEFINED, 0));
    for (unsigned i = 0; i < 3; i++) {
        s.now += AS_NS_PER_MS;
        assert_false(order(&s, AS_EVENT_ORDER_REDUCE, MORE | AS_EVENT_LAST, 2, AS_PX_UNDEFINED, 1));
        assert_true(apply(&s, (as_event){.kind = AS_EVENT_QUOTE,
                                         .instrument = AST_FAR1,
                                         .source = 7,
                                         .quote = {.bid_px = 10, .bid_qty = 1, .ask_px = 12, .ask_qty = 1}}));
        apply(&s, (as_event){.kind = AS_EVENT_TRADE, .instrument = AST_NEAR, .trade = {.px = BID, .qty = 1}});
        assert_int_equal(mid(&s), MID); /* neither a trade nor another name ends it */
    }
    s.now += AS_NS_PER_MS;
    assert_true(order(&s, AS_EVENT_ORDER_REDUCE, 0, 3, AS_PX_UNDEFINED, 1));
    assert_int_equal(mid(&s), MID - 5);
    assert_int_equal(s.market.name[AST_NEAR].mark.ts, s.now);
    close_scene(&s);
}

static void a_clear_ends_it_and_the_snapshot_is_published_though_it_is_what_was_there(void **state)
{
    (void)state;
    scene s;
    open_levels(&s);
    assert_false(level(&s, MORE, BID, 0));
    assert_true(clear(&s, MORE));
    assert_true(is_stale(&s));
    assert_false(level(&s, MORE | SELL, ASK, 5));
    assert_false(level(&s, MORE, BID, 5));
    assert_true(is_stale(&s));
    assert_true(level(&s, 0, BID - 100, 5));
    assert_int_equal(mid(&s), MID);
    assert_false(is_stale(&s));
    close_scene(&s);
}

static void a_clear_without_more_leaves_no_transaction_behind(void **state)
{
    (void)state;
    scene s;
    open_levels(&s);
    assert_false(level(&s, MORE, BID, 0));
    assert_true(clear(&s, 0));
    assert_true(level(&s, 0, BID, 5)); /* published: one side only, no price */
    assert_true(is_stale(&s));
    assert_false(level(&s, 0, BID - 10, 5));
    assert_true(level(&s, SELL, ASK, 5));
    assert_false(is_stale(&s));
    close_scene(&s);
}

static void after_a_gap_the_next_whole_event_ends_it_and_the_name_stays_stale_until_rebuilt(void **state)
{
    (void)state;
    scene s;
    open_levels(&s);
    assert_false(level(&s, MORE, BID, 0));
    assert_false(apply(&s, (as_event){.kind = AS_EVENT_GAP, .instrument = AS_INSTRUMENT_NONE}));
    assert_true(level(&s, 0, BID - 100, 9));
    assert_int_equal(mid(&s), MID); /* a book that lacks something gives no price, to nobody */
    assert_true(is_stale(&s));
    assert_true(clear(&s, MORE));
    level(&s, MORE, BID, 5);
    assert_true(level(&s, SELL, ASK, 5));
    assert_false(is_stale(&s));
    close_scene(&s);
}

static void a_refused_event_within_it_is_said_at_once(void **state)
{
    (void)state;
    scene s;
    open_orders(&s);
    assert_false(order(&s, AS_EVENT_ORDER_DELETE, MORE, 1, AS_PX_UNDEFINED, 0));
    assert_true(order(&s, AS_EVENT_ORDER_DELETE, MORE, 99, AS_PX_UNDEFINED, 0));
    assert_true(is_stale(&s));
    assert_int_equal(mid(&s), MID);
    close_scene(&s);
}

/* What is caught up with after a late login carries MORE: whole quotes too are no price to act on. */
static void a_quote_that_is_not_to_be_published_is_not(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    as_event quote = {.kind = AS_EVENT_QUOTE,
                      .instrument = AST_NEAR,
                      .flags = MORE,
                      .quote = {.bid_px = BID, .bid_qty = 1, .ask_px = ASK, .ask_qty = 1}};
    assert_false(apply(&s, quote));
    assert_int_equal(mid(&s), AS_PX_UNDEFINED);
    quote.flags = 0;
    assert_true(apply(&s, quote));
    assert_int_equal(mid(&s), MID);
    close_scene(&s);
}

/* ---- the engine ---- */

static bool step(ast_world *world, uint64_t ts, as_event event)
{
    unsigned before = world->decisions;
    event.ts_event = event.ts_recv = ts;
    as_merge_event(&world->merge, &event, NULL, NULL);
    return world->decisions > before;
}

/* An order of FAR1, alone in its instant. */
static as_event far_order(uint64_t ref, unsigned flags, int64_t px)
{
    return (as_event){.kind = AS_EVENT_ORDER_ADD,
                      .instrument = AST_FAR1,
                      .flags = (uint8_t)(flags | AS_EVENT_LAST),
                      .order = {.ref = ref, .px = px, .qty = 100}};
}

static void no_strategy_sees_half_a_transaction(void **state)
{
    (void)state;
    static const double shock[AST_NAMES] = {
        [AST_MKT] = 0.001,  [AST_EPI] = 0.08,   [AST_NEAR] = -0.05, [AST_FAR1] = -0.06, [AST_FAR2] = -0.07,
        [AST_FAR3] = 0.001, [AST_CTL1] = 0.001, [AST_CTL2] = 0.001, [AST_CTL3] = 0.001, [AST_LONE] = -0.05,
    };
    ast_world world;
    ast_world_init(&world);
    uint64_t close = ast_history(&world, 20260630, 80);
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, close + 15 * AS_NS_PER_HOUR);
    ast_say(&world, &rumour);
    const as_calendar *calendar = world.universe.calendar[0];
    const as_session *day = as_calendar_session(calendar, close + 1);
    ast_day(&world, day->close, shock, NULL);
    assert_non_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_OPEN, AST_FAR1));

    uint64_t ts = as_calendar_session(calendar, day->close + 1)->open + AS_NS_PER_HOUR;
    int64_t px = world.px[AST_FAR1], tick = px / 10000;
    for (uint32_t i = 0; i < AST_NAMES; i++) { /* all have quotes, FAR1 has its book */
        if (i == AST_FAR1)
            continue;
        step(&world, ts,
             (as_event){
                 .kind = AS_EVENT_QUOTE,
                 .instrument = i,
                 .source = 7,
                 .flags = AS_EVENT_LAST,
                 .quote = {.bid_px = world.px[i] - tick, .bid_qty = 1, .ask_px = world.px[i] + tick, .ask_qty = 1}});
    }
    step(&world, ts, far_order(1, 0, px - tick));
    step(&world, ts, far_order(2, SELL, px + tick));
    step(&world, ts, far_order(3, 0, px / 2));

    /* the ask goes, a bid far above comes: the fade would be over, if that were the end of it */
    assert_false(step(&world, ts + 1000,
                      (as_event){.kind = AS_EVENT_ORDER_DELETE,
                                 .instrument = AST_FAR1,
                                 .flags = MORE | AS_EVENT_LAST,
                                 .order = {.ref = 2}}));
    assert_false(step(&world, ts + 2000, far_order(5, MORE | SELL, px + px / 8 + tick)));
    assert_false(step(&world, ts + 3000, far_order(4, MORE, px + px / 8 - tick)));
    as_event timer = {.kind = AS_EVENT_SESSION, .instrument = AS_INSTRUMENT_NONE, .flags = AS_EVENT_LAST};
    assert_false(step(&world, ts + 4000, timer));
    assert_true(step(&world, ts + 5000, far_order(6, 0, px / 2 - tick)));
    assert_non_null(ast_find(&world, AS_SIGNAL_OVERREACTION, AS_ACTION_CLOSE, AST_FAR1));
    ast_world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_published_at_the_end_though_it_does_not_touch_the_best),
        cmocka_unit_test(orders_are_published_at_the_end_though_it_does_not_touch_the_best),
        cmocka_unit_test(the_last_event_may_touch_the_best_itself),
        cmocka_unit_test(a_transaction_that_ends_where_it_began_publishes_nothing),
        cmocka_unit_test(a_transaction_over_several_instants_waits_and_others_go_on),
        cmocka_unit_test(a_clear_ends_it_and_the_snapshot_is_published_though_it_is_what_was_there),
        cmocka_unit_test(a_clear_without_more_leaves_no_transaction_behind),
        cmocka_unit_test(after_a_gap_the_next_whole_event_ends_it_and_the_name_stays_stale_until_rebuilt),
        cmocka_unit_test(a_refused_event_within_it_is_said_at_once),
        cmocka_unit_test(a_quote_that_is_not_to_be_published_is_not),
        cmocka_unit_test(no_strategy_sees_half_a_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
