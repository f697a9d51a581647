#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/decode/ndjson.h"
#include "tests/support/feed_fixture.h"

/* Midnight of 2026-07-01 in New York is 04:00 UTC: 1782878400 s. */
#define MIDNIGHT_NS (UINT64_C(1782878400) * AS_NS_PER_S)

static ast_feed f;

static int open_ndjson(const char *url, bool trust_r)
{
    f.config.trust_r = trust_r;
    return ast_feed_open(&f, url, AS_FRAMING_NONE, AS_FORMAT_NDJSON);
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
}

static const char quotes[] =
    "{\"k\":\"quote\",\"t\":1000,\"r\":2000,\"s\":\"NVDA\",\"b\":\"1\",\"bs\":1,\"a\":\"2\",\"as\":1}\n"
    "{\"k\":\"quote\",\"t\":1001,\"r\":2000,\"s\":\"AMD\",\"b\":\"1\",\"bs\":1,\"a\":\"2\",\"as\":1}\n";

static void trusted_times_make_the_instants_however_the_stream_is_cut(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_ndjson("tcp://127.0.0.1:%u?mode=listen", true), 0);
    int out = ast_connect(SOCK_STREAM, f.port);
    /* Two events of r = 2000 in two pieces: not over before something else comes. */
    say(out, quotes);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 1);
    say(out, "{\"k\":\"trade\",\"t\":1002,\"r\":2000,\"s\":\"META\",");
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == 2);
    say(out, "\"p\":\"3\",\"q\":4}\r\n{\"k\":\"trade\",\"t\":1003,\"r\":2001,\"s\":\"META\",\"p\":\"3\",\"q\":4}\n");
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 3);
    uint64_t before = as_clock_monotonic_ns();
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 4); /* ended by silence */
    assert_true(as_clock_monotonic_ns() - before >= 10 * AS_NS_PER_MS);
    for (int i = 0; i < 4; i++) {
        as_event ev = ast_feed_event(&f);
        assert_int_equal(ev.ts_recv, i < 3 ? 2000 : 2001);
        assert_int_equal(ev.ts_event, 1000 + i);
        assert_int_equal(ev.flags, i < 2 ? 0 : AS_EVENT_LAST);
    }
    close(out);
    ast_feed_fini(&f);
}

static void a_headline_ends_the_instant_and_its_record_goes_before_it(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_ndjson("tcp://127.0.0.1:%u?mode=listen", true), 0);
    int out = ast_connect(SOCK_STREAM, f.port);
    say(out, quotes);
    say(out, "{\"k\":\"headline\",\"t\":1500,\"r\":2000,\"id\":\"bbg-1\",\"src\":\"Bloomberg\",\"tier\":1,"
             "\"text\":\"Meta Plans to Sell Excess AI Compute\",\"symbols\":[\"META\",\"ELSE\"],\"rev\":1}\n"
             "{\"k\":\"headline\",\"t\":1501,\"id\":\"bbg-2\",\"text\":\"Another\"}\n");
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 4);
    assert_int_equal(ast_feed_event(&f).flags, 0);
    assert_int_equal(ast_feed_event(&f).flags, AS_EVENT_LAST);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_HEADLINE);
    assert_int_equal(ev.ts_recv, 2000);
    assert_int_equal(ev.headline.slot, 0);
    assert_int_equal(ev.headline.generation, 0);
    const as_headline *headline = as_ring_peek(f.headlines);
    assert_non_null(headline);
    assert_string_equal(headline->id, "bbg-1");
    assert_string_equal(headline->text, "Meta Plans to Sell Excess AI Compute");
    assert_int_equal(headline->ts_recv, 2000);
    assert_int_equal(headline->tag_count, 1);
    assert_int_equal(headline->tag[0], 2);
    as_ring_release(f.headlines);
    assert_int_equal(ast_feed_event(&f).headline.slot, 1);
    assert_string_equal(((const as_headline *)as_ring_peek(f.headlines))->id, "bbg-2");
    assert_int_equal(ast_feed_stats(&f).headlines, 2);
    close(out);
    ast_feed_fini(&f);
}

static void without_trust_the_receive_time_is_ours_and_a_read_is_an_instant(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_ndjson("tcp://127.0.0.1:%u?mode=listen", false), 0);
    int out = ast_connect(SOCK_STREAM, f.port);
    uint64_t before = as_clock_now_ns();
    say(out, quotes);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 2);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.flags, 0);
    assert_int_equal(ev.ts_event, 1000);
    assert_true(ev.ts_recv >= before && ev.ts_recv <= as_clock_now_ns());
    assert_int_equal(ast_feed_event(&f).flags, AS_EVENT_LAST);
    say(out, "{\"k\":\"headline\",\"t\":1500,\"r\":7,\"id\":\"x\",\"text\":\"Text\"}\n");
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 1);
    ev = ast_feed_event(&f);
    assert_true(ev.ts_recv >= before);
    assert_int_equal(((const as_headline *)as_ring_peek(f.headlines))->ts_recv, ev.ts_recv);
    close(out);
    ast_feed_fini(&f);
}

static void bad_lines_are_counted_and_the_rest_goes_on(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_ndjson("tcp://127.0.0.1:%u?mode=listen", true), 0);
    int out = ast_connect(SOCK_STREAM, f.port);
    static char endless[AS_LINE_BYTES + 2];
    memset(endless, 'x', sizeof endless - 1);
    unsigned warned = as_warn_count();
    say(out, "not json\n\n  \n{\"k\":\"what\",\"t\":1}\n");
    say(out, "{\"k\":\"trade\",\"t\":1,\"s\":\"ELSE\",\"p\":\"3\",\"q\":4}\n");
    say(out, endless);
    say(out, "\n");
    say(out, quotes);
    say(out, "{\"k\":\"trade\",\"t\":5,\"s\":\"NVDA\",\"p\":\"3\",\"q\":4}"); /* no LF, but the stream ends */
    close(out);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 3);
    assert_int_equal(ast_feed_bad(&f, "bad_json"), 1);
    assert_int_equal(ast_feed_bad(&f, "unknown_kind"), 1);
    assert_int_equal(ast_feed_bad(&f, as_ndjson_result_name(AS_NDJSON_LINE_TOO_LONG)), 1);
    assert_int_equal(ast_feed_stats(&f).bad, 3);
    assert_int_equal(ast_feed_stats(&f).unknown_symbol, 1);
    assert_int_equal(as_warn_count(), warned + 3);
    ast_feed_fini(&f);
}

static void a_datagram_of_lines_is_an_instant(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_ndjson("udp://127.0.0.1:%u", false), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    assert_int_equal(send(out, quotes, sizeof quotes - 2, 0), sizeof quotes - 2); /* without its last LF */
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 2);
    assert_int_equal(ast_feed_event(&f).flags, 0);
    assert_int_equal(ast_feed_event(&f).flags, AS_EVENT_LAST);
    close(out);
    ast_feed_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusted_times_make_the_instants_however_the_stream_is_cut),
        cmocka_unit_test(a_headline_ends_the_instant_and_its_record_goes_before_it),
        cmocka_unit_test(without_trust_the_receive_time_is_ours_and_a_read_is_an_instant),
        cmocka_unit_test(bad_lines_are_counted_and_the_rest_goes_on),
        cmocka_unit_test(a_datagram_of_lines_is_an_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
