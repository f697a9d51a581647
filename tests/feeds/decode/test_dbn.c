#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "feeds/decode/dbn.h"
#include "feeds/le.h"
#include "tests/support/hex.h"
#include "tests/support/random.h"

/* Lengths of PROTOCOLS A7's table, for versions 1, 2 and 3. */
static const struct {
    uint8_t rtype;
    const char *name;
    size_t bytes[3];
} spec[] = {
    {0x00, "trades", {48, 48, 48}},       {0x01, "mbp-1", {80, 80, 80}},      {0x0a, "mbp-10", {368, 368, 368}},
    {0x11, "ohlcv", {56, 56, 56}},        {0x12, "status", {40, 40, 40}},     {0x13, "definition", {360, 400, 520}},
    {0x14, "imbalance", {112, 112, 112}}, {0x15, "error", {80, 320, 320}},    {0x16, "symbol-mapping", {80, 176, 176}},
    {0x17, "system", {80, 320, 320}},     {0x18, "statistics", {64, 64, 80}}, {0x20, "ohlcv-1s", {56, 56, 56}},
    {0x21, "ohlcv-1m", {56, 56, 56}},     {0x22, "ohlcv-1h", {56, 56, 56}},   {0x23, "ohlcv-1d", {56, 56, 56}},
    {0x24, "ohlcv-eod", {56, 56, 56}},    {0xa0, "mbo", {56, 56, 56}},        {0xb1, "cmbp-1", {80, 80, 80}},
    {0xc0, "cbbo-1s", {80, 80, 80}},      {0xc1, "cbbo-1m", {80, 80, 80}},    {0xc2, "tcbbo", {80, 80, 80}},
    {0xc3, "bbo-1s", {80, 80, 80}},       {0xc4, "bbo-1m", {80, 80, 80}},
};

enum { SPEC_COUNT = sizeof spec / sizeof *spec };

static uint8_t r[AS_DBN_RECORD_BYTES_MAX + 8];
static as_dbn d;

/* A record of zeros with a header of its own: publisher 0x0102, instrument 0x03040506, ts_event 0x0708090a0b0c0d0e. */
static void head(uint8_t rtype, size_t bytes)
{
    memset(r, 0, sizeof r);
    r[0] = (uint8_t)(bytes / 4);
    r[1] = rtype;
    as_le16_put(r + 2, 0x0102);
    as_le32_put(r + 4, 0x03040506);
    as_le64_put(r + 8, UINT64_C(0x0708090a0b0c0d0e));
}

static void decode(uint8_t version)
{
    as_dbn_layout layout = {.version = version};
    size_t bytes = (size_t)r[0] * 4;
    memset(&d, 0xee, sizeof d);
    assert_int_equal(as_dbn_decode(&layout, r, bytes, &d), AS_DBN_OK);
    assert_int_equal(d.rtype, r[1]);
    assert_int_equal(d.publisher, 0x0102);
    assert_int_equal(d.instrument, 0x03040506);
    assert_int_equal(d.ts_event, UINT64_C(0x0708090a0b0c0d0e));
    assert_true(d.ts_out == AS_TS_UNDEFINED);
}

static void types_and_lengths_are_those_of_the_specification(void **state)
{
    (void)state;
    unsigned known = 0;
    for (unsigned type = 0; type < 256; type++)
        known += as_dbn_rtype_name((uint8_t)type) != NULL;
    assert_int_equal(known, SPEC_COUNT);
    for (unsigned i = 0; i < SPEC_COUNT; i++) {
        assert_string_equal(as_dbn_rtype_name(spec[i].rtype), spec[i].name);
        for (uint8_t version = 1; version <= 3; version++)
            assert_int_equal(as_dbn_length(version, spec[i].rtype), spec[i].bytes[version - 1]);
    }
    assert_int_equal(as_dbn_length(0, 0xa0), 0);
    assert_int_equal(as_dbn_length(4, 0xa0), 0);
    assert_string_equal(as_dbn_schema_name(0), "mbo");
    assert_string_equal(as_dbn_schema_name(3), "tbbo");
    assert_string_equal(as_dbn_schema_name(9), "definition");
    assert_string_equal(as_dbn_schema_name(19), "bbo-1m");
    assert_string_equal(as_dbn_schema_name(20), "unknown");
    assert_string_equal(as_dbn_schema_name(0xffff), "mixed");
}

/* The first record of databento/dbn's test_data.mbo.v3.dbn, as PROTOCOLS A7 reads it. */
static const char golden_mbo[] =
    "0ea00100 6a150000 07afa6acdbe25416 8945fed296000000 80fb30c562030000 01000000 80004341"
    "3cdeaaacdbe25416 d1590000 b0db1100";

static void the_published_order_is_read(void **state)
{
    (void)state;
    const as_dbn_layout layout = {.version = 3};
    size_t n = ast_hex(golden_mbo, r, sizeof r), record_bytes = 0;
    assert_int_equal(as_dbn_frame(r, n, &record_bytes), AS_DBN_OK);
    assert_int_equal(record_bytes, 56);
    assert_int_equal(as_dbn_decode(&layout, r, n, &d), AS_DBN_OK);
    assert_int_equal(d.instrument, 5482);
    assert_int_equal(d.publisher, 1);
    assert_int_equal(d.mbo.order_id, UINT64_C(647784973705));
    assert_int_equal(d.mbo.px, INT64_C(3722750000000));
    assert_int_equal(d.mbo.qty, 1);
    assert_int_equal(d.mbo.flags, 0x80);
    assert_int_equal(d.mbo.action, 'C');
    assert_int_equal(d.mbo.side, 'A');
    assert_int_equal(d.mbo.ts_in_delta, 22993);
    assert_int_equal(d.mbo.sequence, 1170352);
    assert_int_equal(d.ts_event, UINT64_C(1609160400000429831));
    assert_int_equal(d.ts_recv, UINT64_C(1609160400000704060));
}

static void every_cut_of_a_record_is_not_yet_a_record(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SPEC_COUNT; i++)
        for (unsigned version = 1; version <= 3; version++) {
            size_t whole = spec[i].bytes[version - 1], n = 77;
            as_dbn_layout layout = {.version = (uint8_t)version};
            head(spec[i].rtype, whole);
            for (size_t cut = 0; cut < whole; cut++) {
                uint8_t *exact = malloc(cut ? cut : 1); /* a read behind the end is seen by the sanitizer */
                memcpy(exact, r, cut);
                assert_int_equal(as_dbn_frame(exact, cut, &n), AS_DBN_NEED_MORE);
                assert_int_equal(as_dbn_decode(&layout, exact, cut, &d), AS_DBN_SHORT);
                free(exact);
            }
            assert_int_equal(n, 77);
            assert_int_equal(as_dbn_frame(r, whole, &n), AS_DBN_OK);
            assert_int_equal(as_dbn_decode(&layout, r, whole, &d), AS_DBN_OK);
            assert_int_equal(as_dbn_decode(&layout, r, whole + 4, &d), AS_DBN_GROWN);
        }
}

static void records_without_room_for_their_header_end_it(void **state)
{
    (void)state;
    size_t n = 77;
    for (uint8_t words = 0; words < 4; words++) {
        memset(r, 0xa0, sizeof r);
        r[0] = words;
        assert_int_equal(as_dbn_frame(r, 64, &n), AS_DBN_BAD_LENGTH);
        assert_int_equal(as_dbn_frame(r, 1, &n), AS_DBN_BAD_LENGTH);
    }
    assert_int_equal(n, 77);
    r[0] = 4;
    assert_int_equal(as_dbn_frame(r, 64, &n), AS_DBN_OK);
    assert_int_equal(n, 16);
    r[0] = 255;
    assert_int_equal(as_dbn_frame(r, 1020, &n), AS_DBN_OK);
    assert_int_equal(n, 1020);
}

static void unknown_types_are_told_from_short_ones(void **state)
{
    (void)state;
    const as_dbn_layout layout = {.version = 2};
    as_dbn before;
    memset(&d, 0x5a, sizeof d);
    before = d;
    for (unsigned type = 0; type < 256; type++) {
        head((uint8_t)type, 16);
        as_dbn_result result = as_dbn_decode(&layout, r, 16, &d);
        assert_int_equal(result, as_dbn_rtype_name((uint8_t)type) ? AS_DBN_SHORT : AS_DBN_UNKNOWN);
    }
    assert_memory_equal(&d, &before, sizeof d);
}

static void levels_stand_in_their_places(void **state)
{
    (void)state;
    static const uint8_t types[] = {0x00, 0x01, 0x0a, 0xb1, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4};
    for (unsigned i = 0; i < sizeof types; i++) {
        unsigned levels = types[i] == 0x00 ? 0 : types[i] == 0x0a ? 10 : 1;
        head(types[i], 48 + 32 * levels);
        as_le64_put(r + 16, (uint64_t)-1250000000);
        as_le32_put(r + 24, 7);
        memcpy(r + 28, "TB\x82\x03", 4);
        as_le64_put(r + 32, 99);
        as_le32_put(r + 40, (uint32_t)-5);
        as_le32_put(r + 44, 12);
        for (unsigned k = 0; k < levels; k++) {
            as_le64_put(r + 48 + 32 * k, 1000 + k);
            as_le64_put(r + 56 + 32 * k, 2000 + k);
            as_le32_put(r + 64 + 32 * k, 10 + k);
            as_le32_put(r + 68 + 32 * k, 20 + k);
            as_le32_put(r + 72 + 32 * k, 30 + k);
            as_le32_put(r + 76 + 32 * k, 40 + k);
        }
        decode(1);
        assert_int_equal(d.mbp.px, -1250000000);
        assert_int_equal(d.mbp.qty, 7);
        assert_int_equal(d.mbp.action, 'T');
        assert_int_equal(d.mbp.side, 'B');
        assert_int_equal(d.mbp.flags, 0x82);
        assert_int_equal(d.mbp.depth, 3);
        assert_int_equal(d.ts_recv, 99);
        assert_int_equal(d.mbp.ts_in_delta, -5);
        assert_int_equal(d.mbp.sequence, 12);
        assert_int_equal(d.mbp.level_count, levels);
        for (unsigned k = 0; k < levels; k++) {
            const as_dbn_level *l = &d.mbp.level[k];
            assert_true(l->bid_px == 1000 + (int)k && l->ask_px == 2000 + (int)k);
            assert_true(l->bid_qty == 10 + k && l->ask_qty == 20 + k && l->bid_count == 30 + k);
            assert_int_equal(l->ask_count, 40 + k);
        }
    }
}

static void bars_and_states_are_read(void **state)
{
    (void)state;
    static const uint8_t bars[] = {0x11, 0x20, 0x21, 0x22, 0x23, 0x24};
    for (unsigned i = 0; i < sizeof bars; i++) {
        head(bars[i], 56);
        for (unsigned k = 0; k < 5; k++)
            as_le64_put(r + 16 + 8 * k, 100 + k);
        decode(2);
        assert_true(d.ts_recv == AS_TS_UNDEFINED);
        assert_true(d.ohlcv.open == 100 && d.ohlcv.high == 101 && d.ohlcv.low == 102 && d.ohlcv.close == 103);
        assert_int_equal(d.ohlcv.volume, 104);
    }
    head(0x12, 40);
    as_le64_put(r + 16, 99);
    as_le16_put(r + 24, 7);
    as_le16_put(r + 26, 70);
    as_le16_put(r + 28, 5);
    memcpy(r + 30, "YN~", 3);
    decode(3);
    assert_int_equal(d.ts_recv, 99);
    assert_true(d.status.action == 7 && d.status.reason == 70 && d.status.trading_event == 5);
    assert_true(d.status.is_trading == 'Y' && d.status.is_quoting == 'N' && d.status.is_short_sell_restricted == '~');
}

static void definitions_differ_by_version(void **state)
{
    (void)state;
    static const size_t bytes[] = {360, 400, 520}, symbol_at[] = {200, 200, 238}, class_at[] = {325, 374, 487};
    for (uint8_t version = 1; version <= 3; version++) {
        head(0x13, bytes[version - 1]);
        as_le64_put(r + 16, 99);
        as_le64_put(r + 24, 250000000);
        as_le64_put(r + 40, 11);
        as_le64_put(r + 48, 12);
        memcpy(r + symbol_at[version - 1], "ESM4-ESU4 ABCDEFGHIJKL", 22);
        r[class_at[version - 1]] = 'S';
        decode(version);
        assert_int_equal(d.ts_recv, 99);
        assert_int_equal(d.definition.min_px_increment, 250000000);
        assert_true(d.definition.expiration == 11 && d.definition.activation == 12);
        assert_string_equal(d.definition.raw_symbol, "ESM4-ESU4 ABCDEFGHIJKL");
        assert_int_equal(d.definition.instrument_class, 'S');
        decode(0); /* the length alone tells it too */
        assert_int_equal(d.definition.instrument_class, 'S');
    }
}

static void statistics_differ_by_version(void **state)
{
    (void)state;
    for (uint8_t version = 1; version <= 3; version++) {
        size_t rest = version == 3 ? 48 : 44;
        head(0x18, version == 3 ? 80 : 64);
        as_le64_put(r + 16, 99);
        as_le64_put(r + 24, 98);
        as_le64_put(r + 32, (uint64_t)-7);
        if (version == 3)
            as_le64_put(r + 40, UINT64_C(1) << 40);
        else
            as_le32_put(r + 40, (uint32_t)-3);
        as_le32_put(r + rest, 1);
        as_le32_put(r + rest + 4, (uint32_t)-2);
        as_le16_put(r + rest + 8, 3);
        as_le16_put(r + rest + 10, 4);
        r[rest + 12] = 5;
        r[rest + 13] = 6;
        decode(version);
        assert_true(d.ts_recv == 99 && d.statistics.ts_ref == 98 && d.statistics.px == -7);
        assert_true(d.statistics.quantity == (version == 3 ? INT64_C(1) << 40 : -3));
        assert_true(d.statistics.sequence == 1 && d.statistics.ts_in_delta == -2 && d.statistics.stat_type == 3);
        assert_true(d.statistics.channel == 4 && d.statistics.update_action == 5 && d.statistics.stat_flags == 6);
    }
    head(0x18, 64);
    as_le32_put(r + 40, INT32_MAX);
    decode(2);
    assert_true(d.statistics.quantity == INT64_MAX);
}

static void texts_and_mappings_differ_by_version(void **state)
{
    (void)state;
    head(0x16, 80);
    memcpy(r + 16, "ES.c.0", 6);
    memcpy(r + 38, "0123456789012345678901", 22); /* full: no zero at its end */
    as_le64_put(r + 64, 5);
    as_le64_put(r + 72, 6);
    decode(1);
    assert_string_equal(d.mapping.in, "ES.c.0");
    assert_string_equal(d.mapping.out, "0123456789012345678901");
    assert_true(d.mapping.start_ts == 5 && d.mapping.end_ts == 6 && d.mapping.stype_in == 0xff);
    for (uint8_t version = 2; version <= 3; version++) {
        head(0x16, 176);
        r[16] = 4;
        memcpy(r + 17, "ES.FUT", 6);
        r[88] = 1;
        memcpy(r + 89, "ESM4", 4);
        as_le64_put(r + 160, 5);
        as_le64_put(r + 168, 6);
        decode(version);
        assert_true(d.mapping.stype_in == 4 && d.mapping.stype_out == 1);
        assert_string_equal(d.mapping.in, "ES.FUT");
        assert_string_equal(d.mapping.out, "ESM4");
        assert_true(d.mapping.start_ts == 5 && d.mapping.end_ts == 6);
        head(0x15, 320);
        memset(r + 16, 'e', 302);
        r[318] = 9;
        r[319] = 1;
        decode(version);
        assert_int_equal(strlen(d.message.text), 302);
        assert_true(d.message.code == 9 && d.message.is_last);
        head(0x17, 320);
        memset(r + 16, 's', 303);
        r[319] = 2;
        decode(version);
        assert_int_equal(strlen(d.message.text), 303);
        assert_int_equal(d.message.code, 2);
    }
    head(0x17, 80);
    memcpy(r + 16, "Heartbeat", 9);
    decode(1);
    assert_string_equal(d.message.text, "Heartbeat");
    assert_int_equal(d.message.code, 0xff);
}

static void the_send_stamp_follows_every_record_where_metadata_say_so(void **state)
{
    (void)state;
    as_dbn_layout layout = {.version = 1, .ts_out = true};
    for (unsigned i = 0; i < SPEC_COUNT; i++) {
        size_t bytes = spec[i].bytes[0];
        head(spec[i].rtype, bytes + 8);
        as_le64_put(r + bytes, 4711);
        assert_int_equal(as_dbn_decode(&layout, r, bytes + 8, &d), AS_DBN_OK);
        assert_int_equal(d.ts_out, 4711);
        assert_int_equal(as_dbn_decode(&layout, r, bytes, &d), AS_DBN_SHORT);
    }
}

static size_t put_mbo(uint8_t *at, size_t extra)
{
    size_t n = ast_hex(golden_mbo, at, 56);
    at[0] = (uint8_t)((n + extra) / 4);
    memset(at + n, 0, extra);
    return n + extra;
}

static void fragments_are_recognised_only_if_all_records_fit(void **state)
{
    (void)state;
    static uint8_t file[80 * 64];
    as_dbn_layout layout = {.version = 9};
    for (size_t extra = 0; extra <= 8; extra += 8) {
        size_t at = 0;
        for (unsigned i = 0; i < 70; i++)
            at += put_mbo(file + at, extra);
        assert_true(as_dbn_sniff_fragment(file, at, &layout));
        assert_true(layout.version == 0 && layout.ts_out == (extra == 8));
        assert_true(as_dbn_sniff_fragment(file, at - 3, &layout));
        assert_true(as_dbn_sniff_fragment(file, 56 + extra, &layout));
        assert_false(as_dbn_sniff_fragment(file, 55 + extra, &layout));
        file[3 * (56 + extra) + 1] = 0x77; /* an unknown type among the first 64 */
        assert_false(as_dbn_sniff_fragment(file, at, &layout));
        put_mbo(file + 3 * (56 + extra), extra);
        file[3 * (56 + extra) + 15] = 0x02; /* a stamp in the seventies */
        assert_false(as_dbn_sniff_fragment(file, at, &layout));
        put_mbo(file + 3 * (56 + extra), extra);
        file[5 * (56 + extra)] = 3; /* a length below the header */
        assert_false(as_dbn_sniff_fragment(file, at, &layout));
    }
    put_mbo(file, 0);
    put_mbo(file + 56, 8); /* with and without ts_out */
    assert_false(as_dbn_sniff_fragment(file, 120, &layout));
    assert_false(as_dbn_sniff_fragment(file, 0, &layout));
    assert_false(as_dbn_sniff_fragment((const uint8_t *)"{\"k\":\"trade\",\"t\":1,\"s\":\"A\"}", 27, &layout));
}

static void the_legacy_format_is_recognised_by_its_head(void **state)
{
    (void)state;
    const uint8_t *head_bytes = (const uint8_t *)"\x50\x2a\x4d\x18\x90\0\0\0DBZ\x01";
    assert_true(as_dbn_is_dbz(head_bytes, 12));
    assert_false(as_dbn_is_dbz(head_bytes, 10));
    assert_false(as_dbn_is_dbz((const uint8_t *)"\x28\xb5\x2f\xfd\x90\0\0\0DBZ\x01", 12));
    assert_false(as_dbn_is_dbz((const uint8_t *)"\x50\x2a\x4d\x18\x90\0\0\0DBN\x01", 12));
}

/* Any bytes: results within the contract, and progress. */
static void random_bytes_are_framed_and_decoded_within_the_contract(void **state)
{
    (void)state;
    uint64_t seed = 20260701;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 20000; round++) {
        size_t bytes = ast_random(&seed) % sizeof r, at = 0, n = 0;
        as_dbn_layout layout = {.version = (uint8_t)(round % 4), .ts_out = round & 4};
        for (size_t i = 0; i < bytes; i++)
            r[i] = (uint8_t)ast_random(&seed);
        if (bytes > 1)
            r[1] = spec[round % SPEC_COUNT].rtype;
        while (as_dbn_frame(r + at, bytes - at, &n) == AS_DBN_OK) {
            assert_true(n >= 16 && n <= bytes - at);
            as_dbn_result result = as_dbn_decode(&layout, r + at, n, &d);
            assert_true(result == AS_DBN_OK || result == AS_DBN_GROWN || result == AS_DBN_SHORT ||
                        result == AS_DBN_UNKNOWN);
            at += n;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_lengths_are_those_of_the_specification),
        cmocka_unit_test(the_published_order_is_read),
        cmocka_unit_test(every_cut_of_a_record_is_not_yet_a_record),
        cmocka_unit_test(records_without_room_for_their_header_end_it),
        cmocka_unit_test(unknown_types_are_told_from_short_ones),
        cmocka_unit_test(levels_stand_in_their_places),
        cmocka_unit_test(bars_and_states_are_read),
        cmocka_unit_test(definitions_differ_by_version),
        cmocka_unit_test(statistics_differ_by_version),
        cmocka_unit_test(texts_and_mappings_differ_by_version),
        cmocka_unit_test(the_send_stamp_follows_every_record_where_metadata_say_so),
        cmocka_unit_test(fragments_are_recognised_only_if_all_records_fit),
        cmocka_unit_test(the_legacy_format_is_recognised_by_its_head),
        cmocka_unit_test(random_bytes_are_framed_and_decoded_within_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
