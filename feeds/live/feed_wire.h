/*
 * What the drivers of sequenced messages share: a feed's as_wire, and what becomes of its messages, its lost ones, and
 * a new session. Used by feed_packets.c (datagrams) and feed_soup.c (a stream); nobody else includes it.
 */
#ifndef AS_FEEDS_FEED_WIRE_H
#define AS_FEEDS_FEED_WIRE_H

#include "core/timezone.h"
#include "feeds/live/feed_parts.h"
#include "feeds/wire/wire.h"

typedef struct as_feed_wire {
    as_wire *wire;
    as_timezone *zone;
    int32_t session_date; /* as_feed_options.session_date */
    uint8_t flags;        /* added to the flags of every event */
    bool begun;           /* a message has come: the day of the stamps is known */
    bool broken;          /* messages of this session are lost */
} as_feed_wire;

/* By the feed's format. 0; or a negative errno with the error chain set, and close has something to do. */
int as_feed_wire_open(as_feed *feed, const as_feed_options *options, as_feed_wire *part);
void as_feed_wire_close(as_feed_wire *part); /* zeroes are allowed */

/* Events of a message, counted and not yet published; how many. */
unsigned as_feed_wire_decode(as_feed *feed, as_feed_wire *part, const uint8_t *message, size_t message_bytes,
                             uint64_t ts, as_event event[AS_WIRE_EVENTS_MAX]);

/* A message, whose events are published. */
void as_feed_wire_message(as_feed *feed, as_feed_wire *part, const uint8_t *message, size_t message_bytes, uint64_t ts);

/* Messages [from_seq, to_seq) are lost: the books of this feed are wrong until its next session. */
void as_feed_wire_gap(as_feed *feed, as_feed_wire *part, uint64_t from_seq, uint64_t to_seq, uint64_t ts);

/* A new session of the source: its books begin empty, and its numbers and names mean something else. */
void as_feed_wire_restart(as_feed *feed, as_feed_wire *part, uint64_t ts);

/* Copy the wire's counters to the feed's, its reasons from bad_first on. */
void as_feed_wire_count(as_feed *feed, const as_feed_wire *part, unsigned bad_first);

#endif
