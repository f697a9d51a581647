/*
 * A seeded Databento mbo stream in memory (DBN version 3): what its decoder and by-order books are measured on, and the
 * day that books by order, books by level and quotes are compared on.
 *
 * Metadata, then records in the proportions of a trading day (about 46 % adds, 40 % cancellations, 8 % modifications,
 * 6 % of executions: T, F and the C that takes the quantity from the book, in one transaction), over symbols of unequal
 * activity as in itch_stream.h. Every order id is consistent: a correct book accepts every record. Each record but the
 * first ones of an execution says LAST.
 *
 * Instrument i + 1 is "S" and i in six digits, by the metadata's mappings. The records begin with R and the orders of a
 * full book for every symbol, a snapshot, which are not part of the measured ones: they end at warm_bytes.
 */
#ifndef AS_BENCH_DBN_STREAM_H
#define AS_BENCH_DBN_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "core/symbols.h"

typedef struct as_dbn_stream {
    uint8_t *data;
    size_t bytes;
    size_t records_at; /* behind the metadata */
    size_t warm_bytes;
    uint64_t record_count; /* behind warm_bytes */
    uint32_t order_max;    /* live orders at any time */
    as_symbols symbols;
} as_dbn_stream;

/* 0 or -ENOMEM. record_count: to be measured; symbol_count 1..65535. */
int as_dbn_stream_init(as_dbn_stream *stream, uint64_t seed, uint32_t symbol_count, uint64_t record_count);
void as_dbn_stream_fini(as_dbn_stream *stream);

#endif
