#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/iextp.h"
#include "feeds/framing/moldudp64.h"
#include "feeds/framing/sequence.h"
#include "tests/support/random.h"

static const uint8_t session_a[10] = "000000001A";
static const uint8_t session_b[10] = "000000001B";
static const uint8_t session_c[10] = "000000001C";

/* ---- order ---- */

static as_packet packet_of(const uint8_t *session, uint64_t seq, uint16_t count)
{
    as_packet p = {.seq = seq, .count = count, .declared_count = count};
    memcpy(p.session, session, 10);
    p.kind = count ? AS_PACKET_DATA : AS_PACKET_HEARTBEAT;
    return p;
}

static as_take accept_of(as_sequence *line, const uint8_t *session, uint64_t seq, uint16_t count)
{
    as_packet p = packet_of(session, seq, count);
    as_take take;
    memset(&take, 0xee, sizeof take);
    as_sequence_accept(line, &p, &take);
    return take;
}

static void a_line_delivers_in_order_without_gaps(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 1);
    for (uint64_t seq = 1; seq < 100; seq += 3) {
        as_take take = accept_of(&line, session_a, seq, 3);
        assert_false(take.restarted);
        assert_true(take.gap_from == take.gap_to);
        assert_int_equal(take.skip, 0);
        assert_int_equal(take.deliver, 3);
        assert_int_equal(take.seq, seq);
    }
    assert_int_equal(line.messages, 99);
    assert_int_equal(line.packets, 33);
    assert_int_equal(line.gaps + line.lost + line.duplicates + line.restarts, 0);
}

static void where_a_line_begins_is_the_callers_choice(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 0);
    as_take take = accept_of(&line, session_a, 500, 2);
    assert_true(take.gap_from == take.gap_to);
    assert_int_equal(take.deliver, 2);
    as_sequence_init(&line, 1);
    take = accept_of(&line, session_a, 500, 2);
    assert_int_equal(take.gap_from, 1);
    assert_int_equal(take.gap_to, 500);
    assert_int_equal(line.lost, 499);
    assert_int_equal(take.deliver, 2);
}

static void a_hole_is_declared_at_once_and_its_late_messages_are_dropped(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 1);
    accept_of(&line, session_a, 1, 2);
    as_take take = accept_of(&line, session_a, 5, 1);
    assert_int_equal(take.gap_from, 3);
    assert_int_equal(take.gap_to, 5);
    assert_int_equal(take.deliver, 1);
    take = accept_of(&line, session_a, 3, 2);
    assert_int_equal(take.deliver, 0);
    assert_int_equal(take.skip, 2);
    assert_int_equal(line.duplicates, 2);
    assert_int_equal(line.duplicate_packets, 1);
    assert_int_equal(line.gaps, 1);
    assert_int_equal(line.lost, 2);
}

static void an_overlap_is_delivered_once(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 1);
    accept_of(&line, session_a, 1, 4);
    as_take take = accept_of(&line, session_a, 3, 5);
    assert_int_equal(take.skip, 2);
    assert_int_equal(take.deliver, 3);
    assert_int_equal(take.seq, 5);
    assert_int_equal(line.expected_seq, 8);
    assert_int_equal(line.duplicates, 2);
    assert_int_equal(line.duplicate_packets, 0);
}

static void a_heartbeat_reveals_a_lost_tail(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 1);
    accept_of(&line, session_a, 1, 2);
    as_take take = accept_of(&line, session_a, 3, 0);
    assert_true(take.gap_from == take.gap_to);
    take = accept_of(&line, session_a, 6, 0);
    assert_int_equal(take.gap_from, 3);
    assert_int_equal(take.gap_to, 6);
    assert_int_equal(take.deliver, 0);
    take = accept_of(&line, session_a, 2, 0);
    assert_true(take.gap_from == take.gap_to);
    assert_int_equal(line.expected_seq, 6);
    assert_int_equal(line.heartbeats, 3);
    assert_int_equal(line.lost, 3);
}

static void an_end_of_session_is_noted_and_reveals_a_lost_tail(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 1);
    accept_of(&line, session_a, 1, 2);
    as_packet p = packet_of(session_a, 4, 0);
    p.kind = AS_PACKET_END;
    as_take take;
    as_sequence_accept(&line, &p, &take);
    as_sequence_accept(&line, &p, &take);
    assert_true(line.ended);
    assert_int_equal(line.ends, 2);
    assert_int_equal(line.lost, 1);
    assert_int_equal(line.heartbeats, 0);
    take = accept_of(&line, session_b, 1, 1);
    assert_true(take.restarted);
    assert_false(line.ended);
}

static void a_new_session_restarts_the_line_at_one(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 0);
    accept_of(&line, session_a, 100, 2);
    as_take take = accept_of(&line, session_b, 1, 2);
    assert_true(take.restarted);
    assert_true(take.gap_from == take.gap_to);
    assert_int_equal(take.deliver, 2);
    take = accept_of(&line, session_c, 3, 1); /* in its middle: believed when it goes on */
    assert_false(take.restarted);
    take = accept_of(&line, session_c, 4, 1);
    assert_true(take.restarted);
    assert_int_equal(take.gap_from, 1);
    assert_int_equal(take.gap_to, 4);
    assert_int_equal(line.restarts, 2);
}

static void one_stray_packet_does_not_move_a_line(void **state)
{
    (void)state;
    static const uint64_t far[] = {100 + AS_SEQUENCE_JUMP_MAX + 1, UINT64_C(1) << 63, UINT64_MAX - 1};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        as_sequence line;
        as_sequence_init(&line, 0);
        accept_of(&line, session_a, 98, 2);
        assert_int_equal(accept_of(&line, session_a, far[i], 1).deliver, 0);
        assert_int_equal(accept_of(&line, session_b, 77, 1).deliver, 0);
        assert_int_equal(accept_of(&line, session_a, 100, 1).deliver, 1);
        /* hours later another one: the line has gone on in between */
        assert_int_equal(accept_of(&line, session_b, 79, 1).deliver, 0);
        assert_int_equal(accept_of(&line, session_a, 101, 1).deliver, 1);
        assert_int_equal(line.doubtful, 3);
        assert_int_equal(line.lost + line.restarts, 0);
    }
}

static void an_outage_of_any_length_is_believed_by_its_second_packet(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 0);
    uint64_t far = 100 + 2 * (uint64_t)AS_SEQUENCE_JUMP_MAX;
    accept_of(&line, session_a, 98, 2);
    assert_int_equal(accept_of(&line, session_a, far, 2).deliver, 0);
    assert_int_equal(accept_of(&line, session_a, far + 2, 2).deliver, 2);
    assert_int_equal(line.lost, far + 2 - 100);
    assert_int_equal(accept_of(&line, session_a, far + 4, 2).deliver, 2);
}

static void stragglers_of_the_session_left_are_dropped_until_they_insist(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 1);
    accept_of(&line, session_a, 1, 2);
    accept_of(&line, session_b, 1, 2);
    as_take take = accept_of(&line, session_a, 3, 2);
    assert_false(take.restarted);
    assert_int_equal(take.deliver, 0);
    accept_of(&line, session_a, 5, 2);
    take = accept_of(&line, session_b, 3, 1);
    assert_int_equal(take.deliver, 1);
    for (int i = 1; i < AS_SEQUENCE_SESSION_RETURN; i++)
        assert_false(accept_of(&line, session_a, 7, 1).restarted);
    take = accept_of(&line, session_a, 7, 1);
    assert_true(take.restarted);
    assert_int_equal(line.wrong_session, 2 + AS_SEQUENCE_SESSION_RETURN - 1);
    assert_int_equal(line.restarts, 2);
}

static void sequence_zero_is_counted_and_dropped(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 1);
    as_take take = accept_of(&line, session_a, 0, 1);
    assert_int_equal(take.deliver, 0);
    assert_int_equal(line.bad_seq, 1);
    assert_false(line.started);
}

static void a_cut_packets_missing_messages_become_a_gap(void **state)
{
    (void)state;
    uint8_t d[64];
    as_mold_builder builder;
    as_mold_builder_init(&builder, session_a, 5, d, sizeof d);
    assert_true(as_mold_builder_add(&builder, (const uint8_t *)"A", 1) &&
                as_mold_builder_add(&builder, (const uint8_t *)"E", 1));
    size_t n = as_mold_builder_finish(&builder);
    as_packet p;
    as_take take;
    as_sequence line;
    as_sequence_init(&line, 5);
    assert_int_equal(as_mold_parse(d, n - 1, &p), AS_PACKET_CUT);
    as_sequence_accept(&line, &p, &take);
    assert_int_equal(take.deliver, 1);
    take = accept_of(&line, session_a, 7, 1);
    assert_int_equal(take.gap_from, 6);
    assert_int_equal(take.gap_to, 7);
}

static void a_hole_can_be_given_up_without_a_packet_behind_it(void **state)
{
    (void)state;
    as_sequence line;
    as_take take;
    as_sequence_init(&line, 1);
    accept_of(&line, session_a, 1, 2);
    memset(&take, 0xee, sizeof take);
    as_sequence_lose(&line, 7, &take);
    assert_int_equal(take.gap_from, 3);
    assert_int_equal(take.gap_to, 7);
    assert_int_equal(take.skip + take.deliver, 0);
    assert_false(take.restarted);
    assert_int_equal(line.lost, 4);
    assert_int_equal(line.gaps, 1);
    take = accept_of(&line, session_a, 6, 2);
    assert_int_equal(take.skip, 1);
    assert_int_equal(take.deliver, 1);
    assert_true(take.gap_from == take.gap_to);
}

static void whether_a_straggler_would_be_dropped_can_be_asked_before(void **state)
{
    (void)state;
    as_sequence line;
    as_sequence_init(&line, 1);
    as_packet straggler = packet_of(session_a, 3, 1);
    assert_false(as_sequence_drops(&line, &straggler)); /* nothing has been left yet */
    accept_of(&line, session_a, 1, 2);
    accept_of(&line, session_b, 1, 2);
    for (int i = 1; i < AS_SEQUENCE_SESSION_RETURN; i++) {
        as_take take = {.restarted = false};
        assert_true(as_sequence_drops(&line, &straggler));
        assert_false(as_sequence_follow(&line, &straggler, &take));
        assert_false(take.restarted);
    }
    as_take take = {.restarted = false};
    assert_false(as_sequence_drops(&line, &straggler));
    assert_true(as_sequence_follow(&line, &straggler, &take));
    assert_true(take.restarted);
    as_packet third = packet_of(session_c, 1, 1);
    assert_false(as_sequence_drops(&line, &third));
}

/* ---- little-endian packets ---- */

enum { IEX_BYTES = 512 };

/* A datagram of count messages from seq on; each is its own sequence in 1 to 8 bytes. */
static size_t iex_datagram(uint8_t out[IEX_BYTES], uint16_t protocol, uint64_t seq, uint16_t count)
{
    as_iextp_builder builder;
    as_iextp_builder_init(&builder, &(as_iextp_stream){protocol, 1, 7}, seq, out, IEX_BYTES);
    for (uint64_t i = seq; i < seq + count; i++) {
        uint8_t message[8] = {(uint8_t)i, (uint8_t)(i >> 8)};
        assert_true(as_iextp_builder_add(&builder, message, 2 + i % 7));
    }
    return as_iextp_builder_finish(&builder, 1);
}

/* What the line takes of a datagram is what take says: messages that name themselves. */
static as_take accept_iex(as_sequence *line, const uint8_t *datagram, size_t bytes)
{
    as_packet p;
    as_take take;
    size_t message_bytes;
    assert_true(as_iextp_parse(datagram, bytes, &p) >= 0);
    as_sequence_accept(line, &p, &take);
    const uint8_t *cursor = p.blocks;
    for (unsigned i = 0; i < take.skip; i++)
        as_packet_next(&p, &cursor, &message_bytes);
    for (uint64_t seq = take.seq; seq < take.seq + take.deliver; seq++) {
        const uint8_t *message = as_packet_next(&p, &cursor, &message_bytes);
        assert_int_equal(message[0] | message[1] << 8, seq & 0xffff);
        assert_int_equal(message_bytes, 2 + seq % 7);
    }
    return take;
}

static void an_iex_line_skips_by_little_endian_lengths(void **state)
{
    (void)state;
    uint8_t d[IEX_BYTES];
    as_sequence line;
    as_sequence_init(&line, 1);
    assert_int_equal(accept_iex(&line, d, iex_datagram(d, AS_IEXTP_TOPS16, 1, 5)).deliver, 5);
    as_take take = accept_iex(&line, d, iex_datagram(d, AS_IEXTP_TOPS16, 4, 6));
    assert_int_equal(take.skip, 2);
    assert_int_equal(take.deliver, 4);
    take = accept_iex(&line, d, iex_datagram(d, AS_IEXTP_TOPS16, 12, 0)); /* a heartbeat: 10 and 11 are lost */
    assert_int_equal(take.gap_from, 10);
    assert_int_equal(take.gap_to, 12);
    size_t n = iex_datagram(d, AS_IEXTP_TOPS16, 12, 3);
    assert_int_equal(accept_iex(&line, d, n - 1).deliver, 2);
    take = accept_iex(&line, d, iex_datagram(d, AS_IEXTP_TOPS16, 15, 1));
    assert_int_equal(take.gap_from, 14);
    assert_int_equal(take.gap_to, 15);
    assert_int_equal(line.lost, 3);
    assert_int_equal(line.heartbeats, 1);
}

static void another_protocol_is_another_session(void **state)
{
    (void)state;
    uint8_t d[IEX_BYTES];
    as_sequence line;
    as_sequence_init(&line, 1);
    accept_iex(&line, d, iex_datagram(d, AS_IEXTP_TOPS16, 1, 5));
    as_take take = accept_iex(&line, d, iex_datagram(d, AS_IEXTP_DEEP10, 1, 2));
    assert_true(take.restarted);
    assert_int_equal(take.deliver, 2);
    assert_int_equal(line.restarts, 1);
}

static void sequences_up_to_the_signed_limit_are_in_order(void **state)
{
    (void)state;
    uint8_t d[IEX_BYTES];
    as_sequence line;
    as_sequence_init(&line, 0);
    assert_int_equal(accept_iex(&line, d, iex_datagram(d, AS_IEXTP_DEEP10, INT64_MAX - 4, 3)).deliver, 3);
    as_take take = accept_iex(&line, d, iex_datagram(d, AS_IEXTP_DEEP10, INT64_MAX - 2, 2));
    assert_int_equal(take.skip, 1);
    assert_int_equal(take.deliver, 1);
    assert_int_equal(line.expected_seq, INT64_MAX);
    assert_int_equal(line.lost, 0);
}

/* ---- model ---- */

/*
 * Packets of a stream of numbers are dropped, repeated and swapped; the line must deliver a rising sequence, and
 * what it did not deliver must be exactly what it declared lost.
 */
static void delivered_and_lost_add_up_under_random_faults(void **state)
{
    (void)state;
    uint64_t seed = 64;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 200; round++) {
        as_sequence line;
        as_sequence_init(&line, 1);
        uint64_t sent = 1, delivered = 0, lost = 0, received = 0, last = 0;
        uint64_t held_seq = 0;
        uint16_t held_count = 0;
        for (int i = 0; i < 300; i++) {
            uint16_t count = (uint16_t)(ast_random(&seed) % 5);
            uint64_t seq = sent;
            sent += count;
            uint64_t fault = ast_random(&seed) % 10;
            if (fault == 0)
                continue;
            if (fault == 1 && held_seq == 0) { /* comes behind the next one */
                held_seq = seq;
                held_count = count;
                continue;
            }
            for (uint64_t copy = 0; copy < (fault == 2 ? 2u : 1u) + (held_seq != 0); copy++) {
                bool from_hold = held_seq != 0 && copy > 0;
                as_take take = accept_of(&line, session_a, from_hold ? held_seq : seq, from_hold ? held_count : count);
                received += from_hold ? held_count : count;
                lost += take.gap_to - take.gap_from;
                if (take.deliver) {
                    assert_true(take.seq > last);
                    last = take.seq + take.deliver - 1;
                }
                delivered += take.deliver;
            }
            held_seq = 0;
        }
        accept_of(&line, session_a, sent, 0);
        lost = line.lost;
        assert_int_equal(line.messages, delivered);
        assert_int_equal(delivered + lost, sent - 1);
        assert_int_equal(delivered + line.duplicates, received);
    }
}

/*
 * Overlapping, repeated and lost datagrams: nothing twice, nothing out of order, what is missing is what was
 * declared.
 */
static void iex_messages_come_once_and_in_order_under_random_faults(void **state)
{
    (void)state;
    uint64_t seed = 65;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 100; round++) {
        as_sequence line;
        as_sequence_init(&line, 1);
        uint8_t d[IEX_BYTES];
        uint64_t sent = 1, delivered = 0, lost = 0;
        for (int i = 0; i < 200; i++) {
            uint64_t back = ast_random(&seed) % 6;
            uint64_t seq = sent > back ? sent - back : 1; /* begins with some that were sent before */
            uint16_t count = (uint16_t)(sent - seq + ast_random(&seed) % 5);
            sent = seq + count;
            size_t n = iex_datagram(d, AS_IEXTP_TOPS16, seq, count);
            if (ast_random(&seed) % 8 == 0)
                continue;
            as_take take = accept_iex(&line, d, n);
            assert_true(take.deliver == 0 || take.seq == delivered + lost + (take.gap_to - take.gap_from) + 1);
            delivered += take.deliver;
            lost += take.gap_to - take.gap_from;
        }
        accept_iex(&line, d, iex_datagram(d, AS_IEXTP_TOPS16, sent, 0));
        assert_int_equal(line.messages, delivered);
        assert_int_equal(line.messages + line.lost, sent - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_delivers_in_order_without_gaps),
        cmocka_unit_test(where_a_line_begins_is_the_callers_choice),
        cmocka_unit_test(a_hole_is_declared_at_once_and_its_late_messages_are_dropped),
        cmocka_unit_test(an_overlap_is_delivered_once),
        cmocka_unit_test(a_heartbeat_reveals_a_lost_tail),
        cmocka_unit_test(an_end_of_session_is_noted_and_reveals_a_lost_tail),
        cmocka_unit_test(a_new_session_restarts_the_line_at_one),
        cmocka_unit_test(one_stray_packet_does_not_move_a_line),
        cmocka_unit_test(an_outage_of_any_length_is_believed_by_its_second_packet),
        cmocka_unit_test(stragglers_of_the_session_left_are_dropped_until_they_insist),
        cmocka_unit_test(sequence_zero_is_counted_and_dropped),
        cmocka_unit_test(a_cut_packets_missing_messages_become_a_gap),
        cmocka_unit_test(a_hole_can_be_given_up_without_a_packet_behind_it),
        cmocka_unit_test(whether_a_straggler_would_be_dropped_can_be_asked_before),
        cmocka_unit_test(an_iex_line_skips_by_little_endian_lengths),
        cmocka_unit_test(another_protocol_is_another_session),
        cmocka_unit_test(sequences_up_to_the_signed_limit_are_in_order),
        cmocka_unit_test(delivered_and_lost_add_up_under_random_faults),
        cmocka_unit_test(iex_messages_come_once_and_in_order_under_random_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
