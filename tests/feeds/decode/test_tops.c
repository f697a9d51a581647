#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/tops.h"
#include "feeds/framing/iextp.h"
#include "tests/support/iex_golden.h"
#include "tests/support/pcap.h"
#include "tests/support/shared.h"

#define DUMPS "data/iex/iextrading4j_dumps/"
#define CAPTURES "data/pcap_exchange/Iex/"

static void tops_has_quotes_and_no_price_levels(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AST_IEX_GOLDEN_COUNT; i++) {
        uint8_t m[AS_IEX_BYTES_MAX], again[AS_IEX_BYTES_MAX];
        size_t n = ast_hex(ast_iex_golden_of[i].hex, m, sizeof m);
        as_iex expected = ast_iex_golden_value(i), out;
        if (m[0] == '8' || m[0] == '5') {
            assert_int_equal(as_tops_decode(m, n, &out), AS_IEX_UNKNOWN);
            assert_int_equal(as_tops_encode(&expected, again, sizeof again), 0);
            continue;
        }
        assert_int_equal(as_tops_decode(m, n, &out), AS_IEX_OK);
        ast_iex_assert_equal(&out, &expected);
        assert_int_equal(as_tops_encode(&out, again, sizeof again), n);
        assert_memory_equal(again, m, n);
    }
}

static void trades_of_tops_15_have_four_bytes_more(void **state)
{
    (void)state;
    uint8_t m[AS_TOPS15_TRADE_BYTES], again[AS_TOPS15_TRADE_BYTES];
    size_t n = ast_hex(AST_IEX_GOLDEN_T15, m, sizeof m);
    assert_int_equal(n, AS_TOPS15_TRADE_BYTES);
    for (unsigned i = 0; i < 2; i++) {
        m[0] = (uint8_t) "TB"[i];
        as_iex out;
        assert_int_equal(as_tops_decode(m, n, &out), AS_IEX_OK);
        assert_true(out.trade.has_reserved);
        assert_int_equal(out.trade.reserved, AST_IEX_T15_RESERVED);
        assert_int_equal(out.trade.px4, 2506400);
        assert_int_equal(out.trade.shares, 10);
        assert_int_equal(out.trade.trade_id, 1477663);
        for (size_t room = 0; room < n; room++)
            assert_int_equal(as_tops_encode(&out, again, room), 0);
        assert_int_equal(as_tops_encode(&out, again, sizeof again), n);
        assert_memory_equal(again, m, n);
    }
}

static void other_lengths_of_a_trade_are_short_or_grown(void **state)
{
    (void)state;
    uint8_t m[64] = {0};
    ast_hex(AST_IEX_GOLDEN_T15, m, sizeof m);
    for (size_t n = 1; n < sizeof m; n++) {
        as_iex out;
        as_iex_result expected = n < 38 ? AS_IEX_SHORT : n == 38 || n == 42 ? AS_IEX_OK : AS_IEX_GROWN;
        assert_int_equal(as_tops_decode(m, n, &out), expected);
        if (expected >= 0)
            assert_int_equal(out.trade.has_reserved, n == 42);
    }
    m[0] = 'Q'; /* 42 is what a quote has always had */
    as_iex out;
    assert_int_equal(as_tops_decode(m, 42, &out), AS_IEX_OK);
    assert_int_equal(as_tops_decode(m, 46, &out), AS_IEX_GROWN);
}

/* A file that is one message; false if it is not there. */
static bool read_dump(const char *path, as_iex *out)
{
    size_t bytes;
    uint8_t *m = ast_shared_read(path, &bytes);
    if (!m)
        return false;
    assert_int_equal(as_tops_decode(m, bytes, out), AS_IEX_OK);
    free(m);
    return true;
}

/* What the tests of iextrading4j-hist expect of the same files. */
static void recorded_messages_have_their_published_values(void **state)
{
    (void)state;
    as_iex m;
    if (!read_dump(DUMPS "IEXQuoteUpdateMessage.dump", &m))
        skip();
    assert_int_equal(m.type, 'Q');
    assert_int_equal(m.flags, AS_IEX_OUTSIDE_SESSION);
    assert_memory_equal(m.symbol, "A       ", 8);
    assert_int_equal(m.quote.bid_shares + m.quote.ask_shares, 0);
    assert_true(read_dump(DUMPS "IEXTradeReportMessage.dump", &m));
    assert_int_equal(m.ts_ns, INT64_C(1509799811101738406));
    assert_memory_equal(m.symbol, "ZXIET   ", 8);
    assert_int_equal(m.flags, AS_IEX_SWEEP | AS_IEX_EXTENDED_HOURS);
    assert_int_equal(m.trade.shares, 471);
    assert_int_equal(m.trade.px4, 999500);
    assert_int_equal(m.trade.trade_id, 3914566);
    assert_true(read_dump(DUMPS "IEXTradingStatusMessage.dump", &m));
    assert_int_equal(m.flags, 'H');
    assert_memory_equal(m.symbol, "ZWZZT   ", 8);
    assert_memory_equal(m.status.reason, "NA  ", 4);
    assert_true(read_dump(DUMPS "IEXSecurityDirectoryMessage.dump", &m));
    assert_int_equal(m.flags, AS_IEX_TEST_SECURITY);
    assert_int_equal(m.ts_ns, INT64_C(1509795046090464161));
    assert_int_equal(m.directory.round_lot, 100);
    assert_int_equal(m.directory.adjusted_px4, 100000);
    assert_int_equal(m.directory.luld_tier, 1);
    assert_true(read_dump(DUMPS "IEXShortSalePriceTestStatusMessage.dump", &m));
    assert_int_equal(m.flags, 1);
    assert_int_equal(m.short_sale.detail, 'N');
    assert_true(read_dump(DUMPS "IEXOperationalHaltStatusMessage.dump", &m));
    assert_int_equal(m.flags, 'N');
    assert_true(read_dump(DUMPS "IEXSystemEventMessage.dump", &m));
    assert_int_equal(m.flags, 'S');
    assert_true(read_dump(DUMPS "IEXAuctionInformationMessage.dump", &m));
    assert_int_equal(m.flags, 'H');
    assert_int_equal(m.ts_ns, INT64_C(1509799500155613925));
    assert_int_equal(m.auction.reference_px4, 1000000);
    assert_int_equal(m.auction.indicative_px4, 1000000);
    assert_int_equal(m.auction.side, 'N');
    assert_int_equal(m.auction.scheduled_s, 1509799800);
    assert_int_equal(m.auction.book_px4, 1000000);
    assert_int_equal(m.auction.upper_px4, 0);
}

/* All messages of a datagram are good; how many of each type in count. */
static void decode_datagram(const uint8_t *datagram, size_t bytes, unsigned count[256])
{
    as_packet p;
    assert_int_equal(as_iextp_parse_tops(datagram, bytes, &p), AS_PACKET_OK);
    const uint8_t *cursor = p.blocks;
    for (unsigned i = 0; i < p.count; i++) {
        as_iex m;
        size_t message_bytes;
        const uint8_t *message = as_packet_next(&p, &cursor, &message_bytes);
        assert_int_equal(as_tops_decode(message, message_bytes, &m), AS_IEX_OK);
        count[message[0]]++;
    }
}

static void recorded_datagrams_hold_the_messages_their_names_say(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *types;
    } file[] = {
        {CAPTURES "Tops.IexTp.v1.5/AuctionInformationMessage.pcap", "A"},
        {CAPTURES "Tops.IexTp.v1.5/OfficialPriceMessage.pcap", "X"},
        {CAPTURES "Tops.IexTp.v1.5/OperationalHaltStatusMessage.pcap", "OHQS"},
        {CAPTURES "Tops.IexTp.v1.5/QuoteUpdateMessage.pcap", "Q"},
        {CAPTURES "Tops.IexTp.v1.5/SecurityDirectoryMessage.pcap", "DPOHQ"},
        {CAPTURES "Tops.IexTp.v1.5/ShortSalePriceTestStatusMessage.pcap", "P"},
        {CAPTURES "Tops.IexTp.v1.5/SystemEventMessage.pcap", "S"},
        {CAPTURES "Tops.IexTp.v1.5/TradeReportMessage.pcap", "T"},
        {CAPTURES "Tops.IexTp.v1.5/TradingStatusMessage.pcap", "H"},
        {CAPTURES "Tops.IexTp.v1.6/QuoteUpdateMessage.pcap", "Q"},
    };
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        size_t bytes, at = 24, datagram_bytes;
        uint8_t *data = ast_shared_read(file[i].path, &bytes);
        if (!data)
            skip();
        unsigned count[256] = {0}, types = 0;
        const uint8_t *datagram;
        while ((datagram = ast_pcap_next(data, bytes, &at, &datagram_bytes)))
            decode_datagram(datagram, datagram_bytes, count);
        for (unsigned type = 0; type < 256; type++)
            types += count[type] > 0;
        assert_int_equal(types, strlen(file[i].types));
        for (const char *type = file[i].types; *type; type++)
            assert_true(count[(uint8_t)*type] > 0);
        free(data);
    }
}

static void recorded_segments_are_read_to_their_last_byte(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        unsigned quotes, trades;
    } file[] = {
        {DUMPS "BigTopsSegment.dump", 13, 0},
        {DUMPS "TOPS15Segment.dump", 1, 0},
        {DUMPS "TOPS16Segment.dump", 0, 1},
    };
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        size_t bytes;
        uint8_t *data = ast_shared_read(file[i].path, &bytes);
        if (!data)
            skip();
        unsigned count[256] = {0};
        decode_datagram(data, bytes, count);
        assert_int_equal(count['Q'], file[i].quotes);
        assert_int_equal(count['T'], file[i].trades);
        free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tops_has_quotes_and_no_price_levels),
        cmocka_unit_test(trades_of_tops_15_have_four_bytes_more),
        cmocka_unit_test(other_lengths_of_a_trade_are_short_or_grown),
        cmocka_unit_test(recorded_messages_have_their_published_values),
        cmocka_unit_test(recorded_datagrams_hold_the_messages_their_names_say),
        cmocka_unit_test(recorded_segments_are_read_to_their_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
