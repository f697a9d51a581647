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
#include "feeds/be.h"
#include "feeds/decode/itch50.h"
#include "feeds/framing/binaryfile.h"
#include "feeds/wire/normalise.h"
#include "tests/support/random.h"
#include "tests/support/shared.h"

/* 2026-07-01 00:00 in New York; 34,200 s later is 13:30 UTC */
#define MIDNIGHT UINT64_C(1782878400000000000)
#define OPEN_NS UINT64_C(34200000000000)
#define RECV (MIDNIGHT + OPEN_NS + 5000)

typedef struct fixture {
    as_symbols symbols;
    as_normaliser normaliser;
    as_event ev;
} fixture;

static void start(fixture *f, bool trust_r)
{
    assert_int_equal(as_symbols_init(&f->symbols, 16), 0);
    uint32_t instrument;
    assert_int_equal(as_symbols_add(&f->symbols, "AMD", 3, &instrument), 0);
    assert_int_equal(as_symbols_add(&f->symbols, "NVDA", 4, &instrument), 0);
    as_normaliser_options options = {.symbols = &f->symbols, .midnight_ns = MIDNIGHT, .source = 3, .trust_r = trust_r};
    assert_int_equal(as_normaliser_init(&f->normaliser, &options), 0);
}

static void stop(fixture *f)
{
    as_normaliser_fini(&f->normaliser);
    as_symbols_fini(&f->symbols);
}

static as_itch50 message_of(char type, uint16_t locate)
{
    return (as_itch50){.type = type, .locate = locate, .ts_ns = OPEN_NS + 123};
}

static int put(fixture *f, const as_itch50 *m)
{
    memset(&f->ev, 0xee, sizeof f->ev);
    return as_normalise_itch50(&f->normaliser, m, RECV, &f->ev);
}

static int put_directory(fixture *f, uint16_t locate, const char *stock)
{
    as_itch50 m = message_of('R', locate);
    memcpy(m.directory.stock, stock, 8);
    return put(f, &m);
}

static int put_action(fixture *f, uint16_t locate, const char *stock, char state, const char *reason)
{
    as_itch50 m = message_of('H', locate);
    memcpy(m.action.stock, stock, 8);
    memcpy(m.action.reason, reason, 4);
    m.action.state = state;
    return put(f, &m);
}

static int put_operational(fixture *f, uint16_t locate, char action)
{
    as_itch50 m = message_of('h', locate);
    m.operational.market = 'Q';
    m.operational.action = action;
    return put(f, &m);
}

static void assert_status(const fixture *f, uint32_t instrument, as_trading_state state, const char *reason)
{
    char padded[8] = {0};
    memcpy(padded, reason, strlen(reason));
    assert_int_equal(f->ev.kind, AS_EVENT_STATUS);
    assert_int_equal(f->ev.instrument, instrument);
    assert_int_equal(f->ev.status.state, state);
    assert_memory_equal(f->ev.status.reason, padded, 8);
}

static void adding_and_executing_messages_become_their_events(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    assert_int_equal(put_directory(&f, 7, "NVDA    "), 1);

    as_itch50 m = message_of('A', 7);
    m.add.ref = 11;
    m.add.shares = 300;
    m.add.px4 = 1572400;
    m.add.side = 'B';
    assert_int_equal(put(&f, &m), 1);
    as_event expected = {.ts_event = MIDNIGHT + OPEN_NS + 123, .ts_recv = RECV, .instrument = 1, .source = 3};
    expected.kind = AS_EVENT_ORDER_ADD;
    expected.order.ref = 11;
    expected.order.px = INT64_C(157240000000);
    expected.order.qty = 300;
    assert_memory_equal(&f.ev, &expected, sizeof expected);

    m.type = 'F';
    m.add.side = 'S';
    assert_int_equal(put(&f, &m), 1);
    expected.flags = AS_EVENT_SELL;
    assert_memory_equal(&f.ev, &expected, sizeof expected);

    m = message_of('E', 7);
    m.execute.ref = 11;
    m.execute.shares = 40;
    m.execute.match = 99;
    assert_int_equal(put(&f, &m), 1);
    expected.kind = AS_EVENT_ORDER_EXECUTE;
    expected.flags = 0;
    expected.order.px = AS_PX_UNDEFINED;
    expected.order.qty = 40;
    expected.order.match = 99;
    assert_memory_equal(&f.ev, &expected, sizeof expected);

    m.type = 'C';
    m.execute.px4 = 1572300;
    m.execute.printable = 'Y';
    assert_int_equal(put(&f, &m), 1);
    expected.order.px = INT64_C(157230000000);
    assert_memory_equal(&f.ev, &expected, sizeof expected);
    m.execute.printable = 'N';
    assert_int_equal(put(&f, &m), 1);
    expected.flags = AS_EVENT_NO_PRINT;
    assert_memory_equal(&f.ev, &expected, sizeof expected);

    stop(&f);
}

static void shrinking_and_replacing_messages_become_their_events(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    put_directory(&f, 7, "NVDA    ");
    as_event expected = {.ts_event = MIDNIGHT + OPEN_NS + 123, .ts_recv = RECV, .instrument = 1, .source = 3};
    expected.order.ref = 11;

    as_itch50 m = message_of('X', 7);
    m.cancel.ref = 11;
    m.cancel.shares = 5;
    assert_int_equal(put(&f, &m), 1);
    expected.kind = AS_EVENT_ORDER_REDUCE;
    expected.order.px = AS_PX_UNDEFINED;
    expected.order.qty = 5;
    assert_memory_equal(&f.ev, &expected, sizeof expected);

    m = message_of('D', 7);
    m.remove.ref = 11;
    assert_int_equal(put(&f, &m), 1);
    expected.kind = AS_EVENT_ORDER_DELETE;
    expected.order.qty = 0;
    assert_memory_equal(&f.ev, &expected, sizeof expected);

    m = message_of('U', 7);
    m.replace.ref = 11;
    m.replace.new_ref = 12;
    m.replace.shares = 60;
    m.replace.px4 = UINT32_MAX;
    assert_int_equal(put(&f, &m), 1);
    expected.kind = AS_EVENT_ORDER_REPLACE;
    expected.order.new_ref = 12;
    expected.order.px = INT64_C(4294967295) * 100000;
    expected.order.qty = 60;
    assert_memory_equal(&f.ev, &expected, sizeof expected);
    stop(&f);
}

static void trades_and_crosses_become_trades(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    put_directory(&f, 7, "NVDA    ");
    as_itch50 m = message_of('P', 7);
    m.trade.shares = 100;
    m.trade.px4 = 1572500;
    m.trade.match = 5;
    m.trade.side = 'B';
    assert_int_equal(put(&f, &m), 1);
    as_event expected = {
        .ts_event = MIDNIGHT + OPEN_NS + 123, .ts_recv = RECV, .instrument = 1, .source = 3, .kind = AS_EVENT_TRADE};
    expected.trade.px = INT64_C(157250000000);
    expected.trade.qty = 100;
    expected.trade.match = 5;
    assert_memory_equal(&f.ev, &expected, sizeof expected);

    m = message_of('Q', 7);
    m.cross.shares = UINT64_C(1) << 40;
    m.cross.px4 = 1572500;
    m.cross.match = 5;
    m.cross.cross = 'O';
    assert_int_equal(put(&f, &m), 1);
    expected.trade.qty = UINT64_C(1) << 40;
    assert_memory_equal(&f.ev, &expected, sizeof expected);

    m.cross.shares = 0; /* a cross that did not happen */
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(f.normaliser.counters.empty_trades, 1);
    stop(&f);
}

static void a_name_without_h_is_halted_until_t(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    assert_int_equal(put_directory(&f, 7, "NVDA    "), 1);
    assert_status(&f, 1, AS_STATE_HALTED, "NO_H");
    assert_int_equal(put_action(&f, 7, "NVDA    ", 'T', "    "), 1);
    assert_status(&f, 1, AS_STATE_TRADING, "");
    assert_int_equal(put_directory(&f, 7, "NVDA    "), 0); /* repeated: the state stands */
    assert_int_equal(put_action(&f, 7, "NVDA    ", 'P', "LUDP"), 1);
    assert_status(&f, 1, AS_STATE_PAUSED, "LUDP");
    assert_int_equal(put_action(&f, 7, "NVDA    ", 'Q', "T3  "), 1);
    assert_status(&f, 1, AS_STATE_QUOTE_ONLY, "T3");
    assert_int_equal(put_action(&f, 7, "NVDA    ", 'H', "T1  "), 1);
    assert_status(&f, 1, AS_STATE_HALTED, "T1");
    assert_int_equal(put_action(&f, 7, "NVDA    ", '?', "    "), 1);
    assert_status(&f, 1, AS_STATE_HALTED, "");
    assert_int_equal(f.normaliser.counters.bad_code, 1);
    stop(&f);
}

static void an_operational_halt_overrides_until_it_is_lifted(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    put_directory(&f, 7, "NVDA    ");
    put_action(&f, 7, "NVDA    ", 'T', "    ");
    assert_int_equal(put_operational(&f, 7, 'H'), 1);
    assert_status(&f, 1, AS_STATE_HALTED, "OPHALT");
    put_action(&f, 7, "NVDA    ", 'Q', "    ");
    assert_status(&f, 1, AS_STATE_HALTED, "");
    assert_int_equal(put_operational(&f, 7, 'T'), 1);
    assert_status(&f, 1, AS_STATE_QUOTE_ONLY, "");
    stop(&f);
}

static void unknown_names_give_nothing_and_are_counted_apart(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    assert_int_equal(put_directory(&f, 9, "ZZZZ    "), 0);
    as_itch50 m = message_of('D', 9);
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(f.normaliser.counters.unknown_symbol, 1);
    m.locate = 65535;
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(f.normaliser.counters.unknown_locate, 1);
    assert_int_equal(put_action(&f, 8, "AMD     ", 'T', "    "), 1); /* H announces where R was missed */
    assert_status(&f, 0, AS_STATE_TRADING, "");
    m.locate = 8;
    assert_int_equal(put(&f, &m), 1);
    assert_int_equal(f.ev.instrument, 0);
    stop(&f);
}

static void a_reset_forgets_locates_and_states(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    put_directory(&f, 7, "NVDA    ");
    put_action(&f, 7, "NVDA    ", 'T', "    ");
    as_normaliser_reset(&f.normaliser, MIDNIGHT + AS_NS_PER_DAY);
    as_itch50 m = message_of('D', 7);
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(put_directory(&f, 7, "AMD     "), 1);
    assert_status(&f, 0, AS_STATE_HALTED, "NO_H");
    assert_int_equal(f.ev.ts_event, MIDNIGHT + AS_NS_PER_DAY + OPEN_NS + 123);
    stop(&f);
}

static void system_events_become_phases_of_no_instrument(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    as_itch50 m = message_of('S', 0);
    for (const char *phase = "OSQMEC"; *phase; phase++) {
        m.system.event = *phase;
        assert_int_equal(put(&f, &m), 1);
        assert_int_equal(f.ev.kind, AS_EVENT_SESSION);
        assert_int_equal(f.ev.session.phase, *phase);
        assert_int_equal(f.ev.instrument, AS_INSTRUMENT_NONE);
    }
    m.system.event = 'z';
    assert_int_equal(put(&f, &m), 0);
    assert_int_equal(f.normaliser.counters.bad_code, 1);
    stop(&f);
}

static void receive_times_come_from_the_data_when_they_are_trusted(void **state)
{
    (void)state;
    fixture f;
    start(&f, true);
    put_directory(&f, 7, "NVDA    ");
    assert_int_equal(f.ev.ts_recv, MIDNIGHT + OPEN_NS + 123);
    assert_int_equal(f.ev.ts_event, f.ev.ts_recv);
    stop(&f);
}

static void stamps_beyond_the_day_are_replaced_and_counted(void **state)
{
    (void)state;
    for (int trust_r = 0; trust_r < 2; trust_r++) {
        fixture f;
        start(&f, trust_r);
        as_itch50 m = message_of('S', 0);
        m.system.event = 'O';
        m.ts_ns = AS_NS_PER_DAY - 1;
        put(&f, &m);
        assert_int_equal(f.ev.ts_event, MIDNIGHT + AS_NS_PER_DAY - 1);
        m.ts_ns = AS_NS_PER_DAY;
        put(&f, &m);
        assert_int_equal(f.ev.ts_event, trust_r ? MIDNIGHT + AS_NS_PER_DAY - 1 : RECV);
        m.ts_ns = UINT64_C(0xffffffffffff);
        put(&f, &m);
        assert_int_equal(f.normaliser.counters.bad_ts, 2);
        stop(&f);
    }
}

static void orders_without_price_or_side_are_left_for_the_book_to_refuse(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    put_directory(&f, 7, "NVDA    ");
    as_itch50 m = message_of('A', 7);
    m.add.shares = 1;
    m.add.side = 'B';
    assert_int_equal(put(&f, &m), 1);
    assert_true(f.ev.order.px == AS_PX_UNDEFINED);
    assert_int_equal(f.normaliser.counters.bad_px, 1);
    m.add.px4 = 1;
    m.add.side = 'X';
    assert_int_equal(put(&f, &m), 1);
    assert_true(f.ev.order.px == AS_PX_UNDEFINED);
    assert_int_equal(f.normaliser.counters.bad_code, 1);
    stop(&f);
}

static void the_other_types_are_counted_only(void **state)
{
    (void)state;
    fixture f;
    start(&f, false);
    put_directory(&f, 7, "NVDA    ");
    uint64_t before = f.normaliser.counters.events;
    for (const char *type = "YLVWKJBINO"; *type; type++) {
        as_itch50 m = message_of(*type, 7);
        assert_int_equal(put(&f, &m), 0);
        assert_int_equal(f.normaliser.counters.by_type[(uint8_t)*type], 1);
    }
    assert_int_equal(f.normaliser.counters.events, before);
    stop(&f);
}

/* ---- recorded ---- */

/* Figures of a separate reading of the file, with orders in a Python dictionary. */
static void check_recorded_books(const as_book_set *books)
{
    static const struct {
        int64_t bid_px4, ask_px4;
        uint64_t bid_qty, ask_qty;
        uint32_t bid_depth, ask_depth;
    } expected[3] = {
        {270600, 205400, 100, 100, 226, 245},
        {69667, 53417, 100, 100, 169, 174},
        {256500, 195750, 30, 5, 173, 168},
    };
    const as_book_counters *c = as_book_counters_get(books);
    assert_int_equal(c->applied, 6883);
    assert_int_equal(c->unknown_ref, 117); /* the file deletes and executes orders that it never added */
    assert_int_equal(c->duplicate_ref + c->over_execution + c->invalid + c->mixed + c->full + c->broken, 0);
    uint32_t orders = 0;
    for (uint32_t i = 0; i < 3; i++) {
        as_top top;
        as_book_top(books, i, &top);
        assert_int_equal(top.bid_px, expected[i].bid_px4 * 100000);
        assert_int_equal(top.ask_px, expected[i].ask_px4 * 100000);
        assert_int_equal(top.bid_qty, expected[i].bid_qty);
        assert_int_equal(top.ask_qty, expected[i].ask_qty);
        assert_int_equal(as_book_depth(books, i, false), expected[i].bid_depth);
        assert_int_equal(as_book_depth(books, i, true), expected[i].ask_depth);
        orders += as_book_order_count(books, i);
    }
    assert_int_equal(orders, 3204);
}

static void the_recorded_file_builds_the_known_books(void **state)
{
    (void)state;
    size_t bytes;
    uint8_t *file = ast_shared_read("data/itch/ritch_ex20101224_ARTIFICIAL.TEST_ITCH_50.gz", &bytes);
    if (!file)
        skip();
    as_symbols symbols;
    assert_int_equal(as_symbols_init(&symbols, 4), 0);
    uint32_t instrument;
    as_symbols_add(&symbols, "ALC", 3, &instrument);
    as_symbols_add(&symbols, "BOB", 3, &instrument);
    as_symbols_add(&symbols, "CHAR", 4, &instrument);
    as_normaliser n;
    as_normaliser_options options = {.symbols = &symbols, .midnight_ns = MIDNIGHT, .trust_r = true};
    assert_int_equal(as_normaliser_init(&n, &options), 0);
    as_book_set *books;
    assert_int_equal(as_book_set_new(3, 10000, &books), 0);

    as_binaryfile reader;
    as_binaryfile_init(&reader, as_itch50_lengths);
    const uint8_t *message;
    size_t message_bytes, at = 0;
    while (as_binaryfile_next(&reader, file + at, bytes - at, true, &message, &message_bytes) ==
           AS_BINARYFILE_MESSAGE) {
        as_itch50 m;
        as_event ev;
        at += reader.consumed_bytes;
        assert_int_equal(as_itch50_decode(message, message_bytes, &m), AS_ITCH50_OK);
        if (as_normalise_itch50(&n, &m, 0, &ev) && ev.kind >= AS_EVENT_ORDER_ADD && ev.kind <= AS_EVENT_ORDER_REPLACE)
            as_book_apply(books, &ev);
    }
    assert_int_equal(at, bytes);
    assert_int_equal(n.counters.events, 12012);
    assert_int_equal(n.counters.unknown_symbol + n.counters.unknown_locate + n.counters.bad_ts, 0);
    check_recorded_books(books);
    as_book_set_free(books);
    as_normaliser_fini(&n);
    as_symbols_fini(&symbols);
    free(file);
}

/* ---- decoding and normalising in one ---- */

/*
 * Bytes of a type of the specification, or not quite: lengths, codes, prices, locates and stamps are now and then
 * wrong.
 */
static size_t draw_message(uint64_t *seed, uint8_t message[64])
{
    static const char types[] = "AAAAFEECXXDDDUUUPQRHhSBIN?";
    for (size_t i = 0; i < 64; i++)
        message[i] = (uint8_t)ast_random(seed);
    message[0] = (uint8_t)types[ast_random(seed) % (sizeof types - 1)];
    as_be16_put(message + 1, (uint16_t)(ast_random(seed) % 8 ? 1 + ast_random(seed) % 3 : ast_random(seed)));
    as_be48_put(message + 5, ast_random(seed) % 16 ? OPEN_NS + ast_random(seed) % 1000000 : ast_random(seed));
    static const char codes[] = "BSNYTHC\0";
    message[19] = (uint8_t)codes[ast_random(seed) % 8];
    message[31] = (uint8_t)codes[ast_random(seed) % 8];
    if (ast_random(seed) % 4 == 0)
        memset(message + 31 + ast_random(seed) % 2, 0, 4); /* no price */
    if (strchr("RHh", message[0]))
        memcpy(message + 11, ast_random(seed) % 2 ? "AMD     " : ast_random(seed) % 2 ? "NVDA    " : "OTHER   ", 8);
    size_t length = as_itch50_lengths[message[0]];
    uint64_t wrong = ast_random(seed) % 40;
    return wrong == 0 ? ast_random(seed) % 60 : wrong == 1 ? length + 1 : wrong == 2 && length ? length - 1 : length;
}

static void decoding_and_normalising_in_one_does_what_both_do(void **state)
{
    (void)state;
    uint64_t seed = 20260701, short_way = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned trust_r = 0; trust_r < 2; trust_r++) {
        fixture two, one;
        start(&two, trust_r);
        start(&one, trust_r);
        for (unsigned i = 0; i < 300000; i++) {
            uint8_t message[64];
            size_t bytes = draw_message(&seed, message);
            uint8_t *exact = malloc(bytes ? bytes : 1); /* a sanitizer sees what is read behind the end */
            memcpy(exact, message, bytes);
            as_itch50 decoded;
            as_event expected, ev;
            as_itch50_result result = as_itch50_decode(exact, bytes, &decoded), got;
            int events = result < 0 ? 0 : as_normalise_itch50(&two.normaliser, &decoded, RECV, &expected);
            assert_int_equal(as_normalise_itch50_bytes(&one.normaliser, exact, bytes, RECV, &ev, &got), events);
            assert_int_equal(got, result);
            if (events)
                assert_memory_equal(&ev, &expected, sizeof ev);
            short_way += events && ev.kind >= AS_EVENT_ORDER_ADD && ev.kind <= AS_EVENT_ORDER_REPLACE;
            free(exact);
        }
        assert_memory_equal(&one.normaliser.counters, &two.normaliser.counters, sizeof one.normaliser.counters);
        stop(&two);
        stop(&one);
    }
    assert_true(short_way > 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_and_executing_messages_become_their_events),
        cmocka_unit_test(shrinking_and_replacing_messages_become_their_events),
        cmocka_unit_test(trades_and_crosses_become_trades),
        cmocka_unit_test(a_name_without_h_is_halted_until_t),
        cmocka_unit_test(an_operational_halt_overrides_until_it_is_lifted),
        cmocka_unit_test(unknown_names_give_nothing_and_are_counted_apart),
        cmocka_unit_test(a_reset_forgets_locates_and_states),
        cmocka_unit_test(system_events_become_phases_of_no_instrument),
        cmocka_unit_test(receive_times_come_from_the_data_when_they_are_trusted),
        cmocka_unit_test(stamps_beyond_the_day_are_replaced_and_counted),
        cmocka_unit_test(orders_without_price_or_side_are_left_for_the_book_to_refuse),
        cmocka_unit_test(the_other_types_are_counted_only),
        cmocka_unit_test(the_recorded_file_builds_the_known_books),
        cmocka_unit_test(decoding_and_normalising_in_one_does_what_both_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
