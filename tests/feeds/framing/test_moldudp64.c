#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/moldudp64.h"
#include "feeds/framing/sequence.h"
#include "tests/support/hex.h"
#include "tests/support/pcap.h"
#include "tests/support/random.h"
#include "tests/support/shared.h"

/* PROTOCOLS A11: header, then A and E as 0x24 and 0x1f bytes */
#define GOLDEN_HEADER "30303030303030303141 0000000000000005 0002"
#define GOLDEN_A "41000700021f1aced9f07b112233445566778842000000644141504c20202020001d0290"
#define GOLDEN_E "45000700021f1aced9f07b112233445566778800000028000000003ade68b1"
#define GOLDEN_DATA GOLDEN_HEADER "0024" GOLDEN_A "001f" GOLDEN_E
#define GOLDEN_HEARTBEAT "3030303030303030314100000000000000070000"
#define GOLDEN_END "303030303030303031410000000000000007ffff"

static const uint8_t session_a[10] = "000000001A";
static const uint8_t session_b[10] = "000000001B";
static const uint8_t session_c[10] = "000000001C";

/* ---- reading ---- */

static void the_golden_packet_holds_two_messages(void **state)
{
    (void)state;
    uint8_t d[128];
    size_t n = ast_hex(GOLDEN_DATA, d, sizeof d);
    assert_int_equal(n, 91);
    as_packet p;
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_OK);
    assert_memory_equal(p.session, session_a, 10);
    assert_int_equal(p.seq, 5);
    assert_int_equal(p.count, 2);
    assert_int_equal(p.kind, AS_PACKET_DATA);
    const uint8_t *cursor = p.blocks;
    size_t message_bytes;
    const uint8_t *message = as_packet_next(&p, &cursor, &message_bytes);
    assert_int_equal(message[0], 'A');
    assert_int_equal(message_bytes, 36);
    message = as_packet_next(&p, &cursor, &message_bytes);
    assert_int_equal(message[0], 'E');
    assert_int_equal(message_bytes, 31);
    assert_ptr_equal(cursor, d + n);
}

static void golden_heartbeat_and_end_announce_the_next_sequence(void **state)
{
    (void)state;
    uint8_t d[32];
    as_packet p;
    size_t n = ast_hex(GOLDEN_HEARTBEAT, d, sizeof d);
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_OK);
    assert_int_equal(p.kind, AS_PACKET_HEARTBEAT);
    assert_int_equal(p.seq, 7);
    n = ast_hex(GOLDEN_END, d, sizeof d);
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_OK);
    assert_int_equal(p.kind, AS_PACKET_END);
    assert_int_equal(p.seq, 7);
    assert_int_equal(p.count, 0);
}

static void every_cut_of_a_packet_gives_its_whole_messages(void **state)
{
    (void)state;
    uint8_t d[128];
    size_t n = ast_hex(GOLDEN_DATA, d, sizeof d);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *part = malloc(cut ? cut : 1);
        memcpy(part, d, cut);
        as_packet p = {.seq = 99};
        as_packet_result result = as_mold_parse(part, cut, &p);
        if (cut < AS_MOLD_HEADER_BYTES) {
            assert_int_equal(result, AS_PACKET_SHORT);
            assert_int_equal(p.seq, 99);
        } else {
            assert_int_equal(result, AS_PACKET_CUT);
            assert_int_equal(p.count, cut >= 58);
            assert_int_equal(p.declared_count, 2);
        }
        free(part);
    }
}

static void bytes_behind_the_declared_messages_are_reported(void **state)
{
    (void)state;
    uint8_t d[128];
    size_t n = ast_hex(GOLDEN_DATA "0001", d, sizeof d);
    as_packet p;
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_TRAILING);
    assert_int_equal(p.count, 2);
    assert_int_equal(p.trailing_bytes, 2);
    d[19] = 1; /* fewer declared than there are */
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_TRAILING);
    assert_int_equal(p.count, 1);
    n = ast_hex(GOLDEN_HEARTBEAT "00", d, sizeof d);
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_TRAILING);
    assert_int_equal(p.kind, AS_PACKET_HEARTBEAT);
}

static void block_lengths_of_zero_and_beyond_the_end_are_handled(void **state)
{
    (void)state;
    uint8_t d[64];
    as_packet p;
    size_t n = ast_hex("30303030303030303141 0000000000000001 0002 0000 000141", d, sizeof d);
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_OK);
    const uint8_t *cursor = p.blocks;
    size_t message_bytes;
    (void)as_packet_next(&p, &cursor, &message_bytes);
    assert_int_equal(message_bytes, 0);
    (void)as_packet_next(&p, &cursor, &message_bytes);
    assert_int_equal(message_bytes, 1);
    n = ast_hex("30303030303030303141 0000000000000001 0001 ffff 41", d, sizeof d);
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_CUT);
    assert_int_equal(p.count, 0);
}

static void sequences_that_pass_the_end_are_refused(void **state)
{
    (void)state;
    uint8_t d[64];
    as_packet p;
    size_t n = ast_hex("30303030303030303141 ffffffffffffffff 0001 000141", d, sizeof d);
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_BAD_SEQ);
    n = ast_hex("30303030303030303141 fffffffffffffffe 0001 000141", d, sizeof d);
    assert_int_equal(as_mold_parse(d, n, &p), AS_PACKET_OK);
    as_sequence line;
    as_take take;
    as_sequence_init(&line, 0);
    as_sequence_accept(&line, &p, &take);
    assert_int_equal(take.deliver, 1);
    assert_true(line.expected_seq == UINT64_MAX);
    as_sequence_accept(&line, &p, &take);
    assert_int_equal(take.deliver, 0);
    assert_int_equal(line.duplicates, 1);
}

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
    take = accept_of(&line, session_c, 3, 1);
    assert_true(take.restarted);
    assert_int_equal(take.gap_from, 1);
    assert_int_equal(take.gap_to, 3);
    assert_int_equal(line.restarts, 2);
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
    uint8_t d[128];
    size_t n = ast_hex(GOLDEN_DATA, d, sizeof d);
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

/* ---- writing ---- */

static void the_builder_writes_the_golden_packets(void **state)
{
    (void)state;
    uint8_t a[64], e[64], golden[128], buf[91];
    size_t a_bytes = ast_hex(GOLDEN_A, a, sizeof a);
    size_t e_bytes = ast_hex(GOLDEN_E, e, sizeof e);
    as_mold_builder builder;
    as_mold_builder_init(&builder, session_a, 5, buf, sizeof buf);
    assert_true(as_mold_builder_add(&builder, a, a_bytes));
    assert_true(as_mold_builder_add(&builder, e, e_bytes));
    assert_false(as_mold_builder_add(&builder, e, 0)); /* not even an empty one fits */
    assert_int_equal(as_mold_builder_finish(&builder), 91);
    ast_hex(GOLDEN_DATA, golden, sizeof golden);
    assert_memory_equal(buf, golden, 91);
    assert_int_equal(as_mold_builder_finish(&builder), 20);
    ast_hex(GOLDEN_HEARTBEAT, golden, sizeof golden);
    assert_memory_equal(buf, golden, 20);
    assert_true(as_mold_builder_add(&builder, a, a_bytes));
    assert_int_equal(as_mold_builder_end(&builder), 20);
    ast_hex(GOLDEN_END, golden, sizeof golden);
    assert_memory_equal(buf, golden, 20);
}

static void requests_are_the_golden_header_and_nothing_else_is_one(void **state)
{
    (void)state;
    uint8_t golden[32], out[20];
    size_t n = ast_hex(GOLDEN_HEADER, golden, sizeof golden);
    as_packet_request request = {.seq = 5, .count = 2};
    memcpy(request.session, session_a, 10);
    assert_int_equal(as_mold_request_encode(&request, out, sizeof out), 20);
    assert_memory_equal(out, golden, 20);
    as_packet_request back = {0};
    assert_true(as_mold_request_decode(golden, n, &back));
    assert_int_equal(back.seq, 5);
    assert_int_equal(back.count, 2);
    assert_memory_equal(back.session, session_a, 10);

    for (size_t bytes = 0; bytes < 32; bytes++)
        assert_int_equal(as_mold_request_decode(golden, bytes, &back), bytes == 20);
    const struct {
        uint64_t seq;
        uint16_t count;
    } bad[] = {{0, 1}, {1, 0}, {1, 0xffff}, {UINT64_MAX, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        request.seq = bad[i].seq;
        request.count = bad[i].count;
        assert_int_equal(as_mold_request_encode(&request, out, sizeof out), 0);
        for (int byte = 0; byte < 8; byte++)
            golden[10 + byte] = (uint8_t)(bad[i].seq >> (56 - 8 * byte));
        golden[18] = (uint8_t)(bad[i].count >> 8);
        golden[19] = (uint8_t)bad[i].count;
        assert_false(as_mold_request_decode(golden, 20, &back));
    }
    request.seq = 1;
    request.count = 1;
    assert_int_equal(as_mold_request_encode(&request, out, 19), 0);
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
                as_take take =
                    accept_of(&line, session_a, from_hold ? held_seq : seq, from_hold ? held_count : count);
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

/* ---- recorded ---- */

static void recorded_packets_frame_without_loss(void **state)
{
    (void)state;
    size_t bytes;
    uint8_t *file =
        ast_shared_read("data/pcap_exchange/Nasdaq/Nasdaq.Equities.TotalView.Itch.v5.0/Multiple.Packets.pcap", &bytes);
    if (!file)
        skip();
    size_t at = 24, datagram_bytes;
    const uint8_t *datagram;
    as_sequence line;
    as_sequence_init(&line, 0);
    while ((datagram = ast_pcap_next(file, bytes, &at, &datagram_bytes))) {
        as_packet p;
        as_take take;
        assert_int_equal(as_mold_parse(datagram, datagram_bytes, &p), AS_PACKET_OK);
        assert_memory_equal(p.session, "000010059B", 10);
        as_sequence_accept(&line, &p, &take);
        assert_int_equal(take.deliver, p.count);
    }
    assert_true(line.messages >= 38);
    assert_int_equal(line.bad_seq + line.duplicates + line.restarts, 0);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_packet_holds_two_messages),
        cmocka_unit_test(golden_heartbeat_and_end_announce_the_next_sequence),
        cmocka_unit_test(every_cut_of_a_packet_gives_its_whole_messages),
        cmocka_unit_test(bytes_behind_the_declared_messages_are_reported),
        cmocka_unit_test(block_lengths_of_zero_and_beyond_the_end_are_handled),
        cmocka_unit_test(sequences_that_pass_the_end_are_refused),
        cmocka_unit_test(a_line_delivers_in_order_without_gaps),
        cmocka_unit_test(where_a_line_begins_is_the_callers_choice),
        cmocka_unit_test(a_hole_is_declared_at_once_and_its_late_messages_are_dropped),
        cmocka_unit_test(an_overlap_is_delivered_once),
        cmocka_unit_test(a_heartbeat_reveals_a_lost_tail),
        cmocka_unit_test(an_end_of_session_is_noted_and_reveals_a_lost_tail),
        cmocka_unit_test(a_new_session_restarts_the_line_at_one),
        cmocka_unit_test(stragglers_of_the_session_left_are_dropped_until_they_insist),
        cmocka_unit_test(sequence_zero_is_counted_and_dropped),
        cmocka_unit_test(a_cut_packets_missing_messages_become_a_gap),
        cmocka_unit_test(the_builder_writes_the_golden_packets),
        cmocka_unit_test(requests_are_the_golden_header_and_nothing_else_is_one),
        cmocka_unit_test(delivered_and_lost_add_up_under_random_faults),
        cmocka_unit_test(recorded_packets_frame_without_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
