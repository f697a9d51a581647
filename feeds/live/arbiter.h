/*
 * The arbiter: puts the datagrams of redundant lines, and retransmitted ones, into one order.
 *
 * The key is (session, sequence) of each message, never the packet (PROTOCOLS A2): what has been delivered is passed
 * over, whichever line brings it again. A datagram that is ahead of the order is held, up to AS_ARBITER_PACKETS of
 * them, for another line to fill the hole; after window_ns the hole is asked for, if there is somebody to ask; if that
 * brings nothing it is declared lost. With one line and nobody to ask nothing is held.
 *
 *   expected 17          held: [20..24] [25..25]
 *   line B: [15..19]  -> 15, 16 passed over, 17..19 delivered, then 20..24 and 25 from where they were held
 *
 * Asking: each hole is asked for as a whole and on its own, but not more than one in request_gap_ns. An answer may hold
 * less than was asked for: the rest is asked for when no more of it has come for rest_ns. A request that brings nothing
 * new for request_ns is repeated, request_max times in all; then the hole is lost as soon as it is the first. So a hole
 * of any size is filled as long as the server answers, also the one before the first packet of who joins late. What
 * comes meanwhile and finds no room to be held is dropped and asked for in its turn. With nobody to ask, or if the
 * latest hole was lost because nobody answered, the first hole is given up instead.
 *
 * A held datagram is delivered at its own receive time, or that of what it waited for. Threads: one. Memory: the
 * held datagrams' room, allocated in init if anything can be held. Time is an argument: no clock, no system call. A
 * clock that is set back ends a wait.
 */
#ifndef AS_FEEDS_ARBITER_H
#define AS_FEEDS_ARBITER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"
#include "feeds/framing/sequence.h"

enum { AS_ARBITER_PACKETS = 256 };

/* Where a datagram comes from. */
typedef enum as_arbiter_line {
    AS_ARBITER_A = 0,
    AS_ARBITER_B = 1,
    AS_ARBITER_RETRANSMIT = 2,
    AS_ARBITER_LINES
} as_arbiter_line;

/* What a line has brought: messages = firsts + duplicates + dropped. */
typedef struct as_arbiter_stats {
    uint64_t packets;
    uint64_t messages;
    uint64_t firsts;      /* had not come on any line before */
    uint64_t duplicates;  /* had come before, or were declared lost already */
    uint64_t foreign;     /* answers that nobody asked for */
    uint64_t dropped;     /* no room to hold them while others were being asked for */
    uint64_t filled;      /* of the firsts: those that came after later ones, so they filled a hole */
    uint64_t reorder_max; /* most messages that a first lay behind the latest of its own line */
} as_arbiter_stats;

/*
 * A packet's turn has come, or a session's or a hole's: do what take says. packet's blocks are valid during the call;
 * there may be nothing to deliver.
 */
typedef void (*as_arbiter_take_fn)(void *ctx, const as_packet *packet, const as_take *take, uint64_t ts_recv_ns);

/* These messages are missing: ask for them. */
typedef void (*as_arbiter_request_fn)(void *ctx, const as_packet_request *request);

typedef struct as_arbiter_options {
    uint64_t window_ns;      /* how long a hole waits for another line; 0 without request: nothing is held */
    uint64_t request_ns;     /* how long a request then waits for something new */
    uint64_t request_gap_ns; /* least time between two requests */
    uint64_t rest_ns;        /* pause in an answer after which the rest is asked for */
    uint32_t request_max;    /* requests in a row that bring nothing; 0: 1 */
    uint64_t first_seq;      /* as in as_sequence_init */
    as_packet_parse_fn parse;
    as_arbiter_take_fn take;
    as_arbiter_request_fn request; /* NULL: nobody to ask */
    void *ctx;
} as_arbiter_options;

typedef struct as_held_packet {
    uint64_t ts_recv_ns;
    uint32_t bytes;
    uint8_t data[AS_DATAGRAM_BYTES];
} as_held_packet;

/* What has been done about messages that are missing. */
typedef struct as_hole {
    uint64_t known_ns; /* since when it is known */
    uint64_t asked_ns; /* of the latest request */
    uint64_t answer_ns;
    uint32_t tries;    /* requests since something new came; 0: not asked for */
    bool answered;     /* the latest request has brought something new */
} as_hole;

/* Messages [seq, end_seq) are held in a slot; between them and what is before them there may be a hole. */
typedef struct as_held_range {
    uint64_t seq, end_seq;
    as_hole hole;
    uint32_t slot;
} as_held_range;

typedef struct as_arbiter {
    uint64_t delivered_ns; /* latest time that take has been given */
    as_arbiter_options options;
    as_sequence line;                        /* the order, and its counters */
    as_held_packet *held;                    /* AS_ARBITER_PACKETS of them, or NULL */
    as_held_range range[AS_ARBITER_PACKETS]; /* the held ones by sequence; behind them the free slots */
    uint32_t held_count;
    uint64_t top_seq;      /* behind the latest message of the session that is known of */
    uint64_t told_seq;     /* likewise, of what is known but not held: by a heartbeat, or because it was dropped */
    uint64_t told_recv_ns; /* receive time of what told it */
    as_hole told;          /* the hole before told_seq, behind all that is held */
    uint64_t asked_ns;     /* of the latest request */
    bool silent;           /* nobody answered for the latest hole that was lost */
    as_arbiter_stats stats[AS_ARBITER_LINES];
    uint64_t line_next_seq[AS_ARBITER_LINES]; /* behind the latest message of this line in this session */
    uint64_t requests;
    uint64_t overflows; /* holes given up because too many datagrams were held */
} as_arbiter;

/* 0 or -ENOMEM. */
int as_arbiter_init(as_arbiter *arbiter, const as_arbiter_options *options);
void as_arbiter_fini(as_arbiter *arbiter);

/* A datagram of a line. Returns what parse says; what cannot be parsed is not looked at. */
as_packet_result as_arbiter_push(as_arbiter *arbiter, as_arbiter_line from, const uint8_t *datagram,
                                 size_t datagram_bytes, uint64_t ts_recv_ns, uint64_t now_ns);

/* Ask for what is missing, give up what nobody brings, as far as it is time. Returns what it did. */
int as_arbiter_poll(as_arbiter *arbiter, uint64_t now_ns);

/* Is there a hole? Then as_arbiter_poll has something to do soon. */
static inline bool as_arbiter_waits(const as_arbiter *arbiter)
{
    return arbiter->held_count > 0 || arbiter->told_seq > arbiter->line.expected_seq;
}

/*
 * With a server that is asked for what is missing: is more known than has been delivered? Then what is delivered
 * now is the past.
 */
static inline bool as_arbiter_asks(const as_arbiter *arbiter)
{
    return arbiter->options.request != NULL && as_arbiter_waits(arbiter);
}

#endif
