#include "feeds/decode/tops.h"

#include "feeds/le.h"

enum { TRADE_BYTES = 38 };

const uint8_t as_tops_lengths[256] = {
    ['S'] = 10, ['D'] = 31, ['H'] = 22,          ['I'] = 18,          ['O'] = 18, ['P'] = 19,
    ['E'] = 18, ['Q'] = 42, ['T'] = TRADE_BYTES, ['B'] = TRADE_BYTES, ['X'] = 26, ['A'] = 80,
};

static bool is_trade(uint8_t type)
{
    return type == 'T' || type == 'B';
}

as_iex_result as_tops_decode(const uint8_t *message, size_t message_bytes, as_iex *out)
{
    as_iex_result result = as_iex_decode(as_tops_lengths, message, message_bytes, out);
    if (result != AS_IEX_GROWN || message_bytes != AS_TOPS15_TRADE_BYTES || !is_trade(message[0]))
        return result;
    out->trade.reserved = as_le32(message + TRADE_BYTES);
    out->trade.has_reserved = true;
    return AS_IEX_OK;
}

size_t as_tops_encode(const as_iex *in, uint8_t *out, size_t out_bytes)
{
    if (!is_trade((uint8_t)in->type) || !in->trade.has_reserved)
        return as_iex_encode(as_tops_lengths, in, out, out_bytes);
    if (out_bytes < AS_TOPS15_TRADE_BYTES)
        return 0;
    as_iex_encode(as_tops_lengths, in, out, out_bytes);
    as_le32_put(out + TRADE_BYTES, in->trade.reserved);
    return AS_TOPS15_TRADE_BYTES;
}
