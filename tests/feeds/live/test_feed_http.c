#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include "feeds/live/feed_http.h"
#include "tests/support/feed_fixture.h"

/* ---- a server that answers what it is told to ---- */

enum { ANSWERS_MAX = 16, REQUEST_BYTES = 4096 };

typedef struct server {
    int listener, fd; /* fd: the connection, -1 if there is none */
    const char *answer[ANSWERS_MAX];
    size_t answer_bytes[ANSWERS_MAX];
    unsigned told, given; /* answers */
    unsigned accepts;
    bool silent;                 /* says nothing whatever is asked */
    bool close_after;            /* closes the connection behind each answer */
    bool close_before;           /* once: closes the connection when something is asked, without an answer */
    char request[REQUEST_BYTES]; /* the latest */
    size_t request_bytes;
} server;

static ast_feed f;
static server s;

static void tell(const char *answer)
{
    assert_true(s.told < ANSWERS_MAX);
    s.answer_bytes[s.told] = strlen(answer);
    s.answer[s.told++] = answer;
}

static void hang_up(void)
{
    if (s.fd >= 0)
        close(s.fd);
    s.fd = -1;
    s.request_bytes = 0;
}

static void answer(void)
{
    if (s.close_before) {
        s.close_before = false;
        hang_up();
        return;
    }
    if (s.silent)
        return;
    assert_true(s.given < s.told);
    size_t bytes = s.answer_bytes[s.given];
    assert_int_equal(send(s.fd, s.answer[s.given], bytes, MSG_NOSIGNAL), bytes);
    s.given++;
    s.request_bytes = 0;
    if (s.close_after)
        hang_up();
}

static void serve(void)
{
    if (s.fd < 0) {
        s.fd = accept4(s.listener, NULL, NULL, SOCK_NONBLOCK);
        if (s.fd < 0)
            return;
        s.accepts++;
    }
    char piece[REQUEST_BYTES];
    ssize_t n = recv(s.fd, piece, sizeof piece, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        hang_up();
        return;
    }
    if (n <= 0)
        return;
    assert_true(s.request_bytes + (size_t)n < sizeof s.request);
    memcpy(s.request + s.request_bytes, piece, (size_t)n);
    s.request_bytes += (size_t)n;
    s.request[s.request_bytes] = 0;
    if (strstr(s.request, "\r\n\r\n"))
        answer();
}

#define UNTIL(condition) AST_FEED_UNTIL(&f, (serve(), (condition)))

/* Turn for a while: what is not to happen does not. */
static void turn_for_ms(unsigned ms)
{
    uint64_t end = as_clock_monotonic_ns() + ms * AS_NS_PER_MS;
    while (as_clock_monotonic_ns() < end) {
        serve();
        ast_feed_turn(&f);
    }
}

static int set_up(void **state)
{
    (void)state;
    ast_feed_init(&f, 256, 64);
    memset(&s, 0, sizeof s);
    f.port = ast_free_port(SOCK_STREAM);
    s.listener = ast_listen(f.port);
    s.fd = -1;
    assert_int_equal(fcntl(s.listener, F_SETFL, O_NONBLOCK), 0);
    f.config.poll_ms = 100;
    strcpy(f.config.publisher, "wire");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hang_up();
    close(s.listener);
    ast_feed_fini(&f);
    return 0;
}

static void open_feed(void)
{
    assert_int_equal(ast_feed_open(&f, "http://127.0.0.1:%u/news/rss?a=b", AS_FRAMING_HTTP, AS_FORMAT_RSS), 0);
}

/* ---- documents ---- */

#define ITEM(id, title, minute)                                                                                        \
    "<item><guid>" id "</guid><title>" title "</title><pubDate>1 Jul 2026 09:" minute ":00 GMT</pubDate></item>"
#define RSS(items) "<rss xmlns:ndaq='http://www.nasdaqtrader.com/'><channel><title>W</title>" items "</channel></rss>"

/* A whole answer, in one of a few buffers in turn. */
static const char *ok(const char *fields, const char *document)
{
    static char text[ANSWERS_MAX][8192];
    static unsigned turn;
    char *out = text[turn++ % ANSWERS_MAX];
    int bytes = snprintf(out, sizeof text[0], "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n%s", fields,
                         strlen(document), document);
    assert_true(bytes > 0 && (size_t)bytes < sizeof text[0]);
    return out;
}

static void assert_headline(const char *text)
{
    const as_headline *slot = as_ring_peek(f.headlines);
    assert_non_null(slot);
    assert_string_equal(slot->text, text);
    as_event event = ast_feed_event(&f);
    assert_int_equal(event.kind, AS_EVENT_HEADLINE);
    assert_int_equal(event.ts_recv, slot->ts_recv);
    as_ring_release(f.headlines);
}

static void assert_no_headline(void)
{
    assert_null(as_ring_peek(f.headlines));
}

static bool answered(unsigned count)
{
    return s.given >= count && as_ring_peek(f.events) != NULL;
}

static void new_items_come_oldest_first_and_each_once(void **state)
{
    (void)state;
    tell(ok("", RSS(ITEM("2", "two", "32") ITEM("1", "one", "31"))));
    tell(ok("", RSS(ITEM("3", "three", "33") ITEM("2", "two", "32") ITEM("1", "one", "31"))));
    tell(ok("", RSS(ITEM("3", "three, corrected", "34") ITEM("2", "two", "35"))));
    tell(ok("", RSS("")));
    open_feed();
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    UNTIL(answered(1));
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
    assert_non_null(strstr(s.request, "GET /news/rss?a=b HTTP/1.1\r\nHost: 127.0.0.1:"));
    assert_non_null(strstr(s.request, "Accept-Encoding: gzip\r\n"));
    assert_null(strstr(s.request, "If-"));
    assert_headline("one");
    assert_headline("two");
    UNTIL(answered(2));
    assert_headline("three");
    UNTIL(answered(3));
    assert_headline("three, corrected"); /* and "two" with a later stamp says nothing new */
    assert_no_headline();
    UNTIL(s.given == 4);
    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.headlines, 4);
    assert_int_equal(stats.duplicates, 3);
    assert_int_equal(stats.messages, 7);
    assert_int_equal(stats.bad, 0);
    assert_int_equal(stats.gaps, 0);
    assert_int_equal(s.accepts, 1); /* kept */
    assert_int_equal(stats.connects, 1);
}

static void a_document_of_which_nothing_is_known_counts_as_a_gap(void **state)
{
    (void)state;
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    tell(ok("", RSS(ITEM("9", "nine", "39"))));
    tell(ok("", RSS("")));
    open_feed();
    UNTIL(s.given == 3);
    assert_int_equal(ast_feed_stats(&f).gaps, 1);
}

static void what_is_known_is_said_and_not_sent_again(void **state)
{
    (void)state;
    tell(ok("ETag: \"v1\"\r\nLast-Modified: Wed, 01 Jul 2026 09:31:00 GMT\r\n", RSS(ITEM("1", "one", "31"))));
    tell("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n");
    tell(ok("ETag: W/\"v2\"\r\n", RSS(ITEM("2", "two", "32") ITEM("1", "one", "31"))));
    tell("HTTP/1.1 304 Not Modified\r\n\r\n");
    tell("HTTP/1.1 304 Not Modified\r\n\r\n");
    open_feed();
    UNTIL(answered(1));
    assert_headline("one");
    UNTIL(s.given == 2);
    assert_non_null(
        strstr(s.request, "\r\nIf-None-Match: \"v1\"\r\nIf-Modified-Since: Wed, 01 Jul 2026 09:31:00 GMT\r\n"));
    UNTIL(answered(3));
    assert_headline("two");
    UNTIL(s.given == 4);
    assert_non_null(strstr(s.request, "\r\nIf-None-Match: W/\"v2\"\r\nConnection"));
    UNTIL(ast_feed_stats(&f).heartbeats == 2);
    assert_int_equal(ast_feed_stats(&f).bad, 0);
}

static void broken_documents_are_counted_and_asked_for_again_in_full(void **state)
{
    (void)state;
    tell(ok("ETag: \"v1\"\r\n", RSS(ITEM("1", "one", "31"))));
    tell(ok("ETag: \"v2\"\r\n", "<rss><channel>" ITEM("2", "two", "32")));
    tell(ok("", "<html/>"));
    tell(ok("", RSS(ITEM("2", "two", "32"))));
    open_feed();
    UNTIL(answered(1));
    assert_headline("one");
    UNTIL(s.given == 3);
    assert_null(strstr(s.request, "If-None-Match"));
    UNTIL(answered(4));
    assert_headline("two"); /* nothing of the half document went on, and nothing of it counts as seen */
    assert_int_equal(ast_feed_bad(&f, "bad_xml"), 1);
    assert_int_equal(ast_feed_bad(&f, "unknown_root"), 1);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
}

static void failures_back_off_and_make_the_feed_stale(void **state)
{
    (void)state;
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    tell("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
    tell("HTTP/1.1 404 Gone\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\noops\r\n0\r\n\r\n");
    tell("HTTP/1.1 304 Nothing was asked\r\n\r\n");
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    open_feed();
    UNTIL(s.given == 2 && ast_feed_bad(&f, "error_status") == 1);
    uint64_t begin = as_clock_monotonic_ns();
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
    UNTIL(ast_feed_bad(&f, "error_status") == 2);
    assert_true(as_clock_monotonic_ns() - begin >= 90 * AS_NS_PER_MS); /* 100 to 200 ms */
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_STALE);
    begin = as_clock_monotonic_ns();
    UNTIL(ast_feed_bad(&f, "error_status") == 3);
    assert_true(as_clock_monotonic_ns() - begin >= 190 * AS_NS_PER_MS); /* 200 to 400 ms */
    UNTIL(as_feed_state_get(f.feed) == AS_FEED_LIVE);
    assert_int_equal(s.accepts, 4); /* a connection on which something failed is not kept */
}

static void a_server_that_asks_for_patience_gets_it(void **state)
{
    (void)state;
    tell("HTTP/1.1 429 Slow down\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    open_feed();
    UNTIL(ast_feed_bad(&f, "error_status") == 1);
    uint64_t begin = as_clock_monotonic_ns();
    UNTIL(answered(2));
    assert_true(as_clock_monotonic_ns() - begin >= 990 * AS_NS_PER_MS);
    assert_headline("one");
}

static void a_date_in_retry_after_is_waited_for(void **state)
{
    (void)state;
    char text[160], date[64];
    time_t then = time(NULL) + 3600;
    struct tm civil;
    gmtime_r(&then, &civil);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &civil);
    snprintf(text, sizeof text, "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
    tell(text);
    open_feed();
    UNTIL(ast_feed_bad(&f, "error_status") == 1);
    turn_for_ms(300);
    assert_int_equal(s.given, 1);
    /* and it is over some day */
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    uint64_t later = as_clock_now_ns() + 3601 * AS_NS_PER_S;
    as_feed_poll_idle(f.feed, later);
    assert_int_equal(ast_feed_stats(&f).requested, 2);
}

static void redirects_within_the_server_are_followed(void **state)
{
    (void)state;
    char absolute[128];
    snprintf(absolute, sizeof absolute,
             "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:%u/abs#part\r\nContent-Length: 0\r\n\r\n", f.port);
    tell(absolute);
    tell("HTTP/1.1 302 Found\r\nLocation: /rooted/x?y\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    tell("HTTP/1.1 307 Temporary\r\nLocation: beside\r\nContent-Length: 0\r\n\r\n");
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    open_feed();
    UNTIL(s.given == 1);
    UNTIL(s.given == 2);
    assert_memory_equal(s.request, "GET /abs HTTP", 13);
    UNTIL(s.given == 3);
    assert_memory_equal(s.request, "GET /rooted/x?y HTTP", 20);
    UNTIL(answered(4));
    assert_memory_equal(s.request, "GET /rooted/beside HTTP", 23);
    assert_headline("one");
    UNTIL(s.given == 5);
    assert_memory_equal(s.request, "GET /news/rss?a=b HTTP", 22); /* for one poll only */
    assert_int_equal(ast_feed_stats(&f).bad, 0);
}

static void redirects_to_others_are_refused(void **state)
{
    (void)state;
    static const char *const locations[] = {"http://127.0.0.2:%u/x", "https://127.0.0.1:%u/x", "//evil:%u/x", "",
                                            "ftp://127.0.0.1:%u/",   "http://127.0.0.1:1/%u"};
    for (size_t i = 0; i < 6; i++) {
        char text[160], location[64] = "";
        if (locations[i][0])
            snprintf(location, sizeof location, "%.*s%u%s", (int)strcspn(locations[i], "%"), locations[i], f.port,
                     strstr(locations[i], "%u") + 2);
        snprintf(text, sizeof text, "HTTP/1.1 301 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", location);
        tell(text);
        open_feed();
        UNTIL(ast_feed_bad(&f, "redirect_refused") == 1);
        assert_int_equal(ast_feed_stats(&f).bad, 1);
        as_feed_close(f.feed);
        f.feed = NULL;
        hang_up();
    }
}

static void endless_redirects_end(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        tell("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
    open_feed();
    UNTIL(ast_feed_bad(&f, "redirect_refused") == 1);
    assert_int_equal(s.given, 6);
}

static void a_kept_connection_that_was_closed_is_made_again(void **state)
{
    (void)state;
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    tell(ok("", RSS(ITEM("2", "two", "32") ITEM("1", "one", "31"))));
    tell(ok("", RSS(ITEM("3", "three", "33") ITEM("1", "one", "31"))));
    open_feed();
    UNTIL(answered(1));
    assert_headline("one");
    s.close_before = true; /* it closes as the request arrives */
    UNTIL(answered(2));
    assert_headline("two");
    s.close_after = true;
    UNTIL(answered(3)); /* it closes in between */
    assert_headline("three");
    assert_int_equal(ast_feed_stats(&f).bad, 0);
    assert_int_equal(s.accepts, 2);
}

static void a_body_that_ends_with_the_connection_is_read(void **state)
{
    (void)state;
    s.close_after = true;
    tell("HTTP/1.0 200 OK\r\n\r\n" RSS(ITEM("1", "one", "31")));
    tell("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>");
    tell("nonsense\r\n");
    open_feed();
    UNTIL(answered(1));
    assert_headline("one");
    UNTIL(ast_feed_bad(&f, "cut") == 1);
    UNTIL(ast_feed_bad(&f, "bad_status") == 1);
}

static void a_slow_answer_is_given_up(void **state)
{
    (void)state;
    s.silent = true;
    open_feed();
    UNTIL(s.request_bytes > 0);
    uint64_t now_ns = as_clock_now_ns();
    as_feed_poll_idle(f.feed, now_ns + (AS_FEED_HTTP_ANSWER_MIN_MS - 1000) * AS_NS_PER_MS);
    assert_int_equal(ast_feed_bad(&f, "slow_answer"), 0);
    as_feed_poll_idle(f.feed, now_ns + (AS_FEED_HTTP_ANSWER_MIN_MS + 1) * AS_NS_PER_MS);
    assert_int_equal(ast_feed_bad(&f, "slow_answer"), 1);
    assert_int_equal(ast_feed_stats(&f).bad, 1);
    UNTIL(s.fd < 0); /* the connection is closed */
    s.silent = false;
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    UNTIL(answered(1));
    assert_headline("one");
}

static void a_server_that_is_not_there_is_tried_again(void **state)
{
    (void)state;
    close(s.listener);
    open_feed();
    UNTIL(ast_feed_bad(&f, "connection_failed") == 1);
    s.listener = ast_listen(f.port);
    assert_int_equal(fcntl(s.listener, F_SETFL, O_NONBLOCK), 0);
    tell(ok("", RSS(ITEM("1", "one", "31"))));
    UNTIL(answered(1));
    assert_headline("one");
}

static void a_body_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    tell("HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n<rss>");
    open_feed();
    UNTIL(ast_feed_bad(&f, "body_too_long") == 1);
}

static void bytes_that_nobody_asked_for_end_the_connection(void **state)
{
    (void)state;
    f.config.poll_ms = 10000;
    tell("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>HTTP/1.1 200 OK\r\n");
    open_feed();
    UNTIL(s.given == 1);
    UNTIL(s.fd < 0);
    assert_int_equal(ast_feed_stats(&f).bad, 0);
}

static void bad_items_are_counted_by_reason(void **state)
{
    (void)state;
    tell(ok("", RSS("<item><title>no time</title><guid>a</guid></item><item><guid>b</guid></item>"
                    "<item><title>x</title><pubDate>now</pubDate></item>")));
    open_feed();
    UNTIL(answered(1));
    assert_headline("no time"); /* the time of receipt */
    assert_no_headline();
    assert_int_equal(ast_feed_bad(&f, "no_text"), 1);
    assert_int_equal(ast_feed_bad(&f, "bad_time"), 1);
}

#define HALT_TIMES(date, halt, trade)                                                                                  \
    "<item><title>META</title><ndaq:IssueSymbol>META</ndaq:IssueSymbol><ndaq:ReasonCode>LUDP</ndaq:ReasonCode>"        \
    "<ndaq:HaltDate>" date "</ndaq:HaltDate><ndaq:HaltTime>" halt "</ndaq:HaltTime><ndaq:ResumptionDate>" date         \
    "</ndaq:ResumptionDate><ndaq:ResumptionTradeTime>" trade "</ndaq:ResumptionTradeTime></item>"

static void halts_go_on_when_their_time_has_come(void **state)
{
    (void)state;
    f.config.poll_ms = 1000;
    tell(
        ok("", RSS(HALT_TIMES("01/21/2022", "13:25:48", "13:30:48") HALT_TIMES("07/01/2090", "10:00:00", "10:05:00"))));
    open_feed();
    UNTIL(answered(1));
    as_event event = ast_feed_event(&f);
    assert_int_equal(event.kind, AS_EVENT_STATUS);
    assert_int_equal(event.instrument, 2);
    assert_int_equal(event.status.state, AS_STATE_PAUSED);
    assert_int_equal(event.flags & AS_EVENT_LAST, 0);
    event = ast_feed_event(&f);
    assert_int_equal(event.status.state, AS_STATE_TRADING);
    assert_int_equal(event.flags & AS_EVENT_LAST, AS_EVENT_LAST);
    assert_null(as_ring_peek(f.events));
    /* 1 July 2090, 10:00 in New York, by Python's zoneinfo */
    uint64_t then = UINT64_C(3802600800) * AS_NS_PER_S;
    as_feed_poll_idle(f.feed, then - AS_NS_PER_S);
    assert_null(as_ring_peek(f.events));
    as_feed_poll_idle(f.feed, then);
    event = ast_feed_event(&f);
    assert_int_equal(event.status.state, AS_STATE_PAUSED);
    assert_int_equal(event.ts_recv, then);
    as_feed_poll_idle(f.feed, then + 1);
    assert_null(as_ring_peek(f.events));
    as_feed_poll_idle(f.feed, then + 300 * AS_NS_PER_S);
    assert_int_equal(ast_feed_event(&f).status.state, AS_STATE_TRADING);
    as_feed_poll_idle(f.feed, then + 600 * AS_NS_PER_S);
    assert_null(as_ring_peek(f.events));
}

static void keys_without_a_use_are_errors(void **state)
{
    (void)state;
    strcpy(f.config.user, "me");
    assert_int_equal(ast_feed_open(&f, "http://127.0.0.1:%u/", AS_FRAMING_HTTP, AS_FORMAT_RSS), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "user is given"));
    f.config.user[0] = 0;
    strcpy(f.config.ca, "/does/not/exist");
    assert_true(ast_feed_open(&f, "https://127.0.0.1:%u/", AS_FRAMING_HTTP, AS_FORMAT_RSS) < 0);
    assert_null(f.feed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_items_come_oldest_first_and_each_once),
        TEST(a_document_of_which_nothing_is_known_counts_as_a_gap),
        TEST(what_is_known_is_said_and_not_sent_again),
        TEST(broken_documents_are_counted_and_asked_for_again_in_full),
        TEST(failures_back_off_and_make_the_feed_stale),
        TEST(a_server_that_asks_for_patience_gets_it),
        TEST(a_date_in_retry_after_is_waited_for),
        TEST(redirects_within_the_server_are_followed),
        TEST(redirects_to_others_are_refused),
        TEST(endless_redirects_end),
        TEST(a_kept_connection_that_was_closed_is_made_again),
        TEST(a_body_that_ends_with_the_connection_is_read),
        TEST(a_slow_answer_is_given_up),
        TEST(a_server_that_is_not_there_is_tried_again),
        TEST(a_body_beyond_the_limit_is_refused),
        TEST(bytes_that_nobody_asked_for_end_the_connection),
        TEST(bad_items_are_counted_by_reason),
        TEST(halts_go_on_when_their_time_has_come),
        TEST(keys_without_a_use_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
