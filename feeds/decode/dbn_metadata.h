/*
 * The metadata of a Databento DBN file or stream, versions 1 to 3 (PROTOCOLS A7).
 *
 * A fixed part (as_dbn_metadata_decode), then four lists: symbols asked for, those found in part, those not found, and
 * the mappings from one symbology to another by date. The lists of a whole options exchange are tens of megabytes, so
 * they are walked piece by piece (as_dbn_walk) and never held as a whole.
 *
 *   "DBN" version u8 | bytes that follow u32 | fixed part to byte 112 | lists | padding | records
 *
 * Pure functions of their arguments, no allocation; every byte sequence is accepted. Threads: any.
 */
#ifndef AS_FEEDS_DECODE_DBN_METADATA_H
#define AS_FEEDS_DECODE_DBN_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/decode/dbn.h"

#define AS_DBN_WALK_PIECE_BYTES (2 * (UINT16_MAX + 8u)) /* no piece of the lists needs more in view */

enum {
    AS_DBN_METADATA_BYTES_MIN = 128, /* the prelude, the fixed part and five counts */
    AS_DBN_DATASET_BYTES = 17        /* "GLBX.MDP3" and its terminating zero, as a value */
};

/* Symbologies that mappings lead from and to. Others are only carried along. */
enum { AS_DBN_STYPE_INSTRUMENT_ID = 0, AS_DBN_STYPE_RAW_SYMBOL = 1, AS_DBN_STYPE_NONE = 0xff };

typedef enum as_dbn_metadata_result {
    AS_DBN_METADATA_OK = 0,
    AS_DBN_METADATA_NEED_MORE = -1,
    AS_DBN_METADATA_FOREIGN = -2,     /* does not begin with DBN */
    AS_DBN_METADATA_BAD_VERSION = -3, /* 0, or newer than 3 */
    AS_DBN_METADATA_BAD_LENGTH = -4,  /* no room for the fixed part and the counts */
    AS_DBN_METADATA_BAD_SYMBOLS = -5, /* symbols of no bytes */
    AS_DBN_METADATA_BAD_SCHEMA = -6,  /* a schema definition, which no version has */
    AS_DBN_METADATA_BAD_LISTS = -7    /* a list is longer than what is left */
} as_dbn_metadata_result;

typedef struct as_dbn_metadata {
    uint64_t start, end;   /* of the request, ns; end AS_TS_UNDEFINED: none */
    uint64_t limit;        /* records asked for at most; 0: no limit */
    uint64_t record_count; /* version 1 only, else 0 */
    uint64_t total_bytes;  /* from "DBN" to the first record */
    uint16_t schema;       /* AS_DBN_SCHEMA_MIXED: several */
    uint16_t symbol_bytes; /* of a symbol in the lists */
    uint8_t version;
    uint8_t stype_in, stype_out;
    bool ts_out;
    char dataset[AS_DBN_DATASET_BYTES];
} as_dbn_metadata;

/* A mapping for an interval of dates, YYYYMMDD; end is not part of it. Longer symbols are cut. */
typedef struct as_dbn_interval {
    uint32_t start_date, end_date;
    char in[AS_DBN_SYMBOL_BYTES], out[AS_DBN_SYMBOL_BYTES];
} as_dbn_interval;

/* Do these bytes (4 are enough) begin metadata of any version? */
bool as_dbn_is_metadata(const uint8_t *data, size_t bytes);

/* The fixed part; AS_DBN_METADATA_BYTES_MIN bytes are enough. *out is written on OK only. */
as_dbn_metadata_result as_dbn_metadata_decode(const uint8_t *data, size_t bytes, as_dbn_metadata *out);

/* What went wrong, in words; "" for OK. */
const char *as_dbn_metadata_text(as_dbn_metadata_result result);

/* Where a walk through the lists stands. */
typedef struct as_dbn_walk {
    uint64_t left_bytes; /* of the lists and the padding */
    uint32_t left;       /* entries of the list */
    uint32_t intervals;  /* left of this mapping */
    uint16_t symbol_bytes;
    uint8_t list; /* 0..2 symbols, 3 mappings, 4 padding */
    bool counted; /* this list's count has been read */
    char in[AS_DBN_SYMBOL_BYTES];
    uint32_t not_found; /* entries of the third list */
} as_dbn_walk;

typedef enum as_dbn_walk_result {
    AS_DBN_WALK_INTERVAL = 1,   /* *out is written */
    AS_DBN_WALK_END = 0,        /* the records begin behind the bytes consumed */
    AS_DBN_WALK_NEED_MORE = -1, /* more bytes behind those consumed, at most AS_DBN_WALK_PIECE_BYTES in view */
    AS_DBN_WALK_BAD = -2        /* a list goes beyond the metadata */
} as_dbn_walk_result;

/* Begin behind the fixed part, at byte 112 of the metadata. */
void as_dbn_walk_init(as_dbn_walk *walk, const as_dbn_metadata *metadata);

/* Go on at data until there is an interval to tell. *consumed bytes are used up whatever the result. */
as_dbn_walk_result as_dbn_walk_next(as_dbn_walk *walk, const uint8_t *data, size_t bytes, size_t *consumed,
                                    as_dbn_interval *out);

#endif
