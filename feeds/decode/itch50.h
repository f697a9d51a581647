/*
 * Nasdaq TotalView-ITCH 5.0: one message of wire bytes to a value (PROTOCOLS A1).
 *
 * A pure function of (message, message_bytes): no state, no allocation, no clock, no recursion; every byte sequence is
 * accepted as input and every outcome is a result the caller counts. What a message means is not judged here: prices
 * stay as they are on the wire, codes stay characters (their sets differ between revisions), stamps may exceed a day.
 *
 * All wire integers are big-endian and unsigned. Price(4) is 1e-4 of a dollar, Price(8) is 1e-8. Alpha fields keep
 * their padding blanks on the right and are not zero-terminated.
 *
 * Threads: any. Memory: the caller's struct, within a cache line.
 */
#ifndef AS_FEEDS_DECODE_ITCH50_H
#define AS_FEEDS_DECODE_ITCH50_H

#include <stddef.h>
#include <stdint.h>

enum {
    AS_ITCH50_TYPE_COUNT = 23,    /* message types of the specification */
    AS_ITCH50_BYTES_MIN = 12,     /* the shortest message */
    AS_ITCH50_BYTES_MAX = 50,     /* the longest message */
    AS_ITCH50_SNIFF_RECORDS = 64, /* records as_itch50_sniff looks at */
    AS_ITCH50_STOCK_BYTES = 8     /* a stock field */
};

typedef enum as_itch50_result {
    AS_ITCH50_OK = 0,      /* *out is written */
    AS_ITCH50_GROWN = 1,   /* longer than specified: the known prefix is in *out; to be counted */
    AS_ITCH50_SHORT = -1,  /* shorter than its type's length; *out is untouched */
    AS_ITCH50_UNKNOWN = -2,/* no such type: skip the message by its length; *out is untouched */
    AS_ITCH50_EMPTY = -3   /* no bytes; *out is untouched */
} as_itch50_result;

/* A decoded message. Which member of the union is meant follows from type. */
typedef struct as_itch50 {
    uint64_t ts_ns;    /* since midnight, exchange's local time; 48 bits */
    uint16_t locate;   /* dense id of the stock, per day */
    uint16_t tracking;
    char type;
    union {
        struct { char event; } system;                                                              /* S */
        struct { char level; } breach;                                                              /* W */
        struct { char stock[8]; char state, reserved; char reason[4]; } action;                     /* H */
        struct { char stock[8]; char market, action; } operational;                                 /* h */
        struct { char stock[8]; char restriction; } reg_sho;                                        /* Y */
        struct { char stock[8]; char interest; } rpi;                                               /* N */
        struct { char stock[8]; char mpid[4]; char primary, mode, state; } participant;             /* L */
        struct { uint64_t level_px8[3]; } decline;                                                  /* V */
        struct { char stock[8]; uint32_t release_s, px4; char qualifier; } ipo;                     /* K */
        struct { char stock[8]; uint32_t reference_px4, upper_px4, lower_px4, extension; } collar;  /* J */
        struct { uint64_t ref; char stock[8]; uint32_t shares, px4; char side, mpid[4]; } add;      /* A F */
        struct { uint64_t ref, match; uint32_t shares, px4; char printable; } execute;              /* E C */
        struct { uint64_t ref; uint32_t shares; } cancel;                                           /* X */
        struct { uint64_t ref; } remove;                                                            /* D */
        struct { uint64_t ref, new_ref; uint32_t shares, px4; } replace;                            /* U */
        struct { uint64_t ref, match; char stock[8]; uint32_t shares, px4; char side; } trade;      /* P */
        struct { uint64_t shares, match; char stock[8]; uint32_t px4; char cross; } cross;          /* Q */
        struct { uint64_t match; } broken;                                                          /* B */
        struct {
            char stock[8];
            uint32_t round_lot, etp_leverage;
            char category, financial_status, round_lots_only, issue_class, subtype[2], authenticity;
            char short_sale_threshold, ipo, luld_tier, etp, inverse;
        } directory; /* R */
        struct {
            uint64_t paired, imbalance;
            char stock[8];
            uint32_t far_px4, near_px4, reference_px4;
            char direction, cross, variation;
        } imbalance; /* I */
        struct {
            uint64_t near_time;
            char stock[8];
            uint32_t min_px4, max_px4, near_px4, lower_px4, upper_px4;
            char eligible;
        } listing; /* O */
    };
} as_itch50;

_Static_assert(sizeof(as_itch50) <= 64, "a decoded message fits a cache line");

/*
 * Specified bytes of each type, indexed by the type's byte; 0: no such type. For framings that carry no length
 * (as_binaryfile) and for decoders.
 */
extern const uint8_t as_itch50_lengths[256];

static inline size_t as_itch50_length(uint8_t type)
{
    return as_itch50_lengths[type];
}

/* Decode one message. Members of the union that the type does not have are unspecified. */
as_itch50_result as_itch50_decode(const uint8_t *message, size_t message_bytes, as_itch50 *out);

/* The stock field of a decoded message (AS_ITCH50_STOCK_BYTES, blank-padded), NULL if its type has none. */
const char *as_itch50_stock(const as_itch50 *message);

typedef enum as_itch50_form {
    AS_ITCH50_FORM_NONE = 0,      /* not ITCH 5.0 */
    AS_ITCH50_FORM_BINARYFILE = 1,/* u16 length before each message */
    AS_ITCH50_FORM_PREFIXLESS = 2 /* 0x0000 before each message: lengths come from the table (DESIGN 6.28) */
} as_itch50_form;

/*
 * Is this the beginning of an ITCH file? Only if each of the first AS_ITCH50_SNIFF_RECORDS records (or all there are)
 * has exactly the length of its type's table entry; the last one may be cut by the end of buf. At least one whole
 * message is required. buf holds uncompressed bytes from the start of the file; 64 records fit into 4 KiB.
 */
as_itch50_form as_itch50_sniff(const uint8_t *buf, size_t bytes);

#endif
