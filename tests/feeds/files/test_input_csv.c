#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "feeds/files/input.h"
#include "tests/support/recording.h"

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static as_config config;
static as_event events[64];
static uint32_t count;

static int make(void **state)
{
    (void)state;
    static as_csv_mapping mappings[4] = {
        {.name = "bars",
         .kind = AS_CSV_BAR,
         .match_column = {"when", "sym", "c"},
         .match_column_count = 3,
         .column = {.symbol = "sym", .close = "c", .volume = "v"},
         .time = {.column = "when", .layout = "epoch_s", .stamps = AS_STAMPS_START}},
        {.name = "taq",
         .kind = AS_CSV_TRADE,
         .match_path = "*_nvda.csv",
         .symbol = "NVDA",
         .price_scale = 4,
         .column = {.price = "#2"},
         .time = {.column = "#1", .layout = "ms_of_day", .zone = "America/New_York"}},
        {.name = "clean",
         .kind = AS_CSV_TRADE,
         .match_column = {"when", "sym", "px", "ex", "cond"},
         .match_column_count = 5,
         .column = {.symbol = "sym", .price = "px", .qty = "n"},
         .keep = {{"ex", {"N", "Q"}, 2}, {"cond", {"", "FI"}, 2}},
         .keep_count = 2,
         .clean = {.regular = true, .merge = true},
         .time = {.column = "when", .layout = "epoch_s"}},
        {.name = "sides",
         .kind = AS_CSV_QUOTE,
         .match_column = {"when", "sym", "bid", "ask", "ex"},
         .match_column_count = 5,
         .column = {.symbol = "sym", .bid = "bid", .bid_qty = "bn", .ask = "ask", .ask_qty = "an", .venue = "ex"},
         .one_side = true,
         .time = {.column = "when", .layout = "epoch_s"}},
    };
    config.mapping = mappings;
    config.mapping_count = 4;
    ast_folder_make(folder);
    ast_universe(folder, &universe);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    as_universe_fini(&universe);
    ast_folder_remove(folder);
    return 0;
}

static as_input *open_file(const char *path)
{
    as_input_options options = {.universe = &universe, .config = &config};
    as_input *input = NULL;
    if (as_input_open(path, &options, &input) < 0)
        as_error_print(stderr, "test_input_csv");
    assert_non_null(input);
    return input;
}

static as_input *open_bytes(const char *name, const char *bytes, size_t n)
{
    return open_file(ast_file(folder, name, bytes, n));
}

static void bars_of_a_mapping_are_read_and_bad_rows_skipped(void **state)
{
    (void)state;
    const char *text = "when,sym,c,v,extra\n"
                       "60,NVDA,1.5,10,\"a,\nb\"\n"
                       "120,NVDA,,10,x\n" /* bad_price */
                       "120,META,2,,x\n"
                       "120,\"ME\"TA,2,,x\n" /* bad_quote */
                       "oops,NVDA,2,1,x\n"   /* bad_time */
                       "120,XYZ,2,1,x\n"     /* unknown symbol */
                       "120,NVDA,3\n"        /* missing_column */
                       "120,NVDA,4,1,x\n";
    as_input *input = open_bytes("bars.csv", text, strlen(text));
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(events[0].ts_recv, 120 * AS_NS_PER_S); /* the end: the bars are of a minute */
    assert_int_equal(as_bar_duration_ns(&events[0]), 60 * AS_NS_PER_S);
    assert_int_equal(events[0].bar.close, AS_PX_ONE * 3 / 2);
    assert_int_equal(events[1].instrument, 0);
    assert_int_equal(events[2].bar.close, 4 * AS_PX_ONE);
    assert_int_equal(as_input_stats_get(input)->rows, 8);
    assert_int_equal(as_input_stats_get(input)->bad, 4);
    assert_int_equal(as_input_stats_get(input)->unknown_symbol, 1);
    assert_int_equal(ast_error_count(input, "bad_price"), 1);
    assert_int_equal(ast_error_count(input, "bad_quote"), 1);
    assert_int_equal(ast_error_count(input, "bad_time"), 1);
    assert_int_equal(ast_error_count(input, "missing_column"), 1);
    assert_int_equal(ast_type_count(input, "bar"), 4);
    as_input_close(input);
}

static void errors_name_the_line_also_after_quoted_line_ends(void **state)
{
    (void)state;
    const char *text = "when,sym,c,v,extra\n60,NVDA,1,1,\"a\nb\nc\"\n120,NVDA,1,1,x\n180,NVDA,bad,1,x\n";
    as_input_options options = {.universe = &universe, .config = &config, .strict = true};
    as_input *input = NULL;
    assert_int_equal(as_input_open(ast_text_file(folder, "lines.csv", text), &options, &input), 0);
    assert_int_equal(ast_read_all(input, events, 64, &count), -EBADMSG);
    assert_non_null(strstr(as_error_message(0), "lines.csv:6: bad_price: 180,NVDA,bad,1,x"));
    as_input_close(input);
}

static void files_without_header_take_their_date_from_the_name(void **state)
{
    (void)state;
    const char *text = "14400924,1659800\n14400925,1659900\n";
    as_input *input = open_bytes("20131009_nvda.csv", text, strlen(text));
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(events[0].ts_event, UINT64_C(1381305600924) * AS_NS_PER_MS);
    assert_int_equal(events[1].trade.px, INT64_C(165990000000));
    as_input_close(input);
    as_input_options options = {.universe = &universe, .config = &config};
    assert_int_equal(as_input_open(ast_text_file(folder, "x_nvda.csv", text), &options, &input), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "--date"));
    options.date = 20131010;
    assert_int_equal(as_input_open(ast_text_file(folder, "x_nvda.csv", text), &options, &input), 0);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(events[0].ts_event, UINT64_C(1381305600924) * AS_NS_PER_MS + AS_NS_PER_DAY);
    as_input_close(input);
}

/* 2025-05-23 was a Friday with a whole session, 13:30 to 20:00 UTC. */
#define OPEN_S UINT64_C(1748007000)

static uint64_t filtered(const as_input *input, const char *rule)
{
    const as_input_stats *s = as_input_stats_get(input);
    for (uint32_t i = 0; i < s->filtered_count; i++)
        if (strcmp(s->filtered[i].rule, rule) == 0)
            return s->filtered[i].count;
    return 0;
}

static void rows_are_kept_by_their_columns_and_cleaned_by_their_session(void **state)
{
    (void)state;
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "when,sym,px,n,ex,cond\n"
                   "%llu,NVDA,9,1,N,\n"     /* before the open */
                   "%llu,NVDA,10,1,N,F I\n" /* blanks aside, FI */
                   "%llu,NVDA,14,2,Q,\n"
                   "%llu,META,7,1,N,\n"
                   "%llu,NVDA,11,4,N,\n"  /* the median of the three */
                   "%llu,NVDA,12,1,P,\n"  /* another exchange */
                   "%llu,NVDA,12,1,N,Z\n" /* another condition */
                   "%llu,NVDA,13,1,N\n"   /* too short for cond */
                   "%llu,NVDA,12,1,N,\n",
                   (unsigned long long)(OPEN_S - 1), (unsigned long long)OPEN_S, (unsigned long long)OPEN_S,
                   (unsigned long long)OPEN_S, (unsigned long long)OPEN_S, (unsigned long long)OPEN_S,
                   (unsigned long long)OPEN_S, (unsigned long long)OPEN_S, (unsigned long long)(OPEN_S + 1));
    as_input *input = open_bytes("clean.csv", text, strlen(text));
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(events[0].instrument, 1);
    assert_int_equal(events[0].trade.px, 11 * AS_PX_ONE);
    assert_int_equal(events[0].trade.qty, 7);
    assert_int_equal(events[1].instrument, 0);
    assert_int_equal(events[2].trade.px, 12 * AS_PX_ONE);
    assert_int_equal(filtered(input, "keep.ex"), 1);
    assert_int_equal(filtered(input, "keep.cond"), 1);
    assert_int_equal(filtered(input, "clean.session"), 1);
    assert_int_equal(filtered(input, "clean.merge"), 2);
    assert_int_equal(ast_error_count(input, "missing_column"), 1);
    assert_int_equal(as_input_stats_get(input)->rows, 9);
    as_input_close(input);
}

static void a_column_that_keep_names_must_be_there(void **state)
{
    (void)state;
    as_csv_mapping mapping = config.mapping[2];
    strcpy(mapping.keep[1].column, "nowhere");
    as_config other = {.mapping = &mapping, .mapping_count = 1};
    as_input_options options = {.universe = &universe, .config = &other};
    as_input *input = NULL;
    assert_int_equal(
        as_input_open(ast_text_file(folder, "k.csv", "when,sym,px,n,ex,cond\n1,NVDA,1,1,N,\n"), &options, &input),
        -EINVAL);
    assert_non_null(strstr(as_error_message(0), "keep: there is no column \"nowhere\""));
}

static void one_sided_quotes_of_exchanges_become_the_best_of_all(void **state)
{
    (void)state;
    const char *text = "when,sym,bid,bn,ask,an,ex\n"
                       "1,NVDA,10,1,0,0,P\n"
                       "2,NVDA,0,0,12,2,P\n"
                       "3,NVDA,11,5,0,0,Q\n"
                       "4,NVDA,0,0,12,3,Q\n"
                       "5,NVDA,9,4,0,0,Q\n";
    as_input *input = open_bytes("sides.csv", text, strlen(text));
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 5);
    assert_int_equal(events[0].quote.ask_px, AS_PX_UNDEFINED);
    assert_int_equal(events[1].quote.bid_px, 10 * AS_PX_ONE);
    assert_int_equal(events[1].quote.ask_px, 12 * AS_PX_ONE);
    assert_int_equal(events[2].quote.bid_px, 11 * AS_PX_ONE);
    assert_int_equal(events[2].quote.bid_qty, 5);
    assert_int_equal(events[3].quote.ask_qty, 5); /* both at 12 */
    assert_int_equal(events[4].quote.bid_px, 10 * AS_PX_ONE);
    assert_int_equal(events[4].quote.bid_qty, 1);
    as_input_close(input);
}

static void a_lobster_book_without_its_messages_is_named(void **state)
{
    (void)state;
    as_input_options options = {.universe = &universe};
    as_input *input = NULL;
    const char *path = ast_text_file(folder, "AAPL_2012-06-21_orderbook_1.csv", "5859400,200,5853300,18\n");
    assert_int_equal(as_input_open(path, &options, &input), -EPROTO);
    assert_non_null(strstr(as_error_message(0), "LOBSTER order book"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_of_a_mapping_are_read_and_bad_rows_skipped),
        cmocka_unit_test(errors_name_the_line_also_after_quoted_line_ends),
        cmocka_unit_test(files_without_header_take_their_date_from_the_name),
        cmocka_unit_test(rows_are_kept_by_their_columns_and_cleaned_by_their_session),
        cmocka_unit_test(a_column_that_keep_names_must_be_there),
        cmocka_unit_test(one_sided_quotes_of_exchanges_become_the_best_of_all),
        cmocka_unit_test(a_lobster_book_without_its_messages_is_named),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
