/*
 * MoldUDP64: sequenced messages in UDP datagrams (PROTOCOLS A2). All integers big-endian.
 *
 *   0          10               18      20
 *   | session  | sequence u64   | count | len u16, message | len u16, message | ...
 *
 * count 0 is a heartbeat and count 0xFFFF the end of the session; sequence is then the next one to be expected.
 * A request has the same header and nothing behind it: the first message wanted, and how many.
 *
 * Three parts, each usable alone: reading a datagram (as_mold_parse, as_mold_next), the order of ONE line of
 * datagrams (as_mold_line), and writing (as_mold_builder, requests). Arbitration between redundant lines and
 * requests for what is missing work on (session, sequence) per message and sit between the first part and the
 * consumer instead of as_mold_line.
 *
 * Pure: no allocation, no I/O, no clock. Messages point into the caller's datagram. Threads: one at a time per object.
 */
#ifndef AS_FEEDS_FRAMING_MOLDUDP64_H
#define AS_FEEDS_FRAMING_MOLDUDP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AS_MOLD_HEADER_BYTES = 20,
    AS_MOLD_SESSION_BYTES = 10,
    AS_MOLD_COUNT_END = 0xFFFF,     /* count of an end-of-session packet */
    AS_MOLD_COUNT_MAX = 0xFFFE,     /* messages of a packet or a request */
    AS_MOLD_SESSION_RETURN = 3      /* packets in a row after which a session that was left is believed again */
};

/* ---- reading ---- */

typedef enum as_mold_kind { AS_MOLD_DATA = 0, AS_MOLD_HEARTBEAT = 1, AS_MOLD_END = 2 } as_mold_kind;

typedef struct as_mold_packet {
    uint64_t seq;               /* of the first message; heartbeat and end: the next one to be expected */
    uint8_t session[AS_MOLD_SESSION_BYTES];
    uint16_t count;             /* whole messages in the datagram; 0 for heartbeat and end */
    uint16_t declared_count;    /* as the header says; above count if the datagram is cut */
    as_mold_kind kind;
    const uint8_t *blocks;      /* the first message's length */
    size_t trailing_bytes;      /* behind the declared messages */
} as_mold_packet;

typedef enum as_mold_result {
    AS_MOLD_OK = 0,
    AS_MOLD_CUT = 1,            /* fewer whole messages than declared: count of them are readable */
    AS_MOLD_TRAILING = 2,       /* more bytes than declared messages: the rest is ignored */
    AS_MOLD_SHORT = -1,         /* shorter than a header: *packet is untouched */
    AS_MOLD_BAD_SEQ = -2        /* sequence + count passes 2^64 - 1: *packet is untouched */
} as_mold_result;

as_mold_result as_mold_parse(const uint8_t *datagram, size_t datagram_bytes, as_mold_packet *packet);

/*
 * The message at *cursor, which starts as packet->blocks and moves on; to be called at most packet->count times.
 * Returns the message; its bytes (0 is legal) in *message_bytes.
 */
const uint8_t *as_mold_next(const uint8_t **cursor, size_t *message_bytes);

/* ---- the order of one line ---- */

typedef struct as_mold_line {
    uint64_t expected_seq;      /* the next message's; 0 until the first packet if it may start anywhere */
    uint8_t session[AS_MOLD_SESSION_BYTES];
    uint8_t left_session[AS_MOLD_SESSION_BYTES]; /* the one before */
    uint8_t left_run;           /* packets in a row of left_session */
    bool started;
    bool has_left;
    bool ended;                 /* the session's end has been seen */
    /* counters */
    uint64_t packets;           /* all that were given to accept */
    uint64_t messages;          /* to be delivered */
    uint64_t duplicates;        /* messages that had been passed: repeated, or later than their gap */
    uint64_t duplicate_packets; /* packets that held nothing new */
    uint64_t gaps;
    uint64_t lost;              /* messages in gaps */
    uint64_t heartbeats;
    uint64_t ends;              /* end-of-session packets */
    uint64_t restarts;          /* changes of session */
    uint64_t wrong_session;     /* packets of the session that was left */
    uint64_t bad_seq;           /* sequence 0 */
} as_mold_line;

/* What to do with a packet, in this order. */
typedef struct as_mold_take {
    bool restarted;             /* a new session begins: everything known from the old one is void */
    uint64_t gap_from, gap_to;  /* lost: [gap_from, gap_to); equal if nothing was */
    uint16_t skip;              /* messages to pass over with as_mold_next */
    uint16_t deliver;           /* messages to deliver after those */
    uint64_t seq;               /* of the first message to deliver */
} as_mold_take;

/*
 * first_seq: what the first packet is expected to begin with; 1: whatever was sent before it is a gap; 0: start
 * wherever the line is. A new session always begins at 1.
 */
void as_mold_line_init(as_mold_line *line, uint64_t first_seq);

/*
 * Put a parsed packet into order. A hole is declared lost at once; a heartbeat or an end that announces a later
 * sequence reveals a lost tail; messages of a cut datagram that are not there become a gap with the next packet. A
 * packet of another session restarts the line, except that stragglers of the session just left are dropped until
 * AS_MOLD_SESSION_RETURN of them have come in a row. *take is always written.
 */
void as_mold_line_accept(as_mold_line *line, const as_mold_packet *packet, as_mold_take *take);

/* ---- writing ---- */

/* A datagram under construction in the caller's buffer. */
typedef struct as_mold_builder {
    uint64_t next_seq;          /* of the next message to be added */
    uint8_t session[AS_MOLD_SESSION_BYTES];
    uint16_t count;
    uint8_t *buf;
    size_t buf_bytes;
    size_t used_bytes;
} as_mold_builder;

/* buf_bytes: the datagram's limit, at least AS_MOLD_HEADER_BYTES. first_seq: normally 1. */
void as_mold_builder_init(as_mold_builder *builder, const uint8_t session[AS_MOLD_SESSION_BYTES], uint64_t first_seq,
                          uint8_t *buf, size_t buf_bytes);

/* Append a message. false, and nothing changes, if it does not fit: finish the datagram and add it again. */
bool as_mold_builder_add(as_mold_builder *builder, const uint8_t *message, size_t message_bytes);

/*
 * Complete the datagram in buf; returns its bytes. Without messages it is a heartbeat. The next add begins a new one
 * in the same buffer.
 */
size_t as_mold_builder_finish(as_mold_builder *builder);

/* Write an end-of-session packet into buf; returns its bytes. Messages added and not finished are discarded. */
size_t as_mold_builder_end(as_mold_builder *builder);

typedef struct as_mold_request {
    uint64_t seq;               /* first message wanted, from 1 */
    uint8_t session[AS_MOLD_SESSION_BYTES];
    uint16_t count;             /* 1..AS_MOLD_COUNT_MAX */
} as_mold_request;

/* Returns AS_MOLD_HEADER_BYTES, or 0 if out_bytes is smaller or the request is not valid. */
size_t as_mold_request_encode(const as_mold_request *request, uint8_t *out, size_t out_bytes);

/* false: not exactly a header, sequence 0, count 0 or 0xFFFF, or a range that passes 2^64 - 1. */
bool as_mold_request_decode(const uint8_t *datagram, size_t datagram_bytes, as_mold_request *request);

#endif
