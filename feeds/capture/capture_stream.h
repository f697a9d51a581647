/*
 * A recorded stream of sequenced packets: one sequence of messages, whichever lines of a capture bring it.
 *
 *   datagrams of lines A, B, retransmissions -> arbiter (by capture time) -> as_wire -> events
 *
 * It does with recorded datagrams what the live driver (feed_packets.c) does with received ones, so that the events are
 * the same: in the order of the sequence, each message once, a GAP where messages are missing, the books emptied at a
 * restart. The clock is the capture's.
 *
 * MoldUDP64 with sequence 0 is a recording that was wrapped again: its messages have no order but the file's, are
 * delivered as they come and counted `unsequenced`.
 *
 * Threads: one. Memory: the arbiter's and the wire format's, allocated at new; and the events of one call, which the
 * caller takes before the next one.
 */
#ifndef AS_FEEDS_CAPTURE_STREAM_H
#define AS_FEEDS_CAPTURE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/timezone.h"
#include "feeds/live/arbiter.h"
#include "feeds/wire/wire.h"

/* Events waiting to be taken. Grows to what one call gives: bounded by what the arbiter holds. */
typedef struct as_event_queue {
    as_event *event;
    uint32_t count, at, room;
    bool failed; /* out of memory: events were lost */
} as_event_queue;

void as_event_queue_put(as_event_queue *queue, const as_event *event);
bool as_event_queue_take(as_event_queue *queue, as_event *event);
void as_event_queue_fini(as_event_queue *queue);

typedef struct as_capture_stream_options {
    as_wire_options wire; /* midnight_ns is set by the stream */
    as_packet_parse_fn parse;
    uint64_t window_ns;      /* how long a hole waits, of capture time; 0: it is told at once */
    bool ask;                /* the recorded feed asked a server for what was lost: a hole waits longer */
    bool from_first;         /* the stream begins with message 1; else wherever the capture does */
    int32_t session_date;    /* YYYYMMDD that stamps of the day count from; 0: the day of the first packet */
    const as_timezone *zone; /* outlives the stream */
    as_event_queue *queue;   /* outlives the stream */
} as_capture_stream_options;

/* What the stream has had lately, to tell a redundant line from another stream of the same name. */
enum { AS_CAPTURE_RECENT = 4096 };

typedef struct as_capture_recent {
    uint64_t seq;
    uint32_t hash; /* of the packet's messages */
    uint16_t count;
} as_capture_recent;

typedef struct as_capture_stream {
    as_capture_stream_options options;
    as_arbiter arbiter;
    as_wire *wire;
    uint64_t bad[AS_WIRE_BAD_COUNT]; /* messages refused since the caller last looked */
    bool has_bad;
    bool begun;
    bool joining;       /* with ask: nothing of this session has been up to date yet, */
    uint8_t flags;      /*   which the events that are asked for say */
    uint64_t polled_ns; /* capture time of the latest poll */
    uint64_t last_ts_recv; /* of the latest event given; 0 before the first */
    /* counters */
    as_capture_recent recent[AS_CAPTURE_RECENT];
    uint64_t conflicts; /* packets that say something else under a sequence that has been */
    uint64_t unsequenced;
    uint64_t heartbeats; /* of unsequenced streams; the others are the arbiter's */
    uint64_t short_header, foreign, bad_sequence, cut_packet, trailing_bytes; /* datagrams that were not right */
} as_capture_stream;

/* 0; -ENOMEM, -ENOTSUP (a format that is not available). */
int as_capture_stream_new(const as_capture_stream_options *options, as_capture_stream **stream);
void as_capture_stream_free(as_capture_stream *stream); /* NULL is allowed */

/*
 * Is a packet of a flow that has brought nothing yet of this stream? Its messages are those that came under this
 * sequence, or what comes next; not if they differ, or lie so far back that nobody can say.
 */
bool as_capture_stream_fits(const as_capture_stream *stream, const as_packet *packet);

/* A datagram of a line. Holes whose time is over are told first. */
void as_capture_stream_push(as_capture_stream *stream, as_arbiter_line from, const uint8_t *datagram,
                            size_t datagram_bytes, uint64_t ts_ns);

/* What is due by ts_ns; at the end of the capture: UINT64_MAX. */
void as_capture_stream_poll(as_capture_stream *stream, uint64_t ts_ns);

static inline bool as_capture_stream_waits(const as_capture_stream *stream)
{
    return as_arbiter_waits(&stream->arbiter);
}

#endif
