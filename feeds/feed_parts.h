/*
 * The inside of a feed, shared by feed.c (life and state), feed_decode.c (bytes to events) and feed_tcp.c
 * (connections); nobody else includes it.
 */
#ifndef AS_FEEDS_FEED_PARTS_H
#define AS_FEEDS_FEED_PARTS_H

#include <stdatomic.h>

#include "core/timezone.h"
#include "feeds/arbiter.h"
#include "feeds/counter.h"
#include "feeds/decode/ndjson.h"
#include "feeds/feed.h"
#include "feeds/framing/lines.h"
#include "feeds/normalise.h"
#include "feeds/outlet.h"
#include "feeds/socket.h"

/* Why something was not right; NDJSON's own reasons follow from BAD_NDJSON on. */
enum {
    BAD_TRUNCATED,
    BAD_MOLD_SHORT,
    BAD_MOLD_SEQ,
    BAD_MOLD_CUT,
    BAD_MOLD_TRAILING,
    BAD_MOLD_SESSION,
    BAD_ITCH_SHORT,
    BAD_ITCH_UNKNOWN,
    BAD_ITCH_EMPTY,
    BAD_ITCH_LOCATE,
    BAD_ITCH_TIME,
    BAD_ITCH_PRICE,
    BAD_ITCH_CODE,
    BAD_NDJSON,
    BAD_COUNT = BAD_NDJSON + AS_NDJSON_RESULT_COUNT
};

_Static_assert((int)BAD_COUNT <= (int)AS_FEED_BAD_MAX, "every reason has room in the statistics");

/* A UDP socket: line A, line B, or the answers of the retransmission server. */
enum { SOCKET_A = 0, SOCKET_B = 1, SOCKET_RETRANSMIT = 2, SOCKET_COUNT = 3 };

typedef struct feed_connection {
    as_feed *feed;
    int fd; /* -1: free */
    int watch;
    as_lines lines;
} feed_connection;

typedef struct feed_counters {
    as_counter packets, bytes, messages, gaps, lost, duplicates, heartbeats, restarts, filled, requested;
    as_counter unknown_symbol, connects, refused, disconnects, last_packet_ns;
    as_counter bad[BAD_COUNT];
} feed_counters;

struct as_feed {
    as_feed_config config;
    const as_universe *universe;
    as_reactor *reactor;
    as_url url;
    as_outlet outlet;
    _Atomic int state;
    feed_counters count;
    _Atomic(const as_desk *) desk_next; /* edge F1 */
    _Atomic(const as_desk *) desk_used; /* edge F2 */
    const as_desk *desk;                /* the feed thread's: desk_used without the edge */
    uint64_t last_data_ns;              /* receive time of the latest bytes */
    unsigned warn_count;

    /* UDP */
    int fd[SOCKET_COUNT];
    int watch[SOCKET_COUNT];
    uint32_t rcvbuf_bytes;
    as_arbiter arbiter;
    as_normaliser normaliser;
    as_timezone *zone;
    int32_t session_date;
    bool broken; /* messages of this MoldUDP64 session are lost */

    /* lines: of a datagram in connection[0], of streams one each */
    as_ndjson_context ndjson;
    feed_connection *connection;
    unsigned connection_count;
    unsigned open_count;

    /* TCP */
    as_address address;
    as_tcp_mode mode; /* AUTO until the first attempt has decided */
    int listen_fd, listen_watch;
    int connecting_fd;   /* on its way; -1: none */
    uint64_t attempt_ns; /* when the last attempt began or the connection was lost */
    uint64_t pause_ns;   /* from then to the next attempt */
    uint64_t checked_ns;
    uint32_t pause_ms; /* before jitter */
    uint64_t random;
    bool connected_before;
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

/* feed_decode.c. ctx of the datagram functions is the feed; of a stream its connection. */
int as_feed_decode_init(as_feed *feed, const as_feed_options *options);
void as_feed_decode_fini(as_feed *feed);
void as_feed_on_mold(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated);
void as_feed_on_lines(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated);
void as_feed_decode_stream(feed_connection *connection, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns);
void as_feed_finish_stream(feed_connection *connection, uint64_t ts_recv_ns);

/* feed_tcp.c */
int as_feed_tcp_open(as_feed *feed);
int as_feed_tcp_poll(as_feed *feed, uint64_t now_ns);
void as_feed_tcp_close(as_feed *feed);

#endif
