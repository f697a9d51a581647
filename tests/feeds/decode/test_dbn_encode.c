#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/event.h"
#include "feeds/decode/dbn_encode.h"
#include "tests/support/hex.h"
#include "tests/support/random.h"
#include "tests/support/shared.h"

static const uint8_t types[] = {0x00, 0x01, 0x0a, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x20,
                                0x21, 0x22, 0x23, 0x24, 0xa0, 0xb1, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4};

static uint8_t out[65536], again[65536];

/* Bytes of databento/dbn's test_data.mbo.v3.dbn (PROTOCOLS A7). */
static void the_published_order_is_written(void **state)
{
    (void)state;
    const as_dbn_layout layout = {.version = 3};
    const as_dbn d = {.rtype = AS_DBN_MBO,
                      .publisher = 1,
                      .instrument = 5482,
                      .ts_event = UINT64_C(1609160400000429831),
                      .ts_recv = UINT64_C(1609160400000704060),
                      .mbo = {.order_id = UINT64_C(647784973705),
                              .px = INT64_C(3722750000000),
                              .qty = 1,
                              .flags = 0x80,
                              .action = 'C',
                              .side = 'A',
                              .ts_in_delta = 22993,
                              .sequence = 1170352}};
    uint8_t golden[56];
    assert_int_equal(ast_hex("0ea00100 6a150000 07afa6acdbe25416 8945fed296000000 80fb30c562030000 01000000 80004341"
                             "3cdeaaacdbe25416 d1590000 b0db1100",
                             golden, sizeof golden),
                     56);
    assert_int_equal(as_dbn_encode(&layout, &d, out, sizeof out), 56);
    assert_memory_equal(out, golden, 56);
}

/* Metadata of the published files: version, schema and data set, one symbol on one day, come back to the byte. */
static void published_metadata_are_written(void **state)
{
    (void)state;
    size_t bytes;
    uint8_t *file = ast_shared_read("data/dbn/dbn_repo/test_data.mbo.v3.dbn", &bytes);
    if (!file)
        skip();
    const as_dbn_metadata m = {.version = 3,
                               .stype_in = AS_DBN_STYPE_RAW_SYMBOL,
                               .stype_out = AS_DBN_STYPE_INSTRUMENT_ID,
                               .start = UINT64_C(1609160400000000000),
                               .end = UINT64_C(1609200000000000000),
                               .limit = 2,
                               .dataset = "GLBX.MDP3"};
    const as_dbn_interval interval = {.in = "ESH1", .out = "5482", .start_date = 20201228, .end_date = 20201229};
    as_dbn_metadata read;
    assert_int_equal(as_dbn_metadata_decode(file, bytes, &read), AS_DBN_METADATA_OK);
    assert_int_equal(read.start, m.start);
    assert_int_equal(as_dbn_metadata_encode(&read, &interval, 1, out, sizeof out), 360);
    assert_memory_equal(out, file, 360);
    free(file);
}

static uint64_t seed = 99;

static void fill(char *text, size_t text_bytes)
{
    size_t n = (size_t)(ast_random(&seed) % text_bytes);
    memset(text, 0, text_bytes);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('A' + ast_random(&seed) % 26);
}

/* Every byte random, texts ended, and what a version cannot carry left out. */
static void randomise(as_dbn *d, uint8_t rtype, unsigned version)
{
    for (size_t i = 0; i < sizeof *d; i++)
        ((uint8_t *)d)[i] = (uint8_t)ast_random(&seed);
    d->rtype = rtype;
    if (rtype == AS_DBN_DEFINITION)
        fill(d->definition.raw_symbol, version == 1 ? 22 : 71);
    if (rtype == AS_DBN_STATISTICS && version < 3)
        d->statistics.quantity = (int32_t)d->statistics.quantity;
    if (rtype == AS_DBN_SYMBOL_MAPPING) {
        fill(d->mapping.in, version == 1 ? 22 : 71);
        fill(d->mapping.out, version == 1 ? 22 : 71);
    }
    if (rtype == AS_DBN_ERROR || rtype == AS_DBN_SYSTEM) {
        fill(d->message.text, version == 1 ? 64 : 302);
        d->message.is_last = ast_random(&seed) & 1;
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 200; round++)
        for (unsigned i = 0; i < sizeof types; i++) {
            as_dbn_layout layout = {.version = (uint8_t)(1 + round % 3), .ts_out = round & 4};
            as_dbn in, read;
            randomise(&in, types[i], layout.version);
            size_t n = as_dbn_encode(&layout, &in, out, sizeof out);
            assert_int_equal(n, as_dbn_length(layout.version, types[i]) + (layout.ts_out ? 8u : 0u));
            memset(&read, 0, sizeof read);
            assert_int_equal(as_dbn_decode(&layout, out, n, &read), AS_DBN_OK);
            assert_int_equal(as_dbn_encode(&layout, &read, again, sizeof again), n);
            assert_memory_equal(out, again, n);
            if (types[i] == AS_DBN_MBO)
                assert_true(read.mbo.order_id == in.mbo.order_id && read.mbo.px == in.mbo.px &&
                            read.mbo.qty == in.mbo.qty && read.ts_recv == in.ts_recv && read.ts_event == in.ts_event);
            if (types[i] == AS_DBN_DEFINITION)
                assert_string_equal(read.definition.raw_symbol, in.definition.raw_symbol);
            if (types[i] == AS_DBN_MBP_10)
                assert_memory_equal(read.mbp.level, in.mbp.level, sizeof in.mbp.level);
            if (layout.ts_out)
                assert_int_equal(read.ts_out, in.ts_out);
        }
}

static void metadata_come_back_in_every_version(void **state)
{
    (void)state;
    as_dbn_interval interval[20] = {0};
    for (unsigned i = 0; i < 20; i++) {
        snprintf(interval[i].in, sizeof interval[i].in, "S%u", i / 3);
        snprintf(interval[i].out, sizeof interval[i].out, "%u", 100 + i);
        interval[i].start_date = 20260701 + i;
        interval[i].end_date = 20260702 + i;
    }
    for (uint8_t version = 1; version <= 3; version++) {
        as_dbn_metadata m = {.version = version,
                             .schema = 2,
                             .stype_in = 4,
                             .stype_out = 0,
                             .ts_out = true,
                             .start = 5,
                             .end = 6,
                             .limit = 7,
                             .record_count = version == 1 ? 8 : 0,
                             .dataset = "XNAS.ITCH"};
        as_dbn_metadata read;
        as_dbn_interval told;
        as_dbn_walk w;
        size_t n = as_dbn_metadata_encode(&m, interval, 20, out, sizeof out), at = 112, consumed;
        assert_true(n > 0 && (version < 3 || n % 8 == 0));
        assert_int_equal(as_dbn_metadata_decode(out, n, &read), AS_DBN_METADATA_OK);
        assert_int_equal(read.total_bytes, n);
        m.total_bytes = n;
        m.symbol_bytes = version == 1 ? 22 : 71;
        assert_memory_equal(&read, &m, sizeof m);
        as_dbn_walk_init(&w, &read);
        for (unsigned i = 0; i < 20; i++, at += consumed) {
            assert_int_equal(as_dbn_walk_next(&w, out + at, n - at, &consumed, &told), AS_DBN_WALK_INTERVAL);
            assert_string_equal(told.in, interval[i].in);
            assert_string_equal(told.out, interval[i].out);
            assert_int_equal(told.start_date, interval[i].start_date);
            assert_int_equal(told.end_date, interval[i].end_date);
        }
        assert_int_equal(as_dbn_walk_next(&w, out + at, n - at, &consumed, &told), AS_DBN_WALK_END);
        assert_int_equal(at + consumed, n);
        for (size_t room = 0; room < n; room += 7)
            assert_int_equal(as_dbn_metadata_encode(&m, interval, 20, again, room), 0);
    }
}

static void what_cannot_be_written_gives_nothing(void **state)
{
    (void)state;
    as_dbn d = {.rtype = AS_DBN_MBO};
    as_dbn_layout layout = {.version = 3};
    as_dbn_metadata m = {.version = 4};
    as_dbn_interval interval = {.in = "01234567890123456789012"};
    memset(out, 0x5a, 64);
    memcpy(again, out, 64);
    assert_int_equal(as_dbn_encode(&layout, &d, out, 55), 0);
    d.rtype = 0x77;
    assert_int_equal(as_dbn_encode(&layout, &d, out, sizeof out), 0);
    d.rtype = AS_DBN_MBO;
    layout.version = 0;
    assert_int_equal(as_dbn_encode(&layout, &d, out, sizeof out), 0);
    assert_memory_equal(out, again, 64);
    assert_int_equal(as_dbn_metadata_encode(&m, &interval, 1, out, sizeof out), 0);
    m.version = 1;
    assert_int_equal(as_dbn_metadata_encode(&m, &interval, 1, out, sizeof out), 0);
    m.version = 2;
    assert_true(as_dbn_metadata_encode(&m, &interval, 1, out, sizeof out) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_order_is_written),       cmocka_unit_test(published_metadata_are_written),
        cmocka_unit_test(what_is_written_is_read_back),         cmocka_unit_test(metadata_come_back_in_every_version),
        cmocka_unit_test(what_cannot_be_written_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
