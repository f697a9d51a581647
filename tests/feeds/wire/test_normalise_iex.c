#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/book.h"
#include "core/symbols.h"
#include "feeds/wire/normalise_iex.h"
#include "tests/support/iex_golden.h"
#include "tests/support/random.h"

#define RECV UINT64_C(1700000000123500000)

typedef struct fixture {
    as_symbols symbols;
    as_iex_normaliser normaliser;
    as_event ev;
} fixture;

static void start_with(fixture *f, const as_iex_normaliser_options *options)
{
    assert_int_equal(as_symbols_init(&f->symbols, 16), 0);
    uint32_t instrument;
    assert_int_equal(as_symbols_add(&f->symbols, "AAPL", 4, &instrument), 0);
    assert_int_equal(as_symbols_add(&f->symbols, "NVDA", 4, &instrument), 0);
    as_iex_normaliser_options o = *options;
    o.symbols = &f->symbols;
    o.source = 3;
    assert_int_equal(as_iex_normaliser_init(&f->normaliser, &o), 0);
}

static void start(fixture *f)
{
    start_with(f, &(as_iex_normaliser_options){0});
}

static void stop(fixture *f)
{
    as_iex_normaliser_fini(&f->normaliser);
    as_symbols_fini(&f->symbols);
}

static as_iex message_of(char type, const char *symbol, uint8_t flags)
{
    as_iex m = {.type = type, .flags = flags, .ts_ns = AST_IEX_TS, .symbol = "        "};
    memcpy(m.symbol, symbol, strlen(symbol));
    return m;
}

static int put(fixture *f, const as_iex *m)
{
    memset(&f->ev, 0xee, sizeof f->ev);
    return as_normalise_iex(&f->normaliser, m, RECV, &f->ev);
}

static as_event event_of(as_event_kind kind, uint32_t instrument, uint8_t flags)
{
    return (as_event){.ts_event = (uint64_t)AST_IEX_TS,
                      .ts_recv = RECV,
                      .instrument = instrument,
                      .kind = (uint8_t)kind,
                      .flags = flags,
                      .source = 3};
}

static void assert_event(const fixture *f, const as_event *expected)
{
    assert_memory_equal(&f->ev, expected, sizeof *expected);
}

/* ---- quotes and trades ---- */

static void a_quote_replaces_both_sides(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    as_iex m = message_of('Q', "AAPL", 0);
    m.quote.bid_px4 = 1901200;
    m.quote.ask_px4 = 1901300;
    m.quote.bid_shares = 300;
    m.quote.ask_shares = 200;
    assert_int_equal(put(&f, &m), 1);
    as_event expected = event_of(AS_EVENT_QUOTE, 0, 0);
    expected.quote.bid_px = INT64_C(190120000000);
    expected.quote.bid_qty = 300;
    expected.quote.ask_px = INT64_C(190130000000);
    expected.quote.ask_qty = 200;
    assert_event(&f, &expected);
    m.flags = AS_IEX_OUTSIDE_SESSION; /* makes it no other quote */
    assert_int_equal(put(&f, &m), 1);
    assert_event(&f, &expected);
    stop(&f);
}

static void a_side_of_nothing_is_undefined(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    as_iex m = message_of('Q', "NVDA", 0);
    m.quote.ask_px4 = 10000;
    m.quote.ask_shares = 100;
    assert_int_equal(put(&f, &m), 1);
    as_event expected = event_of(AS_EVENT_QUOTE, 1, 0);
    expected.quote.bid_px = AS_PX_UNDEFINED;
    expected.quote.ask_px = INT64_C(1000000000);
    expected.quote.ask_qty = 100;
    assert_event(&f, &expected);
    assert_int_equal(f.normaliser.counters.bad_px, 0);
    m.quote.ask_px4 = 0; /* the zero quote before the open */
    m.quote.ask_shares = 0;
    assert_int_equal(put(&f, &m), 1);
    expected.quote.ask_px = AS_PX_UNDEFINED;
    expected.quote.ask_qty = 0;
    assert_event(&f, &expected);
    assert_int_equal(f.normaliser.counters.bad_px, 0);
    stop(&f);
}

static void half_a_side_is_counted_and_undefined(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    static const int64_t bad[] = {0, -1, INT64_MIN, INT64_MAX, INT64_MAX / 100000 + 1};
    as_iex m = message_of('Q', "NVDA", 0);
    as_event expected = event_of(AS_EVENT_QUOTE, 1, 0);
    expected.quote.bid_px = expected.quote.ask_px = AS_PX_UNDEFINED;
    m.quote.bid_shares = 100;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        m.quote.bid_px4 = bad[i];
        assert_int_equal(put(&f, &m), 1);
        assert_event(&f, &expected);
        assert_int_equal(f.normaliser.counters.bad_px, i + 1);
    }
    m.quote.bid_px4 = 10000; /* the price of nothing */
    m.quote.bid_shares = 0;
    assert_int_equal(put(&f, &m), 1);
    assert_event(&f, &expected);
    assert_int_equal(f.normaliser.counters.bad_px, 6);
    m.quote.bid_px4 = INT64_MAX / 100000; /* the highest that fits */
    m.quote.bid_shares = 1;
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(f.ev.quote.bid_px, INT64_MAX / 100000 * 100000);
    assert_int_equal(f.normaliser.counters.bad_px, 6);
    stop(&f);
}

static void an_unavailable_symbol_has_no_quote(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    as_iex m = message_of('Q', "AAPL", AS_IEX_UNAVAILABLE);
    m.quote.bid_px4 = m.quote.ask_px4 = 1901300;
    m.quote.bid_shares = m.quote.ask_shares = 200;
    assert_int_equal(put(&f, &m), 1);
    as_event expected = event_of(AS_EVENT_QUOTE, 0, 0);
    expected.quote.bid_px = expected.quote.ask_px = AS_PX_UNDEFINED;
    assert_event(&f, &expected);
    assert_int_equal(f.normaliser.counters.unavailable, 1);
    stop(&f);
}

static void a_trade_is_printed_if_it_may_set_the_last_price(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    for (unsigned flags = 0; flags < 256; flags++) {
        as_iex m = message_of('T', "AAPL", (uint8_t)flags);
        m.trade.px4 = 2506400;
        m.trade.shares = 10;
        m.trade.trade_id = 1477663;
        assert_int_equal(put(&f, &m), 1);
        bool last = !(flags & 0x40) && !(flags & 0x20);
        as_event expected = event_of(AS_EVENT_TRADE, 0, last ? 0 : AS_EVENT_NO_PRINT);
        expected.trade.px = INT64_C(250640000000);
        expected.trade.qty = 10;
        expected.trade.match = 1477663;
        assert_event(&f, &expected);
    }
    stop(&f);
}

static void a_trade_of_nothing_is_counted_and_dropped(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    as_iex m = message_of('T', "AAPL", 0);
    m.trade.px4 = 10000;
    assert_int_equal(put(&f, &m), 0);
    m.trade.px4 = 0;
    m.trade.shares = 1;
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(f.normaliser.counters.empty_trades, 2);
    m.trade.px4 = -10000;
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(f.normaliser.counters.bad_px, 1);
    assert_int_equal(f.normaliser.counters.events, 0);
    stop(&f);
}

/* ---- levels ---- */

static void levels_carry_their_side_and_the_transactions_end(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    for (unsigned i = 0; i < 4; i++) {
        as_iex m = message_of(i & 1 ? '5' : '8', "NVDA", i & 2 ? AS_IEX_EVENT_COMPLETE : 0);
        m.level.px4 = 4321100;
        m.level.shares = i ? 300 : 0;
        assert_int_equal(put(&f, &m), 1);
        uint8_t flags = (uint8_t)((i & 1 ? AS_EVENT_SELL : 0) | (i & 2 ? 0 : AS_EVENT_MORE));
        as_event expected = event_of(AS_EVENT_LEVEL, 1, flags);
        expected.level.px = INT64_C(432110000000);
        expected.level.qty = i ? 300 : 0;
        assert_event(&f, &expected);
    }
    stop(&f);
}

static void a_level_without_a_price_is_the_books_to_refuse(void **state)
{
    (void)state;
    fixture f;
    as_book_set *books;
    start(&f);
    assert_int_equal(as_book_set_new(2, 16, &books), 0);
    as_iex m = message_of('8', "NVDA", AS_IEX_EVENT_COMPLETE);
    m.level.shares = 100;
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(f.ev.level.px, AS_PX_UNDEFINED);
    assert_int_equal(f.normaliser.counters.bad_px, 1);
    assert_int_equal(as_book_apply(books, &f.ev), AS_BOOK_INVALID);
    as_book_set_free(books);
    stop(&f);
}

/* ---- states ---- */

static void assert_status(fixture *f, const as_iex *m, as_trading_state expected, const char *reason)
{
    char padded[8] = {0};
    memcpy(padded, reason, strlen(reason));
    assert_int_equal(put(f, m), 1);
    assert_int_equal(f->ev.kind, AS_EVENT_STATUS);
    assert_int_equal(f->ev.instrument, 0);
    assert_int_equal(f->ev.status.state, expected);
    assert_memory_equal(f->ev.status.reason, padded, 8);
}

static as_iex trading_status(char code, const char *reason)
{
    as_iex m = message_of('H', "AAPL", (uint8_t)code);
    memset(m.status.reason, ' ', sizeof m.status.reason);
    memcpy(m.status.reason, reason, strlen(reason));
    return m;
}

static void put_status(fixture *f, char code, const char *reason, as_trading_state expected,
                       const char *expected_reason)
{
    as_iex m = trading_status(code, reason);
    assert_status(f, &m, expected, expected_reason);
}

static void put_operational(fixture *f, char code, as_trading_state expected, const char *reason)
{
    as_iex m = message_of('O', "AAPL", (uint8_t)code);
    assert_status(f, &m, expected, reason);
}

static void trading_states_are_named_as_ours(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    put_status(&f, 'T', "", AS_STATE_TRADING, "");
    put_status(&f, 'H', "T1", AS_STATE_HALTED, "T1");
    put_status(&f, 'O', "IPO2", AS_STATE_QUOTE_ONLY, "IPO2");
    put_status(&f, 'P', "", AS_STATE_PAUSED, "");
    put_status(&f, '?', "NA", AS_STATE_HALTED, "NA");
    assert_int_equal(f.normaliser.counters.bad_code, 1);
    as_iex m = trading_status('T', "");
    assert_int_equal(put(&f, &m), 1);
    as_event expected = event_of(AS_EVENT_STATUS, 0, 0);
    expected.status.state = AS_STATE_TRADING;
    assert_event(&f, &expected);
    stop(&f);
}

static void the_stricter_of_two_halts_holds(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    put_status(&f, 'T', "", AS_STATE_TRADING, "");
    put_operational(&f, 'O', AS_STATE_HALTED, "OPHALT");
    put_status(&f, 'P', "", AS_STATE_HALTED, "");
    put_status(&f, 'T', "", AS_STATE_HALTED, "");
    put_operational(&f, 'N', AS_STATE_TRADING, "");
    put_status(&f, 'P', "", AS_STATE_PAUSED, "");
    put_operational(&f, '?', AS_STATE_HALTED, "OPHALT"); /* what we do not understand does not trade */
    put_operational(&f, 'N', AS_STATE_PAUSED, "");
    assert_int_equal(f.normaliser.counters.bad_code, 1);
    stop(&f);
}

static void what_has_been_announced_is_halted_until_h_says_otherwise(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    as_iex directory = message_of('D', "AAPL", 0);
    assert_status(&f, &directory, AS_STATE_HALTED, "NO_H");
    put_operational(&f, 'N', AS_STATE_HALTED, "NO_H");
    put_status(&f, 'T', "", AS_STATE_TRADING, "");
    assert_int_equal(put(&f, &directory), 0); /* a change of the directory is no halt */
    put_operational(&f, 'N', AS_STATE_TRADING, "");

    as_iex_normaliser_reset(&f.normaliser); /* a new session knows nothing */
    put_operational(&f, 'N', AS_STATE_HALTED, "NO_H");
    assert_int_equal(put(&f, &directory), 0);
    stop(&f);
}

static void the_days_phases_are_named_as_ours(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    static const char iex[] = "OSRMEC", ours[] = "OSQMEC";
    for (unsigned i = 0; i < 6; i++) {
        as_iex m = message_of('S', "", (uint8_t)iex[i]);
        assert_int_equal(put(&f, &m), 1);
        as_event expected = event_of(AS_EVENT_SESSION, AS_INSTRUMENT_NONE, 0);
        expected.session.phase = (uint64_t)ours[i];
        assert_event(&f, &expected);
    }
    as_iex m = message_of('S', "", 'Q');
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(f.normaliser.counters.bad_code, 1);
    stop(&f);
}

static void the_other_types_are_counted_and_give_no_event(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    for (const char *type = "BXAPIE"; *type; type++) {
        as_iex m = message_of(*type, "AAPL", 1);
        assert_int_equal(put(&f, &m), 0);
        m = message_of(*type, "IBM", 1);
        assert_int_equal(put(&f, &m), 0);
        assert_int_equal(f.normaliser.counters.by_type[(uint8_t)*type], 2);
    }
    assert_int_equal(f.normaliser.counters.events + f.normaliser.counters.unknown_symbol, 0);
    stop(&f);
}

/* ---- times ---- */

static void a_stamp_before_1970_is_replaced(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    as_iex m = trading_status('T', "");
    static const int64_t bad[] = {0, -1, INT64_MIN};
    for (unsigned i = 0; i < 3; i++) {
        m.ts_ns = bad[i];
        assert_int_equal(put(&f, &m), 1);
        assert_int_equal(f.ev.ts_event, RECV);
        assert_int_equal(f.ev.ts_recv, RECV);
    }
    assert_int_equal(f.normaliser.counters.bad_ts, 3);
    stop(&f);
}

static void trusted_stamps_are_the_receive_time(void **state)
{
    (void)state;
    fixture f;
    start_with(&f, &(as_iex_normaliser_options){.trust_r = true});
    as_iex m = trading_status('T', "");
    m.ts_ns = -1;
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(f.ev.ts_recv, RECV); /* nothing better is known yet */
    m.ts_ns = AST_IEX_TS;
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(f.ev.ts_recv, AST_IEX_TS);
    m.ts_ns = -1;
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(f.ev.ts_recv, AST_IEX_TS);
    assert_int_equal(f.ev.ts_event, AST_IEX_TS);
    stop(&f);
}

/* ---- symbols ---- */

static void symbols_outside_the_universe_are_dropped_and_counted(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    static const char *const foreign[] = {"IBM", "AAP", "AAPLX", "aapl", "", "AAPL\0\0\0\0", " AAPL"};
    uint64_t dropped = 0;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < sizeof foreign / sizeof *foreign; i++) {
            as_iex m = message_of('H', foreign[i], 'T');
            if (i == 5)
                memset(m.symbol + 4, 0, 4);
            assert_int_equal(put(&f, &m), 0);
            assert_int_equal(f.normaliser.counters.unknown_symbol, ++dropped);
        }
    }
    put_status(&f, 'T', "", AS_STATE_TRADING, "");
    stop(&f);
}

static void a_symbol_that_is_added_later_is_found(void **state)
{
    (void)state;
    fixture f;
    uint32_t instrument;
    start(&f);
    as_iex m = message_of('8', "IBM", 1);
    m.level.px4 = 10000;
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(as_symbols_add(&f.symbols, "XOM", 3, &instrument), 0);
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(as_symbols_add(&f.symbols, "IBM", 3, &instrument), 0);
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(f.ev.instrument, instrument);
    assert_int_equal(f.normaliser.foreign, 0);
    stop(&f);
}

static unsigned resolved;

static uint32_t resolve(void *arg, const char *symbol, size_t symbol_bytes)
{
    as_symbols *symbols = arg;
    uint32_t instrument = as_symbols_find(symbols, symbol, symbol_bytes);
    resolved++;
    if (instrument == AS_INSTRUMENT_NONE && as_symbols_add(symbols, symbol, symbol_bytes, &instrument) < 0)
        return AS_INSTRUMENT_NONE;
    return instrument;
}

static void without_a_universe_symbols_are_numbered_as_they_are_met(void **state)
{
    (void)state;
    fixture f;
    resolved = 0;
    start_with(&f, &(as_iex_normaliser_options){.resolve = resolve, .arg = &f.symbols});
    as_iex m = message_of('P', "IBM", 1); /* of any type that has a symbol */
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(f.symbols.count, 3);
    m = message_of('8', "XOM", 1);
    m.level.px4 = 10000;
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(f.ev.instrument, 3);
    m = message_of('8', "IBM", 1);
    m.level.px4 = 10000;
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(f.ev.instrument, 2);
    assert_int_equal(resolved, 2); /* once a symbol */
    m = message_of('P', "", 1);
    assert_int_equal(put(&f, &m), 0); /* blanks are no symbol */
    assert_int_equal(resolved, 2);
    stop(&f);
}

/* More symbols than are remembered: every message still finds its own. */
static void a_crowd_of_foreign_symbols_takes_no_room_from_the_universe(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    as_iex known = message_of('8', "NVDA", 1);
    known.level.px4 = 10000;
    for (unsigned i = 0; i < 2 * AS_IEX_FOREIGN_MAX; i++) {
        char symbol[9];
        (void)snprintf(symbol, sizeof symbol, "%08u", i * 2654435761u % 100000000u);
        as_iex m = message_of('8', symbol, 1);
        assert_int_equal(put(&f, &m), 0);
        if (i % 1000 == 0) {
            assert_int_equal(put(&f, &m), 0);
            assert_int_equal(put(&f, &known), 1);
            assert_int_equal(f.ev.instrument, 1);
        }
    }
    assert_int_equal(f.normaliser.foreign, AS_IEX_FOREIGN_MAX);
    put_status(&f, 'H', "T1", AS_STATE_HALTED, "T1");
    put_operational(&f, 'N', AS_STATE_HALTED, "");
    stop(&f);
}

static void mark(void *arg, uint32_t instrument)
{
    ((unsigned *)arg)[instrument]++;
}

static void the_instruments_met_are_named_once(void **state)
{
    (void)state;
    fixture f;
    unsigned met[16] = {0};
    start(&f);
    as_iex m = message_of('8', "NVDA", 1);
    m.level.px4 = 10000;
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(put(&f, &m), 1);
    m = message_of('8', "IBM", 1);
    assert_int_equal(put(&f, &m), 0);
    as_iex_each_instrument(&f.normaliser, mark, met);
    assert_int_equal(met[0], 0);
    assert_int_equal(met[1], 1);
    as_iex_normaliser_reset(&f.normaliser);
    as_iex_each_instrument(&f.normaliser, mark, met);
    assert_int_equal(met[1], 1);
    stop(&f);
}

/* The table against a plain search, over a universe and foreign symbols of every length. */
static void the_table_agrees_with_the_symbols(void **state)
{
    (void)state;
    enum { NAMES = 3000 };
    uint64_t seed = 8;
    print_message("seed %llu\n", (unsigned long long)seed);
    static char name[NAMES][9];
    fixture f;
    assert_int_equal(as_symbols_init(&f.symbols, NAMES), 0);
    for (unsigned i = 0; i < NAMES; i++) {
        size_t n = 1 + ast_random(&seed) % 8;
        uint32_t instrument;
        memset(name[i], ' ', 8);
        for (size_t k = 0; k < n; k++)
            name[i][k] = (char)('A' + ast_random(&seed) % 26);
        if (i % 2)
            (void)as_symbols_add(&f.symbols, name[i], n, &instrument); /* some are there already */
    }
    as_iex_normaliser_options options = {.symbols = &f.symbols};
    assert_int_equal(as_iex_normaliser_init(&f.normaliser, &options), 0);
    for (unsigned i = 0; i < 100000; i++) {
        as_iex m = message_of('8', name[ast_random(&seed) % NAMES], 1);
        m.level.px4 = 10000;
        uint32_t expected = as_symbols_find_padded(&f.symbols, m.symbol, 8);
        assert_int_equal(put(&f, &m), expected != AS_INSTRUMENT_NONE);
        if (expected != AS_INSTRUMENT_NONE)
            assert_int_equal(f.ev.instrument, expected);
    }
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_replaces_both_sides),
        cmocka_unit_test(a_side_of_nothing_is_undefined),
        cmocka_unit_test(half_a_side_is_counted_and_undefined),
        cmocka_unit_test(an_unavailable_symbol_has_no_quote),
        cmocka_unit_test(a_trade_is_printed_if_it_may_set_the_last_price),
        cmocka_unit_test(a_trade_of_nothing_is_counted_and_dropped),
        cmocka_unit_test(levels_carry_their_side_and_the_transactions_end),
        cmocka_unit_test(a_level_without_a_price_is_the_books_to_refuse),
        cmocka_unit_test(trading_states_are_named_as_ours),
        cmocka_unit_test(the_stricter_of_two_halts_holds),
        cmocka_unit_test(what_has_been_announced_is_halted_until_h_says_otherwise),
        cmocka_unit_test(the_days_phases_are_named_as_ours),
        cmocka_unit_test(the_other_types_are_counted_and_give_no_event),
        cmocka_unit_test(a_stamp_before_1970_is_replaced),
        cmocka_unit_test(trusted_stamps_are_the_receive_time),
        cmocka_unit_test(symbols_outside_the_universe_are_dropped_and_counted),
        cmocka_unit_test(a_symbol_that_is_added_later_is_found),
        cmocka_unit_test(without_a_universe_symbols_are_numbered_as_they_are_met),
        cmocka_unit_test(a_crowd_of_foreign_symbols_takes_no_room_from_the_universe),
        cmocka_unit_test(the_instruments_met_are_named_once),
        cmocka_unit_test(the_table_agrees_with_the_symbols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
