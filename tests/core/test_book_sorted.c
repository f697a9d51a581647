/* Every event, in many kinds of markets, against books that are only lists: tests/support/sorted_book.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/random.h"
#include "tests/support/sorted_book.h"

#define CENT INT64_C(10000000)

/* A kind of market. One in n: 0 is never. */
typedef struct market {
    const char *name;
    uint32_t instruments, orders_max;
    uint64_t levels_max;
    int64_t mid, tick;
    unsigned reach;           /* ticks from the mid */
    unsigned drift_one_in;    /* the mid moves a tick */
    unsigned jump_one_in;     /* the mid moves 100 ticks */
    unsigned off_tick_one_in; /* a price between the ticks */
    unsigned stray_one_in;    /* a price of any size */
    unsigned clear_one_in;
    unsigned wrong_one_in; /* an event that is made up from nothing */
    unsigned level_one_in; /* a LEVEL event: 1 for a book by level */
    unsigned huge_one_in;  /* a quantity near 2^64 */
    uint64_t refs;         /* references are drawn from so many; 0: counted up */
    unsigned live;         /* orders of a book, about */
} market;

static const market markets[] = {
    {"quiet", 3, 400, 2000, 100 * CENT, CENT, 20, 50, 0, 0, 0, 0, 0, 0, 0, 0, 60},
    {"quarters", 2, 400, 2000, 4500 * 100 * CENT, 25 * CENT, 40, 30, 0, 0, 0, 0, 0, 0, 0, 0, 80},
    {"trend", 2, 400, 4000, 100 * CENT, CENT, 10, 2, 3000, 40, 0, 5000, 50, 0, 0, 0, 60},
    {"sub-penny", 2, 300, 2000, CENT, 100000, 100, 20, 0, 3, 0, 0, 0, 0, 0, 0, 80},
    {"wide", 2, 300, 4000, -1000 * CENT, 7, 3000, 5, 500, 10, 50, 0, 0, 0, 0, 0, 100},
    {"strays", 2, 300, 4000, 50 * CENT, CENT, 15, 20, 0, 20, 10, 4000, 30, 0, 60, 0, 60},
    {"few references", 3, 200, 2000, 10 * CENT, CENT, 15, 20, 0, 0, 0, 1000, 3, 0, 0, 60, 20},
    {"no room for levels", 3, 300, 64, 10 * CENT, CENT, 30, 20, 0, 0, 0, 300, 0, 0, 0, 0, 40},
    {"no room for orders", 3, 50, 2000, 10 * CENT, CENT, 30, 20, 0, 0, 0, 200, 0, 0, 0, 0, 30},
    {"by level", 3, 10, 2000, 10 * CENT, CENT, 40, 10, 400, 30, 200, 2000, 0, 1, 100, 0, 0},
    {"at the end of prices", 2, 300, 2000, INT64_MAX - 14, 1, 12, 0, 0, 0, 20, 500, 0, 0, 0, 0, 30},
    {"at the end of the asks", 2, 300, 2000, INT64_MAX - 48, 1, 20, 0, 0, 0, 20, 500, 0, 0, 0, 0, 30},
    {"levels at the end", 2, 300, 2000, INT64_MAX - 14, 1, 12, 0, 0, 0, 10, 500, 0, 1, 0, 0, 30},
    {"both", 3, 300, 2000, 10 * CENT, CENT, 20, 10, 400, 30, 0, 100, 20, 4, 100, 0, 40},
};

typedef struct scene {
    const market *market;
    uint64_t seed;
    int64_t mid;
    uint64_t ref;
    as_book_set *books;
    ast_sorted_set sorted;
} scene;

static bool one_in(scene *s, unsigned n)
{
    return n && ast_random(&s->seed) % n == 0;
}

static uint64_t below(scene *s, uint64_t n)
{
    return ast_random(&s->seed) % n;
}

static int64_t draw_px(scene *s, bool sell)
{
    const market *m = s->market;
    if (one_in(s, m->stray_one_in)) {
        static const int64_t edge[] = {INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1, 0, 1, -1};
        uint64_t i = below(s, 2 * sizeof edge / sizeof *edge);
        return i < sizeof edge / sizeof *edge ? edge[i] : (int64_t)ast_random(&s->seed);
    }
    int64_t away = 1;
    while (away < (int64_t)m->reach && below(s, m->reach) > 2)
        away++;
    int64_t px = s->mid + (sell ? away : -away) * m->tick;
    return one_in(s, m->off_tick_one_in) ? px + (int64_t)below(s, (uint64_t)m->tick) : px;
}

static uint64_t draw_qty(scene *s)
{
    return one_in(s, s->market->huge_one_in) ? UINT64_MAX - below(s, 3) : 1 + below(s, 9);
}

static void draw_anything(scene *s, as_event *ev)
{
    static const uint8_t kinds[] = {AS_EVENT_ORDER_ADD, AS_EVENT_ORDER_EXECUTE, AS_EVENT_ORDER_REDUCE,
                                    AS_EVENT_ORDER_DELETE, AS_EVENT_ORDER_REPLACE};
    ev->kind = kinds[below(s, sizeof kinds)];
    ev->source = (uint16_t)below(s, 2);
    ev->order.ref = s->market->refs ? below(s, s->market->refs) : s->ref - below(s, 50);
    ev->order.new_ref = s->market->refs ? below(s, s->market->refs) : s->ref - below(s, 50);
    ev->order.px = draw_px(s, ev->flags & AS_EVENT_SELL);
    ev->order.qty = below(s, 8) ? draw_qty(s) : 0;
    if (one_in(s, 50))
        ev->order.ref = below(s, 2) ? UINT64_MAX : 0;
}

/* A live order of the instrument, NULL if it has none. */
static const ast_order *draw_order(scene *s, uint32_t instrument)
{
    const ast_sorted_set *set = &s->sorted;
    for (unsigned try = 0; set->used && try < 40; try++) {
        const ast_order *o = &set->order[below(s, set->used)];
        if (o->instrument == instrument && o->epoch == set->book[instrument].epoch)
            return o;
    }
    return NULL;
}

static void draw_order_event(scene *s, as_event *ev)
{
    const market *m = s->market;
    const ast_order *o = draw_order(s, ev->instrument);
    ev->order.px = AS_PX_UNDEFINED;
    s->ref += 1 + below(s, 8); /* numbers are left out, so that they soon go around */
    ev->order.ref = m->refs ? below(s, m->refs) : s->ref;
    if (!o || below(s, 2 * m->live) > s->sorted.book[ev->instrument].order_count) {
        ev->kind = AS_EVENT_ORDER_ADD;
        ev->order.px = draw_px(s, ev->flags & AS_EVENT_SELL);
        ev->order.qty = draw_qty(s);
        return;
    }
    ev->order.new_ref = ev->order.ref;
    ev->order.ref = o->ref;
    ev->source = o->source;
    switch (below(s, 5)) {
    case 0:
        ev->kind = AS_EVENT_ORDER_REPLACE;
        ev->order.px = draw_px(s, o->sell);
        ev->order.qty = draw_qty(s);
        if (below(s, 4) == 0)
            ev->order.new_ref = o->ref;
        if (below(s, 4) == 0)
            ev->order.px = o->px;
        break;
    case 1:
        ev->kind = below(s, 2) ? AS_EVENT_ORDER_EXECUTE : AS_EVENT_ORDER_REDUCE;
        ev->order.qty = 1 + below(s, o->qty);
        break;
    default:
        ev->kind = AS_EVENT_ORDER_DELETE;
        break;
    }
}

static as_event draw(scene *s)
{
    const market *m = s->market;
    as_event ev = {.instrument = (uint32_t)below(s, m->instruments), .flags = below(s, 2) ? AS_EVENT_SELL : 0};
    if (one_in(s, m->drift_one_in))
        s->mid += below(s, 2) ? m->tick : -m->tick;
    if (one_in(s, m->jump_one_in))
        s->mid += below(s, 2) ? 100 * m->tick : -100 * m->tick;
    if (one_in(s, m->clear_one_in)) {
        ev.kind = AS_EVENT_CLEAR;
    } else if (one_in(s, m->level_one_in)) {
        ev.kind = AS_EVENT_LEVEL;
        ev.level.px = draw_px(s, ev.flags & AS_EVENT_SELL);
        ev.level.qty = below(s, 3) ? draw_qty(s) : 0;
    } else if (one_in(s, m->wrong_one_in)) {
        draw_anything(s, &ev);
    } else {
        draw_order_event(s, &ev);
    }
    return ev;
}

static void assert_books_equal(const scene *s, uint32_t instrument)
{
    const ast_sorted_book *b = &s->sorted.book[instrument];
    assert_int_equal(as_book_order_count(s->books, instrument), b->order_count);
    assert_int_equal(as_book_inconsistent(s->books, instrument), b->inconsistent);
    assert_int_equal(as_book_broken(s->books, instrument), b->broken);
    for (unsigned sell = 0; sell < 2; sell++) {
        assert_int_equal(as_book_depth(s->books, instrument, sell), b->side[sell].count);
        for (uint32_t depth = 0; depth < b->side[sell].count; depth++) {
            as_book_level level;
            assert_true(as_book_level_at(s->books, instrument, sell, depth, &level));
            assert_int_equal(level.px, b->side[sell].level[depth].px);
            assert_int_equal(level.qty, b->side[sell].level[depth].qty);
        }
    }
    for (uint32_t i = 0; i < s->sorted.used; i++) {
        const ast_order *o = &s->sorted.order[i];
        as_book_order found;
        if (o->instrument != instrument || o->epoch != b->epoch)
            continue;
        assert_true(as_book_order_find(s->books, instrument, o->source, o->ref, &found));
        assert_int_equal(found.px, o->px);
        assert_int_equal(found.qty, o->qty);
        assert_int_equal(found.sell, o->sell);
    }
}

static void run_market(const market *m, uint64_t seed, unsigned steps)
{
    scene s = {.market = m, .seed = seed, .mid = m->mid, .ref = seed};
    assert_int_equal(as_book_set_new_sized(m->instruments, m->orders_max, m->levels_max, &s.books), 0);
    ast_sorted_init(&s.sorted, m->instruments, m->orders_max, m->levels_max);
    for (unsigned step = 0; step < steps; step++) {
        as_event ev = draw(&s);
        as_book_prefetch(s.books, &ev);
        as_book_prefetch_levels(s.books, &ev);
        assert_int_equal(as_book_apply(s.books, &ev), ast_sorted_apply(&s.sorted, &ev));
        as_top top, expected = ast_sorted_top(&s.sorted, ev.instrument);
        as_book_top(s.books, ev.instrument, &top);
        assert_memory_equal(&top, &expected, sizeof top);
        if (step % 64 == 0)
            assert_books_equal(&s, ev.instrument);
    }
    assert_memory_equal(as_book_counters_get(s.books), &s.sorted.counters, sizeof s.sorted.counters);
    as_book_set_free(s.books);
    ast_sorted_fini(&s.sorted);
}

static void every_event_does_what_it_does_in_sorted_lists(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof markets / sizeof *markets; i++) {
        uint64_t seed = 20260702 + i;
        print_message("%s: seed %llu\n", markets[i].name, (unsigned long long)seed);
        run_market(&markets[i], seed, 30000);
    }
}

/* The markets are to try what they say they try. */
static void the_markets_reach_what_they_are_for(void **state)
{
    (void)state;
    as_book_counters sum = {0};
    for (unsigned i = 0; i < sizeof markets / sizeof *markets; i++) {
        const market *m = &markets[i];
        scene s = {.market = m, .seed = i, .mid = m->mid};
        assert_int_equal(as_book_set_new_sized(m->instruments, m->orders_max, m->levels_max, &s.books), 0);
        ast_sorted_init(&s.sorted, m->instruments, m->orders_max, m->levels_max);
        for (unsigned step = 0; step < 10000; step++) {
            as_event ev = draw(&s);
            (void)ast_sorted_apply(&s.sorted, &ev);
        }
        const uint64_t *from = (const uint64_t *)&s.sorted.counters;
        for (unsigned k = 0; k < sizeof sum / sizeof *from; k++)
            ((uint64_t *)&sum)[k] += from[k];
        as_book_set_free(s.books);
        ast_sorted_fini(&s.sorted);
    }
    assert_true(sum.applied > 0 && sum.bbo_changes > 0 && sum.clears > 0 && sum.sweeps > 0 && sum.absent_levels > 0);
    assert_true(sum.unknown_ref > 0 && sum.duplicate_ref > 0 && sum.over_execution > 0 && sum.invalid > 0);
    assert_true(sum.mixed > 0 && sum.full > 0 && sum.broken > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_markets_reach_what_they_are_for),
        cmocka_unit_test(every_event_does_what_it_does_in_sorted_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
