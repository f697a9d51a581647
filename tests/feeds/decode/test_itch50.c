#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/itch50.h"
#include "feeds/decode/itch50_encode.h"
#include "tests/support/hex.h"
#include "tests/support/pcap.h"
#include "tests/support/shared.h"

/* Lengths of PROTOCOLS A1's table. */
static const struct {
    char type;
    size_t bytes;
} spec[AS_ITCH50_TYPE_COUNT] = {
    {'S', 12}, {'R', 39}, {'H', 25}, {'Y', 20}, {'L', 26}, {'V', 35}, {'W', 12}, {'K', 28},
    {'J', 35}, {'h', 21}, {'A', 36}, {'F', 40}, {'E', 31}, {'C', 36}, {'X', 23}, {'D', 19},
    {'U', 35}, {'P', 44}, {'Q', 40}, {'B', 19}, {'I', 50}, {'N', 20}, {'O', 48},
};

/* ---- golden messages: packed by tests/support/itch_sender.py from its own tables, each field another value ---- */

static void check_system(const as_itch50 *m)
{
    assert_int_equal(m->system.event, 'b');
}

static void check_directory(const as_itch50 *m)
{
    assert_memory_equal(m->directory.stock, "NVDA    ", 8);
    assert_int_equal(m->directory.category, 'd');
    assert_int_equal(m->directory.financial_status, 'e');
    assert_int_equal(m->directory.round_lot, 0x11223305);
    assert_int_equal(m->directory.round_lots_only, 'g');
    assert_int_equal(m->directory.issue_class, 'h');
    assert_memory_equal(m->directory.subtype, "ij", 2);
    assert_int_equal(m->directory.authenticity, 'j');
    assert_int_equal(m->directory.short_sale_threshold, 'k');
    assert_int_equal(m->directory.ipo, 'l');
    assert_int_equal(m->directory.luld_tier, 'm');
    assert_int_equal(m->directory.etp, 'n');
    assert_int_equal(m->directory.etp_leverage, 0x1122330e);
    assert_int_equal(m->directory.inverse, 'p');
}

static void check_action(const as_itch50 *m)
{
    assert_memory_equal(m->action.stock, "NVDA    ", 8);
    assert_int_equal(m->action.state, 'r');
    assert_int_equal(m->action.reserved, 's');
    assert_memory_equal(m->action.reason, "tuvw", 4);
}

static void check_reg_sho(const as_itch50 *m)
{
    assert_memory_equal(m->reg_sho.stock, "NVDA    ", 8);
    assert_int_equal(m->reg_sho.restriction, 'v');
}

static void check_participant(const as_itch50 *m)
{
    assert_memory_equal(m->participant.mpid, "GSCO", 4);
    assert_memory_equal(m->participant.stock, "NVDA    ", 8);
    assert_int_equal(m->participant.primary, 'y');
    assert_int_equal(m->participant.mode, 'z');
    assert_int_equal(m->participant.state, 'a');
}

static void check_decline(const as_itch50 *m)
{
    assert_int_equal(m->decline.level_px8[0], UINT64_C(0x10203040506071b));
    assert_int_equal(m->decline.level_px8[1], UINT64_C(0x10203040506071c));
    assert_int_equal(m->decline.level_px8[2], UINT64_C(0x10203040506071d));
}

static void check_breach(const as_itch50 *m)
{
    assert_int_equal(m->breach.level, 'e');
}

static void check_ipo(const as_itch50 *m)
{
    assert_memory_equal(m->ipo.stock, "NVDA    ", 8);
    assert_int_equal(m->ipo.release_s, 0x11223320);
    assert_int_equal(m->ipo.qualifier, 'h');
    assert_int_equal(m->ipo.px4, 0x11223322);
}

static void check_collar(const as_itch50 *m)
{
    assert_memory_equal(m->collar.stock, "NVDA    ", 8);
    assert_int_equal(m->collar.reference_px4, 0x11223324);
    assert_int_equal(m->collar.upper_px4, 0x11223325);
    assert_int_equal(m->collar.lower_px4, 0x11223326);
    assert_int_equal(m->collar.extension, 0x11223327);
}

static void check_operational(const as_itch50 *m)
{
    assert_memory_equal(m->operational.stock, "NVDA    ", 8);
    assert_int_equal(m->operational.market, 'p');
    assert_int_equal(m->operational.action, 'q');
}

static void check_add(const as_itch50 *m)
{
    assert_int_equal(m->add.ref, UINT64_C(0x10203040506072b));
    assert_int_equal(m->add.side, 's');
    assert_int_equal(m->add.shares, 0x1122332d);
    assert_memory_equal(m->add.stock, "NVDA    ", 8);
    assert_int_equal(m->add.px4, 0x1122332f);
}

static void check_attributed_add(const as_itch50 *m)
{
    assert_int_equal(m->add.ref, UINT64_C(0x102030405060730));
    assert_int_equal(m->add.side, 'x');
    assert_int_equal(m->add.shares, 0x11223332);
    assert_memory_equal(m->add.stock, "NVDA    ", 8);
    assert_int_equal(m->add.px4, 0x11223334);
    assert_memory_equal(m->add.mpid, "GSCO", 4);
}

static void check_execute(const as_itch50 *m)
{
    assert_int_equal(m->execute.ref, UINT64_C(0x102030405060736));
    assert_int_equal(m->execute.shares, 0x11223337);
    assert_int_equal(m->execute.match, UINT64_C(0x102030405060738));
}

static void check_execute_at(const as_itch50 *m)
{
    assert_int_equal(m->execute.ref, UINT64_C(0x102030405060739));
    assert_int_equal(m->execute.shares, 0x1122333a);
    assert_int_equal(m->execute.match, UINT64_C(0x10203040506073b));
    assert_int_equal(m->execute.printable, 'i');
    assert_int_equal(m->execute.px4, 0x1122333d);
}

static void check_cancel(const as_itch50 *m)
{
    assert_int_equal(m->cancel.ref, UINT64_C(0x10203040506073e));
    assert_int_equal(m->cancel.shares, 0x1122333f);
}

static void check_remove(const as_itch50 *m)
{
    assert_int_equal(m->remove.ref, UINT64_C(0x102030405060740));
}

static void check_replace(const as_itch50 *m)
{
    assert_int_equal(m->replace.ref, UINT64_C(0x102030405060741));
    assert_int_equal(m->replace.new_ref, UINT64_C(0x102030405060742));
    assert_int_equal(m->replace.shares, 0x11223343);
    assert_int_equal(m->replace.px4, 0x11223344);
}

static void check_trade(const as_itch50 *m)
{
    assert_int_equal(m->trade.ref, UINT64_C(0x102030405060745));
    assert_int_equal(m->trade.side, 's');
    assert_int_equal(m->trade.shares, 0x11223347);
    assert_memory_equal(m->trade.stock, "NVDA    ", 8);
    assert_int_equal(m->trade.px4, 0x11223349);
    assert_int_equal(m->trade.match, UINT64_C(0x10203040506074a));
}

static void check_cross(const as_itch50 *m)
{
    assert_int_equal(m->cross.shares, UINT64_C(0x10203040506074b));
    assert_memory_equal(m->cross.stock, "NVDA    ", 8);
    assert_int_equal(m->cross.px4, 0x1122334d);
    assert_int_equal(m->cross.match, UINT64_C(0x10203040506074e));
    assert_int_equal(m->cross.cross, 'b');
}

static void check_broken(const as_itch50 *m)
{
    assert_int_equal(m->broken.match, UINT64_C(0x102030405060750));
}

static void check_imbalance(const as_itch50 *m)
{
    assert_int_equal(m->imbalance.paired, UINT64_C(0x102030405060751));
    assert_int_equal(m->imbalance.imbalance, UINT64_C(0x102030405060752));
    assert_int_equal(m->imbalance.direction, 'f');
    assert_memory_equal(m->imbalance.stock, "NVDA    ", 8);
    assert_int_equal(m->imbalance.far_px4, 0x11223355);
    assert_int_equal(m->imbalance.near_px4, 0x11223356);
    assert_int_equal(m->imbalance.reference_px4, 0x11223357);
    assert_int_equal(m->imbalance.cross, 'k');
    assert_int_equal(m->imbalance.variation, 'l');
}

static void check_rpi(const as_itch50 *m)
{
    assert_memory_equal(m->rpi.stock, "NVDA    ", 8);
    assert_int_equal(m->rpi.interest, 'n');
}

static void check_listing(const as_itch50 *m)
{
    assert_memory_equal(m->listing.stock, "NVDA    ", 8);
    assert_int_equal(m->listing.eligible, 'p');
    assert_int_equal(m->listing.min_px4, 0x1122335e);
    assert_int_equal(m->listing.max_px4, 0x1122335f);
    assert_int_equal(m->listing.near_px4, 0x11223360);
    assert_int_equal(m->listing.near_time, UINT64_C(0x102030405060761));
    assert_int_equal(m->listing.lower_px4, 0x11223362);
    assert_int_equal(m->listing.upper_px4, 0x11223363);
}

static const struct {
    const char *hex;
    void (*check)(const as_itch50 *message);
} golden[AS_ITCH50_TYPE_COUNT] = {
    {"53123456789abcdef0123462", check_system},
    {"52123456789abcdef012344e564441202020206465112233056768696a6a6b6c6d6e1122330e70", check_directory},
    {"48123456789abcdef012344e56444120202020727374757677", check_action},
    {"59123456789abcdef012344e5644412020202076", check_reg_sho},
    {"4c123456789abcdef012344753434f4e56444120202020797a61", check_participant},
    {"56123456789abcdef01234010203040506071b010203040506071c010203040506071d", check_decline},
    {"57123456789abcdef0123465", check_breach},
    {"4b123456789abcdef012344e56444120202020112233206811223322", check_ipo},
    {"4a123456789abcdef012344e5644412020202011223324112233251122332611223327", check_collar},
    {"68123456789abcdef012344e564441202020207071", check_operational},
    {"41123456789abcdef01234010203040506072b731122332d4e564441202020201122332f", check_add},
    {"46123456789abcdef01234010203040506073078112233324e56444120202020112233344753434f", check_attributed_add},
    {"45123456789abcdef012340102030405060736112233370102030405060738", check_execute},
    {"43123456789abcdef0123401020304050607391122333a010203040506073b691122333d", check_execute_at},
    {"58123456789abcdef01234010203040506073e1122333f", check_cancel},
    {"44123456789abcdef012340102030405060740", check_remove},
    {"55123456789abcdef01234010203040506074101020304050607421122334311223344", check_replace},
    {"50123456789abcdef01234010203040506074573112233474e5644412020202011223349010203040506074a", check_trade},
    {"51123456789abcdef01234010203040506074b4e564441202020201122334d010203040506074e62", check_cross},
    {"42123456789abcdef012340102030405060750", check_broken},
    {"49123456789abcdef0123401020304050607510102030405060752664e564441202020201122335511223356112233576b6c",
     check_imbalance},
    {"4e123456789abcdef012344e564441202020206e", check_rpi},
    {"4f123456789abcdef012344e56444120202020701122335e1122335f1122336001020304050607611122336211223363", check_listing},
};

static uint8_t golden_type(size_t i)
{
    uint8_t m[64];
    (void)ast_hex(golden[i].hex, m, sizeof m);
    return m[0];
}

static size_t golden_bytes(size_t i, uint8_t *out)
{
    return ast_hex(golden[i].hex, out, AS_ITCH50_BYTES_MAX + 8);
}

/* ---- layout ---- */

static void a_decoded_message_fits_a_cache_line(void **state)
{
    (void)state;
    assert_true(sizeof(as_itch50) <= 64);
}

static void the_length_table_is_the_specifications(void **state)
{
    (void)state;
    size_t known = 0;
    for (unsigned type = 0; type < 256; type++)
        known += as_itch50_length((uint8_t)type) != 0;
    assert_int_equal(known, AS_ITCH50_TYPE_COUNT);
    for (size_t i = 0; i < AS_ITCH50_TYPE_COUNT; i++) {
        assert_int_equal(as_itch50_length((uint8_t)spec[i].type), spec[i].bytes);
        assert_in_range(spec[i].bytes, AS_ITCH50_BYTES_MIN, AS_ITCH50_BYTES_MAX);
    }
}

/* ---- golden ---- */

static void the_published_vectors_decode(void **state)
{
    (void)state;
    uint8_t m[64];
    as_itch50 out;
    size_t n;
    n = ast_hex("41000700021f1aced9f07b112233445566778842000000644141504c20202020001d0290", m, sizeof m);
    assert_int_equal(as_itch50_decode(m, n, &out), AS_ITCH50_OK);
    assert_int_equal(out.type, 'A');
    assert_int_equal(out.locate, 7);
    assert_int_equal(out.tracking, 2);
    assert_int_equal(out.ts_ns, UINT64_C(34200000000123));
    assert_int_equal(out.add.ref, UINT64_C(0x1122334455667788));
    assert_int_equal(out.add.side, 'B');
    assert_int_equal(out.add.shares, 100);
    assert_memory_equal(out.add.stock, "AAPL    ", 8);
    assert_int_equal(out.add.px4, 1901200);

    n = ast_hex("45000700021f1aced9f07b112233445566778800000028000000003ade68b1", m, sizeof m);
    assert_int_equal(as_itch50_decode(m, n, &out), AS_ITCH50_OK);
    assert_int_equal(out.type, 'E');
    assert_int_equal(out.execute.shares, 40);
    assert_int_equal(out.execute.match, 987654321);

    n = ast_hex("55000700021f1aced9f07b112233445566778811223344556677990000003c001d02f4", m, sizeof m);
    assert_int_equal(as_itch50_decode(m, n, &out), AS_ITCH50_OK);
    assert_int_equal(out.type, 'U');
    assert_int_equal(out.replace.ref, UINT64_C(0x1122334455667788));
    assert_int_equal(out.replace.new_ref, UINT64_C(0x1122334455667799));
    assert_int_equal(out.replace.shares, 60);
    assert_int_equal(out.replace.px4, 1901300);
}

static void every_field_of_every_type_decodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < AS_ITCH50_TYPE_COUNT; i++) {
        uint8_t m[64];
        size_t n = golden_bytes(i, m);
        as_itch50 out;
        memset(&out, 0xee, sizeof out);
        assert_int_equal(as_itch50_decode(m, n, &out), AS_ITCH50_OK);
        assert_int_equal(out.type, m[0]);
        assert_int_equal(out.locate, 0x1234);
        assert_int_equal(out.tracking, 0x5678);
        assert_int_equal(out.ts_ns, UINT64_C(0x9abcdef01234));
        golden[i].check(&out);
        const char *stock = as_itch50_stock(&out);
        assert_int_equal(stock != NULL, memmem(m, n, "NVDA    ", 8) != NULL);
        if (stock)
            assert_memory_equal(stock, "NVDA    ", 8);
    }
}

static void encoding_gives_the_bytes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < AS_ITCH50_TYPE_COUNT; i++) {
        uint8_t m[64], again[64];
        size_t n = golden_bytes(i, m);
        as_itch50 out;
        assert_int_equal(as_itch50_decode(m, n, &out), AS_ITCH50_OK);
        memset(again, 0xee, sizeof again);
        assert_int_equal(as_itch50_encode(&out, again, n - 1), 0);
        assert_int_equal(again[0], 0xee);
        assert_int_equal(as_itch50_encode(&out, again, n), n);
        assert_memory_equal(again, m, n);
        assert_int_equal(again[n], 0xee);
    }
    as_itch50 unknown = {.type = 'Z'};
    uint8_t buf[64];
    assert_int_equal(as_itch50_encode(&unknown, buf, sizeof buf), 0);
}

/* ---- negative ---- */

static void no_bytes_are_empty(void **state)
{
    (void)state;
    as_itch50 out;
    assert_int_equal(as_itch50_decode((const uint8_t *)"A", 0, &out), AS_ITCH50_EMPTY);
    assert_int_equal(as_itch50_decode(NULL, 0, &out), AS_ITCH50_EMPTY);
}

/* Each length in memory of its own, so that the address sanitizer sees a read behind the end. */
static void every_cut_of_every_type_is_short_and_writes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < AS_ITCH50_TYPE_COUNT; i++) {
        uint8_t m[64];
        size_t n = golden_bytes(i, m);
        for (size_t cut = 1; cut < n; cut++) {
            uint8_t *part = malloc(cut);
            memcpy(part, m, cut);
            as_itch50 out, before;
            memset(&out, 0xee, sizeof out);
            before = out;
            assert_int_equal(as_itch50_decode(part, cut, &out), AS_ITCH50_SHORT);
            assert_memory_equal(&out, &before, sizeof out);
            free(part);
        }
    }
}

static void a_grown_message_gives_its_known_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < AS_ITCH50_TYPE_COUNT; i++) {
        uint8_t m[64];
        size_t n = golden_bytes(i, m);
        m[n] = 0xaa;
        as_itch50 out;
        assert_int_equal(as_itch50_decode(m, n + 1, &out), AS_ITCH50_GROWN);
        golden[i].check(&out);
        uint8_t *large = calloc(1, 65535);
        memcpy(large, m, n);
        assert_int_equal(as_itch50_decode(large, 65535, &out), AS_ITCH50_GROWN);
        golden[i].check(&out);
        free(large);
    }
}

static void unknown_types_are_named_so_at_any_length(void **state)
{
    (void)state;
    uint8_t m[64] = {0};
    for (unsigned type = 0; type < 256; type++) {
        if (as_itch50_length((uint8_t)type))
            continue;
        m[0] = (uint8_t)type;
        as_itch50 out = {.type = '!'};
        for (size_t n = 1; n <= sizeof m; n++)
            assert_int_equal(as_itch50_decode(m, n, &out), AS_ITCH50_UNKNOWN);
        assert_int_equal(out.type, '!');
    }
}

static void extreme_values_pass_through_unjudged(void **state)
{
    (void)state;
    uint8_t m[64];
    as_itch50 out;
    for (int fill = 0; fill < 256; fill += 255) {
        for (size_t i = 0; i < AS_ITCH50_TYPE_COUNT; i++) {
            memset(m, fill, sizeof m);
            m[0] = (uint8_t)spec[i].type;
            assert_int_equal(as_itch50_decode(m, spec[i].bytes, &out), AS_ITCH50_OK);
            assert_int_equal(out.ts_ns, fill ? UINT64_C(0xffffffffffff) : 0);
            uint8_t again[64];
            assert_int_equal(as_itch50_encode(&out, again, sizeof again), spec[i].bytes);
            assert_memory_equal(again, m, spec[i].bytes);
        }
    }
}

/* ---- sniffing ---- */

static size_t put_record(uint8_t *buf, size_t i, size_t prefix)
{
    size_t n = golden_bytes(i, buf + 2);
    buf[0] = (uint8_t)(prefix >> 8);
    buf[1] = (uint8_t)prefix;
    return 2 + n;
}

static void both_forms_of_files_are_recognised(void **state)
{
    (void)state;
    uint8_t buf[8192];
    for (int prefixed = 0; prefixed < 2; prefixed++) {
        size_t n = 0;
        for (size_t i = 0; i < 100; i++) {
            size_t record = i % AS_ITCH50_TYPE_COUNT;
            n += put_record(buf + n, record, prefixed ? as_itch50_length(golden_type(record)) : 0);
        }
        as_itch50_form form = prefixed ? AS_ITCH50_FORM_BINARYFILE : AS_ITCH50_FORM_PREFIXLESS;
        assert_int_equal(as_itch50_sniff(buf, n), form);
        size_t first = 2 + as_itch50_length(buf[2]);
        for (size_t cut = 0; cut < n; cut++)
            assert_int_equal(as_itch50_sniff(buf, cut), cut < first ? AS_ITCH50_FORM_NONE : form);
    }
}

static void one_length_that_does_not_fit_makes_it_foreign(void **state)
{
    (void)state;
    uint8_t buf[4096];
    for (size_t bad = 0; bad < AS_ITCH50_SNIFF_RECORDS; bad++) {
        size_t n = 0;
        for (size_t i = 0; i < AS_ITCH50_SNIFF_RECORDS; i++) {
            size_t length = as_itch50_length(golden_type(i % AS_ITCH50_TYPE_COUNT));
            n += put_record(buf + n, i % AS_ITCH50_TYPE_COUNT, length + (i == bad));
        }
        assert_int_equal(as_itch50_sniff(buf, n), AS_ITCH50_FORM_NONE);
    }
    size_t n = put_record(buf, 0, 12);
    n += put_record(buf + n, 1, 0); /* the two forms do not mix */
    assert_int_equal(as_itch50_sniff(buf, n), AS_ITCH50_FORM_NONE);
    static const char text[] =
        "{\"k\":\"trade\",\"t\":1751376600000000000,\"s\":\"NVDA\",\"p\":\"157.25\",\"q\":100}\n";
    assert_int_equal(as_itch50_sniff((const uint8_t *)text, sizeof text - 1), AS_ITCH50_FORM_NONE);
    memset(buf, 0, sizeof buf);
    assert_int_equal(as_itch50_sniff(buf, sizeof buf), AS_ITCH50_FORM_NONE);
}

/* ---- recorded ---- */

/* Every message of a capture decodes at its table's length and encodes back to the recorded bytes. */
static void check_capture(const uint8_t *file, size_t bytes, uint64_t *messages, uint64_t *types)
{
    size_t at = 24, mold_bytes;
    const uint8_t *mold;
    while ((mold = ast_pcap_next(file, bytes, &at, &mold_bytes))) {
        unsigned count = (unsigned)mold[18] << 8 | mold[19];
        const uint8_t *block = mold + 20;
        for (unsigned i = 0; i < count; i++) {
            size_t n = (size_t)block[0] << 8 | block[1];
            as_itch50 out;
            uint8_t again[64];
            assert_int_equal(as_itch50_decode(block + 2, n, &out), AS_ITCH50_OK);
            assert_int_equal(as_itch50_encode(&out, again, sizeof again), n);
            assert_memory_equal(again, block + 2, n);
            ++*messages;
            *types |= UINT64_C(1) << (out.type - '@');
            block += 2 + n;
        }
        assert_ptr_equal(block, mold + mold_bytes);
    }
}

static void recorded_packets_decode_and_encode_back(void **state)
{
    (void)state;
    static const char *const names[] = {
        "v5.0/AddOrderNoMpidAttributionMessage",
        "v5.0/MarketParticipantPositionMessage",
        "v5.0/Multiple.Packets",
        "v5.0/NetOrderImbalanceIndicatorMessage",
        "v5.0/OrderDeleteMessage",
        "v5.0/OrderExecutedMessage",
        "v5.0/OrderReplaceMessage",
        "v5.0/StockTradingActionMessage",
        "v5.0.20230822/AddOrderNoMPID",
        "v5.0.20230822/AddOrderWithMPID",
        "v5.0.20230822/CrossTrade",
        "v5.0.20230822/LULDAuctionCollar",
        "v5.0.20230822/MarketParticipantPosition",
        "v5.0.20230822/NetOrderImbalanceIndicator",
        "v5.0.20230822/NonCrossTrade",
        "v5.0.20230822/OrderCancel",
        "v5.0.20230822/OrderDelete",
        "v5.0.20230822/OrderExecuted",
        "v5.0.20230822/OrderExecutedWithPrice",
        "v5.0.20230822/OrderReplace",
        "v5.0.20230822/RegSHORestriction",
        "v5.0.20230822/StockTradingAction",
        "v5.0.20230822/SystemEvent",
    };
    uint64_t messages[2] = {0}, types = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "data/pcap_exchange/Nasdaq/Nasdaq.Equities.TotalView.Itch.%s.pcap", names[i]);
        size_t bytes;
        uint8_t *file = ast_shared_read(path, &bytes);
        if (!file)
            skip();
        check_capture(file, bytes, &messages[i >= 8], &types);
        free(file);
    }
    assert_int_equal(messages[1], 71);
    for (const char *type = "ADEUILHFCJPQSXY"; *type; type++)
        assert_true(types & UINT64_C(1) << (*type - '@'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decoded_message_fits_a_cache_line),
        cmocka_unit_test(the_length_table_is_the_specifications),
        cmocka_unit_test(the_published_vectors_decode),
        cmocka_unit_test(every_field_of_every_type_decodes),
        cmocka_unit_test(encoding_gives_the_bytes_back),
        cmocka_unit_test(no_bytes_are_empty),
        cmocka_unit_test(every_cut_of_every_type_is_short_and_writes_nothing),
        cmocka_unit_test(a_grown_message_gives_its_known_prefix),
        cmocka_unit_test(unknown_types_are_named_so_at_any_length),
        cmocka_unit_test(extreme_values_pass_through_unjudged),
        cmocka_unit_test(both_forms_of_files_are_recognised),
        cmocka_unit_test(one_length_that_does_not_fit_makes_it_foreign),
        cmocka_unit_test(recorded_packets_decode_and_encode_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
