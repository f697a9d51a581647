/*
 * A live feed over real sockets with a capture, on both backends; then the capture as an input: the same events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "feeds/framing/iextp.h"
#include "feeds/files/input.h"
#include "feeds/files/input_merge.h"
#include "tests/support/feed_fixture.h"
#include "tests/support/recording.h"

enum { EVENTS = 4096, HEADLINES = 64 };

static ast_feed f;
static char folder[AST_FOLDER_BYTES];
static as_event live[EVENTS];
static uint32_t live_count;
static as_headline live_headline[HEADLINES];
static uint32_t live_headlines;

static int make(void **state)
{
    (void)state;
    ast_folder_make(folder);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    ast_folder_remove(folder);
    return 0;
}

static const char *capture_path(void)
{
    static char path[AST_FOLDER_BYTES + 32];
    (void)snprintf(path, sizeof path, "%s/feed.pcapng", folder);
    return path;
}

/* false: this backend is not available here. */
static bool begin(as_backend backend)
{
    ast_feed_init(&f, EVENTS, HEADLINES);
    as_reactor_close(f.reactor);
    f.reactor = NULL;
    if (as_reactor_open(&(as_reactor_options){.backend = backend, .datagram_buffers = 64}, &f.reactor) < 0) {
        print_message("skipped: %s\n", as_error_message(0));
        as_error_clear();
        ast_feed_fini(&f);
        return false;
    }
    (void)unlink(capture_path());
    strcpy(f.config.capture, capture_path());
    live_count = live_headlines = 0;
    return true;
}

static void drain(void)
{
    const as_event *slot;
    while ((slot = as_ring_peek(f.events)) != NULL) {
        assert_true(live_count < EVENTS);
        live[live_count++] = *slot;
        as_ring_release(f.events);
    }
    const as_headline *headline;
    while ((headline = as_ring_peek(f.headlines)) != NULL) {
        live_headline[live_headlines++] = *headline;
        as_ring_release(f.headlines);
    }
}

/* Both are what the core gets: only the slot of a headline's record is the ring's own. */
static void assert_same_event(as_event a, as_event b, uint32_t at)
{
    if (a.kind == AS_EVENT_HEADLINE)
        a.headline.slot = b.headline.slot = 0;
    if (memcmp(&a, &b, sizeof a) != 0)
        print_message("event %u: live kind %u flags %u recv %llu, replayed kind %u flags %u recv %llu\n", at, a.kind,
                      a.flags, (unsigned long long)a.ts_recv, b.kind, b.flags, (unsigned long long)b.ts_recv);
    assert_memory_equal(&a, &b, sizeof a);
}

static as_input *open_capture(void)
{
    as_input_options options = {.universe = &f.universe, .date = 20260701, .source = 5};
    as_input *input = NULL;
    if (as_input_open(capture_path(), &options, &input) < 0)
        as_error_print(stderr, "capture");
    assert_non_null(input);
    return input;
}

/* In the order of the file; which event is the last of its instant is for the merge to say. */
static void compare_order(void)
{
    static as_headline headline;
    as_input *input = open_capture();
    as_event event;
    uint32_t count = 0, headlines = 0;
    int result;
    while ((result = as_input_next(input, &event, &headline)) > 0) {
        assert_true(count < live_count);
        as_event wanted = live[count];
        wanted.flags &= (uint8_t)~AS_EVENT_LAST;
        assert_same_event(wanted, event, count);
        count++;
        if (event.kind != AS_EVENT_HEADLINE)
            continue;
        assert_true(headlines < live_headlines);
        assert_memory_equal(&headline, &live_headline[headlines], sizeof headline);
        headlines++;
    }
    assert_int_equal(result, 0);
    assert_int_equal(count, live_count);
    assert_int_equal(headlines, live_headlines);
    assert_int_equal(ast_error_count(input, "capture_lost"), 0);
    as_input_close(input);
}

/* As the core gets them, with the ends of the instants. */
static void compare_merged(void)
{
    as_input *input = open_capture();
    as_input_merge *merge;
    assert_int_equal(as_input_merge_open(&input, 1, 0, UINT64_MAX, &merge), 0);
    const as_event *event;
    const as_headline *headline;
    uint32_t count = 0;
    while (as_input_merge_next(merge, &event, &headline) > 0) {
        assert_true(count < live_count);
        assert_same_event(live[count], *event, count);
        count++;
    }
    assert_int_equal(count, live_count);
    as_input_merge_close(merge);
    as_input_close(input);
}

/*
 * Close the feed, read what it captured, and compare. merged: also what the merge makes of it, which puts a status of
 * an instant before the instant's other events.
 */
static void end_and_compare(bool merged)
{
    assert_int_equal(ast_feed_stats(&f).capture_lost, 0);
    as_feed_close(f.feed);
    f.feed = NULL;
    drain();
    assert_true(live_count > 0);
    compare_order();
    if (merged)
        compare_merged();
    ast_feed_fini(&f);
}

static void turn_for(unsigned ms)
{
    uint64_t until = as_clock_monotonic_ns() + ms * AS_NS_PER_MS;
    while (as_clock_monotonic_ns() < until)
        ast_feed_turn(&f);
    drain();
}

/* ---- sequenced datagrams ---- */

static void send_order(int fd, const uint8_t *session, uint64_t seq)
{
    as_itch50 add = ast_add(7, 1000 + seq, seq % 2 ? 'B' : 'S', 100, (uint32_t)(1572400 + seq * 100));
    ast_mold_send(fd, session, seq, &add, 1);
}

static void two_lines(as_backend backend)
{
    static const uint8_t other[AS_PACKET_SESSION_BYTES] = {'0', '0', '0', '0', '0', '0', '0', '0', '2', 'B'};
    if (!begin(backend))
        return;
    uint16_t port_b = ast_free_port(SOCK_DGRAM);
    (void)snprintf(f.config.redundant, sizeof f.config.redundant, "udp://127.0.0.1:%u", port_b);
    f.config.window_ns = 20 * AS_NS_PER_MS;
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50), 0);
    int a = ast_connect(SOCK_DGRAM, f.port), b = ast_connect(SOCK_DGRAM, port_b);
    as_itch50 directory = ast_directory(7, "AMD");
    for (unsigned session = 0; session < 2; session++) {
        const uint8_t *name = session ? other : ast_session;
        ast_mold_send(a, name, 1, &directory, 1);
        for (uint64_t seq = 2; seq < 60; seq++) {
            bool a_loses = seq % 5 == 0, b_loses = seq % 7 == 0; /* 35: both */
            if (!a_loses)
                send_order(a, name, seq);
            if (!b_loses)
                send_order(b, name, seq);
            turn_for(seq % 20 == 0 ? 1 : 0);
        }
        turn_for(60);
        uint8_t heartbeat[AS_MOLD_HEADER_BYTES];
        as_mold_builder builder;
        as_mold_builder_init(&builder, name, 62, heartbeat, sizeof heartbeat); /* 60 and 61 were lost on both */
        assert_int_equal(send(b, heartbeat, as_mold_builder_finish(&builder), 0), AS_MOLD_HEADER_BYTES);
        turn_for(40);
    }
    as_feed_stats stats = ast_feed_stats(&f);
    assert_int_equal(stats.restarts, 1);
    assert_int_equal(stats.gaps, 4);
    assert_int_equal(stats.lost, 6);
    close(a);
    close(b);
    end_and_compare(false);
}

static void two_lines_replay_the_same(void **state)
{
    (void)state;
    two_lines(AS_BACKEND_URING);
    two_lines(AS_BACKEND_EPOLL);
}

/* A server that sends again what is asked for, once. */
static void retransmitted_messages_replay_the_same(void **state)
{
    (void)state;
    assert_true(begin(AS_BACKEND_EPOLL));
    uint16_t server_port = ast_free_port(SOCK_DGRAM);
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(server_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof at), 0);
    (void)snprintf(f.config.retransmit, sizeof f.config.retransmit, "udp://127.0.0.1:%u", server_port);
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50), 0);
    int a = ast_connect(SOCK_DGRAM, f.port);
    as_itch50 directory = ast_directory(7, "AMD");
    ast_mold_send(a, ast_session, 1, &directory, 1);
    unsigned answered = 0;
    for (uint64_t seq = 2; seq < 30; seq++) {
        if (seq % 10 != 0)
            send_order(a, ast_session, seq);
        turn_for(8);
        uint8_t request[64];
        struct sockaddr_in from;
        socklen_t from_bytes = sizeof from;
        as_packet_request wanted;
        ssize_t n = recvfrom(server, request, sizeof request, 0, (struct sockaddr *)&from, &from_bytes);
        if (n <= 0 || !as_mold_request_decode(request, (size_t)n, &wanted))
            continue;
        uint8_t out[AS_DATAGRAM_BYTES];
        as_itch50 add = ast_add(7, 1000 + wanted.seq, 'B', 100, 1572400);
        size_t bytes = ast_mold(out, ast_session, wanted.seq, &add, 1);
        assert_int_equal(sendto(server, out, bytes, 0, (struct sockaddr *)&from, from_bytes), bytes);
        answered++;
    }
    turn_for(20);
    assert_int_equal(answered, 2);
    assert_int_equal(ast_feed_stats(&f).gaps, 0);
    close(a);
    close(server);
    end_and_compare(true);
}

static void iex(as_backend backend)
{
    if (!begin(backend))
        return;
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_IEXTP, AS_FORMAT_TOPS), 0);
    int a = ast_connect(SOCK_DGRAM, f.port);
    uint8_t quote[42] = {'Q', 0, [10] = 'N', 'V', 'D', 'A', ' ', ' ', ' ', ' '};
    for (unsigned i = 1; i < 20; i++) {
        uint8_t datagram[1500];
        as_iextp_builder builder;
        as_iextp_builder_init(&builder, &(as_iextp_stream){AS_IEXTP_TOPS16, 1, 99}, i < 10 ? i : i + 3, datagram,
                              sizeof datagram);
        quote[18] = (uint8_t)(quote[38] = (uint8_t)(100 + i)); /* sizes, then prices in 1e-4 */
        quote[23] = (uint8_t)i;
        quote[31] = (uint8_t)(i + 1);
        assert_true(as_iextp_builder_add(&builder, quote, sizeof quote));
        size_t bytes = as_iextp_builder_finish(&builder, 1700000000000000000 + i);
        assert_int_equal(send(a, datagram, bytes, 0), bytes);
        turn_for(1);
    }
    turn_for(20);
    assert_int_equal(ast_feed_stats(&f).gaps, 1);
    close(a);
    end_and_compare(true);
}

static void iex_replays_the_same(void **state)
{
    (void)state;
    iex(AS_BACKEND_URING);
    iex(AS_BACKEND_EPOLL);
}

/* ---- lines ---- */

static void say(int fd, const char *text, size_t bytes)
{
    assert_int_equal(send(fd, text, bytes, MSG_NOSIGNAL), bytes);
}

static const char *const lines[] = {
    "{\"k\":\"trade\",\"t\":1000,\"s\":\"NVDA\",\"p\":\"157.25\",\"q\":100}\n",
    "{\"k\":\"quote\",\"t\":1001,\"s\":\"AMD\",\"b\":\"1\",\"bs\":3,\"a\":\"2\",\"as\":4}\n",
    "{\"k\":\"headline\",\"t\":1002,\"id\":\"x-1\",\"text\":\"Meta sells\",\"symbols\":[\"META\"]}\n",
    "nonsense\n",
    "\n",
    "{\"k\":\"status\",\"t\":1003,\"s\":\"META\",\"state\":\"halted\"}\n",
    "{\"k\":\"trade\",\"t\":1004,\"s\":\"ZZZ\",\"p\":\"1\",\"q\":1}\n",
};

enum { LINES = sizeof lines / sizeof *lines };

static void say_all(int fd, unsigned seed)
{
    for (unsigned i = 0; i < 3 * LINES; i++) {
        const char *line = lines[(i + seed) % LINES];
        size_t bytes = strlen(line), half = (i * 7 + seed) % bytes;
        if (half > 0)
            say(fd, line, half);
        turn_for(i % 3 == 0 ? 2 : 0);
        say(fd, line + half, bytes - half);
    }
    turn_for(10);
}

static void streams(as_backend backend, bool trust_r)
{
    if (!begin(backend))
        return;
    f.config.trust_r = trust_r;
    f.port = ast_free_port(SOCK_STREAM);
    int server = ast_listen(f.port);
    assert_int_equal(ast_feed_open(&f, "tcp://127.0.0.1:%u?mode=connect", AS_FRAMING_NONE, AS_FORMAT_NDJSON), 0);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_LIVE);
    int peer = accept(server, NULL, NULL);
    say_all(peer, 1);
    say(peer, lines[0], strlen(lines[0]) - 1); /* the last line has no end but the connection's */
    turn_for(5);
    close(peer);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_CONNECTING);
    AST_FEED_UNTIL(&f, as_feed_state_get(f.feed) == AS_FEED_LIVE);
    peer = accept(server, NULL, NULL);
    say_all(peer, 4);
    assert_int_equal(ast_feed_stats(&f).gaps, 1);
    turn_for(AS_FEED_IDLE_MS + 100 < 700 && trust_r ? AS_FEED_IDLE_MS + 100 : 5);
    close(peer);
    close(server);
    end_and_compare(true);
}

static void streams_and_their_gaps_replay_the_same(void **state)
{
    (void)state;
    streams(AS_BACKEND_URING, false);
    streams(AS_BACKEND_EPOLL, false);
}

static void producers_side_by_side_replay_the_same(void **state)
{
    (void)state;
    assert_true(begin(AS_BACKEND_EPOLL));
    assert_int_equal(ast_feed_open(&f, "tcp://127.0.0.1:%u?mode=listen", AS_FRAMING_NONE, AS_FORMAT_NDJSON), 0);
    int one = ast_connect(SOCK_STREAM, f.port), two = ast_connect(SOCK_STREAM, f.port);
    AST_FEED_UNTIL(&f, ast_feed_stats(&f).connects == 2);
    say(one, lines[0], 20);
    turn_for(3);
    say_all(two, 2);
    say(one, lines[0] + 20, strlen(lines[0]) - 20);
    turn_for(3);
    close(two);
    turn_for(5);
    two = ast_connect(SOCK_STREAM, f.port);
    say_all(one, 3);
    say_all(two, 5);
    close(one);
    close(two);
    turn_for(5);
    end_and_compare(true);
}

static void lines_in_datagrams_replay_the_same(void **state)
{
    (void)state;
    assert_true(begin(AS_BACKEND_EPOLL));
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_NONE, AS_FORMAT_NDJSON), 0);
    int out = ast_connect(SOCK_DGRAM, f.port);
    for (unsigned i = 0; i < LINES; i++)
        say(out, lines[i], strlen(lines[i]) - (i % 2));
    turn_for(10);
    close(out);
    end_and_compare(true);
}

/* ---- the file ---- */

static void an_existing_file_is_kept(void **state)
{
    (void)state;
    assert_true(begin(AS_BACKEND_EPOLL));
    FILE *old = fopen(capture_path(), "wb");
    assert_non_null(old);
    fputs("keep me", old);
    fclose(old);
    as_message_level(0);
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_NONE, AS_FORMAT_NDJSON), 0);
    as_message_level(2);
    ast_feed_fini(&f);
    char path[128], text[16] = "";
    old = fopen(capture_path(), "rb");
    assert_non_null(fgets(text, sizeof text, old));
    fclose(old);
    assert_string_equal(text, "keep me");
    (void)snprintf(path, sizeof path, "%s.1", capture_path());
    assert_int_equal(access(path, R_OK), 0);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777 & ~0640u, 0);
    (void)unlink(path);
}

static void a_capture_that_cannot_be_made_is_an_error_that_names_its_key(void **state)
{
    (void)state;
    assert_true(begin(AS_BACKEND_EPOLL));
    strcpy(f.config.capture, "/nowhere/at/all/x.pcapng");
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_NONE, AS_FORMAT_NDJSON), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "/nowhere/at/all/x.pcapng"));
    assert_string_equal(as_error_message(1), "key capture");
    as_error_clear();
    f.feed = NULL;
    ast_feed_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_lines_replay_the_same),
        cmocka_unit_test(retransmitted_messages_replay_the_same),
        cmocka_unit_test(iex_replays_the_same),
        cmocka_unit_test(streams_and_their_gaps_replay_the_same),
        cmocka_unit_test(producers_side_by_side_replay_the_same),
        cmocka_unit_test(lines_in_datagrams_replay_the_same),
        cmocka_unit_test(an_existing_file_is_kept),
        cmocka_unit_test(a_capture_that_cannot_be_made_is_an_error_that_names_its_key),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
