/*
 * Databento DBN, versions 1 to 3: one record of a file or stream to a value (PROTOCOLS A7). The metadata that stand
 * before the records are dbn_metadata.h's.
 *
 * Pure functions of (pointer, bytes): no state, no allocation, no clock, no recursion; every byte sequence is accepted
 * as input and every outcome is a result the caller counts. Records begin at any address (those of versions 1 and 2
 * are not aligned). What a record means is not judged here: prices, stamps and codes stay as they are on the wire.
 *
 * All wire integers are little-endian. Prices are int64 in 1e-9 (AS_PX_UNDEFINED: none; negative ones are legal),
 * stamps uint64 ns since 1970 UTC (AS_TS_UNDEFINED: none), quantities uint32 (AS_DBN_QTY_UNDEFINED: none).
 *
 *   length u8 (times 4: its bytes) | rtype u8 | publisher u16 | instrument u32 | ts_event u64 | body [| ts_out u64]
 *
 * Threads: any. Memory: the caller's struct.
 */
#ifndef AS_FEEDS_DECODE_DBN_H
#define AS_FEEDS_DECODE_DBN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AS_DBN_QTY_UNDEFINED UINT32_MAX
#define AS_DBN_SCHEMA_MIXED UINT16_MAX /* metadata: records of more than one schema */

enum {
    AS_DBN_VERSION_MAX = 3,
    AS_DBN_HEADER_BYTES = 16,
    AS_DBN_RECORD_BYTES_MAX = 255 * 4,
    AS_DBN_TS_OUT_BYTES = 8,
    AS_DBN_LEVEL_MAX = 10,     /* levels a side of a record */
    AS_DBN_SYMBOL_BYTES = 72,  /* a symbol with its terminating zero, as a value */
    AS_DBN_TEXT_BYTES = 304,   /* a text of the gateway with its terminating zero, as a value */
    AS_DBN_SNIFF_RECORDS = 64, /* records as_dbn_sniff_fragment looks at */
    AS_DBN_SCHEMA_COUNT = 20
};

/* Record types. One type serves several schemas: tbbo is sent as AS_DBN_MBP_1. */
typedef enum as_dbn_rtype {
    AS_DBN_TRADES = 0x00,
    AS_DBN_MBP_1 = 0x01,
    AS_DBN_MBP_10 = 0x0a,
    AS_DBN_OHLCV_OLD = 0x11, /* its interval is the schema's */
    AS_DBN_STATUS = 0x12,
    AS_DBN_DEFINITION = 0x13,
    AS_DBN_IMBALANCE = 0x14,
    AS_DBN_ERROR = 0x15,
    AS_DBN_SYMBOL_MAPPING = 0x16,
    AS_DBN_SYSTEM = 0x17,
    AS_DBN_STATISTICS = 0x18,
    AS_DBN_OHLCV_1S = 0x20,
    AS_DBN_OHLCV_1M = 0x21,
    AS_DBN_OHLCV_1H = 0x22,
    AS_DBN_OHLCV_1D = 0x23,
    AS_DBN_OHLCV_EOD = 0x24,
    AS_DBN_MBO = 0xa0,
    AS_DBN_CMBP_1 = 0xb1,
    AS_DBN_CBBO_1S = 0xc0,
    AS_DBN_CBBO_1M = 0xc1,
    AS_DBN_TCBBO = 0xc2,
    AS_DBN_BBO_1S = 0xc3,
    AS_DBN_BBO_1M = 0xc4
} as_dbn_rtype;

/* Flags of mbo, trades and level records. */
enum {
    AS_DBN_FLAG_LAST = 0x80,           /* last record of the instrument in its event */
    AS_DBN_FLAG_TOB = 0x40,            /* top of book: replaces the whole side */
    AS_DBN_FLAG_SNAPSHOT = 0x20,       /* from a snapshot or a replay */
    AS_DBN_FLAG_MBP = 0x10,            /* an aggregated price level, not an order */
    AS_DBN_FLAG_BAD_TS_RECV = 0x08,    /* ts_recv is inaccurate */
    AS_DBN_FLAG_MAYBE_BAD_BOOK = 0x04, /* a gap that was not filled lies before */
    AS_DBN_FLAG_PUBLISHER = 0x02       /* the publisher's own meaning */
};

typedef enum as_dbn_result {
    AS_DBN_OK = 0,
    AS_DBN_GROWN = 1,       /* longer than its type's length: the known part is decoded; to be counted */
    AS_DBN_NEED_MORE = -1,  /* the record goes on behind the bytes given */
    AS_DBN_BAD_LENGTH = -2, /* shorter than its own header: nothing behind it can be found */
    AS_DBN_SHORT = -3,      /* shorter than its type's length: skip it */
    AS_DBN_UNKNOWN = -4     /* no such type: skip it */
} as_dbn_result;

/* What a stream's metadata say about the layout of its records. */
typedef struct as_dbn_layout {
    uint8_t version; /* 1..3; 0: not known, each record's length decides */
    bool ts_out;     /* 8 bytes more at each record's end */
} as_dbn_layout;

typedef struct as_dbn_level {
    int64_t bid_px, ask_px;
    uint32_t bid_qty, ask_qty;
    uint32_t bid_count, ask_count; /* orders; consolidated records: publisher in the low 16 bits */
} as_dbn_level;

/* A decoded record. Which member of the union is meant follows from rtype. */
typedef struct as_dbn {
    uint64_t ts_event;
    uint64_t ts_recv; /* AS_TS_UNDEFINED where the type has none */
    uint64_t ts_out;  /* AS_TS_UNDEFINED without ts_out */
    uint32_t instrument;
    uint16_t publisher;
    uint8_t rtype;
    union {
        struct {
            uint64_t order_id;
            int64_t px;
            uint32_t qty, sequence;
            int32_t ts_in_delta;
            uint8_t flags, channel;
            char action, side;
        } mbo;
        /* trades (no level), mbp-1, mbp-10, cmbp-1 and the bbo types, whose action and depth are reserved */
        struct {
            int64_t px;
            uint32_t qty, sequence;
            int32_t ts_in_delta;
            uint8_t flags, depth;
            char action, side;
            uint8_t level_count;
            as_dbn_level level[AS_DBN_LEVEL_MAX];
        } mbp;
        struct {
            int64_t open, high, low, close;
            uint64_t volume;
        } ohlcv; /* ts_event is the bar's START */
        struct {
            uint16_t action, reason, trading_event;
            char is_trading, is_quoting, is_short_sell_restricted;
        } status;
        struct {
            int64_t min_px_increment;
            uint64_t expiration, activation;
            char instrument_class;
            char raw_symbol[AS_DBN_SYMBOL_BYTES];
        } definition;
        struct {
            int64_t reference_px;
            uint32_t paired_qty, imbalance_qty;
            char auction_type, side;
        } imbalance;
        struct {
            uint64_t ts_ref;
            int64_t px, quantity; /* INT64_MAX: none */
            uint32_t sequence;
            int32_t ts_in_delta;
            uint16_t stat_type, channel;
            uint8_t update_action, stat_flags;
        } statistics;
        struct {
            uint64_t start_ts, end_ts;
            uint8_t stype_in, stype_out; /* 0xff: not said (version 1) */
            char in[AS_DBN_SYMBOL_BYTES], out[AS_DBN_SYMBOL_BYTES];
        } mapping;
        struct {
            uint8_t code; /* 0xff: none (version 1) */
            bool is_last; /* errors */
            char text[AS_DBN_TEXT_BYTES];
        } message; /* error, system */
    };
} as_dbn;

/*
 * Bytes of the record at data, from its length byte; *record_bytes is written on OK only. NEED_MORE also tells an
 * end in the middle of a record; no bytes at all are NEED_MORE too.
 */
as_dbn_result as_dbn_frame(const uint8_t *data, size_t bytes, size_t *record_bytes);

/* Decode one framed record. Below 0 *out is untouched; members of the union that the type lacks are unspecified. */
as_dbn_result as_dbn_decode(const as_dbn_layout *layout, const uint8_t *record, size_t record_bytes, as_dbn *out);

/* Bytes of a record of this type in this version (1..3), without ts_out; 0: no such type. */
size_t as_dbn_length(uint8_t version, uint8_t rtype);

/* "mbo" "mbp-1" "trades" "ohlcv-1s" ...; NULL: no such type. A type of several schemas has the first one's name. */
const char *as_dbn_rtype_name(uint8_t rtype);

/* Name of the metadata's schema: "mbo" "tbbo" ... "mixed"; "unknown". */
const char *as_dbn_schema_name(uint16_t schema);

/*
 * Records without metadata (a ".frag" file)? Only if each of the first AS_DBN_SNIFF_RECORDS records (or all there are)
 * has a known type, exactly one of its lengths, all with or all without ts_out, and a stamp in 2000..2100 or none;
 * the last one may be cut. At least one whole record is required. *layout is written on true.
 */
bool as_dbn_sniff_fragment(const uint8_t *data, size_t bytes, as_dbn_layout *layout);

/* Does a legacy DBZ file begin with these bytes (of the file itself, not decompressed)? */
bool as_dbn_is_dbz(const uint8_t *head, size_t bytes);

#endif
