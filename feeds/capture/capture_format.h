/*
 * The format of our own captures: how a pcapng file says which feed it was written from (docs/CAPTURE.md).
 *
 * Every line of a feed is an interface:
 *
 *   if_name         FEED.LINE: nasdaq.source, nasdaq.redundant, nasdaq.retransmit, news.source, news.backfill
 *   if_description  framing=moldudp64 format=itch50 lines=2 ask=1 window_ns=2000000 trust_r=0 source=udp://...
 *                   publisher=Dow%20Jones    of news, if the feed has one: blanks and what is not ASCII as %XX
 *   link type       RAW: datagrams with an IP and a UDP header; USER0: what came over connections, see below
 *
 * A record of USER0 has this before its bytes (big-endian):
 *
 *   0           1      2       4                8
 *   | version 1 | kind | flags | connection u32 | bytes ...
 *
 * Threads: any. Pure: no allocation, no I/O.
 */
#ifndef AS_FEEDS_CAPTURE_FORMAT_H
#define AS_FEEDS_CAPTURE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

enum {
    AS_CAPTURE_VERSION = 1,
    AS_CAPTURE_RECORD_HEADER = 8,
    AS_CAPTURE_NAME_BYTES = AS_FEED_NAME_BYTES + 16,
    AS_CAPTURE_TEXT_BYTES = 640,
    AS_CAPTURE_LINE_MAX = 3 /* lines of a feed */
};

/* The lines of a feed, by the key of the configuration that names them. */
typedef enum as_capture_line_id {
    AS_CAPTURE_SOURCE = 0,
    AS_CAPTURE_REDUNDANT = 1,  /* udp */
    AS_CAPTURE_RETRANSMIT = 2, /* udp */
    AS_CAPTURE_BACKFILL = 1    /* ws: answers to requests for what was missed */
} as_capture_line_id;

/* What a capture says of one line. */
typedef struct as_capture_line {
    char feed[AS_FEED_NAME_BYTES];
    char line[16];             /* "source" "redundant" "retransmit" "backfill" */
    char source[AS_URL_BYTES]; /* of ws and http without its query, which may hold a token */
    char publisher[48];        /* source of items that name none; empty: the feed's name */
    as_feed_framing framing;
    as_feed_format format;
    uint32_t line_count; /* redundant lines of the feed: 1 or 2 */
    bool ask;            /* there is a server that lost messages are asked for */
    bool trust_r;
    uint64_t window_ns;
} as_capture_line;

/* if_name and if_description. */
void as_capture_line_format(const as_capture_line *line, char name[AS_CAPTURE_NAME_BYTES],
                            char description[AS_CAPTURE_TEXT_BYTES]);

/* false: not written by this; *line is then not complete. */
bool as_capture_line_parse(const char *name, const char *description, as_capture_line *line);

typedef enum as_capture_kind {
    AS_CAPTURE_DATA = 1, /* bytes of a stream, or (a part of) one message */
    AS_CAPTURE_END = 2,  /* the connection has ended; no bytes */
    AS_CAPTURE_GAP = 3   /* the feed published a gap of unknown size here; no bytes */
} as_capture_kind;

enum { AS_CAPTURE_MORE = 1 }; /* flag: the message goes on in the next record of the connection */

typedef struct as_capture_record {
    as_capture_kind kind;
    uint16_t flags;
    uint32_t connection;
    const uint8_t *data;
    size_t data_bytes;
} as_capture_record;

void as_capture_record_encode(const as_capture_record *record, uint8_t out[AS_CAPTURE_RECORD_HEADER]);

/* false: too short, or a version or kind that is not known. data points into bytes. */
bool as_capture_record_decode(const uint8_t *bytes, size_t byte_count, as_capture_record *record);

#endif
