/*
 * A sequenced packet: what MoldUDP64 and IEX-TP datagrams have in common once their headers have been read.
 *
 *   header: whose stream, sequence of the first message, how many    | len u16, message | len u16, message | ...
 *
 * The framings (moldudp64.h, iextp.h) parse a datagram into an as_packet; the order of a line (sequence.h), the
 * arbitration between lines (feeds/live/arbiter.h) and the reader of captures work on as_packet alone.
 *
 * Pure: messages point into the caller's datagram. Threads: any.
 */
#ifndef AS_FEEDS_FRAMING_PACKET_H
#define AS_FEEDS_FRAMING_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AS_PACKET_SESSION_BYTES = 10 };

typedef enum as_packet_kind { AS_PACKET_DATA = 0, AS_PACKET_HEARTBEAT = 1, AS_PACKET_END = 2 } as_packet_kind;

typedef struct as_packet {
    uint64_t seq;                             /* of the first message; heartbeat and end: the next one to be expected */
    uint8_t session[AS_PACKET_SESSION_BYTES]; /* the stream: equal bytes are one sequence of messages */
    uint16_t count;                           /* whole messages in the datagram; 0 for heartbeat and end */
    uint16_t declared_count;                  /* as the header says; above count if the datagram is cut */
    as_packet_kind kind;
    bool little_endian;    /* the lengths of the blocks */
    const uint8_t *blocks; /* the first message's length */
    size_t trailing_bytes; /* behind the declared messages */
    uint64_t ts_send;      /* ns UTC when the publisher sent it; 0 if the framing does not say */
} as_packet;

typedef enum as_packet_result {
    AS_PACKET_OK = 0,
    AS_PACKET_CUT = 1,      /* fewer whole messages than declared: count of them are readable */
    AS_PACKET_TRAILING = 2, /* more bytes than declared messages: the rest is ignored */
    AS_PACKET_SHORT = -1,   /* shorter than a header: *packet is untouched */
    AS_PACKET_BAD_SEQ = -2, /* sequence + count is out of range: *packet is untouched */
    AS_PACKET_FOREIGN = -3  /* a header of another version or protocol: *packet is untouched */
} as_packet_result;

typedef as_packet_result (*as_packet_parse_fn)(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet);

/* Messages [seq, seq + count) of a stream, to be sent again. */
typedef struct as_packet_request {
    uint64_t seq; /* first message wanted, from 1 */
    uint8_t session[AS_PACKET_SESSION_BYTES];
    uint16_t count; /* 1..0xFFFE */
} as_packet_request;

/*
 * The message at *cursor, which starts as packet->blocks and moves on; to be called at most packet->count times.
 * Returns the message; its bytes (0 is legal) in *message_bytes.
 */
static inline const uint8_t *as_packet_next(const as_packet *packet, const uint8_t **cursor, size_t *message_bytes)
{
    const uint8_t *length = *cursor;
    const uint8_t *message = length + 2;
    *message_bytes =
        packet->little_endian ? (size_t)(length[1] << 8 | length[0]) : (size_t)(length[0] << 8 | length[1]);
    *cursor = message + *message_bytes;
    return message;
}

/* Whole messages among the first declared ones of a datagram's blocks; *used_bytes is what they take. */
static inline uint16_t as_packet_count_whole(const uint8_t *blocks, size_t bytes, uint16_t declared, bool little_endian,
                                             size_t *used_bytes)
{
    size_t at = 0;
    uint16_t count = 0;
    while (count < declared && bytes - at >= 2) {
        const uint8_t *length = blocks + at;
        size_t message_bytes =
            little_endian ? (size_t)(length[1] << 8 | length[0]) : (size_t)(length[0] << 8 | length[1]);
        if (bytes - at - 2 < message_bytes)
            break;
        at += 2 + message_bytes;
        count++;
    }
    *used_bytes = at;
    return count;
}

#endif
