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
#include "tests/support/shared.h"

/* PROTOCOLS A11: header, then A and E as 0x24 and 0x1f bytes */
#define GOLDEN_HEADER "30303030303030303141 0000000000000005 0002"
#define GOLDEN_A "41000700021f1aced9f07b112233445566778842000000644141504c20202020001d0290"
#define GOLDEN_E "45000700021f1aced9f07b112233445566778800000028000000003ade68b1"
#define GOLDEN_DATA GOLDEN_HEADER "0024" GOLDEN_A "001f" GOLDEN_E
#define GOLDEN_HEARTBEAT "3030303030303030314100000000000000070000"
#define GOLDEN_END "303030303030303031410000000000000007ffff"

static const uint8_t session_a[10] = "000000001A";

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
        cmocka_unit_test(the_builder_writes_the_golden_packets),
        cmocka_unit_test(requests_are_the_golden_header_and_nothing_else_is_one),
        cmocka_unit_test(recorded_packets_frame_without_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
