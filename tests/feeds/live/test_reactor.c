#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "feeds/live/reactor.h"
#include "feeds/live/socket.h"

/* Every case runs on both backends: the group's set-up puts the wanted one here. */
static as_backend backend_under_test;
static uint32_t skip_under_test; /* of io_uring's sets of flags */

enum { SEEN_MAX = 4096 };

typedef struct seen {
    uint32_t number[SEEN_MAX];
    uint64_t ts[SEEN_MAX];
    size_t bytes[SEEN_MAX];
    bool truncated[SEEN_MAX];
    uint32_t count;
    char stream[1 << 18];
    size_t stream_bytes;
    int end_count, end_error;
    int accepted[64];
    int accept_count;
    as_reactor *reactor;
    int remove_id;
} seen;

static seen got;

static void on_datagram(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated)
{
    seen *s = ctx;
    assert_true(s->count < SEEN_MAX);
    if (data_bytes >= 4)
        memcpy(&s->number[s->count], data, 4);
    s->ts[s->count] = ts_recv_ns;
    s->bytes[s->count] = data_bytes;
    s->truncated[s->count] = truncated;
    s->count++;
    if (s->remove_id >= 0)
        as_reactor_remove(s->reactor, s->remove_id);
}

static void on_stream(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, int error)
{
    seen *s = ctx;
    assert_true(ts_recv_ns > 0);
    if (data == NULL) {
        assert_int_equal(data_bytes, 0);
        s->end_count++;
        s->end_error = error;
        return;
    }
    assert_true(data_bytes > 0 && s->stream_bytes + data_bytes <= sizeof s->stream);
    memcpy(s->stream + s->stream_bytes, data, data_bytes);
    s->stream_bytes += data_bytes;
}

static void on_accept(void *ctx, int fd)
{
    seen *s = ctx;
    s->accepted[s->accept_count++] = fd;
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * AS_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static as_reactor *reactor_new(as_reactor_options options)
{
    as_reactor *reactor = NULL;
    memset(&got, 0, sizeof got);
    got.remove_id = -1;
    options.backend = backend_under_test;
    options.uring_skip = skip_under_test;
    assert_int_equal(as_reactor_open(&options, &reactor), 0);
    got.reactor = reactor;
    return reactor;
}

static as_reactor_stats stats_of(const as_reactor *reactor)
{
    as_reactor_stats stats;
    as_reactor_stats_get(reactor, &stats);
    return stats;
}

/* Poll until the condition holds, at most 2 s. */
#define POLL_UNTIL(reactor, condition)                                                                                 \
    do {                                                                                                               \
        uint64_t limit_ = now_ns(CLOCK_MONOTONIC) + 2 * AS_NS_PER_S;                                                   \
        while (!(condition) && now_ns(CLOCK_MONOTONIC) < limit_)                                                       \
            as_reactor_poll(reactor, 5 * AS_NS_PER_MS);                                                                \
        assert_true(condition);                                                                                        \
    } while (0)

/* A UDP port that is free now. */
static uint16_t free_port(int type)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    uint16_t port = as_socket_port(fd);
    close(fd);
    return port;
}

static int receiver(const char *host, const char *query, uint16_t *port)
{
    char text[AS_URL_BYTES];
    as_url url;
    int fd = -1;
    as_udp_info info;
    *port = free_port(SOCK_DGRAM);
    snprintf(text, sizeof text, "udp://%s:%u%s", host, *port, query);
    assert_int_equal(as_url_parse(text, &url), 0);
    assert_int_equal(as_socket_open_udp(&url, &fd, &info), 0);
    assert_true(info.stamps && info.drop_counts && info.rcvbuf_bytes > 0);
    return fd;
}

static int sender(const char *host, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct ip_mreqn lo = {.imr_address.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(inet_pton(AF_INET, host, &to.sin_addr), 1);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void send_numbers(int fd, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        assert_int_equal(send(fd, &i, sizeof i, 0), sizeof i);
}

/*
 * Ten datagrams, and a pause before they are fetched: stamps that were made at delivery lie after it. Returns whether
 * all were made on arrival.
 */
static bool ten_datagrams(as_reactor *reactor, int out)
{
    got.count = 0;
    uint64_t before = now_ns(CLOCK_REALTIME);
    send_numbers(out, 0, 10);
    uint64_t after = now_ns(CLOCK_REALTIME);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    bool on_arrival = true;
    uint64_t limit = now_ns(CLOCK_MONOTONIC) + 2 * AS_NS_PER_S;
    while (got.count < 10 && now_ns(CLOCK_MONOTONIC) < limit)
        as_reactor_poll(reactor, AS_NS_PER_MS);
    assert_int_equal(got.count, 10);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(got.number[i], i);
        assert_int_equal(got.bytes[i], 4);
        assert_false(got.truncated[i]);
        on_arrival = on_arrival && got.ts[i] >= before - AS_NS_PER_MS && got.ts[i] <= after + 5 * AS_NS_PER_MS;
    }
    return on_arrival;
}

static void datagrams_arrive_in_order_with_the_kernels_stamp(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){0});
    uint16_t port;
    int in = receiver("127.0.0.1", "", &port), out = sender("127.0.0.1", port);
    int id = as_reactor_add_udp(reactor, in, on_datagram, &got);
    assert_true(id >= 0);
    assert_int_equal(as_reactor_poll(reactor, 0), 0);
    /* The kernel begins to stamp a little after the first socket of the machine has asked for it. */
    uint64_t rounds = 1;
    while (!ten_datagrams(reactor, out) && rounds < 20)
        rounds++;
    assert_true(rounds < 20);
    assert_int_equal(stats_of(reactor).datagrams, 10 * rounds);
    assert_int_equal(stats_of(reactor).bytes, 40 * rounds);
    as_reactor_close(reactor);
    close(in);
    close(out);
}

static void poll_without_wait_finds_what_is_there_and_never_blocks(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){0});
    uint16_t port;
    int in = receiver("127.0.0.1", "", &port), out = sender("127.0.0.1", port);
    assert_true(as_reactor_add_udp(reactor, in, on_datagram, &got) >= 0);
    send_numbers(out, 0, 3);
    int calls = 0;
    for (int i = 0; i < 1000 && got.count < 3; i++)
        calls += as_reactor_poll(reactor, 0);
    assert_int_equal(got.count, 3);
    assert_int_equal(calls, 3);
    /* io_uring may end a wait with a completion that makes no callback; it must not do so again and again */
    uint64_t before = now_ns(CLOCK_MONOTONIC);
    unsigned waits = 0;
    for (; now_ns(CLOCK_MONOTONIC) - before < 25 * AS_NS_PER_MS; waits++)
        assert_int_equal(as_reactor_poll(reactor, 30 * AS_NS_PER_MS), 0);
    assert_in_range(waits, 1, 3);
    as_reactor_close(reactor);
    close(in);
    close(out);
}

static void an_empty_datagram_is_delivered(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){0});
    uint16_t port;
    int in = receiver("127.0.0.1", "", &port), out = sender("127.0.0.1", port);
    assert_true(as_reactor_add_udp(reactor, in, on_datagram, &got) >= 0);
    assert_int_equal(send(out, "", 0, 0), 0);
    send_numbers(out, 1, 2);
    POLL_UNTIL(reactor, got.count == 2);
    assert_int_equal(got.bytes[0], 0);
    assert_int_equal(got.number[1], 1);
    as_reactor_close(reactor);
    close(in);
    close(out);
}

static void two_groups_on_one_port_do_not_mix(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){0});
    static seen other;
    memset(&other, 0, sizeof other);
    other.remove_id = -1;
    uint16_t port;
    int a = receiver("239.255.17.1", "?if=lo", &port);
    char text[AS_URL_BYTES];
    as_url url;
    int b = -1;
    snprintf(text, sizeof text, "udp://239.255.17.2:%u?if=127.0.0.1", port);
    assert_int_equal(as_url_parse(text, &url), 0);
    assert_int_equal(as_socket_open_udp(&url, &b, NULL), 0);
    assert_true(as_reactor_add_udp(reactor, a, on_datagram, &got) >= 0);
    assert_true(as_reactor_add_udp(reactor, b, on_datagram, &other) >= 0);
    int to_a = sender("239.255.17.1", port), to_b = sender("239.255.17.2", port);
    send_numbers(to_a, 100, 105);
    send_numbers(to_b, 200, 207);
    POLL_UNTIL(reactor, got.count >= 5 && other.count >= 7);
    as_reactor_poll(reactor, 10 * AS_NS_PER_MS);
    assert_int_equal(got.count, 5);
    assert_int_equal(other.count, 7);
    assert_int_equal(got.number[0], 100);
    assert_int_equal(other.number[6], 206);
    as_reactor_close(reactor);
    close(a);
    close(b);
    close(to_a);
    close(to_b);
}

static void a_burst_beyond_the_buffers_is_counted_and_delivered_whole(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){.datagram_buffers = 4});
    uint16_t port;
    int in = receiver("127.0.0.1", "", &port), out = sender("127.0.0.1", port);
    assert_true(as_reactor_add_udp(reactor, in, on_datagram, &got) >= 0);
    send_numbers(out, 0, 1000);
    POLL_UNTIL(reactor, got.count == 1000);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(got.number[i], i);
    as_reactor_stats stats = stats_of(reactor);
    assert_int_equal(stats.datagrams, 1000);
    assert_int_equal(stats.kernel_drops, 0);
    assert_int_equal(stats.errors, 0);
    if (strcmp(as_reactor_backend_name(reactor), "uring") == 0) {
        assert_true(stats.enobufs > 0);
        assert_true(stats.rearms >= stats.enobufs);
    }
    as_reactor_close(reactor);
    close(in);
    close(out);
}

static void what_the_kernel_drops_is_counted_exactly(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){.datagram_buffers = 4});
    uint16_t port;
    int in = receiver("127.0.0.1", "", &port), out = sender("127.0.0.1", port);
    int small = 4096;
    assert_int_equal(setsockopt(in, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_true(as_reactor_add_udp(reactor, in, on_datagram, &got) >= 0);
    for (uint32_t round = 1; round <= 3; round++) {
        uint32_t first = got.count, before;
        send_numbers(out, 0, 500);
        do {
            before = got.count;
            as_reactor_poll(reactor, 20 * AS_NS_PER_MS);
        } while (got.count != before);
        assert_true(got.count > first && got.count < first + 500);
        /* The count of drops comes with the next datagram that gets through. */
        send_numbers(out, 500, 501);
        POLL_UNTIL(reactor, got.count == before + 1);
        assert_int_equal(stats_of(reactor).kernel_drops, 501 * round - got.count);
    }
    as_reactor_close(reactor);
    close(in);
    close(out);
}

static void a_datagram_that_is_too_long_is_cut_marked_and_counted(void **state)
{
    (void)state;
    static const size_t room_bytes[] = {100, 128, 1000};
    for (size_t i = 0; i < 3; i++) {
        as_reactor *reactor = reactor_new((as_reactor_options){.datagram_bytes = (uint32_t)room_bytes[i]});
        uint16_t port;
        int in = receiver("127.0.0.1", "", &port), out = sender("127.0.0.1", port);
        assert_true(as_reactor_add_udp(reactor, in, on_datagram, &got) >= 0);
        static const char text[2000];
        send(out, text, room_bytes[i], 0);
        send(out, text, room_bytes[i] + 1, 0);
        send(out, text, sizeof text, 0);
        POLL_UNTIL(reactor, got.count == 3);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(got.bytes[k], room_bytes[i]);
            assert_int_equal(got.truncated[k], k > 0);
        }
        assert_int_equal(stats_of(reactor).truncated, 2);
        as_reactor_close(reactor);
        close(in);
        close(out);
    }
}

static void a_watch_removed_in_its_own_callback_is_silent_and_its_port_free(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){0});
    uint16_t port;
    int in = receiver("127.0.0.1", "", &port), out = sender("127.0.0.1", port);
    int id = as_reactor_add_udp(reactor, in, on_datagram, &got);
    got.remove_id = id;
    send_numbers(out, 0, 50);
    POLL_UNTIL(reactor, got.count == 1);
    close(in);
    char text[AS_URL_BYTES];
    as_url url;
    snprintf(text, sizeof text, "udp://127.0.0.1:%u", port);
    assert_int_equal(as_url_parse(text, &url), 0);
    assert_int_equal(as_socket_open_udp(&url, &in, NULL), 0);
    got.remove_id = -1;
    int again = as_reactor_add_udp(reactor, in, on_datagram, &got);
    assert_true(again >= 0 && again != id);
    as_reactor_remove(reactor, id); /* an old id does not touch the new watch */
    send_numbers(out, 77, 78);
    POLL_UNTIL(reactor, got.count == 2);
    assert_int_equal(got.number[1], 77);
    as_reactor_close(reactor);
    close(in);
    /* Closing the reactor has let go of the socket, too. */
    assert_int_equal(as_socket_open_udp(&url, &in, NULL), 0);
    close(in);
    close(out);
}

static void more_watches_than_allowed_are_refused(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){.watch_max = 2});
    uint16_t port[3];
    int fd[3];
    for (int i = 0; i < 3; i++)
        fd[i] = receiver("127.0.0.1", "", &port[i]);
    int id = as_reactor_add_udp(reactor, fd[0], on_datagram, &got);
    assert_true(id >= 0);
    assert_true(as_reactor_add_udp(reactor, fd[1], on_datagram, &got) >= 0);
    assert_int_equal(as_reactor_add_udp(reactor, fd[2], on_datagram, &got), -ENOSPC);
    as_reactor_remove(reactor, id);
    as_reactor_poll(reactor, AS_NS_PER_MS);
    assert_true(as_reactor_add_udp(reactor, fd[2], on_datagram, &got) >= 0);
    as_reactor_close(reactor);
    for (int i = 0; i < 3; i++)
        close(fd[i]);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static int listener(uint16_t *port)
{
    char text[AS_URL_BYTES];
    as_url url;
    as_address address;
    int fd = -1;
    *port = free_port(SOCK_STREAM);
    snprintf(text, sizeof text, "tcp://127.0.0.1:%u?mode=listen", *port);
    assert_int_equal(as_url_parse(text, &url), 0);
    assert_int_equal(as_url_resolve(&url, &address), 0);
    assert_int_equal(as_socket_listen(&url, &address, &fd), 0);
    return fd;
}

static void a_stream_comes_whole_and_its_end_once(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){.stream_bytes = 1000, .stream_buffers = 4});
    uint16_t port;
    int listening = listener(&port);
    int listen_id = as_reactor_add_listener(reactor, listening, on_accept, &got);
    assert_true(listen_id >= 0);
    int peer = connect_to(port);
    POLL_UNTIL(reactor, got.accept_count == 1);
    assert_true(as_reactor_add_stream(reactor, got.accepted[0], on_stream, &got) >= 0);
    static char text[100000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + i / 251);
    assert_int_equal(send(peer, text, sizeof text, 0), sizeof text);
    POLL_UNTIL(reactor, got.stream_bytes == sizeof text);
    assert_memory_equal(got.stream, text, sizeof text);
    send(peer, "end", 3, 0);
    close(peer);
    POLL_UNTIL(reactor, got.end_count > 0);
    as_reactor_poll(reactor, 5 * AS_NS_PER_MS);
    assert_int_equal(got.end_count, 1);
    assert_int_equal(got.end_error, 0);
    assert_int_equal(got.stream_bytes, sizeof text + 3);
    assert_int_equal(stats_of(reactor).closed, 1);
    assert_int_equal(stats_of(reactor).accepts, 1);
    close(got.accepted[0]);
    as_reactor_close(reactor);
    close(listening);
}

static void a_reset_is_reported_as_an_error(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){0});
    uint16_t port;
    int listening = listener(&port);
    assert_true(as_reactor_add_listener(reactor, listening, on_accept, &got) >= 0);
    int peer = connect_to(port);
    POLL_UNTIL(reactor, got.accept_count == 1);
    assert_true(as_reactor_add_stream(reactor, got.accepted[0], on_stream, &got) >= 0);
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    close(peer);
    POLL_UNTIL(reactor, got.end_count == 1);
    assert_int_equal(got.end_error, -ECONNRESET);
    close(got.accepted[0]);
    as_reactor_close(reactor);
    close(listening);
}

static void a_listener_takes_many_and_a_removed_stream_lets_its_peer_go(void **state)
{
    (void)state;
    as_reactor *reactor = reactor_new((as_reactor_options){0});
    uint16_t port;
    int listening = listener(&port);
    assert_true(as_reactor_add_listener(reactor, listening, on_accept, &got) >= 0);
    int peer[20];
    for (int i = 0; i < 20; i++)
        peer[i] = connect_to(port);
    POLL_UNTIL(reactor, got.accept_count == 20);
    int id = as_reactor_add_stream(reactor, got.accepted[0], on_stream, &got);
    assert_true(id >= 0);
    as_reactor_poll(reactor, 0);
    as_reactor_remove(reactor, id);
    close(got.accepted[0]);
    /* The peer of the first connection sees the end at once, although the reactor goes on. */
    char byte;
    int ends = 0;
    for (int i = 0; i < 20; i++)
        ends += recv(peer[i], &byte, 1, MSG_DONTWAIT) == 0;
    assert_int_equal(ends, 1);
    for (int i = 0; i < 20; i++) {
        close(peer[i]);
        if (i > 0)
            close(got.accepted[i]);
    }
    as_reactor_close(reactor);
    close(listening);
}

/* ---- which backend it became ---- */

static void options_outside_their_limits_are_refused(void **state)
{
    (void)state;
    static const as_reactor_options bad[] = {{.watch_max = 1025},       {.datagram_buffers = 3},
                                             {.stream_buffers = 65536}, {.datagram_bytes = 2 << 20},
                                             {.uring_skip = 3},         {.backend = (as_backend)3}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        as_reactor *reactor = NULL;
        assert_int_equal(as_reactor_open(&bad[i], &reactor), -EINVAL);
        assert_null(reactor);
    }
}

static void auto_takes_io_uring_where_it_works_and_says_so(void **state)
{
    (void)state;
    as_reactor *reactor = NULL;
    assert_int_equal(as_reactor_open(&(as_reactor_options){.backend = AS_BACKEND_AUTO}, &reactor), 0);
    print_message("%s\n", as_reactor_backend_text(reactor));
    if (strcmp(as_reactor_backend_name(reactor), "uring") == 0)
        assert_string_equal(as_reactor_reason_text(reactor), "");
    else
        assert_non_null(strstr(as_reactor_reason_text(reactor), "io_uring unavailable: "));
    as_reactor_close(reactor);
    assert_int_equal(as_reactor_open(&(as_reactor_options){.backend = AS_BACKEND_EPOLL}, &reactor), 0);
    assert_string_equal(as_reactor_backend_text(reactor), "epoll (recvmmsg)");
    assert_string_equal(as_reactor_reason_text(reactor), "");
    as_reactor_close(reactor);
}

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
    const struct CMUnitTest which[] = {
        cmocka_unit_test(options_outside_their_limits_are_refused),
        cmocka_unit_test(auto_takes_io_uring_where_it_works_and_says_so),
    };
    const struct CMUnitTest both[] = {
        cmocka_unit_test(datagrams_arrive_in_order_with_the_kernels_stamp),
        cmocka_unit_test(poll_without_wait_finds_what_is_there_and_never_blocks),
        cmocka_unit_test(an_empty_datagram_is_delivered),
        cmocka_unit_test(two_groups_on_one_port_do_not_mix),
        cmocka_unit_test(a_burst_beyond_the_buffers_is_counted_and_delivered_whole),
        cmocka_unit_test(what_the_kernel_drops_is_counted_exactly),
        cmocka_unit_test(a_datagram_that_is_too_long_is_cut_marked_and_counted),
        cmocka_unit_test(a_watch_removed_in_its_own_callback_is_silent_and_its_port_free),
        cmocka_unit_test(more_watches_than_allowed_are_refused),
        cmocka_unit_test(a_stream_comes_whole_and_its_end_once),
        cmocka_unit_test(a_reset_is_reported_as_an_error),
        cmocka_unit_test(a_listener_takes_many_and_a_removed_stream_lets_its_peer_go),
    };
    int failed = cmocka_run_group_tests(which, NULL, NULL);
    static const char *const name[] = {"io_uring, DEFER_TASKRUN", "io_uring, COOP_TASKRUN", "io_uring, plain"};
    bool uring = have_uring();
    for (skip_under_test = 0; uring && skip_under_test < 3; skip_under_test++)
        failed += cmocka_run_group_tests_name(name[skip_under_test], both, use_uring, NULL);
    skip_under_test = 0;
    return failed + cmocka_run_group_tests_name("epoll", both, use_epoll, NULL);
}
