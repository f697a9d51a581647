/*
 * MoldUDP64: sequenced messages in UDP datagrams (PROTOCOLS A2). All integers big-endian.
 *
 *   0          10               18      20
 *   | session  | sequence u64   | count | len u16, message | len u16, message | ...
 *
 * count 0 is a heartbeat and count 0xFFFF the end of the session; sequence is then the next one to be expected.
 * A request has the same header and nothing behind it: the first message wanted, and how many.
 *
 * Two parts, each usable alone: reading a datagram (as_mold_parse, then packet.h) and writing (as_mold_builder,
 * requests).
 *
 * Pure: no allocation, no I/O, no clock. Messages point into the caller's datagram. Threads: one at a time per object.
 */
#ifndef AS_FEEDS_FRAMING_MOLDUDP64_H
#define AS_FEEDS_FRAMING_MOLDUDP64_H

#include "feeds/framing/packet.h"

enum {
    AS_MOLD_HEADER_BYTES = 20,
    AS_MOLD_COUNT_END = 0xFFFF,     /* count of an end-of-session packet */
    AS_MOLD_COUNT_MAX = 0xFFFE      /* messages of a packet or a request */
};

/* ---- reading ---- */

as_packet_result as_mold_parse(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet);

/* ---- writing ---- */

/* A datagram under construction in the caller's buffer. */
typedef struct as_mold_builder {
    uint64_t next_seq;          /* of the next message to be added */
    uint8_t session[AS_PACKET_SESSION_BYTES];
    uint16_t count;
    uint8_t *buf;
    size_t buf_bytes;
    size_t used_bytes;
} as_mold_builder;

/* buf_bytes: the datagram's limit, at least AS_MOLD_HEADER_BYTES. first_seq: normally 1. */
void as_mold_builder_init(as_mold_builder *builder, const uint8_t session[AS_PACKET_SESSION_BYTES], uint64_t first_seq,
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

/* Returns AS_MOLD_HEADER_BYTES, or 0 if out_bytes is smaller or the request is not valid. */
size_t as_mold_request_encode(const as_packet_request *request, uint8_t *out, size_t out_bytes);

/* false: not exactly a header, sequence 0, count 0 or 0xFFFF, or a range that passes 2^64 - 1. */
bool as_mold_request_decode(const uint8_t *datagram, size_t datagram_bytes, as_packet_request *request);

#endif
