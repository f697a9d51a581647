#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/decode/ndjson.h"
#include "tests/support/feed_fixture.h"
#include "tests/support/mold_server.h"

/* Midnight of 2026-07-01 in New York is 04:00 UTC: 1782878400 s. */
#define MIDNIGHT_NS (UINT64_C(1782878400) * AS_NS_PER_S)

static ast_feed f;

static int open_itch(const char *url)
{
    return ast_feed_open(&f, url, AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50);
}

static void itch_over_moldudp64_becomes_events_of_one_instant_a_datagram(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_itch("udp://127.0.0.1:%u"), 0);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    int out = ast_connect(SOCK_DGRAM, f.port);
    uint64_t before = as_clock_now_ns();
    as_itch50 message[] = {ast_directory(7, "AMD"), ast_add(7, 1001, 'B', 100, 1572400),
                           ast_add(7, 1002, 'S', 200, 1572600)};
    ast_mold_send(out, ast_session, 1, message, 3);
    ast_mold_send(out, ast_session, 4, &(as_itch50){.ts_ns = AST_TS_NS, .locate = 7, .type = 'D', .remove = {1001}}, 1);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 4);
    uint64_t after = as_clock_now_ns();

    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_STATUS);
    assert_int_equal(ev.instrument, 1);
    assert_int_equal(ev.flags & AS_EVENT_LAST, 0);
    uint64_t ts_recv = ev.ts_recv;
    assert_true(ts_recv >= before - AS_NS_PER_MS && ts_recv <= after + AS_NS_PER_MS);
    ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_ORDER_ADD);
    assert_int_equal(ev.ts_event, MIDNIGHT_NS + AST_TS_NS);
    assert_int_equal(ev.ts_recv, ts_recv);
    assert_int_equal(ev.order.px, 157240000000);
    assert_int_equal(ev.flags & AS_EVENT_LAST, 0);
    ev = ast_feed_event(&f);
    assert_int_equal(ev.order.ref, 1002);
    assert_int_equal(ev.flags, AS_EVENT_LAST | AS_EVENT_SELL);
    ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_ORDER_DELETE);
    assert_int_equal(ev.flags, AS_EVENT_LAST);
    assert_true(ev.ts_recv >= ts_recv);

    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.state, AS_FEED_LIVE);
    assert_int_equal(stats.packets, 2);
    assert_int_equal(stats.messages, 4);
    assert_int_equal(stats.events, 4);
    assert_int_equal(stats.bad + stats.gaps + stats.dropped, 0);
    close(out);
    ast_feed_fini(&f);
}

static void a_hole_in_the_sequence_is_a_gap_and_the_feed_is_stale(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_itch("udp://239.255.19.1:%u?if=lo"), 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(f.port)};
    struct ip_mreqn lo = {.imr_address.s_addr = htonl(INADDR_LOOPBACK)};
    inet_pton(AF_INET, "239.255.19.1", &to.sin_addr);
    int out = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(setsockopt(out, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo), 0);
    assert_int_equal(connect(out, (struct sockaddr *)&to, sizeof to), 0);
    as_itch50 first = ast_directory(7, "NVDA"), add = ast_add(7, 1, 'B', 1, 10000);
    ast_mold_send(out, ast_session, 1, &first, 1);
    ast_mold_send(out, ast_session, 5, &add, 1);
    ast_mold_send(out, ast_session, 3, &add, 1); /* too late */
    ast_mold_send(out, ast_session, 9, NULL, 0); /* a heartbeat reveals the lost tail */
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == 4);
    ast_feed_event(&f);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_GAP);
    assert_int_equal(ev.gap.from_seq, 2);
    assert_int_equal(ev.gap.to_seq, 5);
    assert_int_equal(ev.flags, 0);
    assert_int_equal(ev.instrument, AS_INSTRUMENT_NONE);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_ORDER_ADD);
    ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_GAP);
    assert_int_equal(ev.gap.from_seq, 6);
    assert_int_equal(ev.gap.to_seq, 9);
    assert_int_equal(ev.flags, AS_EVENT_LAST);
    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.state, AS_FEED_STALE);
    assert_int_equal(stats.gaps, 2);
    assert_int_equal(stats.lost, 6);
    assert_int_equal(stats.duplicates, 1);
    assert_int_equal(stats.heartbeats, 1);
    close(out);
    ast_feed_fini(&f);
}

static void who_joins_late_begins_with_a_gap(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_itch("udp://127.0.0.1:%u"), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    as_itch50 message = ast_directory(7, "NVDA");
    ast_mold_send(out, ast_session, 1000, &message, 1);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 2);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_GAP);
    assert_int_equal(ev.gap.from_seq, 1);
    assert_int_equal(ev.gap.to_seq, 1000);
    close(out);
    ast_feed_fini(&f);
}

static void a_new_session_empties_the_books_and_is_live_again(void **state)
{
    (void)state;
    static const uint8_t next[AS_PACKET_SESSION_BYTES] = {'0', '0', '0', '0', '0', '0', '0', '0', '1', 'B'};
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_itch("udp://127.0.0.1:%u"), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    as_itch50 message[] = {ast_directory(7, "META"), ast_directory(8, "ELSE"), ast_directory(9, "NVDA"),
                           ast_add(8, 1, 'B', 1, 10000)};
    ast_mold_send(out, ast_session, 2, message, 4);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 3);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_STALE);
    for (int i = 0; i < 3; i++)
        ast_feed_event(&f);
    ast_mold_send(out, next, 1, message, 1);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 3);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_CLEAR);
    assert_int_equal(ev.instrument, 2);
    ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_CLEAR);
    assert_int_equal(ev.instrument, 0);
    ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_STATUS);
    assert_int_equal(ev.flags, AS_EVENT_LAST);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
    assert_int_equal(ast_feed_stats(&f).restarts, 1);
    assert_int_equal(ast_feed_stats(&f).unknown_symbol, 1);
    close(out);
    ast_feed_fini(&f);
}

static void what_is_not_right_is_counted_by_reason(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(open_itch("udp://127.0.0.1:%u"), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    as_itch50 add = ast_add(77, 1, 'B', 1, 10000);
    uint8_t packet[AS_DATAGRAM_BYTES + 1] = {0};
    send(out, packet, 19, 0);
    size_t bytes = ast_mold(packet, ast_session, 0, &add, 1);
    send(out, packet, bytes, 0);
    bytes = ast_mold(packet, ast_session, 1, &add, 1); /* of a locate never announced */
    packet[19] = 2;                                    /* one more than there are */
    send(out, packet, bytes, 0);
    bytes = ast_mold(packet, ast_session, 2, &add, 1);
    packet[22] = '~';
    send(out, packet, bytes + 1, 0);
    packet[17] = 3;
    packet[22] = 'R';
    send(out, packet, bytes, 0);
    packet[17] = 4;
    send(out, packet, sizeof packet, 0);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == 6);
    assert_int_equal(ast_feed_bad(&f, "short_header"), 1);
    assert_int_equal(ast_feed_bad(&f, "bad_sequence"), 1);
    assert_int_equal(ast_feed_bad(&f, "cut_packet"), 1);
    assert_int_equal(ast_feed_bad(&f, "unknown_type"), 1);
    assert_int_equal(ast_feed_bad(&f, "trailing_bytes"), 2);
    assert_int_equal(ast_feed_bad(&f, "short_message"), 2);
    assert_int_equal(ast_feed_bad(&f, "unknown_locate"), 1);
    assert_int_equal(ast_feed_bad(&f, "truncated_datagram"), 1);
    assert_int_equal(ast_feed_stats(&f).bad, 10);
    while (as_ring_depth(f.events) > 0) /* what was too short was something that is not known now */
        assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_GAP);
    close(out);
    ast_feed_fini(&f);
}

static void a_redundant_line_fills_the_hole(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    uint16_t port_b = ast_free_port(SOCK_DGRAM);
    snprintf(f.config.redundant, sizeof f.config.redundant, "udp://127.0.0.1:%u", port_b);
    assert_int_equal(open_itch("udp://127.0.0.1:%u"), 0);
    int a = ast_connect(SOCK_DGRAM, f.port), b = ast_connect(SOCK_DGRAM, port_b);
    as_itch50 message[] = {ast_directory(7, "NVDA"), ast_add(7, 2, 'B', 1, 10000), ast_add(7, 3, 'B', 1, 10000)};
    ast_mold_send(a, ast_session, 1, &message[0], 1);
    ast_mold_send(b, ast_session, 1, &message[0], 1);
    ast_mold_send(b, ast_session, 2, &message[1], 1);
    ast_mold_send(a, ast_session, 3, &message[2], 1);
    ast_mold_send(b, ast_session, 3, &message[2], 1);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == 5);
    assert_int_equal(as_ring_depth(f.events), 3);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_STATUS);
    assert_int_equal(ast_feed_event(&f).order.ref, 2);
    assert_int_equal(ast_feed_event(&f).order.ref, 3);
    assert_int_equal(ast_feed_stats(&f).gaps, 0);
    assert_int_equal(ast_feed_stats(&f).duplicates, 2);
    /* Nobody fills this one: the gap is told when the window is over. */
    ast_mold_send(a, ast_session, 6, &message[2], 1);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 2);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_GAP);
    assert_int_equal(ast_feed_stats(&f).lost, 2);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_STALE);
    close(a);
    close(b);
    ast_feed_fini(&f);
}

/* ---- retransmission ---- */

static ast_mold_server server;

/* One message is a directory, the others are orders with their number. */
static uint64_t directory_seq;

static bool is_directory(uint64_t seq)
{
    return seq == directory_seq;
}

/* A feed of one line and a server that knows messages 1 to count. */
static int open_with_server(uint64_t count, uint64_t directory)
{
    directory_seq = directory;
    ast_feed_init(&f, 8192, 4);
    ast_mold_server_open(&server, ast_session);
    snprintf(f.config.retransmit, sizeof f.config.retransmit, "udp://127.0.0.1:%u", server.port);
    assert_int_equal(open_itch("udp://127.0.0.1:%u"), 0);
    for (uint64_t seq = 1; seq <= count; seq++) {
        as_itch50 message = is_directory(seq) ? ast_directory(7, "NVDA") : ast_add(7, seq, 'B', 1, 10000);
        assert_int_equal(ast_mold_server_add(&server, &message), seq);
    }
    return ast_connect(SOCK_DGRAM, f.port);
}

static void end_with_server(int out)
{
    close(out);
    ast_mold_server_close(&server);
    ast_feed_fini(&f);
}

enum { ANY = -1 };

/* Messages [from, to) have come out, once and in order; flags: besides LAST. */
static void expect_messages(uint64_t from, uint64_t to, int flags)
{
    AST_FEED_UNTIL(&f, ast_mold_server_turn(&server) && as_ring_depth(f.events) >= to - from);
    for (uint64_t seq = from; seq < to; seq++) {
        as_event ev = ast_feed_event(&f);
        assert_int_equal(ev.kind, is_directory(seq) ? AS_EVENT_STATUS : AS_EVENT_ORDER_ADD);
        if (!is_directory(seq))
            assert_int_equal(ev.order.ref, seq);
        if (flags != ANY)
            assert_int_equal(ev.flags & ~AS_EVENT_LAST, flags);
    }
}

static void what_is_missing_is_asked_for_and_answered(void **state)
{
    (void)state;
    int out = open_with_server(6, 1);
    ast_mold_server_publish(&server, out, 1, 2, 1);
    expect_messages(1, 2, 0);
    ast_mold_server_publish(&server, out, 4, 5, 1);
    expect_messages(2, 4, AS_EVENT_MORE); /* they are the past, and no price to act on */
    expect_messages(4, 5, 0);
    assert_int_equal(server.requests, 1);
    assert_int_equal(server.last.seq, 2);
    assert_int_equal(server.last.count, 2);
    assert_int_equal(server.refused, 0);
    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.gaps, 0);
    assert_int_equal(stats.filled, 2);
    assert_int_equal(stats.requested, 1);
    assert_int_equal(stats.state, AS_FEED_LIVE);
    assert_int_equal(stats.line[AS_ARBITER_A].packets, 2);
    assert_int_equal(stats.line[AS_ARBITER_A].firsts, 2);
    assert_int_equal(stats.line[AS_ARBITER_RETRANSMIT].packets, 1);
    assert_int_equal(stats.line[AS_ARBITER_RETRANSMIT].filled, 2);
    end_with_server(out);
}

static void a_request_that_is_lost_is_repeated_and_then_the_hole_is_a_gap(void **state)
{
    (void)state;
    int out = open_with_server(20, 1);
    ast_mold_server_publish(&server, out, 1, 3, 1);
    ast_mold_server_publish(&server, out, 6, 7, 1);
    server.deaf_count = 1;
    expect_messages(1, 3, 0);
    expect_messages(3, 6, AS_EVENT_MORE);
    expect_messages(6, 7, 0);
    assert_int_equal(server.requests, 2);
    assert_int_equal(ast_feed_stats(&f).gaps, 0);
    server.deaf_count = 1000;
    uint64_t before = as_clock_monotonic_ns();
    ast_mold_server_publish(&server, out, 11, 13, 1);
    AST_FEED_UNTIL(&f, ast_mold_server_turn(&server) && as_ring_depth(f.events) == 3);
    assert_true(as_clock_monotonic_ns() - before >= AS_FEED_REQUEST_TRIES * AS_FEED_REQUEST_MS * AS_NS_PER_MS);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_GAP);
    assert_int_equal(ev.gap.from_seq, 7);
    assert_int_equal(ev.gap.to_seq, 11);
    expect_messages(11, 12, AS_EVENT_MORE);
    expect_messages(12, 13, 0);
    assert_int_equal(server.requests, 2 + AS_FEED_REQUEST_TRIES);
    assert_int_equal(ast_feed_stats(&f).lost, 4);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_STALE);
    end_with_server(out);
}

static void who_joins_late_is_told_all_that_was_before_and_has_no_price_until_then(void **state)
{
    (void)state;
    int out = open_with_server(3005, 1);
    server.packet_max = 1; /* each answer is a packet, of some thirty messages, whatever was asked for */
    uint64_t before = as_clock_monotonic_ns();
    ast_mold_server_publish(&server, out, 3001, 3003, 1);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_STALE);
    expect_messages(1, 2900, AS_EVENT_MORE);
    expect_messages(2900, 3001, ANY);
    uint64_t took = as_clock_monotonic_ns() - before;
    expect_messages(3001, 3002, AS_EVENT_MORE);
    expect_messages(3002, 3003, 0);
    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.gaps + stats.lost, 0);
    assert_int_equal(stats.state, AS_FEED_LIVE);
    assert_int_equal(stats.line[AS_ARBITER_RETRANSMIT].firsts, 3000);
    assert_int_equal(stats.requested, server.requests);
    assert_in_range(server.requests, 3000 / 37, 3000 / 30);
    print_message("%u requests for 3000 messages in %llu ms\n", server.requests, (unsigned long long)took / 1000000);
    assert_true(server.requests <= 1 + took * AS_FEED_REQUEST_HZ / AS_NS_PER_S); /* bounded */
    ast_mold_server_publish(&server, out, 3005, 3006, 1);
    expect_messages(3003, 3005, AS_EVENT_MORE); /* a later hole is the past as well */
    expect_messages(3005, 3006, 0);
    end_with_server(out);
}

static void what_the_server_does_not_have_is_lost_and_the_rest_is_not(void **state)
{
    (void)state;
    int out = open_with_server(100, 41);
    server.from_seq = 41;
    server.messages_max = 7;
    ast_mold_server_publish(&server, out, 90, 101, 3);
    AST_FEED_UNTIL(&f, ast_mold_server_turn(&server) && as_ring_depth(f.events) >= 61);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_GAP);
    assert_int_equal(ev.gap.from_seq, 1);
    assert_int_equal(ev.gap.to_seq, 41);
    assert_int_equal(ast_feed_stats(&f).lost, 40);
    assert_int_equal(ast_feed_stats(&f).gaps, 1);
    expect_messages(41, 99, AS_EVENT_MORE);
    expect_messages(99, 101, 0);
    end_with_server(out);
}

/* ---- NDJSON ---- */

static void a_full_ring_loses_counts_and_tells(void **state)
{
    (void)state;
    ast_feed_init(&f, 4, 4);
    assert_int_equal(open_itch("udp://127.0.0.1:%u"), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    as_itch50 message[10];
    for (unsigned i = 0; i < 10; i++)
        message[i] = ast_directory((uint16_t)i, "NVDA");
    ast_mold_send(out, ast_session, 1, message, 10);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == 1);
    assert_int_equal(ast_feed_stats(&f).dropped, 6);
    for (int i = 0; i < 4; i++)
        assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_STATUS);
    ast_feed_turn(&f);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_GAP);
    assert_int_equal(ev.flags, AS_EVENT_LAST);
    assert_int_equal(ev.gap.to_seq - ev.gap.from_seq, 6);
    assert_int_equal(as_ring_depth(f.events), 0);
    close(out);
    ast_feed_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(itch_over_moldudp64_becomes_events_of_one_instant_a_datagram),
        cmocka_unit_test(a_hole_in_the_sequence_is_a_gap_and_the_feed_is_stale),
        cmocka_unit_test(who_joins_late_begins_with_a_gap),
        cmocka_unit_test(a_new_session_empties_the_books_and_is_live_again),
        cmocka_unit_test(what_is_not_right_is_counted_by_reason),
        cmocka_unit_test(a_redundant_line_fills_the_hole),
        cmocka_unit_test(what_is_missing_is_asked_for_and_answered),
        cmocka_unit_test(a_request_that_is_lost_is_repeated_and_then_the_hole_is_a_gap),
        cmocka_unit_test(who_joins_late_is_told_all_that_was_before_and_has_no_price_until_then),
        cmocka_unit_test(what_the_server_does_not_have_is_lost_and_the_rest_is_not),
        cmocka_unit_test(a_full_ring_loses_counts_and_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
