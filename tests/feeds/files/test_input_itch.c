#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "feeds/decode/itch50_encode.h"
#include "feeds/files/input.h"
#include "tests/support/recording.h"

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static as_event events[64];
static uint32_t count;
static uint8_t file[4096];
static size_t file_bytes;

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
    return 0;
}

static void put(const as_itch50 *message, bool prefix)
{
    size_t bytes = as_itch50_encode(message, file + file_bytes + 2, sizeof file - file_bytes - 2);
    assert_true(bytes > 0);
    file[file_bytes] = 0;
    file[file_bytes + 1] = prefix ? (uint8_t)bytes : 0;
    file_bytes += 2 + bytes;
}

/* A day of NVDA: directory, trading, an order, its execution; 09:30:00 New York is 13:30 UTC on 2026-07-01. */
static void make_day(bool prefix)
{
    uint64_t ts = UINT64_C(34200) * AS_NS_PER_S;
    as_itch50 m = {.ts_ns = ts, .locate = 7, .type = 'R'};
    file_bytes = 0;
    memset(&m.directory, ' ', sizeof m.directory);
    memcpy(m.directory.stock, "NVDA    ", 8);
    m.directory.round_lot = 100;
    m.directory.etp_leverage = 0;
    put(&m, prefix);
    m = (as_itch50){.ts_ns = ts + 1, .locate = 7, .type = 'H'};
    memcpy(m.action.stock, "NVDA    ", 8);
    m.action.state = 'T';
    m.action.reserved = ' ';
    memcpy(m.action.reason, "    ", 4);
    put(&m, prefix);
    m = (as_itch50){.ts_ns = ts + 2, .locate = 7, .type = 'A'};
    memcpy(m.add.stock, "NVDA    ", 8);
    m.add.ref = 1;
    m.add.shares = 100;
    m.add.px4 = 1572500;
    m.add.side = 'B';
    put(&m, prefix);
    m = (as_itch50){.ts_ns = ts + 3, .locate = 7, .type = 'E'};
    m.execute.ref = 1;
    m.execute.shares = 40;
    m.execute.match = 9;
    put(&m, prefix);
}

static as_input *open_day(const char *name, as_input_options options)
{
    as_input *input = NULL;
    if (as_input_open(ast_file(folder, name, file, file_bytes), &options, &input) < 0)
        as_error_print(stderr, "test_input_itch");
    assert_non_null(input);
    return input;
}

static void assert_day(as_input *input)
{
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(events[2].kind, AS_EVENT_ORDER_ADD);
    assert_int_equal(events[2].ts_event, UINT64_C(1782912600) * AS_NS_PER_S + 2);
    assert_int_equal(events[2].ts_recv, events[2].ts_event);
    assert_int_equal(events[2].order.px, INT64_C(157250000000));
    assert_string_equal(as_symbols_name(as_input_symbols(input), events[2].instrument), "NVDA");
    assert_int_equal(events[3].kind, AS_EVENT_ORDER_EXECUTE);
    assert_int_equal(ast_type_count(input, "A"), 1);
    assert_int_equal(ast_type_count(input, "R"), 1);
    assert_int_equal(as_input_stats_get(input)->messages, 4);
    assert_int_equal(as_input_stats_get(input)->symbols, 1);
    assert_string_equal(as_input_stats_get(input)->format, "itch50");
}

static void messages_become_events_on_the_date_of_the_name(void **state)
{
    (void)state;
    make_day(true);
    as_input *input = open_day("07012026.NASDAQ_ITCH50", (as_input_options){.universe = &universe});
    assert_day(input);
    assert_int_equal(as_input_stats_get(input)->error_count, 0);
    assert_false(as_input_stats_get(input)->truncated);
    as_input_close(input);
    input = open_day("x.itch", (as_input_options){.universe = &universe, .date = 20260701});
    assert_day(input);
    as_input_close(input);
    as_config config = {.session = {.date = 20260701, .zone = "America/New_York"}};
    input = open_day("x.itch", (as_input_options){.config = &config});
    assert_day(input);
    as_input_close(input);
}

static void without_length_prefixes_they_are_read_too(void **state)
{
    (void)state;
    make_day(false);
    as_input *input = open_day("07012026.NASDAQ_ITCH50", (as_input_options){.universe = &universe});
    assert_day(input);
    assert_int_equal(ast_error_count(input, "bad_prefix"), 4);
    assert_int_equal(as_input_stats_get(input)->bad, 0);
    as_input_close(input);
}

static void the_date_must_be_known_to_replay_but_not_to_inspect(void **state)
{
    (void)state;
    make_day(true);
    as_input_options options = {.universe = &universe};
    as_input *input = NULL;
    assert_int_equal(as_input_open(ast_file(folder, "x.itch", file, file_bytes), &options, &input), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "--date"));
    options.date = 20260231;
    assert_int_equal(as_input_open(ast_file(folder, "x.itch", file, file_bytes), &options, &input), -EINVAL);
    assert_null(input);
    input = open_day("x.itch", (as_input_options){0});
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 4);
    as_input_close(input);
}

static void a_cut_file_is_read_to_its_last_whole_message(void **state)
{
    (void)state;
    make_day(true);
    size_t whole = file_bytes, third = whole - 33; /* the last record has 33 bytes */
    for (file_bytes = third; file_bytes < whole; file_bytes++) {
        as_input *input = open_day("20260701.itch", (as_input_options){.universe = &universe});
        assert_int_equal(ast_read_all(input, events, 64, &count), 0);
        assert_int_equal(count, 3);
        assert_int_equal(as_input_stats_get(input)->truncated, file_bytes > third);
        as_input_close(input);
    }
}

static void other_stocks_and_unknown_types_are_counted(void **state)
{
    (void)state;
    make_day(true);
    as_itch50 m = {.ts_ns = 4, .locate = 8, .type = 'R'};
    memset(&m.directory, ' ', sizeof m.directory);
    memcpy(m.directory.stock, "OTHER   ", 8);
    put(&m, true);
    m = (as_itch50){.ts_ns = 5, .locate = 8, .type = 'A'};
    memcpy(m.add.stock, "OTHER   ", 8);
    m.add.ref = 2;
    m.add.shares = 1;
    m.add.px4 = 1;
    m.add.side = 'S';
    for (int i = 0; i < 64; i++)
        put(&m, true);
    memcpy(file + file_bytes, "\0\5zzzzz\0\2AA", 11); /* behind what the sniffer looks at */
    file_bytes += 11;
    as_input *input = open_day("20260701.itch", (as_input_options){.universe = &universe});
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 5); /* what was too short is a gap */
    assert_int_equal(events[4].kind, AS_EVENT_GAP);
    assert_int_equal(events[4].ts_recv, events[3].ts_recv);
    assert_int_equal(as_input_stats_get(input)->messages, 69);
    assert_int_equal(as_input_stats_get(input)->unknown_symbol, 64);
    assert_int_equal(ast_error_count(input, "unknown_type"), 1);
    assert_int_equal(ast_error_count(input, "short_message"), 1);
    as_input_close(input);
    input = open_day("20260701.itch", (as_input_options){.universe = &universe, .strict = true});
    assert_int_equal(ast_read_all(input, events, 64, &count), -EBADMSG);
    as_input_close(input);
}

/* data/README.md: 12,012 messages for three made-up stocks, prefixes 0x0000. */
static void the_artificial_file_has_its_messages(void **state)
{
    (void)state;
    const char *root = getenv("AFTERSHOCK_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/data/itch/ritch_ex20101224_ARTIFICIAL.TEST_ITCH_50.gz",
             root && *root ? root : "../shared");
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s not present\n", path);
        skip();
    }
    as_input_options options = {0};
    as_input *input = NULL;
    assert_int_equal(as_input_open(path, &options, &input), 0);
    assert_int_equal(ast_read_all(input, events, 0, &count), 0);
    assert_int_equal(as_input_stats_get(input)->messages, 12012);
    assert_int_equal(ast_error_count(input, "bad_prefix"), 12012);
    assert_int_equal(as_input_stats_get(input)->symbols, 3);
    as_input_close(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_become_events_on_the_date_of_the_name),
        cmocka_unit_test(without_length_prefixes_they_are_read_too),
        cmocka_unit_test(the_date_must_be_known_to_replay_but_not_to_inspect),
        cmocka_unit_test(a_cut_file_is_read_to_its_last_whole_message),
        cmocka_unit_test(other_stocks_and_unknown_types_are_counted),
        cmocka_unit_test(the_artificial_file_has_its_messages),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
