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
        cmocka_unit_test(mappings_are_read_with_their_defaults),
        cmocka_unit_test(a_file_of_mappings_needs_no_universe),
        cmocka_unit_test(broken_mappings_are_refused),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
