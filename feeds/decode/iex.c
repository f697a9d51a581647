#include "feeds/decode/iex.h"

#include <string.h>

#include "feeds/le.h"

/* Offsets below count from the type's byte, as in PROTOCOLS A6. */

/* ---- reading ---- */

static int64_t px(const uint8_t *m, size_t offset)
{
    return (int64_t)as_le64(m + offset);
}

static void decode_auction(const uint8_t *m, as_iex *out)
{
    out->auction.paired = as_le32(m + 18);
    out->auction.reference_px4 = px(m, 22);
    out->auction.indicative_px4 = px(m, 30);
    out->auction.imbalance = as_le32(m + 38);
    out->auction.side = (char)m[42];
    out->auction.extensions = m[43];
    out->auction.scheduled_s = as_le32(m + 44);
    out->auction.book_px4 = px(m, 48);
    out->auction.collar_px4 = px(m, 56);
    out->auction.lower_px4 = px(m, 64);
    out->auction.upper_px4 = px(m, 72);
}

/* Types that are rare on the wire: reference data, states, auctions. */
static void decode_rare(const uint8_t *m, as_iex *out)
{
    switch (out->type) {
    case 'D':
        out->directory.round_lot = as_le32(m + 18);
        out->directory.adjusted_px4 = px(m, 22);
        out->directory.luld_tier = m[30];
        break;
    case 'H':
        memcpy(out->status.reason, m + 18, sizeof out->status.reason);
        break;
    case 'P':
        out->short_sale.detail = (char)m[18];
        break;
    case 'X':
        out->official.px4 = px(m, 18);
        break;
    case 'A':
        decode_auction(m, out);
        break;
    default:
        break; /* O, I and E have no more than their code */
    }
}

/* The body of a message whose bytes are all there. */
static void decode_body(const uint8_t *m, as_iex *out)
{
    switch (out->type) {
    case '8':
    case '5':
        out->level.shares = as_le32(m + 18);
        out->level.px4 = px(m, 22);
        break;
    case 'Q':
        out->quote.bid_shares = as_le32(m + 18);
        out->quote.bid_px4 = px(m, 22);
        out->quote.ask_px4 = px(m, 30);
        out->quote.ask_shares = as_le32(m + 38);
        break;
    case 'T':
    case 'B':
        out->trade.shares = as_le32(m + 18);
        out->trade.px4 = px(m, 22);
        out->trade.trade_id = px(m, 30);
        out->trade.reserved = 0;
        out->trade.has_reserved = false;
        break;
    default:
        decode_rare(m, out);
        break;
    }
}

as_iex_result as_iex_decode(const uint8_t *lengths, const uint8_t *message, size_t message_bytes, as_iex *out)
{
    if (message_bytes == 0)
        return AS_IEX_EMPTY;
    size_t length = lengths[message[0]];
    if (message_bytes != length) {
        if (length == 0)
            return AS_IEX_UNKNOWN;
        if (message_bytes < length)
            return AS_IEX_SHORT;
    }
    out->type = (char)message[0];
    out->flags = message[1];
    out->ts_ns = px(message, 2);
    if (message[0] == 'S') {
        memset(out->symbol, ' ', sizeof out->symbol);
    } else {
        memcpy(out->symbol, message + 10, sizeof out->symbol);
        decode_body(message, out);
    }
    return message_bytes == length ? AS_IEX_OK : AS_IEX_GROWN;
}

/* ---- writing ---- */

static void px_put(uint8_t *m, size_t offset, int64_t px4)
{
    as_le64_put(m + offset, (uint64_t)px4);
}

static void encode_auction(const as_iex *in, uint8_t *m)
{
    as_le32_put(m + 18, in->auction.paired);
    px_put(m, 22, in->auction.reference_px4);
    px_put(m, 30, in->auction.indicative_px4);
    as_le32_put(m + 38, in->auction.imbalance);
    m[42] = (uint8_t)in->auction.side;
    m[43] = in->auction.extensions;
    as_le32_put(m + 44, in->auction.scheduled_s);
    px_put(m, 48, in->auction.book_px4);
    px_put(m, 56, in->auction.collar_px4);
    px_put(m, 64, in->auction.lower_px4);
    px_put(m, 72, in->auction.upper_px4);
}

static void encode_body(const as_iex *in, uint8_t *m)
{
    switch (in->type) {
    case '8':
    case '5':
        as_le32_put(m + 18, in->level.shares);
        px_put(m, 22, in->level.px4);
        break;
    case 'Q':
        as_le32_put(m + 18, in->quote.bid_shares);
        px_put(m, 22, in->quote.bid_px4);
        px_put(m, 30, in->quote.ask_px4);
        as_le32_put(m + 38, in->quote.ask_shares);
        break;
    case 'T':
    case 'B':
        as_le32_put(m + 18, in->trade.shares);
        px_put(m, 22, in->trade.px4);
        px_put(m, 30, in->trade.trade_id);
        break;
    case 'D':
        as_le32_put(m + 18, in->directory.round_lot);
        px_put(m, 22, in->directory.adjusted_px4);
        m[30] = in->directory.luld_tier;
        break;
    case 'H':
        memcpy(m + 18, in->status.reason, sizeof in->status.reason);
        break;
    case 'P':
        m[18] = (uint8_t)in->short_sale.detail;
        break;
    case 'X':
        px_put(m, 18, in->official.px4);
        break;
    case 'A':
        encode_auction(in, m);
        break;
    default:
        break;
    }
}

size_t as_iex_encode(const uint8_t *lengths, const as_iex *in, uint8_t *out, size_t out_bytes)
{
    size_t length = lengths[(uint8_t)in->type];
    if (length == 0 || out_bytes < length)
        return 0;
    out[0] = (uint8_t)in->type;
    out[1] = in->flags;
    px_put(out, 2, in->ts_ns);
    if (in->type != 'S') {
        memcpy(out + 10, in->symbol, sizeof in->symbol);
        encode_body(in, out);
    }
    return length;
}
