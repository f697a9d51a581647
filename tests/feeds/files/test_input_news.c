#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "core/error.h"
#include "feeds/files/input.h"
#include "tests/support/recording.h"
#include "tests/support/shared.h"

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static as_event events[256];
static as_headline headlines[256];
static uint32_t count;

#define NEWSML "xmlns=\"http://iptc.org/std/nar/2006-10-01/\""

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

/* Opens the text as a file; NULL if it is refused, the reason in the error chain. */
static as_input *open_text(const char *name, const char *text, as_input_options options)
{
    as_input *input = NULL;
    as_error_clear();
    return as_input_open(ast_file(folder, name, text, strlen(text)), &options, &input) < 0 ? NULL : input;
}

/* All events and headlines, in their order. The result of the last call. */
static int read_all(as_input *input)
{
    int result;
    count = 0;
    while ((result = as_input_next(input, &events[count], &headlines[count])) > 0)
        assert_true(++count < sizeof events / sizeof *events);
    return result;
}

#define ITEM(title, when) "<item><title>" title "</title><guid>" title "</guid><pubDate>" when " GMT</pubDate></item>"

static void an_rss_file_comes_oldest_first(void **state)
{
    (void)state;
    as_input *input = open_text("a.xml",
                                "<?xml version='1.0'?><rss><channel><title>W</title>" ITEM("c", "3 Jul 2026 09:30")
                                    ITEM("b", "2 Jul 2026 09:30") ITEM("a", "1 Jul 2026 09:30") "</channel></rss>",
                                (as_input_options){.universe = &universe});
    assert_non_null(input);
    assert_int_equal(read_all(input), 0);
    assert_int_equal(count, 3);
    assert_string_equal(headlines[0].text, "a");
    assert_string_equal(headlines[2].text, "c");
    assert_int_equal(events[0].ts_recv, UINT64_C(1782898200) * AS_NS_PER_S);
    const as_input_stats *stats = as_input_stats_get(input);
    assert_string_equal(stats->format, "rss");
    assert_int_equal(stats->messages, 3);
    assert_int_equal(stats->headlines, 3);
    assert_int_equal(ast_type_count(input, "item"), 3);
    as_input_close(input);
    /* as it stands, for inspect */
    input = open_text(
        "a.xml", "\n\n <rss><channel>" ITEM("c", "3 Jul 2026 09:30") ITEM("b", "2 Jul 2026 09:30") "</channel></rss>",
        (as_input_options){.raw_order = true});
    assert_int_equal(read_all(input), 0);
    assert_string_equal(headlines[0].text, "c");
    as_input_close(input);
}

static void repeated_items_are_merged_and_revisions_are_not(void **state)
{
    (void)state;
    static const char entry[] = "<entry><title>t%s</title><id>1</id><published>2026-07-01T09:30:00Z</published>"
                                "<updated>2026-07-01T09:3%d:00Z</updated></entry>";
    char a[256], b[256], text[1024];
    snprintf(a, sizeof a, entry, "1", 0);
    snprintf(b, sizeof b, entry, "2", 1);
    snprintf(text, sizeof text, "<feed xmlns='http://www.w3.org/2005/Atom'>%s%s%s</feed>", b, a, a);
    as_input *input = open_text("a.atom", text, (as_input_options){.universe = &universe});
    assert_non_null(input);
    assert_int_equal(read_all(input), 0);
    assert_int_equal(count, 2);
    assert_int_equal(headlines[0].revision, 1);
    assert_int_equal(headlines[1].revision, 60001);
    assert_string_equal(as_input_stats_get(input)->format, "atom");
    assert_int_equal(as_input_stats_get(input)->messages, 3);
    assert_int_equal(as_input_stats_get(input)->merged, 1);
    as_input_close(input);
}

static void bad_items_are_counted_by_reason_and_the_rest_goes_on(void **state)
{
    (void)state;
    static const char text[] = "<rss><channel>\n<item><title>x</title></item>\n<item><title>y</title>"
                               "<pubDate>today</pubDate></item>\n" ITEM("z", "3 Jul 2026 09:30") "</channel></rss>";
    as_input *input = open_text("bad.xml", text, (as_input_options){.universe = &universe});
    assert_non_null(input);
    assert_int_equal(read_all(input), 0);
    assert_int_equal(count, 1);
    assert_int_equal(ast_error_count(input, "missing_key"), 1);
    assert_int_equal(ast_error_count(input, "bad_time"), 1);
    assert_int_equal(as_input_stats_get(input)->bad, 2);
    as_input_close(input);
    input = open_text("bad.xml", text, (as_input_options){.universe = &universe, .strict = true});
    assert_non_null(input);
    assert_int_equal(read_all(input), -EBADMSG);
    assert_non_null(strstr(as_error_message(0), "bad.xml:2: missing_key: x"));
    as_input_close(input);
}

static void a_damaged_document_gives_what_is_before_the_damage(void **state)
{
    (void)state;
    static const char text[] = "<rss><channel>\n" ITEM("a", "1 Jul 2026 09:30") "\n<item><title>b</item>";
    as_input *input = open_text("cut.xml", text, (as_input_options){.universe = &universe});
    assert_non_null(input);
    assert_int_equal(read_all(input), 0);
    assert_int_equal(count, 1);
    assert_int_equal(ast_error_count(input, "bad_xml"), 1);
    as_input_close(input);
    assert_null(open_text("cut.xml", text, (as_input_options){.universe = &universe, .strict = true}));
    assert_non_null(strstr(as_error_message(0), "cut.xml:3: bad_xml: mismatched tag"));
    assert_null(open_text("cut.xml", "<rss><channel>", (as_input_options){.universe = &universe}));
}

static void newsml_items_wait_for_their_embargo_and_are_taken_back(void **state)
{
    (void)state;
    static const char text[] =
        "<newsMessage " NEWSML "><itemSet>"
        "<newsItem guid='a' version='1'><itemMeta><versionCreated>2026-07-01T09:30:00Z</versionCreated></itemMeta>"
        "<contentMeta><headline>A</headline></contentMeta></newsItem>"
        "<newsItem guid='a' version='2'><itemMeta><versionCreated>2026-07-01T09:40:00Z</versionCreated>"
        "<pubStatus qcode='stat:canceled'/></itemMeta></newsItem>"
        "<newsItem guid='b' version='1'><itemMeta><versionCreated>2026-07-01T09:20:00Z</versionCreated>"
        "<embargoed>2026-07-01T09:35:00Z</embargoed></itemMeta><contentMeta><headline>B</headline></contentMeta></"
        "newsItem>"
        "<newsItem guid='c'><itemMeta><versionCreated>2026-07-01T09:20:00Z</versionCreated><embargoed/></itemMeta>"
        "<contentMeta><headline>C</headline></contentMeta></newsItem>"
        "<newsItem guid='d'><itemMeta><versionCreated>2026-07-01T09:20:00Z</versionCreated>"
        "<pubStatus qcode='stat:canceled'/></itemMeta></newsItem>"
        "<packageItem/></itemSet></newsMessage>";
    as_input *input = open_text("n.xml", text, (as_input_options){.universe = &universe});
    assert_non_null(input);
    assert_int_equal(read_all(input), 0);
    assert_int_equal(count, 3);
    assert_string_equal(headlines[0].text, "A");
    assert_string_equal(headlines[1].text, "B");
    assert_int_equal(events[1].ts_recv - events[0].ts_recv, 5 * AS_NS_PER_MIN);
    assert_string_equal(headlines[2].text, "A");
    assert_true(headlines[2].retracted);
    assert_int_equal(headlines[2].revision, 2);
    assert_string_equal(as_input_stats_get(input)->format, "newsml");
    assert_int_equal(ast_type_count(input, "newsItem"), 5);
    assert_int_equal(ast_type_count(input, "held"), 1);
    assert_int_equal(ast_type_count(input, "embargoed"), 1);
    assert_int_equal(ast_type_count(input, "other"), 1);
    assert_int_equal(ast_error_count(input, "no_text"), 1);
    as_input_close(input);
}

#define ALPACA                                                                                                         \
    "{\"id\":1,\"headline\":\"Nvidia &amp; co\",\"created_at\":\"2026-07-01T09:30:00Z\","                              \
    "\"updated_at\":\"2026-07-01T09:30:00Z\",\"symbols\":[\"NVDA\"],\"source\":\"benzinga\"}"

static void alpaca_answers_and_arrays_are_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"news\":[" ALPACA "],\"next_page_token\":null}",
                                        "{\n  \"next_page_token\": null,\n  \"news\": [" ALPACA "]}\n",
                                        "[" ALPACA "]",
                                        " [\n" ALPACA "\n]\n",
                                        "{\"next_page_token\":\"x\",\"news\":[" ALPACA "]}",
                                        "\xef\xbb\xbf[{\"T\":\"success\",\"msg\":\"connected\"}," ALPACA "]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        as_input *input = open_text("alpaca.json", texts[i], (as_input_options){.universe = &universe});
        if (!input)
            fail_msg("%zu: %s", i, as_error_message(0));
        assert_int_equal(read_all(input), 0);
        assert_int_equal(count, 1);
        assert_string_equal(headlines[0].text, "Nvidia & co");
        assert_string_equal(headlines[0].source, "benzinga");
        assert_int_equal(headlines[0].tag_count, 1);
        assert_string_equal(as_input_stats_get(input)->format, "alpaca");
        assert_int_equal(ast_type_count(input, "article"), 1);
        assert_int_equal(ast_type_count(input, "control"), i == 5);
        as_input_close(input);
    }
    as_input *input =
        open_text("alpaca.json", "[" ALPACA ",\n{\"id\":2},\n3]", (as_input_options){.universe = &universe});
    assert_non_null(input);
    assert_int_equal(read_all(input), 0);
    assert_int_equal(count, 1);
    assert_int_equal(as_input_stats_get(input)->bad, 2);
    assert_int_equal(as_input_stats_get(input)->messages, 3);
    as_input_close(input);
    input = open_text("empty.json", "[]", (as_input_options){.universe = &universe});
    assert_non_null(input);
    assert_int_equal(read_all(input), 0);
    assert_int_equal(count, 0);
    as_input_close(input);
}

static void an_object_a_line_is_ndjson_whatever_its_keys(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"k\":\"trade\",\"feed\":[1],\"t\":1,\"s\":\"NVDA\",\"p\":1}",
        "{\"t\":1,\"s\":\"NVDA\",\"p\":1,\"x\":{\"news\":[]},\"k\":\"trade\",\"news\":[]}",
        "{\"t\":1,\"news\":\"[\",\"s\":\"NVDA\",\"p\":1,\"k\":\"trade\"}",
        "{\"a\\\"news\":[],\"t\":1,\"s\":\"NVDA\",\"p\":1,\"k\":\"trade\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        as_input *input = open_text("x.ndjson", texts[i], (as_input_options){.universe = &universe});
        assert_non_null(input);
        assert_int_equal(read_all(input), 0);
        assert_int_equal(count, 1);
        assert_string_equal(as_input_stats_get(input)->format, "ndjson");
        as_input_close(input);
    }
}

static void what_is_not_known_is_refused_by_its_root_or_its_keys(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"<html><body/></html>", "<html>; allowed: rss, feed of Atom, newsItem and newsMessage"},
        {"<newsItem/>", "<newsItem>"},
        {"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>", "dtd"},
        {"<rss", "bad_xml"},
        {"{\n\"Information\":\"limit reached\",\"x\":1}", "Information, x; allowed: an object with \"news\""},
        {"[{\"symbol\":\"NVDA\",\"px\":1}]", "a JSON array of no known kind: its keys are: symbol, px; allowed"},
        {"[{}]", "its keys are: none"},
        {"[1]", "its keys are: none"},
        {"[\n", "bad_json"},
        {"{\n\"news\":[" ALPACA "]", "bad_json"},
        {"{\n\"news\":[\"\xff\"]}", "bad_utf8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(open_text("x", cases[i].text, (as_input_options){.universe = &universe}));
        if (!strstr(as_error_message(0), cases[i].word) || !strstr(as_error_message(0), folder))
            fail_msg("%zu: %s", i, as_error_message(0));
    }
}

static void a_document_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    size_t bytes = AS_NEWS_DOCUMENT_BYTES;
    char *text = malloc(bytes + 2);
    assert_non_null(text);
    memset(text, ' ', bytes + 1);
    memcpy(text, "<rss/>", 6);
    text[bytes] = 0;
    as_input *input = open_text("big.xml", text, (as_input_options){.universe = &universe});
    assert_non_null(input);
    as_input_close(input);
    text[bytes] = ' ';
    text[bytes + 1] = 0;
    assert_null(open_text("big.xml", text, (as_input_options){.universe = &universe}));
    assert_non_null(strstr(as_error_message(0), "more than 4194304 bytes"));
    free(text);
}

static void halts_are_statuses_in_the_order_of_their_times(void **state)
{
    (void)state;
    static const char text[] =
        "<rss xmlns:ndaq='http://www.nasdaqtrader.com/'><channel><item><title>NVDA</title>"
        "<ndaq:HaltDate>01/21/2022</ndaq:HaltDate><ndaq:HaltTime>13:25:48</ndaq:HaltTime>"
        "<ndaq:IssueSymbol>NVDA</ndaq:IssueSymbol><ndaq:ReasonCode>LUDP</ndaq:ReasonCode>"
        "<ndaq:ResumptionDate>01/21/2022</ndaq:ResumptionDate><ndaq:ResumptionQuoteTime>13:25:48</"
        "ndaq:ResumptionQuoteTime>"
        "<ndaq:ResumptionTradeTime>13:30:48</ndaq:ResumptionTradeTime></item>"
        "<item><title>ZZZZ</title><ndaq:HaltDate>01/21/2022</ndaq:HaltDate><ndaq:HaltTime>13:25:48</ndaq:HaltTime>"
        "<ndaq:IssueSymbol>ZZZZ</ndaq:IssueSymbol></item></channel></rss>";
    as_input *input = open_text("halts.xml", text, (as_input_options){.universe = &universe});
    assert_non_null(input);
    assert_int_equal(read_all(input), 0);
    assert_int_equal(count, 3);
    assert_int_equal(events[0].kind, AS_EVENT_STATUS);
    assert_int_equal(events[0].status.state, AS_STATE_PAUSED);
    assert_int_equal(events[1].status.state, AS_STATE_QUOTE_ONLY);
    assert_int_equal(events[2].status.state, AS_STATE_TRADING);
    assert_int_equal(events[2].ts_recv, UINT64_C(1642789848) * AS_NS_PER_S);
    assert_int_equal(as_input_stats_get(input)->messages, 2);
    assert_int_equal(as_input_stats_get(input)->unknown_symbol, 1);
    as_input_close(input);
}

static void the_recorded_documents_are_read_whole(void **state)
{
    (void)state;
    static const struct {
        const char *path, *format;
        uint64_t messages, headlines, events;
    } files[] = {{"data/news/nasdaq_trade_halts_20220121.rss.xml", "rss", 13, 0, 35},
                 {"data/news/alphavantage_news_sentiment_feed_20250312.json", "alphavantage", 50, 50, 50}};
    for (size_t i = 0; i < 2; i++) {
        size_t bytes;
        uint8_t *data = ast_shared_read(files[i].path, &bytes);
        if (!data)
            skip();
        as_input_options options = {.raw_order = true};
        as_input *input = NULL;
        assert_int_equal(as_input_open(ast_file(folder, "recorded", data, bytes), &options, &input), 0);
        free(data);
        assert_int_equal(read_all(input), 0);
        const as_input_stats *stats = as_input_stats_get(input);
        assert_string_equal(stats->format, files[i].format);
        assert_int_equal(stats->messages, files[i].messages);
        assert_int_equal(stats->headlines, files[i].headlines);
        assert_int_equal(stats->events, files[i].events);
        assert_int_equal(stats->bad, 0);
        as_input_close(input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_rss_file_comes_oldest_first),
        cmocka_unit_test(repeated_items_are_merged_and_revisions_are_not),
        cmocka_unit_test(bad_items_are_counted_by_reason_and_the_rest_goes_on),
        cmocka_unit_test(a_damaged_document_gives_what_is_before_the_damage),
        cmocka_unit_test(newsml_items_wait_for_their_embargo_and_are_taken_back),
        cmocka_unit_test(alpaca_answers_and_arrays_are_read),
        cmocka_unit_test(an_object_a_line_is_ndjson_whatever_its_keys),
        cmocka_unit_test(what_is_not_known_is_refused_by_its_root_or_its_keys),
        cmocka_unit_test(a_document_beyond_the_limit_is_refused),
        cmocka_unit_test(halts_are_statuses_in_the_order_of_their_times),
        cmocka_unit_test(the_recorded_documents_are_read_whole),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
