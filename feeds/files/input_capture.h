/*
 * The inside of the reader of captures: what input_capture.c (records, flows, streams) and input_capture_own.c (our own
 * captures) share; nobody else includes it.
 */
#ifndef AS_FEEDS_INPUT_CAPTURE_H
#define AS_FEEDS_INPUT_CAPTURE_H

#include "feeds/capture/capture_codec.h"
#include "feeds/capture/capture_flow.h"
#include "feeds/capture/capture_format.h"
#include "feeds/capture/capture_stream.h"
#include "feeds/framing/datagram.h"
#include "feeds/framing/pcap.h"
#include "feeds/files/input_internal.h"

enum { AS_CAPTURE_TYPES = 256, AS_CAPTURE_NO_FEED = -1 };

/* One sequence of messages, and who brings it. */
typedef struct as_capture_stream_row {
    as_capture_stream *stream;
    as_flow_payload payload;
    uint8_t session[AS_PACKET_SESSION_BYTES];
    uint32_t lines; /* flows that have brought it */
} as_capture_stream_row;

/* A recorded feed: one or more interfaces of one of our own captures. */
typedef struct as_capture_feed {
    as_capture_line line;
    int stream;                    /* row of sequenced packets; -1 */
    const as_capture_codec *codec; /* NULL: sequenced packets, or not readable */
    void *shared;                  /* the codec's state, if connections do not have their own */
    uint64_t last_ts_recv;         /* of its latest event */
} as_capture_feed;

typedef struct as_capture_connection {
    int feed;
    uint32_t interface_idx;
    uint32_t connection;
    void *state;      /* its own, or its feed's */
    uint8_t *message; /* pieces of one, AS_CAPTURE_MESSAGE_BYTES at most */
    size_t message_bytes, message_room;
    bool dropping; /* the message is too long, or a piece of it is lost */
    bool ended;    /* its place is free when its last events have been taken */
} as_capture_connection;

typedef struct as_capture_reading {
    as_pcap pcap;
    as_flows *flows;
    as_timezone *zone;
    as_event_queue queue;
    as_capture_stream_row stream[AS_CAPTURE_STREAM_MAX];
    uint32_t stream_count;
    as_capture_feed feed[AS_CAPTURE_INTERFACE_MAX];
    uint32_t feed_count;
    int feed_of[AS_CAPTURE_INTERFACE_MAX]; /* of an interface; AS_CAPTURE_NO_FEED */
    uint64_t dropped[AS_CAPTURE_INTERFACE_MAX];
    as_capture_connection connection[AS_CAPTURE_STREAM_MAX];
    uint32_t connection_count;
    as_capture_connection *reading; /* its codec has more to give */
    uint64_t last_ts;
    bool ended;
    /* counters */
    uint64_t by_type[AS_WIRE_FORMAT_COUNT][AS_CAPTURE_TYPES];
    uint64_t messages;
    uint64_t told_gaps;           /* of unknown size, in our own captures */
    uint64_t wire_unknown_symbol; /* the streams' share of the statistics */
    uint64_t by_result[AS_DATAGRAM_RESULT_COUNT];
    uint64_t unknown_payload, early_heartbeats, no_stamp, too_many, bad_record, not_readable, capture_lost,
        long_message;
} as_capture_reading;

static inline as_capture_reading *as_capture_of(const as_input *input)
{
    return input->state;
}

/* ---- streams (input_capture.c) ---- */

/* How a payload's datagrams are read; NULL for AS_FLOW_UNKNOWN. */
as_packet_parse_fn as_capture_parser(as_flow_payload payload);

/*
 * The row of a new stream, -1 if there is no place, or a negative errno below that. own: NULL for what others have
 * captured.
 */
int as_capture_add_stream(as_input *input, as_flow_payload payload, const as_packet *packet,
                          const as_capture_line *own);

/* Messages are counted before they are put in order, those that come twice included. How many were good. */
uint64_t as_capture_count_messages(as_capture_reading *c, as_flow_payload payload, const as_packet *packet);

/* A datagram for a stream. 0, or a negative errno (strict). */
int as_capture_push(as_input *input, int at, as_arbiter_line from, const as_datagram *datagram, uint64_t ts);

/* ---- our own captures (input_capture_own.c) ---- */

/* An interface has been described: is it a feed's? */
void as_capture_own_interface(as_input *input);

/* A packet of a feed's interface. 0, or a negative errno. */
int as_capture_own_packet(as_input *input, int feed_at, const as_pcap_packet *packet);

/* An interface tells what it lost. */
void as_capture_own_drops(as_input *input);

/* The connection that is being read has no more to give for now. */
void as_capture_own_read(as_capture_reading *c);

/* A new section: its interfaces are other ones, and what their connections held was cut off. Also at the end. */
void as_capture_own_close(as_capture_reading *c);

#endif
