#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/book.h"
#include "tests/support/random.h"

enum { SELL = AS_EVENT_SELL };

static as_event order_event(as_event_kind kind, uint32_t instrument, uint64_t ref)
{
    as_event ev = {.instrument = instrument, .kind = (uint8_t)kind, .source = 1};
    ev.order.ref = ref;
    ev.order.px = AS_PX_UNDEFINED;
    return ev;
}

static as_book_result add(as_book_set *set, uint64_t ref, uint8_t flags, int64_t px, uint64_t qty)
{
    as_event ev = order_event(AS_EVENT_ORDER_ADD, 0, ref);
    ev.flags = flags;
    ev.order.px = px;
    ev.order.qty = qty;
    return as_book_apply(set, &ev);
}

static as_book_result take(as_book_set *set, as_event_kind kind, uint64_t ref, uint64_t qty)
{
    as_event ev = order_event(kind, 0, ref);
    ev.order.qty = qty;
    return as_book_apply(set, &ev);
}

static as_book_result replace(as_book_set *set, uint64_t ref, uint64_t new_ref, int64_t px, uint64_t qty)
{
    as_event ev = order_event(AS_EVENT_ORDER_REPLACE, 0, ref);
    ev.order.new_ref = new_ref;
    ev.order.px = px;
    ev.order.qty = qty;
    return as_book_apply(set, &ev);
}

static as_book_result level(as_book_set *set, uint32_t instrument, uint8_t flags, int64_t px, uint64_t qty)
{
    as_event ev = {.instrument = instrument, .kind = AS_EVENT_LEVEL, .flags = flags};
    ev.level.px = px;
    ev.level.qty = qty;
    return as_book_apply(set, &ev);
}

static as_book_result clear(as_book_set *set, uint32_t instrument)
{
    as_event ev = {.instrument = instrument, .kind = AS_EVENT_CLEAR};
    return as_book_apply(set, &ev);
}

static as_book_set *set_of(uint32_t instruments, uint32_t orders_max)
{
    as_book_set *set;
    assert_int_equal(as_book_set_new(instruments, orders_max, &set), 0);
    return set;
}

static void assert_top(const as_book_set *set, uint32_t instrument, int64_t bid_px, uint64_t bid_qty, int64_t ask_px,
                       uint64_t ask_qty)
{
    as_top top;
    as_book_top(set, instrument, &top);
    assert_int_equal(top.bid_px, bid_px);
    assert_int_equal(top.bid_qty, bid_qty);
    assert_int_equal(top.ask_px, ask_px);
    assert_int_equal(top.ask_qty, ask_qty);
}

/* ---- rejected parameters ---- */

static void sizes_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    as_book_set *set = NULL;
    assert_true(as_book_set_new(0, 10, &set) < 0);
    assert_true(as_book_set_new(10, 0, &set) < 0);
    assert_true(as_book_set_new_sized(10, 10, 0, &set) < 0);
    assert_true(as_book_set_new(10, UINT32_MAX, &set) < 0);
    assert_null(set);
    as_book_set_free(NULL);
}

static void other_events_and_unknown_instruments_are_foreign(void **state)
{
    (void)state;
    as_book_set *set = set_of(2, 10);
    as_event ev = {.instrument = 0, .kind = AS_EVENT_TRADE};
    assert_int_equal(as_book_apply(set, &ev), AS_BOOK_FOREIGN);
    ev = order_event(AS_EVENT_ORDER_ADD, 2, 1);
    assert_int_equal(as_book_apply(set, &ev), AS_BOOK_FOREIGN);
    ev.instrument = AS_INSTRUMENT_NONE;
    assert_int_equal(as_book_apply(set, &ev), AS_BOOK_FOREIGN);
    as_book_prefetch(set, &ev);
    as_book_prefetch_levels(set, &ev);
    assert_int_equal(as_book_counters_get(set)->foreign, 3);
    assert_false(as_book_inconsistent(set, 0));
    as_top top;
    as_book_top(set, 99, &top);
    assert_int_equal(top.bid_px, AS_PX_UNDEFINED);
    as_book_set_free(set);
}

/* ---- edges ---- */

static void an_empty_book_has_no_prices(void **state)
{
    (void)state;
    as_book_set *set = set_of(1, 10);
    as_book_set_prefault(set);
    assert_top(set, 0, AS_PX_UNDEFINED, 0, AS_PX_UNDEFINED, 0);
    as_book_level lvl;
    assert_false(as_book_level_at(set, 0, false, 0, &lvl));
    as_book_set_free(set);
}

static void orders_move_the_top_as_itch_says(void **state)
{
    (void)state;
    as_book_set *set = set_of(1, 10);
    assert_int_equal(add(set, 1, 0, 100, 50), AS_BOOK_BBO_CHANGED);
    assert_int_equal(add(set, 2, 0, 99, 10), AS_BOOK_UNCHANGED);
    assert_int_equal(add(set, 3, SELL, 103, 7), AS_BOOK_BBO_CHANGED);
    assert_int_equal(add(set, 4, SELL, 102, 8), AS_BOOK_BBO_CHANGED);
    assert_int_equal(add(set, 5, 0, 100, 5), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, 100, 55, 102, 8);
    assert_int_equal(take(set, AS_EVENT_ORDER_EXECUTE, 1, 20), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, 100, 35, 102, 8);
    assert_int_equal(take(set, AS_EVENT_ORDER_REDUCE, 2, 4), AS_BOOK_UNCHANGED);
    assert_int_equal(take(set, AS_EVENT_ORDER_EXECUTE, 1, 30), AS_BOOK_BBO_CHANGED);
    assert_int_equal(take(set, AS_EVENT_ORDER_DELETE, 5, 0), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, 99, 6, 102, 8);
    assert_int_equal(take(set, AS_EVENT_ORDER_DELETE, 4, 0), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, 99, 6, 103, 7);
    assert_int_equal(replace(set, 3, 6, 101, 9), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, 99, 6, 101, 9);
    assert_int_equal(as_book_order_count(set, 0), 2);
    as_book_order order;
    assert_false(as_book_order_find(set, 0, 1, 3, &order));
    assert_true(as_book_order_find(set, 0, 1, 6, &order));
    assert_true(order.sell);
    assert_int_equal(order.px, 101);
    assert_false(as_book_inconsistent(set, 0));
    as_book_set_free(set);
}

static void a_replacement_at_the_same_price_and_quantity_is_no_change(void **state)
{
    (void)state;
    as_book_set *set = set_of(1, 1);
    add(set, 1, 0, 100, 50);
    assert_int_equal(replace(set, 1, 2, 100, 50), AS_BOOK_UNCHANGED);
    assert_int_equal(replace(set, 2, 2, 100, 60), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, 100, 60, AS_PX_UNDEFINED, 0);
    as_book_set_free(set);
}

static void prices_may_be_off_tick_negative_or_extreme(void **state)
{
    (void)state;
    as_book_set *set = set_of(1, 10);
    assert_int_equal(add(set, 1, 0, -37630000001, 1), AS_BOOK_BBO_CHANGED);
    assert_int_equal(add(set, 2, SELL, -37629999999, 2), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, -37630000001, 1, -37629999999, 2);
    assert_int_equal(add(set, 3, 0, INT64_MAX - 1, 3), AS_BOOK_BBO_CHANGED);
    assert_int_equal(add(set, 4, SELL, INT64_MIN + 1, 4), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, INT64_MAX - 1, 3, INT64_MIN + 1, 4);
    as_book_set_free(set);
}

static void the_same_reference_of_another_instrument_or_source_is_another_order(void **state)
{
    (void)state;
    as_book_set *set = set_of(2, 10);
    as_event ev = order_event(AS_EVENT_ORDER_ADD, 0, 7);
    ev.order.px = 10;
    ev.order.qty = 1;
    assert_int_equal(as_book_apply(set, &ev), AS_BOOK_BBO_CHANGED);
    ev.instrument = 1;
    assert_int_equal(as_book_apply(set, &ev), AS_BOOK_BBO_CHANGED);
    ev.source = 2;
    assert_int_equal(as_book_apply(set, &ev), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, 10, 1, AS_PX_UNDEFINED, 0);
    assert_top(set, 1, 10, 2, AS_PX_UNDEFINED, 0);
    as_book_set_free(set);
}

/* ---- contradictions ---- */

static void what_contradicts_changes_nothing_but_the_mark(void **state)
{
    (void)state;
    const struct {
        as_event_kind kind;
        uint64_t ref, new_ref;
        int64_t px;
        uint64_t qty;
        as_book_result result;
    } cases[] = {
        {AS_EVENT_ORDER_EXECUTE, 9, 0, AS_PX_UNDEFINED, 1, AS_BOOK_UNKNOWN_REF},
        {AS_EVENT_ORDER_REDUCE, 9, 0, AS_PX_UNDEFINED, 1, AS_BOOK_UNKNOWN_REF},
        {AS_EVENT_ORDER_DELETE, 9, 0, AS_PX_UNDEFINED, 0, AS_BOOK_UNKNOWN_REF},
        {AS_EVENT_ORDER_REPLACE, 9, 10, 5, 5, AS_BOOK_UNKNOWN_REF},
        {AS_EVENT_ORDER_ADD, 1, 0, 5, 5, AS_BOOK_DUPLICATE_REF},
        {AS_EVENT_ORDER_REPLACE, 1, 2, 5, 5, AS_BOOK_DUPLICATE_REF},
        {AS_EVENT_ORDER_EXECUTE, 1, 0, AS_PX_UNDEFINED, 51, AS_BOOK_OVER_EXECUTION},
        {AS_EVENT_ORDER_REDUCE, 1, 0, AS_PX_UNDEFINED, UINT64_MAX, AS_BOOK_OVER_EXECUTION},
        {AS_EVENT_ORDER_EXECUTE, 1, 0, AS_PX_UNDEFINED, 0, AS_BOOK_INVALID},
        {AS_EVENT_ORDER_ADD, 9, 0, AS_PX_UNDEFINED, 5, AS_BOOK_INVALID},
        {AS_EVENT_ORDER_ADD, 9, 0, INT64_MIN, 5, AS_BOOK_INVALID},
        {AS_EVENT_ORDER_ADD, 9, 0, 5, 0, AS_BOOK_INVALID},
        {AS_EVENT_ORDER_ADD, 9, 0, 100, UINT64_MAX, AS_BOOK_INVALID},
        {AS_EVENT_ORDER_REPLACE, 1, 9, AS_PX_UNDEFINED, 5, AS_BOOK_INVALID},
        {AS_EVENT_ORDER_REPLACE, 1, 9, 5, 0, AS_BOOK_INVALID},
        {AS_EVENT_LEVEL, 5, 0, 5, 0, AS_BOOK_MIXED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        as_book_set *set = set_of(2, 10);
        add(set, 1, 0, 100, 50);
        add(set, 2, SELL, 101, 60);
        as_event ev = order_event(cases[i].kind, 0, cases[i].ref);
        ev.order.new_ref = cases[i].new_ref;
        ev.order.px = cases[i].px;
        ev.order.qty = cases[i].qty;
        assert_int_equal(as_book_apply(set, &ev), cases[i].result);
        assert_top(set, 0, 100, 50, 101, 60);
        assert_int_equal(as_book_order_count(set, 0), 2);
        assert_true(as_book_inconsistent(set, 0));
        assert_false(as_book_inconsistent(set, 1));
        assert_false(as_book_broken(set, 0));
        clear(set, 0);
        assert_false(as_book_inconsistent(set, 0));
        as_book_set_free(set);
    }
}

static void every_reason_has_its_counter(void **state)
{
    (void)state;
    as_book_set *set = set_of(1, 2);
    add(set, 1, 0, 100, 50);
    take(set, AS_EVENT_ORDER_DELETE, 9, 0);
    add(set, 1, 0, 100, 50);
    take(set, AS_EVENT_ORDER_EXECUTE, 1, 51);
    add(set, 2, 0, 100, 0);
    level(set, 0, 0, 100, 1);
    add(set, 2, 0, 99, 1);
    assert_int_equal(add(set, 3, 0, 98, 1), AS_BOOK_FULL);
    assert_int_equal(add(set, 3, 0, 98, 1), AS_BOOK_BROKEN);
    const as_book_counters *c = as_book_counters_get(set);
    assert_int_equal(c->applied, 2);
    assert_int_equal(c->bbo_changes, 1);
    assert_int_equal(c->unknown_ref, 1);
    assert_int_equal(c->duplicate_ref, 1);
    assert_int_equal(c->over_execution, 1);
    assert_int_equal(c->invalid, 1);
    assert_int_equal(c->mixed, 1);
    assert_int_equal(c->full, 1);
    assert_int_equal(c->broken, 1);
    as_book_set_free(set);
}

/* ---- full, broken, cleared ---- */

static void a_book_without_room_breaks_and_a_clear_mends_it(void **state)
{
    (void)state;
    as_book_set *set;
    assert_int_equal(as_book_set_new_sized(2, 100, 24, &set), 0);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(level(set, 1, 0, (int64_t)i, 1), AS_BOOK_BBO_CHANGED);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(add(set, i, 0, 50 - (int64_t)i, 1), i ? AS_BOOK_UNCHANGED : AS_BOOK_BBO_CHANGED);
    assert_int_equal(add(set, 8, 0, 10, 1), AS_BOOK_FULL);
    assert_true(as_book_broken(set, 0));
    assert_top(set, 0, AS_PX_UNDEFINED, 0, AS_PX_UNDEFINED, 0);
    assert_int_equal(as_book_order_count(set, 0), 0);
    assert_int_equal(take(set, AS_EVENT_ORDER_DELETE, 1, 0), AS_BOOK_BROKEN);
    assert_int_equal(add(set, 9, 0, 10, 1), AS_BOOK_BROKEN);
    assert_int_equal(as_book_depth(set, 1, false), 8);
    clear(set, 0);
    assert_false(as_book_broken(set, 0));
    assert_int_equal(add(set, 1, 0, 10, 1), AS_BOOK_BBO_CHANGED);
    as_book_set_free(set);
}

static void a_clear_forgets_orders_and_their_room_comes_back(void **state)
{
    (void)state;
    as_book_set *set = set_of(2, 4);
    for (int round = 0; round < 100000; round++) { /* more than there are epochs */
        for (uint64_t ref = 0; ref < 4; ref++)
            assert_true(add(set, ref, 0, 100 + (int64_t)ref, 1) >= 0);
        assert_int_equal(clear(set, 0), AS_BOOK_BBO_CHANGED);
        assert_int_equal(take(set, AS_EVENT_ORDER_DELETE, 1, 0), AS_BOOK_UNKNOWN_REF);
        clear(set, 0);
    }
    assert_true(as_book_counters_get(set)->sweeps >= 99999);
    as_book_set_free(set);
}

static void orders_of_cleared_books_do_not_come_back_when_epochs_wrap(void **state)
{
    (void)state;
    as_book_set *set = set_of(2, 1000000);
    add(set, 1, 0, 100, 1); /* epoch 1: its entry stays in the table when the book is cleared */
    for (uint64_t round = 0; round < 32767; round++) {
        add(set, 2 + round, 0, 100, 1);
        clear(set, 0);
    }
    assert_int_equal(as_book_counters_get(set)->sweeps, 1);
    assert_int_equal(take(set, AS_EVENT_ORDER_DELETE, 1, 0), AS_BOOK_UNKNOWN_REF);
    assert_int_equal(add(set, 1, 0, 100, 1), AS_BOOK_BBO_CHANGED);
    as_book_set_free(set);
}

static void levels_are_set_and_removed(void **state)
{
    (void)state;
    as_book_set *set = set_of(1, 10);
    assert_int_equal(level(set, 0, 0, 100, 5), AS_BOOK_BBO_CHANGED);
    assert_int_equal(level(set, 0, 0, 100, 5), AS_BOOK_UNCHANGED);
    assert_int_equal(level(set, 0, 0, 98, 5), AS_BOOK_UNCHANGED);
    assert_int_equal(level(set, 0, 0, 97, 0), AS_BOOK_UNCHANGED);
    assert_int_equal(as_book_counters_get(set)->absent_levels, 1);
    assert_int_equal(level(set, 0, 0, 100, 0), AS_BOOK_BBO_CHANGED);
    assert_int_equal(level(set, 0, SELL, 101, 9), AS_BOOK_BBO_CHANGED);
    assert_top(set, 0, 98, 5, 101, 9);
    assert_int_equal(level(set, 0, 0, AS_PX_UNDEFINED, 9), AS_BOOK_INVALID);
    as_book_set_free(set);
}

/* ---- model ---- */

enum { M_INSTRUMENTS = 3, M_REFS = 400 };

typedef struct model_order {
    bool live, sell;
    uint32_t instrument;
    int64_t px;
    uint64_t qty;
} model_order;

typedef struct model {
    model_order order[M_INSTRUMENTS][M_REFS];
} model;

static uint64_t model_qty_at(const model *m, uint32_t instrument, bool sell, int64_t px)
{
    uint64_t qty = 0;
    for (uint32_t ref = 0; ref < M_REFS; ref++) {
        const model_order *o = &m->order[instrument][ref];
        if (o->live && o->sell == sell && o->px == px)
            qty += o->qty;
    }
    return qty;
}

/* The best price of a side that is worse than beyond (any, if first); false if there is none. */
static bool model_next_px(const model *m, uint32_t instrument, bool sell, bool first, int64_t beyond, int64_t *px)
{
    bool found = false;
    for (uint32_t ref = 0; ref < M_REFS; ref++) {
        const model_order *o = &m->order[instrument][ref];
        if (!o->live || o->sell != sell || (!first && (sell ? o->px <= beyond : o->px >= beyond)))
            continue;
        if (!found || (sell ? o->px < *px : o->px > *px))
            *px = o->px;
        found = true;
    }
    return found;
}

static void assert_side_equal(const as_book_set *set, const model *m, uint32_t instrument, bool sell)
{
    int64_t px = 0;
    uint32_t depth = 0;
    while (model_next_px(m, instrument, sell, depth == 0, px, &px)) {
        as_book_level lvl;
        assert_true(as_book_level_at(set, instrument, sell, depth, &lvl));
        assert_int_equal(lvl.px, px);
        assert_int_equal(lvl.qty, model_qty_at(m, instrument, sell, px));
        depth++;
    }
    assert_int_equal(as_book_depth(set, instrument, sell), depth);
}

static bool model_px_qty_valid(const as_event *ev)
{
    return ev->order.px != AS_PX_UNDEFINED && ev->order.qty > 0;
}

/* Apply to the model; false if the event is to be refused. */
static bool model_apply(model *m, const as_event *ev)
{
    model_order *orders = m->order[ev->instrument];
    model_order *o = &orders[ev->order.ref];
    switch (ev->kind) {
    case AS_EVENT_CLEAR:
        memset(orders, 0, sizeof m->order[0]);
        return true;
    case AS_EVENT_ORDER_ADD:
        if (o->live || !model_px_qty_valid(ev))
            return false;
        *o = (model_order){true, (ev->flags & SELL) != 0, ev->instrument, ev->order.px, ev->order.qty};
        return true;
    case AS_EVENT_ORDER_REPLACE: {
        model_order *n = &orders[ev->order.new_ref];
        if (!o->live || !model_px_qty_valid(ev) || (n != o && n->live))
            return false;
        model_order old = *o;
        o->live = false;
        *n = (model_order){true, old.sell, ev->instrument, ev->order.px, ev->order.qty};
        return true;
    }
    default: {
        uint64_t qty = ev->kind == AS_EVENT_ORDER_DELETE ? o->qty : ev->order.qty;
        if (!o->live || qty == 0 || qty > o->qty)
            return false;
        o->qty -= qty;
        o->live = o->qty > 0;
        return true;
    }
    }
}

static as_event random_event(uint64_t *seed)
{
    static const as_event_kind kinds[] = {
        AS_EVENT_ORDER_ADD,    AS_EVENT_ORDER_ADD,    AS_EVENT_ORDER_ADD,     AS_EVENT_ORDER_EXECUTE,
        AS_EVENT_ORDER_REDUCE, AS_EVENT_ORDER_DELETE, AS_EVENT_ORDER_REPLACE, AS_EVENT_ORDER_REPLACE,
    };
    as_event ev = order_event(kinds[ast_random(seed) % 8], (uint32_t)(ast_random(seed) % M_INSTRUMENTS),
                              ast_random(seed) % M_REFS);
    if (ast_random(seed) % 5000 == 0)
        ev.kind = AS_EVENT_CLEAR;
    ev.flags = ast_random(seed) % 2 ? SELL : 0;
    ev.order.new_ref = ast_random(seed) % M_REFS;
    ev.order.px = ast_random(seed) % 100 ? (int64_t)(ast_random(seed) % 120) - 60 : AS_PX_UNDEFINED;
    ev.order.qty = ast_random(seed) % 20;
    return ev;
}

/* Tell a by-level book what the by-order book's levels at px have become. */
static void mirror_level(as_book_set *levels, const model *m, uint32_t instrument, int64_t px)
{
    for (int sell = 0; sell < 2; sell++)
        level(levels, instrument, sell ? SELL : 0, px, model_qty_at(m, instrument, sell, px));
}

static void books_by_order_and_by_level_agree_with_the_model(void **state)
{
    (void)state;
    uint64_t seed = 701;
    print_message("seed %llu\n", (unsigned long long)seed);
    as_book_set *set = set_of(M_INSTRUMENTS, M_INSTRUMENTS * M_REFS);
    as_book_set *levels = set_of(M_INSTRUMENTS, 1000);
    model *m = calloc(1, sizeof *m);
    for (int step = 0; step < 60000; step++) {
        as_event ev = random_event(&seed);
        as_book_prefetch(set, &ev);
        as_book_prefetch_levels(set, &ev);
        int64_t old_px = m->order[ev.instrument][ev.order.ref].px;
        as_top before, after, by_level;
        as_book_top(set, ev.instrument, &before);
        as_book_result result = as_book_apply(set, &ev);
        assert_int_equal(result >= 0, model_apply(m, &ev));
        as_book_top(set, ev.instrument, &after);
        assert_int_equal(result == AS_BOOK_BBO_CHANGED, memcmp(&before, &after, sizeof before) != 0);
        if (ev.kind == AS_EVENT_CLEAR)
            as_book_apply(levels, &ev);
        else if (result >= 0)
            mirror_level(levels, m, ev.instrument, old_px);
        if (result >= 0 && ev.kind != AS_EVENT_CLEAR && ev.order.px != AS_PX_UNDEFINED)
            mirror_level(levels, m, ev.instrument, ev.order.px);
        as_book_top(levels, ev.instrument, &by_level);
        assert_memory_equal(&after, &by_level, sizeof after);
        if (step % 50 == 0) {
            for (int sell = 0; sell < 2; sell++) {
                assert_side_equal(set, m, ev.instrument, sell);
                assert_side_equal(levels, m, ev.instrument, sell);
            }
        }
    }
    free(m);
    as_book_set_free(levels);
    as_book_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_make_no_sense_are_refused),
        cmocka_unit_test(other_events_and_unknown_instruments_are_foreign),
        cmocka_unit_test(an_empty_book_has_no_prices),
        cmocka_unit_test(orders_move_the_top_as_itch_says),
        cmocka_unit_test(a_replacement_at_the_same_price_and_quantity_is_no_change),
        cmocka_unit_test(prices_may_be_off_tick_negative_or_extreme),
        cmocka_unit_test(the_same_reference_of_another_instrument_or_source_is_another_order),
        cmocka_unit_test(what_contradicts_changes_nothing_but_the_mark),
        cmocka_unit_test(every_reason_has_its_counter),
        cmocka_unit_test(a_book_without_room_breaks_and_a_clear_mends_it),
        cmocka_unit_test(a_clear_forgets_orders_and_their_room_comes_back),
        cmocka_unit_test(orders_of_cleared_books_do_not_come_back_when_epochs_wrap),
        cmocka_unit_test(levels_are_set_and_removed),
        cmocka_unit_test(books_by_order_and_by_level_agree_with_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
