/*
 * The order of ONE line of sequenced packets: what to deliver of each, and what was lost before it.
 *
 * The key is (session, sequence) per message, never per packet. Arbitration between redundant lines puts itself before
 * this (feeds/arbiter.h); a line without redundancy, or a recording, uses it alone.
 *
 * Pure: no allocation, no I/O, no clock. Threads: one at a time per object.
 */
#ifndef AS_FEEDS_FRAMING_SEQUENCE_H
#define AS_FEEDS_FRAMING_SEQUENCE_H

#include "feeds/framing/packet.h"

/* Packets in a row after which a session that was left is believed again. */
enum { AS_SEQUENCE_SESSION_RETURN = 3 };

typedef struct as_sequence {
    uint64_t expected_seq;      /* the next message's; 0 until the first packet if it may start anywhere */
    uint8_t session[AS_PACKET_SESSION_BYTES];
    uint8_t left_session[AS_PACKET_SESSION_BYTES]; /* the one before */
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
} as_sequence;

/* What to do with a packet, in this order. */
typedef struct as_take {
    bool restarted;             /* a new session begins: everything known from the old one is void */
    uint64_t gap_from, gap_to;  /* lost: [gap_from, gap_to); equal if nothing was */
    uint16_t skip;              /* messages to pass over with as_mold_next */
    uint16_t deliver;           /* messages to deliver after those */
    uint64_t seq;               /* of the first message to deliver */
} as_take;

/*
 * first_seq: what the first packet is expected to begin with; 1: whatever was sent before it is a gap; 0: start
 * wherever the line is. A new session always begins at 1.
 */
void as_sequence_init(as_sequence *line, uint64_t first_seq);

/*
 * Put a parsed packet into order. A hole is declared lost at once; a heartbeat or an end that announces a later
 * sequence reveals a lost tail; messages of a cut datagram that are not there become a gap with the next packet. A
 * packet of another session restarts the line, except that stragglers of the session just left are dropped until
 * AS_SEQUENCE_SESSION_RETURN of them have come in a row. *take is always written.
 */
void as_sequence_accept(as_sequence *line, const as_packet *packet, as_take *take);

#endif
