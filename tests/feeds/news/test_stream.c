#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/news/stream.h"
#include "tests/support/news_fixture.h"

static as_news_stream stream;
static as_event event;
static as_headline headline;

static void open_stream(as_feed_format format)
{
    const as_ndjson_context ndjson = {.symbols = &ast_news_symbols, .source = 3};
    assert_int_equal(as_news_stream_init(&stream, format, &ast_news_context, &ndjson), 0);
}

/* The steps of a message, in letters: Headline Market Control Duplicate Unknown Bad. */
static const char *steps(const char *text)
{
    static char out[64];
    static const char letter[] = "EHMCDUB";
    size_t n = 0;
    as_news_step step;
    as_news_stream_begin(&stream, text, strlen(text));
    while ((step = as_news_stream_next(&stream, &event, &headline)) != AS_NEWS_STEP_END)
        out[n++] = letter[step];
    assert_int_equal(as_news_stream_next(&stream, &event, &headline), AS_NEWS_STEP_END);
    out[n] = 0;
    return out;
}

#define ITEM(id, text, more) "{\"id\":" id ",\"headline\":\"" text "\",\"created_at\":\"2026-07-01T13:30:00Z\"" more "}"

static void alpaca_comes_out_once_per_revision(void **state)
{
    (void)state;
    open_stream(AS_FORMAT_ALPACA);
    assert_string_equal(steps("[{\"T\":\"success\",\"msg\":\"connected\"}," ITEM("1", "One", "") "," ITEM(
                            "1", "One", "") "," ITEM("2", "", "") "," ITEM("3", "Three", "") "]"),
                        "CHDBH");
    assert_string_equal(steps("{\"news\":[" ITEM("3", "Three", "") "," ITEM("4", "Four", "") "]}"), "DH");
    assert_string_equal(steps("[" ITEM("1", "One, updated", ",\"updated_at\":\"2026-07-01T13:31:00Z\"") "]"), "H");
    assert_int_equal(headline.revision, 60001);
    assert_string_equal(steps("[" ITEM("1", "One", "") "]"), "D");
    assert_string_equal(steps("[" ITEM("1", "One", ",\"source\":\"other\"") "]"), "H");
    assert_string_equal(steps("[]"), "");
    assert_string_equal(steps("no json"), "B");
    assert_string_equal(as_news_stream_bad_name(stream.reason), "bad_json");
    as_news_stream_fini(&stream);
}

#define BENZINGA(action, id, content)                                                                                  \
    "{\"kind\":\"News/v1\",\"data\":{\"action\":\"" action "\",\"id\":" id ",\"timestamp\":\"2026-07-01T13:30:09Z\","  \
    "\"content\":" content "}}"

static void a_deletion_without_text_has_the_text_that_it_takes_back(void **state)
{
    (void)state;
    open_stream(AS_FORMAT_BENZINGA);
    assert_string_equal(steps(BENZINGA("Created", "1", "{\"title\":\"Meta rises\",\"stocks\":[\"META\"]}")), "H");
    assert_string_equal(steps(BENZINGA("Deleted", "1", "null")), "H");
    assert_true(headline.retracted);
    assert_string_equal(headline.text, "Meta rises");
    assert_int_equal(headline.text_bytes, 10);
    assert_int_equal(headline.tag_count, 1);
    assert_int_equal(headline.revision, AS_NEWS_REVISION_DELETED);
    assert_string_equal(steps(BENZINGA("Deleted", "1", "null")), "D");
    assert_string_equal(steps(BENZINGA("Created", "1", "{\"title\":\"Meta rises\"}")), "D");
    assert_string_equal(steps(BENZINGA("Deleted", "2", "null")), "B");
    assert_string_equal(as_news_stream_bad_name(stream.reason), "no_text");
    assert_string_equal(steps(BENZINGA("Deleted", "3", "{\"title\":\"Nvidia falls\"}")), "H");
    assert_string_equal(headline.text, "Nvidia falls");
    assert_string_equal(steps("pong"), "C");
    assert_string_equal(steps("{}"), "C");
    assert_string_equal(steps("pongs"), "B");
    as_news_stream_fini(&stream);
}

/* What the source says of an item when it deletes it may not name the issuer: the desk gets what was said before. */
static void a_deletion_speaks_of_what_was_said(void **state)
{
    (void)state;
    open_stream(AS_FORMAT_BENZINGA);
    assert_string_equal(steps(BENZINGA("Created", "1", "{\"title\":\"Meta rises\"}")), "H");
    assert_string_equal(steps(BENZINGA("Updated", "1",
                                       "{\"title\":\"Meta rises 3%\",\"created\":\"2026-07-01T13:30:00Z\",\"updated\":"
                                       "\"2026-07-01T13:30:05Z\"}")),
                        "H");
    assert_string_equal(steps(BENZINGA("Deleted", "1", "{\"title\":\"[removed]\"}")), "H");
    assert_string_equal(headline.text, "Meta rises 3%");
    as_news_stream_fini(&stream);
}

static void lines_are_read_one_by_one(void **state)
{
    (void)state;
    open_stream(AS_FORMAT_NDJSON);
    assert_string_equal(
        steps("{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":1,\"q\":1}\r\n\n \t\n"
              "{\"k\":\"trade\",\"t\":1,\"s\":\"TSLA\",\"p\":1,\"q\":1}\n"
              "{\"k\":\"headline\",\"t\":1,\"id\":\"a\",\"text\":\"x\"}\n"
              "{\"k\":\"headline\",\"t\":1,\"id\":\"a\",\"text\":\"x\"}\n"
              "{\"k\":\"headline\",\"t\":1,\"id\":\"a\",\"text\":\"x\",\"rev\":1}\n"
              "{\"k\":\"headline\",\"t\":1,\"id\":\"a\",\"text\":\"x\",\"status\":\"retracted\",\"rev\":1}\n"
              "{\"k\":\"oops\",\"t\":1}\n"
              "{\"k\":\"trade\",\"t\":2,\"s\":\"NVDA\",\"p\":1,\"q\":1}"),
        "MUHDHHBM");
    assert_string_equal(as_news_stream_bad_name(stream.reason), "unknown_kind");
    assert_string_equal(steps(""), "");
    assert_string_equal(steps("\n"), "");
    as_news_stream_fini(&stream);
}

static void a_stream_of_nothing_says_nothing(void **state)
{
    (void)state;
    memset(&stream, 0, sizeof stream);
    as_news_stream_fini(&stream);
    open_stream(AS_FORMAT_ALPACA);
    assert_int_equal(as_news_stream_next(&stream, &event, &headline), AS_NEWS_STEP_END);
    as_news_stream_fini(&stream);
    for (unsigned i = 0; i < AS_NEWS_STREAM_BAD_COUNT; i++)
        assert_string_not_equal(as_news_stream_bad_name(i), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alpaca_comes_out_once_per_revision),
        cmocka_unit_test(a_deletion_without_text_has_the_text_that_it_takes_back),
        cmocka_unit_test(a_deletion_speaks_of_what_was_said),
        cmocka_unit_test(lines_are_read_one_by_one),
        cmocka_unit_test(a_stream_of_nothing_says_nothing),
    };
    return cmocka_run_group_tests(tests, ast_news_setup, ast_news_teardown);
}
