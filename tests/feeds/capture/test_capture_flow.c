#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/limits.h"
#include "feeds/capture/capture_flow.h"
#include "tests/support/hex.h"

/* PROTOCOLS A11: ITCH A and E in one MoldUDP64 packet; its heartbeat; IEX-TP with one quote */
static const char mold[] = "30303030303030303141 0000000000000005 0002 0024"
                           "41000700021f1aced9f07b112233445566778842000000644141504c20202020001d0290 001f"
                           "45000700021f1aced9f07b1122334455667788000000280000000"
                           "03ade68b1";
static const char mold_heartbeat[] = "30303030303030303141 0000000000000007 0000";
static const char iex[] =
    "01 00 0380 01000000 00009644 2c00 0100 0000000000000000 0100000000000000 e075863dfe9c9717 2a00"
    "510015cd853dfe9c97174141504c202020202c01000090021d0000000000f4021d0000000000c8000000";

static as_flow_payload recognise(const char *hex)
{
    uint8_t bytes[256];
    size_t n = ast_hex(hex, bytes, sizeof bytes);
    for (size_t cut = 0; cut < n; cut++) /* no prefix is taken for anything */
        assert_int_equal(as_flow_recognise(bytes, cut), AS_FLOW_UNKNOWN);
    return as_flow_recognise(bytes, n);
}

static void payloads_are_recognised_by_what_is_in_them(void **state)
{
    (void)state;
    assert_int_equal(recognise(mold), AS_FLOW_ITCH50);
    assert_int_equal(recognise(iex), AS_FLOW_TOPS);
    /* TOPS 1.5, DEEP; a heartbeat of DEEP */
    assert_int_equal(
        recognise("01 00 0280 01000000 00009644 0000 0000 0000000000000000 0100000000000000 0000000000000000"),
        AS_FLOW_TOPS);
    assert_int_equal(
        recognise("01 00 0480 01000000 00009644 0000 0000 0000000000000000 0100000000000000 0000000000000000"),
        AS_FLOW_DEEP);
    /* the order alone, in a recording that was wrapped again */
    assert_int_equal(recognise("00000000000000000000 0000000000000000 0001 0013"
                               "44000700021f1aced9f07b1122334455667788"),
                     AS_FLOW_ITCH50);
}

static void what_is_almost_itch_is_unknown(void **state)
{
    (void)state;
    uint8_t good[256], bad[256];
    size_t n = ast_hex(mold, good, sizeof good);
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {
        {0, 0x07},       /* a session name that is no text */
        {19, 1},         /* fewer messages than there are */
        {19, 3},         /* more */
        {21, 0x23},      /* a length that is not its type's */
        {22, 'B'},       /* a type of another length */
        {22, 'a'},       /* no type */
        {27, 0x4f},      /* 86,860 s after midnight */
        {22 + 24, 0x09}, /* a stock's name with a control character */
        {22 + 24, ' '},  /* without a beginning */
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        memcpy(bad, good, n);
        bad[changes[i].at] = changes[i].value;
        assert_int_equal(as_flow_recognise(bad, n), AS_FLOW_UNKNOWN);
    }
    /* heartbeats and ends say nothing about the messages; nor does an empty one */
    assert_int_equal(recognise(mold_heartbeat), AS_FLOW_UNKNOWN);
    assert_int_equal(recognise("30303030303030303141 0000000000000007 ffff"), AS_FLOW_UNKNOWN);
    assert_int_equal(recognise("30303030303030303141 0000000000000007 0001 0000"), AS_FLOW_UNKNOWN);
    /* IEX-TP of another version, another protocol, with more bytes than it says */
    n = ast_hex(iex, good, sizeof good);
    for (size_t at = 0; at < 16; at++) {
        if (at == 1 || (at >= 4 && at < 12))
            continue;
        memcpy(bad, good, n);
        bad[at] ^= 0x10;
        assert_int_equal(as_flow_recognise(bad, n), AS_FLOW_UNKNOWN);
    }
    good[n] = 0;
    assert_int_equal(as_flow_recognise(good, n + 1), AS_FLOW_UNKNOWN);
}

static as_datagram datagram(uint32_t dst, uint16_t port, const void *payload, size_t bytes)
{
    as_datagram d = {.version = 4, .dst_port = port, .src_port = 9, .payload = payload, .payload_bytes = bytes};
    memcpy(d.dst, &dst, 4);
    d.src[0] = 10;
    return d;
}

static void flows_are_told_apart(void **state)
{
    (void)state;
    as_flows *flows;
    assert_int_equal(as_flows_new(&flows), 0);
    as_datagram d = datagram(1, 26400, "xyz", 3);
    as_flow *first = as_flows_take(flows, 0, &d, false);
    assert_int_equal(first->packets, 1);
    assert_int_equal(first->stream, -1);
    assert_int_equal(first->first_bytes, 3);
    assert_ptr_equal(as_flows_take(flows, 0, &d, false), first);
    assert_int_equal(first->packets, 2);
    d.src_port = 10; /* not part of a flow */
    assert_ptr_equal(as_flows_take(flows, 0, &d, false), first);
    assert_ptr_not_equal(as_flows_take(flows, 1, &d, false), first);
    d.dst_port++;
    assert_ptr_not_equal(as_flows_take(flows, 0, &d, false), first);
    d.dst_port--;
    d.dst[3] = 1;
    assert_ptr_not_equal(as_flows_take(flows, 0, &d, false), first);
    d.dst[3] = 0;
    d.src[3] = 1;
    assert_ptr_not_equal(as_flows_take(flows, 0, &d, false), first);
    /* both directions of TCP are one */
    d.src_port = 50000;
    as_flow *tcp = as_flows_take(flows, 0, &d, true);
    assert_int_equal(tcp->port, 26400);
    d.dst_port = 51000;
    d.src_port = 26400;
    assert_ptr_equal(as_flows_take(flows, 0, &d, true), tcp);
    char name[AS_FLOW_NAME_BYTES];
    as_flow_name(tcp, name);
    assert_string_equal(name, "tcp port 26400");
    as_flow_name(first, name);
    assert_string_equal(name, "udp 1.0.0.0:26400 from 10.0.0.0");
    assert_int_equal(as_flows_count(flows), 6);
    as_flows_free(flows);
}

static void heartbeats_are_counted_until_the_payload_is_known(void **state)
{
    (void)state;
    as_flows *flows;
    uint8_t heartbeat[64], data[256];
    size_t heartbeat_bytes = ast_hex(mold_heartbeat, heartbeat, sizeof heartbeat);
    size_t data_bytes = ast_hex(mold, data, sizeof data);
    assert_int_equal(as_flows_new(&flows), 0);
    as_datagram d = datagram(1, 1, heartbeat, heartbeat_bytes);
    as_flows_take(flows, 0, &d, false);
    as_flow *flow = as_flows_take(flows, 0, &d, false);
    assert_int_equal(flow->payload, AS_FLOW_UNKNOWN);
    assert_int_equal(flow->heartbeats, 2);
    d = datagram(1, 1, data, data_bytes);
    assert_int_equal(as_flows_take(flows, 0, &d, false)->payload, AS_FLOW_ITCH50);
    d = datagram(1, 1, heartbeat, heartbeat_bytes);
    assert_int_equal(as_flows_take(flows, 0, &d, false)->heartbeats, 2);
    d = datagram(1, 1, data, data_bytes);
    assert_int_equal(as_flows_take(flows, 0, &d, true)->payload, AS_FLOW_UNKNOWN); /* TCP is only told about */
    as_flows_free(flows);
}

/* Unknown flows make room, known ones stay. */
static void a_full_table_keeps_the_known_flows(void **state)
{
    (void)state;
    as_flows *flows;
    uint8_t data[256];
    size_t data_bytes = ast_hex(mold, data, sizeof data);
    assert_int_equal(as_flows_new(&flows), 0);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < 5 * AS_CAPTURE_FLOW_MAX; i++) {
        bool known = i % 10 == 0;
        as_datagram d = known ? datagram(i, 7, data, data_bytes) : datagram(i, 7, "x", 1);
        as_flow *flow = as_flows_take(flows, 0, &d, false);
        assert_non_null(flow);
        assert_int_equal(flow->payload, known ? AS_FLOW_ITCH50 : AS_FLOW_UNKNOWN);
        seen++;
    }
    assert_int_equal(as_flows_count(flows), AS_CAPTURE_FLOW_MAX);
    uint64_t packets = as_flows_other_packets(flows), known = 0;
    for (uint32_t i = 0; i < AS_CAPTURE_FLOW_MAX; i++) {
        packets += as_flows_at(flows, i)->packets;
        known += as_flows_at(flows, i)->payload == AS_FLOW_ITCH50;
    }
    assert_int_equal(packets, seen);
    assert_int_equal(known, 512);
    for (uint32_t i = 0; i < 5 * AS_CAPTURE_FLOW_MAX; i += 10) {
        as_datagram d = datagram(i, 7, data, data_bytes);
        assert_int_equal(as_flows_take(flows, 0, &d, false)->packets, 2);
    }
    /* when all are known there is no place */
    for (uint32_t i = 0; i < AS_CAPTURE_FLOW_MAX; i++) {
        as_datagram d = datagram(i, 8, data, data_bytes);
        as_flows_take(flows, 0, &d, false);
    }
    as_datagram d = datagram(1, 9, "x", 1);
    assert_null(as_flows_take(flows, 0, &d, false));
    as_flows_free(flows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_are_recognised_by_what_is_in_them),
        cmocka_unit_test(what_is_almost_itch_is_unknown),
        cmocka_unit_test(flows_are_told_apart),
        cmocka_unit_test(heartbeats_are_counted_until_the_payload_is_known),
        cmocka_unit_test(a_full_table_keeps_the_known_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
