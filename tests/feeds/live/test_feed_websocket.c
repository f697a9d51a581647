#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "feeds/live/feed_websocket.h"
#include "feeds/framing/websocket.h"
#include "tests/support/feed_fixture.h"
#include "tests/support/web_peer.h"

static ast_feed f;
static ast_peer server, rest;
static ast_client_frame frame;
static uint64_t ahead_ns; /* how far poll's clock is ahead of the reactor's */
static char secret_path[64];

#define NOW "2026-07-01T13:30:05.25Z"
#define ITEM(id, text, more) "{\"id\":" id ",\"headline\":\"" text "\",\"created_at\":\"" NOW "\"" more "}"

static void write_secret(const char *text, mode_t mode)
{
    strcpy(secret_path, "/tmp/aftershock_secret_XXXXXX");
    int fd = mkstemp(secret_path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    strcpy(f.config.secret, secret_path);
}

static void listen_at(ast_peer *peer)
{
    memset(peer, 0, sizeof *peer);
    peer->fd = -1;
    peer->listen_fd = ast_listen(0);
    assert_int_equal(fcntl(peer->listen_fd, F_SETFL, O_NONBLOCK), 0);
}

static void begin(void)
{
    ast_feed_init(&f, 64, 16);
    listen_at(&server);
    listen_at(&rest);
    f.port = as_socket_port(server.listen_fd);
    ahead_ns = 0;
    secret_path[0] = 0;
}

static void end(void)
{
    ast_feed_fini(&f);
    f.feed = NULL;
    ast_peer_close(&server);
    ast_peer_close(&rest);
    close(server.listen_fd);
    close(rest.listen_fd);
    if (secret_path[0])
        unlink(secret_path);
}

static void turn(void)
{
    as_reactor_poll(f.reactor, AS_NS_PER_MS);
    as_feed_poll_idle(f.feed, as_clock_now_ns() + ahead_ns);
    ast_peer_poll(&server);
    ast_peer_poll(&rest);
}

#define UNTIL(condition)                                                                                               \
    do {                                                                                                               \
        uint64_t limit_ = as_clock_monotonic_ns() + 3 * AS_NS_PER_S;                                                   \
        while (!(condition) && as_clock_monotonic_ns() < limit_)                                                       \
            turn();                                                                                                    \
        assert_true(condition);                                                                                        \
    } while (0)

static void turns(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        turn();
}

static int open_feed(as_feed_format format, const char *path)
{
    char url[64];
    snprintf(url, sizeof url, "ws://127.0.0.1:%%u%s", path);
    return ast_feed_open(&f, url, AS_FRAMING_NONE, format);
}

/* Take the request and answer it: the client is upgraded. */
static void upgrade(const char *line)
{
    char request[4096], key[64], accept[32], answer[256];
    UNTIL(ast_peer_has_request(&server));
    ast_peer_take_request(&server, request, sizeof request);
    if (strncmp(request, line, strlen(line)) != 0)
        fail_msg("%s", request);
    ast_request_field(request, "Sec-WebSocket-Key", key, sizeof key);
    as_websocket_accept_key(key, accept);
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                     accept);
    ast_peer_send(&server, answer, (size_t)n);
}

/* The client's next frame. */
static void take_frame(void)
{
    bool taken = false;
    for (int i = 0; i < 3000 && !taken; i++) {
        turn();
        taken = ast_peer_take_frame(&server, &frame);
    }
    assert_true(taken);
}

static void expect_text(const char *text)
{
    take_frame();
    assert_true(frame.masked);
    assert_int_equal(frame.opcode, 1);
    assert_string_equal(frame.payload, text);
}

static void expect_close(unsigned code)
{
    take_frame();
    assert_int_equal(frame.opcode, 8);
    assert_int_equal((uint8_t)frame.payload[0] << 8 | (uint8_t)frame.payload[1], code);
}

static void greet(const char *login)
{
    upgrade("GET /v1 HTTP/1.1\r\n");
    ast_peer_say(&server, "[{\"T\":\"success\",\"msg\":\"connected\"}]");
    if (login != NULL) {
        expect_text(login);
        ast_peer_say(&server, "[{\"T\":\"success\",\"msg\":\"authenticated\"}]");
    }
    expect_text("{\"action\":\"subscribe\",\"news\":[\"*\"]}");
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    ast_peer_say(&server, "[{\"T\":\"subscription\",\"news\":[\"*\"]}]");
    UNTIL(as_feed_state_get(f.feed) == AS_FEED_LIVE);
}

static as_headline next_headline(void)
{
    as_event event = ast_feed_event(&f);
    assert_int_equal(event.kind, AS_EVENT_HEADLINE);
    const as_headline *slot = as_ring_peek(f.headlines);
    assert_non_null(slot);
    as_headline headline = *slot;
    as_ring_release(f.headlines);
    assert_int_equal(event.ts_recv, headline.ts_recv);
    return headline;
}

/* ---- configuration ---- */

static void keys_that_do_not_go_together_are_refused(void **state)
{
    (void)state;
    static const struct {
        as_feed_format format;
        const char *user, *secret, *backfill, *why;
    } bad[] = {
        {AS_FORMAT_ALPACA, "key", "", "", "user is given without secret"},
        {AS_FORMAT_ALPACA, "", "/tmp/x", "", "secret is given without user"},
        {AS_FORMAT_NDJSON, "key", "", "", "user is given; allowed with format alpaca and benzinga only"},
        {AS_FORMAT_NDJSON, "", "/tmp/x", "", "secret is given; allowed with format alpaca and benzinga only"},
        {AS_FORMAT_BENZINGA, "", "", "https://h/", "backfill is given; allowed with format alpaca only"},
        {AS_FORMAT_NDJSON, "", "", "https://h/", "backfill is given; allowed with format alpaca only"},
        {AS_FORMAT_ALPACA, "", "", "wss://h/", "\"wss://h/\"; allowed: http[s]://"},
        {AS_FORMAT_ALPACA, "", "", "https://h/#x", "#x"},
        {AS_FORMAT_BENZINGA, "", "/no/such/secret", "", "No such file"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        begin();
        strcpy(f.config.user, bad[i].user);
        strcpy(f.config.secret, bad[i].secret);
        strcpy(f.config.backfill, bad[i].backfill);
        assert_true(open_feed(bad[i].format, "/") < 0);
        if (strstr(as_error_message(0), bad[i].why) == NULL)
            fail_msg("%zu: %s", i, as_error_message(0));
        end();
    }
}

static void a_secret_that_others_can_read_is_refused(void **state)
{
    (void)state;
    begin();
    write_secret("the-secret\n", 0644);
    assert_int_equal(open_feed(AS_FORMAT_BENZINGA, "/"), -EACCES);
    assert_non_null(strstr(as_error_message(0), "0644"));
    assert_null(strstr(as_error_message(0), "the-secret"));
    end();
}

/* ---- alpaca ---- */

static void alpaca_logs_in_and_headlines_come_out(void **state)
{
    (void)state;
    begin();
    write_secret("the \"secret\"\n", 0600);
    strcpy(f.config.user, "the-key");
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    greet("{\"action\":\"auth\",\"key\":\"the-key\",\"secret\":\"the \\\"secret\\\"\"}");
    ast_peer_say(&server, "[" ITEM("1", "Nvidia falls", ",\"symbols\":[\"NVDA\",\"XXXX\"]") "," ITEM(
                              "1", "Nvidia falls", "") "," ITEM("2", "", "") "]");
    ast_peer_say(&server, "[" ITEM("1", "Nvidia falls", ",\"updated_at\":\"2026-07-01T13:31:05.25Z\"") "]");
    ast_peer_say(&server, "no json");
    UNTIL(ast_feed_stats(&f).messages == 8); /* with three that are talk */
    as_headline headline = next_headline();
    assert_string_equal(headline.id, "1");
    assert_string_equal(headline.source, "test"); /* the feed's name: the item has none */
    assert_int_equal(headline.tag_count, 1);
    assert_int_equal(headline.revision, 1);
    assert_int_equal(headline.ts_event, UINT64_C(1782912605250000000));
    assert_true(headline.ts_recv > headline.ts_event);
    assert_int_equal(next_headline().revision, 60001);
    assert_null(as_ring_peek(f.events));
    assert_int_equal(ast_feed_stats(&f).duplicates, 1);
    assert_int_equal(ast_feed_stats(&f).headlines, 2);
    assert_int_equal(ast_feed_stats(&f).connects, 1);
    assert_int_equal(ast_feed_bad(&f, "no_text"), 1);
    assert_int_equal(ast_feed_bad(&f, "bad_json"), 1);
    end();
}

static void symbols_may_be_chosen(void **state)
{
    (void)state;
    begin();
    strcpy(f.config.subscribe, "NVDA,,BRK.B,\"odd\"");
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    upgrade("GET /v1 HTTP/1.1\r\n");
    ast_peer_say(&server, "[{\"T\":\"success\",\"msg\":\"connected\"}]"); /* without user and secret nobody logs in */
    expect_text("{\"action\":\"subscribe\",\"news\":[\"NVDA\",\"BRK.B\",\"\\\"odd\\\"\"]}");
    end();
}

static void an_error_instead_of_a_subscription_ends_the_connection(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    upgrade("GET /v1 HTTP/1.1\r\n");
    ast_peer_say(&server, "[{\"T\":\"success\",\"msg\":\"connected\"}]");
    ast_peer_say(&server,
                 "[{\"T\":\"error\",\"code\":406,\"msg\":\"connection limit exceeded\"}," ITEM("1", "x", "") "]");
    UNTIL(ast_feed_stats(&f).disconnects == 1);
    assert_int_equal(ast_feed_bad(&f, "error_message"), 1);
    assert_int_equal(ast_feed_stats(&f).headlines, 0);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    UNTIL(server.fd == -1);
    greet(NULL); /* it is tried again */
    ast_peer_say(&server, "[{\"T\":\"error\",\"code\":500,\"msg\":\"internal\"}," ITEM("1", "x", "") "]");
    UNTIL(ast_feed_stats(&f).headlines == 1); /* once it is live an error is only counted */
    assert_int_equal(ast_feed_bad(&f, "error_message"), 2);
    end();
}

static void what_was_missed_is_asked_for_after_a_reconnect(void **state)
{
    (void)state;
    char request[4096];
    begin();
    snprintf(f.config.backfill, sizeof f.config.backfill, "http://127.0.0.1:%u/news", as_socket_port(rest.listen_fd));
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    greet(NULL);
    ast_peer_say(&server, "[" ITEM("1", "One", "") "," ITEM("9", "A stamp of the future",
                                                            ",\"updated_at\":\"2200-01-01T00:00:00Z\"") "]");
    UNTIL(ast_feed_stats(&f).headlines == 2);
    assert_int_equal(rest.fd, -1); /* at the first time nothing was missed */
    ast_peer_close(&server);
    UNTIL(as_feed_state_get(f.feed) == AS_FEED_CONNECTING);
    greet(NULL);
    UNTIL(ast_peer_has_request(&rest));
    ast_peer_take_request(&rest, request, sizeof request);
    assert_int_equal(strncmp(request, "GET /news?start=", 16), 0);
    assert_null(strstr(request, "start=2200"));
    ast_peer_say(&server, "[" ITEM("2", "Two", "") "]"); /* the stream goes on meanwhile */
    UNTIL(ast_feed_stats(&f).headlines == 3);
    ast_peer_answer(&rest, "200 OK", "",
                    "{\"news\":[" ITEM("1", "One", "") "," ITEM("2", "Two", "") "],\"next_page_token\":\"p2\"}");
    UNTIL(ast_peer_has_request(&rest));
    ast_peer_take_request(&rest, request, sizeof request);
    assert_non_null(strstr(request, "&page_token=p2 "));
    ast_peer_answer(&rest, "200 OK", "", "{\"news\":[" ITEM("3", "Three", "") "],\"next_page_token\":null}");
    UNTIL(ast_feed_stats(&f).headlines == 4);
    assert_int_equal(ast_feed_stats(&f).filled, 1);
    assert_int_equal(ast_feed_stats(&f).requested, 1);
    assert_int_equal(ast_feed_stats(&f).duplicates, 2);
    assert_int_equal(ast_feed_stats(&f).gaps, 0);
    static const char *const id[] = {"1", "9", "2", "3"};
    for (int i = 0; i < 4; i++)
        assert_string_equal(next_headline().id, id[i]);
    end();
}

static void a_backfill_that_fails_is_counted_and_the_stream_goes_on(void **state)
{
    (void)state;
    char request[4096];
    begin();
    snprintf(f.config.backfill, sizeof f.config.backfill, "http://127.0.0.1:%u/news", as_socket_port(rest.listen_fd));
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    greet(NULL);
    ast_peer_close(&server);
    greet(NULL);
    UNTIL(ast_peer_has_request(&rest));
    ast_peer_take_request(&rest, request, sizeof request);
    ast_peer_answer(&rest, "403 Forbidden", "", "{}");
    UNTIL(ast_feed_bad(&f, "backfill_failed") == 1);
    ast_peer_say(&server, "[" ITEM("1", "One", "") "]");
    UNTIL(ast_feed_stats(&f).headlines == 1);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
    end();
}

/* ---- benzinga and ndjson ---- */

static void benzingas_token_goes_into_the_address_and_a_replay_is_asked_for(void **state)
{
    (void)state;
    begin();
    write_secret("to/ken=1\n", 0600);
    strcpy(f.config.subscribe, "NVDA,AMD");
    strcpy(f.config.publisher, "Benzinga");
    assert_int_equal(open_feed(AS_FORMAT_BENZINGA, "/v1?a=b"), 0);
    static const char line[] = "GET /v1?a=b&token=to%2Fken%3D1&tickers=NVDA,AMD HTTP/1.1\r\n";
    static const char created[] =
        "{\"kind\":\"News/v1\",\"data\":{\"action\":\"Created\",\"id\":7,\"content\":{\"created\":\"" NOW
        "\",\"title\":\"Nvidia falls\"}}}";
    upgrade(line);
    UNTIL(as_feed_state_get(f.feed) == AS_FEED_LIVE);
    ast_peer_say(&server, created);
    UNTIL(ast_feed_stats(&f).headlines == 1);
    assert_false(ast_peer_take_frame(&server, &frame)); /* nothing has been missed yet */
    ast_peer_close(&server);
    upgrade(line);
    expect_text("replay");
    ast_peer_say(&server, created);
    ast_peer_say(&server, "{\"data\":{\"action\":\"Deleted\",\"id\":7,\"timestamp\":\"" NOW "\",\"content\":null}}");
    UNTIL(ast_feed_stats(&f).headlines == 2);
    as_headline headline = next_headline();
    assert_string_equal(headline.source, "Benzinga");
    headline = next_headline();
    assert_true(headline.retracted);
    assert_string_equal(headline.text, "Nvidia falls");
    assert_int_equal(ast_feed_stats(&f).requested, 1);
    assert_int_equal(ast_feed_stats(&f).duplicates, 1);
    end();
}

static void ndjson_may_carry_prices_and_has_a_gap_after_a_reconnect(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_NDJSON, "/"), 0);
    upgrade("GET / HTTP/1.1\r\n");
    ast_peer_say(&server, "{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":\"157.25\",\"q\":100}\n"
                          "{\"k\":\"trade\",\"t\":1,\"s\":\"XXXX\",\"p\":\"157.25\",\"q\":100}\n"
                          "{\"k\":\"headline\",\"t\":1,\"id\":\"a\",\"text\":\"Nvidia falls\"}");
    UNTIL(as_ring_depth(f.events) == 2);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_TRADE);
    assert_string_equal(next_headline().id, "a");
    assert_int_equal(ast_feed_stats(&f).unknown_symbol, 1);
    ast_peer_close(&server);
    upgrade("GET / HTTP/1.1\r\n");
    ast_peer_say(&server, "{\"k\":\"headline\",\"t\":1,\"id\":\"a\",\"text\":\"Nvidia falls\"}\nnot a line\n");
    UNTIL(ast_feed_stats(&f).messages == 5);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_GAP);
    assert_null(as_ring_peek(f.events));
    assert_int_equal(ast_feed_bad(&f, "bad_json"), 1);
    end();
}

/* ---- peers that are silent, slow or wrong ---- */

static void pings_are_sent_and_two_without_an_answer_end_the_connection(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    greet(NULL);
    turns(5);
    assert_false(ast_peer_take_frame(&server, &frame));
    ahead_ns += AS_NEWS_PING_MS * AS_NS_PER_MS;
    take_frame();
    assert_int_equal(frame.opcode, 9);
    ast_peer_frame(&server, 10, frame.payload, frame.payload_bytes);
    UNTIL(ast_feed_stats(&f).heartbeats == 1);
    ahead_ns += AS_NEWS_PING_MS * AS_NS_PER_MS;
    take_frame(); /* the first without an answer */
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
    ahead_ns += AS_NEWS_PING_MS * AS_NS_PER_MS;
    take_frame(); /* the second */
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_STALE);
    ast_peer_say(&server, "[" ITEM("1", "One", "") "]");
    UNTIL(ast_feed_stats(&f).headlines == 1); /* what comes is taken all the same */
    ast_peer_frame(&server, 10, "", 0);
    UNTIL(as_feed_state_get(f.feed) == AS_FEED_LIVE);
    for (int i = 0; i < 2; i++) {
        ahead_ns += AS_NEWS_PING_MS * AS_NS_PER_MS;
        take_frame();
    }
    ahead_ns += AS_NEWS_PING_MS * AS_NS_PER_MS;
    UNTIL(ast_feed_stats(&f).disconnects == 1);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_CONNECTING);
    end();
}

static void benzinga_is_also_pinged_in_words(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_BENZINGA, "/v1"), 0);
    upgrade("GET /v1 HTTP/1.1\r\n");
    UNTIL(as_feed_state_get(f.feed) == AS_FEED_LIVE);
    for (int i = 0; i < 2; i++) {
        ahead_ns += AS_NEWS_PING_MS * AS_NS_PER_MS;
        take_frame();
        assert_int_equal(frame.opcode, 9);
        ast_peer_frame(&server, 10, "", 0);
        UNTIL(ast_feed_stats(&f).heartbeats == (uint64_t)i + 1);
    }
    expect_text("ping");
    ast_peer_say(&server, "pong");
    UNTIL(ast_feed_stats(&f).messages == 1);
    assert_int_equal(ast_feed_stats(&f).bad, 0);
    end();
}

static void an_upgrade_that_does_not_end_is_given_up(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    UNTIL(ast_peer_has_request(&server));
    ast_peer_send(&server, "HTTP/1.1 101 ", 13);
    turns(5);
    ahead_ns += (AS_NEWS_SETUP_MS - 2000) * AS_NS_PER_MS;
    turns(5);
    assert_int_equal(ast_feed_stats(&f).disconnects, 0);
    ahead_ns += 2000 * AS_NS_PER_MS;
    UNTIL(ast_feed_stats(&f).disconnects == 1);
    end();
}

static void a_login_that_does_not_end_is_given_up(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    upgrade("GET /v1 HTTP/1.1\r\n");
    ast_peer_say(&server, "[{\"T\":\"success\",\"msg\":\"connected\"}]");
    expect_text("{\"action\":\"subscribe\",\"news\":[\"*\"]}");
    ahead_ns += AS_NEWS_SETUP_MS * AS_NS_PER_MS;
    UNTIL(ast_feed_stats(&f).disconnects == 1);
    end();
}

static void a_message_that_does_not_end_is_given_up(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    greet(NULL);
    uint8_t data[64];
    size_t n = ast_frame(data, false, 1, "[{", 2); /* the frame ends, the message does not */
    ast_peer_send(&server, data, n);
    turns(5);
    ast_peer_frame(&server, 10, "", 0); /* a pong in between does not help */
    UNTIL(ast_feed_stats(&f).heartbeats == 1);
    ahead_ns += (AS_NEWS_MESSAGE_MS - 2000) * AS_NS_PER_MS;
    turns(5);
    assert_int_equal(ast_feed_stats(&f).disconnects, 0);
    ahead_ns += 2000 * AS_NS_PER_MS;
    UNTIL(ast_feed_stats(&f).disconnects == 1);
    end();
}

static void a_message_that_ends_leaves_no_time_running(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    greet(NULL);
    uint8_t data[64];
    size_t n = ast_frame(data, false, 1, "[", 1);
    ast_peer_send(&server, data, n);
    turns(5);
    n = ast_frame(data, true, 0, "]", 1);
    ast_peer_send(&server, data, n);
    ast_peer_say(&server, "[" ITEM("1", "One", "") "]");
    UNTIL(ast_feed_stats(&f).headlines == 1);
    ahead_ns += (AS_NEWS_MESSAGE_MS + 1000) * AS_NS_PER_MS;
    turns(5);
    assert_int_equal(ast_feed_stats(&f).disconnects, 0);
    end();
}

static void frames_against_the_protocol_end_the_connection(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    greet(NULL);
    ast_peer_frame(&server, 2, "\x81\xa1T", 3); /* MessagePack is not asked for */
    UNTIL(ast_feed_bad(&f, "binary_message") == 1);
    assert_int_equal(as_feed_state_get(f.feed), AS_FEED_LIVE);
    ast_peer_send(&server, "\xf1\x00", 2);
    expect_close(1002);
    UNTIL(ast_feed_stats(&f).disconnects == 1);
    assert_int_equal(ast_feed_bad(&f, "websocket_protocol"), 1);
    ast_peer_close(&server);
    greet(NULL);
    ast_peer_frame(&server, 8, "\x03\xe9", 2);
    expect_close(1001);
    UNTIL(ast_feed_stats(&f).disconnects == 2);
    assert_int_equal(ast_feed_bad(&f, "websocket_protocol"), 1); /* a proper close is no fault */
    end();
}

static void an_upgrade_that_is_refused_is_tried_again(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    UNTIL(ast_peer_has_request(&server));
    ast_peer_answer(&server, "401 Unauthorized", "", "no");
    UNTIL(ast_feed_stats(&f).disconnects == 1);
    assert_int_equal(ast_feed_bad(&f, "websocket_protocol"), 1);
    ast_peer_close(&server);
    greet(NULL);
    end();
}

static void closing_says_good_bye(void **state)
{
    (void)state;
    begin();
    assert_int_equal(open_feed(AS_FORMAT_ALPACA, "/v1"), 0);
    greet(NULL);
    as_feed_close(f.feed);
    f.feed = NULL;
    for (int i = 0; i < 100 && !ast_peer_take_frame(&server, &frame); i++) {
        as_reactor_poll(f.reactor, AS_NS_PER_MS);
        ast_peer_poll(&server);
    }
    assert_int_equal(frame.opcode, 8);
    assert_int_equal((uint8_t)frame.payload[0] << 8 | (uint8_t)frame.payload[1], 1001);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_do_not_go_together_are_refused),
        cmocka_unit_test(a_secret_that_others_can_read_is_refused),
        cmocka_unit_test(alpaca_logs_in_and_headlines_come_out),
        cmocka_unit_test(symbols_may_be_chosen),
        cmocka_unit_test(an_error_instead_of_a_subscription_ends_the_connection),
        cmocka_unit_test(what_was_missed_is_asked_for_after_a_reconnect),
        cmocka_unit_test(a_backfill_that_fails_is_counted_and_the_stream_goes_on),
        cmocka_unit_test(benzingas_token_goes_into_the_address_and_a_replay_is_asked_for),
        cmocka_unit_test(ndjson_may_carry_prices_and_has_a_gap_after_a_reconnect),
        cmocka_unit_test(pings_are_sent_and_two_without_an_answer_end_the_connection),
        cmocka_unit_test(benzinga_is_also_pinged_in_words),
        cmocka_unit_test(an_upgrade_that_does_not_end_is_given_up),
        cmocka_unit_test(a_login_that_does_not_end_is_given_up),
        cmocka_unit_test(a_message_that_does_not_end_is_given_up),
        cmocka_unit_test(a_message_that_ends_leaves_no_time_running),
        cmocka_unit_test(frames_against_the_protocol_end_the_connection),
        cmocka_unit_test(an_upgrade_that_is_refused_is_tried_again),
        cmocka_unit_test(closing_says_good_bye),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
