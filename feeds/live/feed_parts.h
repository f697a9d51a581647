/*
 * The inside of a feed: what feed.c (life and state) and the drivers share; nobody else includes it.
 *
 * A driver is what makes events of one kind of source; which one a feed has follows from its framing:
 *
 *   feed_packets.c    moldudp64, iextp: sequenced datagrams of redundant lines -> as_wire (feed_wire.h)
 *   feed_soup.c       soupbintcp: a sequenced stream behind a login -> as_wire
 *   feed_lines.c      lines: NDJSON in datagrams or streams (feed_tcp.c has their connections)
 *   feed_websocket.c  websocket: news and NDJSON in messages (feed_websocket.h)
 *   feed_http.c       http: documents of news, asked for at intervals (feed_http.h)
 *
 * A driver publishes through as_feed_market, as_feed_headline, as_feed_gap and as_feed_end_piece only, so that stamps,
 * instants and the desk are treated the same everywhere.
 */
#ifndef AS_FEEDS_FEED_PARTS_H
#define AS_FEEDS_FEED_PARTS_H

#include <stdatomic.h>

#include "feeds/counter.h"
#include "feeds/live/feed.h"
#include "feeds/live/outlet.h"
#include "feeds/live/socket.h"

typedef struct as_feed_driver {
    /* Names of the reasons that as_feed_bad counts; AS_FEED_BAD_MAX at most. */
    const char *(*bad_name)(unsigned reason);
    unsigned bad_count;
    /* Open sockets or begin to connect; feed->part is the driver's own. An error is closed by close. */
    int (*open)(as_feed *feed, const as_feed_options *options);
    /* What is due by time; how much was done. */
    int (*poll)(as_feed *feed, uint64_t now_ns);
    /* Until when nothing will be due, in ns from now. */
    uint64_t (*wait_ns)(const as_feed *feed);
    void (*close)(as_feed *feed); /* feed->part may be NULL or half made */
} as_feed_driver;

extern const as_feed_driver as_feed_packets, as_feed_lines, as_feed_soup, as_feed_websocket;

typedef struct as_feed_line_counters {
    as_counter packets, messages, firsts, duplicates, dropped, filled, reorder_max;
} as_feed_line_counters;

typedef struct as_feed_counters {
    as_counter packets, bytes, messages, gaps, lost, duplicates, heartbeats, restarts, filled, requested;
    as_counter unknown_symbol, connects, refused, disconnects, last_packet_ns, capture_lost;
    as_counter bad[AS_FEED_BAD_MAX];
    as_feed_line_counters line[AS_ARBITER_LINES];
} as_feed_counters;

struct as_feed {
    as_feed_config config;
    as_feed_transport transport;
    const as_feed_driver *driver;
    void *part; /* the driver's */
    const as_universe *universe;
    as_reactor *reactor;
    as_outlet outlet;
    _Atomic int state;
    as_feed_counters count;
    _Atomic(const as_desk *) desk_next; /* edge F1 */
    _Atomic(const as_desk *) desk_used; /* edge F2 */
    const as_desk *desk;                /* the feed thread's: desk_used without the edge */
    uint64_t last_data_ns;              /* receive time of the latest bytes */
    uint32_t rcvbuf_bytes;
    unsigned warn_count;
    struct as_capture *capture; /* NULL: what is received is not recorded */
    unsigned capture_line[3];   /* its lines, by as_capture_line_id */
};

/* Time between two moments of a clock that may be set back: a step back counts as time that has passed. */
static inline uint64_t as_feed_elapsed_ns(uint64_t now_ns, uint64_t then_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : then_ns - now_ns;
}

static inline void as_feed_bad(as_feed *feed, unsigned reason)
{
    as_counter_add(&feed->count.bad[reason], 1);
}

void as_feed_state_set(as_feed *feed, as_feed_state state);

/* A datagram, or a piece of a stream, has come. */
void as_feed_count_piece(as_feed *feed, size_t data_bytes, uint64_t ts_recv_ns);

/* An event that is complete but for its receive time: ts_recv_ns, or with trust_r what the data says. */
void as_feed_market(as_feed *feed, as_event *event, uint64_t ts_recv_ns);

/*
 * The record from as_outlet_headline_room and its event, likewise; it is read by the desk and published. False:
 * lost.
 */
bool as_feed_headline(as_feed *feed, as_event *event, as_headline *headline, uint64_t ts_recv_ns);

/* Unknown messages were lost between two connections. */
void as_feed_gap(as_feed *feed, uint64_t now_ns);

/*
 * All of a datagram or a read is in. With trust_r its instant may go on: as_feed_poll_idle ends it if nothing
 * comes.
 */
void as_feed_end_piece(as_feed *feed);

/*
 * Record what has been received (feeds/capture/capture.h), before it is decoded: a datagram, a piece of a stream,
 * or a whole message of a feed that is made of messages (a WebSocket text, the body of an answer). line: an
 * as_capture_line_id. connection tells apart what is open at once, or one after the other; data NULL: it has ended.
 * A no-op without a key `capture`. as_feed_gap is recorded by itself.
 */
void as_feed_capture(as_feed *feed, unsigned line, uint32_t connection, const void *data, size_t data_bytes,
                     uint64_t ts_recv_ns);

/* For feed.c: feed_capture.c. */
int as_feed_capture_open(as_feed *feed);
void as_feed_capture_gap(as_feed *feed, uint64_t ts_recv_ns);
void as_feed_capture_close(as_feed *feed);

/* Warn about something that is skipped, but not more than AS_FEED_WARN_MAX times: what, at which place, why. */
void as_feed_warn_skipped(as_feed *feed, const char *what, uint64_t place, const char *reason);

#endif
