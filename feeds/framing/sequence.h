/*
 * The order of ONE line of sequenced packets: what to deliver of each, and what was lost before it.
 *
 * The key is (session, sequence) per message, never per packet. Arbitration between redundant lines puts itself before
 * this (feeds/live/arbiter.h); a line without redundancy, or a recording, uses it alone.
 *
 * Pure: no allocation, no I/O, no clock. Threads: one at a time per object.
 */
#ifndef AS_FEEDS_FRAMING_SEQUENCE_H
#define AS_FEEDS_FRAMING_SEQUENCE_H

#include "feeds/framing/packet.h"

enum {
    AS_SEQUENCE_SESSION_RETURN = 3,  /* packets in a row after which a session that was left is believed again */
    AS_SEQUENCE_JUMP_MAX = 1 << 24   /* messages that a packet may be ahead without another one that confirms it */
};

typedef struct as_sequence {
    uint64_t expected_seq;      /* the next message's; 0 until the first packet if it may start anywhere */
    uint8_t session[AS_PACKET_SESSION_BYTES];
    uint8_t left_session[AS_PACKET_SESSION_BYTES]; /* the one before */
    uint8_t left_run;           /* packets in a row of left_session */
    bool started;
    bool has_left;
    bool ended;                 /* the session's end has been seen */
    bool has_doubt;             /* a packet that was not believed: the one that follows it would confirm it */
    uint64_t doubt_seq;
    uint8_t doubt_session[AS_PACKET_SESSION_BYTES];
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
    uint64_t doubtful;          /* packets that were not believed */
} as_sequence;

/* What to do with a packet, in this order. */
typedef struct as_take {
    bool restarted;             /* a new session begins: everything known from the old one is void */
    uint64_t gap_from, gap_to;  /* lost: [gap_from, gap_to); equal if nothing was */
    uint16_t skip;              /* messages to pass over with as_packet_next */
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
 *
 * One damaged or foreign datagram must not blind a line for the day: a packet that is more than AS_SEQUENCE_JUMP_MAX
 * ahead, or that enters another session in its middle while this one has not ended, is not believed until a packet that
 * goes on behind it has come.
 */
void as_sequence_accept(as_sequence *line, const as_packet *packet, as_take *take);

/*
 * The parts of accept, for who holds packets back before they are accepted (feeds/live/arbiter.h):
 * drops: would accept drop the packet, as a straggler of the session just left or as one that is not believed?
 * follow: what accept does first, bring the line to the packet's session; false if it drops the packet. Of *take only
 * restarted is written.
 * lose: give up [expected_seq, to_seq) without a packet behind it; to_seq is above expected_seq. *take is written.
 */
bool as_sequence_drops(const as_sequence *line, const as_packet *packet);
bool as_sequence_follow(as_sequence *line, const as_packet *packet, as_take *take);
void as_sequence_lose(as_sequence *line, uint64_t to_seq, as_take *take);

#endif
