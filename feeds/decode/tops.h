/*
 * IEX TOPS 1.5 and 1.6: best quotes and trades of IEX, one message of wire bytes to a value and back (PROTOCOLS A6).
 *
 * The two versions differ in T and B only, which have four reserved bytes at their end in 1.5; a message says by its
 * length which it is, so one decoder reads both, and newer revisions of 1.6 (which have I, and no E). Contract: iex.h.
 */
#ifndef AS_FEEDS_DECODE_TOPS_H
#define AS_FEEDS_DECODE_TOPS_H

#include "feeds/decode/iex.h"

enum { AS_TOPS_TYPE_COUNT = 12 };

/* Specified bytes of each type (1.6), by the type's byte; 0: no such type. */
extern const uint8_t as_tops_lengths[256];

static inline size_t as_tops_length(uint8_t type)
{
    return as_tops_lengths[type];
}

/* T and B of AS_TOPS15_TRADE_BYTES are AS_IEX_OK, with trade.has_reserved. */
as_iex_result as_tops_decode(const uint8_t *message, size_t message_bytes, as_iex *out);

/* As as_iex_encode; T and B with trade.has_reserved are written as TOPS 1.5 has them. */
size_t as_tops_encode(const as_iex *in, uint8_t *out, size_t out_bytes);

#endif
