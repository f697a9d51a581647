#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/alphavantage.h"
#include "tests/support/news_document.h"
#include "tests/support/shared.h"

static ast_news news;

static as_news_result decode(const char *document, size_t bytes)
{
    char *copy = ast_news_copy(document, bytes);
    as_news_result result = as_alphavantage_decode(copy, bytes, &news.context, &news.items);
    free(copy);
    return result;
}

/* The one item of an answer. */
static const as_news_item *item(const char *members)
{
    char document[2048];
    int n = snprintf(document, sizeof document, "{\"items\":\"1\",\"feed\":[{%s}]}", members);
    assert_int_equal(decode(document, (size_t)n), AS_NEWS_OK);
    assert_int_equal(news.items.messages, 1);
    assert_int_equal(news.items.count, 1);
    return &news.items.item[0];
}

#define WHOLE                                                                                                          \
    "\"title\":\"Meta &amp; <b>Goldman<\\/b>\",\"url\":\"https://x/1\",\"time_published\":\"20250312T155121\","        \
    "\"authors\":[\"A\"],\"source\":\"Benzinga\",\"ticker_sentiment\":[{\"ticker\":\"GS\",\"relevance_score\":\"0."    \
    "1\"},"                                                                                                            \
    "{\"ticker\":\"CRYPTO:BTC\"},{\"ticker\":\"META\"}]"

static void an_item_becomes_a_headline(void **state)
{
    (void)state;
    const as_news_item *got = item(WHOLE);
    const as_headline *h = &got->headline;
    assert_int_equal(got->result, AS_NEWS_OK);
    assert_int_equal(got->event.ts_event, UINT64_C(1741794681) * AS_NS_PER_S);
    assert_int_equal(got->event.ts_recv, got->event.ts_event);
    assert_int_equal(got->event.source, 5);
    assert_string_equal(h->text, "Meta & Goldman");
    assert_string_equal(h->source, "Benzinga");
    assert_string_equal(h->url, "https://x/1");
    assert_memory_equal(h->id, "Benzinga-", 9);
    assert_int_equal(h->revision, 1);
    assert_int_equal(h->tag_count, 2);
    assert_int_equal(h->tag[0], AST_GS);
    assert_int_equal(h->tag[1], AST_META);
}

static void what_is_missing_or_wrong_is_a_fault_of_the_item(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        as_news_result want;
    } cases[] = {
        {"\"title\":\"t\"", AS_NEWS_MISSING_KEY},
        {"\"time_published\":\"20250312T155121\"", AS_NEWS_MISSING_KEY},
        {"\"title\":\"t\",\"time_published\":20250312", AS_NEWS_BAD_TIME},
        {"\"title\":\"t\",\"time_published\":\"2025-03-12\"", AS_NEWS_BAD_TIME},
        {"\"title\":7,\"time_published\":\"20250312T155121\"", AS_NEWS_BAD_VALUE},
        {"\"title\":\" \",\"time_published\":\"20250312T155121\"", AS_NEWS_NO_TEXT},
        {"\"title\":\"t\",\"url\":[],\"time_published\":\"20250312T155121\"", AS_NEWS_BAD_VALUE},
        {"\"title\":\"t\",\"ticker_sentiment\":{},\"time_published\":\"20250312T155121\"", AS_NEWS_BAD_VALUE},
        {"\"title\":\"t\",\"ticker_sentiment\":[1],\"time_published\":\"20250312T155121\"", AS_NEWS_BAD_JSON},
        {"\"title\":\"t\",\"title\":\"u\",\"time_published\":\"20250312T155121\"", AS_NEWS_BAD_JSON},
        {"\"title\":\"t\",\"url\":null,\"source\":null,\"time_published\":\"20250312T155121\"", AS_NEWS_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(item(cases[i].members)->result, cases[i].want);
    static const char mixed[] = "{\"feed\":[1,{" WHOLE "},\n\n[],null]}";
    assert_int_equal(decode(mixed, sizeof mixed - 1), AS_NEWS_OK);
    assert_int_equal(news.items.messages, 4);
    assert_int_equal(news.items.item[0].result, AS_NEWS_BAD_JSON);
    assert_int_equal(news.items.item[1].result, AS_NEWS_OK);
    assert_int_equal(news.items.item[0].line, 1);
    assert_int_equal(news.items.item[2].line, 3);
}

static void other_documents_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode("{\"Information\":\"limit\"}", 23), AS_NEWS_MISSING_KEY);
    assert_int_equal(decode("{\"feed\":{}}", 11), AS_NEWS_MISSING_KEY);
    assert_int_equal(decode("[]", 2), AS_NEWS_BAD_JSON);
    assert_int_equal(decode("{\"feed\":[\"\xff\"]}", 14), AS_NEWS_BAD_UTF8);
}

static void every_cut_of_an_answer_is_refused(void **state)
{
    (void)state;
    static const char whole[] = "{\"items\":\"1\",\"feed\":[{" WHOLE "}]}";
    for (size_t bytes = 0; bytes < sizeof whole - 1; bytes++)
        assert_int_not_equal(decode(whole, bytes), AS_NEWS_OK);
    assert_int_equal(decode(whole, sizeof whole - 1), AS_NEWS_OK);
}

static void the_recorded_answer_is_read_whole(void **state)
{
    (void)state;
    size_t bytes;
    uint8_t *document = ast_shared_read("data/news/alphavantage_news_sentiment_feed_20250312.json", &bytes);
    if (!document)
        skip();
    assert_int_equal(as_alphavantage_decode((char *)document, bytes, &news.context, &news.items), AS_NEWS_OK);
    assert_int_equal(news.items.messages, 50);
    assert_int_equal(news.items.count, 50);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(news.items.item[i].result, AS_NEWS_OK);
        assert_true(news.items.item[i].event.ts_event >= UINT64_C(1741564800) * AS_NS_PER_S); /* 10 March 2025 */
        assert_true(news.items.item[i].event.ts_event < UINT64_C(1741824000) * AS_NS_PER_S);  /* 13 March 2025 */
    }
    assert_string_equal(
        news.items.item[0].headline.text,
        "Dick's Sporting Goods Posts Q4 Beat, Guidance Disappoints As Analysts Highlight Market Share Gains - "
        "( DKS )");
    assert_int_equal(news.items.item[0].headline.tag_count, 1);
    assert_int_equal(news.items.item[0].headline.tag[0], AST_GS);
    free(document);
}

static int set_up(void **state)
{
    (void)state;
    return ast_news_init(&news);
}

static int tear_down(void **state)
{
    (void)state;
    ast_news_fini(&news);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_becomes_a_headline),
        cmocka_unit_test(what_is_missing_or_wrong_is_a_fault_of_the_item),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(every_cut_of_an_answer_is_refused),
        cmocka_unit_test(the_recorded_answer_is_read_whole),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
