#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "feeds/capture/capture_codec.h"

static as_input input;
static as_input_stats stats;
static void *state_of;
static const as_capture_codec *codec;
static as_event event;
static as_headline headline;

static void begin(as_feed_format format, bool trust_r)
{
    memset(&input, 0, sizeof input);
    memset(&stats, 0, sizeof stats);
    input.path = (char *)(uintptr_t) "x.pcapng";
    input.stats = &stats;
    assert_int_equal(as_symbols_init(&input.own, 16), 0);
    codec = as_capture_codec_find(AS_FRAMING_WEBSOCKET, format);
    assert_non_null(codec);
    as_capture_line line = {.trust_r = trust_r, .feed = "wire", .format = format};
    assert_int_equal(codec->open(&input, &line, &state_of), 0);
    as_message_level(0);
}

static void end(void)
{
    codec->close(state_of);
    codec->close(NULL);
    as_symbols_fini(&input.own);
    as_message_level(2);
}

/* Events that a message gives; the latest is in event and headline. */
static unsigned give(const char *text, uint64_t ts)
{
    static as_headline next_headline;
    as_event next_event;
    unsigned n = 0;
    codec->begin(state_of, (const uint8_t *)text, strlen(text), true, ts);
    for (; codec->next(state_of, &next_event, &next_headline) > 0; n++) {
        event = next_event;
        headline = next_headline;
    }
    return n;
}

static const char item[] = "{\"T\":\"n\",\"id\":1,\"headline\":\"Meta Plans\",\"created_at\":\"2026-07-01T13:00:00Z\","
                           "\"updated_at\":\"2026-07-01T13:00:00Z\",\"symbols\":[\"META\"],\"source\":\"benzinga\"}";
static const char newer[] =
    "{\"T\":\"n\",\"id\":1,\"headline\":\"Meta Plans More\",\"created_at\":\"2026-07-01T13:00:00Z\","
    "\"updated_at\":\"2026-07-01T13:00:05Z\",\"symbols\":[\"META\"],\"source\":\"benzinga\"}";

static void each_revision_of_an_item_comes_out_once_at_its_capture_time(void **state)
{
    (void)state;
    char text[2048];
    begin(AS_FORMAT_ALPACA, false);
    assert_int_equal(give("[{\"T\":\"success\",\"msg\":\"connected\"}]", 5), 0);
    (void)snprintf(text, sizeof text, "[%s,%s]", item, item);
    assert_int_equal(give(text, 77), 1);
    assert_int_equal(event.kind, AS_EVENT_HEADLINE);
    assert_int_equal(event.ts_recv, 77);
    assert_int_equal(headline.ts_recv, 77);
    assert_string_equal(headline.text, "Meta Plans");
    assert_int_equal(stats.duplicates, 1);
    /* the answer to a backfill has the old one and a newer one */
    (void)snprintf(text, sizeof text, "{\"news\":[%s,%s],\"next_page_token\":null}", item, newer);
    assert_int_equal(give(text, 78), 1);
    assert_string_equal(headline.text, "Meta Plans More");
    assert_true(headline.revision > 1);
    assert_int_equal(stats.duplicates, 2);
    assert_int_equal(stats.bad, 0);
    end();
}

static void with_trusted_times_the_data_says_when(void **state)
{
    (void)state;
    begin(AS_FORMAT_ALPACA, true);
    assert_int_equal(give(item, 77), 1);
    assert_int_equal(event.ts_recv, UINT64_C(1782910800) * AS_NS_PER_S);
    assert_int_equal(headline.ts_recv, event.ts_recv);
    end();
}

static void lines_of_a_message_are_events(void **state)
{
    (void)state;
    begin(AS_FORMAT_NDJSON, false);
    assert_int_equal(
        give("{\"k\":\"trade\",\"t\":1,\"s\":\"A\",\"p\":1,\"q\":1}\n{\"k\":\"headline\",\"t\":3,\"text\":\"x\"}", 9),
        2);
    assert_int_equal(event.kind, AS_EVENT_HEADLINE);
    assert_int_equal(input.kind_count[AS_EVENT_TRADE], 1);
    end();
}

static void what_is_not_right_is_counted_and_the_next_message_is_read(void **state)
{
    (void)state;
    begin(AS_FORMAT_ALPACA, false);
    assert_int_equal(give("[{\"T\":\"n\",", 1), 0);
    assert_int_equal(stats.bad, 1);
    assert_int_equal(give("", 2), 0);
    codec->lost(state_of);
    assert_int_equal(give(item, 3), 1);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_revision_of_an_item_comes_out_once_at_its_capture_time),
        cmocka_unit_test(with_trusted_times_the_data_says_when),
        cmocka_unit_test(lines_of_a_message_are_events),
        cmocka_unit_test(what_is_not_right_is_counted_and_the_next_message_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
