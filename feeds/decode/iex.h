/*
 * IEX's market data messages as values: what TOPS 1.5, TOPS 1.6 and DEEP 1.0 have in common (PROTOCOLS A6).
 *
 * The feeds share all messages but a few: quotes (Q) are TOPS's, price levels (8, 5) are DEEP's. tops.h and deep.h say
 * which types each has; both decode into the value below and encode from it through the functions at the end.
 *
 * Pure functions of (message, message_bytes): no state, no allocation, no clock, no recursion; every byte sequence is
 * accepted as input and every outcome is a result the caller counts. What a message means is not judged here: prices
 * stay as they are on the wire, codes and flags stay bytes (newer revisions have more of them), stamps may be anything.
 *
 * All wire integers are little-endian. Stamps are signed ns UTC since 1970, prices are signed 1e-4 of a dollar. Alpha
 * fields keep their padding blanks on the right and are not zero-terminated.
 *
 * Threads: any. Memory: the caller's struct.
 */
#ifndef AS_FEEDS_DECODE_IEX_H
#define AS_FEEDS_DECODE_IEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AS_IEX_SYMBOL_BYTES = 8,      /* a symbol field */
    AS_IEX_BYTES_MIN = 10,        /* the shortest message */
    AS_IEX_BYTES_MAX = 80,        /* the longest message */
    AS_TOPS15_TRADE_BYTES = 42    /* T and B of TOPS 1.5: four reserved bytes behind those of 1.6 */
};

/* The second byte where it holds flags. */
enum {
    AS_IEX_TEST_SECURITY = 0x80,     /* D */
    AS_IEX_WHEN_ISSUED = 0x40,
    AS_IEX_ETP = 0x20,
    AS_IEX_UNAVAILABLE = 0x80,       /* Q: halted, paused or otherwise not to be traded on IEX */
    AS_IEX_OUTSIDE_SESSION = 0x40,   /* Q: before or after the regular market session */
    AS_IEX_EVENT_COMPLETE = 0x01,    /* 8 5: the book is as it should be again */
    AS_IEX_SWEEP = 0x80,             /* T B: an intermarket sweep order */
    AS_IEX_EXTENDED_HOURS = 0x40,
    AS_IEX_ODD_LOT = 0x20,
    AS_IEX_TRADE_THROUGH_EXEMPT = 0x10,
    AS_IEX_SINGLE_PRICE_CROSS = 0x08
};

typedef enum as_iex_result {
    AS_IEX_OK = 0,       /* *out is written */
    AS_IEX_GROWN = 1,    /* longer than specified: the known prefix is in *out; to be counted */
    AS_IEX_SHORT = -1,   /* shorter than its type's length; *out is untouched */
    AS_IEX_UNKNOWN = -2, /* no such type in this feed: skip the message by its length; *out is untouched */
    AS_IEX_EMPTY = -3    /* no bytes; *out is untouched */
} as_iex_result;

/* A decoded message. Which member of the union is meant follows from type; O, I, E and S have none. */
typedef struct as_iex {
    int64_t ts_ns;
    char symbol[8]; /* blanks in S, which is about the whole market */
    char type;
    uint8_t flags;  /* the second byte: flags, or the code of S H O P I E X A */
    union {
        struct { int64_t px4, trade_id; uint32_t shares, reserved; bool has_reserved; } trade;  /* T B */
        struct { int64_t bid_px4, ask_px4; uint32_t bid_shares, ask_shares; } quote;            /* Q */
        struct { int64_t px4; uint32_t shares; } level;                                         /* 8 5 */
        struct { char reason[4]; } status;                                                      /* H */
        struct { char detail; } short_sale;                                                     /* P */
        struct { int64_t px4; } official;                                                       /* X */
        struct { int64_t adjusted_px4; uint32_t round_lot; uint8_t luld_tier; } directory;      /* D */
        struct {
            int64_t reference_px4, indicative_px4, book_px4, collar_px4, lower_px4, upper_px4;
            uint32_t paired, imbalance, scheduled_s; /* s since 1970, UTC */
            char side;
            uint8_t extensions;
        } auction; /* A */
    };
} as_iex;

_Static_assert(offsetof(as_iex, auction) + 32 <= 64, "all but an auction's message lies within a cache line");

/*
 * For tops.c and deep.c: decode a message of the types that lengths (256 of them, by the type's byte; 0: no such type)
 * has. Members of the union that the type does not have are unspecified.
 */
as_iex_result as_iex_decode(const uint8_t *lengths, const uint8_t *message, size_t message_bytes, as_iex *out);

/*
 * Write in->type's message. Returns its bytes, or 0 if lengths does not have the type or out_bytes is too small; out is
 * then untouched. has_reserved is not looked at.
 */
size_t as_iex_encode(const uint8_t *lengths, const as_iex *in, uint8_t *out, size_t out_bytes);

#endif
