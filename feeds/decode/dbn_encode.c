#include "feeds/decode/dbn_encode.h"

#include <string.h>

#include "core/event.h"
#include "feeds/le.h"

enum { SYMBOL_BYTES_V1 = 22, SYMBOL_BYTES = 71, LISTS_AT = 112, ALIGNMENT = 8 };

/* ---- metadata ---- */

/* Where the next bytes go; overflow stays set. */
typedef struct writer {
    uint8_t *out;
    size_t room, at;
    bool overflow;
} writer;

static uint8_t *claim(writer *w, size_t bytes)
{
    if (w->overflow || w->room - w->at < bytes) {
        w->overflow = true;
        return NULL;
    }
    uint8_t *p = w->out + w->at;
    w->at += bytes;
    memset(p, 0, bytes);
    return p;
}

static void put_count(writer *w, uint32_t count)
{
    uint8_t *p = claim(w, 4);
    if (p)
        as_le32_put(p, count);
}

static void put_symbol(writer *w, const char *symbol, size_t field_bytes)
{
    size_t n = strlen(symbol);
    uint8_t *p = claim(w, field_bytes);
    w->overflow = w->overflow || n > field_bytes;
    if (p && n <= field_bytes)
        memcpy(p, symbol, n);
}

static bool begins_mapping(const as_dbn_interval *interval, uint32_t i)
{
    return i == 0 || strcmp(interval[i].in, interval[i - 1].in) != 0;
}

static void put_lists(writer *w, const as_dbn_interval *interval, uint32_t count, size_t field_bytes)
{
    uint32_t mappings = 0;
    for (uint32_t i = 0; i < count; i++)
        mappings += begins_mapping(interval, i);
    put_count(w, mappings);
    for (uint32_t i = 0; i < count; i++)
        if (begins_mapping(interval, i))
            put_symbol(w, interval[i].in, field_bytes);
    put_count(w, 0);
    put_count(w, 0);
    put_count(w, mappings);
    for (uint32_t i = 0; i < count; i++) {
        if (begins_mapping(interval, i)) {
            uint32_t n = 1;
            while (i + n < count && !begins_mapping(interval, i + n))
                n++;
            put_symbol(w, interval[i].in, field_bytes);
            put_count(w, n);
        }
        put_count(w, interval[i].start_date);
        put_count(w, interval[i].end_date);
        put_symbol(w, interval[i].out, field_bytes);
    }
}

size_t as_dbn_metadata_encode(const as_dbn_metadata *in, const as_dbn_interval *interval, uint32_t interval_count,
                              uint8_t *out, size_t out_bytes)
{
    writer w = {.out = out, .room = out_bytes};
    size_t field_bytes = in->version == 1 ? SYMBOL_BYTES_V1 : SYMBOL_BYTES;
    uint8_t *p = claim(&w, LISTS_AT);
    if (!p || in->version == 0 || in->version > AS_DBN_VERSION_MAX)
        return 0;
    memcpy(p, "DBN", 3);
    p[3] = in->version;
    memcpy(p + 8, in->dataset, AS_DBN_DATASET_BYTES - 1);
    as_le16_put(p + 24, in->schema);
    as_le64_put(p + 26, in->start);
    as_le64_put(p + 34, in->end);
    as_le64_put(p + 42, in->limit);
    uint8_t *types = p + (in->version == 1 ? 58 : 50);
    types[0] = in->stype_in;
    types[1] = in->stype_out;
    types[2] = in->ts_out;
    if (in->version == 1)
        as_le64_put(p + 50, in->record_count);
    else
        as_le16_put(p + 53, SYMBOL_BYTES);
    put_lists(&w, interval, interval_count, field_bytes);
    if (in->version == 3 && w.at % ALIGNMENT)
        (void)claim(&w, ALIGNMENT - w.at % ALIGNMENT);
    if (w.overflow || w.at - 8 > UINT32_MAX)
        return 0;
    as_le32_put(p + 4, (uint32_t)(w.at - 8));
    return w.at;
}

/* ---- records: offsets count from the record's first byte, as in PROTOCOLS A7 ---- */

static void put_px(uint8_t *r, size_t offset, int64_t px)
{
    as_le64_put(r + offset, (uint64_t)px);
}

static void put_text(uint8_t *r, size_t offset, const char *text, size_t field_bytes)
{
    size_t n = strlen(text);
    memcpy(r + offset, text, n < field_bytes ? n : field_bytes);
}

static void encode_mbo(const as_dbn *in, uint8_t *r)
{
    as_le64_put(r + 16, in->mbo.order_id);
    put_px(r, 24, in->mbo.px);
    as_le32_put(r + 32, in->mbo.qty);
    r[36] = in->mbo.flags;
    r[37] = in->mbo.channel;
    r[38] = (uint8_t)in->mbo.action;
    r[39] = (uint8_t)in->mbo.side;
    as_le64_put(r + 40, in->ts_recv);
    as_le32_put(r + 48, (uint32_t)in->mbo.ts_in_delta);
    as_le32_put(r + 52, in->mbo.sequence);
}

static void encode_mbp(const as_dbn *in, unsigned level_count, uint8_t *r)
{
    put_px(r, 16, in->mbp.px);
    as_le32_put(r + 24, in->mbp.qty);
    r[28] = (uint8_t)in->mbp.action;
    r[29] = (uint8_t)in->mbp.side;
    r[30] = in->mbp.flags;
    r[31] = in->mbp.depth;
    as_le64_put(r + 32, in->ts_recv);
    as_le32_put(r + 40, (uint32_t)in->mbp.ts_in_delta);
    as_le32_put(r + 44, in->mbp.sequence);
    for (unsigned i = 0; i < level_count; i++) {
        uint8_t *l = r + 48 + 32 * i;
        put_px(l, 0, in->mbp.level[i].bid_px);
        put_px(l, 8, in->mbp.level[i].ask_px);
        as_le32_put(l + 16, in->mbp.level[i].bid_qty);
        as_le32_put(l + 20, in->mbp.level[i].ask_qty);
        as_le32_put(l + 24, in->mbp.level[i].bid_count);
        as_le32_put(l + 28, in->mbp.level[i].ask_count);
    }
}

static void encode_ohlcv(const as_dbn *in, uint8_t *r)
{
    put_px(r, 16, in->ohlcv.open);
    put_px(r, 24, in->ohlcv.high);
    put_px(r, 32, in->ohlcv.low);
    put_px(r, 40, in->ohlcv.close);
    as_le64_put(r + 48, in->ohlcv.volume);
}

static void encode_status(const as_dbn *in, uint8_t *r)
{
    as_le64_put(r + 16, in->ts_recv);
    as_le16_put(r + 24, in->status.action);
    as_le16_put(r + 26, in->status.reason);
    as_le16_put(r + 28, in->status.trading_event);
    r[30] = (uint8_t)in->status.is_trading;
    r[31] = (uint8_t)in->status.is_quoting;
    r[32] = (uint8_t)in->status.is_short_sell_restricted;
}

static void encode_definition(const as_dbn *in, unsigned version, uint8_t *r)
{
    static const uint16_t symbol_at[] = {200, 200, 238}, class_at[] = {325, 374, 487};
    as_le64_put(r + 16, in->ts_recv);
    put_px(r, 24, in->definition.min_px_increment);
    as_le64_put(r + 40, in->definition.expiration);
    as_le64_put(r + 48, in->definition.activation);
    r[class_at[version - 1]] = (uint8_t)in->definition.instrument_class;
    put_text(r, symbol_at[version - 1], in->definition.raw_symbol, version == 1 ? SYMBOL_BYTES_V1 : SYMBOL_BYTES);
}

static void encode_imbalance(const as_dbn *in, uint8_t *r)
{
    as_le64_put(r + 16, in->ts_recv);
    put_px(r, 24, in->imbalance.reference_px);
    as_le32_put(r + 88, in->imbalance.paired_qty);
    as_le32_put(r + 92, in->imbalance.imbalance_qty);
    r[104] = (uint8_t)in->imbalance.auction_type;
    r[105] = (uint8_t)in->imbalance.side;
}

static void encode_statistics(const as_dbn *in, unsigned version, uint8_t *r)
{
    uint8_t *rest = r + (version == 3 ? 48 : 44);
    int64_t quantity = in->statistics.quantity;
    as_le64_put(r + 16, in->ts_recv);
    as_le64_put(r + 24, in->statistics.ts_ref);
    put_px(r, 32, in->statistics.px);
    if (version == 3)
        put_px(r, 40, quantity);
    else
        as_le32_put(r + 40, (uint32_t)(quantity == INT64_MAX ? INT32_MAX : (int32_t)quantity));
    as_le32_put(rest, in->statistics.sequence);
    as_le32_put(rest + 4, (uint32_t)in->statistics.ts_in_delta);
    as_le16_put(rest + 8, in->statistics.stat_type);
    as_le16_put(rest + 10, in->statistics.channel);
    rest[12] = in->statistics.update_action;
    rest[13] = in->statistics.stat_flags;
}

static void encode_mapping(const as_dbn *in, unsigned version, uint8_t *r)
{
    bool narrow = version == 1;
    size_t field_bytes = narrow ? SYMBOL_BYTES_V1 : SYMBOL_BYTES;
    if (!narrow) {
        r[16] = in->mapping.stype_in;
        r[88] = in->mapping.stype_out;
    }
    put_text(r, narrow ? 16 : 17, in->mapping.in, field_bytes);
    put_text(r, narrow ? 38 : 89, in->mapping.out, field_bytes);
    as_le64_put(r + (narrow ? 64 : 160), in->mapping.start_ts);
    as_le64_put(r + (narrow ? 72 : 168), in->mapping.end_ts);
}

static void encode_message(const as_dbn *in, unsigned version, uint8_t *r)
{
    bool error = in->rtype == AS_DBN_ERROR;
    put_text(r, 16, in->message.text, version == 1 ? 64 : (error ? 302 : 303));
    if (version == 1)
        return;
    r[error ? 318 : 319] = in->message.code;
    if (error)
        r[319] = in->message.is_last;
}

static void encode_body(const as_dbn *in, unsigned version, uint8_t *r)
{
    switch (in->rtype) {
    case AS_DBN_MBO:
        encode_mbo(in, r);
        break;
    case AS_DBN_TRADES:
        encode_mbp(in, 0, r);
        break;
    case AS_DBN_MBP_10:
        encode_mbp(in, AS_DBN_LEVEL_MAX, r);
        break;
    case AS_DBN_STATUS:
        encode_status(in, r);
        break;
    case AS_DBN_DEFINITION:
        encode_definition(in, version, r);
        break;
    case AS_DBN_IMBALANCE:
        encode_imbalance(in, r);
        break;
    case AS_DBN_STATISTICS:
        encode_statistics(in, version, r);
        break;
    case AS_DBN_SYMBOL_MAPPING:
        encode_mapping(in, version, r);
        break;
    case AS_DBN_ERROR:
    case AS_DBN_SYSTEM:
        encode_message(in, version, r);
        break;
    case AS_DBN_OHLCV_OLD:
    case AS_DBN_OHLCV_1S:
    case AS_DBN_OHLCV_1M:
    case AS_DBN_OHLCV_1H:
    case AS_DBN_OHLCV_1D:
    case AS_DBN_OHLCV_EOD:
        encode_ohlcv(in, r);
        break;
    default:
        encode_mbp(in, 1, r);
        break;
    }
}

size_t as_dbn_encode(const as_dbn_layout *layout, const as_dbn *in, uint8_t *out, size_t out_bytes)
{
    size_t body_bytes = as_dbn_length(layout->version, in->rtype);
    size_t record_bytes = body_bytes + (layout->ts_out ? AS_DBN_TS_OUT_BYTES : 0);
    if (body_bytes == 0 || out_bytes < record_bytes)
        return 0;
    memset(out, 0, record_bytes);
    out[0] = (uint8_t)(record_bytes / 4);
    out[1] = in->rtype;
    as_le16_put(out + 2, in->publisher);
    as_le32_put(out + 4, in->instrument);
    as_le64_put(out + 8, in->ts_event);
    encode_body(in, layout->version, out);
    if (layout->ts_out)
        as_le64_put(out + body_bytes, in->ts_out);
    return record_bytes;
}
