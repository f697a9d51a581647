/*
 * The arbiter: puts the datagrams of redundant lines, and retransmitted ones, into one order.
 *
 * The key is (session, sequence) of each message, never the packet (PROTOCOLS A2): what has been delivered is
 * passed over, whichever line brings it again. A datagram that is ahead of the order is held, up to window_ns and
 * AS_ARBITER_PACKETS, for another line to fill the hole; then the hole is asked for once, if there is somebody to
 * ask, and waited for another request_ns; then it is declared lost. With one line and nobody to ask nothing is
 * held.
 *
 *   expected 17          held: [20..24] [25..25]
 *   line B: [15..19]  -> 15, 16 passed over, 17..19 delivered, then 20..24 and 25 from where they were held
 *
 * A held datagram keeps its own receive time. Threads: one. Memory: the held datagrams' room, allocated in init if
 * anything can be held. Time is an argument: no clock, no system call.
 */
#ifndef AS_FEEDS_ARBITER_H
#define AS_FEEDS_ARBITER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"
#include "feeds/framing/sequence.h"

enum { AS_ARBITER_PACKETS = 256 };

/* A packet's turn has come: do what take says. packet's blocks are valid during the call. */
typedef void (*as_arbiter_take_fn)(void *ctx, const as_packet *packet, const as_take *take, uint64_t ts_recv_ns);

/* These messages are missing: ask for them. */
typedef void (*as_arbiter_request_fn)(void *ctx, const as_packet_request *request);

typedef struct as_arbiter_options {
    uint64_t window_ns;  /* how long a hole waits for another line; 0: nothing is held */
    uint64_t request_ns; /* how long it then waits for the retransmission */
    uint64_t first_seq;  /* as in as_sequence_init */
    as_packet_parse_fn parse;
    as_arbiter_take_fn take;
    as_arbiter_request_fn request; /* NULL: nobody to ask */
    void *ctx;
} as_arbiter_options;

typedef struct as_held_packet {
    uint64_t seq; /* of its first message */
    uint64_t ts_recv_ns;
    uint64_t since_ns; /* when it was held */
    uint32_t bytes;
    uint8_t data[AS_DATAGRAM_BYTES];
} as_held_packet;

typedef struct as_arbiter {
    as_arbiter_options options;
    as_sequence line;                   /* the order, and its counters */
    as_held_packet *held;               /* AS_ARBITER_PACKETS of them, or NULL */
    uint16_t order[AS_ARBITER_PACKETS]; /* indices into held: the held ones by sequence, then the free ones */
    uint32_t held_count;
    uint64_t requested_seq; /* hole that has been asked for: its first message */
    uint64_t filled;        /* messages that came while something was held behind them */
    uint64_t requests;
    uint64_t overflows; /* holes given up because too many datagrams were held */
} as_arbiter;

/* 0 or -ENOMEM. */
int as_arbiter_init(as_arbiter *arbiter, const as_arbiter_options *options);
void as_arbiter_fini(as_arbiter *arbiter);

/* A datagram of any line. Returns what parse says; what cannot be parsed is not looked at. */
as_packet_result as_arbiter_push(as_arbiter *arbiter, const uint8_t *datagram, size_t datagram_bytes,
                                 uint64_t ts_recv_ns, uint64_t now_ns);

/*
 * Ask for what has been missing for window_ns, give up what has been missing for both times. Returns what it did.
 */
int as_arbiter_poll(as_arbiter *arbiter, uint64_t now_ns);

static inline bool as_arbiter_waits(const as_arbiter *arbiter)
{
    return arbiter->held_count > 0;
}

#endif
