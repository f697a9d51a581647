#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/pcap.h"
#include "tests/support/capture.h"
#include "tests/support/hex.h"
#include "tests/support/random.h"

/* PROTOCOLS A11 */
static const char golden_pcap[] = "4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000"
                                  "00f15365 15cd5b07 04000000 04000000 61626364";
static const char golden_pcapng[] = "0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000"
                                    "0100000020000000010000000000040009000100090000000000000020000000"
                                    "060000002400000000000000fe9c971715cd853d04000000040000006162636424000000";

#define GOLDEN_TS UINT64_C(1700000000123456789)

/* What a reader sees of a file: every result, and the packets' numbers, as text. */
typedef struct story {
    char text[1 << 16];
    size_t used;
} story;

static void tell(story *s, as_pcap_result result, const as_pcap *state, const as_pcap_packet *p)
{
    char *at = s->text + s->used;
    size_t room = sizeof s->text - s->used;
    int n = 0;
    uint32_t sum = 0;
    switch (result) {
    case AS_PCAP_PACKET:
        for (size_t i = 0; i < p->data_bytes; i++)
            sum = sum * 31 + p->data[i];
        n = snprintf(at, room, "P%u/%u %llu%s %u %u %zu %08x\n", p->interface_idx, p->link_type,
                     (unsigned long long)p->ts_ns, p->stamped ? "" : "?", p->captured_bytes, p->original_bytes,
                     p->data_bytes, sum);
        break;
    case AS_PCAP_INTERFACE:
        n = snprintf(at, room, "I%u %u %s|%s\n", state->interface_idx, state->interface[state->interface_idx].link_type,
                     state->interface[state->interface_idx].name, state->interface[state->interface_idx].description);
        break;
    case AS_PCAP_DROPS:
        n = snprintf(at, room, "D%u %llu\n", state->interface_idx,
                     (unsigned long long)state->interface[state->interface_idx].dropped);
        break;
    case AS_PCAP_SECTION:
        n = snprintf(at, room, "S\n");
        break;
    case AS_PCAP_EOF:
        n = snprintf(at, room, "EOF\n");
        break;
    case AS_PCAP_TRUNCATED:
        n = snprintf(at, room, "CUT\n");
        break;
    case AS_PCAP_DAMAGED:
        n = snprintf(at, room, "DAMAGED %s\n", as_pcap_why(state));
        break;
    case AS_PCAP_NEED_MORE:
        break;
    }
    s->used += (size_t)n;
    assert_true(s->used < sizeof s->text);
}

/*
 * Read a whole file, given in pieces of step bytes (0: at once); the view begins with what was not consumed, as in a
 * reader that refills a buffer, and every view is memory of its own, so that a sanitizer sees a read beyond it.
 */
static void read_file(as_pcap *state, const uint8_t *file, size_t bytes, size_t step, story *s)
{
    size_t from = 0, to = step && step < bytes ? step : bytes;
    as_pcap_init(state);
    s->used = 0;
    s->text[0] = '\0';
    for (;;) {
        as_pcap_packet packet;
        uint8_t *view = malloc(to - from + 1);
        assert_non_null(view);
        memcpy(view, file + from, to - from);
        uint8_t *exact = realloc(view, to - from ? to - from : 1);
        as_pcap_result result = as_pcap_next(state, exact, to - from, to == bytes, &packet);
        assert_true(state->consumed_bytes <= to - from);
        tell(s, result, state, &packet);
        free(exact);
        from += state->consumed_bytes;
        if (result == AS_PCAP_EOF || result == AS_PCAP_TRUNCATED || result == AS_PCAP_DAMAGED)
            return;
        if (result == AS_PCAP_NEED_MORE) {
            assert_true(to < bytes);
            assert_true(state->want_bytes > to - from && state->want_bytes <= AS_PCAP_WINDOW_BYTES);
            to = step && bytes - to > step ? to + step : bytes;
        }
    }
}

static const char *read_hex(const char *hex, as_pcap *state)
{
    static story s;
    uint8_t file[512];
    size_t bytes = ast_hex(hex, file, sizeof file);
    read_file(state, file, bytes, 0, &s);
    return s.text;
}

/* ---- golden ---- */

static void golden_files_are_read(void **state)
{
    (void)state;
    as_pcap pcap;
    char wanted[128];
    (void)snprintf(wanted, sizeof wanted, "S\nP0/1 %llu 4 4 4 %08x\nEOF\n", (unsigned long long)GOLDEN_TS,
                   (('a' * 31u + 'b') * 31 + 'c') * 31 + 'd');
    assert_string_equal(read_hex(golden_pcap, &pcap), wanted);
    assert_int_equal(pcap.form, AS_PCAP_FORM_PCAP);
    (void)snprintf(wanted, sizeof wanted, "S\nI0 1 |\nP0/1 %llu 4 4 4 %08x\nEOF\n", (unsigned long long)GOLDEN_TS,
                   (('a' * 31u + 'b') * 31 + 'c') * 31 + 'd');
    assert_string_equal(read_hex(golden_pcapng, &pcap), wanted);
    assert_int_equal(pcap.form, AS_PCAP_FORM_PCAPNG);
    assert_int_equal(pcap.interface[0].snap_bytes, 262144);
}

static void pcap_of_both_orders_and_resolutions_is_the_same(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        ast_bytes b = {.big = i & 1};
        bool ns = i & 2;
        ast_pcap_header(&b, ns, 65535, 1 | 0x14000000u); /* frame check sequence bits above the link type */
        ast_pcap_record(&b, 1700000000, ns ? 123456000 : 123456, "abcd", 4, 99);
        ast_pcap_record(&b, 4294967295, ns ? 999999999 : 999999, "", 0, 0);
        as_pcap pcap;
        static story s;
        read_file(&pcap, b.data, b.bytes, 0, &s);
        char wanted[256];
        (void)snprintf(wanted, sizeof wanted,
                       "S\nP0/1 1700000000123456000 4 99 4 %08x\nP0/1 4294967295999999%s 0 0 0 00000000\nEOF\n",
                       (('a' * 31u + 'b') * 31 + 'c') * 31 + 'd', ns ? "999" : "000");
        assert_string_equal(s.text, wanted);
        assert_int_equal(as_pcap_sniff(b.data, b.bytes), AS_PCAP_FORM_PCAP);
        ast_bytes_free(&b);
    }
}

/* A stamp of ticks in a resolution, with an offset; the text of its packet's time. */
static void assert_time(int resolution, int64_t offset_s, uint64_t ticks, const char *wanted)
{
    for (unsigned big = 0; big < 2; big++) {
        ast_bytes b = {.big = big};
        ast_section(&b);
        ast_interface_block(&b, &(ast_interface){.link = 101, .resolution = resolution, .offset_s = offset_s});
        ast_packet_block(&b, 0, ticks, "x", 1);
        as_pcap pcap;
        static story s;
        read_file(&pcap, b.data, b.bytes, 0, &s);
        char line[128];
        (void)snprintf(line, sizeof line, "S\nI0 101 |\nP0/101 %s 1 1 1 00000078\nEOF\n", wanted);
        assert_string_equal(s.text, line);
        ast_bytes_free(&b);
    }
}

static void stamps_of_any_resolution_become_nanoseconds(void **state)
{
    (void)state;
    assert_time(-1, 0, UINT64_C(1700000000123456), "1700000000123456000");
    assert_time(0, 0, 1700000000, "1700000000000000000");
    assert_time(3, 0, UINT64_C(1700000000123), "1700000000123000000");
    assert_time(9, 0, GOLDEN_TS, "1700000000123456789");
    assert_time(12, 0, UINT64_C(1700000000123456789), "1700000000123456");
    assert_time(19, 0, UINT64_MAX, "1844674407"); /* 1.8446744073709551615 s */
    assert_time(9, -3600, GOLDEN_TS, "1699996400123456789");
    assert_time(6, 1700000000, 123456, "1700000000123456000");
    assert_time(0x80, 0, 17, "17000000000");
    assert_time(0x80 | 1, 0, 3, "1500000000");
    assert_time(0x80 | 10, 0, 1024 * 7 + 1, "7000976562");            /* 1/1024 s = 976562.5 ns */
    assert_time(0x80 | 32, 0, (UINT64_C(5) << 32) + 1, "5000000000"); /* 0.23 ns */
    assert_time(0x80 | 32, 0, (UINT64_C(5) << 32) + 5, "5000000001"); /* 1.16 ns */
    assert_time(0x80 | 63, 0, UINT64_C(1) << 63, "1000000000");
    assert_time(0x80 | 63, 0, (UINT64_C(1) << 63) - 1, "999999999");
}

static void stamps_that_have_no_place_in_ns_since_1970_are_marked(void **state)
{
    (void)state;
    assert_time(9, -1, 999999999, "0?");
    assert_time(9, -1, 1000000000, "0");
    assert_time(0, 0, UINT64_C(18446744073), "0?");
    assert_time(0, 0, UINT64_MAX, "0?");
    assert_time(9, INT64_MAX, GOLDEN_TS, "0?");
    assert_time(9, INT64_MIN, GOLDEN_TS, "0?");
    assert_time(0, 0, UINT64_C(18446744071), "18446744071000000000");
}

/* ---- pcapng's blocks ---- */

/* Two sections of different byte orders; every kind of block. */
static void make_sections(ast_bytes *b)
{
    ast_section(b);
    ast_interface_block(
        b, &(ast_interface){.link = 1, .snap_bytes = 6, .resolution = 9, .name = "eth0", .description = "first port"});
    ast_interface_block(b, &(ast_interface){.link = 101, .resolution = -1, .name = ""});
    ast_packet_block(b, 1, 1000001, "abcdefg", 7);
    ast_bytes body = {.big = b->big};
    ast_put_u32(&body, 9); /* simple packet: 9 bytes on the wire, 6 captured */
    ast_put(&body, "123456\0\0", 8);
    ast_block(b, 3, &body);
    body.bytes = 0;
    ast_put_u16(&body, 1); /* old packet */
    ast_put_u16(&body, 3);
    ast_put_u32(&body, 0);
    ast_put_u32(&body, 7);
    ast_put_u32(&body, 2);
    ast_put_u32(&body, 5);
    ast_put(&body, "xy\0\0", 4);
    ast_block(b, 2, &body);
    body.bytes = 0;
    ast_put(&body, "whatever", 8);
    ast_block(b, 0x80000001, &body);
    ast_block(b, 4, &body);
    body.bytes = 0;
    ast_put_u32(&body, 1);
    ast_put_int(&body, 0, 8);
    ast_put_u16(&body, 5);
    ast_put_u16(&body, 8);
    ast_put_int(&body, 12, 8);
    ast_put_u32(&body, 0);
    ast_block(b, 5, &body);
    ast_bytes_free(&body);
    b->big = !b->big;
    ast_section(b);
    ast_interface_block(b, &(ast_interface){.link = 113, .resolution = 9});
    ast_packet_block(b, 0, 5, "", 0);
    ast_packet_block(b, 1, 5, "of the other section's interface", 32);
}

static void sections_change_byte_order_and_interfaces(void **state)
{
    (void)state;
    for (unsigned big = 0; big < 2; big++) {
        ast_bytes b = {.big = big};
        make_sections(&b);
        as_pcap pcap;
        static story s;
        read_file(&pcap, b.data, b.bytes, 0, &s);
        assert_non_null(strstr(s.text, "S\nI0 1 eth0|first port\nI1 101 |\nP1/101 1000001000 7 7 7"));
        assert_non_null(strstr(s.text, "P0/1 0? 6 9 6"));
        assert_non_null(strstr(s.text, "P1/101 7000 2 5 2"));
        assert_non_null(strstr(s.text, "D1 12\nS\nI0 113 |\nP0/113 5 0 0 0"));
        assert_non_null(strstr(s.text, "EOF\n"));
        assert_int_equal(pcap.packets, 4);
        assert_int_equal(pcap.sections, 2);
        assert_int_equal(pcap.interfaces, 3);
        assert_int_equal(pcap.skipped_blocks, 2);
        assert_int_equal(pcap.no_interface, 1);
        assert_int_equal(pcap.bad_options, 0);
        ast_bytes_free(&b);
    }
}

static void any_chunking_tells_the_same(void **state)
{
    (void)state;
    as_pcap pcap;
    static story whole, pieces;
    ast_bytes b = {.big = true};
    make_sections(&b);
    read_file(&pcap, b.data, b.bytes, 0, &whole);
    for (size_t step = 1; step <= b.bytes; step++) {
        read_file(&pcap, b.data, b.bytes, step, &pieces);
        assert_string_equal(pieces.text, whole.text);
    }
    b.bytes = 0;
    ast_pcap_header(&b, true, 5, 1);
    for (uint32_t i = 0; i < 5; i++)
        ast_pcap_record(&b, i, i, "0123456789", 2 * i, 10);
    read_file(&pcap, b.data, b.bytes, 0, &whole);
    assert_int_equal(pcap.packets, 5);
    assert_int_equal(pcap.oversized, 2);
    assert_non_null(strstr(whole.text, "P0/1 3000000003 5 10 5"));
    assert_non_null(strstr(whole.text, "P0/1 4000000004 5 10 5"));
    for (size_t step = 1; step <= b.bytes; step++) {
        read_file(&pcap, b.data, b.bytes, step, &pieces);
        assert_string_equal(pieces.text, whole.text);
    }
    ast_bytes_free(&b);
}

/* Every prefix of a file tells a prefix of its story, then that it is cut, or ended where a record did. */
static void every_cut_is_truncated_or_ends_at_a_boundary(void **state)
{
    (void)state;
    as_pcap pcap;
    static story whole, cut;
    ast_bytes b = {0};
    make_sections(&b);
    read_file(&pcap, b.data, b.bytes, 0, &whole);
    unsigned ends = 0;
    for (size_t bytes = 0; bytes < b.bytes; bytes++) {
        read_file(&pcap, b.data, bytes, 7, &cut);
        bool at_end = strstr(cut.text, "EOF\n") != NULL;
        assert_true(at_end || strstr(cut.text, "CUT\n") != NULL);
        assert_memory_equal(cut.text, whole.text, cut.used - 4);
        ends += at_end;
    }
    assert_int_equal(ends, 13); /* empty, and behind each of 12 blocks that is not the last; the 13th is the whole */
    ast_bytes_free(&b);
}

static void a_packet_or_block_longer_than_the_window_is_passed_over(void **state)
{
    (void)state;
    as_pcap pcap;
    static story s;
    uint8_t *data = calloc(1, 300000);
    assert_non_null(data);
    ast_bytes b = {0};
    ast_pcap_header(&b, true, 0, 1);
    ast_pcap_record(&b, 1, 1, data, AS_PCAP_CAPTURE_BYTES, AS_PCAP_CAPTURE_BYTES);
    ast_pcap_record(&b, 2, 2, "x", 1, 1);
    read_file(&pcap, b.data, b.bytes, 60000, &s);
    assert_string_equal(s.text,
                        "S\nP0/1 1000000001 262144 262144 131072 00000000\nP0/1 2000000002 1 1 1 00000078\nEOF\n");
    b.bytes = 0;
    ast_section(&b);
    ast_interface_block(&b, &(ast_interface){.link = 1, .resolution = 9});
    ast_packet_block(&b, 0, 1, data, 299999);
    ast_bytes body = {.data = data, .bytes = 200000};
    ast_block(&b, 0xBAD, &body);
    ast_packet_block(&b, 0, 2, "x", 1);
    read_file(&pcap, b.data, b.bytes, 60000, &s);
    assert_string_equal(s.text, "S\nI0 1 |\nP0/1 1 299999 299999 131072 00000000\nP0/1 2 1 1 1 00000078\nEOF\n");
    ast_bytes_free(&b);
    free(data);
}

static void long_names_are_cut_and_further_interfaces_are_counted(void **state)
{
    (void)state;
    as_pcap pcap;
    static story s;
    char name[1001];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ast_bytes b = {0};
    ast_section(&b);
    for (unsigned i = 0; i <= AS_CAPTURE_INTERFACE_MAX; i++)
        ast_interface_block(&b, &(ast_interface){.link = 1, .resolution = 9, .name = i == 0 ? name : "x"});
    ast_packet_block(&b, AS_CAPTURE_INTERFACE_MAX - 1, 1, "x", 1);
    ast_packet_block(&b, AS_CAPTURE_INTERFACE_MAX, 1, "x", 1);
    read_file(&pcap, b.data, b.bytes, 0, &s);
    assert_int_equal(strlen(pcap.interface[0].name), AS_PCAP_NAME_BYTES - 1);
    assert_int_equal(pcap.packets, 1);
    assert_int_equal(pcap.no_interface, 1);
    ast_bytes_free(&b);
}

/* ---- refusals ---- */

static void assert_damaged(ast_bytes *b, const char *why)
{
    as_pcap pcap;
    static story s;
    as_pcap_packet packet;
    read_file(&pcap, b->data, b->bytes, 0, &s);
    assert_non_null(strstr(s.text, "DAMAGED"));
    assert_non_null(strstr(s.text, why));
    assert_int_equal(as_pcap_next(&pcap, b->data, b->bytes, true, &packet), AS_PCAP_DAMAGED);
    ast_bytes_free(b);
}

static void refuse_pcap(uint32_t magic, uint16_t major, uint16_t minor, uint32_t captured_bytes, const char *why)
{
    ast_bytes b = {0};
    ast_put_u32(&b, magic);
    ast_put_u16(&b, major);
    ast_put_u16(&b, minor);
    ast_put_int(&b, 0, 8);
    ast_put_u32(&b, 0);
    ast_put_u32(&b, 1);
    ast_put_u32(&b, 0);
    ast_put_u32(&b, 0);
    ast_put_u32(&b, captured_bytes);
    ast_put_u32(&b, captured_bytes);
    assert_damaged(&b, why);
}

static void other_kinds_of_pcap_are_refused(void **state)
{
    (void)state;
    refuse_pcap(0xa1b2cd34, 2, 4, 0, "modified");
    refuse_pcap(0xa1b2c3d4, 2, 3, 0, "version");
    refuse_pcap(0xa1b2c3d4, 1, 4, 0, "version");
    refuse_pcap(0xa1b2c3d5, 2, 4, 0, "neither");
    refuse_pcap(0xa1b2c3d4, 2, 4, AS_PCAP_CAPTURE_BYTES + 1, "262144");
    refuse_pcap(0xa1b2c3d4, 2, 4, UINT32_MAX, "262144");
}

static void refuse_section(uint32_t block_bytes, uint32_t magic, uint16_t major, uint32_t trailer, const char *why)
{
    ast_bytes b = {0};
    ast_put_u32(&b, 0x0A0D0D0A);
    ast_put_u32(&b, block_bytes);
    ast_put_u32(&b, magic);
    ast_put_u16(&b, major);
    ast_put_u16(&b, 0);
    ast_put_int(&b, 0, 8);
    ast_put_u32(&b, trailer);
    assert_damaged(&b, why);
}

static void section_headers_that_are_wrong_are_refused(void **state)
{
    (void)state;
    refuse_section(28, 0x1A2B3C4E, 1, 28, "byte-order");
    refuse_section(28, 0x1A2B3C4D, 2, 28, "version");
    refuse_section(28, 0x1A2B3C4D, 1, 32, "two lengths");
    refuse_section(24, 0x1A2B3C4D, 1, 24, "1048576");
    refuse_section(0, 0x1A2B3C4D, 1, 0, "1048576");
    refuse_section(1048580, 0x1A2B3C4D, 1, 1048580, "1048576");
    refuse_section(30, 0x1A2B3C4D, 1, 30, "1048576");
    refuse_section(UINT32_MAX, 0x1A2B3C4D, 1, UINT32_MAX, "1048576");
}

static void refuse_block(uint32_t type, uint32_t block_bytes, uint32_t trailer, const char *why)
{
    ast_bytes b = {0};
    ast_section(&b);
    ast_interface_block(&b, &(ast_interface){.link = 1, .resolution = 9});
    ast_put_u32(&b, type);
    ast_put_u32(&b, block_bytes);
    for (uint32_t i = 12; i + 4 <= block_bytes && i < 64; i += 4)
        ast_put_u32(&b, i == 24 ? 1000 : 0); /* a packet's captured length lies beyond its block */
    ast_put_u32(&b, trailer);
    assert_damaged(&b, why);
}

static void blocks_that_are_wrong_are_refused(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 4, 8, 11, 13, 14, 16777220, UINT32_MAX, UINT32_MAX - 3};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        refuse_block(0x99, lengths[i], lengths[i], "multiple of 4");
    refuse_block(0x99, 12, 16, "two lengths");
    refuse_block(6, 36, 32, "two lengths");
    refuse_block(6, 12, 12, "longer than its block");
    refuse_block(6, 28, 28, "longer than its block");
    refuse_block(6, 40, 40, "longer than its block");
    refuse_block(2, 40, 40, "longer than its block");
    refuse_block(3, 12, 12, "longer than its block");
    refuse_block(1, 16, 16, "too short");
}

static void options_that_do_not_fit_are_counted_and_left_out(void **state)
{
    (void)state;
    as_pcap pcap;
    static story s;
    ast_bytes b = {0}, body = {0};
    ast_section(&b);
    ast_put_u32(&body, 1);
    ast_put_u32(&body, 0);
    ast_option(&body, 9, "\x14", 1); /* 10^-20 */
    ast_option(&body, 9, "\xc0", 1); /* 2^-64 */
    ast_option(&body, 9, "\x09\x00", 2);
    ast_option(&body, 14, "1234", 4);
    ast_put_u16(&body, 2);
    ast_put_u16(&body, 100); /* beyond the block */
    ast_block(&b, 1, &body);
    read_file(&pcap, b.data, b.bytes, 0, &s);
    assert_string_equal(s.text, "S\nI0 1 |\nEOF\n");
    assert_int_equal(pcap.bad_options, 5);
    assert_int_equal(pcap.interface[0].ts_resolution, 6);
    ast_bytes_free(&b);
    ast_bytes_free(&body);
}

static void first_bytes_tell_the_form(void **state)
{
    (void)state;
    uint8_t file[128];
    ast_hex(golden_pcapng, file, sizeof file);
    assert_int_equal(as_pcap_sniff(file, 28), AS_PCAP_FORM_PCAPNG);
    assert_int_equal(as_pcap_sniff(file, 12), AS_PCAP_FORM_PCAPNG);
    assert_int_equal(as_pcap_sniff(file, 11), AS_PCAP_FORM_NONE);
    file[8] ^= 1;
    assert_int_equal(as_pcap_sniff(file, 28), AS_PCAP_FORM_NONE);
    assert_int_equal(as_pcap_sniff((const uint8_t *)"\xa1\xb2\xcd\x34", 4), AS_PCAP_FORM_PCAP);
    assert_int_equal(as_pcap_sniff((const uint8_t *)"\xa1\xb2\xc3\xd4", 3), AS_PCAP_FORM_NONE);
    assert_int_equal(as_pcap_sniff((const uint8_t *)"{\"k\":1}", 7), AS_PCAP_FORM_NONE);
}

/* Random flips in a good file: no crash, no loop, and any chunking still tells the same. */
static void damaged_files_tell_the_same_in_any_chunking(void **state)
{
    (void)state;
    uint64_t seed = 20260701, random = seed;
    static story whole, pieces;
    as_pcap pcap;
    ast_bytes b = {0};
    make_sections(&b);
    uint8_t *file = malloc(b.bytes);
    assert_non_null(file);
    for (unsigned round = 0; round < 3000; round++) {
        memcpy(file, b.data, b.bytes);
        for (unsigned flips = 1 + (unsigned)(ast_random(&random) % 3); flips > 0; flips--)
            file[ast_random(&random) % b.bytes] ^= (uint8_t)(1u << ast_random(&random) % 8);
        read_file(&pcap, file, b.bytes, 0, &whole);
        read_file(&pcap, file, b.bytes, 1 + ast_random(&random) % 40, &pieces);
        if (strcmp(whole.text, pieces.text) != 0)
            print_message("seed %llu, round %u\n", (unsigned long long)seed, round);
        assert_string_equal(whole.text, pieces.text);
    }
    free(file);
    ast_bytes_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_are_read),
        cmocka_unit_test(pcap_of_both_orders_and_resolutions_is_the_same),
        cmocka_unit_test(stamps_of_any_resolution_become_nanoseconds),
        cmocka_unit_test(stamps_that_have_no_place_in_ns_since_1970_are_marked),
        cmocka_unit_test(sections_change_byte_order_and_interfaces),
        cmocka_unit_test(any_chunking_tells_the_same),
        cmocka_unit_test(every_cut_is_truncated_or_ends_at_a_boundary),
        cmocka_unit_test(a_packet_or_block_longer_than_the_window_is_passed_over),
        cmocka_unit_test(long_names_are_cut_and_further_interfaces_are_counted),
        cmocka_unit_test(other_kinds_of_pcap_are_refused),
        cmocka_unit_test(section_headers_that_are_wrong_are_refused),
        cmocka_unit_test(blocks_that_are_wrong_are_refused),
        cmocka_unit_test(options_that_do_not_fit_are_counted_and_left_out),
        cmocka_unit_test(first_bytes_tell_the_form),
        cmocka_unit_test(damaged_files_tell_the_same_in_any_chunking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
