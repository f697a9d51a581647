#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "tests/support/feed_fixture.h"

static ast_feed f;

static const char trade[] = "{\"k\":\"trade\",\"t\":1000,\"s\":\"NVDA\",\"p\":\"157.25\",\"q\":100}\n";

static int open_tcp(const char *url)
{
    f.config.trust_r = true;
    return ast_feed_open(&f, url, AS_FRAMING_NONE, AS_FORMAT_NDJSON);
}

static int accept_one(int listening)
{
    int fd = accept(listening, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void auto_connects_where_somebody_listens_and_stays_a_client(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    f.port = ast_free_port(SOCK_STREAM);
    int server = ast_listen(f.port);
    assert_int_equal(open_tcp("tcp://127.0.0.1:%u"), 0);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
    int peer = accept_one(server);
    say(peer, trade);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 1);
    assert_int_equal(ast_feed_event(&f).flags, AS_EVENT_LAST);
    close(peer);
    close(server);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_CONNECTING);
    for (int i = 0; i < 100; i++)
        ast_feed_turn(&f);
    /* The server comes back, finds its port free, and is found. What was missed is unknown: a gap comes first. */
    server = ast_listen(f.port);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_LIVE);
    peer = accept_one(server);
    say(peer, trade);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 2);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_GAP);
    assert_int_equal(ev.gap.from_seq, ev.gap.to_seq);
    assert_int_equal(ev.ts_recv, 1000);
    assert_int_equal(ev.flags, AS_EVENT_LAST);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_TRADE);
    assert_int_equal(ast_feed_stats(&f).connects, 2);
    assert_int_equal(ast_feed_stats(&f).disconnects, 1);
    close(peer);
    close(server);
    ast_feed_fini(&f);
}

static void auto_listens_where_nobody_does(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_tcp("tcp://localhost:%u"), 0);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    int peer = ast_connect(SOCK_STREAM, f.port);
    say(peer, trade);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 1);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
    close(peer);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_CONNECTING);
    /* The next producer takes over; a producer that has finished has lost nothing. */
    peer = ast_connect(SOCK_STREAM, f.port);
    say(peer, trade);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 2);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_TRADE);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_TRADE);
    close(peer);
    ast_feed_fini(&f);
}

static void connect_goes_on_until_somebody_listens(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_tcp("tcp://127.0.0.1:%u?mode=connect"), 0);
    for (int i = 0; i < 150; i++)
        ast_feed_turn(&f);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    assert_int_equal(ast_feed_stats(&f).connects, 0);
    int server = ast_listen(f.port);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_LIVE);
    int peer = accept_one(server);
    say(peer, trade);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 1);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_TRADE); /* the first connection has no gap before it */
    close(peer);
    close(server);
    ast_feed_fini(&f);
}

static void several_producers_do_not_mix_their_lines(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_tcp("tcp://127.0.0.1:%u?mode=listen"), 0);
    int peer[3];
    for (int i = 0; i < 3; i++)
        peer[i] = ast_connect(SOCK_STREAM, f.port);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).connects == 3);
    for (size_t half = 0; half < 2; half++) {
        for (int i = 0; i < 3; i++) {
            size_t from = half * 20;
            assert_true(send(peer[i], trade + from, half == 0 ? 20 : strlen(trade) - 20, 0) > 0);
            AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == half * 3 + (size_t)i + 1);
        }
    }
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 3);
    assert_int_equal(ast_feed_stats(&f).bad, 0);
    for (int i = 0; i < 3; i++)
        close(peer[i]);
    ast_feed_fini(&f);
}

static void producers_beyond_the_limit_are_closed_and_counted(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_tcp("tcp://127.0.0.1:%u?mode=listen"), 0);
    int peer[AS_FEED_PRODUCERS_MAX + 1];
    for (int i = 0; i < AS_FEED_PRODUCERS_MAX + 1; i++) {
        peer[i] = ast_connect(SOCK_STREAM, f.port);
        AST_FEED_UNTIL(&f, ast_feed_stats(&f).connects + ast_feed_stats(&f).refused == (uint64_t)i + 1);
    }
    char byte;
    assert_int_equal(recv(peer[AS_FEED_PRODUCERS_MAX], &byte, 1, 0), 0);
    assert_int_equal(ast_feed_stats(&f).refused, 1);
    for (int i = 0; i < AS_FEED_PRODUCERS_MAX + 1; i++)
        close(peer[i]);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).disconnects == AS_FEED_PRODUCERS_MAX);
    peer[0] = ast_connect(SOCK_STREAM, f.port);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_LIVE);
    close(peer[0]);
    ast_feed_fini(&f);
}

static void a_cut_off_producer_loses_its_half_line_only(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_tcp("tcp://127.0.0.1:%u?mode=listen"), 0);
    int peer = ast_connect(SOCK_STREAM, f.port);
    say(peer, trade);
    assert_int_equal(send(peer, trade, 25, 0), 25);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).messages == 1);
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).bytes == strlen(trade) + 25);
    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    close(peer);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).disconnects == 1);
    assert_int_equal(as_ring_depth(f.events), 1);
    assert_int_equal(ast_feed_bad(&f, "bad_json"), 1);
    ast_feed_fini(&f);
}

static void a_listening_port_in_use_is_an_error_of_open(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    f.port = ast_free_port(SOCK_STREAM);
    int server = ast_listen(f.port);
    assert_int_equal(open_tcp("tcp://127.0.0.1:%u?mode=listen"), -EADDRINUSE);
    assert_null(f.feed);
    assert_non_null(strstr(as_error_message(0), f.config.source));
    assert_non_null(strstr(as_error_message(0), "in use"));
    assert_string_equal(as_error_message(1), "aftershock.yaml:12: feed \"test\"");
    close(server);
    ast_feed_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_connects_where_somebody_listens_and_stays_a_client),
        cmocka_unit_test(auto_listens_where_nobody_does),
        cmocka_unit_test(connect_goes_on_until_somebody_listens),
        cmocka_unit_test(several_producers_do_not_mix_their_lines),
        cmocka_unit_test(producers_beyond_the_limit_are_closed_and_counted),
        cmocka_unit_test(a_cut_off_producer_loses_its_half_line_only),
        cmocka_unit_test(a_listening_port_in_use_is_an_error_of_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
