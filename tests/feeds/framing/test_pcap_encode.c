#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/pcap.h"
#include "feeds/framing/pcap_encode.h"
#include "tests/support/hex.h"

/* The golden pcapng of PROTOCOLS A11 is one packet; our blocks have options of their own around the same numbers. */
static void a_packet_block_is_the_golden_one(void **state)
{
    (void)state;
    uint8_t wanted[64], out[64];
    size_t n =
        ast_hex("060000002400000000000000fe9c971715cd853d04000000040000006162636424000000", wanted, sizeof wanted);
    as_pcap_head head = {.ts_ns = UINT64_C(1700000000123456789), .data_bytes = 4};
    size_t at = as_pcap_encode_head(&head, out);
    assert_int_equal(at, AS_PCAP_HEAD_BYTES);
    memcpy(out + at, "abcd", 4);
    at += 4;
    at += as_pcap_encode_tail(&head, out + at);
    assert_int_equal(at, n);
    assert_memory_equal(out, wanted, n);
}

static void section_interface_and_statistics_are_as_specified(void **state)
{
    (void)state;
    uint8_t wanted[128], out[128];
    size_t n =
        ast_hex("0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0500 6162636465000000 00000000 2c000000",
                wanted, sizeof wanted);
    assert_int_equal(as_pcap_encode_section("abcde", out, sizeof out), n);
    assert_memory_equal(out, wanted, n);
    n = ast_hex("01000000 30000000 9300 0000 00000000 0200 0300 612e6200 0300 0100 78000000 0900 0100 09000000"
                "00000000 30000000",
                wanted, sizeof wanted);
    assert_int_equal(as_pcap_encode_interface(147, "a.b", "x", out, sizeof out), n);
    assert_memory_equal(out, wanted, n);
    n = ast_hex("05000000 34000000 02000000 01000000 02000000 0400 0800 0300000000000000 0500 0800 0700000000000000"
                "00000000 34000000",
                wanted, sizeof wanted);
    as_pcap_statistics statistics = {.interface_idx = 2, .ts_ns = UINT64_C(0x100000002), .received = 3, .dropped = 7};
    assert_int_equal(as_pcap_encode_statistics(&statistics, out), n);
    assert_int_equal(n, AS_PCAP_STATISTICS_BYTES);
    assert_memory_equal(out, wanted, n);
}

static void what_does_not_fit_is_not_written(void **state)
{
    (void)state;
    uint8_t out[128];
    assert_int_equal(as_pcap_encode_section("abcde", out, 43), 0);
    assert_int_equal(as_pcap_encode_section("", out, 32), 32);
    assert_int_equal(as_pcap_encode_interface(1, "a.b", "x", out, 47), 0);
    assert_int_equal(as_pcap_encode_interface(1, "", "", out, 32), 32);
    as_pcap_head head = {.data_bytes = AS_PCAP_CAPTURE_BYTES + 1};
    assert_int_equal(as_pcap_encode_head(&head, out), 0);
}

#define LATE_TS UINT64_C(18446744071999999999) /* in the year 2554 */

static void what_is_written_is_read(void **state)
{
    (void)state;
    static uint8_t file[4096];
    uint8_t data[9] = "123456789";
    size_t n = as_pcap_encode_section("p", file, sizeof file);
    n += as_pcap_encode_interface(101, "f.source", "framing=lines", file + n, sizeof file - n);
    n += as_pcap_encode_interface(147, "f.backfill", "", file + n, sizeof file - n);
    for (uint32_t i = 0; i < 9; i++) {
        as_pcap_head head = {.interface_idx = i % 2, .ts_ns = LATE_TS - i * UINT64_C(0x123456789), .data_bytes = i};
        n += as_pcap_encode_head(&head, file + n);
        memcpy(file + n, data, i);
        n += i;
        n += as_pcap_encode_tail(&head, file + n);
    }
    n += as_pcap_encode_statistics(&(as_pcap_statistics){.interface_idx = 1, .received = 9, .dropped = 2}, file + n);
    as_pcap pcap;
    as_pcap_packet packet;
    as_pcap_init(&pcap);
    size_t at = 0;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(as_pcap_next(&pcap, file + at, n - at, true, &packet),
                         i ? AS_PCAP_INTERFACE : AS_PCAP_SECTION);
        at += pcap.consumed_bytes;
    }
    assert_string_equal(pcap.interface[0].name, "f.source");
    assert_string_equal(pcap.interface[0].description, "framing=lines");
    assert_int_equal(pcap.interface[1].link_type, 147);
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(as_pcap_next(&pcap, file + at, n - at, true, &packet), AS_PCAP_PACKET);
        at += pcap.consumed_bytes;
        assert_int_equal(packet.interface_idx, i % 2);
        assert_int_equal(packet.ts_ns, LATE_TS - i * UINT64_C(0x123456789));
        assert_int_equal(packet.captured_bytes, i);
        assert_memory_equal(packet.data, data, i);
    }
    assert_int_equal(as_pcap_next(&pcap, file + at, n - at, true, &packet), AS_PCAP_DROPS);
    at += pcap.consumed_bytes;
    assert_int_equal(pcap.interface[1].dropped, 2);
    assert_int_equal(as_pcap_next(&pcap, file + at, n - at, true, &packet), AS_PCAP_EOF);
    assert_int_equal(pcap.bad_options, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_block_is_the_golden_one),
        cmocka_unit_test(section_interface_and_statistics_are_as_specified),
        cmocka_unit_test(what_does_not_fit_is_not_written),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
