/*
 * IEX-TP version 1: sequenced messages of IEX's feeds in UDP datagrams (PROTOCOLS A5). All integers little-endian.
 *
 *   0         1          2               4         8         12            14      16             24        32
 *   | version | reserved | protocol u16  | channel | session | payload u16 | count | stream offset | sequence | sent |
 *   40
 *   | len u16, message | len u16, message | ...                                       payload bytes, count messages
 *
 * A datagram without messages is a heartbeat: its sequence is the next one to be expected. There is no end of session;
 * the feed's own last message (S, code C) says so. Protocol, channel and session together name a stream: TOPS and DEEP
 * on one port are two streams, and never one sequence.
 *
 * The stream offset counts payload bytes; it is written, and not looked at when reading: the sequence says the same.
 *
 * Two parts, each usable alone: reading a datagram (as_iextp_parse, then packet.h) and writing (as_iextp_builder).
 *
 * Pure: no allocation, no I/O, no clock. Messages point into the caller's datagram. Threads: one at a time per object.
 */
#ifndef AS_FEEDS_FRAMING_IEXTP_H
#define AS_FEEDS_FRAMING_IEXTP_H

#include "feeds/framing/packet.h"

enum { AS_IEXTP_HEADER_BYTES = 40, AS_IEXTP_VERSION = 1 };

/* Whose messages a datagram holds. */
typedef enum as_iextp_protocol {
    AS_IEXTP_NONE = 0, /* not IEX-TP version 1, or a protocol that is not known */
    AS_IEXTP_TOPS15 = 0x8002,
    AS_IEXTP_TOPS16 = 0x8003,
    AS_IEXTP_DEEP10 = 0x8004
} as_iextp_protocol;

/* ---- reading ---- */

/* What a datagram is by its header; nothing behind it is looked at. */
as_iextp_protocol as_iextp_protocol_of(const uint8_t *datagram, size_t datagram_bytes);

/*
 * A datagram of any protocol above; the others are AS_PACKET_FOREIGN to the one that was asked for. A payload that the
 * header gives more bytes than there are, or fewer than the messages need, is AS_PACKET_CUT. A sequence beyond 2^63 - 1
 * is AS_PACKET_BAD_SEQ.
 */
as_packet_result as_iextp_parse(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet);
as_packet_result as_iextp_parse_tops(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet);
as_packet_result as_iextp_parse_deep(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet);

/* ---- writing ---- */

typedef struct as_iextp_stream {
    uint16_t protocol; /* as_iextp_protocol */
    uint32_t channel;
    uint32_t session;
} as_iextp_stream;

/* A datagram under construction in the caller's buffer. */
typedef struct as_iextp_builder {
    as_iextp_stream stream;
    uint64_t next_seq;      /* of the next message to be added */
    uint64_t stream_offset; /* payload bytes of the datagrams before this one */
    uint8_t *buf;
    size_t buf_bytes;
    size_t used_bytes;
    uint16_t count;
} as_iextp_builder;

/* buf_bytes: the datagram's limit, at least AS_IEXTP_HEADER_BYTES. first_seq: normally 1. */
void as_iextp_builder_init(as_iextp_builder *builder, const as_iextp_stream *stream, uint64_t first_seq, uint8_t *buf,
                           size_t buf_bytes);

/* Append a message. false, and nothing changes, if it does not fit: finish the datagram and add it again. */
bool as_iextp_builder_add(as_iextp_builder *builder, const uint8_t *message, size_t message_bytes);

/*
 * Complete the datagram in buf, sent at ts_send (ns UTC); returns its bytes. Without messages it is a heartbeat. The
 * next add begins a new one in the same buffer.
 */
size_t as_iextp_builder_finish(as_iextp_builder *builder, uint64_t ts_send);

#endif
