#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/deep.h"
#include "feeds/decode/iex.h"
#include "feeds/decode/tops.h"
#include "tests/support/iex_golden.h"
#include "tests/support/random.h"

/* All types of both feeds, by PROTOCOLS A6. */
static const uint8_t lengths[256] = {
    ['S'] = 10, ['D'] = 31, ['H'] = 22, ['I'] = 18, ['O'] = 18, ['P'] = 19, ['E'] = 18,
    ['8'] = 30, ['5'] = 30, ['Q'] = 42, ['T'] = 38, ['B'] = 38, ['X'] = 26, ['A'] = 80,
};
static const char types[] = "SDHIOPE85QTBXA";

_Static_assert(sizeof types - 1 == AST_IEX_GOLDEN_COUNT, "a golden message of every type");

static void every_types_golden_message_is_read(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AST_IEX_GOLDEN_COUNT; i++) {
        uint8_t m[AS_IEX_BYTES_MAX];
        size_t n = ast_hex(ast_iex_golden_of[i].hex, m, sizeof m);
        as_iex expected = ast_iex_golden_value(i), out;
        memset(&out, 0xee, sizeof out);
        assert_int_equal(n, lengths[m[0]]);
        assert_int_equal(as_iex_decode(lengths, m, n, &out), AS_IEX_OK);
        ast_iex_assert_equal(&out, &expected);
    }
}

static void every_types_golden_message_is_written(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AST_IEX_GOLDEN_COUNT; i++) {
        uint8_t expected[AS_IEX_BYTES_MAX], out[AS_IEX_BYTES_MAX];
        size_t n = ast_hex(ast_iex_golden_of[i].hex, expected, sizeof expected);
        as_iex value = ast_iex_golden_value(i);
        assert_int_equal(as_iex_encode(lengths, &value, out, sizeof out), n);
        assert_memory_equal(out, expected, n);
    }
}

static void every_cut_of_a_message_is_short_and_writes_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AST_IEX_GOLDEN_COUNT; i++) {
        uint8_t m[AS_IEX_BYTES_MAX];
        size_t n = ast_hex(ast_iex_golden_of[i].hex, m, sizeof m);
        for (size_t cut = 0; cut < n; cut++) {
            uint8_t *part = malloc(cut ? cut : 1); /* its end is where a sanitizer sees it */
            memcpy(part, m, cut);
            as_iex out, before;
            memset(&out, 0xee, sizeof out);
            memset(&before, 0xee, sizeof before);
            assert_int_equal(as_iex_decode(lengths, part, cut, &out), cut ? AS_IEX_SHORT : AS_IEX_EMPTY);
            assert_memory_equal(&out, &before, sizeof out);
            free(part);
        }
    }
}

static void a_longer_message_gives_its_known_part(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AST_IEX_GOLDEN_COUNT; i++) {
        uint8_t m[AS_IEX_BYTES_MAX + 3] = {0};
        size_t n = ast_hex(ast_iex_golden_of[i].hex, m, sizeof m);
        as_iex expected = ast_iex_golden_value(i), out;
        for (size_t more = 1; more <= 3; more++) {
            assert_int_equal(as_iex_decode(lengths, m, n + more, &out), AS_IEX_GROWN);
            ast_iex_assert_equal(&out, &expected);
        }
    }
}

static void types_that_do_not_exist_are_unknown_at_any_length(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        uint8_t m[100] = {(uint8_t)type};
        as_iex out;
        if (lengths[type])
            continue;
        for (size_t bytes = 1; bytes < sizeof m; bytes++)
            assert_int_equal(as_iex_decode(lengths, m, bytes, &out), AS_IEX_UNKNOWN);
        out.type = (char)type;
        assert_int_equal(as_iex_encode(lengths, &out, m, sizeof m), 0);
    }
}

static void values_at_their_limits_pass_unjudged(void **state)
{
    (void)state;
    uint8_t m[AS_IEX_BYTES_MAX];
    as_iex out;
    memset(m, 0xff, sizeof m);
    m[0] = 'Q';
    assert_int_equal(as_iex_decode(lengths, m, 42, &out), AS_IEX_OK);
    assert_int_equal(out.ts_ns, -1);
    assert_int_equal(out.quote.bid_px4, -1);
    assert_int_equal(out.quote.ask_shares, UINT32_MAX);
    assert_memory_equal(out.symbol, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    ast_hex("00 0000000000000080 0000000000000000 00000000 ffffffffffffff7f 0000000000000080", m + 1, sizeof m - 1);
    m[0] = 'T';
    assert_int_equal(as_iex_decode(lengths, m, 38, &out), AS_IEX_OK);
    assert_true(out.ts_ns == INT64_MIN);
    assert_true(out.trade.px4 == INT64_MAX);
    assert_true(out.trade.trade_id == INT64_MIN);
    assert_int_equal(out.trade.shares, 0);
}

static void nothing_is_written_without_room(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AST_IEX_GOLDEN_COUNT; i++) {
        as_iex value = ast_iex_golden_value(i);
        size_t length = lengths[(uint8_t)value.type];
        for (size_t room = 0; room <= AS_IEX_BYTES_MAX; room++) {
            uint8_t out[AS_IEX_BYTES_MAX + 1];
            memset(out, 0xee, sizeof out);
            size_t written = as_iex_encode(lengths, &value, out, room);
            assert_int_equal(written, room >= length ? length : 0);
            assert_int_equal(out[written], 0xee);
        }
    }
}

static void random_bytes_round_trip(void **state)
{
    (void)state;
    uint64_t seed = 16;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 100000; round++) {
        uint8_t m[AS_IEX_BYTES_MAX], again[AS_IEX_BYTES_MAX];
        for (size_t i = 0; i < sizeof m; i++)
            m[i] = (uint8_t)ast_random(&seed);
        m[0] = (uint8_t)types[ast_random(&seed) % AST_IEX_GOLDEN_COUNT];
        size_t length = lengths[m[0]];
        as_iex out;
        assert_int_equal(as_iex_decode(lengths, m, length, &out), AS_IEX_OK);
        assert_int_equal(as_iex_encode(lengths, &out, again, sizeof again), length);
        assert_memory_equal(again, m, length);
    }
}

static void the_feeds_have_the_types_of_the_table_with_its_lengths(void **state)
{
    (void)state;
    unsigned tops = 0, deep = 0;
    for (unsigned type = 0; type < 256; type++) {
        assert_true(as_tops_lengths[type] == 0 || as_tops_lengths[type] == lengths[type]);
        assert_true(as_deep_lengths[type] == 0 || as_deep_lengths[type] == lengths[type]);
        assert_int_equal(lengths[type] != 0, as_tops_lengths[type] || as_deep_lengths[type]);
        tops += as_tops_lengths[type] != 0;
        deep += as_deep_lengths[type] != 0;
    }
    assert_int_equal(tops, AS_TOPS_TYPE_COUNT);
    assert_int_equal(deep, AS_DEEP_TYPE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_types_golden_message_is_read),
        cmocka_unit_test(every_types_golden_message_is_written),
        cmocka_unit_test(every_cut_of_a_message_is_short_and_writes_nothing),
        cmocka_unit_test(a_longer_message_gives_its_known_part),
        cmocka_unit_test(types_that_do_not_exist_are_unknown_at_any_length),
        cmocka_unit_test(values_at_their_limits_pass_unjudged),
        cmocka_unit_test(nothing_is_written_without_room),
        cmocka_unit_test(random_bytes_round_trip),
        cmocka_unit_test(the_feeds_have_the_types_of_the_table_with_its_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
