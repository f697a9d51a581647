/*
 * A seeded ITCH 5.0 stream in memory: what decoders and books are measured on.
 *
 * Messages in BinaryFILE form, in the proportions of a trading day (about 44 % adds, 40 % deletions, 8 %
 * replacements, 5 % executions, 2 % reductions, 1 % hidden trades), over symbols of unequal activity (the busiest
 * tenth takes a third). Most orders die young and stand near the best price; some stay, some stand far away, some
 * off the tick. Every reference is consistent: a correct book accepts every message.
 *
 * The stream begins with R and H for every symbol (locate i is "S" and i in six digits) and with the orders of a full
 * book, which are not part of the measured messages: they end at warm_bytes.
 */
#ifndef AS_BENCH_ITCH_STREAM_H
#define AS_BENCH_ITCH_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "core/symbols.h"

typedef struct as_itch_stream {
    uint8_t *data;
    size_t bytes;
    size_t warm_bytes;
    uint64_t message_count; /* behind warm_bytes */
    uint32_t order_max;     /* live orders at any time */
    as_symbols symbols;
} as_itch_stream;

/* 0 or -ENOMEM. message_count: to be measured; symbol_count 1..65535. */
int as_itch_stream_init(as_itch_stream *stream, uint64_t seed, uint32_t symbol_count, uint64_t message_count);
void as_itch_stream_fini(as_itch_stream *stream);

#endif
