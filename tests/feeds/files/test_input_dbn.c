#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <zstd.h>

#include "feeds/decode/dbn_encode.h"
#include "feeds/files/input.h"
#include "tests/support/recording.h"

#define T0 (UINT64_C(1782910800) * AS_NS_PER_S) /* 2026-07-01 13:00 UTC */

enum { RECORDS_MAX = 4, MBO_BYTES = 56 };

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static as_event events[64];
static uint32_t count;
static uint8_t file[1 << 16];
static size_t file_bytes, records_at;

static int make(void **state)
{
    (void)state;
    ast_folder_make(folder);
    ast_universe(folder, &universe);
    as_message_level(0); /* many cut files, a warning each */
    return 0;
}

static int clean(void **state)
{
    (void)state;
    as_universe_fini(&universe);
    ast_folder_remove(folder);
    return 0;
}

static void put(uint8_t version, const as_dbn *record)
{
    as_dbn_layout layout = {.version = version};
    size_t n = as_dbn_encode(&layout, record, file + file_bytes, sizeof file - file_bytes);
    assert_true(n > 0);
    file_bytes += n;
}

static void put_metadata(uint8_t version)
{
    const as_dbn_metadata m = {.version = version,
                               .schema = 0,
                               .stype_in = AS_DBN_STYPE_RAW_SYMBOL,
                               .stype_out = AS_DBN_STYPE_INSTRUMENT_ID,
                               .dataset = "XNAS.ITCH"};
    const as_dbn_interval interval[] = {
        {.in = "META", .out = "7", .start_date = 20260701, .end_date = 20260702},
        {.in = "NVDA", .out = "8", .start_date = 20260701, .end_date = 20260702},
        {.in = "OTHER", .out = "9", .start_date = 20260701, .end_date = 20260702},
    };
    size_t n = as_dbn_metadata_encode(&m, interval, 3, file + file_bytes, sizeof file - file_bytes);
    assert_true(n > 0);
    file_bytes += n;
}

static as_dbn order(uint32_t instrument, char action, uint64_t id, uint32_t qty, uint8_t flags)
{
    return (as_dbn){.rtype = AS_DBN_MBO,
                    .publisher = 2,
                    .instrument = instrument,
                    .ts_event = T0 + id,
                    .ts_recv = T0 + id + 10,
                    .mbo = {.order_id = id,
                            .px = 5 * AS_PX_ONE,
                            .qty = qty,
                            .flags = flags,
                            .action = action,
                            .side = action == 'R' ? 'N' : 'B'}};
}

/* META: R, A, and a cancellation whose transaction stays open. */
static void make_day(uint8_t version)
{
    file_bytes = 0;
    put_metadata(version);
    records_at = file_bytes;
    as_dbn r = order(7, 'R', 0, 0, AS_DBN_FLAG_LAST);
    put(version, &r);
    r = order(7, 'A', 1, 6, AS_DBN_FLAG_LAST);
    put(version, &r);
    r = order(7, 'C', 1, 2, 0);
    put(version, &r);
}

static as_input *open_file(const char *name, const as_input_options *options)
{
    as_input *input = NULL;
    int code = as_input_open(ast_file(folder, name, file, file_bytes), options, &input);
    if (code < 0)
        as_error_print(stderr, "open");
    assert_int_equal(code, 0);
    return input;
}

static const as_input_options with_universe = {.universe = &universe, .source = 3};
static const as_input_options without = {0};

static void records_become_events_in_every_version(void **state)
{
    (void)state;
    for (uint8_t version = 1; version <= 3; version++) {
        char detail[48];
        make_day(version);
        as_input *input = open_file("x.dbn", &with_universe);
        assert_int_equal(ast_read_all(input, events, 64, &count), 0);
        const as_input_stats *s = as_input_stats_get(input);
        assert_int_equal(count, 3);
        assert_int_equal(events[0].kind, AS_EVENT_CLEAR);
        assert_int_equal(events[1].kind, AS_EVENT_ORDER_ADD);
        assert_int_equal(events[2].kind, AS_EVENT_ORDER_REDUCE);
        assert_int_equal(events[2].flags, AS_EVENT_MORE);
        assert_true(events[1].ts_event == T0 + 1 && events[1].ts_recv == T0 + 11 && events[1].source == 3);
        assert_string_equal(as_symbols_name(&universe.symbols, events[1].instrument), "META");
        assert_string_equal(s->format, "dbn");
        snprintf(detail, sizeof detail, "v%u mbo XNAS.ITCH", version);
        assert_string_equal(s->detail, detail);
        assert_int_equal(ast_type_count(input, "mbo"), 3);
        assert_true(s->messages == 3 && s->symbols == 1 && s->gaps == 0 && s->error_count == 0 && !s->truncated);
        as_input_close(input);
    }
}

static void every_cut_is_read_to_its_last_whole_record(void **state)
{
    (void)state;
    make_day(1);
    size_t whole = file_bytes;
    for (file_bytes = 4; file_bytes < whole; file_bytes++) {
        size_t records = file_bytes < records_at ? 0 : (file_bytes - records_at) / MBO_BYTES;
        as_input *input = open_file("x.dbn", &with_universe);
        assert_int_equal(ast_read_all(input, events, 64, &count), 0);
        assert_int_equal(count, records);
        assert_int_equal(as_input_stats_get(input)->truncated,
                         file_bytes < records_at || file_bytes != records_at + records * MBO_BYTES);
        as_input_close(input);
    }
}

static void zstd_frames_follow_each_other(void **state)
{
    (void)state;
    static uint8_t plain[sizeof file];
    make_day(2);
    size_t bytes = file_bytes, cut = records_at + 70;
    memcpy(plain, file, bytes);
    size_t first = ZSTD_compress(file, sizeof file, plain, cut, 1);
    assert_false(ZSTD_isError(first));
    size_t second = ZSTD_compress(file + first, sizeof file - first, plain + cut, bytes - cut, 1);
    assert_false(ZSTD_isError(second));
    file_bytes = first + second;
    as_input *input = open_file("x.dbn.zst", &with_universe);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 3);
    assert_string_equal(as_input_stats_get(input)->compression, "zstd");
    as_input_close(input);
}

static void fragments_have_numbers_for_names(void **state)
{
    (void)state;
    make_day(3);
    memmove(file, file + records_at, file_bytes -= records_at);
    as_input *input = open_file("x.frag", &without);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 3);
    assert_string_equal(as_symbols_name(as_input_symbols(input), events[0].instrument), "7");
    assert_string_equal(as_input_stats_get(input)->detail, "fragment");
    as_input_close(input);
}

static void files_may_be_put_together(void **state)
{
    (void)state;
    make_day(1);
    put_metadata(3);
    as_dbn r = order(8, 'A', 9, 5, AS_DBN_FLAG_LAST);
    put(3, &r);
    as_input *input = open_file("x.dbn", &with_universe);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(as_input_stats_get(input)->restarts, 1);
    assert_string_equal(as_symbols_name(&universe.symbols, events[3].instrument), "NVDA");
    assert_string_equal(as_input_stats_get(input)->detail, "v3 mbo XNAS.ITCH");
    as_input_close(input);
    file_bytes -= MBO_BYTES + 20; /* the second metadata are cut */
    input = open_file("x.dbn", &with_universe);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 3);
    assert_true(as_input_stats_get(input)->truncated);
    as_input_close(input);
}

static void what_is_not_ours_is_counted(void **state)
{
    (void)state;
    make_day(3);
    as_dbn r = order(9, 'A', 2, 1, AS_DBN_FLAG_LAST);
    put(3, &r);
    memcpy(file + file_bytes, "\x0a\x77", 2); /* 40 bytes of an unknown type */
    file_bytes += 40;
    memcpy(file + file_bytes, "\x05\xa0", 2); /* an order of 20 bytes */
    file_bytes += 20;
    r = order(7, 'A', 3, 1, AS_DBN_FLAG_LAST);
    put(3, &r);
    file[file_bytes - MBO_BYTES] = MBO_BYTES / 4 + 1; /* one of 60 bytes */
    file_bytes += 4;
    as_input *input = open_file("x.dbn", &with_universe);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    const as_input_stats *s = as_input_stats_get(input);
    assert_true(s->messages == 5 && s->unknown_symbol == 1 && s->bad == 2);
    assert_int_equal(ast_error_count(input, "unknown_type"), 1);
    assert_int_equal(ast_error_count(input, "short_message"), 1);
    assert_int_equal(ast_error_count(input, "grown"), 1);
    as_input_close(input);
    as_input_options strict = with_universe;
    strict.strict = true;
    input = open_file("x.dbn", &strict);
    assert_int_equal(ast_read_all(input, events, 64, &count), -EBADMSG);
    assert_non_null(strstr(as_error_message(0), "unknown_type"));
    as_input_close(input);
}

static void a_record_below_its_header_ends_the_reading(void **state)
{
    (void)state;
    for (uint8_t words = 0; words < 4; words++) {
        char place[32];
        make_day(3);
        file[file_bytes] = words;
        file[file_bytes + 1] = 0xa0;
        snprintf(place, sizeof place, "byte %zu:", file_bytes);
        file_bytes += 64;
        as_input *input = open_file("x.dbn", &with_universe);
        assert_int_equal(ast_read_all(input, events, 64, &count), -EBADMSG);
        assert_int_equal(count, 2); /* the third is held back: its transaction is open */
        assert_non_null(strstr(as_error_message(0), place));
        as_input_close(input);
    }
}

static void refuse(const char *word)
{
    as_input *input = NULL;
    assert_true(as_input_open(ast_file(folder, "bad.dbn", file, file_bytes), &without, &input) < 0);
    assert_null(input);
    if (!strstr(as_error_message(0), word))
        fail_msg("'%s' is not in '%s'", word, as_error_message(0));
}

static void bad_metadata_are_refused(void **state)
{
    (void)state;
    make_day(3);
    file[3] = 4;
    refuse("version 4");
    make_day(3);
    memset(file + 4, 0, 4);
    refuse("length");
    make_day(3);
    file[53] = 0;
    refuse("symbols");
    make_day(3);
    memset(file + 112, 0xff, 4);
    refuse("a list goes beyond");
    file_bytes = 0;
    memcpy(file, "\x50\x2a\x4d\x18\x04\0\0\0DBZ\x01\x28\xb5\x2f\xfd", 16);
    file_bytes = 16;
    refuse("DBZ");
}

/* A list of more than the view: the mappings of a whole exchange. */
static void long_lists_are_read_in_pieces(void **state)
{
    (void)state;
    enum { SYMBOLS = 20000 };
    as_dbn_interval *interval = calloc(SYMBOLS, sizeof *interval);
    size_t room = 16u << 20, at;
    uint8_t *big = malloc(room);
    const as_dbn_metadata m = {.version = 3, .stype_in = AS_DBN_STYPE_RAW_SYMBOL, .dataset = "OPRA.PILLAR"};
    const as_dbn_layout layout = {.version = 3};
    for (unsigned i = 0; i < SYMBOLS; i++) {
        snprintf(interval[i].in, sizeof interval[i].in, "O%u", i);
        snprintf(interval[i].out, sizeof interval[i].out, "%u", 1000000 + i);
        interval[i].start_date = 20260701;
        interval[i].end_date = 20260702;
    }
    at = as_dbn_metadata_encode(&m, interval, SYMBOLS, big, room);
    assert_true(at > 4u << 20);
    as_dbn r = order(1000000 + SYMBOLS - 1, 'A', 1, 5, AS_DBN_FLAG_LAST);
    at += as_dbn_encode(&layout, &r, big + at, room - at);
    as_input *input = NULL;
    assert_int_equal(as_input_open(ast_file(folder, "big.dbn", big, at), &without, &input), 0);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 1);
    assert_string_equal(as_symbols_name(as_input_symbols(input), events[0].instrument), "O19999");
    assert_int_equal(as_input_stats_get(input)->symbols, 1);
    as_input_close(input);
    free(big);
    free(interval);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_become_events_in_every_version),
        cmocka_unit_test(every_cut_is_read_to_its_last_whole_record),
        cmocka_unit_test(zstd_frames_follow_each_other),
        cmocka_unit_test(fragments_have_numbers_for_names),
        cmocka_unit_test(files_may_be_put_together),
        cmocka_unit_test(what_is_not_ours_is_counted),
        cmocka_unit_test(a_record_below_its_header_ends_the_reading),
        cmocka_unit_test(bad_metadata_are_refused),
        cmocka_unit_test(long_lists_are_read_in_pieces),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
