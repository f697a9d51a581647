#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "feeds/news/rss_reader.h"
#include "tests/support/news_document.h"

static ast_news news;
static as_rss_reader reader;
static as_event event;
static as_headline headline;

#define SECOND(s) (UINT64_C(s) * AS_NS_PER_S)
#define ITEM(id, title, minute)                                                                                        \
    "<item><guid>" id "</guid><title>" title "</title><pubDate>1 Jul 2026 09:" minute ":00 GMT</pubDate></item>"
#define RSS(items) "<rss xmlns:ndaq='http://www.nasdaqtrader.com/'><channel>" items "</channel></rss>"
#define HALT(time, resumption)                                                                                         \
    "<item><title>META</title><ndaq:IssueSymbol>META</ndaq:IssueSymbol><ndaq:HaltDate>01/21/2022</ndaq:HaltDate>"      \
    "<ndaq:HaltTime>" time "</ndaq:HaltTime><ndaq:ResumptionDate>01/21/2022</ndaq:ResumptionDate>"                     \
    "<ndaq:ResumptionTradeTime>" resumption "</ndaq:ResumptionTradeTime></item>"

static int set_up(void **state)
{
    (void)state;
    if (ast_news_init(&news) != 0)
        return -1;
    return as_rss_reader_init(&reader, &(as_news_context){.symbols = &news.symbols, .publisher = "wire", .source = 5});
}

static int tear_down(void **state)
{
    (void)state;
    as_rss_reader_fini(&reader);
    as_rss_reader_fini(&reader);
    ast_news_fini(&news);
    return 0;
}

static as_xml_result begin(const char *document, uint64_t now_ns)
{
    return as_rss_reader_begin(&reader, document, strlen(document), now_ns, &news.fault);
}

static as_rss_step next(uint64_t now_ns)
{
    return as_rss_reader_next(&reader, now_ns, &event, &headline);
}

/* What a document gives, a letter a step: Headline, Duplicate, Bad, Status. */
static const char *steps(const char *document, uint64_t now_ns)
{
    static char text[64];
    size_t n = 0;
    assert_int_equal(begin(document, now_ns), AS_XML_OK);
    for (as_rss_step step; (step = next(now_ns)) != AS_RSS_END;)
        text[n++] = " SHDB"[step];
    text[n] = 0;
    assert_int_equal(next(now_ns), AS_RSS_END);
    return text;
}

static void nothing_comes_before_a_document(void **state)
{
    (void)state;
    assert_int_equal(next(1), AS_RSS_END);
    as_rss_reader_wake(&reader);
    assert_int_equal(next(1), AS_RSS_END);
    assert_int_equal(reader.status_due_ns, UINT64_MAX);
}

static void each_revision_comes_once_and_only_if_it_says_something_new(void **state)
{
    (void)state;
    assert_string_equal(steps(RSS(ITEM("2", "two", "31") ITEM("1", "one", "30")), 7), "HH");
    assert_string_equal(headline.text, "two");
    assert_int_equal(event.source, 5);
    assert_string_equal(headline.source, "wire");
    assert_string_equal(steps(RSS(ITEM("2", "two", "31") ITEM("1", "one", "30")), 8), "DD");
    assert_string_equal(steps(RSS(ITEM("2", "two", "35") ITEM("1", "one!", "34")), 8), "HD"); /* "two" says the same */
    assert_string_equal(headline.text, "one!");
    assert_string_equal(steps(RSS(ITEM("1", "one", "30")), 9), "D"); /* an older revision */
    assert_string_equal(steps(RSS(ITEM("2", "two", "36")), 9), "D"); /* still the same */
    assert_string_equal(steps(RSS("<item/>" ITEM("3", "three", "33")), 9), "BH");
    assert_int_equal(reader.result, AS_NEWS_NO_TEXT);
    assert_int_equal(reader.line, 1);
}

static void half_a_document_gives_nothing_and_leaves_nothing_seen(void **state)
{
    (void)state;
    assert_int_equal(begin("<rss><channel>" ITEM("1", "one", "30"), 7), AS_XML_SYNTAX);
    assert_int_equal(next(7), AS_RSS_END);
    assert_string_equal(steps(RSS(ITEM("1", "one", "30")), 8), "H");
}

static void statuses_come_when_their_time_has_come(void **state)
{
    (void)state;
    static const char document[] =
        RSS(ITEM("1", "one", "30") HALT("13:25:48", "13:30:48") HALT("13:00:00", "13:05:00"));
    uint64_t halted = SECOND(1642789548), resumed = SECOND(1642789848);
    assert_string_equal(steps(document, halted - 1), "SSH");
    assert_int_equal(reader.status_due_ns, halted);
    as_rss_reader_wake(&reader);
    assert_int_equal(next(halted), AS_RSS_STATUS);
    assert_int_equal(event.status.state, AS_STATE_HALTED);
    assert_int_equal(event.instrument, AST_META);
    assert_int_equal(next(halted), AS_RSS_END); /* headlines are not given again */
    assert_int_equal(reader.status_due_ns, resumed);
    /* the resumption is put off */
    assert_string_equal(steps(RSS(HALT("13:25:48", "13:40:48")), halted + 1), "");
    assert_int_equal(reader.status_due_ns, resumed + 600 * AS_NS_PER_S);
    as_rss_reader_wake(&reader);
    assert_int_equal(next(resumed), AS_RSS_END);
    assert_string_equal(steps(RSS(HALT("13:25:48", "13:40:48")), resumed + 600 * AS_NS_PER_S), "S");
    assert_int_equal(event.status.state, AS_STATE_TRADING);
    assert_int_equal(reader.status_due_ns, UINT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_comes_before_a_document),
        TEST(each_revision_comes_once_and_only_if_it_says_something_new),
        TEST(half_a_document_gives_nothing_and_leaves_nothing_seen),
        TEST(statuses_come_when_their_time_has_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
