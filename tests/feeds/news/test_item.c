#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "feeds/decode/headline_record.h"
#include "tests/support/news_fixture.h"

static as_json_value string(const char *text)
{
    as_json_value value;
    assert_int_equal(as_json_check(text, strlen(text), &value), AS_JSON_OK);
    return value;
}

static void every_result_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(as_news_result_name(AS_NEWS_OK), "ok");
    assert_string_equal(as_news_result_name(AS_NEWS_NO_TEXT), "no_text");
    for (int i = 0; i < AS_NEWS_RESULT_COUNT; i++)
        assert_string_not_equal(as_news_result_name((as_news_result)i), "?");
    assert_string_equal(as_news_result_name(AS_NEWS_RESULT_COUNT), "?");
    assert_string_equal(as_news_result_name((as_news_result)-1), "?");
}

static void revisions_grow_with_the_time_of_the_change(void **state)
{
    (void)state;
    const uint64_t t = UINT64_C(1751376600000000000);
    assert_int_equal(as_news_revision(t, t), 1);
    assert_int_equal(as_news_revision(t, t - 1), 1); /* changed before it was made: it is as it was made */
    assert_int_equal(as_news_revision(t, t + 1), 2);
    assert_int_equal(as_news_revision(t, t + AS_NS_PER_MS), 2);
    assert_int_equal(as_news_revision(t, t + AS_NS_PER_MS + 1), 3);
    assert_int_equal(as_news_revision(t, t + AS_NS_PER_S), 1001);
    assert_int_equal(as_news_revision(t, t + 49 * AS_NS_PER_DAY), 49u * 86400000u + 1);
    assert_int_equal(as_news_revision(t, t + 50 * AS_NS_PER_DAY), AS_NEWS_REVISION_MAX);
    assert_int_equal(as_news_revision(0, UINT64_MAX), AS_NEWS_REVISION_MAX);
    assert_true(AS_NEWS_REVISION_DELETED > AS_NEWS_REVISION_MAX);
}

static void stamps_are_rfc_3339_or_rfc_822(void **state)
{
    (void)state;
    uint64_t ts = 7;
    as_json_value value = string("\"2026-07-01T13:30:00.5Z\"");
    assert_int_equal(as_news_time(&value, &ts), AS_NEWS_OK);
    assert_int_equal(ts, UINT64_C(1782912600500000000));
    value = string("\"Wed, 01 Jul 2026 09:30:00 -0400\"");
    assert_int_equal(as_news_time(&value, &ts), AS_NEWS_OK);
    assert_int_equal(ts, UINT64_C(1782912600000000000));
    static const char *const bad[] = {"\"\"",
                                      "\"2026-07-01\"",
                                      "\"2026-07-01T13:30:00\"",
                                      "1782912600",
                                      "[]",
                                      "true",
                                      "\"2026-07-01T13:30:00Z and far more than a stamp can have of characters\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        value = string(bad[i]);
        ts = 7;
        assert_int_equal(as_news_time(&value, &ts), AS_NEWS_BAD_TIME);
        assert_int_equal(ts, 7);
    }
    assert_int_equal(as_news_time(NULL, &ts), AS_NEWS_MISSING_KEY);
}

static void text_loses_its_html_and_plain_strings_do_not(void **state)
{
    (void)state;
    char field[16];
    bool cut = true;
    as_json_value value = string("\"<b>A\\u0026amp;B<\\/b> &lt;C&gt;\"");
    assert_true(as_news_text(&value, field, sizeof field, &cut));
    assert_string_equal(field, "A&B <C>");
    assert_false(cut);
    assert_true(as_news_plain(&value, field, sizeof field));
    assert_string_equal(field, "<b>A&amp;B</b> ");
    assert_true(as_news_text(NULL, field, sizeof field, &cut));
    assert_string_equal(field, "");
    value = string("\"a headline of many words\"");
    assert_true(as_news_text(&value, field, sizeof field, &cut));
    assert_true(cut);
    assert_string_equal(field, "a headline of m");
    value = string("12");
    assert_false(as_news_text(&value, field, sizeof field, NULL));
    assert_false(as_news_plain(&value, field, sizeof field));
}

static void null_counts_as_absent(void **state)
{
    (void)state;
    as_news_object object;
    as_json_value value = string("{\"a\":null,\"b\":1}");
    assert_int_equal(as_news_object_read(&value, &object), AS_NEWS_OK);
    assert_null(as_news_get(&object, "a"));
    assert_null(as_news_get(&object, "c"));
    assert_non_null(as_news_get(&object, "b"));
    value = string("[]");
    assert_int_equal(as_news_object_read(&value, &object), AS_NEWS_BAD_JSON);
    value = string("{\"a\":1,\"a\":2}");
    assert_int_equal(as_news_object_read(&value, &object), AS_NEWS_BAD_JSON);
    char many[1024] = "{";
    for (int i = 0; i <= AS_JSON_MEMBER_MAX; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "%s\"k%d\":1", i ? "," : "", i);
    strcat(many, "}");
    value = string(many);
    assert_int_equal(as_news_object_read(&value, &object), AS_NEWS_TOO_COMPLEX);
    assert_int_equal(as_news_from_json(AS_JSON_UTF8), AS_NEWS_BAD_UTF8);
    assert_int_equal(as_news_from_json(AS_JSON_DEPTH), AS_NEWS_TOO_COMPLEX);
}

static as_news_result finish(const char *id, as_headline *headline)
{
    as_json_value value = string(id);
    as_headline_clear(headline);
    strcpy(headline->source, "wire");
    strcpy(headline->text, "Nvidia falls");
    return as_news_finish(headline, &value);
}

static void ids_are_numbers_or_strings_and_long_ones_become_their_hash(void **state)
{
    (void)state;
    as_headline headline;
    assert_int_equal(finish("24918784", &headline), AS_NEWS_OK);
    assert_string_equal(headline.id, "24918784");
    assert_int_equal(headline.text_bytes, 12);
    assert_int_equal(finish("\"a\\u002fb\"", &headline), AS_NEWS_OK);
    assert_string_equal(headline.id, "a/b");
    char text[300] = "\"";
    memset(text + 1, 'x', 200);
    strcpy(text + 201, "\"");
    assert_int_equal(finish(text, &headline), AS_NEWS_OK);
    assert_int_equal(strlen(headline.id), 4 + 1 + 16);
    assert_int_equal(strncmp(headline.id, "wire-", 5), 0);
    assert_int_equal(finish("\"\"", &headline), AS_NEWS_BAD_VALUE);
    assert_int_equal(finish("{}", &headline), AS_NEWS_BAD_VALUE);
    assert_int_equal(finish("true", &headline), AS_NEWS_BAD_VALUE);
    assert_int_equal(as_news_finish(&headline, NULL), AS_NEWS_MISSING_KEY);
}

static uint32_t number(void *arg, const char *symbol, size_t symbol_bytes)
{
    (void)arg;
    return symbol_bytes == 4 && memcmp(symbol, "TSLA", 4) == 0 ? 77 : AS_INSTRUMENT_NONE;
}

static void tags_are_of_the_universe_or_of_who_resolves(void **state)
{
    (void)state;
    as_headline headline;
    as_headline_clear(&headline);
    static const char *const symbol[] = {
        "\"META\"", "\"TSLA\"", "\"BRK.B\"", "\"META\"", "\"\"", "12", "\"A symbol that is far too long to be one\""};
    for (size_t i = 0; i < sizeof symbol / sizeof *symbol; i++) {
        as_json_value value = string(symbol[i]);
        as_news_tag(&ast_news_context, &value, &headline);
    }
    as_news_tag(&ast_news_context, NULL, &headline);
    assert_int_equal(headline.tag_count, 2);
    assert_int_equal(headline.tag[0], 1);
    assert_int_equal(headline.tag[1], 3);
    as_news_context ctx = {.resolve = number};
    as_json_value value = string("\"TSLA\"");
    as_news_tag(&ctx, &value, &headline);
    assert_int_equal(headline.tag[2], 77);
}

static void an_event_has_the_headlines_times(void **state)
{
    (void)state;
    as_headline headline = {.ts_event = 5, .ts_recv = 6};
    as_event event = as_news_event(&ast_news_context, &headline);
    assert_int_equal(event.kind, AS_EVENT_HEADLINE);
    assert_int_equal(event.ts_event, 5);
    assert_int_equal(event.ts_recv, 6);
    assert_int_equal(event.source, 3);
    assert_int_equal(event.instrument, AS_INSTRUMENT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_has_a_name),
        cmocka_unit_test(revisions_grow_with_the_time_of_the_change),
        cmocka_unit_test(stamps_are_rfc_3339_or_rfc_822),
        cmocka_unit_test(text_loses_its_html_and_plain_strings_do_not),
        cmocka_unit_test(null_counts_as_absent),
        cmocka_unit_test(ids_are_numbers_or_strings_and_long_ones_become_their_hash),
        cmocka_unit_test(tags_are_of_the_universe_or_of_who_resolves),
        cmocka_unit_test(an_event_has_the_headlines_times),
    };
    return cmocka_run_group_tests(tests, ast_news_setup, ast_news_teardown);
}
