/*
 * Databento DBN, versions 1 to 3: values to the bytes of metadata and records; the inverse of dbn.h and dbn_metadata.h.
 *
 * For tests, benchmarks and generated days. Reserved bytes and fields that the value does not carry are zero. Pure: no
 * state, no allocation. Threads: any.
 */
#ifndef AS_FEEDS_DECODE_DBN_ENCODE_H
#define AS_FEEDS_DECODE_DBN_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "feeds/decode/dbn.h"
#include "feeds/decode/dbn_metadata.h"

/*
 * Metadata with these mappings; intervals of one symbol that follow each other become one mapping, and each mapping's
 * symbol is listed among those asked for. symbol_bytes and total_bytes are chosen here. Returns the bytes, or 0 if the
 * version is unknown, a symbol too long, or out_bytes too small.
 */
size_t as_dbn_metadata_encode(const as_dbn_metadata *in, const as_dbn_interval *interval, uint32_t interval_count,
                              uint8_t *out, size_t out_bytes);

/*
 * The record of in->rtype in this layout's version (1..3). Returns its bytes, or 0 if the type or version is unknown
 * or out_bytes too small; out is then untouched. Symbols and texts are cut to their field.
 */
size_t as_dbn_encode(const as_dbn_layout *layout, const as_dbn *in, uint8_t *out, size_t out_bytes);

#endif
