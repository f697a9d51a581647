/*
 * Flows: the datagrams of a capture, told apart by where they go to, and recognised by what is in them.
 *
 * A flow is (interface, destination, port, source address) of UDP. What it carries is found out from its datagrams,
 * never from ports or names:
 *
 *   IEX-TP      a header of version 1 and a known protocol whose payload length is right; a heartbeat is enough
 *   MoldUDP64   messages that fill the datagram exactly, each with the length of its ITCH 5.0 type, a time of day and
 *               printable names: heartbeats alone do not say what the messages would be
 *
 * TCP is one flow for each lower port: connections are not followed, only told about. When the table is full an unknown
 * flow makes room and is counted with the others.
 *
 * Threads: one at a time. Memory: the table, about 200 KiB, allocated at new.
 */
#ifndef AS_FEEDS_CAPTURE_FLOW_H
#define AS_FEEDS_CAPTURE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/framing/datagram.h"

typedef enum as_flow_payload {
    AS_FLOW_UNKNOWN = 0,
    AS_FLOW_ITCH50, /* in MoldUDP64 */
    AS_FLOW_TOPS,   /* in IEX-TP */
    AS_FLOW_DEEP,   /* in IEX-TP */
    AS_FLOW_PAYLOAD_COUNT
} as_flow_payload;

enum { AS_FLOW_FIRST_BYTES = 16, AS_FLOW_NAME_BYTES = 136 };

typedef struct as_flow {
    uint8_t src[AS_DATAGRAM_ADDRESS_BYTES];
    uint8_t dst[AS_DATAGRAM_ADDRESS_BYTES];
    uint32_t interface_idx;
    uint16_t port;   /* destination; TCP: the lower of both */
    uint8_t version; /* 0: the place is free */
    uint8_t tcp;
    uint16_t next; /* in its chain */
    as_flow_payload payload;
    int stream;   /* the caller's: where its messages go; -1 at first */
    uint8_t line; /* the caller's: which of the stream's lines it is */
    uint64_t packets;
    uint64_t messages;                  /* the caller's */
    uint64_t heartbeats;                /* look like heartbeats of MoldUDP64, while the payload is unknown */
    uint8_t first[AS_FLOW_FIRST_BYTES]; /* of the first payload that was not empty */
    uint8_t first_bytes;
} as_flow;

typedef struct as_flows as_flows;

/* 0 or -ENOMEM. */
int as_flows_new(as_flows **flows);
void as_flows_free(as_flows *flows); /* NULL is allowed */

/*
 * The flow of a datagram or a segment: its packets and first bytes are counted, and its payload recognised if it was
 * not known. NULL: there was no place for it, and it is counted with the others. Valid until the next call.
 */
as_flow *as_flows_take(as_flows *flows, uint32_t interface_idx, const as_datagram *datagram, bool tcp);

uint32_t as_flows_count(const as_flows *flows);
const as_flow *as_flows_at(const as_flows *flows, uint32_t idx); /* NULL if the place is free; idx below the limit */
uint64_t as_flows_other_packets(const as_flows *flows);          /* of flows without a place */

/* What a payload is; UNKNOWN also for what says nothing, such as a heartbeat of MoldUDP64. */
as_flow_payload as_flow_recognise(const uint8_t *payload, size_t payload_bytes);

/* "udp 233.54.12.111:26477 from 206.200.127.138", "tcp port 26477" */
void as_flow_name(const as_flow *flow, char out[AS_FLOW_NAME_BYTES]);

/* "unknown" "moldudp64/itch50" "iextp/tops" "iextp/deep" */
const char *as_flow_payload_name(as_flow_payload payload);

#endif
