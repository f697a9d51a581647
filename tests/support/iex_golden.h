/*
 * One message of every IEX type: its bytes, packed by Python's struct module from the table of PROTOCOLS A6 (Q is the
 * vector of A11), and the value they stand for.
 */
#ifndef AST_SUPPORT_IEX_GOLDEN_H
#define AST_SUPPORT_IEX_GOLDEN_H

#include <string.h>

#include "feeds/decode/iex.h"
#include "tests/support/hex.h"

enum { AST_IEX_GOLDEN_COUNT = 14 };

#define AST_IEX_TS INT64_C(1700000000123456789)

typedef struct ast_iex_golden {
    const char *hex;
    as_iex value;
} ast_iex_golden;

static const ast_iex_golden ast_iex_golden_of[AST_IEX_GOLDEN_COUNT] = {
    {"535215cd853dfe9c9717", {.type = 'S', .flags = 'R', .symbol = "        "}},
    {"44a015cd853dfe9c9717535059202020202064000000f2ae44000000000001",
     {.type = 'D',
      .flags = AS_IEX_TEST_SECURITY | AS_IEX_ETP,
      .symbol = "SPY     ",
      .directory = {.round_lot = 100, .adjusted_px4 = 4501234, .luld_tier = 1}}},
    {"484f15cd853dfe9c97175a5849455420202049504f32",
     {.type = 'H', .flags = 'O', .symbol = "ZXIET   ", .status = {"IPO2"}}},
    {"494115cd853dfe9c97174141504c20202020", {.type = 'I', .flags = 'A', .symbol = "AAPL    "}},
    {"4f4f15cd853dfe9c97174141504c20202020", {.type = 'O', .flags = 'O', .symbol = "AAPL    "}},
    {"500115cd853dfe9c9717474d45202020202041", {.type = 'P', .flags = 1, .symbol = "GME     ", .short_sale = {'A'}}},
    {"454315cd853dfe9c97175a49455854202020", {.type = 'E', .flags = 'C', .symbol = "ZIEXT   "}},
    {"380115cd853dfe9c97174e564441202020202c0100004cef410000000000",
     {.type = '8', .flags = 1, .symbol = "NVDA    ", .level = {.px4 = 4321100, .shares = 300}}},
    {"350015cd853dfe9c97174e5644412020202000000000dcf0410000000000",
     {.type = '5', .flags = 0, .symbol = "NVDA    ", .level = {.px4 = 4321500, .shares = 0}}},
    {"510015cd853dfe9c97174141504c202020202c01000090021d0000000000f4021d0000000000c8000000",
     {.type = 'Q',
      .flags = 0,
      .symbol = "AAPL    ",
      .quote = {.bid_px4 = 1901200, .ask_px4 = 1901300, .bid_shares = 300, .ask_shares = 200}}},
    {"546015cd853dfe9c971754534c41202020200a000000a03e2600000000001f8c160000000000",
     {.type = 'T',
      .flags = AS_IEX_EXTENDED_HOURS | AS_IEX_ODD_LOT,
      .symbol = "TSLA    ",
      .trade = {.px4 = 2506400, .trade_id = 1477663, .shares = 10}}},
    {"428015cd853dfe9c971742524b2e42202020bc020000e067350000000000b168de3a00000000",
     {.type = 'B',
      .flags = AS_IEX_SWEEP,
      .symbol = "BRK.B   ",
      .trade = {.px4 = 3500000, .trade_id = 987654321, .shares = 700}}},
    {"584d15cd853dfe9c97175a4945585420202040420f0000000000",
     {.type = 'X', .flags = 'M', .symbol = "ZIEXT   ", .official = {1000000}}},
    {"414315cd853dfe9c97175a49455854202020dc050000a0860100000000000487010000000000c4090000420358f35365688701000000"
     "00003c86010000000000905f010000000000b0ad010000000000",
     {.type = 'A',
      .flags = 'C',
      .symbol = "ZIEXT   ",
      .auction = {.reference_px4 = 100000,
                  .indicative_px4 = 100100,
                  .book_px4 = 100200,
                  .collar_px4 = 99900,
                  .lower_px4 = 90000,
                  .upper_px4 = 110000,
                  .paired = 1500,
                  .imbalance = 2500,
                  .scheduled_s = 1700000600,
                  .side = 'B',
                  .extensions = 3}}},
};

/* The T above as TOPS 1.5 has it. */
#define AST_IEX_GOLDEN_T15 "546015cd853dfe9c971754534c41202020200a000000a03e2600000000001f8c16000000000004030201"
#define AST_IEX_T15_RESERVED 0x01020304u

static inline as_iex ast_iex_golden_value(unsigned i)
{
    as_iex value = ast_iex_golden_of[i].value;
    value.ts_ns = AST_IEX_TS;
    return value;
}

/* The golden message of a type, which must be one. */
static inline size_t ast_iex_golden_bytes(char type, uint8_t out[AS_IEX_BYTES_MAX])
{
    unsigned i = 0;
    while (ast_iex_golden_of[i].value.type != type)
        i++;
    return ast_hex(ast_iex_golden_of[i].hex, out, AS_IEX_BYTES_MAX);
}

/* Equal in what the type has. For tests; include cmocka.h first. */
static inline void ast_iex_assert_equal(const as_iex *found, const as_iex *expected)
{
    assert_int_equal(found->type, expected->type);
    assert_int_equal(found->flags, expected->flags);
    assert_int_equal(found->ts_ns, expected->ts_ns);
    assert_memory_equal(found->symbol, expected->symbol, AS_IEX_SYMBOL_BYTES);
    switch (expected->type) {
    case 'D':
        assert_int_equal(found->directory.round_lot, expected->directory.round_lot);
        assert_int_equal(found->directory.adjusted_px4, expected->directory.adjusted_px4);
        assert_int_equal(found->directory.luld_tier, expected->directory.luld_tier);
        break;
    case 'H':
        assert_memory_equal(found->status.reason, expected->status.reason, 4);
        break;
    case 'P':
        assert_int_equal(found->short_sale.detail, expected->short_sale.detail);
        break;
    case '8':
    case '5':
        assert_int_equal(found->level.px4, expected->level.px4);
        assert_int_equal(found->level.shares, expected->level.shares);
        break;
    case 'Q':
        assert_memory_equal(&found->quote, &expected->quote, sizeof found->quote); /* no padding within */
        break;
    case 'T':
    case 'B':
        assert_int_equal(found->trade.px4, expected->trade.px4);
        assert_int_equal(found->trade.trade_id, expected->trade.trade_id);
        assert_int_equal(found->trade.shares, expected->trade.shares);
        assert_int_equal(found->trade.has_reserved, expected->trade.has_reserved);
        assert_int_equal(found->trade.reserved, expected->trade.reserved);
        break;
    case 'X':
        assert_int_equal(found->official.px4, expected->official.px4);
        break;
    case 'A':
        assert_memory_equal(&found->auction, &expected->auction,
                            offsetof(as_iex, auction.extensions) + 1 - offsetof(as_iex, auction));
        break;
    default:
        break;
    }
}

#endif
