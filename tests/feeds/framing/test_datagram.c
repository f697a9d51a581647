#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/datagram.h"
#include "tests/support/capture.h"
#include "tests/support/hex.h"
#include "tests/support/random.h"

/*
 * 192.168.1.10:5000 to 239.1.1.1:26400, payload "abcd". The words of the IP header without its checksum add up, with
 * the carry folded in, to 0x76e7 (RFC 1071 by hand); the checksum is its complement.
 */
static const char ipv4[] = "4500 0020 0000 4000 4011 8918 c0a8010a ef010101 1388 6720 000c 0000 61626364";
static const char ipv6[] = "60000000 000c 11 40 20010db8000000000000000000000001 ff150000000000000000000000000001"
                           "1388 6720 000c 0000 61626364";

static as_datagram_result decode_hex(uint16_t link, const char *front, const char *rest, as_datagram *d)
{
    static uint8_t packet[256];
    size_t n = ast_hex(front, packet, sizeof packet);
    n += ast_hex(rest, packet + n, sizeof packet - n);
    return as_datagram_decode(link, packet, n, d);
}

static void assert_abcd(const as_datagram *d, unsigned version)
{
    assert_int_equal(d->version, version);
    assert_int_equal(d->src_port, 5000);
    assert_int_equal(d->dst_port, 26400);
    assert_int_equal(d->payload_bytes, 4);
    assert_memory_equal(d->payload, "abcd", 4);
    if (version == 4) {
        assert_memory_equal(d->src, "\xc0\xa8\x01\x0a\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        assert_memory_equal(d->dst, "\xef\x01\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    } else {
        assert_memory_equal(d->src, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
        assert_memory_equal(d->dst, "\xff\x15\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    }
}

static const struct {
    uint16_t link;
    const char *front;
    unsigned version;
} fronts[] = {
    {AS_LINK_ETHERNET, "01005e010101 020000000001 0800", 4},
    {AS_LINK_ETHERNET, "01005e010101 020000000001 86dd", 6},
    {AS_LINK_ETHERNET, "01005e010101 020000000001 8100 008d 0800", 4},
    {AS_LINK_ETHERNET, "01005e010101 020000000001 88a8 0001 8100 008d 0800", 4},
    {AS_LINK_ETHERNET, "01005e010101 020000000001 9100 0001 8100 008d 86dd", 6},
    {AS_LINK_ETHERNET, "01005e010101 020000000001 8100 0001 8100 0002 8100 0003 8100 0004 0800", 4},
    {AS_LINK_SLL, "0000 0001 0006 020000000001 0000 0800", 4},
    {AS_LINK_SLL, "0000 0001 0006 020000000001 0000 8100 0001 86dd", 6},
    {AS_LINK_SLL2, "0800 0000 00000002 0001 00 06 0200000000010000", 4},
    {AS_LINK_SLL2, "86dd 0000 00000002 0001 00 06 0200000000010000", 6},
    {AS_LINK_RAW, "", 4},
    {AS_LINK_RAW, "", 6},
    {AS_LINK_RAW_BSD, "", 4},
    {AS_LINK_IPV4, "", 4},
    {AS_LINK_IPV6, "", 6},
    {AS_LINK_NULL, "02000000", 4},
    {AS_LINK_NULL, "00000002", 4},
    {AS_LINK_NULL, "0a000000", 6},
    {AS_LINK_NULL, "1c000000", 6},
    {AS_LINK_LOOP, "0000001e", 6},
    {AS_LINK_LOOP, "00000018", 6},
};

static void every_link_leads_to_the_payload(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
        as_datagram d;
        const char *packet = fronts[i].version == 4 ? ipv4 : ipv6;
        assert_int_equal(decode_hex(fronts[i].link, fronts[i].front, packet, &d), AS_DATAGRAM_UDP);
        assert_abcd(&d, fronts[i].version);
    }
}

static void every_cut_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
        uint8_t packet[256];
        size_t n = ast_hex(fronts[i].front, packet, sizeof packet);
        n += ast_hex(fronts[i].version == 4 ? ipv4 : ipv6, packet + n, sizeof packet - n);
        for (size_t cut = 0; cut < n; cut++) {
            uint8_t *exact = malloc(cut + 1);
            assert_non_null(exact);
            memcpy(exact, packet, cut);
            uint8_t *shrunk = realloc(exact, cut ? cut : 1);
            as_datagram d;
            assert_int_equal(as_datagram_decode(fronts[i].link, shrunk, cut, &d), AS_DATAGRAM_CUT);
            free(shrunk);
        }
    }
}

static void padding_options_and_extension_headers_are_passed_over(void **state)
{
    (void)state;
    as_datagram d;
    uint8_t frame[128];
    size_t n = ast_frame(frame, &(ast_udp){0xc0a8010a, 0xef010101, 5000, 26400}, 1, "abcd", 4);
    assert_int_equal(n, 60);
    assert_int_equal(as_datagram_decode(AS_LINK_ETHERNET, frame, n, &d), AS_DATAGRAM_UDP);
    assert_abcd(&d, 4);
    assert_int_equal(decode_hex(AS_LINK_RAW,
                                "4600 0024 0000 4000 4011 0000 c0a8010a ef010101 94040000", /* router alert */
                                "1388 6720 000c 0000 61626364 00000000", &d),
                     AS_DATAGRAM_UDP);
    assert_abcd(&d, 4);
    assert_int_equal(decode_hex(AS_LINK_RAW, "4500 0000 0000 4000 4011 0000 c0a8010a ef010101", /* no total length */
                                "1388 6720 000c 0000 61626364", &d),
                     AS_DATAGRAM_UDP);
    assert_abcd(&d, 4);
    assert_int_equal(decode_hex(AS_LINK_RAW,
                                "60000000 001c 00 40 20010db8000000000000000000000001 ff150000000000000000000000000001"
                                "3c 00 050200000000 11 00 010400000000",
                                "1388 6720 000c 0000 61626364", &d),
                     AS_DATAGRAM_UDP);
    assert_abcd(&d, 6);
}

static void what_is_no_datagram_is_named(void **state)
{
    (void)state;
    as_datagram d;
    static const char *const names[] = {"udp",      "tcp", "fragment",   "not_ip",
                                        "other_ip", "cut", "bad_length", "unknown_link"};
    for (unsigned i = 0; i < AS_DATAGRAM_RESULT_COUNT; i++)
        assert_string_equal(as_datagram_result_name((as_datagram_result)i), names[i]);
    /* ARP, 802.3 with a length, a fifth tag, an unknown family, IP version 5 */
    assert_int_equal(decode_hex(AS_LINK_ETHERNET, "ffffffffffff 020000000001 0806", ipv4, &d), AS_DATAGRAM_NOT_IP);
    assert_int_equal(decode_hex(AS_LINK_ETHERNET, "ffffffffffff 020000000001 0026", ipv4, &d), AS_DATAGRAM_NOT_IP);
    assert_int_equal(decode_hex(AS_LINK_ETHERNET,
                                "01005e010101 020000000001 8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800",
                                ipv4, &d),
                     AS_DATAGRAM_NOT_IP);
    assert_int_equal(decode_hex(AS_LINK_NULL, "07000000", ipv4, &d), AS_DATAGRAM_NOT_IP);
    assert_int_equal(decode_hex(AS_LINK_RAW, "55", ipv4, &d), AS_DATAGRAM_NOT_IP);
    assert_int_equal(decode_hex(147, "", ipv4, &d), AS_DATAGRAM_BAD_LINK);
    /* first fragment, later fragment, IPv6 fragment */
    assert_int_equal(
        decode_hex(AS_LINK_RAW, "4500 0020 0000 2000 4011 0000 c0a8010a ef010101", "1388 6720 000c 0000 61626364", &d),
        AS_DATAGRAM_FRAGMENT);
    assert_int_equal(
        decode_hex(AS_LINK_RAW, "4500 0020 0000 0001 4011 0000 c0a8010a ef010101", "1388 6720 000c 0000 61626364", &d),
        AS_DATAGRAM_FRAGMENT);
    assert_int_equal(decode_hex(AS_LINK_RAW,
                                "60000000 0014 2c 40 20010db8000000000000000000000001 ff150000000000000000000000000001",
                                "1100 0001 00000000 1388 6720 000c 0000 61626364", &d),
                     AS_DATAGRAM_FRAGMENT);
    /* IGMP, ICMPv6 */
    assert_int_equal(
        decode_hex(AS_LINK_RAW, "4500 001c 0000 4000 0102 0000 c0a8010a ef010101", "1600 0000 00000000", &d),
        AS_DATAGRAM_OTHER_IP);
    assert_int_equal(decode_hex(AS_LINK_RAW,
                                "60000000 0008 3a 40 20010db8000000000000000000000001 ff150000000000000000000000000001",
                                "8700 0000 00000000", &d),
                     AS_DATAGRAM_OTHER_IP);
}

static void a_tcp_segment_is_recognised(void **state)
{
    (void)state;
    as_datagram d;
    static const char ip[] = "4500 002c 0000 4000 4006 0000 c0a8010a 0a000001";
    assert_int_equal(decode_hex(AS_LINK_RAW, ip, "c983 91b7 09347afb 50188052 50180000 00000000 61626364", &d),
                     AS_DATAGRAM_TCP);
    assert_int_equal(d.src_port, 0xc983);
    assert_int_equal(d.dst_port, 0x91b7);
    assert_int_equal(d.payload_bytes, 4);
    assert_memory_equal(d.payload, "abcd", 4);
    /* a header of 16 bytes, and one that is longer than the segment */
    assert_int_equal(decode_hex(AS_LINK_RAW, ip, "c983 91b7 09347afb 50188052 40180000 00000000 61626364", &d),
                     AS_DATAGRAM_BAD_LENGTH);
    assert_int_equal(decode_hex(AS_LINK_RAW, ip, "c983 91b7 09347afb 50188052 f0180000 00000000 61626364", &d),
                     AS_DATAGRAM_CUT);
}

static void lengths_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    as_datagram d = {.version = 77};
    static const char udp[] = "1388 6720 000c 0000 61626364";
    static const char *const bad[] = {
        "4400 0020 0000 4000 4011 0000 c0a8010a ef010101", /* header of 16 bytes */
        "4500 0013 0000 4000 4011 0000 c0a8010a ef010101", /* shorter than its header */
        "4600 0014 0000 4000 4011 0000 c0a8010a ef010101",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(decode_hex(AS_LINK_RAW, bad[i], udp, &d), AS_DATAGRAM_BAD_LENGTH);
    static const char ip[] = "4500 0020 0000 4000 4011 0000 c0a8010a ef010101";
    assert_int_equal(decode_hex(AS_LINK_RAW, ip, "1388 6720 0007 0000 61626364", &d), AS_DATAGRAM_BAD_LENGTH);
    assert_int_equal(decode_hex(AS_LINK_RAW, ip, "1388 6720 0000 0000 61626364", &d), AS_DATAGRAM_BAD_LENGTH);
    assert_int_equal(decode_hex(AS_LINK_RAW, ip, "1388 6720 000d 0000 61626364", &d), AS_DATAGRAM_CUT);
    assert_int_equal(decode_hex(AS_LINK_RAW, ip, "1388 6720 ffff 0000 61626364", &d), AS_DATAGRAM_CUT);
    assert_int_equal(decode_hex(AS_LINK_RAW, ip, "1388 6720 000b 0000 61626364", &d), AS_DATAGRAM_UDP);
    assert_int_equal(d.payload_bytes, 3);
    assert_int_equal(decode_hex(AS_LINK_RAW, ip, "1388 6720 0008 0000 61626364", &d), AS_DATAGRAM_UDP);
    assert_int_equal(d.payload_bytes, 0);
    /* an Ethernet frame of IPv4's type with IPv6 in it, and the other way round */
    assert_int_equal(decode_hex(AS_LINK_ETHERNET, "01005e010101 020000000001 0800", ipv6, &d), AS_DATAGRAM_BAD_LENGTH);
    assert_int_equal(
        decode_hex(AS_LINK_ETHERNET, "01005e010101 020000000001 86dd",
                   "4500 0020 0000 4000 4011 0000 c0a8010a ef010101 1388 6720 000c 0000 61626364 0000000000000000", &d),
        AS_DATAGRAM_BAD_LENGTH);
}

/* The internet checksum of a packet that carries its own is 0xffff (RFC 1071). */
static uint32_t folded_sum(const uint8_t *data, size_t bytes, uint32_t sum)
{
    for (size_t i = 0; i < bytes; i++)
        sum += (uint32_t)data[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void headers_are_written_with_right_checksums(void **state)
{
    (void)state;
    uint64_t seed = 42, random = seed;
    for (unsigned round = 0; round < 2000; round++) {
        uint8_t payload[600], packet[AS_DATAGRAM_HEADER_MAX + sizeof payload];
        as_datagram d = {.version = round % 2 ? 4 : 6, .payload = payload}, again;
        size_t address_bytes = d.version == 4 ? 4 : 16;
        d.payload_bytes = ast_random(&random) % sizeof payload;
        for (size_t i = 0; i < sizeof payload; i++)
            payload[i] = (uint8_t)ast_random(&random);
        for (size_t i = 0; i < address_bytes; i++) {
            d.src[i] = (uint8_t)ast_random(&random);
            d.dst[i] = (uint8_t)ast_random(&random);
        }
        d.src_port = (uint16_t)ast_random(&random);
        d.dst_port = (uint16_t)ast_random(&random);
        size_t header_bytes = as_datagram_encode(&d, packet);
        assert_int_equal(header_bytes, d.version == 4 ? 28 : 48);
        memcpy(packet + header_bytes, payload, d.payload_bytes);
        assert_int_equal(as_datagram_decode(AS_LINK_RAW, packet, header_bytes + d.payload_bytes, &again),
                         AS_DATAGRAM_UDP);
        assert_memory_equal(again.src, d.src, 16);
        assert_memory_equal(again.dst, d.dst, 16);
        assert_int_equal(again.src_port, d.src_port);
        assert_int_equal(again.dst_port, d.dst_port);
        assert_int_equal(again.payload_bytes, d.payload_bytes);
        if (d.version == 4)
            assert_int_equal(folded_sum(packet, 20, 0), 0xffff);
        uint32_t pseudo = folded_sum(d.src, address_bytes, 17 + 8 + (uint32_t)d.payload_bytes);
        pseudo = folded_sum(d.dst, address_bytes, pseudo);
        assert_int_equal(folded_sum(packet + header_bytes - 8, 8 + d.payload_bytes, pseudo), 0xffff);
    }
}

static void the_golden_headers_are_written(void **state)
{
    (void)state;
    uint8_t wanted[64], out[AS_DATAGRAM_HEADER_MAX];
    as_datagram d = {.version = 4,
                     .src = {192, 168, 1, 10},
                     .dst = {239, 1, 1, 1},
                     .src_port = 5000,
                     .dst_port = 26400,
                     .payload = (const uint8_t *)"abcd",
                     .payload_bytes = 4};
    ast_hex(ipv4, wanted, sizeof wanted);
    assert_int_equal(as_datagram_encode(&d, out), 28);
    assert_memory_equal(out, wanted, 26); /* the golden one has no UDP checksum */
    d.version = 5;
    assert_int_equal(as_datagram_encode(&d, out), 0);
    d.version = 6;
    d.payload_bytes = AS_DATAGRAM_PAYLOAD_MAX + 1;
    assert_int_equal(as_datagram_encode(&d, out), 0);
}

static void names_are_addresses_and_ports(void **state)
{
    (void)state;
    char name[AS_DATAGRAM_NAME_BYTES];
    as_datagram_name(4, (const uint8_t[16]){233, 54, 12, 111}, 26477, name);
    assert_string_equal(name, "233.54.12.111:26477");
    as_datagram_name(6, (const uint8_t[16]){0xff, 0x15, [15] = 1}, 1, name);
    assert_string_equal(name, "[ff15::1]:1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_leads_to_the_payload),
        cmocka_unit_test(every_cut_is_cut),
        cmocka_unit_test(padding_options_and_extension_headers_are_passed_over),
        cmocka_unit_test(what_is_no_datagram_is_named),
        cmocka_unit_test(a_tcp_segment_is_recognised),
        cmocka_unit_test(lengths_that_contradict_each_other_are_refused),
        cmocka_unit_test(headers_are_written_with_right_checksums),
        cmocka_unit_test(the_golden_headers_are_written),
        cmocka_unit_test(names_are_addresses_and_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
