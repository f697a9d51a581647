#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/config.h"
#include "core/error.h"
#include "tests/support/config_folder.h"

#define F AST_CONFIG_FILES
#define FEED(rest) F "feeds:\n- {name: a, " rest "}\n"
#define UDP "source: \"udp://239.1.1.1:26400?if=lo\""
#define TCP "source: \"tcp://127.0.0.1:7010\""

static void feeds_are_read_with_their_defaults(void **state)
{
    (void)state;
    as_config *c =
        ast_config_good("feeds:\n- {name: nasdaq, " UDP ", redundant: \"udp://239.1.1.2:26400?if=lo\",\n"
                        "   retransmit: \"udp://127.0.0.1:26401\", format: itch50}\n"
                        "- {name: wire, source: \"tcp://[::1]:7010?mode=listen\", format: ndjson, framing: lines,\n"
                        "   trust_r: true}\n");
    assert_int_equal(c->feed_count, 2);
    assert_string_equal(c->feed[0].name, "nasdaq");
    assert_string_equal(c->feed[0].source, "udp://239.1.1.1:26400?if=lo");
    assert_string_equal(c->feed[0].redundant, "udp://239.1.1.2:26400?if=lo");
    assert_string_equal(c->feed[0].retransmit, "udp://127.0.0.1:26401");
    assert_int_equal(c->feed[0].framing, AS_FRAMING_MOLDUDP64);
    assert_int_equal(c->feed[0].format, AS_FORMAT_ITCH50);
    assert_false(c->feed[0].trust_r);
    assert_int_equal(c->feed[0].line, 4);
    assert_int_equal(c->feed[1].framing, AS_FRAMING_LINES);
    assert_int_equal(c->feed[1].format, AS_FORMAT_NDJSON);
    assert_true(c->feed[1].trust_r);
    as_config_free(c);
}

static void broken_feeds_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {F "feeds: wire\n", "3: key 'feeds': found 'wire', allowed a list"},
        {F "feeds: [wire]\n", "3: key 'feeds[0]': found 'wire', allowed a map"},
        {FEED(TCP ", format: itch5"), "4: key 'feeds[0].format': found 'itch5', allowed ndjson, itch50"},
        {FEED(TCP), "4: key 'feeds[0].format': found nothing, allowed ndjson, itch50"},
        {FEED("format: ndjson"), "4: key 'feeds[0].source': found nothing, allowed udp://HOST:PORT[?if=INTERFACE], "
                                 "tcp://HOST:PORT[?mode=auto|connect|listen]"},
        {FEED(TCP ", format: ndjson, speed: 1"), "4: key 'feeds[0].speed': found an unknown key, allowed name, source, "
                                                 "redundant, retransmit, format, framing, trust_r"},
        {F "feeds:\n- {name: a b, " TCP ", format: ndjson}\n",
         "4: key 'feeds[0].name': found 'a b', allowed 1 to 31 letters, digits, _ and -"},
        {FEED(TCP ", format: itch50"), "4: key 'feeds[0].source': found 'tcp://127.0.0.1:7010' in quotes, allowed "
                                       "udp://HOST:PORT[?if=INTERFACE] with moldudp64"},
        {FEED(TCP ", format: ndjson, framing: moldudp64"),
         "4: key 'feeds[0].framing': found 'moldudp64', allowed lines with ndjson"},
        {FEED(UDP ", format: itch50, framing: lines"),
         "4: key 'feeds[0].framing': found 'lines', allowed moldudp64 with itch50"},
        {FEED(TCP ", format: ndjson, redundant: \"udp://127.0.0.1:1\""),
         "4: key 'feeds[0].redundant': found 'udp://127.0.0.1:1' in quotes, allowed nothing: only moldudp64 has "
         "sequences "
         "to put lines together"},
        {FEED(UDP ", format: itch50, retransmit: \"tcp://127.0.0.1:1\""),
         "4: key 'feeds[0].retransmit': found 'tcp://127.0.0.1:1' in quotes, allowed udp://HOST:PORT[?if=INTERFACE]"},
        {FEED(TCP ", format: ndjson, trust_r: 1"), "4: key 'feeds[0].trust_r': found '1', allowed true, false"},
        {F "feeds:\n- {name: a, " TCP ", format: ndjson}\n- {name: a, " TCP ", format: ndjson}\n",
         "5: key 'feeds[1].name': found 'a', allowed a name of its own (line 4 has it)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ast_config_refused(cases[i].text, cases[i].message);
}

static void an_address_is_checked_before_it_is_opened(void **state)
{
    (void)state;
    static const char *const good[] = {"udp://239.1.1.1:1", "udp://host-a:65535?if=eth0.5",
                                       "udp://[ff15::1]:26400?if=lo", "tcp://wire.example:7010?mode=connect",
                                       "tcp://[::1]:7?mode=auto"};
    static const char *const bad[] = {"239.1.1.1:26400",
                                      "http://a:1",
                                      "udp://:1",
                                      "udp://a",
                                      "udp://a:",
                                      "udp://a:0",
                                      "udp://a:65536",
                                      "udp://a:1x",
                                      "udp://a:1?mode=listen",
                                      "tcp://a:1?if=lo",
                                      "tcp://a:1?mode=server",
                                      "udp://a:1?if=",
                                      "udp://[]:1",
                                      "tcp://a:000000001"};
    char text[256];
    as_config *c;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "feeds: [{name: a, source: \"%s\", format: ndjson}]\n", good[i]);
        c = ast_config_good(text);
        as_config_free(c);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, F "feeds: [{name: a, source: \"%s\", format: ndjson}]\n", bad[i]);
        if (!ast_config_load(text, &c))
            fail_msg("%s is taken", bad[i]);
        assert_non_null(strstr(as_error_message(0), "key 'feeds[0].source'"));
    }
}

#define BAR "inputs:\n- {name: d, format: csv, kind: bar, match: {columns: [date, close]}, "

static void mappings_are_read_with_their_defaults(void **state)
{
    (void)state;
    as_config *c = ast_config_good(
        BAR
        "columns: {symbol: ticker, close: close},\n   time: {column: date, layout: \"%Y-%m-%d\"}}\n"
        "- {name: lob, format: csv, kind: trade, match: {path: \"*_message_*.csv\"}, symbol: AAPL, price_scale: 4,\n"
        "   columns: {price: \"#5\", qty: \"#4\"}, time: {column: \"#1\", layout: ms_of_day, zone: America/New_York,\n"
        "   date: 20120621}}\n"
        "- {name: min, format: csv, kind: bar, match: {path: x}, duration: 60s, columns: {symbol: s, open: o, close: "
        "c},\n"
        "   time: {column: t, layout: \"%F %T\", stamps: start}}\n");
    assert_int_equal(c->mapping_count, 3);
    const as_csv_mapping *m = &c->mapping[0];
    assert_string_equal(m->name, "d");
    assert_int_equal(m->line, 4);
    assert_int_equal(m->kind, AS_CSV_BAR);
    assert_int_equal(m->match_column_count, 2);
    assert_string_equal(m->match_column[1], "close");
    assert_string_equal(m->match_path, "");
    assert_string_equal(m->column.symbol, "ticker");
    assert_string_equal(m->column.open, "");
    assert_string_equal(m->time.zone, "UTC");
    assert_int_equal(m->time.stamps, AS_STAMPS_SESSION_CLOSE); /* the layout has no hours */
    assert_int_equal(m->duration_ns, 0);
    assert_int_equal(m->price_scale, 0);
    m = &c->mapping[1];
    assert_string_equal(m->symbol, "AAPL");
    assert_string_equal(m->match_path, "*_message_*.csv");
    assert_int_equal(m->price_scale, 4);
    assert_int_equal(m->time.date, 20120621);
    assert_int_equal(m->time.stamps, AS_STAMPS_END);
    m = &c->mapping[2];
    assert_int_equal(m->duration_ns, 60 * AS_NS_PER_S);
    assert_int_equal(m->time.stamps, AS_STAMPS_START);
    as_config_free(c);
}

static void a_file_of_mappings_needs_no_universe(void **state)
{
    (void)state;
    as_config *c;
    static const char text[] = BAR "columns: {symbol: s, close: c}, time: {column: d, layout: epoch_s}}\n";
    assert_int_equal(ast_config_load(text, &c), 0);
    assert_string_equal(c->universe, "");
    assert_int_equal(c->mapping_count, 1);
    as_config_free(c);
    char more[512];
    snprintf(more, sizeof more, "%swait: spin\n", text);
    ast_config_refused(more, "1: key 'universe': found nothing, allowed a path, relative to this file's folder");
}

#define TIME "time: {column: d, layout: epoch_s}"

static void broken_mappings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"inputs: {a: b}\n", "1: key 'inputs': found a map, allowed a list"},
        {"inputs: [x]\n", "1: key 'inputs[0]': found 'x', allowed a map"},
        {"inputs: [{name: a}]\n", "1: key 'inputs[0].match': found nothing, allowed a map"},
        {"inputs: [{name: a, match: {path: x}, format: ndjson}]\n",
         "1: key 'inputs[0].format': found 'ndjson', allowed csv"},
        {"inputs: [{name: a, match: {path: x}, format: csv, kind: candle}]\n",
         "1: key 'inputs[0].kind': found 'candle', allowed bar, trade, quote, headline"},
        {"inputs: [{name: a, match: {}, format: csv, kind: bar, columns: {close: c}, symbol: S, " TIME "}]\n",
         "1: key 'inputs[0].match': found neither columns nor path, allowed exactly one of columns and path"},
        {"inputs: [{name: a, match: {path: x, columns: [y]}, format: csv, kind: bar, columns: {close: c}, symbol: "
         "S, " TIME "}]\n",
         "1: key 'inputs[0].match': found columns and path, allowed exactly one of columns and path"},
        {"inputs: [{name: a, match: {columns: []}, format: csv, kind: bar, columns: {close: c}, symbol: S, " TIME
         "}]\n",
         "1: key 'inputs[0].match.columns': found an empty list, allowed 1 to 16 names"},
        {BAR TIME "}\n", "2: key 'inputs[0].columns': found nothing, allowed a map of names"},
        {BAR "columns: {open: o}, symbol: S, " TIME "}\n",
         "2: key 'inputs[0].columns.close': found nothing, allowed the name of a column"},
        {BAR "columns: {close: c, bid: b}, symbol: S, " TIME "}\n",
         "2: key 'inputs[0].columns.bid': found 'b', allowed nothing: a bar has no such column"},
        {BAR "columns: {close: c}, " TIME "}\n",
         "2: key 'inputs[0]': found no symbol, allowed exactly one of symbol and columns.symbol"},
        {BAR "columns: {close: c, symbol: s}, symbol: S, " TIME "}\n",
         "2: key 'inputs[0]': found both a symbol and a column for it, allowed exactly one of symbol and "
         "columns.symbol"},
        {BAR "columns: {close: c}, symbol: S}\n", "2: key 'inputs[0].time': found nothing, allowed a map"},
        {BAR "columns: {close: c}, symbol: S, time: {layout: epoch_s}}\n",
         "2: key 'inputs[0].time.column': found nothing, allowed 1 to 47 bytes"},
        {BAR "columns: {close: c}, symbol: S, time: {column: d, layout: iso}}\n",
         "2: key 'inputs[0].time.layout': found 'iso', allowed a pattern like %Y-%m-%d %H:%M:%S, epoch_s, epoch_ms, "
         "epoch_us, epoch_ns, ms_of_day"},
        {BAR "columns: {close: c}, symbol: S, time: {column: d, layout: epoch_s, stamps: session_close}}\n",
         "2: key 'inputs[0].time.stamps': found 'session_close', allowed end, start with such a layout: session_close "
         "needs a date"},
        {BAR "columns: {close: c}, symbol: S, time: {column: d, layout: epoch_s, date: 20250101}}\n",
         "2: key 'inputs[0].time.date': found '20250101', allowed nothing: only ms_of_day takes its date from here"},
        {BAR "columns: {close: c}, symbol: S, time: {column: d, layout: epoch_s, zone: Mars}}\n",
         "2: key 'inputs[0].time.zone': found 'Mars', allowed an IANA time zone that this system knows, such as "
         "America/New_York"},
        {BAR "columns: {close: c}, symbol: S, duration: 500ms, " TIME "}\n",
         "2: key 'inputs[0].duration': found '500ms', allowed whole seconds"},
        {BAR "columns: {close: c}, symbol: S, price_scale: 19, " TIME "}\n",
         "2: key 'inputs[0].price_scale': found '19', allowed a whole number from 0 to 18"},
        {"inputs: [{name: a, match: {path: x}, format: csv, kind: headline, symbol: S, columns: {text: t}, " TIME
         "}]\n",
         "1: key 'inputs[0].symbol': found 'S', allowed nothing: headlines are linked by text"},
        {"inputs: [{name: a, match: {path: x}, format: csv, kind: trade, symbol: S, columns: {price: t}, time: "
         "{column: d, "
         "layout: epoch_s, stamps: start}}]\n",
         "1: key 'inputs[0].time.stamps': found 'start', allowed end, session_close: only a bar has a start"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ast_config_refused(cases[i].text, cases[i].message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feeds_are_read_with_their_defaults),
        cmocka_unit_test(broken_feeds_are_refused),
        cmocka_unit_test(an_address_is_checked_before_it_is_opened),
        cmocka_unit_test(mappings_are_read_with_their_defaults),
        cmocka_unit_test(a_file_of_mappings_needs_no_universe),
        cmocka_unit_test(broken_mappings_are_refused),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
