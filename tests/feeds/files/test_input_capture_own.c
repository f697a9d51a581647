#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "feeds/capture/capture_format.h"
#include "feeds/files/input.h"
#include "tests/support/capture.h"
#include "tests/support/recording.h"

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static ast_bytes file;
static as_event events[64];
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
    if (ast_read_all(input, events, 64, &count) < 0)
        as_error_print(stderr, "test");
    return input;
}

static void begin_own(const char *framing, const char *format, uint16_t link)
{
    char description[256];
    (void)snprintf(description, sizeof description,
                   "framing=%s format=%s lines=1 ask=0 window_ns=0 trust_r=0 source=tcp://x:1", framing, format);
    file.bytes = 0;
    ast_section(&file);
    ast_interface_block(
        &file, &(ast_interface){.link = link, .resolution = 9, .name = "f.source", .description = description});
}

static void put_record(uint64_t ts, as_capture_kind kind, uint32_t connection, const char *text)
{
    uint8_t bytes[512];
    as_capture_record_encode(&(as_capture_record){.kind = kind, .connection = connection}, bytes);
    memcpy(bytes + AS_CAPTURE_RECORD_HEADER, text, strlen(text));
    ast_packet_block(&file, 0, ts, bytes, AS_CAPTURE_RECORD_HEADER + strlen(text));
}

static void put_drops(uint64_t dropped)
{
    ast_bytes body = {0};
    ast_put_u32(&body, 0);
    ast_put_int(&body, 0, 8);
    ast_put_u16(&body, 5);
    ast_put_u16(&body, 8);
    ast_put_int(&body, dropped, 8);
    ast_put_u32(&body, 0);
    ast_block(&file, 5, &body);
    ast_bytes_free(&body);
}

#define TRADE(p) "{\"k\":\"trade\",\"t\":1000,\"s\":\"NVDA\",\"p\":\"" p "\",\"q\":100}\n"

static void lines_of_connections_do_not_mix(void **state)
{
    (void)state;
    begin_own("lines", "ndjson", 147);
    put_record(10, AS_CAPTURE_DATA, 0, "{\"k\":\"trade\",\"t\":1000,");
    put_record(11, AS_CAPTURE_DATA, 1, TRADE("5") "{\"k\":\"tr");
    put_record(12, AS_CAPTURE_DATA, 0, "\"s\":\"NVDA\",\"p\":\"6\",\"q\":100}\n");
    put_record(13, AS_CAPTURE_DATA, 1, "ade\",\"t\":1,\"s\":\"NVDA\",\"p\":\"7\",\"q\":1}");
    put_record(14, AS_CAPTURE_END, 1, "");
    put_record(15, AS_CAPTURE_GAP, 0, "");
    as_input *input = read_file((as_input_options){.universe = &universe});
    assert_int_equal(count, 4);
    static const int64_t px[] = {5, 6, 7};
    static const uint64_t ts[] = {11, 12, 14};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(events[i].trade.px, px[i] * AS_PX_ONE);
        assert_int_equal(events[i].ts_recv, ts[i]);
    }
    assert_int_equal(events[3].kind, AS_EVENT_GAP);
    assert_int_equal(events[3].ts_recv, 15);
    assert_int_equal(ast_type_count(input, "trade"), 3);
    assert_int_equal(as_input_stats_get(input)->messages, 3);
    assert_int_equal(as_input_stats_get(input)->gaps, 1);
    as_input_close(input);
}

static void connections_that_have_ended_make_room(void **state)
{
    (void)state;
    begin_own("lines", "ndjson", 147);
    for (uint32_t i = 0; i < 3 * AS_CAPTURE_STREAM_MAX; i++) {
        put_record(10 + i, AS_CAPTURE_DATA, i,
                   i % 2 ? TRADE("1") : "{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":\"7\",\"q\":1}");
        put_record(10 + i, AS_CAPTURE_END, i, "");
    }
    as_input *input = read_file((as_input_options){.universe = &universe});
    assert_int_equal(count, 3 * AS_CAPTURE_STREAM_MAX);
    assert_int_equal(ast_error_count(input, "too_many_streams"), 0);
    as_input_close(input);
    begin_own("lines", "ndjson", 147);
    for (uint32_t i = 0; i <= AS_CAPTURE_STREAM_MAX; i++)
        put_record(10 + i, AS_CAPTURE_DATA, i, TRADE("1"));
    input = read_file((as_input_options){.universe = &universe});
    assert_int_equal(count, AS_CAPTURE_STREAM_MAX);
    assert_int_equal(ast_error_count(input, "too_many_streams"), 1);
    as_input_close(input);
}

static void what_the_capture_lost_is_a_gap_and_the_broken_line_is_dropped(void **state)
{
    (void)state;
    begin_own("lines", "ndjson", 147);
    put_record(10, AS_CAPTURE_DATA, 0, TRADE("1") "{\"k\":\"trade\",\"t\":1000,");
    put_drops(3);
    put_record(11, AS_CAPTURE_DATA, 0, "rest of another line\n" TRADE("2"));
    put_drops(3);
    as_input *input = read_file((as_input_options){.universe = &universe});
    assert_int_equal(count, 3);
    assert_int_equal(events[0].trade.px, AS_PX_ONE);
    assert_int_equal(events[1].kind, AS_EVENT_GAP);
    assert_int_equal(events[1].ts_recv, 10);
    assert_int_equal(events[2].trade.px, 2 * AS_PX_ONE);
    assert_int_equal(ast_error_count(input, "capture_lost"), 3);
    assert_int_equal(as_input_stats_get(input)->bad, 0);
    as_input_close(input);
}

static void an_own_capture_without_packets_is_empty_and_no_error(void **state)
{
    (void)state;
    begin_own("moldudp64", "itch50", 101);
    as_input *input = read_file((as_input_options){.universe = &universe});
    assert_int_equal(count, 0);
    assert_string_equal(as_input_stats_get(input)->format, "pcapng");
    as_input_close(input);
}

static void records_that_are_not_right_are_counted(void **state)
{
    (void)state;
    begin_own("lines", "ndjson", 147);
    put_record(10, AS_CAPTURE_DATA, 0, TRADE("1"));
    ast_packet_block(&file, 0, 11, "\x02\x01\0\0\0\0\0\0x", 9); /* another version */
    ast_packet_block(&file, 0, 11, "\x01\x01\0", 3);
    as_input *input = read_file((as_input_options){.universe = &universe});
    assert_int_equal(count, 1);
    assert_int_equal(ast_error_count(input, "bad_record"), 2);
    as_input_close(input);
    begin_own("lines", "itch50", 147); /* nothing goes with that */
    put_record(10, AS_CAPTURE_DATA, 0, "x");
    assert_int_equal(open_file(&input, (as_input_options){0}), 0);
    assert_int_equal(ast_read_all(input, events, 64, &count), -EPROTO);
    assert_int_equal(ast_error_count(input, "not_readable"), 1);
    as_error_clear();
    as_input_close(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_connections_do_not_mix),
        cmocka_unit_test(connections_that_have_ended_make_room),
        cmocka_unit_test(what_the_capture_lost_is_a_gap_and_the_broken_line_is_dropped),
        cmocka_unit_test(an_own_capture_without_packets_is_empty_and_no_error),
        cmocka_unit_test(records_that_are_not_right_are_counted),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
