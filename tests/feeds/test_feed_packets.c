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
    assert_int_equal(as_ring_depth(f.events), 0);
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

static void what_is_missing_is_asked_for_and_answered(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from;
    socklen_t from_bytes = sizeof from;
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof at), 0);
    snprintf(f.config.retransmit, sizeof f.config.retransmit, "udp://127.0.0.1:%u", as_socket_port(server));
    assert_int_equal(open_itch("udp://127.0.0.1:%u"), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    as_itch50 message[] = {ast_directory(7, "NVDA"), ast_add(7, 2, 'B', 1, 10000), ast_add(7, 3, 'B', 1, 10000),
                           ast_add(7, 4, 'B', 1, 10000)};
    ast_mold_send(out, ast_session, 1, &message[0], 1);
    ast_mold_send(out, ast_session, 4, &message[3], 1);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).requested == 1);
    uint8_t packet[AS_DATAGRAM_BYTES];
    as_packet_request request;
    ssize_t bytes = recvfrom(server, packet, sizeof packet, 0, (struct sockaddr *)&from, &from_bytes);
    assert_true(bytes > 0 && as_mold_request_decode(packet, (size_t)bytes, &request));
    assert_int_equal(request.seq, 2);
    assert_int_equal(request.count, 2);
    assert_memory_equal(request.session, ast_session, sizeof request.session);
    bytes = (ssize_t)ast_mold(packet, ast_session, 2, &message[1], 2);
    assert_int_equal(sendto(server, packet, (size_t)bytes, 0, (struct sockaddr *)&from, from_bytes), bytes);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 4);
    ast_feed_event(&f);
    for (uint64_t ref = 2; ref <= 4; ref++)
        assert_int_equal(ast_feed_event(&f).order.ref, ref);
    assert_int_equal(ast_feed_stats(&f).gaps, 0);
    assert_int_equal(ast_feed_stats(&f).filled, 2);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
    close(out);
    close(server);
    ast_feed_fini(&f);
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
        cmocka_unit_test(a_full_ring_loses_counts_and_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
