/*
 * A seeded TOPS or DEEP stream in memory: what decoders and books by level are measured on.
 *
 * Messages behind their little-endian u16 length, as in IEX-TP's payload, over symbols of unequal activity (the busiest
 * tenth takes a third):
 *
 *   TOPS  90 % quotes, 9.5 % trades; the rest states, reference data and auctions
 *   DEEP  about 83 % price levels that stand alone, 17 % in events of several messages (a trade and the level it takes
 *         from, a sweep of two levels, a price that gives way to the other side); the rest as in TOPS
 *
 * A book that is fed with the levels accepts every message and is never crossed where an event is complete.
 *
 * The stream begins with the spin of all states, and with zero quotes (TOPS) or ten levels a side (DEEP), for every
 * symbol ("S" and its number in six digits); it ends at warm_bytes and is no part of the measured messages.
 */
#ifndef AS_BENCH_IEX_STREAM_H
#define AS_BENCH_IEX_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/symbols.h"
#include "feeds/wire/wire.h"

typedef struct as_iex_stream {
    as_wire_format format;
    uint8_t *data;
    size_t bytes;
    size_t warm_bytes;
    as_symbols symbols;
    /* behind warm_bytes, exactly */
    uint64_t message_count;
    uint64_t by_type[256];
    uint64_t event_count; /* that an as_wire makes of them */
    uint64_t no_prints;   /* trades with AS_EVENT_NO_PRINT */
    uint64_t incomplete;  /* levels with AS_EVENT_MORE */
} as_iex_stream;

/*
 * 0 or -ENOMEM. format: AS_WIRE_TOPS or AS_WIRE_DEEP; message_count: to be measured; symbol_count 1..65535. Memory:
 * about 44 bytes a message of TOPS, 33 of DEEP.
 */
int as_iex_stream_init(as_iex_stream *stream, as_wire_format format, uint64_t seed, uint32_t symbol_count,
                       uint64_t message_count);
void as_iex_stream_fini(as_iex_stream *stream);

/* The message at *at, which starts as 0 or warm_bytes and moves on; NULL at the end. */
static inline const uint8_t *as_iex_stream_next(const as_iex_stream *stream, size_t *at, size_t *message_bytes)
{
    if (*at >= stream->bytes)
        return NULL;
    const uint8_t *block = stream->data + *at;
    *message_bytes = (size_t)(block[1] << 8 | block[0]);
    *at += 2 + *message_bytes;
    return block + 2;
}

#endif
