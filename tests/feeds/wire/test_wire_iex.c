#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/deep.h"
#include "feeds/decode/tops.h"
#include "feeds/framing/iextp.h"
#include "feeds/framing/sequence.h"
#include "feeds/wire/wire.h"
#include "tests/support/iex_golden.h"
#include "tests/support/pcap.h"
#include "tests/support/shared.h"

#define RECV UINT64_C(1700000000123500000)
#define DEEP_DAY "data/iex/iexparser_DEEP10_20231002"
#define TOPS_DAY "data/iex/goiex_TOPS16_20170710.pcapng.gz" /* a plain pcap for all its name */

static void start(as_symbols *symbols, const char *const *names, unsigned count)
{
    assert_int_equal(as_symbols_init(symbols, count), 0);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t instrument;
        assert_int_equal(as_symbols_add(symbols, names[i], strlen(names[i]), &instrument), 0);
    }
}

static as_wire *wire_of(as_wire_format format, const as_symbols *symbols)
{
    as_wire *wire = NULL;
    as_wire_options options = {.format = format, .symbols = symbols, .source = 2};
    assert_int_equal(as_wire_new(&options, &wire), 0);
    return wire;
}

static void every_type_goes_through_with_its_golden_message(void **state)
{
    (void)state;
    static const char *const names[] = {"AAPL", "NVDA", "TSLA", "SPY", "ZXIET"};
    /* in the order of the golden messages: S D H I O P E 8 5 Q T B X A */
    static const as_event_kind kinds[AST_IEX_GOLDEN_COUNT] = {
        AS_EVENT_SESSION, AS_EVENT_STATUS, AS_EVENT_STATUS, AS_EVENT_NONE,  AS_EVENT_STATUS,
        AS_EVENT_NONE,    AS_EVENT_NONE,   AS_EVENT_LEVEL,  AS_EVENT_LEVEL, AS_EVENT_QUOTE,
        AS_EVENT_TRADE,   AS_EVENT_NONE,   AS_EVENT_NONE,   AS_EVENT_NONE};
    as_symbols symbols;
    start(&symbols, names, 5);
    for (as_wire_format format = AS_WIRE_TOPS; format <= AS_WIRE_DEEP; format++) {
        as_wire *wire = wire_of(format, &symbols);
        const uint8_t *lengths = format == AS_WIRE_TOPS ? as_tops_lengths : as_deep_lengths;
        uint64_t messages = 0, events = 0;
        for (unsigned i = 0; i < AST_IEX_GOLDEN_COUNT; i++) {
            uint8_t m[AS_IEX_BYTES_MAX];
            as_event ev[AS_WIRE_EVENTS_MAX];
            size_t n = ast_hex(ast_iex_golden_of[i].hex, m, sizeof m);
            bool known = lengths[m[0]] > 0;
            unsigned count = as_wire_decode(wire, m, n, RECV, ev);
            assert_int_equal(count, known && kinds[i] != AS_EVENT_NONE);
            assert_int_equal(as_wire_type_count(wire, m[0]), known);
            assert_int_equal(as_wire_last_bad(wire), known ? AS_WIRE_BAD_NONE : AS_WIRE_UNKNOWN_TYPE);
            if (count)
                assert_int_equal(ev[0].kind, kinds[i]);
            messages += known;
            events += count;
        }
        assert_int_equal(as_wire_counters_get(wire)->messages, messages);
        assert_int_equal(as_wire_counters_get(wire)->events, events);
        as_wire_free(wire);
    }
    as_symbols_fini(&symbols);
}

static void the_trade_of_tops_15_is_a_trade_like_any_other(void **state)
{
    (void)state;
    static const char *const names[] = {"TSLA"};
    as_symbols symbols;
    uint8_t m[AS_TOPS15_TRADE_BYTES];
    as_event ev[AS_WIRE_EVENTS_MAX];
    start(&symbols, names, 1);
    as_wire *wire = wire_of(AS_WIRE_TOPS, &symbols);
    size_t n = ast_hex(AST_IEX_GOLDEN_T15, m, sizeof m);
    assert_int_equal(as_wire_decode(wire, m, n, RECV, ev), 1);
    assert_int_equal(ev[0].trade.px, INT64_C(250640000000));
    assert_int_equal(as_wire_counters_get(wire)->bad[AS_WIRE_GROWN], 0);
    as_wire_free(wire);
    as_symbols_fini(&symbols);
}

static void what_an_event_cannot_say_is_counted_by_reason(void **state)
{
    (void)state;
    static const char *const names[] = {"AAPL"};
    as_symbols symbols;
    as_event ev[AS_WIRE_EVENTS_MAX];
    start(&symbols, names, 1);
    as_wire *wire = wire_of(AS_WIRE_TOPS, &symbols);
    as_iex m[] = {
        {.type = 'T', .symbol = "AAPL    ", .ts_ns = 1, .trade = {.px4 = 1}},
        {.type = 'T', .symbol = "AAPL    ", .ts_ns = 1, .trade = {.px4 = -1, .shares = 1}},
        {.type = 'T', .symbol = "IBM     ", .ts_ns = 1, .trade = {.px4 = 1, .shares = 1}},
        {.type = 'H', .symbol = "AAPL    ", .ts_ns = 0, .flags = '?'},
    };
    for (unsigned i = 0; i < sizeof m / sizeof *m; i++) {
        uint8_t bytes[AS_IEX_BYTES_MAX];
        size_t n = as_tops_encode(&m[i], bytes, sizeof bytes);
        assert_int_equal(as_wire_decode(wire, bytes, n, RECV, ev), i == 3);
    }
    const as_wire_counters *c = as_wire_counters_get(wire);
    assert_int_equal(c->messages, 4);
    assert_int_equal(c->unknown_symbol, 1);
    assert_int_equal(c->bad[AS_WIRE_EMPTY_TRADE], 1);
    assert_int_equal(c->bad[AS_WIRE_BAD_PRICE], 1);
    assert_int_equal(c->bad[AS_WIRE_BAD_CODE], 1);
    assert_int_equal(c->bad[AS_WIRE_BAD_TIME], 1);
    as_wire_free(wire);
    as_symbols_fini(&symbols);
}

/* ---- a recorded morning ---- */

/* The next row behind the header of a file of expected values; false at its end. Fields are cut out of it. */
static bool next_row(char **text, char *field[12])
{
    char *line = strsep(text, "\n");
    if (!line || !*line)
        return false;
    for (unsigned i = 0; i < 12; i++)
        field[i] = strsep(&line, ",\r");
    return true;
}

/* Six decimals to 1e-9. */
static int64_t px_of(const char *text)
{
    char *end;
    int64_t whole = strtoll(text, &end, 10);
    assert_int_equal(strlen(end), 7);
    return (whole * 1000000 + strtoll(end + 1, NULL, 10)) * 1000;
}

static void assert_trade(const as_event *ev, const as_symbols *symbols, uint64_t ts_send, char **row)
{
    char *field[12];
    assert_true(next_row(row, field));
    assert_int_equal(ts_send, strtoull(field[1], NULL, 10));
    assert_int_equal(ev->ts_event, strtoull(field[2], NULL, 10));
    assert_string_equal(as_symbols_name(symbols, ev->instrument), field[4]);
    assert_int_equal(ev->trade.qty, strtoull(field[5], NULL, 10));
    assert_int_equal(ev->trade.px, px_of(field[6]));
    assert_int_equal(ev->trade.match, strtoull(field[7], NULL, 10));
    assert_int_equal(ev->flags, AS_EVENT_NO_PRINT); /* EXTENDED_HOURS|ODD_LOT */
}

static void assert_level(const as_event *ev, const as_symbols *symbols, uint64_t ts_send, char **row)
{
    char *field[12];
    assert_true(next_row(row, field));
    assert_int_equal(ts_send, strtoull(field[1], NULL, 10));
    assert_int_equal(ev->flags, field[2][0] == '1' ? AS_EVENT_SELL : 0);
    assert_int_equal(ev->ts_event, strtoull(field[3], NULL, 10));
    assert_string_equal(as_symbols_name(symbols, ev->instrument), field[5]);
    assert_int_equal(ev->level.px, px_of(field[6]));
    assert_int_equal(ev->level.qty, strtoull(field[7], NULL, 10));
}

/* A zero-terminated copy, and where its second line begins. */
static char *read_rows(const char *path, char **rows)
{
    size_t bytes;
    uint8_t *data = ast_shared_read(path, &bytes);
    assert_non_null(data);
    char *text = strndup((const char *)data, bytes);
    assert_non_null(text);
    free(data);
    *rows = strchr(text, '\n') + 1;
    return text;
}

/* All datagrams of a capture through a line and a wire; each event with the time its packet was sent. */
typedef void (*on_event_fn)(void *arg, const as_event *ev, uint64_t ts_send);

static void play(const uint8_t *file, size_t bytes, as_packet_parse_fn parse, as_wire *wire, as_sequence *line,
                 on_event_fn on_event, void *arg)
{
    size_t at = 24, datagram_bytes;
    const uint8_t *datagram;
    as_sequence_init(line, 1);
    while ((datagram = ast_pcap_next(file, bytes, &at, &datagram_bytes))) {
        as_packet p;
        as_take take;
        assert_int_equal(parse(datagram, datagram_bytes, &p), AS_PACKET_OK);
        as_sequence_accept(line, &p, &take);
        assert_int_equal(take.deliver, p.count);
        const uint8_t *cursor = p.blocks;
        for (unsigned i = 0; i < p.count; i++) {
            size_t message_bytes;
            as_event ev[AS_WIRE_EVENTS_MAX];
            const uint8_t *message = as_packet_next(&p, &cursor, &message_bytes);
            unsigned count = as_wire_decode(wire, message, message_bytes, p.ts_send, ev);
            assert_int_equal(as_wire_last_bad(wire), AS_WIRE_BAD_NONE);
            for (unsigned k = 0; k < count; k++)
                on_event(arg, &ev[k], p.ts_send);
        }
    }
    assert_int_equal(line->gaps + line->duplicates + line->restarts, 0);
}

typedef struct expected_rows {
    const as_symbols *symbols;
    char *trades, *levels;
    unsigned trade_count, level_count;
} expected_rows;

static void compare_row(void *arg, const as_event *ev, uint64_t ts_send)
{
    expected_rows *rows = arg;
    if (ev->kind == AS_EVENT_TRADE) {
        assert_trade(ev, rows->symbols, ts_send, &rows->trades);
        rows->trade_count++;
    } else if (ev->kind == AS_EVENT_LEVEL) {
        assert_level(ev, rows->symbols, ts_send, &rows->levels);
        rows->level_count++;
    }
}

static void a_recorded_deep_morning_gives_the_published_trades_and_levels(void **state)
{
    (void)state;
    static const char *const names[] = {"AAPL", "MSFT", "TSLA", "GOOGL", "AMZN"};
    size_t bytes;
    uint8_t *file = ast_shared_read(DEEP_DAY ".pcap.gz", &bytes);
    if (!file)
        skip();
    as_symbols symbols;
    as_sequence line;
    expected_rows rows = {.symbols = &symbols};
    char *trades = read_rows(DEEP_DAY ".expected_trd.csv", &rows.trades);
    char *levels = read_rows(DEEP_DAY ".expected_prl.csv", &rows.levels);
    start(&symbols, names, 5);
    as_wire *wire = wire_of(AS_WIRE_DEEP, &symbols);
    play(file, bytes, as_iextp_parse_deep, wire, &line, compare_row, &rows);
    assert_int_equal(as_wire_counters_get(wire)->messages, 48325);
    assert_int_equal(rows.trade_count, 6);
    assert_int_equal(rows.level_count, 2);
    as_wire_free(wire);
    as_symbols_fini(&symbols);
    free(levels);
    free(trades);
    free(file);
}

static uint32_t resolve(void *arg, const char *symbol, size_t symbol_bytes)
{
    as_symbols *symbols = arg;
    uint32_t instrument = as_symbols_find(symbols, symbol, symbol_bytes);
    if (instrument == AS_INSTRUMENT_NONE && as_symbols_add(symbols, symbol, symbol_bytes, &instrument) < 0)
        return AS_INSTRUMENT_NONE;
    return instrument;
}

static void count_kind(void *arg, const as_event *ev, uint64_t ts_send)
{
    ((uint64_t *)arg)[ev->kind]++;
    assert_true(ev->ts_event <= ts_send);
}

/* The counts are those of data/README.md, and of a count in Python. */
static void a_recorded_tops_day_has_its_counts_by_type(void **state)
{
    (void)state;
    size_t bytes;
    uint8_t *file = ast_shared_read(TOPS_DAY, &bytes);
    if (!file)
        skip();
    as_symbols symbols;
    as_sequence line;
    as_wire *wire;
    uint64_t kinds[AS_EVENT_KIND_COUNT] = {0};
    assert_int_equal(as_symbols_init(&symbols, 10000), 0);
    as_wire_options options = {.format = AS_WIRE_TOPS, .symbols = &symbols, .resolve = resolve, .arg = &symbols};
    assert_int_equal(as_wire_new(&options, &wire), 0);
    play(file, bytes, as_iextp_parse_tops, wire, &line, count_kind, kinds);
    static const char types[] = "ABDHOPQST";
    static const uint64_t counts[] = {642, 3, 10, 7803, 7801, 7802, 27217, 6, 6390};
    for (unsigned i = 0; i < sizeof types - 1; i++)
        assert_int_equal(as_wire_type_count(wire, (uint8_t)types[i]), counts[i]);
    assert_int_equal(as_wire_counters_get(wire)->messages, 57674);
    assert_int_equal(line.expected_seq, 57675);
    assert_int_equal(symbols.count, 7799);
    assert_int_equal(kinds[AS_EVENT_QUOTE], 27217);
    assert_int_equal(kinds[AS_EVENT_TRADE], 6390);
    assert_int_equal(kinds[AS_EVENT_SESSION], 6);
    assert_int_equal(kinds[AS_EVENT_STATUS], 7803 + 7801 + 10); /* D comes first in the spin */
    as_wire_free(wire);
    as_symbols_fini(&symbols);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_goes_through_with_its_golden_message),
        cmocka_unit_test(the_trade_of_tops_15_is_a_trade_like_any_other),
        cmocka_unit_test(what_an_event_cannot_say_is_counted_by_reason),
        cmocka_unit_test(a_recorded_deep_morning_gives_the_published_trades_and_levels),
        cmocka_unit_test(a_recorded_tops_day_has_its_counts_by_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
