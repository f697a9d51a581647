/* One connection over a socket pair: what it counts, and that half a message is never followed by another. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/zmtp/peer.h"
#include "tests/support/raw_subscriber.h"

static as_zmtp_place place;
static as_fanout_counters counters;
static as_zmtp_peer *peer;
static ast_raw raw;
static uint8_t scratch[AS_ZMTP_SCRATCH_BYTES], plain[AS_ZMTP_SCRATCH_BYTES];

static int make(void **state)
{
    int pair[2];
    (void)state;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    counters = (as_fanout_counters){0};
    place = (as_zmtp_place){.where = "live",
                            .epoll = epoll_create1(0),
                            .queue_bytes = 100000,
                            .subscriptions_max = 3,
                            .clients_max = 1,
                            .point = 12345,
                            .counters = &counters,
                            .scratch = scratch};
    peer = as_zmtp_peer_new(&place, pair[0], 7, 0);
    memset(&raw, 0, offsetof(ast_raw, in));
    raw.descriptor = pair[1];
    return peer ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    as_zmtp_peer_free(peer);
    ast_raw_close(&raw);
    return close(place.epoll);
}

static void say(const char *bytes, size_t count)
{
    assert_true(ast_raw_send(&raw, bytes, count));
    as_zmtp_peer_read(peer);
}

static void join(void)
{
    static const char all[] = AST_GREETING("\1", AST_NULL20, "\0") AST_READY_SUB "\0\1\1";
    assert_int_equal(counters.handshaking, 1);
    say(all, sizeof all - 1);
    assert_true(peer->joined);
    assert_int_equal(counters.handshaking, 0);
    assert_int_equal(counters.clients, 1);
    assert_int_equal(counters.subscriptions, 1);
}

static void send_text(const char *topic_text, size_t payload_bytes, uint64_t gseq)
{
    static uint8_t payload[AS_FANOUT_PAYLOAD_BYTES];
    as_zmtp_prefixes topic;
    as_zmtp_prefixes_make(place.point, topic_text, strlen(topic_text), &topic);
    as_zmtp_message message = {.topic = &topic,
                               .payload = payload,
                               .payload_bytes = payload_bytes,
                               .gseq = gseq,
                               .kind = AS_ZMTP_KIND_MESSAGE,
                               .plain = plain};
    assert_true(as_zmtp_peer_wants(peer, &topic));
    as_zmtp_peer_send(peer, &message);
}

static void it_joins_sends_and_leaves(void **state)
{
    (void)state;
    join();
    send_text("sig.", 10, 5);
    assert_int_equal(peer->gseq, 5);
    assert_int_equal(counters.sent, 1);
    assert_int_equal(counters.sent_bytes, 64 + 28 + 2 + 4 + 2 + 10);
    shutdown(raw.descriptor, SHUT_WR);
    as_zmtp_peer_read(peer);
    assert_int_equal(peer->descriptor, -1);
    assert_int_equal(counters.left, 1);
    assert_int_equal(counters.clients + counters.evicted + counters.subscriptions, 0);
    assert_int_equal(place.ended, 1);
    as_zmtp_peer_read(peer); /* an ended one is left alone */
    as_zmtp_peer_write(peer);
    as_zmtp_peer_end(peer, &counters.evicted, "evicted", "twice");
    assert_int_equal(counters.evicted, 0);
}

static void a_full_socket_makes_it_wait_for_epoll(void **state)
{
    struct epoll_event event;
    (void)state;
    join();
    for (uint64_t i = 1; i <= 100; i++)
        send_text("sig.", 50000, i);
    assert_true(peer->armed);
    assert_int_equal(epoll_wait(place.epoll, &event, 1, 0), 0);
    assert_true(peer->dropped > 0);
    assert_true(peer->queue.begun);
    uint64_t queued = peer->queue.used;
    as_zmtp_peer_write(peer); /* nothing goes */
    assert_int_equal(peer->queue.used, queued);
    unsigned whole = 0;
    ast_raw_frame frame;
    for (unsigned i = 0; i < 200; i++) {
        ast_raw_read(&raw);
        if (i == 0)
            raw.taken = 64;
        while (ast_raw_frame_take(&raw, &frame)) {
            assert_true(frame.body_bytes == (frame.flags & 4 ? 26 : frame.flags & 1 ? 4 : 50000));
            whole += !(frame.flags & 5);
        }
        if (epoll_wait(place.epoll, &event, 1, 0) == 1 && event.events & EPOLLOUT)
            as_zmtp_peer_write(peer);
    }
    assert_false(peer->armed);
    assert_int_equal(whole, 100 - peer->dropped);
    assert_int_equal(counters.sent, whole);
    assert_int_equal(peer->gseq, 100);
}

static void beyond_its_subscriptions_it_is_evicted(void **state)
{
    (void)state;
    join();
    say("\0\2\1a\0\2\1a\0\2\1b", 12);
    assert_int_equal(counters.subscriptions, 3);
    say("\0\2\1c", 4);
    assert_int_equal(peer->descriptor, -1);
    assert_int_equal(counters.evicted, 1);
    assert_int_equal(counters.left, 1);
    assert_int_equal(counters.subscriptions, 0);
    assert_int_equal(counters.subscribed, 3);
}

static uint32_t asked_for(void)
{
    struct epoll_event event;
    return epoll_wait(place.epoll, &event, 1, 0) == 1 ? event.events : 0;
}

/* Subscribing and cancelling without end: it is not read from for so long that the rate is kept. */
static void who_changes_its_mind_too_often_waits(void **state)
{
    static char changes[100 * 7];
    uint64_t begin = counters.subscribed;
    (void)state;
    place.now = 1000000000;
    join();
    for (unsigned i = 0; i < 100; i++)
        memcpy(changes + 7 * i,
               "\0\2\1x"
               "\0\1\0",
               7); /* x, and one "" less, which is not counted */
    for (unsigned i = 0; i < 100 && !peer->paused; i++)
        say(changes, sizeof changes);
    assert_true(peer->paused);
    assert_int_equal(asked_for() & EPOLLIN, 0);
    uint64_t made = peer->paid_until - place.now;
    assert_in_range(made / 1000000, 1003, 1003 + 341); /* changes: each is worth a millisecond */
    assert_true(place.resume_at > place.now && place.resume_at < place.now + 400000000);
    as_zmtp_peer_resume(peer); /* too early */
    assert_true(peer->paused);
    place.now = place.resume_at;
    as_zmtp_peer_resume(peer);
    assert_false(peer->paused);
    assert_true(ast_raw_send(&raw, changes, 7));
    assert_true(asked_for() & EPOLLIN);
    assert_true(counters.subscribed > begin && peer->descriptor >= 0);
}

static void one_that_says_nothing_is_nobody(void **state)
{
    (void)state;
    shutdown(raw.descriptor, SHUT_WR);
    as_zmtp_peer_read(peer);
    assert_int_equal(peer->descriptor, -1);
    assert_int_equal(counters.left + counters.refused_handshake + counters.handshaking, 0);
}

static void one_that_leaves_in_the_handshake_is_counted(void **state)
{
    (void)state;
    say(AST_SIGNATURE, 10);
    shutdown(raw.descriptor, SHUT_WR);
    as_zmtp_peer_read(peer);
    assert_int_equal(counters.refused_handshake, 1);
    assert_int_equal(counters.left, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(it_joins_sends_and_leaves),
        TEST(a_full_socket_makes_it_wait_for_epoll),
        TEST(beyond_its_subscriptions_it_is_evicted),
        TEST(who_changes_its_mind_too_often_waits),
        TEST(one_that_says_nothing_is_nobody),
        TEST(one_that_leaves_in_the_handshake_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
