#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/files/quality.h"
#include "tests/support/random.h"

#define S AS_NS_PER_S
#define BASE (20000 * AS_NS_PER_DAY)

static as_quality *q;
static as_quality_summary sum;

static int make(void **state)
{
    (void)state;
    return as_quality_new(true, &q);
}

static int clean(void **state)
{
    (void)state;
    as_quality_free(q);
    q = NULL;
    return 0;
}

static as_event event(as_event_kind kind, uint32_t instrument, uint64_t ts)
{
    as_event ev;
    memset(&ev, 0, sizeof ev);
    ev.kind = (uint8_t)kind;
    ev.instrument = instrument;
    ev.ts_event = ev.ts_recv = BASE + ts;
    return ev;
}

static int64_t px(double price)
{
    return (int64_t)(price * 1e4 + 0.5) * (AS_PX_ONE / 10000);
}

static void trade(uint32_t instrument, uint64_t ts, double price)
{
    as_event ev = event(AS_EVENT_TRADE, instrument, ts);
    ev.trade.px = px(price);
    ev.trade.qty = 100;
    as_quality_add(q, &ev, NULL);
}

static void quote(uint32_t instrument, uint64_t ts, double bid, double ask)
{
    as_event ev = event(AS_EVENT_QUOTE, instrument, ts);
    ev.quote.bid_px = px(bid);
    ev.quote.ask_px = px(ask);
    ev.quote.bid_qty = ev.quote.ask_qty = 1;
    as_quality_add(q, &ev, NULL);
}

static void status(uint32_t instrument, uint64_t ts, as_trading_state trading_state)
{
    as_event ev = event(AS_EVENT_STATUS, instrument, ts);
    ev.status.state = trading_state;
    as_quality_add(q, &ev, NULL);
}

static void bar(uint32_t instrument, uint64_t ts, double open, double high, double low, double close)
{
    as_event ev = event(AS_EVENT_BAR, instrument, ts);
    ev.bar.open = px(open);
    ev.bar.high = px(high);
    ev.bar.low = px(low);
    ev.bar.close = px(close);
    as_quality_add(q, &ev, NULL);
}

static void order(as_event_kind kind, uint32_t instrument, uint64_t ts, uint64_t ref, bool sell, double price,
                  uint64_t qty)
{
    as_event ev = event(kind, instrument, ts);
    ev.order.ref = ref;
    ev.order.px = price > 0 ? px(price) : AS_PX_UNDEFINED;
    ev.order.qty = qty;
    ev.flags = sell ? AS_EVENT_SELL : 0;
    as_quality_add(q, &ev, NULL);
}

static const as_quality_symbol *end(uint32_t instrument)
{
    as_quality_end(q);
    as_quality_summarize(q, &sum);
    return as_quality_symbol_get(q, instrument);
}

static void nothing_gives_zeroes(void **state)
{
    (void)state;
    assert_null(end(0));
    assert_int_equal(sum.events, 0);
    assert_int_equal(sum.total.first_ts, AS_TS_UNDEFINED);
    uint32_t *rank = malloc(AS_INSTRUMENT_MAX * sizeof *rank);
    assert_int_equal(as_quality_rank(q, rank), 0);
    free(rank);
    as_quality_free(NULL);
}

static void latency_and_negative_latency_are_told_apart(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100; i++) {
        as_event ev = event(AS_EVENT_TRADE, 0, i * S);
        ev.trade.px = AS_PX_ONE;
        ev.trade.qty = 1;
        ev.ts_recv = i < 90 ? ev.ts_event + 50 : ev.ts_event - 10 * (i - 89);
        as_quality_add(q, &ev, NULL);
    }
    end(0);
    assert_int_equal(sum.latency.count, 90);
    assert_int_equal(sum.latency.p50, 50);
    assert_int_equal(sum.latency.p99, 50);
    assert_int_equal(sum.negative.count, 10);
    assert_int_equal(sum.negative_worst_ns, 100);
    assert_int_equal(sum.negative.p50, 50);
}

static void old_stamps_of_a_snapshot_are_no_latency_and_the_worst_is_exact(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        as_event ev = event(AS_EVENT_ORDER_ADD, 0, 0);
        ev.order.ref = i;
        ev.order.px = AS_PX_ONE;
        ev.order.qty = 1;
        ev.ts_event -= (i + 1) * AS_NS_PER_DAY;
        ev.flags = i < 2 ? AS_EVENT_SNAPSHOT : 0;
        as_quality_add(q, &ev, NULL);
    }
    end(0);
    assert_int_equal(sum.latency.count, 1);
    assert_int_equal(sum.latency_worst_ns, 3 * AS_NS_PER_DAY);
    assert_int_equal(sum.event_disorder, 0);
}

static void crossed_and_locked_quotes_are_counted_with_their_time(void **state)
{
    (void)state;
    quote(3, 0, 10.00, 10.02);
    quote(3, 1 * S, 10.03, 10.02); /* crossed for 2 s */
    quote(3, 2 * S, 10.04, 10.02);
    quote(3, 3 * S, 10.02, 10.02); /* locked for 5 s */
    quote(3, 8 * S, 10.01, 10.02);
    quote(3, 9 * S, 10.05, 10.02); /* and to the end, 1 s */
    trade(3, 10 * S, 10.02);
    const as_quality_symbol *s = end(3);
    assert_int_equal(s->crossed, 2);
    assert_int_equal(s->crossed_ns, 3 * S);
    assert_int_equal(s->locked, 1);
    assert_int_equal(s->locked_ns, 5 * S);
    assert_int_equal(s->quotes, 6);
    assert_int_equal(sum.total.crossed, 2);
    assert_int_equal(sum.total.crossed_ns, 3 * S);
}

static void a_quote_with_one_side_is_not_crossed(void **state)
{
    (void)state;
    as_event ev = event(AS_EVENT_QUOTE, 0, 0);
    ev.quote.bid_px = px(10);
    ev.quote.bid_qty = 1;
    ev.quote.ask_px = AS_PX_UNDEFINED;
    as_quality_add(q, &ev, NULL);
    const as_quality_symbol *s = end(0);
    assert_int_equal(s->crossed + s->locked + s->bad_prices + s->bad_sizes, 0);
}

static void a_book_by_order_is_crossed_when_its_best_orders_are(void **state)
{
    (void)state;
    order(AS_EVENT_ORDER_ADD, 1, 0, 1, false, 10.00, 5);
    order(AS_EVENT_ORDER_ADD, 1, 1 * S, 2, true, 10.05, 5);
    order(AS_EVENT_ORDER_ADD, 1, 2 * S, 3, false, 10.06, 5); /* crossed */
    order(AS_EVENT_ORDER_EXECUTE, 1, 4 * S, 3, false, 0, 2); /* at 10.06, still crossed */
    order(AS_EVENT_ORDER_DELETE, 1, 7 * S, 3, false, 0, 0);  /* 5 s later not any more */
    order(AS_EVENT_ORDER_DELETE, 1, 8 * S, 99, false, 0, 0); /* unknown */
    const as_quality_symbol *s = end(1);
    assert_int_equal(s->crossed, 1);
    assert_int_equal(s->crossed_ns, 5 * S);
    assert_int_equal(s->orders, 6);
    assert_int_equal(s->trades, 1);
    assert_int_equal(sum.books.unknown_ref, 1);
    assert_int_equal(sum.books_inconsistent, 1);
    assert_int_equal(sum.books_broken, 0);
}

static void a_transaction_of_the_source_is_looked_at_when_it_ends(void **state)
{
    (void)state;
    static const struct {
        double price;
        bool sell, more;
        uint64_t qty;
    } level[] = {{10.00, false, false, 5},
                 {10.02, true, false, 5},
                 {10.02, false, true, 5},
                 {10.02, true, true, 0},
                 {10.03, true, false, 5}};
    for (uint64_t i = 0; i < sizeof level / sizeof *level; i++) {
        as_event ev = event(AS_EVENT_LEVEL, 0, i * S);
        ev.level.px = px(level[i].price);
        ev.level.qty = level[i].qty;
        ev.flags = (uint8_t)((level[i].sell ? AS_EVENT_SELL : 0) | (level[i].more ? AS_EVENT_MORE : 0));
        as_quality_add(q, &ev, NULL);
    }
    const as_quality_symbol *s = end(0);
    assert_int_equal(s->crossed + s->locked, 0);
    assert_int_equal(s->orders, 5);
    assert_int_equal(sum.books_inconsistent, 0);
}

static void what_crosses_while_halted_is_counted_apart(void **state)
{
    (void)state;
    quote(0, 0, 10.00, 10.02);
    status(0, 1 * S, AS_STATE_HALTED);
    quote(0, 2 * S, 10.05, 10.02);
    quote(0, 3 * S, 10.06, 10.02);
    trade(0, 4 * S, 10.04);
    status(0, 5 * S, AS_STATE_QUOTE_ONLY);
    quote(0, 6 * S, 10.01, 10.02);
    status(0, 11 * S, AS_STATE_TRADING);
    const as_quality_symbol *s = end(0);
    assert_int_equal(s->crossed, 0);
    assert_int_equal(s->crossed_halted, 1);
    assert_int_equal(s->halts, 1);
    assert_int_equal(s->halted_ns, 10 * S);
    assert_int_equal(s->halted_trades, 1);
}

static void a_recording_that_begins_halted_has_no_halt_yet(void **state)
{
    (void)state;
    status(0, 0, AS_STATE_HALTED);
    status(0, 1 * S, AS_STATE_TRADING);
    status(0, 2 * S, AS_STATE_PAUSED);
    status(0, 4 * S, AS_STATE_TRADING);
    const as_quality_symbol *s = end(0);
    assert_int_equal(s->halts, 1);
    assert_int_equal(s->halted_ns, 3 * S);
}

static void trades_at_a_quote_that_stands_still_are_stale_and_others_may_be_outside(void **state)
{
    (void)state;
    quote(0, 0, 10.00, 10.02);
    trade(0, 1 * S, 10.01);
    trade(0, 2 * S, 10.03);         /* outside */
    trade(0, 3 * S, 9.99);          /* outside */
    quote(0, 30 * S, 10.00, 10.02); /* no change */
    trade(0, 60 * S, 10.03);        /* stale: one minute */
    trade(0, 90 * S, 10.01);        /* the same stretch */
    quote(0, 100 * S, 10.00, 10.03);
    trade(0, 101 * S, 10.01);
    trade(0, 200 * S, 10.01);                       /* a second stretch */
    trade(0, 200 * S + AS_QUALITY_BREAK_NS, 10.01); /* the next day: no quote yet, so none that is stale */
    const as_quality_symbol *s = end(0);
    assert_int_equal(s->outside, 2);
    assert_int_equal(s->stale_quotes, 2);
    assert_int_equal(s->stale_trades, 3);
    assert_int_equal(s->stale_worst_ns, 100 * S);
    assert_int_equal(s->breaks, 1);
}

static void disorder_is_counted_for_both_clocks_with_its_worst(void **state)
{
    (void)state;
    static const uint64_t recv[] = {10, 20, 15, 30, 12, 31}, sent[] = {5, 4, 3, 9, 9, 1};
    for (int i = 0; i < 6; i++) {
        as_event ev = event(AS_EVENT_TRADE, (uint32_t)(i % 2), 0);
        ev.ts_recv = BASE + recv[i];
        ev.ts_event = BASE + sent[i];
        ev.trade.px = AS_PX_ONE;
        ev.trade.qty = 1;
        as_quality_add(q, &ev, NULL);
    }
    const as_quality_symbol *s = end(0); /* 10 15 12 */
    assert_int_equal(sum.recv_disorder, 2);
    assert_int_equal(sum.recv_disorder_worst_ns, 18);
    assert_int_equal(sum.event_disorder, 3);
    assert_int_equal(sum.event_disorder_worst_ns, 8);
    assert_int_equal(s->disorder, 1);
    assert_int_equal(as_quality_symbol_get(q, 1)->disorder, 0);
    assert_int_equal(s->first_ts, BASE + 10);
    assert_int_equal(s->last_ts, BASE + 15);
}

static void coverage_is_the_share_of_minutes_whatever_the_order_of_the_file(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        trade(0, i * 60 * S, 10);
    for (uint64_t i = 0; i < 10; i += 2)
        trade(7, i * 60 * S + 1, 20); /* after the other symbol: sorted by symbol */
    trade(7, 10 * 60 * S - 1, 20);
    end(0);
    assert_int_equal(sum.minutes, 10);
    assert_true(as_quality_coverage(&sum, as_quality_symbol_get(q, 0)) == 1.0);
    assert_true(as_quality_coverage(&sum, as_quality_symbol_get(q, 7)) == 0.6);
    assert_int_equal(as_quality_symbol_get(q, 7)->hole_ns, 120 * S);
    assert_int_equal(sum.symbols, 2);
    uint32_t *rank = malloc(AS_INSTRUMENT_MAX * sizeof *rank);
    assert_int_equal(as_quality_rank(q, rank), 2);
    assert_int_equal(rank[0], 0);
    assert_int_equal(rank[1], 7);
    free(rank);
}

static void the_longest_hole_is_named_and_a_night_is_a_break(void **state)
{
    (void)state;
    trade(0, 0, 10);
    trade(0, 100 * S, 10);
    trade(0, 150 * S, 10);
    trade(0, 150 * S + AS_QUALITY_BREAK_NS, 10);
    trade(0, 160 * S + AS_QUALITY_BREAK_NS, 10);
    const as_quality_symbol *s = end(0);
    assert_int_equal(s->hole_ns, 100 * S);
    assert_int_equal(s->hole_from_ts, BASE);
    assert_int_equal(s->breaks, 1);
}

static void impossible_values_are_counted(void **state)
{
    (void)state;
    as_event ev = event(AS_EVENT_TRADE, 0, 0);
    ev.trade.px = 0; /* and no size */
    as_quality_add(q, &ev, NULL);
    ev.trade.px = -AS_PX_ONE;
    ev.trade.qty = UINT64_MAX - 1;
    as_quality_add(q, &ev, NULL);
    ev.trade.px = AS_PX_ONE;
    ev.trade.qty = AS_QTY_UNDEFINED; /* unknown is not impossible */
    as_quality_add(q, &ev, NULL);
    ev = event(AS_EVENT_QUOTE, 0, 0);
    ev.quote.bid_px = 0;
    ev.quote.bid_qty = 1;
    ev.quote.ask_px = AS_PX_ONE; /* without size */
    as_quality_add(q, &ev, NULL);
    bar(0, S, 10, 9, 11, 10);     /* high below low */
    bar(0, 2 * S, 10, 11, 9, 12); /* close above high */
    bar(0, 3 * S, 10, 11, 9, 10);
    bar(0, 3 * S, 10, 11, 9, 10); /* again */
    const as_quality_symbol *s = end(0);
    assert_int_equal(s->bad_prices, 3);
    assert_int_equal(s->bad_sizes, 3);
    assert_int_equal(s->bad_bars, 2);
    assert_int_equal(s->repeated_bars, 1);
    assert_int_equal(s->bars, 4);
}

static void a_print_that_nothing_confirms_is_suspect_and_a_move_is_a_jump(void **state)
{
    (void)state;
    uint64_t t = 0;
    for (int i = 0; i < 40; i++)
        trade(0, t++ * S, 100 + 0.02 * (i % 2));
    trade(0, t++ * S, 120); /* and back */
    for (int i = 0; i < 40; i++)
        trade(0, t++ * S, 100 + 0.02 * (i % 2));
    trade(0, t++ * S, 110); /* and stays */
    for (int i = 0; i < 40; i++)
        trade(0, t++ * S, 110 + 0.02 * (i % 2));
    trade(0, t * S + AS_QUALITY_BREAK_NS, 90); /* overnight */
    const as_quality_symbol *s = end(0);
    assert_int_equal(s->jumps, 2);
    assert_int_equal(s->suspect_prints, 1);
}

static void a_bar_with_a_wild_low_is_a_suspect_print(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 30; i++)
        bar(0, i * 60 * S, 100 + 0.1 * (double)(i % 2), 100.2, 99.9, 100.1 - 0.1 * (double)(i % 2));
    bar(0, 1800 * S, 100, 100.1, 80, 100.1);
    const as_quality_symbol *s = end(0);
    assert_int_equal(s->suspect_prints, 1);
    assert_int_equal(s->jumps, 0);
    assert_int_equal(s->bad_bars, 0);
}

static void headlines_are_counted_by_what_they_repeat(void **state)
{
    (void)state;
    static as_headline h;
    as_event ev = event(AS_EVENT_HEADLINE, AS_INSTRUMENT_NONE, 0);
    static const char *const id[] = {"1", "1", "2"};
    for (int i = 0; i < 3; i++) {
        memset(&h, 0, sizeof h);
        h.ts_event = BASE;
        (void)snprintf(h.id, sizeof h.id, "%s", id[i]);
        (void)snprintf(h.text, sizeof h.text, "Chips rise");
        h.text_bytes = 10;
        as_quality_add(q, &ev, &h);
    }
    end(0);
    assert_int_equal(sum.headlines, 3);
    assert_int_equal(sum.duplicate_headlines, 1);
    assert_int_equal(sum.repeated_headlines, 1);
    assert_int_equal(sum.kind[AS_EVENT_HEADLINE], 3);
    assert_int_equal(sum.symbols, 0);
}

/* Best bid and ask by looking at every live order; the time crossed by adding up steps. */
static void a_random_book_equals_a_simple_one(void **state)
{
    (void)state;
    enum { ORDERS = 60, STEPS = 5000 };
    static struct {
        uint64_t ref;
        double price;
        bool sell, live;
    } live[ORDERS];
    uint64_t seed = 11, ref = 0, crossed = 0, crossed_ns = 0, was_ts = 0;
    int was = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (uint64_t step = 0; step < STEPS; step++) {
        uint64_t i = ast_random(&seed) % ORDERS, ts = step * 1000;
        if (live[i].live) {
            order(AS_EVENT_ORDER_DELETE, 5, ts, live[i].ref, live[i].sell, 0, 0);
            live[i].live = false;
        } else {
            bool sell = ast_random(&seed) % 2;
            live[i].ref = ++ref;
            live[i].sell = sell;
            double depth = 0.01 * (double)(ast_random(&seed) % 200);
            live[i].price = sell ? 100.0 + depth : 100.03 - depth;
            live[i].live = true;
            order(AS_EVENT_ORDER_ADD, 5, ts, live[i].ref, sell, live[i].price, 1 + ast_random(&seed) % 9);
        }
        int64_t bid = INT64_MIN, ask = INT64_MAX;
        for (int k = 0; k < ORDERS; k++) {
            if (live[k].live && live[k].sell && px(live[k].price) < ask)
                ask = px(live[k].price);
            if (live[k].live && !live[k].sell && px(live[k].price) > bid)
                bid = px(live[k].price);
        }
        int now = bid > ask;
        crossed += now && !was;
        crossed_ns += was ? ts - was_ts : 0;
        was = now;
        was_ts = ts;
    }
    const as_quality_symbol *s = end(5);
    assert_true(crossed > 0);
    assert_int_equal(s->crossed, crossed);
    assert_int_equal(s->crossed_ns, crossed_ns);
    assert_int_equal(sum.books_inconsistent, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_gives_zeroes, make, clean),
        cmocka_unit_test_setup_teardown(latency_and_negative_latency_are_told_apart, make, clean),
        cmocka_unit_test_setup_teardown(old_stamps_of_a_snapshot_are_no_latency_and_the_worst_is_exact, make, clean),
        cmocka_unit_test_setup_teardown(crossed_and_locked_quotes_are_counted_with_their_time, make, clean),
        cmocka_unit_test_setup_teardown(a_quote_with_one_side_is_not_crossed, make, clean),
        cmocka_unit_test_setup_teardown(a_book_by_order_is_crossed_when_its_best_orders_are, make, clean),
        cmocka_unit_test_setup_teardown(a_transaction_of_the_source_is_looked_at_when_it_ends, make, clean),
        cmocka_unit_test_setup_teardown(what_crosses_while_halted_is_counted_apart, make, clean),
        cmocka_unit_test_setup_teardown(a_recording_that_begins_halted_has_no_halt_yet, make, clean),
        cmocka_unit_test_setup_teardown(trades_at_a_quote_that_stands_still_are_stale_and_others_may_be_outside, make,
                                        clean),
        cmocka_unit_test_setup_teardown(disorder_is_counted_for_both_clocks_with_its_worst, make, clean),
        cmocka_unit_test_setup_teardown(coverage_is_the_share_of_minutes_whatever_the_order_of_the_file, make, clean),
        cmocka_unit_test_setup_teardown(the_longest_hole_is_named_and_a_night_is_a_break, make, clean),
        cmocka_unit_test_setup_teardown(impossible_values_are_counted, make, clean),
        cmocka_unit_test_setup_teardown(a_print_that_nothing_confirms_is_suspect_and_a_move_is_a_jump, make, clean),
        cmocka_unit_test_setup_teardown(a_bar_with_a_wild_low_is_a_suspect_print, make, clean),
        cmocka_unit_test_setup_teardown(headlines_are_counted_by_what_they_repeat, make, clean),
        cmocka_unit_test_setup_teardown(a_random_book_equals_a_simple_one, make, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
