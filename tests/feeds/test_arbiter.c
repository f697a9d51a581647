#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "feeds/arbiter.h"
#include "feeds/framing/moldudp64.h"
#include "tests/support/random.h"

enum { MESSAGES_MAX = 20000, WINDOW = 2000, WAIT = 50000 };

/* What came out: the sequence numbers delivered, each checked against the message's own content. */
static struct {
    uint64_t seq[MESSAGES_MAX];
    uint64_t ts[MESSAGES_MAX];
    uint32_t count;
    uint64_t lost, gaps;
    as_packet_request request[64];
    uint32_t request_count;
    uint32_t restarts;
} out;

static as_arbiter arbiter;
static const uint8_t session_a[AS_PACKET_SESSION_BYTES] = "000000001";
static const uint8_t session_b[AS_PACKET_SESSION_BYTES] = "000000002";

static void on_take(void *ctx, const as_packet *packet, const as_take *take, uint64_t ts_recv_ns)
{
    assert_ptr_equal(ctx, &out);
    out.restarts += take->restarted;
    out.lost += take->gap_to - take->gap_from;
    out.gaps += take->gap_to != take->gap_from;
    const uint8_t *cursor = packet->blocks;
    for (unsigned i = 0; i < (unsigned)take->skip + take->deliver; i++) {
        size_t message_bytes;
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        if (i < take->skip)
            continue;
        uint64_t seq;
        assert_int_equal(message_bytes, sizeof seq);
        memcpy(&seq, message, sizeof seq);
        assert_int_equal(seq, take->seq + i - take->skip);
        assert_true(out.count < MESSAGES_MAX);
        out.ts[out.count] = ts_recv_ns;
        out.seq[out.count++] = seq;
    }
}

static void on_request(void *ctx, const as_packet_request *request)
{
    assert_ptr_equal(ctx, &out);
    assert_true(out.request_count < 64);
    out.request[out.request_count++] = *request;
}

static void begin(bool ask, uint64_t window_ns)
{
    memset(&out, 0, sizeof out);
    assert_int_equal(as_arbiter_init(&arbiter, &(as_arbiter_options){.window_ns = window_ns, .parse = as_mold_parse,
                                                                     .request_ns = WAIT,
                                                                     .first_seq = 1,
                                                                     .take = on_take,
                                                                     .request = ask ? on_request : NULL,
                                                                     .ctx = &out}),
                     0);
}

static size_t packet_of(uint8_t *packet, const uint8_t *session, uint64_t seq, unsigned count)
{
    as_mold_builder builder;
    as_mold_builder_init(&builder, session, seq, packet, AS_DATAGRAM_BYTES);
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = seq + i;
        assert_true(as_mold_builder_add(&builder, (const uint8_t *)&number, sizeof number));
    }
    return as_mold_builder_finish(&builder);
}

static void push(const uint8_t *session, uint64_t seq, unsigned count, uint64_t now)
{
    uint8_t packet[AS_DATAGRAM_BYTES];
    size_t bytes = packet_of(packet, session, seq, count);
    uint8_t *copy = malloc(bytes); /* of this length, and gone afterwards: nothing may point into it */
    assert_non_null(copy);
    memcpy(copy, packet, bytes);
    assert_int_equal(as_arbiter_push(&arbiter, copy, bytes, now, now), AS_PACKET_OK);
    free(copy);
}

static void delivered(uint64_t from, uint64_t to)
{
    assert_int_equal(out.count, to - from);
    for (uint32_t i = 0; i < out.count; i++)
        assert_int_equal(out.seq[i], from + i);
    out.count = 0;
}

static void without_a_window_a_hole_is_declared_at_once(void **state)
{
    (void)state;
    begin(false, 0);
    assert_null(arbiter.held);
    push(session_a, 1, 2, 10);
    push(session_a, 5, 1, 11);
    assert_int_equal(out.lost, 2);
    assert_false(as_arbiter_waits(&arbiter));
    as_arbiter_fini(&arbiter);
}

static void the_other_line_fills_the_hole_and_packets_may_overlap(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 2, 10);
    push(session_a, 6, 3, 11);
    push(session_a, 5, 1, 12);
    push(session_a, 9, 1, 13);
    delivered(1, 3);
    assert_true(as_arbiter_waits(&arbiter));
    push(session_a, 2, 2, 14); /* 2 again, and 3 */
    push(session_a, 4, 3, 15); /* 4, and 5 and 6, which are held already */
    assert_int_equal(out.count, 7);
    assert_int_equal(out.ts[0], 14); /* 3 */
    assert_int_equal(out.ts[4], 11); /* 7 keeps its own receive time */
    delivered(3, 10);
    assert_int_equal(out.lost, 0);
    assert_int_equal(arbiter.filled, 4);
    assert_int_equal(as_arbiter_poll(&arbiter, 1000000), 0);
    as_arbiter_fini(&arbiter);
}

static void after_the_window_the_hole_is_lost(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 4, 1, 100);
    push(session_a, 8, 1, 150);
    assert_int_equal(as_arbiter_poll(&arbiter, 100 + WINDOW - 1), 0);
    assert_int_equal(as_arbiter_poll(&arbiter, 100 + WINDOW), 1);
    assert_int_equal(out.lost, 2);
    assert_true(as_arbiter_waits(&arbiter));
    assert_int_equal(as_arbiter_poll(&arbiter, 150 + WINDOW), 1);
    assert_int_equal(out.lost, 5);
    assert_int_equal(out.gaps, 2);
    push(session_a, 2, 2, 5000); /* too late */
    assert_int_equal(arbiter.line.duplicates, 2);
    as_arbiter_fini(&arbiter);
}

static void a_heartbeat_that_is_ahead_waits_too(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 3, 0, 20);
    assert_int_equal(out.lost, 0);
    push(session_a, 2, 1, 30);
    delivered(1, 3);
    assert_false(as_arbiter_waits(&arbiter));
    push(session_a, 5, 0, 40);
    as_arbiter_poll(&arbiter, 40 + WINDOW);
    assert_int_equal(out.lost, 2);
    as_arbiter_fini(&arbiter);
}

static void a_hole_is_asked_for_once_and_then_lost(void **state)
{
    (void)state;
    begin(true, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 70001, 1, 100);
    as_arbiter_poll(&arbiter, 100 + WINDOW - 1);
    assert_int_equal(out.request_count, 0);
    as_arbiter_poll(&arbiter, 100 + WINDOW);
    as_arbiter_poll(&arbiter, 100 + WINDOW + 1);
    assert_int_equal(out.request_count, 1);
    assert_int_equal(out.request[0].seq, 2);
    assert_int_equal(out.request[0].count, AS_MOLD_COUNT_MAX);
    assert_memory_equal(out.request[0].session, session_a, AS_PACKET_SESSION_BYTES);
    push(session_a, 2, 100, 3000); /* a part of the answer: the rest is asked for again */
    as_arbiter_poll(&arbiter, 3001);
    assert_int_equal(out.request_count, 2);
    assert_int_equal(out.request[1].seq, 102);
    as_arbiter_poll(&arbiter, 100 + WINDOW + WAIT - 1);
    assert_int_equal(out.lost, 0);
    as_arbiter_poll(&arbiter, 100 + WINDOW + WAIT);
    assert_int_equal(out.lost, 70001 - 102);
    as_arbiter_fini(&arbiter);
}

static void too_many_held_packets_give_the_first_hole_up(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 1, 10);
    for (uint64_t i = 0; i < AS_ARBITER_PACKETS; i++)
        push(session_a, 3 + i, 1, 20);
    assert_int_equal(out.count, 1);
    push(session_a, 3 + AS_ARBITER_PACKETS, 1, 20);
    assert_int_equal(out.count, AS_ARBITER_PACKETS + 2);
    assert_int_equal(out.lost, 1);
    assert_int_equal(arbiter.overflows, 1);
    assert_false(as_arbiter_waits(&arbiter));
    as_arbiter_fini(&arbiter);
}

static void another_session_gives_up_what_the_old_one_held(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 3, 1, 20);
    push(session_b, 1, 1, 30);
    assert_int_equal(out.count, 3);
    assert_int_equal(out.lost, 1);
    assert_int_equal(out.restarts, 1);
    assert_false(as_arbiter_waits(&arbiter));
    as_arbiter_fini(&arbiter);
}

static void a_clock_set_back_does_not_keep_a_hole_for_ever(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 1, 10000000);
    push(session_a, 3, 1, 10000000);
    assert_int_equal(as_arbiter_poll(&arbiter, 5000), 1);
    assert_int_equal(out.lost, 1);
    as_arbiter_fini(&arbiter);
}

/* Two lines that each lose, repeat and reorder: what either brought is delivered once and in order; what both lost is
 * the only loss. */
static void two_random_lines_lose_only_what_both_lost(void **state)
{
    (void)state;
    uint64_t seed = 20260703;
    print_message("seed %llu\n", (unsigned long long)seed);
    begin(false, WINDOW);
    static bool arrived[MESSAGES_MAX + 200];
    struct {
        uint64_t seq;
        unsigned count;
    } queue[2][4];
    unsigned queued[2] = {0, 0};
    memset(arrived, 0, sizeof arrived);
    uint64_t next[2] = {1, 1}, now = 1000;
    push(session_a, 1, 0, now);
    while (next[0] < MESSAGES_MAX - 100 || next[1] < MESSAGES_MAX - 100) {
        unsigned l = next[0] <= next[1] ? 0 : 1;
        unsigned count = 1 + (unsigned)(ast_random(&seed) % 5);
        now += WINDOW / 50;
        queue[l][queued[l]].seq = next[l];
        queue[l][queued[l]++].count = count;
        next[l] += count;
        if (queued[l] < 4 && ast_random(&seed) % 3 != 0)
            continue;
        while (queued[l] > 0) {
            unsigned pick = (unsigned)(ast_random(&seed) % queued[l]);
            if (ast_random(&seed) % 10 != 0) {
                for (unsigned i = 0; i < queue[l][pick].count; i++)
                    arrived[queue[l][pick].seq + i] = true;
                push(session_a, queue[l][pick].seq, queue[l][pick].count, now);
            }
            queue[l][pick] = queue[l][--queued[l]];
        }
        as_arbiter_poll(&arbiter, now);
    }
    uint64_t end_seq = next[0] > next[1] ? next[0] : next[1];
    push(session_a, end_seq, 0, now);
    as_arbiter_poll(&arbiter, now + WINDOW);
    uint64_t want = 0, at = 0;
    for (uint64_t seq = 1; seq < end_seq; seq++) {
        if (!arrived[seq])
            continue;
        want++;
        assert_int_equal(out.seq[at++], seq);
    }
    assert_int_equal(out.count, want);
    assert_int_equal(out.lost, end_seq - 1 - want);
    assert_true(out.lost > 100 && arbiter.filled > 1000);
    assert_int_equal(arbiter.overflows, 0);
    as_arbiter_fini(&arbiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_window_a_hole_is_declared_at_once),
        cmocka_unit_test(the_other_line_fills_the_hole_and_packets_may_overlap),
        cmocka_unit_test(after_the_window_the_hole_is_lost),
        cmocka_unit_test(a_heartbeat_that_is_ahead_waits_too),
        cmocka_unit_test(a_hole_is_asked_for_once_and_then_lost),
        cmocka_unit_test(too_many_held_packets_give_the_first_hole_up),
        cmocka_unit_test(another_session_gives_up_what_the_old_one_held),
        cmocka_unit_test(a_clock_set_back_does_not_keep_a_hole_for_ever),
        cmocka_unit_test(two_random_lines_lose_only_what_both_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
