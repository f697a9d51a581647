#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "feeds/decode/dbn_metadata.h"
#include "feeds/le.h"
#include "tests/support/random.h"

enum { ROOM = 4096 };

static uint8_t file[ROOM];
static size_t file_bytes;

static void put32(uint32_t v)
{
    as_le32_put(file + file_bytes, v);
    file_bytes += 4;
}

static void put_symbol(const char *symbol, size_t width)
{
    memset(file + file_bytes, 0, width);
    memcpy(file + file_bytes, symbol, strlen(symbol));
    file_bytes += width;
}

/* ESH1, one partial symbol, two not found; ESH1 is 5482 on two days and 77 on the next. Offsets of PROTOCOLS A7. */
static void make(uint8_t version)
{
    size_t width = version == 1 ? 22 : 71;
    memset(file, 0, sizeof file);
    memcpy(file, "DBN", 3);
    file[3] = version;
    memcpy(file + 8, "GLBX.MDP3", 9);
    as_le16_put(file + 24, 4);
    as_le64_put(file + 26, UINT64_C(1609160400000000000));
    as_le64_put(file + 34, UINT64_MAX);
    as_le64_put(file + 42, 2);
    if (version == 1) {
        as_le64_put(file + 50, 1234);
        memcpy(file + 58, "\x01\x00\x01", 3);
    } else {
        memcpy(file + 50, "\x01\x00\x01", 3);
        as_le16_put(file + 53, 71);
    }
    file_bytes = 112;
    put32(1);
    put_symbol("ESH1", width);
    put32(1);
    put_symbol("ESM1", width);
    put32(2);
    put_symbol("X", width);
    put_symbol("Y", width);
    put32(1);
    put_symbol("ESH1", width);
    put32(2);
    put32(20201228);
    put32(20201230);
    put_symbol("5482", width);
    put32(20201230);
    put32(20201231);
    put_symbol("77", width);
    if (version == 3)
        file_bytes += (8 - file_bytes % 8) % 8;
    as_le32_put(file + 4, (uint32_t)(file_bytes - 8));
}

static void the_fixed_part_is_read_in_every_version(void **state)
{
    (void)state;
    for (uint8_t version = 1; version <= 3; version++) {
        as_dbn_metadata m;
        make(version);
        assert_int_equal(as_dbn_metadata_decode(file, file_bytes, &m), AS_DBN_METADATA_OK);
        assert_int_equal(m.version, version);
        assert_string_equal(m.dataset, "GLBX.MDP3");
        assert_int_equal(m.schema, 4);
        assert_int_equal(m.start, UINT64_C(1609160400000000000));
        assert_true(m.end == AS_TS_UNDEFINED);
        assert_int_equal(m.limit, 2);
        assert_int_equal(m.record_count, version == 1 ? 1234 : 0);
        assert_int_equal(m.stype_in, AS_DBN_STYPE_RAW_SYMBOL);
        assert_int_equal(m.stype_out, AS_DBN_STYPE_INSTRUMENT_ID);
        assert_true(m.ts_out);
        assert_int_equal(m.symbol_bytes, version == 1 ? 22 : 71);
        assert_int_equal(m.total_bytes, file_bytes);
    }
}

/* Walks the lists with at most step bytes in view at a time. */
static as_dbn_walk_result walk(size_t step, as_dbn_interval *interval, unsigned *count, size_t *end)
{
    as_dbn_metadata m;
    as_dbn_walk w;
    as_dbn_walk_result result;
    size_t at = 112, view = step;
    assert_int_equal(as_dbn_metadata_decode(file, sizeof file, &m), AS_DBN_METADATA_OK);
    as_dbn_walk_init(&w, &m);
    *count = 0;
    do {
        size_t consumed, have = view < file_bytes - at ? view : file_bytes - at;
        uint8_t *exact = malloc(have ? have : 1);
        memcpy(exact, file + at, have);
        result = as_dbn_walk_next(&w, exact, have, &consumed, &interval[*count]);
        free(exact);
        assert_true(consumed <= have);
        at += consumed;
        *count += result == AS_DBN_WALK_INTERVAL;
        if (result == AS_DBN_WALK_NEED_MORE && have == file_bytes - at + consumed && consumed == 0)
            break;
        view = result == AS_DBN_WALK_NEED_MORE && consumed == 0 ? view + step : step;
    } while (result == AS_DBN_WALK_INTERVAL || result == AS_DBN_WALK_NEED_MORE);
    *end = at;
    return result;
}

static void the_mappings_are_told_however_the_bytes_come(void **state)
{
    (void)state;
    for (uint8_t version = 1; version <= 3; version++) {
        make(version);
        for (size_t step = 1; step < 400; step++) {
            as_dbn_interval interval[8] = {0};
            unsigned count;
            size_t end;
            assert_int_equal(walk(step, interval, &count, &end), AS_DBN_WALK_END);
            assert_int_equal(count, 2);
            assert_int_equal(end, file_bytes);
            assert_string_equal(interval[0].in, "ESH1");
            assert_string_equal(interval[0].out, "5482");
            assert_true(interval[0].start_date == 20201228 && interval[0].end_date == 20201230);
            assert_string_equal(interval[1].in, "ESH1");
            assert_string_equal(interval[1].out, "77");
            assert_true(interval[1].start_date == 20201230 && interval[1].end_date == 20201231);
        }
    }
}

static void every_cut_needs_more(void **state)
{
    (void)state;
    make(2);
    size_t whole = file_bytes;
    as_dbn_metadata m;
    for (size_t cut = 0; cut < AS_DBN_METADATA_BYTES_MIN; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        memcpy(exact, file, cut);
        assert_int_equal(as_dbn_metadata_decode(exact, cut, &m), AS_DBN_METADATA_NEED_MORE);
        free(exact);
    }
    for (file_bytes = 112; file_bytes < whole; file_bytes++) {
        as_dbn_interval interval[8];
        unsigned count;
        size_t end;
        assert_int_equal(walk(whole, interval, &count, &end), AS_DBN_WALK_NEED_MORE);
    }
}

static as_dbn_metadata_result judge(size_t offset, uint32_t value, size_t value_bytes)
{
    as_dbn_metadata m = {.version = 77};
    uint8_t le[4];
    make(3);
    as_le32_put(le, value);
    memcpy(file + offset, le, value_bytes);
    as_dbn_metadata_result result = as_dbn_metadata_decode(file, file_bytes, &m);
    assert_int_equal(m.version, result == AS_DBN_METADATA_OK ? 3 : 77);
    return result;
}

static void bad_fixed_parts_are_refused_with_their_reason(void **state)
{
    (void)state;
    assert_int_equal(judge(0, 'd', 1), AS_DBN_METADATA_FOREIGN);
    assert_int_equal(judge(2, 'Z', 1), AS_DBN_METADATA_FOREIGN);
    assert_int_equal(judge(3, 0, 1), AS_DBN_METADATA_BAD_VERSION);
    assert_int_equal(judge(3, 4, 1), AS_DBN_METADATA_BAD_VERSION);
    assert_int_equal(judge(4, 0, 4), AS_DBN_METADATA_BAD_LENGTH);
    assert_int_equal(judge(4, 99, 4), AS_DBN_METADATA_BAD_LENGTH);
    assert_int_equal(judge(4, 103, 4), AS_DBN_METADATA_BAD_LENGTH);
    assert_int_equal(judge(4, 119, 4), AS_DBN_METADATA_BAD_LENGTH);
    assert_int_equal(judge(4, 120, 4), AS_DBN_METADATA_OK);
    assert_int_equal(judge(4, UINT32_MAX, 4), AS_DBN_METADATA_OK); /* the lists decide */
    assert_int_equal(judge(53, 0, 2), AS_DBN_METADATA_BAD_SYMBOLS);
    assert_int_equal(judge(108, 1, 4), AS_DBN_METADATA_BAD_SCHEMA);
    for (int result = AS_DBN_METADATA_BAD_LISTS; result < 0; result++)
        assert_true(as_dbn_metadata_text((as_dbn_metadata_result)result)[0] != 0);
    assert_true(as_dbn_is_metadata((const uint8_t *)"DBN\x03", 4));
    assert_false(as_dbn_is_metadata((const uint8_t *)"DBN\x03", 3));
    assert_false(as_dbn_is_metadata((const uint8_t *)"DBNA", 4));
}

static void counts_beyond_the_metadata_are_bad(void **state)
{
    (void)state;
    as_dbn_interval interval[8];
    unsigned count;
    size_t end;
    /* the four counts, and the number of intervals of the mapping */
    const size_t at[] = {112, 116 + 71, 120 + 2 * 71, 124 + 4 * 71, 128 + 5 * 71};
    for (unsigned i = 0; i < 5; i++)
        for (unsigned k = 0; k < 4; k++) {
            static const uint32_t huge[] = {9, 0xffff, 0x7fffffff, UINT32_MAX};
            make(2);
            as_le32_put(file + at[i], huge[k]);
            assert_int_equal(walk(4096, interval, &count, &end), AS_DBN_WALK_BAD);
            assert_int_equal(count, 0); /* known before anything of it is told */
        }
    make(2);
    as_le32_put(file + 4, (uint32_t)(file_bytes - 8 - 4)); /* the last symbol goes beyond */
    assert_int_equal(walk(4096, interval, &count, &end), AS_DBN_WALK_BAD);
}

static void long_symbols_are_cut_and_padding_is_skipped(void **state)
{
    (void)state;
    as_dbn_interval interval[8];
    unsigned count;
    size_t end;
    make(2);
    as_le16_put(file + 53, 300);
    file_bytes = 112;
    put32(0);
    put32(0);
    put32(0);
    put32(1);
    memset(file + file_bytes, 'S', 300);
    file_bytes += 300;
    put32(1);
    put32(20260701);
    put32(20260702);
    memset(file + file_bytes, '7', 300);
    file_bytes += 300 + 500; /* and padding */
    as_le32_put(file + 4, (uint32_t)(file_bytes - 8));
    assert_int_equal(walk(4096, interval, &count, &end), AS_DBN_WALK_END);
    assert_int_equal(count, 1);
    assert_int_equal(end, file_bytes);
    assert_int_equal(strlen(interval[0].in), 71);
    assert_int_equal(strlen(interval[0].out), 71);
}

static void random_bytes_end_the_walk(void **state)
{
    (void)state;
    uint64_t seed = 7;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 20000; round++) {
        as_dbn_metadata m;
        as_dbn_walk w;
        as_dbn_interval interval;
        make((uint8_t)(1 + round % 3));
        for (unsigned i = 0; i < 4; i++)
            file[112 + ast_random(&seed) % (file_bytes - 112)] = (uint8_t)ast_random(&seed);
        assert_int_equal(as_dbn_metadata_decode(file, file_bytes, &m), AS_DBN_METADATA_OK);
        as_dbn_walk_init(&w, &m);
        size_t at = 112, consumed;
        as_dbn_walk_result result;
        unsigned steps = 0;
        while ((result = as_dbn_walk_next(&w, file + at, file_bytes - at, &consumed, &interval)) ==
               AS_DBN_WALK_INTERVAL) {
            at += consumed;
            assert_true(++steps < ROOM);
        }
        assert_true(at + consumed <= file_bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fixed_part_is_read_in_every_version),
        cmocka_unit_test(the_mappings_are_told_however_the_bytes_come),
        cmocka_unit_test(every_cut_needs_more),
        cmocka_unit_test(bad_fixed_parts_are_refused_with_their_reason),
        cmocka_unit_test(counts_beyond_the_metadata_are_bad),
        cmocka_unit_test(long_symbols_are_cut_and_padding_is_skipped),
        cmocka_unit_test(random_bytes_end_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
