#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/deep.h"
#include "feeds/framing/iextp.h"
#include "tests/support/iex_golden.h"
#include "tests/support/pcap.h"
#include "tests/support/shared.h"

#define DUMPS "data/iex/iextrading4j_dumps/"
#define CAPTURES "data/pcap_exchange/Iex/Deep.IexTp.v1.0/"

static void deep_has_price_levels_and_no_quotes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AST_IEX_GOLDEN_COUNT; i++) {
        uint8_t m[AS_IEX_BYTES_MAX], again[AS_IEX_BYTES_MAX];
        size_t n = ast_hex(ast_iex_golden_of[i].hex, m, sizeof m);
        as_iex expected = ast_iex_golden_value(i), out;
        if (m[0] == 'Q') {
            assert_int_equal(as_deep_decode(m, n, &out), AS_IEX_UNKNOWN);
            assert_int_equal(as_deep_encode(&expected, again, sizeof again), 0);
            continue;
        }
        assert_int_equal(as_deep_decode(m, n, &out), AS_IEX_OK);
        ast_iex_assert_equal(&out, &expected);
        assert_int_equal(as_deep_encode(&out, again, sizeof again), n);
        assert_memory_equal(again, m, n);
    }
}

static void every_length_of_every_type_is_short_right_or_grown(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        uint8_t m[AS_IEX_BYTES_MAX + 4] = {(uint8_t)type};
        as_iex out;
        size_t length = as_deep_length((uint8_t)type);
        for (size_t n = 1; n <= sizeof m; n++) {
            as_iex_result expected = length == 0  ? AS_IEX_UNKNOWN
                                     : n < length ? AS_IEX_SHORT
                                     : n > length ? AS_IEX_GROWN
                                                  : AS_IEX_OK;
            assert_int_equal(as_deep_decode(m, n, &out), expected);
        }
        assert_int_equal(as_deep_decode(m, 0, &out), AS_IEX_EMPTY);
    }
}

static void the_trade_of_tops_15_is_a_grown_one_here(void **state)
{
    (void)state;
    uint8_t m[AS_TOPS15_TRADE_BYTES];
    as_iex out;
    ast_hex(AST_IEX_GOLDEN_T15, m, sizeof m);
    assert_int_equal(as_deep_decode(m, sizeof m, &out), AS_IEX_GROWN);
    assert_int_equal(out.trade.px4, 2506400);
    assert_false(out.trade.has_reserved);
}

/* What the tests of iextrading4j-hist expect of the same files. */
static void recorded_messages_have_their_published_values(void **state)
{
    (void)state;
    size_t bytes;
    as_iex out;
    uint8_t *m = ast_shared_read(DUMPS "IEXPriceLevelUpdateMessage.dump", &bytes);
    if (!m)
        skip();
    assert_int_equal(as_deep_decode(m, bytes, &out), AS_IEX_OK);
    assert_int_equal(out.type, '8');
    assert_int_equal(out.flags, AS_IEX_EVENT_COMPLETE);
    assert_int_equal(out.ts_ns, INT64_C(1509799810232574926));
    assert_memory_equal(out.symbol, "ZXIET   ", 8);
    assert_int_equal(out.level.shares, 5431);
    assert_int_equal(out.level.px4, 999100);
    free(m);
    m = ast_shared_read(DUMPS "IEXSecurityEventMessage.dump", &bytes);
    assert_non_null(m);
    assert_int_equal(as_deep_decode(m, bytes, &out), AS_IEX_OK);
    assert_int_equal(out.type, 'E');
    assert_int_equal(out.flags, 'O');
    assert_memory_equal(out.symbol, "ACRX    ", 8);
    free(m);
}

static void assert_level(const char *path, char type, const char *symbol, uint32_t shares, int64_t px4)
{
    size_t bytes, at = 24, datagram_bytes, message_bytes;
    uint8_t *file = ast_shared_read(path, &bytes);
    if (!file)
        skip();
    const uint8_t *datagram = ast_pcap_next(file, bytes, &at, &datagram_bytes);
    as_packet p;
    as_iex out;
    assert_int_equal(as_iextp_parse_deep(datagram, datagram_bytes, &p), AS_PACKET_OK);
    assert_int_equal(p.count, 1);
    const uint8_t *cursor = p.blocks, *message = as_packet_next(&p, &cursor, &message_bytes);
    assert_int_equal(as_deep_decode(message, message_bytes, &out), AS_IEX_OK);
    assert_int_equal(out.type, type);
    assert_int_equal(out.flags, AS_IEX_EVENT_COMPLETE);
    assert_memory_equal(out.symbol, symbol, 8);
    assert_int_equal(out.level.shares, shares);
    assert_int_equal(out.level.px4, px4);
    free(file);
}

static void recorded_datagrams_hold_the_levels_their_names_say(void **state)
{
    (void)state;
    assert_level(CAPTURES "PriceLevelBuyUpdateMessage.pcap", '8', "V       ", 190, 2027700);
    assert_level(CAPTURES "PriceLevelSellUpdateMessage.pcap", '5', "UNH     ", 82, 3441400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_has_price_levels_and_no_quotes),
        cmocka_unit_test(every_length_of_every_type_is_short_right_or_grown),
        cmocka_unit_test(the_trade_of_tops_15_is_a_grown_one_here),
        cmocka_unit_test(recorded_messages_have_their_published_values),
        cmocka_unit_test(recorded_datagrams_hold_the_levels_their_names_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
