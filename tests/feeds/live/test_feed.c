#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "tests/support/feed_fixture.h"

static ast_feed f;

static void what_cannot_be_opened_is_an_error_with_file_line_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *source, *redundant, *retransmit;
        as_feed_framing framing;
        as_feed_format format;
        const char *text;
    } bad[] = {
        {"udp://1.2.3.4", "", "", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50, "no port"},
        {"tcp://127.0.0.1:1", "", "", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50,
         "itch50 with framing moldudp64 over tcp://"},
        {"udp://127.0.0.1:1", "", "", AS_FRAMING_IEXTP, AS_FORMAT_ITCH50, "allowed: itch50 with moldudp64 over udp"},
        {"udp://127.0.0.1:1", "", "", AS_FRAMING_MOLDUDP64, AS_FORMAT_NDJSON, "ndjson with framing moldudp64"},
        {"udp://239.1.1.1:26400?if=nosuch0", "", "", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50, "if is \"nosuch0\""},
        {"udp://239.255.20.1:26400?if=lo", "udp://x", "", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50, "no port"},
        {"udp://239.255.20.1:26400?if=lo", "", "tcp://127.0.0.1:1", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50,
         "allowed: udp"},
        {"tcp://127.0.0.1:1", "udp://127.0.0.1:1", "", AS_FRAMING_NONE, AS_FORMAT_NDJSON, "redundant is given"},
    };
    ast_feed_init(&f, 8, 2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        strcpy(f.config.source, bad[i].source);
        strcpy(f.config.redundant, bad[i].redundant);
        strcpy(f.config.retransmit, bad[i].retransmit);
        f.config.framing = bad[i].framing;
        f.config.format = bad[i].format;
        assert_true(as_feed_open(&f.options, f.reactor, &f.feed) < 0);
        assert_null(f.feed);
        if (strstr(as_error_message(0), bad[i].text) == NULL)
            fail_msg("%s: %s", bad[i].source, as_error_message(0));
        unsigned last = 0;
        while (as_error_message(last + 1) != NULL)
            last++;
        assert_string_equal(as_error_message(last), "aftershock.yaml:12: feed \"test\"");
    }
    ast_feed_fini(&f);
}

static void an_unknown_zone_is_an_error(void **state)
{
    (void)state;
    ast_feed_init(&f, 8, 2);
    f.options.session_zone = "Mars/Olympus";
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50), -ENOENT);
    ast_feed_fini(&f);
}

static void a_closed_feed_frees_its_port(void **state)
{
    (void)state;
    ast_feed_init(&f, 8, 2);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50), 0);
        ast_feed_turn(&f);
        as_feed_close(f.feed);
        f.feed = NULL;
    }
    as_feed_close(NULL);
    ast_feed_fini(&f);
}

static void silence_makes_it_stale_and_a_heartbeat_live(void **state)
{
    (void)state;
    ast_feed_init(&f, 8, 2);
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    for (int i = 0; i < 2; i++) {
        ast_mold_send(out, ast_session, 1, NULL, 0);
        AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_LIVE);
        uint64_t last_ns = ast_feed_stats(&f).last_packet_ns;
        as_feed_poll_idle(f.feed, last_ns + AS_FEED_STALE_MS * AS_NS_PER_MS);
        assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
        as_feed_poll_idle(f.feed, last_ns + AS_FEED_STALE_MS * AS_NS_PER_MS + 1);
        assert_int_equal(as_feed_state_get(f.feed), AS_FEED_STALE);
    }
    assert_string_equal(as_feed_state_name(as_feed_state_get(f.feed)), "stale");
    close(out);
    ast_feed_fini(&f);
}

static void a_new_desk_is_used_after_the_next_poll_and_says_so(void **state)
{
    (void)state;
    ast_feed_init(&f, 8, 2);
    assert_int_equal(ast_feed_open(&f, "tcp://127.0.0.1:%u?mode=listen", AS_FRAMING_NONE, AS_FORMAT_NDJSON), 0);
    static int place;
    const as_desk *desk = (const as_desk *)(const void *)&place; /* never read with: no headline comes */
    assert_null(as_feed_desk_used(f.feed));
    as_feed_set_desk(f.feed, desk);
    assert_null(as_feed_desk_used(f.feed));
    assert_int_equal(as_feed_poll_idle(f.feed, as_clock_now_ns()), 1);
    assert_ptr_equal(as_feed_desk_used(f.feed), desk);
    ast_feed_fini(&f);
}

static void closing_publishes_what_was_held_back(void **state)
{
    (void)state;
    ast_feed_init(&f, 8, 2);
    f.config.trust_r = true;
    assert_int_equal(ast_feed_open(&f, "tcp://127.0.0.1:%u?mode=listen", AS_FRAMING_NONE, AS_FORMAT_NDJSON), 0);
    int out = ast_connect(SOCK_STREAM, f.port);
    static const char line[] = "{\"k\":\"trade\",\"t\":1000,\"s\":\"NVDA\",\"p\":\"157.25\",\"q\":100}\n";
    assert_int_equal(send(out, line, sizeof line - 1, 0), sizeof line - 1);
    while (ast_feed_stats(&f).messages == 0)
        as_reactor_poll(f.reactor, AS_NS_PER_MS); /* and never poll_idle, which would end the instant */
    assert_int_equal(as_ring_depth(f.events), 0);
    assert_int_equal(as_feed_wait_ns(f.feed), AS_NS_PER_MS);
    as_feed_close(f.feed);
    f.feed = NULL;
    assert_int_equal(ast_feed_event(&f).flags, AS_EVENT_LAST);
    close(out);
    ast_feed_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_opened_is_an_error_with_file_line_and_key),
        cmocka_unit_test(an_unknown_zone_is_an_error),
        cmocka_unit_test(a_closed_feed_frees_its_port),
        cmocka_unit_test(silence_makes_it_stale_and_a_heartbeat_live),
        cmocka_unit_test(a_new_desk_is_used_after_the_next_poll_and_says_so),
        cmocka_unit_test(closing_publishes_what_was_held_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
