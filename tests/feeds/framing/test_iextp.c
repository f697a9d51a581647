#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/iextp.h"
#include "tests/support/hex.h"
#include "tests/support/pcap.h"
#include "tests/support/random.h"
#include "tests/support/shared.h"

/* PROTOCOLS A11: header, then Q as 0x2a bytes */
#define GOLDEN_Q "510015cd853dfe9c97174141504c202020202c01000090021d0000000000f4021d0000000000c8000000"
#define GOLDEN_STREAM "0100 0380 01000000 00009644"
#define GOLDEN_TAIL "0000000000000000 0100000000000000 e075863dfe9c9717"
#define GOLDEN_DATA GOLDEN_STREAM "2c00 0100" GOLDEN_TAIL "2a00" GOLDEN_Q

static const as_iextp_stream golden_stream = {AS_IEXTP_TOPS16, 1, 0x44960000};

/* ---- reading ---- */

static void the_golden_packet_holds_one_quote(void **state)
{
    (void)state;
    uint8_t d[128];
    size_t n = ast_hex(GOLDEN_DATA, d, sizeof d), message_bytes;
    assert_int_equal(n, 84);
    as_packet p;
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_OK);
    assert_int_equal(p.kind, AS_PACKET_DATA);
    assert_int_equal(p.seq, 1);
    assert_int_equal(p.count, 1);
    assert_int_equal(p.declared_count, 1);
    assert_true(p.little_endian);
    assert_int_equal(p.ts_send, UINT64_C(1700000000123500000));
    assert_memory_equal(p.session, d + 2, AS_PACKET_SESSION_BYTES);
    const uint8_t *cursor = p.blocks, *message = as_packet_next(&p, &cursor, &message_bytes);
    assert_int_equal(message[0], 'Q');
    assert_int_equal(message_bytes, 42);
    assert_ptr_equal(cursor, d + n);
}

static void a_datagram_without_messages_is_a_heartbeat(void **state)
{
    (void)state;
    uint8_t d[64];
    as_packet p;
    size_t n = ast_hex("0100 0480 01000000 0000dd48 0000 0000 0000000000000000 0700000000000000 af326a0223e05d16", d,
                       sizeof d);
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_OK);
    assert_int_equal(p.kind, AS_PACKET_HEARTBEAT);
    assert_int_equal(p.seq, 7);
    assert_int_equal(p.count, 0);
    assert_int_equal(p.ts_send, UINT64_C(1611690682637497007));
    assert_int_equal(as_iextp_parse(d, n + 1, &p), AS_PACKET_TRAILING);
    assert_int_equal(p.kind, AS_PACKET_HEARTBEAT);
    d[12] = 1; /* a payload of one byte, and no message in it */
    assert_int_equal(as_iextp_parse(d, n + 1, &p), AS_PACKET_TRAILING);
    assert_int_equal(p.kind, AS_PACKET_HEARTBEAT);
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_CUT);
    assert_int_equal(p.count, 0);
}

static void protocol_channel_and_session_name_the_stream(void **state)
{
    (void)state;
    uint8_t d[128];
    as_packet p, other;
    size_t n = ast_hex(GOLDEN_DATA, d, sizeof d);
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_OK);
    for (size_t at = 0; at < AS_IEXTP_HEADER_BYTES; at++) {
        bool names = at >= 2 && at < 12;
        uint8_t before = d[at];
        d[at] = at == 2 ? 0x04 : (uint8_t)(before ^ 1); /* protocol 0x8004 is one */
        if (as_iextp_parse(d, n, &other) >= 0)
            assert_int_equal(memcmp(other.session, p.session, AS_PACKET_SESSION_BYTES) != 0, names);
        else
            assert_true(at == 0 || at == 3); /* version, the protocol's upper half */
        d[at] = before;
    }
}

static void other_versions_and_protocols_are_foreign(void **state)
{
    (void)state;
    uint8_t d[128];
    size_t n = ast_hex(GOLDEN_DATA, d, sizeof d);
    assert_int_equal(as_iextp_protocol_of(d, n), AS_IEXTP_TOPS16);
    assert_int_equal(as_iextp_protocol_of(d, AS_IEXTP_HEADER_BYTES - 1), AS_IEXTP_NONE);
    for (unsigned version = 0; version < 256; version++) {
        as_packet p = {.seq = 99};
        d[0] = (uint8_t)version;
        assert_int_equal(as_iextp_parse(d, n, &p), version == 1 ? AS_PACKET_OK : AS_PACKET_FOREIGN);
        assert_int_equal(p.seq, version == 1 ? 1 : 99);
    }
    d[0] = 1;
    for (unsigned protocol = 0; protocol < 65536; protocol++) {
        as_packet p = {.seq = 99};
        bool tops = protocol == 0x8002 || protocol == 0x8003, deep = protocol == 0x8004;
        d[2] = (uint8_t)protocol;
        d[3] = (uint8_t)(protocol >> 8);
        assert_int_equal(as_iextp_protocol_of(d, n), tops || deep ? protocol : 0);
        assert_int_equal(as_iextp_parse(d, n, &p), tops || deep ? AS_PACKET_OK : AS_PACKET_FOREIGN);
        assert_int_equal(as_iextp_parse_tops(d, n, &p), tops ? AS_PACKET_OK : AS_PACKET_FOREIGN);
        assert_int_equal(as_iextp_parse_deep(d, n, &p), deep ? AS_PACKET_OK : AS_PACKET_FOREIGN);
    }
}

static void every_cut_of_a_packet_gives_its_whole_messages(void **state)
{
    (void)state;
    uint8_t d[128];
    size_t n = ast_hex(GOLDEN_STREAM "3300 0300" GOLDEN_TAIL "2a00" GOLDEN_Q "0000 0300 415a5a", d, sizeof d);
    as_packet p;
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_OK);
    assert_int_equal(p.count, 3);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *part = malloc(cut ? cut : 1); /* its end is where a sanitizer sees it */
        memcpy(part, d, cut);
        p = (as_packet){.seq = 99};
        as_packet_result result = as_iextp_parse(part, cut, &p);
        if (cut < AS_IEXTP_HEADER_BYTES) {
            assert_int_equal(result, AS_PACKET_SHORT);
            assert_int_equal(as_iextp_parse_tops(part, cut, &p), AS_PACKET_SHORT);
            assert_int_equal(as_iextp_parse_deep(part, cut, &p), AS_PACKET_SHORT);
            assert_int_equal(p.seq, 99);
        } else {
            assert_int_equal(result, AS_PACKET_CUT);
            assert_int_equal(p.count, (cut >= 84) + (cut >= 86));
            assert_int_equal(p.declared_count, 3);
        }
        free(part);
    }
}

static void payload_and_count_must_agree_with_the_blocks(void **state)
{
    (void)state;
    uint8_t d[128];
    as_packet p;
    size_t n = ast_hex(GOLDEN_DATA "0001", d, sizeof d);
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_TRAILING); /* bytes behind the payload */
    assert_int_equal(p.count, 1);
    assert_int_equal(p.trailing_bytes, 2);
    d[12] = 0x2e;
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_TRAILING); /* bytes in the payload behind the messages */
    assert_int_equal(p.trailing_bytes, 2);
    d[14] = 2;
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_CUT); /* a length of 0x100 beyond the end */
    assert_int_equal(p.count, 1);
    n = ast_hex(GOLDEN_STREAM "2b00 0100" GOLDEN_TAIL "2a00" GOLDEN_Q, d, sizeof d);
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_CUT); /* a payload shorter than its message */
    assert_int_equal(p.count, 0);
    n = ast_hex(GOLDEN_STREAM "2d00 0100" GOLDEN_TAIL "2a00" GOLDEN_Q, d, sizeof d);
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_CUT); /* a payload longer than the datagram */
    assert_int_equal(p.count, 1);
    n = ast_hex(GOLDEN_STREAM "ffff ffff" GOLDEN_TAIL "ffff 51", d, sizeof d);
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_CUT);
    assert_int_equal(p.count, 0);
    assert_int_equal(p.declared_count, 0xffff);
}

static void sequences_and_stamps_below_zero_are_refused(void **state)
{
    (void)state;
    uint8_t d[128];
    as_packet p;
    size_t n = ast_hex(GOLDEN_STREAM "0200 0100 0000000000000000 ffffffffffffff7f e075863dfe9c9797 0000", d, sizeof d);
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_BAD_SEQ);
    d[24] = 0xfe;
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_OK);
    assert_int_equal(p.ts_send, 0); /* the stamp is negative */
    d[31] = 0x80;
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_BAD_SEQ);
    memset(d + 24, 0, 8); /* a sequence of 0 is for the line to judge */
    assert_int_equal(as_iextp_parse(d, n, &p), AS_PACKET_OK);
    assert_int_equal(p.seq, 0);
}

/* ---- writing ---- */

static void the_builder_writes_the_golden_packets(void **state)
{
    (void)state;
    uint8_t q[64], golden[128], buf[84];
    size_t q_bytes = ast_hex(GOLDEN_Q, q, sizeof q);
    as_iextp_builder builder;
    as_iextp_builder_init(&builder, &golden_stream, 1, buf, sizeof buf);
    assert_true(as_iextp_builder_add(&builder, q, q_bytes));
    assert_false(as_iextp_builder_add(&builder, q, 0)); /* not even an empty one fits */
    assert_int_equal(as_iextp_builder_finish(&builder, UINT64_C(1700000000123500000)), 84);
    ast_hex(GOLDEN_DATA, golden, sizeof golden);
    assert_memory_equal(buf, golden, 84);
    assert_int_equal(as_iextp_builder_finish(&builder, UINT64_C(1700000000123500000)), 40);
    ast_hex(GOLDEN_STREAM "0000 0000 2c00000000000000 0200000000000000 e075863dfe9c9717", golden, sizeof golden);
    assert_memory_equal(buf, golden, 40);
}

static void payloads_end_at_what_their_length_can_say(void **state)
{
    (void)state;
    enum { ROOM = 70000 };
    uint8_t *buf = malloc(ROOM), *message = calloc(1, 65536);
    as_iextp_builder builder;
    as_packet p;
    as_iextp_builder_init(&builder, &golden_stream, 1, buf, ROOM);
    assert_false(as_iextp_builder_add(&builder, message, 65536));
    assert_false(as_iextp_builder_add(&builder, message, 65534));
    assert_true(as_iextp_builder_add(&builder, message, 65533));
    assert_false(as_iextp_builder_add(&builder, message, 0));
    size_t n = as_iextp_builder_finish(&builder, 1);
    assert_int_equal(n, AS_IEXTP_HEADER_BYTES + 65535);
    assert_int_equal(as_iextp_parse(buf, n, &p), AS_PACKET_OK);
    assert_int_equal(p.count, 1);
    while (as_iextp_builder_add(&builder, message, 0)) { /* as many messages as there can be */
    }
    n = as_iextp_builder_finish(&builder, 1);
    assert_int_equal(as_iextp_parse(buf, n, &p), AS_PACKET_OK);
    assert_int_equal(p.count, 32767);
    assert_int_equal(p.seq, 2);
    assert_int_equal(builder.stream_offset, 65535 + 65534);
    free(message);
    free(buf);
}

/* ---- model ---- */

/* Messages of random lengths in datagrams of a random size are read back as they were written. */
static void what_was_written_is_read_back(void **state)
{
    (void)state;
    uint64_t seed = 5;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 300; round++) {
        uint8_t buf[2048], message[100];
        as_iextp_builder builder;
        uint64_t written = 0, read = 0, offset = 0;
        as_iextp_builder_init(&builder, &golden_stream, 1, buf, 200 + ast_random(&seed) % 1800);
        for (int i = 0; i < 200 || read < written; i++) {
            size_t message_bytes = ast_random(&seed) % sizeof message;
            memset(message, (int)(written & 0xff), sizeof message);
            if (i < 200 && as_iextp_builder_add(&builder, message, message_bytes)) {
                written++;
                continue;
            }
            size_t n = as_iextp_builder_finish(&builder, 77);
            as_packet p;
            assert_int_equal(as_iextp_parse(buf, n, &p), AS_PACKET_OK);
            assert_int_equal(p.seq, read + 1);
            const uint8_t *cursor = p.blocks;
            for (unsigned k = 0; k < p.count; k++, read++) {
                const uint8_t *found = as_packet_next(&p, &cursor, &message_bytes);
                assert_true(message_bytes == 0 || found[message_bytes - 1] == (read & 0xff));
            }
            offset += n - AS_IEXTP_HEADER_BYTES;
            assert_int_equal(builder.stream_offset, offset);
        }
        assert_int_equal(read, written);
    }
}

/* ---- recorded ---- */

static void recorded_headers_are_what_they_were_sent_as(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        as_iextp_protocol protocol;
        uint64_t seq, ts_send;
        unsigned count;
    } file[] = {
        {"data/iex/iextrading4j_dumps/BigTopsSegment.dump", AS_IEXTP_TOPS16, 314, UINT64_C(1509795046075055236), 52},
        {"data/iex/iextrading4j_dumps/TOPS15Segment.dump", AS_IEXTP_TOPS15, 8446, UINT64_C(1509192000487009269), 1},
        {"data/iex/iextrading4j_dumps/TOPS16Segment.dump", AS_IEXTP_TOPS16, 34343, UINT64_C(1509799811104335442), 1},
        {"data/iex/iextrading4j_dumps/DEEPSegment.dump", AS_IEXTP_DEEP10, 25846, UINT64_C(1509799811104335442), 1},
    };
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        size_t bytes;
        as_packet p;
        uint8_t *data = ast_shared_read(file[i].path, &bytes);
        if (!data)
            skip();
        assert_int_equal(as_iextp_protocol_of(data, bytes), file[i].protocol);
        assert_int_equal(as_iextp_parse(data, bytes, &p), AS_PACKET_OK);
        assert_int_equal(p.seq, file[i].seq);
        assert_int_equal(p.ts_send, file[i].ts_send);
        assert_int_equal(p.count, file[i].count);
        free(data);
    }
}

static void a_recorded_heartbeat_announces_the_first_message(void **state)
{
    (void)state;
    size_t bytes, at = 24, datagram_bytes;
    uint8_t *file = ast_shared_read("data/pcap_exchange/Iex/Deep.IexTp.v1.0/Heartbeat.pcap", &bytes);
    if (!file)
        skip();
    const uint8_t *datagram = ast_pcap_next(file, bytes, &at, &datagram_bytes);
    as_packet p;
    assert_int_equal(as_iextp_parse_deep(datagram, datagram_bytes, &p), AS_PACKET_OK);
    assert_int_equal(p.kind, AS_PACKET_HEARTBEAT);
    assert_int_equal(p.seq, 1);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_packet_holds_one_quote),
        cmocka_unit_test(a_datagram_without_messages_is_a_heartbeat),
        cmocka_unit_test(protocol_channel_and_session_name_the_stream),
        cmocka_unit_test(other_versions_and_protocols_are_foreign),
        cmocka_unit_test(every_cut_of_a_packet_gives_its_whole_messages),
        cmocka_unit_test(payload_and_count_must_agree_with_the_blocks),
        cmocka_unit_test(sequences_and_stamps_below_zero_are_refused),
        cmocka_unit_test(the_builder_writes_the_golden_packets),
        cmocka_unit_test(payloads_end_at_what_their_length_can_say),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(recorded_headers_are_what_they_were_sent_as),
        cmocka_unit_test(a_recorded_heartbeat_announces_the_first_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
