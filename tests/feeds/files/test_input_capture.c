#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "feeds/decode/itch50_encode.h"
#include "feeds/framing/iextp.h"
#include "feeds/framing/moldudp64.h"
#include "feeds/files/input.h"
#include "tests/support/capture.h"
#include "tests/support/recording.h"

#define DAY_S UINT64_C(1782878400) /* midnight of 2026-07-01 in New York */
#define TS_NS UINT64_C(34200000000123)

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static ast_bytes file;
static as_event events[4096];
static uint32_t count;

static int make(void **state)
{
    (void)state;
    ast_folder_make(folder);
    ast_universe(folder, &universe);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    as_universe_fini(&universe);
    ast_folder_remove(folder);
    ast_bytes_free(&file);
    return 0;
}

static void begin(void)
{
    file.bytes = 0;
    file.big = false;
    ast_pcap_header(&file, true, 65535, 1);
}

/* A datagram at 09:30 and some microseconds. */
static void put(uint32_t dst, uint32_t us, const void *payload, size_t bytes)
{
    uint8_t frame[2048];
    ast_udp udp = {0x0a000001, dst, 5000, 26400};
    size_t n = ast_frame(frame, &udp, dst & 1, payload, bytes);
    ast_pcap_record(&file, (uint32_t)(DAY_S + 34200), us * 1000, frame, n, (uint32_t)n);
}

#define A UINT32_C(0xef010101)
#define B UINT32_C(0xef010202)

static size_t mold(uint8_t *out, const char *session, uint64_t seq, unsigned messages)
{
    as_mold_builder builder;
    as_mold_builder_init(&builder, (const uint8_t *)session, seq, out, 1400);
    for (unsigned i = 0; i < messages; i++) {
        uint8_t bytes[AS_ITCH50_BYTES_MAX];
        as_itch50 m = {.ts_ns = TS_NS, .locate = 7, .type = seq + i == 1 ? 'R' : 'A'};
        if (seq + i == 1) {
            memset(&m.directory, ' ', sizeof m.directory);
            memcpy(m.directory.stock, "NVDA    ", 8);
            m.directory.round_lot = 100;
            m.directory.etp_leverage = 0;
        } else {
            memcpy(m.add.stock, "NVDA    ", 8);
            m.add.ref = seq + i;
            m.add.shares = 100;
            m.add.px4 = 1572500;
            m.add.side = 'B';
        }
        assert_true(as_mold_builder_add(&builder, bytes, as_itch50_encode(&m, bytes, sizeof bytes)));
    }
    return as_mold_builder_finish(&builder);
}

static void put_mold(uint32_t dst, uint32_t us, const char *session, uint64_t seq, unsigned messages)
{
    uint8_t out[1400];
    put(dst, us, out, mold(out, session, seq, messages));
}

static int open_file(as_input **input, as_input_options options)
{
    *input = NULL;
    return as_input_open(ast_file(folder, "x", file.data, file.bytes), &options, input);
}

static as_input *read_file(as_input_options options)
{
    as_input *input;
    if (open_file(&input, options) < 0)
        as_error_print(stderr, "test");
    assert_non_null(input);
    if (ast_read_all(input, events, 4096, &count) < 0)
        as_error_print(stderr, "test");
    return input;
}

static unsigned kind_count(as_event_kind kind)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < count; i++)
        n += events[i].kind == kind;
    return n;
}

static void two_lines_give_each_message_once(void **state)
{
    (void)state;
    begin();
    for (uint64_t seq = 1; seq <= 100; seq++) {
        if (seq % 3 != 1 || seq == 1)
            put_mold(A, (uint32_t)(100 * seq), "0000000001", seq, 1);
        if (seq % 3 != 2)
            put_mold(B, (uint32_t)(100 * seq + 150), "0000000001", seq, 1);
    }
    as_input *input = read_file((as_input_options){.universe = &universe});
    const as_input_stats *s = as_input_stats_get(input);
    assert_string_equal(s->format, "pcap");
    assert_int_equal(s->packets, 134);
    assert_int_equal(s->messages, 134); /* before the lines are put together */
    assert_int_equal(ast_type_count(input, "A"), 132);
    assert_int_equal(kind_count(AS_EVENT_ORDER_ADD), 99);
    assert_int_equal(s->duplicates, 34);
    assert_int_equal(s->gaps + s->lost + s->restarts, 0);
    assert_int_equal(s->error_count, 0);
    for (uint32_t i = 1, ref = 2; i < count; i++)
        if (events[i].kind == AS_EVENT_ORDER_ADD)
            assert_int_equal(events[i].order.ref, ref++);
    /* receive time is the capture's, source time the message's on the day of the capture in the session's zone */
    assert_int_equal(events[0].ts_recv, (DAY_S + 34200) * AS_NS_PER_S + 100000);
    assert_int_equal(events[count - 1].ts_event, DAY_S * AS_NS_PER_S + TS_NS);
    as_input_close(input);
}

static void what_neither_line_has_is_a_gap(void **state)
{
    (void)state;
    begin();
    put_mold(A, 100, "0000000001", 1, 3);
    put_mold(B, 200, "0000000001", 1, 3);
    put_mold(A, 300, "0000000001", 6, 2);
    put_mold(B, 9000, "0000000001", 8, 1);
    as_input *input = read_file((as_input_options){.universe = &universe});
    const as_input_stats *s = as_input_stats_get(input);
    assert_int_equal(s->gaps, 1);
    assert_int_equal(s->lost, 2);
    assert_int_equal(s->duplicates, 3);
    assert_int_equal(kind_count(AS_EVENT_GAP), 1);
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].kind == AS_EVENT_GAP) {
            assert_int_equal(events[i].gap.from_seq, 4);
            assert_int_equal(events[i].gap.to_seq, 6);
        }
    }
    as_input_close(input);
}

static void sessions_restart_and_flows_of_other_sessions_are_other_streams(void **state)
{
    (void)state;
    begin();
    put_mold(A, 100, "0000000001", 1, 3);
    put_mold(B, 200, "0000000009", 1, 5);
    put_mold(A, 300, "0000000002", 1, 2);
    put_mold(B, 400, "0000000009", 6, 1);
    put_mold(A, 500, "0000000002", 3, 1);
    as_input *input = read_file((as_input_options){.universe = &universe});
    const as_input_stats *s = as_input_stats_get(input);
    assert_int_equal(s->messages, 12);
    assert_int_equal(s->restarts, 1);
    assert_int_equal(s->gaps + s->duplicates, 0);
    assert_int_equal(kind_count(AS_EVENT_CLEAR), 1);
    assert_int_equal(kind_count(AS_EVENT_ORDER_ADD), 9);
    as_input_close(input);
}

static void a_capture_that_begins_late_says_so_and_counts_no_gap(void **state)
{
    (void)state;
    begin();
    put_mold(A, 100, "0000000001", 500, 3);
    as_input *input = read_file((as_input_options){0});
    assert_int_equal(as_input_stats_get(input)->gaps, 0);
    assert_int_equal(events[0].kind, AS_EVENT_GAP);
    assert_int_equal(events[0].gap.from_seq, 1);
    assert_int_equal(events[0].gap.to_seq, 500);
    as_input_close(input);
}

static void sequence_0_is_delivered_as_it_comes(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 0; i < 4; i++) {
        uint8_t out[1400];
        size_t n = mold(out, "0000000001", 1 + i % 2, 1);
        memset(out, 0, 18); /* session and sequence */
        put(A, 100 + i, out, n);
    }
    as_input *input = read_file((as_input_options){.universe = &universe});
    assert_int_equal(ast_error_count(input, "unsequenced"), 4);
    assert_int_equal(as_input_stats_get(input)->messages, 4);
    assert_int_equal(kind_count(AS_EVENT_ORDER_ADD), 2);
    assert_int_equal(as_input_stats_get(input)->gaps, 0);
    as_input_close(input);
}

static void heartbeats_before_the_first_message_count(void **state)
{
    (void)state;
    begin();
    put_mold(A, 100, "0000000001", 1, 0);
    put_mold(A, 200, "0000000001", 1, 0);
    put_mold(A, 300, "0000000001", 1, 1);
    put_mold(A, 400, "0000000001", 2, 0);
    as_input *input = read_file((as_input_options){.universe = &universe});
    assert_int_equal(as_input_stats_get(input)->heartbeats, 3);
    assert_int_equal(as_input_stats_get(input)->error_count, 0);
    as_input_close(input);
    /* alone they do not say what is in the flow */
    begin();
    put_mold(A, 100, "0000000001", 1, 0);
    assert_int_equal(open_file(&input, (as_input_options){0}), 0);
    assert_int_equal(ast_read_all(input, events, 64, &count), -EPROTO);
    as_error_clear();
    as_input_close(input);
}

static void iex_and_itch_lie_side_by_side(void **state)
{
    (void)state;
    begin();
    uint8_t out[1400], status[18] = {'O', 'N', [10] = 'N', 'V', 'D', 'A', ' ', ' ', ' ', ' '};
    for (unsigned i = 0; i < 6; i++) {
        as_iextp_builder builder;
        /* TOPS and DEEP on one port are two streams */
        uint16_t protocol = i % 2 ? AS_IEXTP_DEEP10 : AS_IEXTP_TOPS16;
        as_iextp_builder_init(&builder, &(as_iextp_stream){protocol, 1, 5}, 1 + i / 2, out, sizeof out);
        assert_true(as_iextp_builder_add(&builder, status, sizeof status));
        put(A, 100 + i, out, as_iextp_builder_finish(&builder, 0));
    }
    put_mold(B, 200, "0000000001", 1, 2);
    as_input *input = read_file((as_input_options){.universe = &universe});
    const as_input_stats *s = as_input_stats_get(input);
    assert_int_equal(s->messages, 8);
    assert_int_equal(s->gaps + s->duplicates + s->restarts, 0);
    assert_int_equal(ast_type_count(input, "tops:O"), 3);
    assert_int_equal(ast_type_count(input, "deep:O"), 3);
    assert_int_equal(ast_type_count(input, "itch50:R"), 1);
    as_input_close(input);
}

static void foreign_packets_are_counted_beside_known_ones(void **state)
{
    (void)state;
    static const uint8_t arp[60] = {[12] = 8, 6};
    begin();
    put_mold(A, 100, "0000000001", 1, 2);
    put(B, 200, "something else", 14);
    ast_pcap_record(&file, (uint32_t)DAY_S, 0, arp, sizeof arp, sizeof arp);
    ast_pcap_record(&file, (uint32_t)DAY_S, 0, arp, 5, 60);
    as_input *input = read_file((as_input_options){.universe = &universe});
    assert_int_equal(as_input_stats_get(input)->packets, 4);
    assert_int_equal(ast_error_count(input, "unknown_payload"), 1);
    assert_int_equal(ast_error_count(input, "not_ip"), 1);
    assert_int_equal(ast_error_count(input, "cut"), 1);
    as_input_close(input);
}

static void a_file_in_which_nothing_is_known_says_what_is_there(void **state)
{
    (void)state;
    as_input *input;
    begin();
    put(B, 200, "\x12\x34 else", 7);
    put(A, 200, "", 0);
    assert_int_equal(open_file(&input, (as_input_options){0}), 0);
    assert_int_equal(ast_read_all(input, events, 64, &count), -EPROTO);
    const char *message = as_error_message(0);
    assert_non_null(strstr(message, "unknown_payload: 2 packets"));
    assert_non_null(strstr(message, "udp 239.1.2.2:26400 from 10.0.0.1 (1 packets, beginning 12 34 20 65"));
    assert_non_null(strstr(message, "known are ITCH 5.0 in MoldUDP64"));
    as_error_clear();
    as_input_close(input);
}

static void a_capture_without_a_packet_is_empty(void **state)
{
    (void)state;
    as_input *input;
    begin();
    assert_int_equal(open_file(&input, (as_input_options){0}), 0);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 0);
    as_input_close(input);
}

static void a_cut_capture_is_truncated_and_a_damaged_one_names_the_byte(void **state)
{
    (void)state;
    begin();
    put_mold(A, 100, "0000000001", 1, 2);
    size_t whole = file.bytes;
    put_mold(A, 200, "0000000001", 3, 2);
    file.bytes--;
    as_message_level(0);
    as_input *input = read_file((as_input_options){.universe = &universe});
    as_message_level(2);
    assert_true(as_input_stats_get(input)->truncated);
    assert_int_equal(as_input_stats_get(input)->messages, 2);
    as_input_close(input);
    memset(file.data + whole + 8, 0xff, 4);
    assert_int_equal(open_file(&input, (as_input_options){.universe = &universe}), 0);
    assert_int_equal(ast_read_all(input, events, 64, &count), -EBADMSG);
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "byte %zu: damaged", whole);
    assert_non_null(strstr(as_error_message(0), wanted));
    as_error_clear();
    as_input_close(input);
    file.data[0] = 0x34; /* the modified format */
    file.data[1] = 0xcd;
    assert_int_equal(open_file(&input, (as_input_options){0}), -EPROTO);
    assert_non_null(strstr(as_error_message(0), "modified"));
    as_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_lines_give_each_message_once),
        cmocka_unit_test(what_neither_line_has_is_a_gap),
        cmocka_unit_test(sessions_restart_and_flows_of_other_sessions_are_other_streams),
        cmocka_unit_test(a_capture_that_begins_late_says_so_and_counts_no_gap),
        cmocka_unit_test(sequence_0_is_delivered_as_it_comes),
        cmocka_unit_test(heartbeats_before_the_first_message_count),
        cmocka_unit_test(iex_and_itch_lie_side_by_side),
        cmocka_unit_test(foreign_packets_are_counted_beside_known_ones),
        cmocka_unit_test(a_file_in_which_nothing_is_known_says_what_is_there),
        cmocka_unit_test(a_capture_without_a_packet_is_empty),
        cmocka_unit_test(a_cut_capture_is_truncated_and_a_damaged_one_names_the_byte),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
