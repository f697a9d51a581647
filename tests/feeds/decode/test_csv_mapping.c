#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "feeds/decode/csv_mapping.h"
#include "tests/support/recording.h"

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static as_csv_record record;
static as_event ev;
static as_headline hl;

static int make(void **state)
{
    (void)state;
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

static const as_csv_record *split(const char *text)
{
    assert_int_equal(as_csv_split(text, strlen(text), true, &record), AS_CSV_RECORD);
    return &record;
}

static as_csv_mapping bars(void)
{
    return (as_csv_mapping){
        .name = "bars",
        .kind = AS_CSV_BAR,
        .line = 9,
        .duration_ns = 300 * AS_NS_PER_S,
        .column = {.symbol = "sym", .open = "o", .high = "h", .low = "l", .close = "c", .volume = "v"},
        .time = {.column = "when", .layout = "%Y-%m-%d %H:%M:%S", .zone = "America/New_York"},
    };
}

static as_csv_mapper *mapper_of(const as_csv_mapping *mapping, const char *header)
{
    as_csv_mapper *mapper = NULL;
    as_csv_mapper_options options = {.mapping = mapping, .path = "file.csv", .universe = &universe, .source = 3};
    options.header = header ? split(header) : NULL;
    if (as_csv_mapper_new(&options, &mapper) < 0)
        as_error_print(stderr, "test_csv_mapping");
    assert_non_null(mapper);
    return mapper;
}

static as_csv_row_result row(const as_csv_mapper *mapper, const char *text)
{
    return as_csv_mapper_row(mapper, split(text), &ev, &hl);
}

static void bars_are_read_by_the_names_of_their_columns(void **state)
{
    (void)state;
    as_csv_mapping mapping = bars();
    as_csv_mapper *mapper = mapper_of(&mapping, "v, c ,l,h,o,\"when\",extra,sym");
    assert_false(as_csv_mapper_needs_duration(mapper));
    assert_int_equal(row(mapper, "12.9,3,0.5, 4 ,1,2025-05-23 09:35:00,x,NVDA"), AS_CSV_ROW_OK);
    assert_int_equal(ev.kind, AS_EVENT_BAR);
    assert_int_equal(ev.source, 3);
    assert_int_equal(ev.instrument, 1);
    assert_int_equal(ev.ts_event, UINT64_C(1748007300) * AS_NS_PER_S);
    assert_int_equal(ev.ts_recv, ev.ts_event);
    assert_int_equal(ev.bar.open, AS_PX_ONE);
    assert_int_equal(ev.bar.high, 4 * AS_PX_ONE);
    assert_int_equal(ev.bar.low, AS_PX_ONE / 2);
    assert_int_equal(ev.bar.close, 3 * AS_PX_ONE);
    assert_int_equal(as_bar_volume(&ev), 12);
    assert_int_equal(as_bar_duration_ns(&ev), 300 * AS_NS_PER_S);
    assert_int_equal(row(mapper, ",3,0.5,4,1,2025-05-23 09:35:00,x,NVDA"), AS_CSV_ROW_OK);
    assert_int_equal(as_bar_volume(&ev), 0);
    assert_int_equal(row(mapper, "NaN,3,0.5,4,1,2025-05-23 09:35:00,x,NVDA"), AS_CSV_ROW_OK);
    as_csv_mapper_free(mapper);
}

static void each_fault_of_a_row_has_its_reason(void **state)
{
    (void)state;
    as_csv_mapping mapping = bars();
    as_csv_mapper *mapper = mapper_of(&mapping, "when,sym,o,h,l,c,v");
    static const struct {
        const char *row;
        as_csv_row_result want;
    } cases[] = {
        {"2025-05-23 09:35:00,NVDA,1,1,1,1", AS_CSV_ROW_MISSING_COLUMN},
        {"2025-05-23 09:35:00,XYZ,1,1,1,1,1", AS_CSV_ROW_UNKNOWN_SYMBOL},
        {"2025-05-23 09:35:00,,1,1,1,1,1", AS_CSV_ROW_BAD_SYMBOL},
        {"2025-05-23 09:35:00,AAAAAAAAAAAAAAAAAAAAAAAAAAAA,1,1,1,1,1", AS_CSV_ROW_BAD_SYMBOL},
        {"2025-05-23,NVDA,1,1,1,1,1", AS_CSV_ROW_BAD_TIME},
        {"2025-05-23 09:35:00,NVDA,1,1,1,,1", AS_CSV_ROW_BAD_PRICE},
        {"2025-05-23 09:35:00,NVDA,,1,1,1,1", AS_CSV_ROW_BAD_PRICE},
        {"2025-05-23 09:35:00,NVDA,1,nan,1,1,1", AS_CSV_ROW_BAD_PRICE},
        {"2025-05-23 09:35:00,NVDA,1,1,0,1,1", AS_CSV_ROW_BAD_PRICE},
        {"2025-05-23 09:35:00,NVDA,1,1,1,-1,1", AS_CSV_ROW_BAD_PRICE},
        {"2025-05-23 09:35:00,NVDA,1,1,1,1,-1", AS_CSV_ROW_BAD_QTY},
        {"2025-05-23 09:35:00,NVDA,1,1,1,1,many", AS_CSV_ROW_BAD_QTY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        as_csv_row_result result = row(mapper, cases[i].row);
        if (result != cases[i].want)
            print_error("%s: %s\n", cases[i].row, as_csv_row_result_name(result));
        assert_int_equal(result, cases[i].want);
    }
    for (int i = 0; i < AS_CSV_ROW_RESULT_COUNT; i++)
        assert_true(strlen(as_csv_row_result_name((as_csv_row_result)i)) > 1);
    as_csv_mapper_free(mapper);
}

static void start_stamps_become_ends(void **state)
{
    (void)state;
    as_csv_mapping mapping = bars();
    mapping.time.stamps = AS_STAMPS_START;
    as_csv_mapper *mapper = mapper_of(&mapping, "when,sym,o,h,l,c,v");
    assert_int_equal(row(mapper, "2025-05-23 09:30:00,NVDA,1,1,1,1,1"), AS_CSV_ROW_OK);
    assert_int_equal(ev.ts_event, UINT64_C(1748007300) * AS_NS_PER_S); /* 09:35 */
    as_csv_mapper_free(mapper);
}

/* Each symbol's own calendar: New York with a half day and summer time, Seoul, and a market that never closes. */
static void dates_stand_for_the_close_of_their_session(void **state)
{
    (void)state;
    as_csv_mapping mapping = {
        .name = "daily",
        .kind = AS_CSV_BAR,
        .column = {.symbol = "symbol", .close = "adj_close"},
        .time = {.column = "date", .layout = "%Y-%m-%d", .stamps = AS_STAMPS_SESSION_CLOSE},
    };
    as_csv_mapper *mapper = mapper_of(&mapping, "date,symbol,adj_close");
    assert_false(as_csv_mapper_needs_duration(mapper));
    assert_int_equal(row(mapper, "2026-07-01,NVDA,5"), AS_CSV_ROW_OK);
    assert_int_equal(ev.ts_event, UINT64_C(1782936000) * AS_NS_PER_S); /* 20:00 UTC */
    assert_int_equal(as_bar_duration_ns(&ev), AS_NS_PER_DAY);
    assert_int_equal(ev.bar.open, 5 * AS_PX_ONE);
    assert_int_equal(ev.bar.high, 5 * AS_PX_ONE);
    assert_int_equal(ev.bar.low, 5 * AS_PX_ONE);
    assert_int_equal(row(mapper, "2025-11-28,NVDA,5"), AS_CSV_ROW_OK); /* the day after Thanksgiving: 13:00 */
    assert_int_equal(ev.ts_event, UINT64_C(1764352800) * AS_NS_PER_S);
    assert_int_equal(row(mapper, "2026-07-01,000660.KS,5"), AS_CSV_ROW_OK); /* 15:30 in Seoul */
    assert_int_equal(ev.ts_event, UINT64_C(1782887400) * AS_NS_PER_S);
    assert_int_equal(row(mapper, "2026-07-04,NVDA,5"), AS_CSV_ROW_NO_SESSION);
    assert_int_equal(row(mapper, "2025-12-25,NVDA,5"), AS_CSV_ROW_NO_SESSION);
    as_csv_mapper_free(mapper);
}

static void trades_of_a_file_without_header(void **state)
{
    (void)state;
    as_csv_mapping mapping = {
        .name = "taq",
        .kind = AS_CSV_TRADE,
        .symbol = "NVDA",
        .price_scale = 4,
        .column = {.price = "#2", .qty = "#3"},
        .time = {.column = "#1", .layout = "ms_of_day", .zone = "America/New_York", .date = 20131009},
    };
    assert_true(as_csv_mapping_headerless(&mapping));
    as_csv_mapper *mapper = mapper_of(&mapping, NULL);
    assert_int_equal(row(mapper, "14400924,1659800,600,P,2000,0"), AS_CSV_ROW_OK);
    assert_int_equal(ev.kind, AS_EVENT_TRADE);
    assert_int_equal(ev.instrument, 1);
    assert_int_equal(ev.ts_event, UINT64_C(1381305600924) * AS_NS_PER_MS);
    assert_int_equal(ev.trade.px, INT64_C(165980000000));
    assert_int_equal(ev.trade.qty, 600);
    assert_int_equal(row(mapper, "14400924,1659800,0.5"), AS_CSV_ROW_BAD_QTY);
    as_csv_mapper_free(mapper);
}

static void a_zero_side_of_a_quote_is_no_side(void **state)
{
    (void)state;
    as_csv_mapping mapping = {
        .name = "quotes",
        .kind = AS_CSV_QUOTE,
        .symbol = "BTC",
        .column = {.bid = "b", .bid_qty = "bs", .ask = "a", .ask_qty = "as"},
        .time = {.column = "t", .layout = "epoch_ms"},
    };
    as_csv_mapper *mapper = mapper_of(&mapping, "t,b,bs,a,as");
    assert_int_equal(row(mapper, "1000,1.5,0.25,0,0"), AS_CSV_ROW_OK);
    assert_int_equal(ev.quote.bid_px, AS_PX_ONE * 3 / 2);
    assert_int_equal(ev.quote.bid_qty, 25000000);
    assert_int_equal(ev.quote.ask_px, AS_PX_UNDEFINED);
    assert_int_equal(ev.quote.ask_qty, 0);
    assert_int_equal(row(mapper, "1000,,,nan,1"), AS_CSV_ROW_OK);
    assert_int_equal(ev.quote.bid_px, AS_PX_UNDEFINED);
    assert_int_equal(row(mapper, "1000,1,,2,3"), AS_CSV_ROW_OK);
    assert_int_equal(ev.quote.bid_qty, AS_QTY_UNDEFINED);
    assert_int_equal(row(mapper, "1000,-1,1,2,3"), AS_CSV_ROW_BAD_PRICE);
    assert_int_equal(row(mapper, "1000,1,-1,2,3"), AS_CSV_ROW_BAD_QTY);
    as_csv_mapper_free(mapper);
}

static as_csv_mapping news(void)
{
    return (as_csv_mapping){
        .name = "news",
        .kind = AS_CSV_HEADLINE,
        .column = {.id = "id", .source = "site", .text = "title", .url = "url", .symbols = "tickers", .tier = "tier"},
        .time = {.column = "published", .layout = "%Y-%m-%d %H:%M:%S", .zone = "America/New_York"},
    };
}

static void headlines_have_tags_and_text(void **state)
{
    (void)state;
    as_csv_mapping mapping = news();
    as_csv_mapper *mapper = mapper_of(&mapping, "published,tickers,site,title,url,id,tier");
    assert_int_equal(row(mapper, "2025-05-28 16:20:00,\"['NVDA', 'XYZ', 'META']\",Wire,\"Nvidia says \"\"beats\"\"\","
                                 "https://x.example/1,,2"),
                     AS_CSV_ROW_OK);
    assert_int_equal(ev.kind, AS_EVENT_HEADLINE);
    assert_int_equal(ev.instrument, AS_INSTRUMENT_NONE);
    assert_int_equal(ev.ts_event, UINT64_C(1748463600) * AS_NS_PER_S);
    assert_int_equal(hl.ts_event, ev.ts_event);
    assert_string_equal(hl.text, "Nvidia says \"beats\"");
    assert_int_equal(hl.text_bytes, strlen(hl.text));
    assert_string_equal(hl.source, "Wire");
    assert_int_equal(hl.tier_given, 2);
    assert_int_equal(hl.tag_count, 2);
    assert_int_equal(hl.tag[0], 1);
    assert_int_equal(hl.tag[1], 0);
    assert_memory_equal(hl.id, "Wire-", 5);
    assert_int_equal(row(mapper, "2025-05-28 16:20:00,,Wire, ,u,,"), AS_CSV_ROW_BAD_TEXT);
    assert_int_equal(row(mapper, "2025-05-28 16:20:00,,Wire,x,u,,5"), AS_CSV_ROW_BAD_VALUE);
    assert_int_equal(row(mapper, "2025-05-28 16:20:00,,Wire,caf\xe9,u,,"), AS_CSV_ROW_BAD_UTF8);
    assert_int_equal(row(mapper, "2025-05-28 16:20:00,,Wire,x,u,my-id,"), AS_CSV_ROW_OK);
    assert_string_equal(hl.id, "my-id");
    as_csv_mapper_free(mapper);
}

static void a_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    as_csv_mapping mapping = news();
    as_csv_mapper *mapper = mapper_of(&mapping, "published,tickers,site,title,url,id,tier");
    static char line[9000];
    for (int lead = 0; lead < 3; lead++) {
        size_t n = (size_t)sprintf(line, "2025-05-28 16:20:00,,Wire,%.*s", lead, "ab");
        for (int i = 0; i < 2000; i++, n += 3)
            memcpy(line + n, "\xe2\x82\xac", 3);
        memcpy(line + n, ",u,,", 5);
        assert_int_equal(row(mapper, line), AS_CSV_ROW_OK);
        assert_int_equal(hl.cut, 1);
        assert_true(hl.text_bytes > AS_HEADLINE_TEXT_BYTES - 4);
    }
    as_csv_mapper_free(mapper);
}

static void the_duration_is_seen_from_the_first_rows(void **state)
{
    (void)state;
    as_csv_mapping mapping = bars();
    mapping.duration_ns = 0;
    mapping.time.stamps = AS_STAMPS_START;
    as_csv_mapper *mapper = mapper_of(&mapping, "when,sym,o,h,l,c,v");
    assert_true(as_csv_mapper_needs_duration(mapper));
    const char *once = "2025-05-23 09:30:00,NVDA,1,1,1,1,1\n2025-05-23 09:35:00,META,1,1,1,1,1\n";
    assert_int_equal(as_csv_mapper_infer_duration(mapper, once, strlen(once)), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "duration"));
    /* NVDA is sparse, META is not; rows that cannot be read do not count */
    const char *rows = "2025-05-23 09:30:00,NVDA,1,1,1,1,1\n2025-05-23 09:30:00,META,1,1,1,1,1\nbad,NVDA,1\n\n"
                       "2025-05-23 09:45:00,NVDA,1,1,1,1,1\n2025-05-23 09:35:00,META,1,1,1,1,1\n"
                       "2025-05-23 09:36:00,M";
    assert_int_equal(as_csv_mapper_infer_duration(mapper, rows, strlen(rows)), 0);
    assert_false(as_csv_mapper_needs_duration(mapper));
    assert_int_equal(row(mapper, "2025-05-23 09:30:00,NVDA,1,1,1,1,1"), AS_CSV_ROW_OK);
    assert_int_equal(as_bar_duration_ns(&ev), 300 * AS_NS_PER_S);
    assert_int_equal(ev.ts_event, UINT64_C(1748007300) * AS_NS_PER_S);
    as_csv_mapper_free(mapper);
}

static void files_are_recognised_by_columns_or_name(void **state)
{
    (void)state;
    as_csv_mapping by_columns = {.match_column = {"date", "adj_close"}, .match_column_count = 2};
    assert_true(as_csv_mapping_matches(&by_columns, "x", split("date,symbol,adj_close")));
    assert_true(as_csv_mapping_matches(&by_columns, "x", split("\"adj_close\", date")));
    assert_false(as_csv_mapping_matches(&by_columns, "x", split("date,symbol,close")));
    assert_false(as_csv_mapping_matches(&by_columns, "x", NULL));
    as_csv_mapping by_name = {.match_path = "*_trade.csv"};
    assert_true(as_csv_mapping_matches(&by_name, "/a/b/2013_spy_trade.csv", split("1,2")));
    assert_true(as_csv_mapping_matches(&by_name, "2013_spy_trade.csv.gz", split("1,2")));
    assert_true(as_csv_mapping_matches(&by_name, "2013_spy_trade.csv.zst", split("1,2")));
    assert_false(as_csv_mapping_matches(&by_name, "2013_spy_quote.csv", split("1,2")));
    as_csv_mapping by_path = {.match_path = "*/nyse/*.csv"};
    assert_true(as_csv_mapping_matches(&by_path, "/data/nyse/1.csv", split("1,2")));
    assert_false(as_csv_mapping_matches(&by_path, "/data/nasdaq/1.csv", split("1,2")));
    as_csv_mapping nothing = {0};
    assert_false(as_csv_mapping_matches(&nothing, "x", split("1,2")));
}

static void a_mapping_that_does_not_fit_names_what_is_missing(void **state)
{
    (void)state;
    as_csv_mapping mapping = bars();
    as_csv_mapper *mapper = NULL;
    as_csv_mapper_options options = {.mapping = &mapping, .path = "dir/file.csv", .universe = &universe};
    options.header = split("when,sym,o,h,l,close,v");
    assert_int_equal(as_csv_mapper_new(&options, &mapper), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "dir/file.csv:1"));
    assert_non_null(strstr(as_error_message(0), "columns.close"));
    assert_non_null(strstr(as_error_message(0), "\"c\""));
    assert_non_null(strstr(as_error_message(0), "when, sym, o, h, l, close, v"));

    options.header = split("when,sym,o,h,l,c,v");
    strcpy(mapping.time.zone, "Mars/Base");
    assert_int_equal(as_csv_mapper_new(&options, &mapper), -ENOENT);
    mapping = bars();
    strcpy(mapping.time.layout, "ms_of_day");
    assert_int_equal(as_csv_mapper_new(&options, &mapper), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "--date"));
    mapping = bars();
    strcpy(mapping.column.close, "#0");
    assert_int_equal(as_csv_mapper_new(&options, &mapper), -EINVAL);
    mapping = bars();
    mapping.duration_ns = 1500000000;
    assert_int_equal(as_csv_mapper_new(&options, &mapper), -EINVAL);
    assert_null(mapper);
    as_csv_mapper_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_are_read_by_the_names_of_their_columns),
        cmocka_unit_test(each_fault_of_a_row_has_its_reason),
        cmocka_unit_test(start_stamps_become_ends),
        cmocka_unit_test(dates_stand_for_the_close_of_their_session),
        cmocka_unit_test(trades_of_a_file_without_header),
        cmocka_unit_test(a_zero_side_of_a_quote_is_no_side),
        cmocka_unit_test(headlines_have_tags_and_text),
        cmocka_unit_test(a_long_text_is_cut_at_a_character),
        cmocka_unit_test(the_duration_is_seen_from_the_first_rows),
        cmocka_unit_test(files_are_recognised_by_columns_or_name),
        cmocka_unit_test(a_mapping_that_does_not_fit_names_what_is_missing),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
