#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/book.h"
#include "feeds/wire/normalise_dbn.h"
#include "tests/support/random.h"

#define T0 (UINT64_C(1782910800) * AS_NS_PER_S)

enum { LAST = AS_DBN_FLAG_LAST };

static as_symbols symbols;
static as_dbn_normaliser *n;
static as_event ev[AS_DBN_EVENTS_MAX];
static unsigned count;

static uint32_t resolve(void *arg, const char *symbol, size_t symbol_bytes)
{
    uint32_t instrument = as_symbols_find(arg, symbol, symbol_bytes);
    if (instrument == AS_INSTRUMENT_NONE)
        (void)as_symbols_add(arg, symbol, symbol_bytes, &instrument);
    return instrument;
}

static int make(void **state)
{
    (void)state;
    as_dbn_normaliser_options options = {.names = {.symbols = &symbols, .resolve = resolve, .arg = &symbols},
                                         .source = 3};
    return as_symbols_init(&symbols, 100) == 0 && as_dbn_normaliser_new(&options, &n) == 0 ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    as_dbn_normaliser_free(n);
    as_symbols_fini(&symbols);
    return 0;
}

static const as_dbn_normaliser_counters *counters(void)
{
    return as_dbn_normaliser_counters_get(n);
}

static void give(as_dbn r)
{
    r.publisher = r.publisher ? r.publisher : 1;
    r.ts_event = r.ts_event ? r.ts_event : T0;
    r.ts_recv = r.ts_recv ? r.ts_recv : T0 + 5;
    r.instrument = r.instrument ? r.instrument : 7;
    r.ts_out = AS_TS_UNDEFINED;
    memset(ev, 0xee, sizeof ev);
    count = as_normalise_dbn(n, &r, ev);
}

static void mbo(char action, char side, uint64_t id, int64_t px, uint32_t qty, uint8_t flags)
{
    give((as_dbn){
        .rtype = AS_DBN_MBO,
        .mbo = {.action = action, .side = side, .order_id = id, .px = px, .qty = qty, .flags = flags, .sequence = 42}});
}

static void expect(unsigned i, as_event_kind kind, uint8_t flags)
{
    assert_true(i < count);
    assert_int_equal(ev[i].kind, kind);
    assert_int_equal(ev[i].flags, flags);
    assert_int_equal(ev[i].source, 3);
    assert_string_equal(as_symbols_name(&symbols, ev[i].instrument), "7");
}

static void orders_become_order_events(void **state)
{
    (void)state;
    mbo('A', 'B', 11, -5, 6, LAST);
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_ORDER_ADD, 0);
    assert_true(ev[0].order.ref == 11 && ev[0].order.px == -5 && ev[0].order.qty == 6);
    assert_true(ev[0].ts_event == T0 && ev[0].ts_recv == T0 + 5);
    mbo('M', 'A', 12, 7, 8, LAST);
    expect(0, AS_EVENT_ORDER_REPLACE, AS_EVENT_SELL);
    assert_true(ev[0].order.ref == 12 && ev[0].order.new_ref == 12 && ev[0].order.px == 7 && ev[0].order.qty == 8);
    mbo('C', 'A', 12, 7, 8, LAST);
    expect(0, AS_EVENT_ORDER_REDUCE, AS_EVENT_SELL);
    assert_true(ev[0].order.ref == 12 && ev[0].order.qty == 8);
    mbo('R', 'N', 0, AS_PX_UNDEFINED, 0, LAST | AS_DBN_FLAG_SNAPSHOT);
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_CLEAR, AS_EVENT_SNAPSHOT);
    mbo('N', 'N', 0, 1, 1, LAST);
    assert_int_equal(count, 0);
    mbo('?', 'N', 0, 1, 1, LAST);
    assert_int_equal(count, 0);
    assert_int_equal(counters()->bad_action, 1);
    mbo('A', 'N', 13, 1, 1, LAST);
    expect(0, AS_EVENT_ORDER_ADD, 0);
    assert_true(ev[0].order.px == AS_PX_UNDEFINED && counters()->bad_side == 1);
    mbo('A', 'B', 14, AS_PX_UNDEFINED, AS_DBN_QTY_UNDEFINED, LAST);
    assert_true(ev[0].order.px == AS_PX_UNDEFINED && ev[0].order.qty == 0);
}

/* T, F, C of one execution: the trade first, the quantity leaves the book with the last. */
static void a_transaction_says_more_until_its_last_event(void **state)
{
    (void)state;
    mbo('T', 'B', 0, 100, 3, 0);
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_TRADE, 0);
    assert_true(ev[0].trade.px == 100 && ev[0].trade.qty == 3 && ev[0].trade.seq == 42);
    mbo('F', 'A', 11, 100, 2, 0);
    assert_int_equal(count, 0);
    mbo('C', 'A', 11, 100, 2, 0);
    assert_int_equal(count, 0); /* held back */
    mbo('C', 'A', 12, 100, 1, 0);
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_ORDER_REDUCE, AS_EVENT_SELL | AS_EVENT_MORE);
    assert_int_equal(ev[0].order.ref, 11);
    mbo('A', 'B', 13, 100, 1, LAST);
    assert_int_equal(count, 2);
    expect(0, AS_EVENT_ORDER_REDUCE, AS_EVENT_SELL | AS_EVENT_MORE);
    expect(1, AS_EVENT_ORDER_ADD, 0);
    assert_true(ev[0].order.ref == 12 && ev[1].order.ref == 13);
    mbo('T', 'A', 0, 100, 3, LAST);
    expect(0, AS_EVENT_TRADE, AS_EVENT_SELL);
}

static void last_on_a_record_without_event_ends_the_event_before(void **state)
{
    (void)state;
    mbo('C', 'A', 11, 100, 2, 0);
    assert_int_equal(count, 0);
    mbo('F', 'A', 11, 100, 2, LAST);
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_ORDER_REDUCE, AS_EVENT_SELL);
    mbo('C', 'A', 11, 100, 2, 0);
    mbo('T', 'A', 0, 100, 2, LAST);
    assert_int_equal(count, 2);
    expect(0, AS_EVENT_ORDER_REDUCE, AS_EVENT_SELL);
    expect(1, AS_EVENT_TRADE, AS_EVENT_SELL);
    mbo('C', 'A', 11, 100, 2, 0);
    give((as_dbn){.rtype = AS_DBN_STATISTICS, .instrument = 8}); /* another instrument: no order is lost or turned */
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_ORDER_REDUCE, AS_EVENT_SELL | AS_EVENT_MORE);
    mbo('C', 'A', 11, 100, 2, 0);
    assert_int_equal(as_dbn_flush(n, ev), 1);
    assert_int_equal(ev[0].flags, AS_EVENT_SELL | AS_EVENT_MORE);
    assert_int_equal(as_dbn_flush(n, ev), 0);
}

static void top_of_book_records_replace_their_side(void **state)
{
    (void)state;
    mbo('A', 'B', 0, 100, 5, LAST | AS_DBN_FLAG_TOB);
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_LEVEL, 0);
    assert_true(ev[0].level.px == 100 && ev[0].level.qty == 5);
    mbo('A', 'B', 0, 101, 6, LAST | AS_DBN_FLAG_TOB);
    assert_int_equal(count, 2);
    expect(0, AS_EVENT_LEVEL, AS_EVENT_MORE);
    expect(1, AS_EVENT_LEVEL, 0);
    assert_true(ev[0].level.px == 100 && ev[0].level.qty == 0 && ev[1].level.px == 101 && ev[1].level.qty == 6);
    mbo('A', 'B', 0, 101, 7, LAST | AS_DBN_FLAG_TOB);
    assert_int_equal(count, 1);
    mbo('A', 'B', 0, AS_PX_UNDEFINED, 0, LAST | AS_DBN_FLAG_TOB); /* the side is empty */
    assert_int_equal(count, 1);
    assert_true(ev[0].level.px == 101 && ev[0].level.qty == 0);
    mbo('A', 'B', 0, AS_PX_UNDEFINED, 0, LAST | AS_DBN_FLAG_TOB);
    assert_int_equal(count, 0);
    mbo('A', 'A', 0, 103, 2, LAST | AS_DBN_FLAG_MBP);
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_LEVEL, AS_EVENT_SELL);
    mbo('C', 'A', 0, 103, 2, LAST | AS_DBN_FLAG_MBP);
    assert_true(count == 1 && ev[0].level.px == 103 && ev[0].level.qty == 0);
    mbo('A', 'N', 0, 103, 2, LAST | AS_DBN_FLAG_MBP);
    assert_int_equal(count, 0);
    mbo('A', 'A', 9, 104, 2, LAST); /* an order among levels: the book begins anew */
    assert_int_equal(count, 2);
    expect(0, AS_EVENT_CLEAR, AS_EVENT_MORE);
    expect(1, AS_EVENT_ORDER_ADD, AS_EVENT_SELL);
    assert_int_equal(counters()->mode_change, 1);
}

static void a_doubtful_book_is_a_gap_once(void **state)
{
    (void)state;
    mbo('A', 'B', 1, 100, 5, LAST | AS_DBN_FLAG_MAYBE_BAD_BOOK);
    assert_int_equal(count, 2);
    expect(0, AS_EVENT_GAP, 0);
    assert_true(ev[0].gap.from_seq == 42 && ev[0].gap.to_seq == 42);
    expect(1, AS_EVENT_ORDER_ADD, 0);
    mbo('A', 'B', 2, 100, 5, LAST | AS_DBN_FLAG_MAYBE_BAD_BOOK);
    assert_int_equal(count, 1);
    mbo('A', 'B', 3, 100, 5, LAST);
    mbo('A', 'B', 4, 100, 5, LAST | AS_DBN_FLAG_MAYBE_BAD_BOOK | AS_DBN_FLAG_BAD_TS_RECV);
    assert_int_equal(count, 2);
    assert_int_equal(counters()->maybe_bad_book, 3);
    assert_int_equal(counters()->bad_ts_recv, 1);
    mbo('A', 'B', 5, 100, 5, AS_DBN_FLAG_SNAPSHOT | AS_DBN_FLAG_BAD_TS_RECV); /* as snapshots are */
    assert_int_equal(counters()->bad_ts_recv, 1);
}

static as_dbn levels(uint8_t rtype, char action, int64_t bid, int64_t ask, unsigned deep, uint8_t flags)
{
    as_dbn r = {.rtype = rtype,
                .mbp = {.action = action, .side = 'A', .px = 100, .qty = 3, .flags = flags, .sequence = 9}};
    r.mbp.level_count = rtype == AS_DBN_MBP_10 ? 10 : 1;
    for (unsigned i = 0; i < 10; i++) {
        bool there = i < deep;
        r.mbp.level[i] = (as_dbn_level){.bid_px = there ? bid - (int64_t)i : AS_PX_UNDEFINED,
                                        .ask_px = there ? ask + (int64_t)i : AS_PX_UNDEFINED,
                                        .bid_qty = there ? 10 + i : 0,
                                        .ask_qty = there ? 20 + i : 0,
                                        .bid_count = there,
                                        .ask_count = there};
    }
    return r;
}

static void quotes_come_with_their_trades(void **state)
{
    (void)state;
    give(levels(AS_DBN_MBP_1, 'T', 99, 101, 1, 0));
    assert_int_equal(count, 2);
    expect(0, AS_EVENT_TRADE, AS_EVENT_SELL);
    expect(1, AS_EVENT_QUOTE, 0);
    assert_true(ev[1].quote.bid_px == 99 && ev[1].quote.bid_qty == 10 && ev[1].quote.ask_px == 101);
    assert_true(ev[1].quote.ask_qty == 20 && ev[1].quote.seq == 9);
    give(levels(AS_DBN_MBP_1, 'A', 99, 101, 0, LAST));
    assert_int_equal(count, 1);
    assert_true(ev[0].quote.bid_px == AS_PX_UNDEFINED && ev[0].quote.bid_qty == 0);
    give(levels(AS_DBN_MBP_1, 'A', -99, -98, 1, LAST));
    assert_true(ev[0].quote.bid_px == -99 && ev[0].quote.ask_px == -98);
    give(levels(AS_DBN_MBP_1, 'A', 99, 101, 1, LAST | AS_DBN_FLAG_MAYBE_BAD_BOOK));
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_GAP, 0);
    as_dbn other = levels(AS_DBN_MBP_1, 'T', 99, 101, 1, LAST);
    other.publisher = 2; /* its trade, not its quote */
    give(other);
    assert_int_equal(count, 1);
    expect(0, AS_EVENT_TRADE, AS_EVENT_SELL);
    assert_int_equal(counters()->other_publisher, 1);
    give(levels(AS_DBN_MBP_10, 'T', 99, 101, 10, LAST)); /* the same trade in another schema */
    assert_int_equal(count, 0);
    assert_int_equal(counters()->other_schema, 2);
}

static void sampled_quotes_are_as_of_their_sample(void **state)
{
    (void)state;
    static const uint8_t sampled[] = {AS_DBN_BBO_1S, AS_DBN_BBO_1M, AS_DBN_CBBO_1S, AS_DBN_CBBO_1M};
    for (uint32_t i = 0; i < sizeof sampled; i++) {
        as_dbn r = levels(sampled[i], 'T', 99, 101, 1, LAST); /* px and qty of the last trade: no trade of now */
        r.instrument = 20 + i;
        r.ts_event = i ? T0 - 1000 : AS_TS_UNDEFINED;
        give(r);
        assert_int_equal(count, 1);
        assert_int_equal(ev[0].kind, AS_EVENT_QUOTE);
        assert_true(ev[0].ts_event == T0 + 5 && ev[0].ts_recv == T0 + 5);
    }
    as_dbn r = levels(AS_DBN_TCBBO, 'T', 99, 101, 1, LAST);
    r.instrument = 30;
    give(r);
    assert_int_equal(count, 2);
}

static void ten_levels_turn_into_the_next_ten(void **state)
{
    (void)state;
    as_book_set *books;
    as_book_level level;
    uint64_t seed = 5;
    print_message("seed %llu\n", (unsigned long long)seed);
    assert_int_equal(as_book_set_new(100, 1000, &books), 0);
    for (unsigned round = 0; round < 3000; round++) {
        unsigned deep = (unsigned)(ast_random(&seed) % 11);
        bool bad = round > 10 && ast_random(&seed) % 50 == 0;
        as_dbn r = levels(AS_DBN_MBP_10, 'A', 100 - (int64_t)(ast_random(&seed) % 12),
                          101 + (int64_t)(ast_random(&seed) % 12), deep, bad ? AS_DBN_FLAG_MAYBE_BAD_BOOK : 0);
        r.mbp.level[0].bid_qty += (uint32_t)(deep && ast_random(&seed) % 2);
        give(r);
        assert_true(count <= AS_DBN_EVENTS_MAX);
        for (unsigned i = 0; i < count; i++) {
            if (ev[i].kind == AS_EVENT_GAP)
                continue;
            assert_true(as_book_apply(books, &ev[i]) >= 0);
            assert_int_equal((ev[i].flags & AS_EVENT_MORE) != 0, i + 1 < count);
        }
        if (bad)
            continue;
        uint32_t instrument = as_symbols_find(&symbols, "7", 1);
        for (int sell = 0; sell < 2; sell++) {
            assert_int_equal(as_book_depth(books, instrument, sell), deep);
            for (uint32_t i = 0; i < deep; i++) {
                const as_dbn_level *want = &r.mbp.level[i];
                assert_true(as_book_level_at(books, instrument, sell, i, &level));
                assert_int_equal(level.px, sell ? want->ask_px : want->bid_px);
                assert_int_equal(level.qty, sell ? want->ask_qty : want->bid_qty);
            }
        }
        give(r); /* nothing changes */
        assert_int_equal(count, 0);
    }
    assert_int_equal(as_book_counters_get(books)->absent_levels, 0);
    as_book_set_free(books);
}

static void bars_end_where_databento_says_they_start(void **state)
{
    (void)state;
    static const struct {
        uint8_t rtype;
        uint64_t seconds;
    } bar[] = {{0x20, 1}, {0x21, 60}, {0x22, 3600}, {0x23, 86400}, {0x24, 86400}};
    as_dbn r = {.ts_event = T0, .ts_recv = AS_TS_UNDEFINED, .ohlcv = {1, 4, -2, 3, 99}};
    for (unsigned i = 0; i < 5; i++) {
        r.rtype = bar[i].rtype;
        give(r);
        assert_int_equal(count, 1);
        expect(0, AS_EVENT_BAR, 0);
        assert_true(ev[0].ts_event == T0 + bar[i].seconds * AS_NS_PER_S && ev[0].ts_recv == ev[0].ts_event);
        assert_true(ev[0].bar.open == 1 && ev[0].bar.high == 4 && ev[0].bar.low == -2 && ev[0].bar.close == 3);
        assert_true(as_bar_volume(&ev[0]) == 99 && as_bar_duration_ns(&ev[0]) == bar[i].seconds * AS_NS_PER_S);
    }
    r.rtype = AS_DBN_OHLCV_OLD;
    give(r);
    assert_true(count == 0 && counters()->bad_interval == 1);
    as_dbn_metadata m = {.schema = 7};
    as_dbn_normaliser_begin(n, &m);
    give(r);
    assert_int_equal(as_bar_duration_ns(&ev[0]), AS_NS_PER_HOUR);
}

static void actions_become_states(void **state)
{
    (void)state;
    enum { NONE = -1 };
    static const int want[17][2] = {/* is_trading N, Y */
                                    {NONE, NONE},
                                    {AS_STATE_QUOTE_ONLY, AS_STATE_TRADING},
                                    {AS_STATE_QUOTE_ONLY, AS_STATE_TRADING},
                                    {AS_STATE_QUOTE_ONLY, AS_STATE_TRADING},
                                    {AS_STATE_QUOTE_ONLY, AS_STATE_TRADING},
                                    {AS_STATE_QUOTE_ONLY, AS_STATE_TRADING},
                                    {AS_STATE_QUOTE_ONLY, AS_STATE_TRADING},
                                    {AS_STATE_QUOTE_ONLY, AS_STATE_TRADING},
                                    {AS_STATE_HALTED, AS_STATE_HALTED},
                                    {AS_STATE_PAUSED, AS_STATE_PAUSED},
                                    {AS_STATE_HALTED, AS_STATE_HALTED},
                                    {AS_STATE_QUOTE_ONLY, AS_STATE_TRADING},
                                    {AS_STATE_HALTED, AS_STATE_HALTED},
                                    {AS_STATE_HALTED, AS_STATE_HALTED},
                                    {NONE, NONE},
                                    {AS_STATE_HALTED, AS_STATE_HALTED},
                                    {NONE, NONE}};
    for (uint16_t action = 0; action < 17; action++)
        for (unsigned trading = 0; trading < 2; trading++) {
            give((as_dbn){.rtype = AS_DBN_STATUS,
                          .status = {.action = action, .reason = 70, .is_trading = trading ? 'Y' : 'N'}});
            assert_int_equal(count, want[action][trading] != NONE);
            if (count) {
                assert_int_equal(ev[0].status.state, want[action][trading]);
                assert_memory_equal(ev[0].status.reason, "70\0\0\0\0\0\0", 8);
            }
        }
}

static void stamps_stand_in_for_each_other(void **state)
{
    (void)state;
    as_dbn r = {.rtype = AS_DBN_TRADES, .ts_event = AS_TS_UNDEFINED, .mbp = {.action = 'T', .px = 1, .qty = 1}};
    give(r);
    assert_true(ev[0].ts_event == T0 + 5 && ev[0].ts_recv == T0 + 5);
    r.ts_event = T0;
    r.ts_recv = AS_TS_UNDEFINED;
    give(r);
    assert_true(ev[0].ts_event == T0 && ev[0].ts_recv == T0);
    r.ts_event = AS_TS_UNDEFINED;
    give(r);
    assert_true(count == 0 && counters()->bad_time == 1);
    r.ts_event = UINT64_C(1) << 63;
    give(r);
    assert_true(count == 0 && counters()->bad_time == 2);
    r.ts_event = T0;
    r.mbp.px = AS_PX_UNDEFINED;
    give(r);
    assert_true(count == 0 && counters()->empty_trade == 1);
    give((as_dbn){.rtype = AS_DBN_SYSTEM, .message = {.code = 0}});
    give((as_dbn){.rtype = AS_DBN_SYSTEM, .message = {.code = 0xff, .text = "Heartbeat"}});
    give((as_dbn){.rtype = AS_DBN_SYSTEM, .message = {.code = 1}});
    assert_int_equal(counters()->heartbeats, 2);
    assert_int_equal(counters()->by_type[AS_DBN_SYSTEM], 3);
}

static void names_outside_the_universe_give_no_event(void **state)
{
    (void)state;
    as_dbn_normaliser_options options = {.names = {.symbols = &symbols}};
    as_dbn_normaliser *known;
    as_dbn r = {.rtype = AS_DBN_TRADES, .instrument = 77, .ts_event = T0, .mbp = {.action = 'T', .px = 1, .qty = 1}};
    assert_int_equal(as_dbn_normaliser_new(&options, &known), 0);
    assert_int_equal(as_normalise_dbn(known, &r, ev), 0);
    assert_int_equal(as_dbn_normaliser_counters_get(known)->unknown_symbol, 1);
    as_dbn_normaliser_free(known);
    as_dbn_normaliser_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(orders_become_order_events, make, clean),
        cmocka_unit_test_setup_teardown(a_transaction_says_more_until_its_last_event, make, clean),
        cmocka_unit_test_setup_teardown(last_on_a_record_without_event_ends_the_event_before, make, clean),
        cmocka_unit_test_setup_teardown(top_of_book_records_replace_their_side, make, clean),
        cmocka_unit_test_setup_teardown(a_doubtful_book_is_a_gap_once, make, clean),
        cmocka_unit_test_setup_teardown(quotes_come_with_their_trades, make, clean),
        cmocka_unit_test_setup_teardown(sampled_quotes_are_as_of_their_sample, make, clean),
        cmocka_unit_test_setup_teardown(ten_levels_turn_into_the_next_ten, make, clean),
        cmocka_unit_test_setup_teardown(bars_end_where_databento_says_they_start, make, clean),
        cmocka_unit_test_setup_teardown(actions_become_states, make, clean),
        cmocka_unit_test_setup_teardown(stamps_stand_in_for_each_other, make, clean),
        cmocka_unit_test_setup_teardown(names_outside_the_universe_give_no_event, make, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
