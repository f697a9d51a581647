#include "feeds/decode/dbn.h"

#include <string.h>

#include "core/event.h"
#include "feeds/le.h"

#define SNIFF_TS_MIN (UINT64_C(946684800) * AS_NS_PER_S)  /* 2000-01-01 */
#define SNIFF_TS_MAX (UINT64_C(4102444800) * AS_NS_PER_S) /* 2100-01-01 */

/* Lengths in units of 4 bytes for versions 1, 2 and 3, as in PROTOCOLS A7. Equal lengths are equal layouts. */
static const struct {
    const char *name;
    uint8_t words[AS_DBN_VERSION_MAX];
} types[256] = {
    [AS_DBN_TRADES] = {"trades", {12, 12, 12}},
    [AS_DBN_MBP_1] = {"mbp-1", {20, 20, 20}},
    [AS_DBN_MBP_10] = {"mbp-10", {92, 92, 92}},
    [AS_DBN_OHLCV_OLD] = {"ohlcv", {14, 14, 14}},
    [AS_DBN_STATUS] = {"status", {10, 10, 10}},
    [AS_DBN_DEFINITION] = {"definition", {90, 100, 130}},
    [AS_DBN_IMBALANCE] = {"imbalance", {28, 28, 28}},
    [AS_DBN_ERROR] = {"error", {20, 80, 80}},
    [AS_DBN_SYMBOL_MAPPING] = {"symbol-mapping", {20, 44, 44}},
    [AS_DBN_SYSTEM] = {"system", {20, 80, 80}},
    [AS_DBN_STATISTICS] = {"statistics", {16, 16, 20}},
    [AS_DBN_OHLCV_1S] = {"ohlcv-1s", {14, 14, 14}},
    [AS_DBN_OHLCV_1M] = {"ohlcv-1m", {14, 14, 14}},
    [AS_DBN_OHLCV_1H] = {"ohlcv-1h", {14, 14, 14}},
    [AS_DBN_OHLCV_1D] = {"ohlcv-1d", {14, 14, 14}},
    [AS_DBN_OHLCV_EOD] = {"ohlcv-eod", {14, 14, 14}},
    [AS_DBN_MBO] = {"mbo", {14, 14, 14}},
    [AS_DBN_CMBP_1] = {"cmbp-1", {20, 20, 20}},
    [AS_DBN_CBBO_1S] = {"cbbo-1s", {20, 20, 20}},
    [AS_DBN_CBBO_1M] = {"cbbo-1m", {20, 20, 20}},
    [AS_DBN_TCBBO] = {"tcbbo", {20, 20, 20}},
    [AS_DBN_BBO_1S] = {"bbo-1s", {20, 20, 20}},
    [AS_DBN_BBO_1M] = {"bbo-1m", {20, 20, 20}},
};

size_t as_dbn_length(uint8_t version, uint8_t rtype)
{
    return version >= 1 && version <= AS_DBN_VERSION_MAX ? (size_t)types[rtype].words[version - 1] * 4 : 0;
}

const char *as_dbn_rtype_name(uint8_t rtype)
{
    return types[rtype].name;
}

const char *as_dbn_schema_name(uint16_t schema)
{
    static const char *const name[AS_DBN_SCHEMA_COUNT] = {
        "mbo",      "mbp-1",    "mbp-10",     "tbbo",       "trades", "ohlcv-1s",  "ohlcv-1m",
        "ohlcv-1h", "ohlcv-1d", "definition", "statistics", "status", "imbalance", "ohlcv-eod",
        "cmbp-1",   "cbbo-1s",  "cbbo-1m",    "tcbbo",      "bbo-1s", "bbo-1m"};
    if (schema == AS_DBN_SCHEMA_MIXED)
        return "mixed";
    return schema < AS_DBN_SCHEMA_COUNT ? name[schema] : "unknown";
}

as_dbn_result as_dbn_frame(const uint8_t *data, size_t bytes, size_t *record_bytes)
{
    if (bytes == 0)
        return AS_DBN_NEED_MORE;
    size_t length = (size_t)data[0] * 4;
    if (length < AS_DBN_HEADER_BYTES)
        return AS_DBN_BAD_LENGTH;
    if (bytes < length)
        return AS_DBN_NEED_MORE;
    *record_bytes = length;
    return AS_DBN_OK;
}

/* ---- bodies: offsets count from the record's first byte, as in PROTOCOLS A7 ---- */

static int64_t px(const uint8_t *r, size_t offset)
{
    return (int64_t)as_le64(r + offset);
}

/* A symbol or text of at most field_bytes, which need not end with a zero, into a value that does. */
static void text(char *out, size_t out_bytes, const uint8_t *r, size_t offset, size_t field_bytes)
{
    size_t n = field_bytes < out_bytes - 1 ? field_bytes : out_bytes - 1;
    memcpy(out, r + offset, n);
    out[n] = 0;
}

static void decode_mbo(const uint8_t *r, as_dbn *out)
{
    out->mbo.order_id = as_le64(r + 16);
    out->mbo.px = px(r, 24);
    out->mbo.qty = as_le32(r + 32);
    out->mbo.flags = r[36];
    out->mbo.channel = r[37];
    out->mbo.action = (char)r[38];
    out->mbo.side = (char)r[39];
    out->ts_recv = as_le64(r + 40);
    out->mbo.ts_in_delta = (int32_t)as_le32(r + 48);
    out->mbo.sequence = as_le32(r + 52);
}

static void decode_mbp(const uint8_t *r, uint8_t level_count, as_dbn *out)
{
    out->mbp.px = px(r, 16);
    out->mbp.qty = as_le32(r + 24);
    out->mbp.action = (char)r[28];
    out->mbp.side = (char)r[29];
    out->mbp.flags = r[30];
    out->mbp.depth = r[31];
    out->ts_recv = as_le64(r + 32);
    out->mbp.ts_in_delta = (int32_t)as_le32(r + 40);
    out->mbp.sequence = as_le32(r + 44);
    out->mbp.level_count = level_count;
    for (unsigned i = 0; i < level_count; i++) {
        const uint8_t *l = r + 48 + 32 * i;
        out->mbp.level[i] = (as_dbn_level){.bid_px = px(l, 0),
                                           .ask_px = px(l, 8),
                                           .bid_qty = as_le32(l + 16),
                                           .ask_qty = as_le32(l + 20),
                                           .bid_count = as_le32(l + 24),
                                           .ask_count = as_le32(l + 28)};
    }
}

static void decode_ohlcv(const uint8_t *r, as_dbn *out)
{
    out->ohlcv.open = px(r, 16);
    out->ohlcv.high = px(r, 24);
    out->ohlcv.low = px(r, 32);
    out->ohlcv.close = px(r, 40);
    out->ohlcv.volume = as_le64(r + 48);
}

static void decode_status(const uint8_t *r, as_dbn *out)
{
    out->ts_recv = as_le64(r + 16);
    out->status.action = as_le16(r + 24);
    out->status.reason = as_le16(r + 26);
    out->status.trading_event = as_le16(r + 28);
    out->status.is_trading = (char)r[30];
    out->status.is_quoting = (char)r[31];
    out->status.is_short_sell_restricted = (char)r[32];
}

static void decode_definition(const uint8_t *r, unsigned version, as_dbn *out)
{
    static const uint16_t symbol_at[] = {200, 200, 238}, symbol_bytes[] = {22, 71, 71}, class_at[] = {325, 374, 487};
    out->ts_recv = as_le64(r + 16);
    out->definition.min_px_increment = px(r, 24);
    out->definition.expiration = as_le64(r + 40);
    out->definition.activation = as_le64(r + 48);
    out->definition.instrument_class = (char)r[class_at[version - 1]];
    text(out->definition.raw_symbol, AS_DBN_SYMBOL_BYTES, r, symbol_at[version - 1], symbol_bytes[version - 1]);
}

static void decode_imbalance(const uint8_t *r, as_dbn *out)
{
    out->ts_recv = as_le64(r + 16);
    out->imbalance.reference_px = px(r, 24);
    out->imbalance.paired_qty = as_le32(r + 88);
    out->imbalance.imbalance_qty = as_le32(r + 92);
    out->imbalance.auction_type = (char)r[104];
    out->imbalance.side = (char)r[105];
}

static void decode_statistics(const uint8_t *r, unsigned version, as_dbn *out)
{
    const uint8_t *rest = r + (version == 3 ? 48 : 44); /* what follows the quantity */
    int32_t narrow = (int32_t)as_le32(r + 40);
    out->ts_recv = as_le64(r + 16);
    out->statistics.ts_ref = as_le64(r + 24);
    out->statistics.px = px(r, 32);
    out->statistics.quantity = version == 3 ? px(r, 40) : (narrow == INT32_MAX ? INT64_MAX : narrow);
    out->statistics.sequence = as_le32(rest);
    out->statistics.ts_in_delta = (int32_t)as_le32(rest + 4);
    out->statistics.stat_type = as_le16(rest + 8);
    out->statistics.channel = as_le16(rest + 10);
    out->statistics.update_action = rest[12];
    out->statistics.stat_flags = rest[13];
}

static void decode_mapping(const uint8_t *r, unsigned version, as_dbn *out)
{
    bool narrow = version == 1;
    size_t field_bytes = narrow ? 22 : 71;
    out->mapping.stype_in = narrow ? UINT8_MAX : r[16];
    out->mapping.stype_out = narrow ? UINT8_MAX : r[88];
    text(out->mapping.in, AS_DBN_SYMBOL_BYTES, r, narrow ? 16 : 17, field_bytes);
    text(out->mapping.out, AS_DBN_SYMBOL_BYTES, r, narrow ? 38 : 89, field_bytes);
    out->mapping.start_ts = as_le64(r + (narrow ? 64 : 160));
    out->mapping.end_ts = as_le64(r + (narrow ? 72 : 168));
}

static void decode_message(const uint8_t *r, unsigned version, as_dbn *out)
{
    bool error = out->rtype == AS_DBN_ERROR;
    size_t field_bytes = version == 1 ? 64 : (error ? 302 : 303);
    text(out->message.text, AS_DBN_TEXT_BYTES, r, 16, field_bytes);
    out->message.code = version == 1 ? UINT8_MAX : r[error ? 318 : 319];
    out->message.is_last = version != 1 && error && r[319] != 0;
}

static void decode_body(const uint8_t *r, unsigned version, as_dbn *out)
{
    switch (out->rtype) {
    case AS_DBN_MBO:
        decode_mbo(r, out);
        break;
    case AS_DBN_TRADES:
        decode_mbp(r, 0, out);
        break;
    case AS_DBN_MBP_1:
    case AS_DBN_CMBP_1:
    case AS_DBN_CBBO_1S:
    case AS_DBN_CBBO_1M:
    case AS_DBN_TCBBO:
    case AS_DBN_BBO_1S:
    case AS_DBN_BBO_1M:
        decode_mbp(r, 1, out);
        break;
    case AS_DBN_MBP_10:
        decode_mbp(r, AS_DBN_LEVEL_MAX, out);
        break;
    case AS_DBN_STATUS:
        decode_status(r, out);
        break;
    case AS_DBN_DEFINITION:
        decode_definition(r, version, out);
        break;
    case AS_DBN_IMBALANCE:
        decode_imbalance(r, out);
        break;
    case AS_DBN_STATISTICS:
        decode_statistics(r, version, out);
        break;
    case AS_DBN_SYMBOL_MAPPING:
        decode_mapping(r, version, out);
        break;
    case AS_DBN_ERROR:
    case AS_DBN_SYSTEM:
        decode_message(r, version, out);
        break;
    default:
        decode_ohlcv(r, out); /* all that is left in the table */
        break;
    }
}

/* The newest version whose record of this type fits; 0: none does. */
static unsigned version_of(uint8_t rtype, size_t body_bytes)
{
    unsigned version = AS_DBN_VERSION_MAX;
    while (version > 0 && body_bytes < (size_t)types[rtype].words[version - 1] * 4)
        version--;
    return version;
}

as_dbn_result as_dbn_decode(const as_dbn_layout *layout, const uint8_t *record, size_t record_bytes, as_dbn *out)
{
    size_t extra = layout->ts_out ? AS_DBN_TS_OUT_BYTES : 0;
    if (record_bytes < AS_DBN_HEADER_BYTES + extra)
        return AS_DBN_SHORT;
    uint8_t rtype = record[1];
    if (types[rtype].words[0] == 0)
        return AS_DBN_UNKNOWN;
    size_t body_bytes = record_bytes - extra;
    unsigned version = layout->version ? layout->version : version_of(rtype, body_bytes);
    if (version == 0 || version > AS_DBN_VERSION_MAX || body_bytes < (size_t)types[rtype].words[version - 1] * 4)
        return AS_DBN_SHORT;
    out->rtype = rtype;
    out->publisher = as_le16(record + 2);
    out->instrument = as_le32(record + 4);
    out->ts_event = as_le64(record + 8);
    out->ts_recv = AS_TS_UNDEFINED;
    out->ts_out = extra ? as_le64(record + body_bytes) : AS_TS_UNDEFINED;
    decode_body(record, version, out);
    return body_bytes == (size_t)types[rtype].words[version - 1] * 4 ? AS_DBN_OK : AS_DBN_GROWN;
}

/* ---- recognising ---- */

static bool plausible(const uint8_t *record, size_t record_bytes, size_t extra)
{
    uint64_t ts = as_le64(record + 8);
    if (ts != AS_TS_UNDEFINED && (ts < SNIFF_TS_MIN || ts >= SNIFF_TS_MAX))
        return false;
    for (unsigned version = 0; version < AS_DBN_VERSION_MAX; version++) {
        size_t length = (size_t)types[record[1]].words[version] * 4;
        if (length && record_bytes == length + extra)
            return true;
    }
    return false;
}

static bool all_plausible(const uint8_t *data, size_t bytes, size_t extra)
{
    size_t at = 0, record_bytes;
    unsigned records = 0;
    as_dbn_result result = AS_DBN_NEED_MORE;
    while (records < AS_DBN_SNIFF_RECORDS &&
           (result = as_dbn_frame(data + at, bytes - at, &record_bytes)) == AS_DBN_OK) {
        if (!plausible(data + at, record_bytes, extra))
            return false;
        at += record_bytes;
        records++;
    }
    return records > 0 && result != AS_DBN_BAD_LENGTH;
}

bool as_dbn_sniff_fragment(const uint8_t *data, size_t bytes, as_dbn_layout *layout)
{
    bool plain = all_plausible(data, bytes, 0);
    if (!plain && !all_plausible(data, bytes, AS_DBN_TS_OUT_BYTES))
        return false;
    *layout = (as_dbn_layout){.ts_out = !plain};
    return true;
}

bool as_dbn_is_dbz(const uint8_t *head, size_t bytes)
{
    return bytes >= 11 && (head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0 &&
           memcmp(head + 8, "DBZ", 3) == 0;
}
