#include "feeds/decode/deep.h"

const uint8_t as_deep_lengths[256] = {
    ['S'] = 10, ['D'] = 31, ['H'] = 22, ['I'] = 18, ['O'] = 18, ['P'] = 19, ['E'] = 18,
    ['8'] = 30, ['5'] = 30, ['T'] = 38, ['B'] = 38, ['X'] = 26, ['A'] = 80,
};

as_iex_result as_deep_decode(const uint8_t *message, size_t message_bytes, as_iex *out)
{
    return as_iex_decode(as_deep_lengths, message, message_bytes, out);
}

size_t as_deep_encode(const as_iex *in, uint8_t *out, size_t out_bytes)
{
    return as_iex_encode(as_deep_lengths, in, out, out_bytes);
}
