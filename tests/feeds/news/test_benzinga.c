#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "feeds/news/benzinga.h"
#include "tests/support/news_fixture.h"
#include "tests/support/random.h"

#define CONTENT                                                                                                        \
    "{\"id\":24424553,\"author\":\"A. "                                                                                \
    "Writer\",\"created\":\"2026-07-01T13:30:00Z\",\"updated\":\"2026-07-01T13:30:02."                                 \
    "25Z\",\"title\":\"Meta &amp; Oracle "                                                                             \
    "<b>talk<\\/b>\",\"teaser\":\"t\",\"body\":\"<p>b<\\/p>\",\"url\":\"https://news."                                 \
    "example/1\",\"image\":[{\"size\":\"thumb\",\"url\":\"https://news.example/"                                       \
    "i\"}],\"channels\":[{\"name\":\"M&A\"}],"                                                                         \
    "\"stocks\":[{\"name\":\"META\",\"cusip\":\"30303M102\",\"isin\":\"US30303M1027\",\"exchange\":\"NASDAQ\"},{"      \
    "\"name\":"                                                                                                        \
    "\"TSLA\"},\"ORCL\"],\"tags\":[{\"name\":\"x\"}]}"

static as_event event;
static as_headline headline;

static const char *message(const char *action, const char *content)
{
    static char text[4096];
    snprintf(
        text, sizeof text,
        "{\"id\":\"5cb3a0a6\",\"api_version\":\"websocket/v1\",\"kind\":\"News/v1\",\"data\":{\"action\":\"%s\",\"id\":"
        "24424553,\"timestamp\":\"2026-07-01T13:30:09Z\",\"content\":%s}}",
        action, content);
    return text;
}

static as_news_result decode(const char *text)
{
    return as_benzinga_decode(text, strlen(text), &ast_news_context, &event, &headline);
}

static void a_created_item_is_read(void **state)
{
    (void)state;
    static const char *const action[] = {"Created", "created", "CREATED", "Updated"};
    for (size_t i = 0; i < sizeof action / sizeof *action; i++) {
        assert_int_equal(decode(message(action[i], CONTENT)), AS_NEWS_OK);
        assert_string_equal(headline.id, "24424553");
        assert_string_equal(headline.text, "Meta & Oracle talk");
        assert_string_equal(headline.source, "wire");
        assert_string_equal(headline.url, "https://news.example/1");
        assert_int_equal(headline.ts_event, UINT64_C(1782912602250000000));
        assert_int_equal(headline.revision, 2251);
        assert_false(headline.retracted);
        assert_int_equal(headline.tag_count, 2);
        assert_int_equal(headline.tag[0], 1);
        assert_int_equal(headline.tag[1], 2);
        assert_int_equal(event.kind, AS_EVENT_HEADLINE);
        assert_int_equal(event.ts_event, headline.ts_event);
    }
}

static void a_deletion_retracts_with_the_last_revision(void **state)
{
    (void)state;
    assert_int_equal(decode(message("Deleted", CONTENT)), AS_NEWS_OK);
    assert_true(headline.retracted);
    assert_int_equal(headline.revision, AS_NEWS_REVISION_DELETED);
    assert_int_equal(headline.ts_event, UINT64_C(1782912609000000000)); /* the deletion's own time */
    assert_string_equal(headline.text, "Meta & Oracle talk");
    static const char *const content[] = {"null", "{}", "{\"title\":\"\"}", "{\"title\":null,\"id\":7}"};
    for (size_t i = 0; i < sizeof content / sizeof *content; i++) {
        assert_int_equal(decode(message("deleted", content[i])), AS_NEWS_NO_TEXT);
        assert_true(headline.retracted);
        assert_string_equal(headline.id, "24424553");
        assert_string_equal(headline.source, "wire");
        assert_int_equal(headline.text_bytes, 0);
        assert_int_equal(headline.ts_event, UINT64_C(1782912609000000000));
        assert_int_equal(event.ts_event, headline.ts_event);
    }
}

static void times_may_be_missing_but_one(void **state)
{
    (void)state;
    assert_int_equal(decode(message("Created", "{\"title\":\"x\"}")), AS_NEWS_OK);
    assert_int_equal(headline.ts_event, UINT64_C(1782912609000000000));
    assert_int_equal(headline.revision, 1);
    assert_int_equal(decode(message("Created", "{\"title\":\"x\",\"updated\":\"2026-07-01T13:30:00Z\"}")), AS_NEWS_OK);
    assert_int_equal(headline.ts_event, UINT64_C(1782912600000000000));
    assert_int_equal(headline.revision, 1);
    assert_int_equal(
        decode("{\"data\":{\"action\":\"created\",\"content\":{\"id\":5,\"title\":\"x\",\"created\":\"Wed, 01 Jul "
               "2026 09:30:00 -0400\"}}}"),
        AS_NEWS_OK);
    assert_string_equal(headline.id, "5"); /* of the content */
    assert_int_equal(headline.ts_event, UINT64_C(1782912600000000000));
    assert_int_equal(decode("{\"data\":{\"action\":\"created\",\"id\":5,\"content\":{\"title\":\"x\"}}}"),
                     AS_NEWS_MISSING_KEY);
}

static void what_is_no_news_is_control(void **state)
{
    (void)state;
    assert_int_equal(decode("{}"), AS_NEWS_CONTROL);
    assert_int_equal(decode("{\"kind\":\"News/v1\"}"), AS_NEWS_CONTROL);
    assert_int_equal(decode("{\"kind\":\"Ratings/v1\",\"data\":{}}"), AS_NEWS_CONTROL);
    assert_int_equal(decode("{\"kind\":7,\"data\":{}}"), AS_NEWS_CONTROL);
}

static void what_is_not_right_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *action, *content;
        as_news_result result;
    } bad[] = {
        {"Invented", CONTENT, AS_NEWS_BAD_VALUE},
        {"", CONTENT, AS_NEWS_BAD_VALUE},
        {"Created", "null", AS_NEWS_MISSING_KEY},
        {"Created", "[]", AS_NEWS_BAD_JSON},
        {"Created", "{\"title\":\"x\",\"title\":\"y\"}", AS_NEWS_BAD_JSON},
        {"Created", "{\"title\":1}", AS_NEWS_BAD_VALUE},
        {"Created", "{}", AS_NEWS_NO_TEXT},
        {"Created", "{\"title\":\"<p></p>\"}", AS_NEWS_NO_TEXT},
        {"Created", "{\"title\":\"x\",\"created\":\"soon\"}", AS_NEWS_BAD_TIME},
        {"Created", "{\"title\":\"x\",\"updated\":1}", AS_NEWS_BAD_TIME},
        {"Created", "{\"title\":\"x\",\"stocks\":{}}", AS_NEWS_BAD_VALUE},
        {"Created", "{\"title\":\"x\",\"stocks\":[1]}", AS_NEWS_BAD_JSON},
        {"Created", "{\"title\":\"x\",\"url\":[]}", AS_NEWS_BAD_VALUE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        as_news_result result = decode(message(bad[i].action, bad[i].content));
        if (result != bad[i].result)
            fail_msg("%s %s: %s", bad[i].action, bad[i].content, as_news_result_name(result));
    }
    assert_int_equal(decode("[]"), AS_NEWS_BAD_JSON);
    assert_int_equal(decode(""), AS_NEWS_BAD_JSON);
    assert_int_equal(decode("{\"data\":[]}"), AS_NEWS_BAD_JSON);
    assert_int_equal(decode("{\"data\":{\"id\":1}}"), AS_NEWS_MISSING_KEY);
    assert_int_equal(decode("{\"data\":{\"action\":\"deleted\",\"timestamp\":\"2026-07-01T13:30:00Z\"}}"),
                     AS_NEWS_MISSING_KEY);
    assert_int_equal(decode("{\"data\":{\"action\":\"deleted\",\"id\":1}}"), AS_NEWS_MISSING_KEY);
}

static void every_cut_of_a_message_is_refused(void **state)
{
    (void)state;
    char text[4096];
    strcpy(text, message("Created", CONTENT));
    for (size_t n = 0; n < strlen(text); n++)
        assert_int_equal(as_benzinga_decode(text, n, &ast_news_context, &event, &headline), AS_NEWS_BAD_JSON);
}

static void damaged_messages_never_give_a_broken_record(void **state)
{
    (void)state;
    uint64_t seed = 6;
    print_message("seed %llu\n", (unsigned long long)seed);
    char text[4096], copy[4096];
    strcpy(text, message("Updated", CONTENT));
    size_t n = strlen(text);
    for (int round = 0; round < 20000; round++) {
        memcpy(copy, text, n);
        for (uint64_t i = 1 + ast_random(&seed) % 3; i > 0; i--)
            copy[ast_random(&seed) % n] = (char)ast_random(&seed);
        if (as_benzinga_decode(copy, n, &ast_news_context, &event, &headline) != AS_NEWS_OK)
            continue;
        assert_int_equal(headline.text_bytes, strlen(headline.text));
        assert_true(headline.text_bytes > 0 && headline.id[0] != 0 && headline.revision > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_created_item_is_read),
        cmocka_unit_test(a_deletion_retracts_with_the_last_revision),
        cmocka_unit_test(times_may_be_missing_but_one),
        cmocka_unit_test(what_is_no_news_is_control),
        cmocka_unit_test(what_is_not_right_is_refused_with_its_reason),
        cmocka_unit_test(every_cut_of_a_message_is_refused),
        cmocka_unit_test(damaged_messages_never_give_a_broken_record),
    };
    return cmocka_run_group_tests(tests, ast_news_setup, ast_news_teardown);
}
