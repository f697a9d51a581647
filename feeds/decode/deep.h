/*
 * IEX DEEP 1.0: price levels and trades of IEX, one message of wire bytes to a value and back (PROTOCOLS A6).
 *
 * A level message sets one price to a size (0 removes it). One event of the market may take several: all but the last
 * lack AS_IEX_EVENT_COMPLETE, and until it comes the best prices are not to be relied on. Contract: iex.h.
 */
#ifndef AS_FEEDS_DECODE_DEEP_H
#define AS_FEEDS_DECODE_DEEP_H

#include "feeds/decode/iex.h"

enum { AS_DEEP_TYPE_COUNT = 13 };

/* Specified bytes of each type, by the type's byte; 0: no such type. */
extern const uint8_t as_deep_lengths[256];

static inline size_t as_deep_length(uint8_t type)
{
    return as_deep_lengths[type];
}

as_iex_result as_deep_decode(const uint8_t *message, size_t message_bytes, as_iex *out);

/* As as_iex_encode. */
size_t as_deep_encode(const as_iex *in, uint8_t *out, size_t out_bytes);

#endif
