/*
 * A live feed: one source of the configuration, from its socket to the rings of the core.
 *
 *   reactor -> framing -> decode -> normalise -> outlet -> event ring      (as_event)
 *                                     headline -> desk  -> headline ring   (as_headline, in the order of their events)
 *
 *   udp:// with framing moldudp64, format itch50    redundant lines are put into one order, see feeds/live/arbiter.h
 *   tcp:// with framing soupbintcp, format itch50   behind a login, resumed where it broke off: feeds/live/feed_soup.h
 *   udp:// or tcp:// with format ndjson             one JSON object a line; a datagram holds whole lines
 *
 * Receive time: the kernel's stamp of the datagram; for a stream the clock when its bytes were read; with trust_r
 * what the data says. Events of one receive time are one instant, whose last market event carries AS_EVENT_LAST: a
 * datagram, a piece of a stream, or with trust_r the lines of one "r", which is over when another "r", a headline,
 * or AS_FEED_IDLE_MS without data have come.
 *
 * TCP: see as_tcp_mode. A connection we make is made again for ever, with a growing, jittered pause; what was
 * missed in between is unknown, so the new connection begins with a GAP. A feed that listens takes several
 * producers at once or one after the other.
 *
 * Threads: open, poll_idle and close belong to the reactor's thread, as do all callbacks. State, counters and
 * as_feed_set_desk are for any thread. Memory: allocated in open; afterwards none. The rings belong to the caller:
 * he makes them before the threads start and frees them after both sides have stopped.
 *
 * Edges:
 *   F1  desk_next, release in as_feed_set_desk -> acquire in as_feed_poll_idle: the feed sees the whole new desk.
 *   F2  desk_used, release in as_feed_poll_idle -> acquire in as_feed_desk_used: whoever sees the new desk in use knows
 *       that the feed's last reading with the old one lies before, and may free it.
 */
#ifndef AS_FEEDS_FEED_H
#define AS_FEEDS_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/ring.h"
#include "core/universe.h"
#include "feeds/live/arbiter.h"
#include "feeds/news/desk.h"
#include "feeds/live/reactor.h"

typedef struct as_feed as_feed;

enum {
    AS_FEED_PRODUCERS_MAX = 16,  /* connections of a listening feed; further ones are closed and counted */
    AS_FEED_IDLE_MS = 500,       /* trust_r: a stream that has been silent this long has ended its instant: longer
                                    than any pause a loaded sender makes, short enough for an interactive one */
    AS_FEED_WINDOW_MS = 2,       /* MoldUDP64: how long a hole waits for the redundant line, */
    AS_FEED_REQUEST_MS = 50,     /*   and then for each retransmission that is asked for, */
    AS_FEED_REQUEST_TRIES = 2,   /*   so many in a row */
    AS_FEED_REQUEST_HZ = 1000,   /* MoldUDP64: requests a second, at most */
    AS_FEED_REST_US = 5000,      /* MoldUDP64: pause in an answer after which its rest is asked for */
    AS_FEED_STALE_MS = 5000,     /* MoldUDP64: silence, heartbeats included, after which the feed is STALE */
    AS_FEED_RETRY_MIN_MS = 100,  /* pause before a connection is tried again: doubles up to the maximum, */
    AS_FEED_RETRY_MAX_MS = 5000, /*   each time between half and the whole of it, at random */
    AS_FEED_WARN_MAX = 10,       /* bad lines reported by as_warn; all are counted */
    AS_FEED_BAD_MAX = 40         /* reasons of as_feed_stats.bad */
};

typedef enum as_feed_state {
    AS_FEED_DOWN = 0,       /* not open */
    AS_FEED_CONNECTING = 1, /* nothing received yet, no connection, or no producer */
    AS_FEED_LIVE = 2,
    AS_FEED_STALE = 3 /* silent for AS_FEED_STALE_MS, or messages were lost and nothing has repaired that yet */
} as_feed_state;

/* "down" "connecting" "live" "stale" */
const char *as_feed_state_name(as_feed_state state);

typedef struct as_feed_options {
    const as_feed_config *config; /* copied */
    const char *config_path;      /* for messages; NULL: none */
    const as_universe *universe;  /* outlives the feed */
    const as_desk *desk;          /* NULL: headlines are not read, their reading stays zero */
    as_ring *events;              /* slots of sizeof(as_event) */
    as_ring *headlines;           /* slots of sizeof(as_headline) */
    uint16_t source;              /* as_event.source */
    int32_t session_date;     /* YYYYMMDD that ITCH stamps count from; 0: today in the zone, again at each session */
    const char *session_zone; /* NULL: America/New_York */
} as_feed_options;

typedef struct as_feed_stats {
    as_feed_state state;
    uint64_t packets; /* datagrams, or pieces of streams */
    uint64_t bytes;
    uint64_t messages;   /* decoded messages or lines, good and bad */
    uint64_t events;     /* published, headlines and gaps included */
    uint64_t headlines;  /* published */
    uint64_t gaps, lost; /* holes in the source's sequence, and messages in them */
    uint64_t duplicates; /* messages that had come before */
    uint64_t heartbeats, restarts;
    uint64_t filled;         /* messages missing on the line that was ahead, and brought by another */
    uint64_t requested;      /* retransmissions asked for */
    uint64_t dropped;        /* events lost because a ring was full */
    uint64_t unknown_symbol; /* events dropped: not in the universe */
    uint64_t connects;       /* connections made or accepted */
    uint64_t refused;        /* producers beyond AS_FEED_PRODUCERS_MAX */
    uint64_t disconnects;    /* connections that ended */
    uint64_t capture_lost;   /* records that the capture could not take */
    uint64_t bad;            /* messages, lines and datagrams that were not right, all reasons */
    struct {
        const char *reason;
        uint64_t count;
    } by_reason[AS_FEED_BAD_MAX]; /* those that have occurred */
    uint32_t reason_count;
    as_arbiter_stats line[AS_ARBITER_LINES]; /* of sequenced datagrams; zeroes else */
    uint64_t last_packet_ns; /* receive time of the latest; 0 before the first */
    uint32_t rcvbuf_bytes;   /* granted by the kernel; 0 for TCP */
} as_feed_stats;

/*
 * Open the sockets and watch them. 0; or a negative errno with the error chain set: a URL that is not right, a
 * format that does not go with its transport, a port in use, ... A peer that does not answer is no error. The
 * reactor needs 3 watches for UDP, 1 + AS_FEED_PRODUCERS_MAX for TCP.
 */
int as_feed_open(const as_feed_options *options, as_reactor *reactor, as_feed **feed);

/*
 * Work that is due by time: connections, held instants, gaps not yet told, staleness, and the desk. now_ns is
 * as_clock_now_ns. To be called between two polls of the reactor, at least every as_feed_wait_ns. Returns what it
 * did.
 */
int as_feed_poll_idle(as_feed *feed, uint64_t now_ns);

/* How long the thread may wait in the reactor before poll_idle has something to do. */
uint64_t as_feed_wait_ns(const as_feed *feed);

/* NULL is allowed. What was held back is published. */
void as_feed_close(as_feed *feed);

/*
 * Read headlines with another desk from now on. Any thread. The old one is free once as_feed_desk_used is the new
 * one.
 */
void as_feed_set_desk(as_feed *feed, const as_desk *desk);
const as_desk *as_feed_desk_used(const as_feed *feed);

const char *as_feed_name(const as_feed *feed);
as_feed_state as_feed_state_get(const as_feed *feed);
void as_feed_stats_get(const as_feed *feed, as_feed_stats *stats);
/* as_feed_stats.last_packet_ns alone. */
uint64_t as_feed_last_packet_ns(const as_feed *feed);

#endif
