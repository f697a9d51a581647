#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "feeds/live/arbiter.h"
#include "feeds/framing/moldudp64.h"

enum { MESSAGES_MAX = 20000, WINDOW = 2000, WAIT = 50000, REST = 500, GAP = 1000 };

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
    assert_int_equal(as_arbiter_init(&arbiter, &(as_arbiter_options){.window_ns = window_ns,
                                                                     .request_ns = WAIT,
                                                                     .request_gap_ns = GAP,
                                                                     .rest_ns = REST,
                                                                     .request_max = 2,
                                                                     .parse = as_mold_parse,
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

static void push_on(as_arbiter_line from, const uint8_t *session, uint64_t seq, unsigned count, uint64_t now)
{
    uint8_t packet[AS_DATAGRAM_BYTES];
    size_t bytes = packet_of(packet, session, seq, count);
    uint8_t *copy = malloc(bytes); /* of this length, and gone afterwards: nothing may point into it */
    assert_non_null(copy);
    memcpy(copy, packet, bytes);
    assert_int_equal(as_arbiter_push(&arbiter, from, copy, bytes, now, now), AS_PACKET_OK);
    free(copy);
    const as_arbiter_stats *stats = &arbiter.stats[from];
    assert_int_equal(stats->messages, stats->firsts + stats->duplicates + stats->dropped);
}

static void push(const uint8_t *session, uint64_t seq, unsigned count, uint64_t now)
{
    push_on(AS_ARBITER_A, session, seq, count, now);
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
    push_on(AS_ARBITER_B, session_a, 2, 2, 14); /* 2 again, and 3 */
    push_on(AS_ARBITER_B, session_a, 4, 3, 15); /* 4, and 5 and 6, which are held already */
    assert_int_equal(out.count, 7);
    assert_int_equal(out.ts[0], 14); /* 3 */
    assert_int_equal(out.ts[4], 15); /* 7 has been in its place only since then */
    delivered(3, 10);
    assert_int_equal(out.lost, 0);
    assert_int_equal(as_arbiter_poll(&arbiter, 1000000), 0);
    const as_arbiter_stats *a = &arbiter.stats[AS_ARBITER_A], *b = &arbiter.stats[AS_ARBITER_B];
    assert_int_equal(a->packets, 4);
    assert_int_equal(a->firsts, 7);
    assert_int_equal(a->duplicates, 0);
    assert_int_equal(a->filled, 1);      /* 5 */
    assert_int_equal(a->reorder_max, 3); /* it came behind 8 */
    assert_int_equal(b->packets, 2);
    assert_int_equal(b->firsts, 2);
    assert_int_equal(b->duplicates, 3);
    assert_int_equal(b->filled, 2); /* 3 and 4 */
    assert_int_equal(b->reorder_max, 0);
    as_arbiter_fini(&arbiter);
}

static void what_is_held_already_is_not_held_twice(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 1, 10);
    for (int i = 0; i < 2 * AS_ARBITER_PACKETS; i++) {
        push(session_a, 10, 4, 11);
        push_on(AS_ARBITER_B, session_a, 11, 2, 11);
    }
    assert_int_equal(arbiter.held_count, 1);
    push_on(AS_ARBITER_B, session_a, 12, 3, 12);
    assert_int_equal(arbiter.held_count, 2);
    assert_int_equal(arbiter.stats[AS_ARBITER_B].firsts, 1);
    push_on(AS_ARBITER_B, session_a, 2, 8, 13);
    delivered(1, 15);
    assert_int_equal(arbiter.overflows, 0);
    as_arbiter_fini(&arbiter);
}

static void a_hole_before_the_first_packet_waits_too(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 4, 1, 10);
    assert_int_equal(out.count, 0);
    push_on(AS_ARBITER_B, session_a, 1, 2, 11);
    delivered(1, 3);
    push_on(AS_ARBITER_B, session_a, 3, 1, 12);
    delivered(3, 5);
    push(session_b, 3, 1, 20); /* and at the begin of another session, when a second packet confirms it */
    assert_int_equal(out.restarts, 0);
    push(session_b, 4, 1, 20);
    assert_int_equal(out.restarts, 1);
    assert_int_equal(out.count, 0);
    push_on(AS_ARBITER_B, session_b, 1, 3, 21);
    delivered(1, 5);
    push(session_b, 8, 1, 30);
    assert_int_equal(as_arbiter_poll(&arbiter, 30 + WINDOW), 1);
    assert_int_equal(out.lost, 3);
    as_arbiter_fini(&arbiter);
}

/* Another session, or messages that no line has shown yet: neither is what was asked for. */
static void a_server_is_believed_only_in_what_the_lines_have_shown(void **state)
{
    (void)state;
    begin(true, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 4, 1, 11);
    push_on(AS_ARBITER_RETRANSMIT, session_b, 1, 2, 12);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 5, 3, 13);
    delivered(1, 2);
    assert_int_equal(arbiter.stats[AS_ARBITER_RETRANSMIT].foreign, 2);
    assert_int_equal(out.restarts, 0);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 2, 2, 14);
    delivered(2, 5);
    assert_int_equal(out.lost, 0);
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

static void a_heartbeat_that_is_ahead_waits_without_taking_room(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 1, 10);
    for (int i = 0; i < 2 * AS_ARBITER_PACKETS; i++)
        push(session_a, 3, 0, 20);
    assert_int_equal(out.lost, 0);
    assert_int_equal(arbiter.held_count, 0);
    assert_int_equal(arbiter.line.heartbeats, 2 * AS_ARBITER_PACKETS);
    assert_true(as_arbiter_waits(&arbiter));
    push_on(AS_ARBITER_B, session_a, 2, 1, 30);
    delivered(1, 3);
    assert_false(as_arbiter_waits(&arbiter));
    assert_int_equal(arbiter.stats[AS_ARBITER_B].filled, 1);
    push(session_a, 5, 0, 40);
    push(session_a, 6, 0, 50);
    assert_int_equal(as_arbiter_poll(&arbiter, 40 + WINDOW - 1), 0);
    assert_int_equal(as_arbiter_poll(&arbiter, 40 + WINDOW), 1);
    assert_int_equal(out.lost, 3);
    assert_int_equal(out.gaps, 1);
    assert_int_equal(arbiter.line.expected_seq, 6);
    as_arbiter_fini(&arbiter);
}

/* ---- asking ---- */

static void request_was(uint32_t index, uint64_t seq, unsigned count)
{
    assert_int_equal(out.request_count, index + 1);
    assert_int_equal(out.request[index].seq, seq);
    assert_int_equal(out.request[index].count, count);
    assert_memory_equal(out.request[index].session, session_a, AS_PACKET_SESSION_BYTES);
}

static void each_hole_is_asked_for_after_its_window_and_lost_when_nobody_answers(void **state)
{
    (void)state;
    begin(true, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 5, 1, 100);
    push(session_a, 9, 1, 150);
    as_arbiter_poll(&arbiter, 100 + WINDOW - 1);
    assert_int_equal(out.request_count, 0);
    uint64_t asked = 100 + WINDOW;
    as_arbiter_poll(&arbiter, asked);
    as_arbiter_poll(&arbiter, asked + GAP - 1);
    request_was(0, 2, 3);
    as_arbiter_poll(&arbiter, asked + GAP); /* the second hole does not wait for the first one's answer */
    request_was(1, 6, 3);
    as_arbiter_poll(&arbiter, asked + WAIT - 1);
    assert_int_equal(out.request_count, 2);
    as_arbiter_poll(&arbiter, asked + WAIT);
    request_was(2, 2, 3);
    as_arbiter_poll(&arbiter, asked + GAP + WAIT);
    request_was(3, 6, 3);
    as_arbiter_poll(&arbiter, asked + 2 * WAIT - 1);
    assert_int_equal(out.lost, 0);
    assert_true(as_arbiter_asks(&arbiter));
    as_arbiter_poll(&arbiter, asked + 2 * WAIT);
    assert_int_equal(out.lost, 3);
    assert_int_equal(out.gaps, 1);
    as_arbiter_poll(&arbiter, asked + GAP + 2 * WAIT);
    assert_int_equal(out.lost, 6);
    assert_int_equal(out.request_count, 4);
    assert_false(as_arbiter_waits(&arbiter) || as_arbiter_asks(&arbiter));
    as_arbiter_fini(&arbiter);
}

static void an_answer_in_the_middle_of_a_hole_leaves_two(void **state)
{
    (void)state;
    begin(true, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 10, 1, 100);
    uint64_t now = 100 + WINDOW;
    as_arbiter_poll(&arbiter, now);
    request_was(0, 2, 8);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 5, 2, now += 10);
    as_arbiter_poll(&arbiter, now += GAP);
    request_was(1, 2, 3);
    as_arbiter_poll(&arbiter, now += GAP);
    request_was(2, 7, 3);
    push_on(AS_ARBITER_B, session_a, 2, 3, now);
    delivered(1, 7);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 7, 3, now);
    delivered(7, 11);
    assert_int_equal(arbiter.stats[AS_ARBITER_RETRANSMIT].filled, 5);
    assert_int_equal(arbiter.stats[AS_ARBITER_B].filled, 3);
    assert_false(as_arbiter_waits(&arbiter));
    as_arbiter_fini(&arbiter);
}

static void an_answer_that_holds_less_is_asked_for_the_rest(void **state)
{
    (void)state;
    begin(true, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 101, 1, 100);
    uint64_t now = 100 + WINDOW;
    as_arbiter_poll(&arbiter, now);
    request_was(0, 2, 99);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 2, 30, now += 10);
    as_arbiter_poll(&arbiter, now + REST - 1);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 32, 9, now += REST - 1); /* the answer's second packet */
    as_arbiter_poll(&arbiter, now + REST - 1);
    assert_int_equal(out.request_count, 1);
    as_arbiter_poll(&arbiter, now += REST);
    request_was(1, 41, 60);
    as_arbiter_poll(&arbiter, now += WAIT); /* silence in between is forgiven once more after each progress */
    request_was(2, 41, 60);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 41, 50, now += WAIT - 1);
    as_arbiter_poll(&arbiter, now += REST);
    request_was(3, 91, 10);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 91, 10, now);
    delivered(1, 102);
    assert_false(as_arbiter_waits(&arbiter) || as_arbiter_asks(&arbiter));
    assert_int_equal(arbiter.stats[AS_ARBITER_RETRANSMIT].filled, 99);
    assert_int_equal(as_arbiter_poll(&arbiter, now + 10 * WAIT), 0);
    assert_int_equal(out.lost, 0);
    as_arbiter_fini(&arbiter);
}

static void answers_that_bring_nothing_new_do_not_keep_a_hole_open(void **state)
{
    (void)state;
    begin(true, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 5, 1, 100);
    uint64_t now = 100 + WINDOW;
    for (int i = 0; i < 4; i++, now += WAIT / 2) {
        as_arbiter_poll(&arbiter, now);
        push_on(AS_ARBITER_RETRANSMIT, session_a, 1, 1, now + 1);
        push_on(AS_ARBITER_RETRANSMIT, session_a, 5, 1, now + 1);
    }
    assert_int_equal(out.lost, 0);
    as_arbiter_poll(&arbiter, now);
    assert_int_equal(out.lost, 3);
    assert_int_equal(out.request_count, 2);
    as_arbiter_fini(&arbiter);
}

static void requests_keep_their_distance_and_their_limit(void **state)
{
    (void)state;
    begin(true, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_a, 70001, 1, 100);
    uint64_t now = 100 + WINDOW;
    as_arbiter_poll(&arbiter, now);
    request_was(0, 2, AS_MOLD_COUNT_MAX);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 2, 1, now);
    as_arbiter_poll(&arbiter, now + GAP - 1); /* the pause is over, the distance is not reached */
    assert_int_equal(out.request_count, 1);
    as_arbiter_poll(&arbiter, now + GAP);
    request_was(1, 3, AS_MOLD_COUNT_MAX);
    as_arbiter_fini(&arbiter);
}

static void who_joins_late_asks_from_the_begin(void **state)
{
    (void)state;
    begin(true, WINDOW);
    push(session_a, 1001, 0, 10); /* a heartbeat is enough to know */
    as_arbiter_poll(&arbiter, 10 + WINDOW);
    request_was(0, 1, 1000);
    for (uint64_t seq = 1; seq < 1001; seq += 100)
        push_on(AS_ARBITER_RETRANSMIT, session_a, seq, 100, 10 + WINDOW);
    delivered(1, 1001);
    assert_int_equal(out.gaps, 0);
    assert_false(as_arbiter_waits(&arbiter));
    as_arbiter_fini(&arbiter);
}

static void what_finds_no_room_during_a_recovery_is_asked_for_in_its_turn(void **state)
{
    (void)state;
    begin(true, WINDOW);
    push(session_a, 11, 1, 100);
    uint64_t now = 100 + WINDOW;
    as_arbiter_poll(&arbiter, now);
    request_was(0, 1, 10);
    for (uint64_t i = 1; i < AS_ARBITER_PACKETS + 50; i++)
        push(session_a, 11 + i, 1, now);
    assert_int_equal(arbiter.held_count, AS_ARBITER_PACKETS);
    assert_int_equal(arbiter.stats[AS_ARBITER_A].dropped, 50);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 1, 10, now += 10);
    delivered(1, 11 + AS_ARBITER_PACKETS);
    assert_true(as_arbiter_waits(&arbiter));
    as_arbiter_poll(&arbiter, now += WINDOW);
    request_was(1, 11 + AS_ARBITER_PACKETS, 50);
    push_on(AS_ARBITER_RETRANSMIT, session_a, 11 + AS_ARBITER_PACKETS, 49, now);
    delivered(11 + AS_ARBITER_PACKETS, 60 + AS_ARBITER_PACKETS);
    for (int i = 0; i < 4; i++)
        as_arbiter_poll(&arbiter, now += WAIT);
    assert_int_equal(out.lost, 1); /* exactly what nobody brought */
    assert_false(as_arbiter_waits(&arbiter));
    /* The server has fallen silent: from now on room is made by giving up. */
    push(session_a, 70 + AS_ARBITER_PACKETS, 1, now);
    for (uint64_t i = 1; i <= AS_ARBITER_PACKETS; i++)
        push(session_a, 70 + AS_ARBITER_PACKETS + 2 * i, 1, now);
    assert_int_equal(arbiter.overflows, 1);
    assert_int_equal(arbiter.stats[AS_ARBITER_A].dropped, 50);
    as_arbiter_fini(&arbiter);
}

/* ---- limits and sessions ---- */

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
    push(session_a, 6, 0, 20);
    push(session_b, 1, 1, 30);
    assert_int_equal(out.count, 3);
    assert_int_equal(out.lost, 3);
    assert_int_equal(out.gaps, 2);
    assert_int_equal(out.restarts, 1);
    assert_false(as_arbiter_waits(&arbiter));
    as_arbiter_fini(&arbiter);
}

static void stragglers_of_the_old_session_leave_the_new_ones_holes_alone(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_b, 1, 0, 20);
    push(session_b, 3, 1, 20);
    push_on(AS_ARBITER_B, session_a, 2, 1, 21);
    push_on(AS_ARBITER_B, session_a, 3, 1, 22);
    assert_int_equal(arbiter.line.wrong_session, 2);
    assert_true(as_arbiter_waits(&arbiter));
    push_on(AS_ARBITER_B, session_b, 1, 2, 23);
    assert_int_equal(out.lost, 0);
    assert_int_equal(out.count, 4);
    assert_int_equal(out.restarts, 1);
    as_arbiter_fini(&arbiter);
}

static void a_session_that_insists_comes_back_although_the_other_one_holds_something(void **state)
{
    (void)state;
    begin(false, WINDOW);
    push(session_a, 1, 1, 10);
    push(session_b, 1, 1, 20);
    push(session_b, 4, 1, 21); /* held */
    for (int i = 0; i < AS_SEQUENCE_SESSION_RETURN; i++)
        push_on(AS_ARBITER_B, session_a, 1, 2, 22);
    assert_int_equal(out.restarts, 2);
    assert_int_equal(out.lost, 2);
    assert_int_equal(out.count, 5); /* 1 of a, 1 and 4 of b, 1 and 2 of a */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_window_a_hole_is_declared_at_once),
        cmocka_unit_test(the_other_line_fills_the_hole_and_packets_may_overlap),
        cmocka_unit_test(a_server_is_believed_only_in_what_the_lines_have_shown),
        cmocka_unit_test(after_the_window_the_hole_is_lost),
        cmocka_unit_test(what_is_held_already_is_not_held_twice),
        cmocka_unit_test(a_hole_before_the_first_packet_waits_too),
        cmocka_unit_test(a_heartbeat_that_is_ahead_waits_without_taking_room),
        cmocka_unit_test(each_hole_is_asked_for_after_its_window_and_lost_when_nobody_answers),
        cmocka_unit_test(an_answer_in_the_middle_of_a_hole_leaves_two),
        cmocka_unit_test(an_answer_that_holds_less_is_asked_for_the_rest),
        cmocka_unit_test(answers_that_bring_nothing_new_do_not_keep_a_hole_open),
        cmocka_unit_test(requests_keep_their_distance_and_their_limit),
        cmocka_unit_test(who_joins_late_asks_from_the_begin),
        cmocka_unit_test(what_finds_no_room_during_a_recovery_is_asked_for_in_its_turn),
        cmocka_unit_test(too_many_held_packets_give_the_first_hole_up),
        cmocka_unit_test(another_session_gives_up_what_the_old_one_held),
        cmocka_unit_test(stragglers_of_the_old_session_leave_the_new_ones_holes_alone),
        cmocka_unit_test(a_session_that_insists_comes_back_although_the_other_one_holds_something),
        cmocka_unit_test(a_clock_set_back_does_not_keep_a_hole_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
