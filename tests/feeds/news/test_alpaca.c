#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/news/alpaca.h"
#include "tests/support/news_fixture.h"
#include "tests/support/random.h"

/* The example of the service's documentation, with its escapes. */
static const char documented[] =
    "[{\"T\":\"n\",\"id\":24918784,\"headline\":\"Corsair Reports Purchase Of Majority Ownership In iDisplay, No Terms "
    "Disclosed\",\"summary\":\"Corsair Gaming, Inc. (NASDAQ:CRSR) (\\u201cCorsair\\u201d), a leading global provider "
    "and "
    "innovator of high-performance gear for gamers and content creators, today announced that it acquired a 51% stake "
    "in "
    "iDisplay\",\"author\":\"Benzinga "
    "Newsdesk\",\"created_at\":\"2022-01-05T22:00:37Z\",\"updated_at\":\"2022-01-05T22:"
    "00:38Z\",\"url\":\"https:\\/\\/www.benzinga.com\\/m-a\\/22\\/01\\/24918784\\/"
    "corsair-reports-purchase\",\"content\":"
    "\"\\u003cp\\u003eCorsair Gaming, Inc. (NASDAQ:\\u003ca\\u003eCRSR\\u003c/a\\u003e)\\u003c/p\\u003e\",\"symbols\":["
    "\"CRSR\",\"NVDA\",\"META\"],\"source\":\"benzinga\"}]";

static as_event event;
static as_headline headline;
static as_alpaca_control control;

static as_news_result decode_first(const char *text)
{
    as_alpaca_message message;
    as_json_value item;
    as_news_result result = as_alpaca_open(text, strlen(text), &message);
    if (result != AS_NEWS_OK)
        return result;
    assert_true(as_alpaca_next(&message, &item));
    return as_alpaca_decode(&item, &ast_news_context, &control, &event, &headline);
}

static void the_documented_item_is_read(void **state)
{
    (void)state;
    assert_int_equal(decode_first(documented), AS_NEWS_OK);
    assert_string_equal(headline.id, "24918784");
    assert_string_equal(headline.text,
                        "Corsair Reports Purchase Of Majority Ownership In iDisplay, No Terms Disclosed");
    assert_string_equal(headline.source, "benzinga");
    assert_string_equal(headline.url, "https://www.benzinga.com/m-a/22/01/24918784/corsair-reports-purchase");
    assert_int_equal(headline.ts_event, UINT64_C(1641420038000000000)); /* date -u -d 2022-01-05T22:00:38Z +%s */
    assert_int_equal(headline.ts_recv, headline.ts_event);
    assert_int_equal(headline.revision, 1001);
    assert_int_equal(headline.tag_count, 2); /* CRSR is not in the universe */
    assert_int_equal(headline.tag[0], 0);
    assert_int_equal(headline.tag[1], 1);
    assert_false(headline.retracted);
    assert_false(headline.cut);
    assert_int_equal(event.kind, AS_EVENT_HEADLINE);
    assert_int_equal(event.ts_event, headline.ts_event);
    assert_int_equal(event.source, 3);
}

static void every_cut_of_a_message_is_refused(void **state)
{
    (void)state;
    char text[sizeof documented];
    for (size_t n = 0; n < sizeof documented - 1; n++) {
        as_alpaca_message message = {.at = 99};
        memcpy(text, documented, n);
        assert_int_not_equal(as_alpaca_open(text, n, &message), AS_NEWS_OK);
        assert_int_equal(message.at, 99);
    }
}

static void control_messages_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        as_alpaca_control_kind kind;
        uint32_t code;
        const char *msg;
    } controls[] = {
        {"[{\"T\":\"success\",\"msg\":\"connected\"}]", AS_ALPACA_CONNECTED, 0, "connected"},
        {"[{\"T\":\"success\",\"msg\":\"authenticated\"}]", AS_ALPACA_AUTHENTICATED, 0, "authenticated"},
        {"[{\"T\":\"subscription\",\"trades\":[],\"news\":[\"*\"]}]", AS_ALPACA_SUBSCRIPTION, 0, ""},
        {"[{\"T\":\"error\",\"code\":406,\"msg\":\"connection limit exceeded\"}]", AS_ALPACA_ERROR, 406,
         "connection limit exceeded"},
        {"[{\"T\":\"error\",\"code\":-1}]", AS_ALPACA_ERROR, 0, ""},
        {"[{\"T\":\"success\",\"msg\":\"later\"}]", AS_ALPACA_OTHER, 0, "later"},
        {"[{\"T\":\"t\",\"S\":\"AAPL\",\"p\":1.5}]", AS_ALPACA_OTHER, 0, ""},
    };
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        control.kind = 99;
        assert_int_equal(decode_first(controls[i].text), AS_NEWS_CONTROL);
        assert_int_equal(control.kind, controls[i].kind);
        assert_int_equal(control.code, controls[i].code);
        assert_string_equal(control.msg, controls[i].msg);
    }
}

static void an_answer_of_rest_has_items_and_a_token(void **state)
{
    (void)state;
    static const char text[] = " {\"news\":[{\"id\":1,\"headline\":\"One\",\"created_at\":\"2026-07-01T13:30:00Z\","
                               "\"images\":[{\"size\":\"large\""
                               "}]},{\"id\":\"two\",\"headline\":\"Two\",\"created_at\":\"2026-07-01T13:30:00Z\","
                               "\"updated_at\":null,\"url\":null,"
                               "\"symbols\":null,\"source\":null}],\"next_page_token\":\"MTY0\\/\"}\n";
    as_alpaca_message message;
    as_json_value item;
    assert_int_equal(as_alpaca_open(text, strlen(text), &message), AS_NEWS_OK);
    assert_string_equal(message.next_page_token, "MTY0/");
    assert_true(as_alpaca_next(&message, &item));
    assert_int_equal(as_alpaca_decode(&item, &ast_news_context, &control, &event, &headline), AS_NEWS_OK);
    assert_string_equal(headline.text, "One");
    assert_int_equal(headline.revision, 1);
    assert_true(as_alpaca_next(&message, &item));
    assert_int_equal(as_alpaca_decode(&item, &ast_news_context, &control, &event, &headline), AS_NEWS_OK);
    assert_string_equal(headline.id, "two");
    assert_string_equal(headline.source, "wire"); /* the context's publisher */
    assert_string_equal(headline.url, "");
    assert_int_equal(headline.tag_count, 0);
    assert_false(as_alpaca_next(&message, &item));
    static const char none[] = "{\"news\":[],\"next_page_token\":null}";
    assert_int_equal(as_alpaca_open(none, strlen(none), &message), AS_NEWS_OK);
    assert_string_equal(message.next_page_token, "");
    assert_false(as_alpaca_next(&message, &item));
}

static void a_single_item_is_a_message_too(void **state)
{
    (void)state;
    static const char text[] = "{\"id\":1,\"headline\":\"One\",\"created_at\":\"2026-07-01T13:30:00Z\"}";
    as_alpaca_message message;
    as_json_value item;
    assert_int_equal(as_alpaca_open(text, strlen(text), &message), AS_NEWS_OK);
    assert_true(as_alpaca_next(&message, &item));
    assert_int_equal(as_alpaca_decode(&item, &ast_news_context, &control, &event, &headline), AS_NEWS_OK);
    assert_false(as_alpaca_next(&message, &item));
    assert_int_equal(as_alpaca_open("[]", 2, &message), AS_NEWS_OK);
    assert_false(as_alpaca_next(&message, &item));
}

static void html_in_a_headline_becomes_text(void **state)
{
    (void)state;
    assert_int_equal(decode_first("[{\"id\":1,\"headline\":\" AT&amp;T&#39;s <i>plan<\\/i>:<br>EPS &lt; 3, S&P 500 \","
                                  "\"created_at\":\"2026-07-01T13:30:00Z\"}]"),
                     AS_NEWS_OK);
    assert_string_equal(headline.text, "AT&T's plan: EPS < 3, S&P 500");
}

static void what_is_not_right_is_refused_with_its_reason(void **state)
{
    (void)state;
#define AT ",\"created_at\":\"2026-07-01T13:30:00Z\""
    static const struct {
        const char *text;
        as_news_result result;
    } bad[] = {
        {"", AS_NEWS_BAD_JSON},
        {"12", AS_NEWS_BAD_JSON},
        {"\"news\"", AS_NEWS_BAD_JSON},
        {"[1]", AS_NEWS_BAD_JSON},
        {"[[]]", AS_NEWS_BAD_JSON},
        {"[{\"id\":1,\"id\":2,\"headline\":\"x\"" AT "}]", AS_NEWS_BAD_JSON},
        {"[{\"id\":1,\"headline\":\"\xff\"" AT "}]", AS_NEWS_BAD_UTF8},
        {"{\"news\":1}", AS_NEWS_BAD_VALUE},
        {"{\"news\":[],\"next_page_token\":7}", AS_NEWS_BAD_VALUE},
        {"[{\"T\":7}]", AS_NEWS_BAD_VALUE},
        {"[{\"T\":\"error\",\"code\":\"406\"}]", AS_NEWS_BAD_VALUE},
        {"[{\"T\":\"success\",\"msg\":1}]", AS_NEWS_BAD_VALUE},
        {"[{\"id\":1" AT "}]", AS_NEWS_MISSING_KEY},
        {"[{\"headline\":\"x\"" AT "}]", AS_NEWS_MISSING_KEY},
        {"[{\"id\":1,\"headline\":null" AT "}]", AS_NEWS_MISSING_KEY},
        {"[{\"id\":1,\"headline\":\"x\"}]", AS_NEWS_MISSING_KEY},
        {"[{\"id\":1,\"headline\":\"x\",\"created_at\":\"today\"}]", AS_NEWS_BAD_TIME},
        {"[{\"id\":1,\"headline\":\"x\"" AT ",\"updated_at\":5}]", AS_NEWS_BAD_TIME},
        {"[{\"id\":[],\"headline\":\"x\"" AT "}]", AS_NEWS_BAD_VALUE},
        {"[{\"id\":1,\"headline\":1" AT "}]", AS_NEWS_BAD_VALUE},
        {"[{\"id\":1,\"headline\":\"x\"" AT ",\"source\":1}]", AS_NEWS_BAD_VALUE},
        {"[{\"id\":1,\"headline\":\"x\"" AT ",\"url\":{}}]", AS_NEWS_BAD_VALUE},
        {"[{\"id\":1,\"headline\":\"x\"" AT ",\"symbols\":\"META\"}]", AS_NEWS_BAD_VALUE},
        {"[{\"id\":1,\"headline\":\"x\"" AT ",\"symbols\":[1]}]", AS_NEWS_BAD_VALUE},
        {"[{\"id\":1,\"headline\":\" <p> </p> \"" AT "}]", AS_NEWS_NO_TEXT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        as_news_result result = decode_first(bad[i].text);
        if (result != bad[i].result)
            fail_msg("%s: %s", bad[i].text, as_news_result_name(result));
    }
}

static void a_bad_item_does_not_spoil_its_neighbours(void **state)
{
    (void)state;
    static const char text[] =
        "[{\"id\":1,\"headline\":\"One\"" AT "},{\"id\":2},{\"id\":3,\"headline\":\"Three\"" AT "}]";
    static const as_news_result wanted[] = {AS_NEWS_OK, AS_NEWS_MISSING_KEY, AS_NEWS_OK};
    as_alpaca_message message;
    as_json_value item;
    assert_int_equal(as_alpaca_open(text, strlen(text), &message), AS_NEWS_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(as_alpaca_next(&message, &item));
        assert_int_equal(as_alpaca_decode(&item, &ast_news_context, &control, &event, &headline), wanted[i]);
    }
    assert_string_equal(headline.text, "Three");
}

static void damaged_messages_never_give_a_broken_record(void **state)
{
    (void)state;
    uint64_t seed = 5;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 20000; round++) {
        char text[sizeof documented];
        as_alpaca_message message;
        as_json_value item;
        memcpy(text, documented, sizeof text);
        for (uint64_t i = 1 + ast_random(&seed) % 3; i > 0; i--)
            text[ast_random(&seed) % (sizeof text - 1)] = (char)ast_random(&seed);
        if (as_alpaca_open(text, sizeof text - 1, &message) != AS_NEWS_OK)
            continue;
        while (as_alpaca_next(&message, &item)) {
            if (as_alpaca_decode(&item, &ast_news_context, &control, &event, &headline) != AS_NEWS_OK)
                continue;
            assert_int_equal(headline.text_bytes, strlen(headline.text));
            assert_true(headline.text_bytes > 0 && headline.id[0] != 0 && headline.revision > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_item_is_read),
        cmocka_unit_test(every_cut_of_a_message_is_refused),
        cmocka_unit_test(control_messages_are_told_apart),
        cmocka_unit_test(an_answer_of_rest_has_items_and_a_token),
        cmocka_unit_test(a_single_item_is_a_message_too),
        cmocka_unit_test(html_in_a_headline_becomes_text),
        cmocka_unit_test(what_is_not_right_is_refused_with_its_reason),
        cmocka_unit_test(a_bad_item_does_not_spoil_its_neighbours),
        cmocka_unit_test(damaged_messages_never_give_a_broken_record),
    };
    return cmocka_run_group_tests(tests, ast_news_setup, ast_news_teardown);
}
