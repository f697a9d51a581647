#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "core/clock.h"
#include "feeds/live/feed_backfill.h"
#include "tests/support/web_peer.h"

enum { RETRY_MS = 20 };

#define FROM_NS UINT64_C(1782912605999999999) /* 2026-07-01T13:30:05.999999999Z */

static ast_peer peer;
static as_reactor *reactor;
static as_backfill *backfill;
static unsigned pages, failures;
static char last_page[256], why[256], request[4096];
static const char *next_token;

static const char *on_page(void *ctx, const char *body, size_t body_bytes, uint64_t ts_recv_ns)
{
    (void)ctx;
    assert_true(ts_recv_ns > 0);
    pages++;
    snprintf(last_page, sizeof last_page, "%.*s", (int)body_bytes, body);
    return next_token;
}

static void on_failed(void *ctx, const char *text)
{
    (void)ctx;
    failures++;
    snprintf(why, sizeof why, "%s", text);
}

static void open_backfill(const char *form, const char *key, const char *secret, const char *symbols)
{
    char text[AS_URL_BYTES];
    as_url url;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    memset(&peer, 0, sizeof peer);
    peer.fd = -1;
    peer.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(peer.listen_fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(peer.listen_fd, 4), 0);
    snprintf(text, sizeof text, "http://127.0.0.1:%u%s", as_socket_port(peer.listen_fd), form);
    assert_int_equal(as_url_parse(text, &url), 0);
    assert_int_equal(as_reactor_open(&(as_reactor_options){.datagram_buffers = 8}, &reactor), 0);
    pages = failures = 0;
    next_token = "";
    assert_int_equal(as_backfill_open(&(as_backfill_options){.url = &url,
                                                             .key = key,
                                                             .secret = secret,
                                                             .symbols = symbols,
                                                             .retry_ms = RETRY_MS,
                                                             .answer_ms = 100,
                                                             .reactor = reactor,
                                                             .page = on_page,
                                                             .failed = on_failed},
                                      &backfill),
                     0);
}

static void close_backfill(void)
{
    as_backfill_close(backfill);
    as_backfill_close(NULL);
    as_reactor_close(reactor);
    ast_peer_close(&peer);
    close(peer.listen_fd);
}

static uint64_t now_ns(void)
{
    return as_clock_now_ns();
}

static void turn(void)
{
    as_reactor_poll(reactor, AS_NS_PER_MS);
    as_backfill_poll(backfill, now_ns());
    ast_peer_poll(&peer);
}

#define UNTIL(condition)                                                                                               \
    do {                                                                                                               \
        uint64_t limit_ = as_clock_monotonic_ns() + 3 * AS_NS_PER_S;                                                   \
        while (!(condition) && as_clock_monotonic_ns() < limit_)                                                       \
            turn();                                                                                                    \
        assert_true(condition);                                                                                        \
    } while (0)

static void expect_request(const char *line)
{
    UNTIL(ast_peer_has_request(&peer));
    ast_peer_take_request(&peer, request, sizeof request);
    if (strncmp(request, line, strlen(line)) != 0)
        fail_msg("%s", request);
}

static void queries_are_encoded(void **state)
{
    (void)state;
    char out[32];
    assert_true(as_query_encode("aZ09-._~,", out, sizeof out));
    assert_string_equal(out, "aZ09-._~,");
    assert_true(as_query_encode("a b&c=/?\xc3\xa9%", out, sizeof out));
    assert_string_equal(out, "a%20b%26c%3D%2F%3F%C3%A9%25");
    assert_false(as_query_encode("0123456789012345678901234567890123", out, sizeof out));
    assert_true(as_query_encode("", out, 1));
    assert_false(as_query_encode("a", out, 1));
}

static void pages_are_asked_for_one_after_the_other_on_one_connection(void **state)
{
    (void)state;
    char field[128];
    open_backfill("/v1beta1/news", "the-key", "the-secret", "META,BRK.B");
    for (int i = 0; i < 20; i++)
        turn();
    assert_int_equal(peer.fd, -1); /* nothing is asked for yet */
    assert_false(as_backfill_is_busy(backfill));
    as_backfill_start(backfill, FROM_NS, now_ns());
    assert_true(as_backfill_is_busy(backfill));
    expect_request(
        "GET /v1beta1/news?start=2026-07-01T13%3A30%3A05Z&sort=asc&limit=50&symbols=META,BRK.B HTTP/1.1\r\n");
    ast_request_field(request, "APCA-API-KEY-ID", field, sizeof field);
    assert_string_equal(field, "the-key");
    ast_request_field(request, "APCA-API-SECRET-KEY", field, sizeof field);
    assert_string_equal(field, "the-secret");
    next_token = "a/b";
    ast_peer_answer(&peer, "200 OK", "", "first");
    int fd = peer.fd;
    expect_request(
        "GET /v1beta1/news?start=2026-07-01T13%3A30%3A05Z&sort=asc&limit=50&symbols=META,BRK.B&page_token=a%2Fb ");
    assert_int_equal(peer.fd, fd);
    assert_string_equal(last_page, "first");
    next_token = "";
    ast_peer_answer(&peer, "200 OK", "", "second");
    UNTIL(pages == 2 && peer.fd == -1); /* the connection is not kept */
    assert_string_equal(last_page, "second");
    assert_false(as_backfill_is_busy(backfill));
    assert_int_equal(failures, 0);
    /* Another outage later. */
    as_backfill_start(backfill, FROM_NS + 60 * AS_NS_PER_S, now_ns());
    expect_request(
        "GET /v1beta1/news?start=2026-07-01T13%3A31%3A05Z&sort=asc&limit=50&symbols=META,BRK.B HTTP/1.1\r\n");
    ast_peer_answer(&peer, "200 OK", "", "third");
    UNTIL(pages == 3);
    close_backfill();
}

static void a_server_that_does_not_keep_connections_is_called_again(void **state)
{
    (void)state;
    open_backfill("/news?feed=x", "", "", "*");
    as_backfill_start(backfill, FROM_NS, now_ns());
    expect_request("GET /news?feed=x&start=2026-07-01T13%3A30%3A05Z&sort=asc&limit=50 HTTP/1.1\r\n");
    assert_null(strstr(request, "APCA"));
    next_token = "2";
    ast_peer_answer(&peer, "200 OK", "Connection: close\r\n", "one");
    UNTIL(pages == 1 && peer.fd == -1);
    expect_request("GET /news?feed=x&start=2026-07-01T13%3A30%3A05Z&sort=asc&limit=50&page_token=2 HTTP/1.1\r\n");
    next_token = "";
    static const char by_close[] = "HTTP/1.0 200 OK\r\n\r\nuntil the end";
    ast_peer_send(&peer, by_close, sizeof by_close - 1);
    ast_peer_close(&peer);
    UNTIL(pages == 2);
    assert_string_equal(last_page, "until the end");
    assert_false(as_backfill_is_busy(backfill));
    close_backfill();
}

/* The ways in which an attempt can fail, one after the other. */
static void fail_as(unsigned way)
{
    static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut";
    if (way == 0)
        ast_peer_answer(&peer, "503 Service Unavailable", "", "later");
    else if (way == 1)
        ast_peer_answer(&peer, "429 Too Many Requests", "", "");
    else if (way == 2)
        ast_peer_send(&peer, cut, sizeof cut - 1);
    else if (way == 3)
        ast_peer_send(&peer, "SMTP ready\r\n", 12);
    else if (way == 4)
        ast_peer_answer(&peer, "200 OK", "", "no json");
    if (way == 2)
        ast_peer_close(&peer); /* the last one gets no answer at all */
}

static void attempts_that_fail_are_made_again_with_growing_pauses(void **state)
{
    (void)state;
    open_backfill("/", "", "", "");
    next_token = NULL; /* no body is right */
    as_backfill_start(backfill, FROM_NS, now_ns());
    uint64_t failed_ns = 0;
    for (unsigned i = 0; i < AS_BACKFILL_TRIES; i++) {
        expect_request("GET /?start=");
        uint64_t pause_ns = as_clock_monotonic_ns() - failed_ns, whole_ns = (RETRY_MS * AS_NS_PER_MS << i) / 2;
        if (i > 0 && (pause_ns < whole_ns / 2 || pause_ns > whole_ns + 300 * AS_NS_PER_MS))
            fail_msg("pause %u: %u us", i, (unsigned)(pause_ns / 1000));
        failed_ns = as_clock_monotonic_ns();
        fail_as(i);
        UNTIL(peer.fd == -1);
    }
    UNTIL(failures == 1);
    assert_int_equal(pages, 1);
    assert_false(as_backfill_is_busy(backfill));
    assert_string_equal(why, "the answer takes too long");
    close_backfill();
}

static void a_status_that_says_no_is_final(void **state)
{
    (void)state;
    static const char *const status[] = {"401 Unauthorized", "403 Forbidden", "404 Not Found", "422 Unprocessable"};
    for (unsigned i = 0; i < 4; i++) {
        open_backfill("/", "k", "s", "*");
        as_backfill_start(backfill, FROM_NS, now_ns());
        expect_request("GET /?start=");
        ast_peer_answer(&peer, status[i], "", "{\"message\":\"no\"}");
        UNTIL(failures == 1);
        assert_int_equal(strncmp(why, "the server answers with status 4", 32), 0);
        assert_false(as_backfill_is_busy(backfill));
        UNTIL(peer.fd == -1);
        close_backfill();
    }
}

static void pages_without_end_are_given_up(void **state)
{
    (void)state;
    open_backfill("/", "", "", "");
    as_backfill_start(backfill, FROM_NS, now_ns());
    next_token = "again";
    for (unsigned i = 0; i < AS_BACKFILL_PAGES_MAX; i++) {
        expect_request("GET /?start=");
        ast_peer_answer(&peer, "200 OK", "", "page");
    }
    UNTIL(failures == 1);
    assert_string_equal(why, "too many pages");
    assert_int_equal(pages, AS_BACKFILL_PAGES_MAX);
    close_backfill();
}

static void a_secret_that_cannot_stand_in_a_request_is_never_sent(void **state)
{
    (void)state;
    open_backfill("/", "key", "evil\r\nX-Other: 1", "");
    as_backfill_start(backfill, FROM_NS, now_ns());
    UNTIL(failures == 1);
    assert_null(strstr(why, "evil"));
    assert_int_equal(peer.got_bytes, 0);
    close_backfill();
}

static void a_start_while_it_is_at_work_changes_nothing(void **state)
{
    (void)state;
    open_backfill("/", "", "", "");
    as_backfill_start(backfill, FROM_NS, now_ns());
    as_backfill_start(backfill, FROM_NS + AS_NS_PER_DAY, now_ns());
    expect_request("GET /?start=2026-07-01T13%3A30%3A05Z&");
    as_backfill_start(backfill, FROM_NS + AS_NS_PER_DAY, now_ns());
    ast_peer_answer(&peer, "200 OK", "", "page");
    UNTIL(pages == 1 && peer.fd == -1);
    assert_false(as_backfill_is_busy(backfill));
    close_backfill();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_are_encoded),
        cmocka_unit_test(pages_are_asked_for_one_after_the_other_on_one_connection),
        cmocka_unit_test(a_server_that_does_not_keep_connections_is_called_again),
        cmocka_unit_test(attempts_that_fail_are_made_again_with_growing_pauses),
        cmocka_unit_test(a_status_that_says_no_is_final),
        cmocka_unit_test(pages_without_end_are_given_up),
        cmocka_unit_test(a_secret_that_cannot_stand_in_a_request_is_never_sent),
        cmocka_unit_test(a_start_while_it_is_at_work_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
