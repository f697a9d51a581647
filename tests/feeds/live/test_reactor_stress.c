/*
 * What can go wrong between the kernel and a reactor, forced to happen, counted exactly: buffers that run out, a
 * completion queue that is full, datagrams that are too long, datagrams the kernel drops. Nothing is lost that the
 * socket's buffer held. On epoll and on io_uring with each of its sets of flags.
 *
 * AFTERSHOCK_LONG=1: more than 100,000 of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/live/reactor.h"
#include "feeds/live/socket.h"
#include "tests/support/random.h"

/* Every case runs on all backends: the group's set-up puts the wanted one here. */
static as_backend backend_under_test;
static uint32_t skip_under_test; /* of io_uring's sets of flags */

/* Datagrams of one burst: few enough for any socket's buffer. */
enum { BURST = 64, LONGEST = 200 };

static struct {
    as_reactor *reactor;
    int in, out;
    uint32_t next;  /* number of the next datagram that is due */
    uint64_t count; /* delivered */
    uint64_t cut;
    bool in_order, whole;
} t;

static void on_datagram(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated)
{
    uint32_t number;
    (void)ctx;
    memcpy(&number, data, sizeof number);
    t.in_order = t.in_order && number >= t.next && ts_recv_ns > 0;
    t.whole = t.whole && number == t.next;
    t.next = number + 1;
    t.count++;
    t.cut += truncated;
    for (size_t i = sizeof number; i < data_bytes; i++)
        t.in_order = t.in_order && data[i] == (uint8_t)(number + i);
}

static void begin(as_reactor_options options)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char text[AS_URL_BYTES];
    as_url url;
    memset(&t, 0, sizeof t);
    t.in_order = t.whole = true;
    options.backend = backend_under_test;
    options.uring_skip = skip_under_test;
    options.watch_max = 1;
    assert_int_equal(as_reactor_open(&options, &t.reactor), 0);
    int probe = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(probe, (struct sockaddr *)&at, sizeof at), 0);
    at.sin_port = htons(as_socket_port(probe));
    close(probe);
    snprintf(text, sizeof text, "udp://127.0.0.1:%u", ntohs(at.sin_port));
    assert_int_equal(as_url_parse(text, &url), 0);
    assert_int_equal(as_socket_open_udp(&url, &t.in, NULL), 0);
    t.out = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(connect(t.out, (struct sockaddr *)&at, sizeof at), 0);
    assert_true(as_reactor_add_udp(t.reactor, t.in, on_datagram, NULL) >= 0);
    as_reactor_poll(t.reactor, 0);
}

static as_reactor_stats stats_now(void)
{
    as_reactor_stats stats;
    as_reactor_stats_get(t.reactor, &stats);
    return stats;
}

static void end(void)
{
    as_reactor_close(t.reactor);
    close(t.in);
    close(t.out);
}

static void send_number(uint32_t number, size_t bytes)
{
    uint8_t data[2 * LONGEST];
    memcpy(data, &number, sizeof number);
    for (size_t i = sizeof number; i < bytes; i++)
        data[i] = (uint8_t)(number + i);
    assert_int_equal(send(t.out, data, bytes, 0), bytes);
}

static void poll_until(uint64_t count)
{
    uint64_t limit = as_clock_monotonic_ns() + 2 * AS_NS_PER_S;
    while (t.count < count && as_clock_monotonic_ns() < limit)
        as_reactor_poll(t.reactor, AS_NS_PER_MS);
    assert_int_equal(t.count, count);
}

static uint32_t bursts(uint32_t in_short, uint32_t in_long)
{
    const char *text = getenv("AFTERSHOCK_LONG");
    return text && strcmp(text, "1") == 0 ? in_long : in_short;
}

static bool is_uring(void)
{
    return backend_under_test == AS_BACKEND_URING;
}

/*
 * A receive stops when it wants a buffer and there is none, so that with B buffers and nothing given back, each B
 * datagrams of a burst stop it once, also if no further one is there. The kernel hands over about twenty at a time:
 * with more buffers than that some are given back in between, and it stops less often.
 */
enum { AT_A_TIME = 16 };

/*
 * How often a receive must have stopped. Once in a million an interrupt at the wrong moment lets the kernel hand over a
 * part of a burst early, which saves a stop: that is the kernel's own count, and a restart for each stop is ours.
 */
static void stopped(const as_reactor_stats *stats, uint64_t count, uint64_t expected)
{
    assert_int_equal(stats->rearms, count);
    assert_in_range(count, expected - expected / 1000 - (expected > 0), expected);
}

static void buffers_that_run_out_stop_a_receive_and_lose_nothing(void **state)
{
    (void)state;
    static const uint32_t buffers[] = {1, 2, 4, 32};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        begin((as_reactor_options){.datagram_buffers = buffers[i]});
        uint64_t seed = 7 + i, stops = 0, sent = 0;
        for (uint32_t round = bursts(100, 1600 * buffers[i]); round > 0; round--) {
            uint32_t count = 1 + (uint32_t)(ast_random(&seed) % BURST);
            for (uint32_t k = 0; k < count; k++)
                send_number((uint32_t)sent++, 4);
            poll_until(sent);
            stops += count / buffers[i];
            /* What is left of the buffers has been given back before the next burst. */
            as_reactor_poll(t.reactor, 0);
        }
        as_reactor_stats stats = stats_now();
        assert_true(t.in_order && t.whole);
        assert_int_equal(stats.datagrams, sent);
        assert_true(stats.enobufs <= stops);
        if (buffers[i] < AT_A_TIME || !is_uring())
            stopped(&stats, stats.enobufs, is_uring() ? stops : 0);
        assert_int_equal(stats.cq_overflow + stats.errors + stats.kernel_drops + stats.truncated, 0);
        end();
    }
}

/*
 * A queue for C completions takes C of a burst; the one after them stops the receive and is kept by the kernel. Then
 * all of it is fetched and the receive begins again.
 */
static void a_full_completion_queue_stops_a_receive_and_loses_nothing(void **state)
{
    (void)state;
    static const uint32_t completions[] = {2, 4, 8, 32};
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        begin((as_reactor_options){.datagram_buffers = 256, .uring_completions = completions[i]});
        uint64_t seed = 70 + i, stops = 0, sent = 0;
        for (uint32_t round = bursts(100, 1600 * completions[i]); round > 0; round--) {
            uint32_t count = 1 + (uint32_t)(ast_random(&seed) % BURST);
            for (uint32_t k = 0; k < count; k++)
                send_number((uint32_t)sent++, 4);
            poll_until(sent);
            stops += count / (completions[i] + 1);
            as_reactor_poll(t.reactor, 0);
        }
        as_reactor_stats stats = stats_now();
        assert_true(t.in_order && t.whole);
        assert_int_equal(stats.datagrams, sent);
        assert_true(stats.cq_overflow <= stops);
        if (completions[i] < AT_A_TIME || !is_uring())
            stopped(&stats, stats.cq_overflow, is_uring() ? stops : 0);
        assert_int_equal(stats.enobufs + stats.errors + stats.kernel_drops + stats.truncated, 0);
        end();
    }
}

static void datagrams_longer_than_a_buffer_are_cut_and_counted(void **state)
{
    (void)state;
    begin((as_reactor_options){.datagram_bytes = LONGEST, .datagram_buffers = 16});
    uint64_t seed = 5, cut = 0, sent = 0, bytes = 0;
    for (uint32_t round = bursts(100, 6400); round > 0; round--) {
        for (uint32_t k = 0; k < 32; k++) {
            size_t wanted = 4 + (size_t)(ast_random(&seed) % (2 * LONGEST - 4));
            if (k % 4 == 0) /* the edges often enough */
                wanted = LONGEST + k % 3;
            send_number((uint32_t)sent++, wanted);
            cut += wanted > LONGEST;
            bytes += wanted > LONGEST ? LONGEST : wanted;
        }
        poll_until(sent);
    }
    as_reactor_stats stats = stats_now();
    assert_true(t.in_order && t.whole);
    assert_int_equal(t.cut, cut);
    assert_int_equal(stats.truncated, cut);
    assert_int_equal(stats.bytes, bytes);
    assert_int_equal(stats.errors + stats.kernel_drops, 0);
    assert_true(cut > sent / 3);
    end();
}

/* The kernel says how many it dropped with the next datagram that it does not. */
static void what_the_kernel_drops_is_counted_whatever_the_buffers_are(void **state)
{
    (void)state;
    static const uint32_t buffers[] = {1, 4, 64};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        begin((as_reactor_options){.datagram_buffers = buffers[i]});
        int small_bytes = 4096;
        assert_int_equal(setsockopt(t.in, SOL_SOCKET, SO_RCVBUF, &small_bytes, sizeof small_bytes), 0);
        uint64_t seed = 3, sent = 0;
        for (uint32_t round = bursts(100, 3200); round > 0; round--) {
            for (uint32_t k = (uint32_t)(ast_random(&seed) % (4 * BURST)); k > 0; k--)
                send_number((uint32_t)sent++, 4);
            while (as_reactor_poll(t.reactor, 0) > 0)
                ;
            uint64_t before = t.count;
            send_number((uint32_t)sent++, 4);
            poll_until(before + 1);
            assert_int_equal(stats_now().kernel_drops, sent - t.count);
        }
        as_reactor_stats stats = stats_now();
        assert_true(t.in_order && !t.whole);
        assert_int_equal(t.next, sent);
        assert_int_equal(stats.datagrams + stats.kernel_drops, sent);
        assert_true(stats.kernel_drops > 0);
        assert_int_equal(stats.errors + stats.truncated, 0);
        end();
    }
}

/* ---- streams ---- */

static struct {
    uint64_t bytes, pieces;
    size_t longest;
    bool in_order;
    int ends;
} s;

static void on_stream(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, int error)
{
    (void)ctx;
    (void)ts_recv_ns;
    if (data == NULL) {
        s.ends += 1 + (error != 0);
        return;
    }
    for (size_t i = 0; i < data_bytes; i++)
        s.in_order = s.in_order && data[i] == (uint8_t)(s.bytes + i);
    s.bytes += data_bytes;
    s.pieces++;
    s.longest = data_bytes > s.longest ? data_bytes : s.longest;
}

static void a_stream_through_few_short_buffers_is_whole(void **state)
{
    (void)state;
    static const struct {
        uint32_t buffers, bytes, completions;
    } cases[] = {{1, 1, 0}, {1, 7, 0}, {2, 64, 0}, {64, 16, 4}, {4, 1000, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(&s, 0, sizeof s);
        s.in_order = true;
        as_reactor_options options = {.backend = backend_under_test,
                                      .uring_skip = skip_under_test,
                                      .watch_max = 1,
                                      .stream_buffers = cases[i].buffers,
                                      .stream_bytes = cases[i].bytes,
                                      .uring_completions = cases[i].completions};
        as_reactor *reactor = NULL;
        int pair[2];
        assert_int_equal(as_reactor_open(&options, &reactor), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        assert_true(as_reactor_add_stream(reactor, pair[0], on_stream, NULL) >= 0);
        uint64_t sent = 0, limit = as_clock_monotonic_ns() + 5 * AS_NS_PER_S, wanted = 3000ULL * cases[i].bytes;
        while (s.bytes < wanted && as_clock_monotonic_ns() < limit) {
            uint8_t chunk[509];
            size_t chunk_bytes = wanted - sent < sizeof chunk ? (size_t)(wanted - sent) : sizeof chunk;
            for (size_t k = 0; k < chunk_bytes; k++)
                chunk[k] = (uint8_t)(sent + k);
            ssize_t n = chunk_bytes > 0 ? send(pair[1], chunk, chunk_bytes, MSG_NOSIGNAL) : 0;
            sent += n > 0 ? (uint64_t)n : 0;
            as_reactor_poll(reactor, 0);
        }
        close(pair[1]);
        while (s.ends == 0 && as_clock_monotonic_ns() < limit)
            as_reactor_poll(reactor, AS_NS_PER_MS);
        as_reactor_stats stats;
        as_reactor_stats_get(reactor, &stats);
        assert_true(s.in_order && s.ends == 1 && s.longest <= cases[i].bytes);
        assert_int_equal(s.bytes, wanted);
        assert_int_equal(stats.bytes, wanted);
        assert_int_equal(stats.reads, s.pieces);
        assert_int_equal(stats.closed, 1);
        assert_int_equal(stats.errors, 0);
        assert_int_equal(stats.rearms, stats.enobufs + stats.cq_overflow);
        if (is_uring() && cases[i].buffers == 1)
            assert_in_range(stats.enobufs, stats.reads - 1, stats.reads); /* each piece takes the last buffer */
        as_reactor_close(reactor);
        close(pair[0]);
    }
}

/* ---- ---- */

static int use_uring(void **state)
{
    (void)state;
    backend_under_test = AS_BACKEND_URING;
    return 0;
}

static int use_epoll(void **state)
{
    (void)state;
    backend_under_test = AS_BACKEND_EPOLL;
    return 0;
}

static bool have_uring(void)
{
    as_reactor *reactor = NULL;
    if (as_reactor_open(&(as_reactor_options){.backend = AS_BACKEND_URING}, &reactor) < 0) {
        print_message("skipped: %s\n", as_error_message(0));
        as_error_clear();
        return false;
    }
    as_reactor_close(reactor);
    return true;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_that_run_out_stop_a_receive_and_lose_nothing),
        cmocka_unit_test(a_full_completion_queue_stops_a_receive_and_loses_nothing),
        cmocka_unit_test(datagrams_longer_than_a_buffer_are_cut_and_counted),
        cmocka_unit_test(what_the_kernel_drops_is_counted_whatever_the_buffers_are),
        cmocka_unit_test(a_stream_through_few_short_buffers_is_whole),
    };
    static const char *const name[] = {"io_uring, DEFER_TASKRUN", "io_uring, COOP_TASKRUN", "io_uring, plain"};
    int failed = 0;
    bool uring = have_uring();
    for (skip_under_test = 0; uring && skip_under_test < 3; skip_under_test++)
        failed += cmocka_run_group_tests_name(name[skip_under_test], tests, use_uring, NULL);
    skip_under_test = 0;
    return failed + cmocka_run_group_tests_name("epoll", tests, use_epoll, NULL);
}
