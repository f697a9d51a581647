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
    static const uint8_t next[AS_MOLD_SESSION_BYTES] = {'0', '0', '0', '0', '0', '0', '0', '0', '1', 'B'};
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
    as_mold_request request;
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
        cmocka_unit_test(trusted_times_make_the_instants_however_the_stream_is_cut),
        cmocka_unit_test(a_headline_ends_the_instant_and_its_record_goes_before_it),
        cmocka_unit_test(without_trust_the_receive_time_is_ours_and_a_read_is_an_instant),
        cmocka_unit_test(bad_lines_are_counted_and_the_rest_goes_on),
        cmocka_unit_test(a_datagram_of_lines_is_an_instant),
        cmocka_unit_test(a_full_ring_loses_counts_and_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
