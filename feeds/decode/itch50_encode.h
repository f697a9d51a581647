/*
 * Nasdaq TotalView-ITCH 5.0: a value to the wire bytes of one message; the inverse of as_itch50_decode.
 *
 * For the simulator, benchmarks and tests. Pure: no state, no allocation. Threads: any.
 */
#ifndef AS_FEEDS_DECODE_ITCH50_ENCODE_H
#define AS_FEEDS_DECODE_ITCH50_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "feeds/decode/itch50.h"

/*
 * Write in->type's message. Returns its bytes, or 0 if the type is unknown or out_bytes is too small; out is then
 * untouched. Only the low 48 bits of ts_ns are written.
 */
size_t as_itch50_encode(const as_itch50 *in, uint8_t *out, size_t out_bytes);

#endif
