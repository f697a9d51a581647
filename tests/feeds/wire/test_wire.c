#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/decode/itch50_encode.h"
#include "feeds/wire/wire.h"
#include "tests/support/iex_golden.h"

#define RECV UINT64_C(1700000000123500000)
#define MIDNIGHT UINT64_C(1699938000000000000)

/* What each format is asked: a message that announces NVDA, one that moves its price, and what becomes of them. */
typedef struct sample {
    const char *name;
    uint8_t announce[AS_IEX_BYTES_MAX], move[AS_IEX_BYTES_MAX];
    size_t announce_bytes, move_bytes;
    as_event_kind moved;
    uint64_t ts_event;
} sample;

static as_symbols symbols;

static void hex_of(const char *hex, uint8_t *out, size_t *bytes)
{
    *bytes = ast_hex(hex, out, AS_IEX_BYTES_MAX);
}

static sample sample_of(as_wire_format format)
{
    sample s = {.name = as_wire_format_name(format), .ts_event = (uint64_t)AST_IEX_TS};
    as_itch50 itch = {.type = 'R', .locate = 7, .ts_ns = 123};
    switch (format) {
    case AS_WIRE_ITCH50:
        memcpy(itch.directory.stock, "NVDA    ", 8);
        s.announce_bytes = as_itch50_encode(&itch, s.announce, sizeof s.announce);
        itch = (as_itch50){.type = 'A', .locate = 7, .ts_ns = 123};
        itch.add.side = 'B';
        itch.add.shares = 100;
        itch.add.px4 = 4321100;
        s.move_bytes = as_itch50_encode(&itch, s.move, sizeof s.move);
        s.moved = AS_EVENT_ORDER_ADD;
        s.ts_event = MIDNIGHT + 123;
        break;
    case AS_WIRE_TOPS:
        hex_of("484f15cd853dfe9c97174e5644412020202020202020", s.announce, &s.announce_bytes);
        hex_of("510015cd853dfe9c97174e564441202020202c01000090021d0000000000f4021d0000000000c8000000", s.move,
               &s.move_bytes);
        s.moved = AS_EVENT_QUOTE;
        break;
    default:
        hex_of("484f15cd853dfe9c97174e5644412020202020202020", s.announce, &s.announce_bytes);
        hex_of("380115cd853dfe9c97174e564441202020202c0100004cef410000000000", s.move, &s.move_bytes);
        s.moved = AS_EVENT_LEVEL;
        break;
    }
    return s;
}

static int set_up(void **state)
{
    (void)state;
    uint32_t instrument;
    return as_symbols_init(&symbols, 8) < 0 || as_symbols_add(&symbols, "AAPL", 4, &instrument) < 0 ||
           as_symbols_add(&symbols, "NVDA", 4, &instrument) < 0;
}

static int tear_down(void **state)
{
    (void)state;
    as_symbols_fini(&symbols);
    return 0;
}

static as_wire *wire_of(as_wire_format format, bool trust_r)
{
    as_wire *wire = NULL;
    as_wire_options options = {
        .format = format, .symbols = &symbols, .midnight_ns = MIDNIGHT, .source = 4, .trust_r = trust_r};
    assert_int_equal(as_wire_new(&options, &wire), 0);
    return wire;
}

static void names_are_those_of_the_configuration(void **state)
{
    (void)state;
    static const char *const names[AS_WIRE_FORMAT_COUNT] = {"itch50", "tops", "deep"};
    for (unsigned i = 0; i < AS_WIRE_FORMAT_COUNT; i++)
        assert_string_equal(as_wire_format_name((as_wire_format)i), names[i]);
    for (unsigned i = 0; i < AS_WIRE_BAD_COUNT; i++) {
        const char *name = as_wire_bad_name((as_wire_bad)i);
        assert_true(name && *name);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(name, as_wire_bad_name((as_wire_bad)k));
    }
}

static void every_format_makes_events_of_its_messages(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AS_WIRE_FORMAT_COUNT; i++) {
        sample s = sample_of((as_wire_format)i);
        for (unsigned trust_r = 0; trust_r < 2; trust_r++) {
            as_wire *wire = wire_of((as_wire_format)i, trust_r);
            as_event ev[AS_WIRE_EVENTS_MAX];
            assert_int_equal(as_wire_decode(wire, s.announce, s.announce_bytes, RECV, ev), 1);
            assert_int_equal(ev[0].kind, AS_EVENT_STATUS);
            assert_int_equal(as_wire_decode(wire, s.move, s.move_bytes, RECV, ev), 1);
            assert_int_equal(ev[0].kind, s.moved);
            assert_int_equal(ev[0].instrument, 1);
            assert_int_equal(ev[0].source, 4);
            assert_int_equal(ev[0].ts_event, s.ts_event);
            assert_int_equal(ev[0].ts_recv, trust_r ? s.ts_event : RECV);
            assert_int_equal(as_wire_last_bad(wire), AS_WIRE_BAD_NONE);
            const as_wire_counters *c = as_wire_counters_get(wire);
            assert_int_equal(c->messages, 2);
            assert_int_equal(c->events, 2);
            assert_int_equal(c->unknown_symbol, 0);
            assert_int_equal(as_wire_type_count(wire, s.announce[0]), 1);
            assert_int_equal(as_wire_type_count(wire, s.move[0]), 1);
            as_wire_free(wire);
        }
    }
}

static void every_format_says_why_it_refuses(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AS_WIRE_FORMAT_COUNT; i++) {
        sample s = sample_of((as_wire_format)i);
        as_wire *wire = wire_of((as_wire_format)i, false);
        as_event ev[AS_WIRE_EVENTS_MAX];
        for (size_t cut = 1; cut < s.move_bytes; cut++) {
            assert_int_equal(as_wire_decode(wire, s.move, cut, RECV, ev), 1);
            assert_int_equal(ev[0].kind, AS_EVENT_GAP);
            assert_int_equal(ev[0].ts_recv, RECV);
            assert_int_equal(as_wire_last_bad(wire), AS_WIRE_SHORT);
        }
        assert_int_equal(as_wire_decode(wire, s.move, 0, RECV, ev), 0);
        assert_int_equal(as_wire_last_bad(wire), AS_WIRE_EMPTY);
        assert_int_equal(as_wire_decode(wire, (const uint8_t *)"~~~~~~~~~~~~", 12, RECV, ev), 0);
        assert_int_equal(as_wire_last_bad(wire), AS_WIRE_UNKNOWN_TYPE);
        assert_int_equal(as_wire_decode(wire, s.announce, s.announce_bytes, RECV, ev), 1);
        assert_int_equal(as_wire_last_bad(wire), AS_WIRE_BAD_NONE);
        assert_int_equal(as_wire_decode(wire, s.move, s.move_bytes + 1, RECV, ev), 1);
        assert_int_equal(as_wire_last_bad(wire), AS_WIRE_GROWN);
        const as_wire_counters *c = as_wire_counters_get(wire);
        assert_int_equal(c->messages, 2);
        assert_int_equal(c->bad[AS_WIRE_SHORT], s.move_bytes - 1);
        assert_int_equal(c->bad[AS_WIRE_EMPTY], 1);
        assert_int_equal(c->bad[AS_WIRE_UNKNOWN_TYPE], 1);
        assert_int_equal(c->bad[AS_WIRE_GROWN], 1);
        as_wire_free(wire);
    }
}

static void fitting_is_a_known_type_of_at_least_its_length(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AS_WIRE_FORMAT_COUNT; i++) {
        sample s = sample_of((as_wire_format)i);
        for (size_t bytes = 0; bytes <= s.move_bytes; bytes++)
            assert_int_equal(as_wire_fits((as_wire_format)i, s.move, bytes), bytes == s.move_bytes);
        s.move[0] = '~';
        assert_false(as_wire_fits((as_wire_format)i, s.move, s.move_bytes));
        for (unsigned other = 0; other < AS_WIRE_FORMAT_COUNT; other++) {
            sample o = sample_of((as_wire_format)other);
            if (other != i)
                assert_false(as_wire_fits((as_wire_format)i, o.move, o.move_bytes));
        }
    }
}

static void mark(void *arg, uint32_t instrument)
{
    ((unsigned *)arg)[instrument]++;
}

static void a_reset_forgets_names_and_states_and_keeps_counters(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AS_WIRE_FORMAT_COUNT; i++) {
        sample s = sample_of((as_wire_format)i);
        as_wire *wire = wire_of((as_wire_format)i, false);
        as_event ev[AS_WIRE_EVENTS_MAX];
        unsigned met[8] = {0};
        assert_int_equal(as_wire_decode(wire, s.announce, s.announce_bytes, RECV, ev), 1);
        as_wire_each_instrument(wire, mark, met);
        assert_int_equal(met[0], 0);
        assert_int_equal(met[1], 1);
        as_wire_reset(wire, MIDNIGHT + AS_NS_PER_DAY);
        as_wire_each_instrument(wire, mark, met);
        assert_int_equal(met[1], 1);
        assert_int_equal(as_wire_decode(wire, s.announce, s.announce_bytes, RECV, ev), 1);
        assert_int_equal(as_wire_counters_get(wire)->messages, 2);
        as_wire_free(wire);
    }
    as_wire_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_configuration),
        cmocka_unit_test(every_format_makes_events_of_its_messages),
        cmocka_unit_test(every_format_says_why_it_refuses),
        cmocka_unit_test(fitting_is_a_known_type_of_at_least_its_length),
        cmocka_unit_test(a_reset_forgets_names_and_states_and_keeps_counters),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
