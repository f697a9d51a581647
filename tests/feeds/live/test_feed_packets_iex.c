#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "feeds/decode/deep.h"
#include "feeds/decode/tops.h"
#include "feeds/framing/iextp.h"
#include "tests/support/feed_fixture.h"

#define TS INT64_C(1782912600000000123) /* 2026-07-01 13:30 UTC */

static const as_iextp_stream tops = {AS_IEXTP_TOPS16, 1, 7};
static const as_iextp_stream deep = {AS_IEXTP_DEEP10, 1, 7};

static ast_feed f;

static void send_iex(int fd, const as_iextp_stream *stream, uint64_t seq, const as_iex *message, unsigned count)
{
    uint8_t out[1400], bytes[AS_IEX_BYTES_MAX];
    as_iextp_builder builder;
    as_iextp_builder_init(&builder, stream, seq, out, sizeof out);
    for (unsigned i = 0; i < count; i++) {
        size_t n = stream->protocol == AS_IEXTP_DEEP10 ? as_deep_encode(&message[i], bytes, sizeof bytes)
                                                       : as_tops_encode(&message[i], bytes, sizeof bytes);
        assert_true(n > 0 && as_iextp_builder_add(&builder, bytes, n));
    }
    size_t n = as_iextp_builder_finish(&builder, (uint64_t)TS + 1000);
    assert_int_equal(send(fd, out, n, 0), n);
}

static as_iex quote(const char symbol[9], int64_t bid_px4)
{
    as_iex m = {.type = 'Q', .ts_ns = TS, .quote = {bid_px4, bid_px4 + 100, 300, 200}};
    memcpy(m.symbol, symbol, sizeof m.symbol);
    return m;
}

static as_iex level(char type, uint8_t flags, int64_t px4)
{
    return (as_iex){.type = type, .ts_ns = TS, .flags = flags, .symbol = "AMD     ", .level = {px4, 100}};
}

static void tops_over_iextp_becomes_quotes(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_IEXTP, AS_FORMAT_TOPS), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    as_iex m[] = {quote("NVDA    ", 1572400), quote("IBM     ", 1), quote("AMD     ", 1000000)};
    send_iex(out, &tops, 1, m, 3);
    send_iex(out, &deep, 1, NULL, 0); /* the other feed on the same port is left alone */
    send_iex(out, &tops, 4, NULL, 0);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == 3);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_QUOTE);
    assert_int_equal(ev.instrument, 0);
    assert_int_equal(ev.quote.bid_px, 157240000000);
    assert_int_equal(ev.ts_event, TS);
    assert_int_equal(ev.flags & AS_EVENT_LAST, 0);
    ev = ast_feed_event(&f);
    assert_int_equal(ev.instrument, 1);
    assert_int_equal(ev.flags, AS_EVENT_LAST);
    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.state, AS_FEED_LIVE);
    assert_int_equal(stats.messages, 3);
    assert_int_equal(stats.heartbeats, 1);
    assert_int_equal(stats.unknown_symbol, 1);
    assert_int_equal(stats.gaps + stats.restarts, 0);
    assert_int_equal(ast_feed_bad(&f, "foreign_packet"), 1);
    close(out);
    ast_feed_fini(&f);
}

static void deep_over_iextp_becomes_levels_and_a_hole_is_a_gap(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_IEXTP, AS_FORMAT_DEEP), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    as_iex m[] = {level('8', 0, 1572400), level('5', AS_IEX_EVENT_COMPLETE, 1572600)};
    send_iex(out, &deep, 1, m, 2);
    send_iex(out, &deep, 5, m, 1);
    send_iex(out, &tops, 1, NULL, 0);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == 3);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_LEVEL);
    assert_int_equal(ev.flags, AS_EVENT_MORE);
    assert_int_equal(ev.level.px, 157240000000);
    ev = ast_feed_event(&f);
    assert_int_equal(ev.flags, AS_EVENT_LAST | AS_EVENT_SELL);
    ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_GAP);
    assert_int_equal(ev.gap.from_seq, 3);
    assert_int_equal(ev.gap.to_seq, 5);
    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.state, AS_FEED_STALE);
    assert_int_equal(stats.lost, 2);
    assert_int_equal(ast_feed_bad(&f, "foreign_packet"), 1);
    close(out);
    ast_feed_fini(&f);
}

static void a_new_session_of_iex_clears_the_books_that_were_built(void **state)
{
    (void)state;
    static const as_iextp_stream next_day = {AS_IEXTP_DEEP10, 1, 8};
    ast_feed_init(&f, 64, 4);
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_IEXTP, AS_FORMAT_DEEP), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    as_iex m = level('8', AS_IEX_EVENT_COMPLETE, 1572400);
    send_iex(out, &deep, 1, &m, 1);
    send_iex(out, &next_day, 1, &m, 1);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == 2);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_LEVEL);
    as_event ev = ast_feed_event(&f);
    assert_int_equal(ev.kind, AS_EVENT_CLEAR);
    assert_int_equal(ev.instrument, 1);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_LEVEL);
    assert_int_equal(ast_feed_stats(&f).restarts, 1);
    close(out);
    ast_feed_fini(&f);
}

static void iex_has_nobody_to_ask_for_what_was_lost(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    strcpy(f.config.retransmit, "udp://127.0.0.1:26401");
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_IEXTP, AS_FORMAT_TOPS), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "retransmit is given with framing iextp"));
    assert_null(f.feed);
    as_error_clear();
    f.config.retransmit[0] = '\0';
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_IEXTP, AS_FORMAT_TOPS), 0);
    ast_feed_fini(&f);
}

static void a_redundant_line_fills_what_the_first_one_lost(void **state)
{
    (void)state;
    ast_feed_init(&f, 64, 4);
    uint16_t port_b = ast_free_port(SOCK_DGRAM);
    snprintf(f.config.redundant, sizeof f.config.redundant, "udp://127.0.0.1:%u", port_b);
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_IEXTP, AS_FORMAT_TOPS), 0);
    int a = ast_connect(SOCK_DGRAM, f.port), b = ast_connect(SOCK_DGRAM, port_b);
    as_iex m[] = {quote("NVDA    ", 1), quote("NVDA    ", 2), quote("NVDA    ", 3)};
    send_iex(a, &tops, 1, &m[0], 1);
    send_iex(a, &tops, 3, &m[2], 1);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).packets == 2);
    send_iex(b, &tops, 1, m, 3);
    AST_FEED_UNTIL(&f, as_ring_depth(f.events) == 3);
    for (int64_t px4 = 1; px4 <= 3; px4++)
        assert_int_equal(ast_feed_event(&f).quote.bid_px, px4 * 100000);
    assert_int_equal(ast_feed_stats(&f).lost, 0);
    close(a);
    close(b);
    ast_feed_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tops_over_iextp_becomes_quotes),
        cmocka_unit_test(deep_over_iextp_becomes_levels_and_a_hole_is_a_gap),
        cmocka_unit_test(a_new_session_of_iex_clears_the_books_that_were_built),
        cmocka_unit_test(iex_has_nobody_to_ask_for_what_was_lost),
        cmocka_unit_test(a_redundant_line_fills_what_the_first_one_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
