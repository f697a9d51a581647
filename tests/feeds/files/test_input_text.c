#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <zlib.h>

#include "feeds/files/input.h"
#include "tests/support/recording.h"

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static as_config config;
static as_event events[64];
static uint32_t count;

#define LINE "{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":1}"

static int make(void **state)
{
    (void)state;
    static as_csv_mapping mappings[1] = {
        {.name = "bars",
         .kind = AS_CSV_BAR,
         .match_column = {"when", "sym", "c"},
         .match_column_count = 3,
         .column = {.symbol = "sym", .close = "c", .volume = "v"},
         .time = {.column = "when", .layout = "epoch_s", .stamps = AS_STAMPS_START}},
    };
    config.mapping = mappings;
    config.mapping_count = 1;
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

static as_input *open_file(const char *path)
{
    as_input_options options = {.universe = &universe, .config = &config};
    as_input *input = NULL;
    if (as_input_open(path, &options, &input) < 0)
        as_error_print(stderr, "test_input_text");
    assert_non_null(input);
    return input;
}

static as_input *open_bytes(const char *name, const char *bytes, size_t n)
{
    return open_file(ast_file(folder, name, bytes, n));
}

static void line_endings_blanks_and_a_byte_order_mark_do_not_matter(void **state)
{
    (void)state;
    const char *text = "\xef\xbb\xbf" LINE "\r\n\n  \r\n" LINE "\n" LINE;
    as_input *input = open_bytes("a.ndjson", text, strlen(text));
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(as_input_stats_get(input)->rows, 3);
    assert_int_equal(as_input_stats_get(input)->bad, 0);
    as_input_close(input);
}

static void a_line_that_is_too_long_is_skipped_whole(void **state)
{
    (void)state;
    enum { LONG = 5 * AS_LINE_BYTES };
    static char text[LONG + 400];
    size_t n = (size_t)sprintf(text, LINE "\n");
    memset(text + n, 'x', LONG);
    memcpy(text + n + LONG, "\n" LINE "\n{\"k\":1}\n", sizeof LINE + 10);
    as_input *input = open_bytes("long.ndjson", text, n + LONG + sizeof LINE + 9);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(ast_error_count(input, "line_too_long"), 1);
    assert_int_equal(ast_error_count(input, "unknown_kind"), 1);
    assert_int_equal(as_input_stats_get(input)->rows, 4);
    as_input_close(input);
    /* exactly as long as allowed, with CRLF and with LF, at the end and not */
    for (int crlf = 0; crlf < 2; crlf++) {
        size_t bytes = strlen(LINE);
        memcpy(text, LINE, bytes);
        memset(text + bytes, ' ', AS_LINE_BYTES - bytes);
        n = AS_LINE_BYTES + (size_t)sprintf(text + AS_LINE_BYTES, crlf ? "\r\n" LINE : "\n" LINE);
        input = open_bytes("limit.ndjson", text, n);
        assert_int_equal(ast_read_all(input, events, 64, &count), 0);
        assert_int_equal(count, 2);
        assert_int_equal(as_input_stats_get(input)->bad, 0);
        as_input_close(input);
    }
}

/* However much of it the view holds: only that line is lost, it is counted, and the lines behind keep their numbers. */
static void a_line_a_little_too_long_costs_nothing_but_itself(void **state)
{
    (void)state;
    static const unsigned excess[] = {1, 2, 3, 200, 5000, 70000};
    static char text[3 * AS_LINE_BYTES];
    for (size_t i = 0; i < sizeof excess / sizeof *excess; i++)
        for (int filler = 0; filler < 2; filler++) { /* of no use, and a whole object with blanks behind */
            size_t n = (size_t)sprintf(text, LINE "\n"), bytes = AS_LINE_BYTES + excess[i];
            memset(text + n, filler ? ' ' : 'x', bytes);
            if (filler)
                memcpy(text + n, LINE, strlen(LINE));
            n += bytes;
            n += (size_t)sprintf(text + n, "\n" LINE "\n{\"k\":1}\n" LINE "\n");
            as_input *input = open_bytes("over.ndjson", text, n);
            assert_int_equal(ast_read_all(input, events, 64, &count), 0);
            assert_int_equal(count, 3);
            assert_int_equal(ast_error_count(input, "line_too_long"), 1);
            assert_int_equal(ast_error_count(input, "unknown_kind"), 1);
            assert_int_equal(as_input_stats_get(input)->rows, 5);
            as_input_close(input);
        }
}

static void a_cut_last_line_is_no_bad_line(void **state)
{
    (void)state;
    const char *text = LINE "\n" LINE;
    for (size_t n = sizeof LINE; n < strlen(text); n++) {
        as_input *input = open_bytes("cut.ndjson", text, n);
        assert_int_equal(ast_read_all(input, events, 64, &count), 0);
        assert_int_equal(count, 1);
        assert_int_equal(as_input_stats_get(input)->truncated, n > sizeof LINE);
        assert_int_equal(as_input_stats_get(input)->bad, 0);
        as_input_close(input);
    }
}

/* A compressed file that was cut: every whole row, no half one, and no bad line. */
static void a_cut_compressed_file_gives_whole_rows_only(void **state)
{
    (void)state;
    enum { ROWS = 3000 };
    static char text[ROWS * 32], packed[ROWS * 32];
    size_t n = (size_t)sprintf(text, "when,sym,c,v\n");
    for (int i = 0; i < ROWS; i++)
        n += (size_t)sprintf(text + n, "%d,NVDA,%d,%d\n", 60 * (i + 1), 1000 + i * 7919 % 1000,
                             100000 + i * 104729 % 99991);
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)text;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)packed;
    z.avail_out = sizeof packed;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t whole = z.total_out;
    deflateEnd(&z);
    uint32_t last = 0;
    for (size_t cut = whole / 3; cut < whole; cut += whole / 50) {
        as_input *input = open_bytes("cut.csv.gz", packed, cut);
        assert_int_equal(ast_read_all(input, events, 1, &count), 0);
        assert_true(as_input_stats_get(input)->truncated);
        assert_int_equal(as_input_stats_get(input)->bad, 0);
        assert_true(count >= last && count < ROWS + 1);
        assert_int_equal(as_input_stats_get(input)->last_ts, (uint64_t)(count + 1) * 60 * AS_NS_PER_S);
        last = count;
        as_input_close(input);
    }
    assert_true(last > ROWS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_endings_blanks_and_a_byte_order_mark_do_not_matter),
        cmocka_unit_test(a_line_that_is_too_long_is_skipped_whole),
        cmocka_unit_test(a_line_a_little_too_long_costs_nothing_but_itself),
        cmocka_unit_test(a_cut_last_line_is_no_bad_line),
        cmocka_unit_test(a_cut_compressed_file_gives_whole_rows_only),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
