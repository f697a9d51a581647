/*
 * The inside of the driver `lines`: NDJSON in datagrams, or in the streams of TCP connections that we make or accept.
 * Shared by feed_lines.c (lines to events) and feed_tcp.c (connections); nobody else includes it.
 */
#ifndef AS_FEEDS_FEED_LINES_H
#define AS_FEEDS_FEED_LINES_H

#include "feeds/decode/ndjson.h"
#include "feeds/live/feed_parts.h"
#include "feeds/framing/lines.h"

typedef struct feed_connection {
    as_feed *feed;
    int fd; /* -1: free */
    int watch;
    as_lines lines;
} feed_connection;

typedef struct feed_lines {
    as_url url;
    as_ndjson_context ndjson;

    /* of a datagram in connection[0], of streams one each */
    feed_connection *connection;
    unsigned connection_count;
    unsigned open_count;

    int udp_fd, udp_watch;

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
} feed_lines;

/* feed_lines.c: bytes of a connection, and its end */
void as_feed_lines_stream(feed_connection *connection, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns);
void as_feed_lines_finish(feed_connection *connection, uint64_t ts_recv_ns);

/* feed_tcp.c */
int as_feed_tcp_open(as_feed *feed);
int as_feed_tcp_poll(as_feed *feed, uint64_t now_ns);
uint64_t as_feed_tcp_wait_ns(const as_feed *feed);
void as_feed_tcp_close(as_feed *feed);

#endif
