#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/decode/itch50_encode.h"
#include "feeds/wire/wire.h"

#define MIDNIGHT UINT64_C(1782878400000000000)
#define RECV (MIDNIGHT + UINT64_C(34200000000000))

static uint32_t resolve(void *arg, const char *symbol, size_t symbol_bytes)
{
    as_symbols *symbols = arg;
    uint32_t instrument = as_symbols_find(symbols, symbol, symbol_bytes);
    if (instrument == AS_INSTRUMENT_NONE && as_symbols_add(symbols, symbol, symbol_bytes, &instrument) < 0)
        return AS_INSTRUMENT_NONE;
    return instrument;
}

static unsigned put(as_wire *wire, const as_itch50 *m, as_event *ev)
{
    uint8_t bytes[AS_ITCH50_BYTES_MAX];
    size_t n = as_itch50_encode(m, bytes, sizeof bytes);
    return as_wire_decode(wire, bytes, n, RECV, ev);
}

static void without_a_universe_stocks_are_numbered_as_they_are_met(void **state)
{
    (void)state;
    as_symbols symbols;
    as_wire *wire;
    as_event ev[AS_WIRE_EVENTS_MAX];
    assert_int_equal(as_symbols_init(&symbols, 4), 0);
    as_wire_options options = {
        .format = AS_WIRE_ITCH50, .symbols = &symbols, .resolve = resolve, .arg = &symbols, .midnight_ns = MIDNIGHT};
    assert_int_equal(as_wire_new(&options, &wire), 0);
    as_itch50 m = {.type = 'R', .locate = 9};
    memcpy(m.directory.stock, "AMD     ", 8);
    assert_int_equal(put(wire, &m, ev), 1);
    assert_int_equal(ev[0].instrument, 0);
    m = (as_itch50){.type = 'H', .locate = 3};
    memcpy(m.action.stock, "NVDA    ", 8);
    m.action.state = 'T';
    assert_int_equal(put(wire, &m, ev), 1);
    assert_int_equal(ev[0].instrument, 1);
    assert_int_equal(symbols.count, 2);
    m = (as_itch50){.type = 'S'}; /* has no stock */
    m.system.event = 'Q';
    assert_int_equal(put(wire, &m, ev), 1);
    m = (as_itch50){.type = 'Y', .locate = 9};
    memset(m.reg_sho.stock, ' ', 8); /* blanks are none */
    assert_int_equal(put(wire, &m, ev), 0);
    assert_int_equal(symbols.count, 2);
    as_wire_free(wire);
    as_symbols_fini(&symbols);
}

static void what_an_event_cannot_say_is_counted_by_reason(void **state)
{
    (void)state;
    as_symbols symbols;
    as_wire *wire;
    as_event ev[AS_WIRE_EVENTS_MAX];
    uint32_t instrument;
    assert_int_equal(as_symbols_init(&symbols, 4), 0);
    assert_int_equal(as_symbols_add(&symbols, "AMD", 3, &instrument), 0);
    as_wire_options options = {.format = AS_WIRE_ITCH50, .symbols = &symbols, .midnight_ns = MIDNIGHT};
    assert_int_equal(as_wire_new(&options, &wire), 0);
    as_itch50 m = {.type = 'D', .locate = 1};
    assert_int_equal(put(wire, &m, ev), 0); /* never announced */
    m = (as_itch50){.type = 'R', .locate = 1};
    memcpy(m.directory.stock, "IBM     ", 8);
    assert_int_equal(put(wire, &m, ev), 0);
    m = (as_itch50){.type = 'D', .locate = 1};
    assert_int_equal(put(wire, &m, ev), 0); /* not in the universe */
    m = (as_itch50){.type = 'R', .locate = 2, .ts_ns = UINT64_C(86400000000000)};
    memcpy(m.directory.stock, "AMD     ", 8);
    assert_int_equal(put(wire, &m, ev), 1); /* beyond 24 h */
    m = (as_itch50){.type = 'A', .locate = 2};
    m.add.side = '?';
    assert_int_equal(put(wire, &m, ev), 1); /* no price, no side */
    m = (as_itch50){.type = 'P', .locate = 2};
    assert_int_equal(put(wire, &m, ev), 0);
    const as_wire_counters *c = as_wire_counters_get(wire);
    assert_int_equal(c->bad[AS_WIRE_UNKNOWN_LOCATE], 1);
    assert_int_equal(c->unknown_symbol, 1);
    assert_int_equal(c->bad[AS_WIRE_BAD_TIME], 1);
    assert_int_equal(c->bad[AS_WIRE_BAD_PRICE], 1);
    assert_int_equal(c->bad[AS_WIRE_BAD_CODE], 1);
    assert_int_equal(c->bad[AS_WIRE_EMPTY_TRADE], 1);
    as_wire_free(wire);
    as_symbols_fini(&symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_universe_stocks_are_numbered_as_they_are_met),
        cmocka_unit_test(what_an_event_cannot_say_is_counted_by_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
