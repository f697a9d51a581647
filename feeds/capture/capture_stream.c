#include "feeds/capture/capture_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "feeds/live/feed.h"

/* A live feed looks at its holes every millisecond; after this many of them every request has been answered or not. */
#define POLL_NS AS_NS_PER_MS
enum { POLL_STEPS = 1000 };

/* ---- events ---- */

void as_event_queue_put(as_event_queue *queue, const as_event *event)
{
    if (queue->at == queue->count)
        queue->at = queue->count = 0;
    if (queue->count == queue->room) {
        uint32_t room = queue->room ? 2 * queue->room : 256;
        as_event *grown = realloc(queue->event, room * sizeof *grown);
        if (!grown) {
            queue->failed = true;
            return;
        }
        queue->event = grown;
        queue->room = room;
    }
    queue->event[queue->count++] = *event;
}

bool as_event_queue_take(as_event_queue *queue, as_event *event)
{
    if (queue->at == queue->count)
        return false;
    *event = queue->event[queue->at++];
    return true;
}

void as_event_queue_fini(as_event_queue *queue)
{
    free(queue->event);
    *queue = (as_event_queue){0};
}

/* ---- messages ---- */

/* As live (feed_wire.c): with trust_r what is in no message is said at the data's own time. */
static uint64_t time_of_news(const as_capture_stream *stream, uint64_t ts)
{
    return stream->options.wire.trust_r && stream->last_ts_recv != 0 ? stream->last_ts_recv : ts;
}

static void put_gap(as_capture_stream *stream, uint64_t ts, uint64_t from_seq, uint64_t to_seq)
{
    uint64_t at = time_of_news(stream, ts);
    as_event gap = {.ts_event = at,
                    .ts_recv = at,
                    .raw = {from_seq, to_seq},
                    .instrument = AS_INSTRUMENT_NONE,
                    .kind = AS_EVENT_GAP,
                    .source = stream->options.wire.source};
    as_event_queue_put(stream->options.queue, &gap);
}

typedef struct clearing {
    as_capture_stream *stream;
    uint64_t ts;
} clearing;

static void clear_book(void *arg, uint32_t instrument)
{
    const clearing *c = arg;
    as_event clear = {.ts_event = c->ts,
                      .ts_recv = c->ts,
                      .instrument = instrument,
                      .kind = AS_EVENT_CLEAR,
                      .source = c->stream->options.wire.source};
    as_event_queue_put(c->stream->options.queue, &clear);
}

static void restart(as_capture_stream *stream, uint64_t ts)
{
    as_wire_each_instrument(stream->wire, clear_book, &(clearing){.stream = stream, .ts = time_of_news(stream, ts)});
    as_wire_reset(stream->wire, as_timezone_midnight_ns(stream->options.zone, stream->options.session_date, ts));
}

/* The first packet: the day begins, and what the stream held before the capture is not known. */
static void begin(as_capture_stream *stream, uint64_t ts, uint64_t seq)
{
    stream->begun = true;
    as_wire_reset(stream->wire, as_timezone_midnight_ns(stream->options.zone, stream->options.session_date, ts));
    if (seq > 1 && !stream->options.from_first)
        put_gap(stream, ts, 1, seq);
}

static void on_message(as_capture_stream *stream, const uint8_t *message, size_t message_bytes, uint64_t ts)
{
    as_event event[AS_WIRE_EVENTS_MAX];
    unsigned event_count = as_wire_decode(stream->wire, message, message_bytes, ts, event);
    as_wire_bad bad = as_wire_last_bad(stream->wire);
    if (bad != AS_WIRE_BAD_NONE) {
        stream->bad[bad]++;
        stream->has_bad = true;
    }
    for (unsigned i = 0; i < event_count; i++) {
        event[i].flags |= stream->flags;
        stream->last_ts_recv = event[i].ts_recv;
        as_event_queue_put(stream->options.queue, &event[i]);
    }
}

static void on_packet(void *ctx, const as_packet *packet, const as_take *take, uint64_t ts)
{
    as_capture_stream *stream = ctx;
    if (take->restarted) {
        restart(stream, ts);
    }
    if (take->gap_from != take->gap_to)
        put_gap(stream, ts, take->gap_from, take->gap_to);
    stream->flags = as_arbiter_asks(&stream->arbiter) ? AS_EVENT_MORE : 0;
    const uint8_t *cursor = packet->blocks;
    size_t message_bytes;
    for (unsigned i = 0; i < take->skip; i++)
        as_packet_next(packet, &cursor, &message_bytes);
    for (unsigned i = 0; i < take->deliver; i++) {
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        on_message(stream, message, message_bytes, ts);
    }
}

/* Nobody can be asked any more; but the hole waits as long as it did. */
static void on_request(void *ctx, const as_packet_request *request)
{
    (void)ctx;
    (void)request;
}

static uint32_t hash_of(const as_packet *packet)
{
    const uint8_t *cursor = packet->blocks;
    size_t message_bytes;
    for (unsigned i = 0; i < packet->count; i++)
        as_packet_next(packet, &cursor, &message_bytes);
    return (uint32_t)XXH3_64bits(packet->blocks, (size_t)(cursor - packet->blocks));
}

bool as_capture_stream_fits(const as_capture_stream *stream, const as_packet *packet)
{
    const as_capture_recent *recent = &stream->recent[packet->seq % AS_CAPTURE_RECENT];
    if (packet->count == 0 || packet->seq == 0 || !stream->begun)
        return true;
    if (recent->seq == packet->seq && recent->count == packet->count)
        return recent->hash == hash_of(packet);
    return packet->seq + packet->count > stream->arbiter.line.expected_seq || recent->seq == packet->seq;
}

static void remember(as_capture_stream *stream, const as_packet *packet)
{
    as_capture_recent *recent = &stream->recent[packet->seq % AS_CAPTURE_RECENT];
    if (packet->count == 0)
        return;
    uint32_t hash = hash_of(packet);
    stream->conflicts += recent->seq == packet->seq && recent->count == packet->count && recent->hash != hash;
    *recent = (as_capture_recent){.seq = packet->seq, .hash = hash, .count = packet->count};
}

static void unsequenced(as_capture_stream *stream, const as_packet *packet, uint64_t ts)
{
    const uint8_t *cursor = packet->blocks;
    stream->heartbeats += packet->kind == AS_PACKET_HEARTBEAT;
    stream->unsequenced += packet->count;
    for (unsigned i = 0; i < packet->count; i++) {
        size_t message_bytes;
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        on_message(stream, message, message_bytes, ts);
    }
}

/* ---- life cycle ---- */

int as_capture_stream_new(const as_capture_stream_options *options, as_capture_stream **stream)
{
    as_capture_stream *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->options = *options;
    as_arbiter_options order = {.window_ns = options->window_ns,
                                .request_ns = AS_FEED_REQUEST_MS * AS_NS_PER_MS,
                                .request_gap_ns = AS_NS_PER_S / AS_FEED_REQUEST_HZ,
                                .rest_ns = AS_FEED_REST_US * AS_NS_PER_US,
                                .request_max = AS_FEED_REQUEST_TRIES,
                                .first_seq = options->from_first ? 1 : 0,
                                .parse = options->parse,
                                .take = on_packet,
                                .request = options->ask ? on_request : NULL,
                                .ctx = made};
    int code = as_wire_new(&options->wire, &made->wire);
    if (code == 0)
        code = as_arbiter_init(&made->arbiter, &order);
    if (code < 0) {
        as_capture_stream_free(made);
        return code;
    }
    *stream = made;
    return 0;
}

void as_capture_stream_free(as_capture_stream *stream)
{
    if (!stream)
        return;
    as_arbiter_fini(&stream->arbiter);
    as_wire_free(stream->wire);
    free(stream);
}

/* ---- datagrams ---- */

static void count_result(as_capture_stream *stream, as_packet_result result)
{
    stream->short_header += result == AS_PACKET_SHORT;
    stream->bad_sequence += result == AS_PACKET_BAD_SEQ;
    stream->foreign += result == AS_PACKET_FOREIGN;
    stream->cut_packet += result == AS_PACKET_CUT;
    stream->trailing_bytes += result == AS_PACKET_TRAILING;
}

void as_capture_stream_push(as_capture_stream *stream, as_arbiter_line from, const uint8_t *datagram,
                            size_t datagram_bytes, uint64_t ts_ns)
{
    as_packet packet;
    as_packet_result result = stream->options.parse(datagram, datagram_bytes, &packet);
    count_result(stream, result);
    if (result < 0)
        return;
    if (!stream->begun)
        begin(stream, ts_ns, packet.seq);
    if (packet.seq == 0) {
        unsequenced(stream, &packet, ts_ns);
        return;
    }
    remember(stream, &packet);
    as_capture_stream_poll(stream, ts_ns);
    as_arbiter_push(&stream->arbiter, from, datagram, datagram_bytes, ts_ns, ts_ns);
}

void as_capture_stream_poll(as_capture_stream *stream, uint64_t ts_ns)
{
    uint64_t from_ns = stream->polled_ns;
    stream->polled_ns = ts_ns;
    if (!as_capture_stream_waits(stream))
        return;
    for (unsigned i = 1; i <= POLL_STEPS && from_ns + i * POLL_NS < ts_ns && as_capture_stream_waits(stream); i++)
        as_arbiter_poll(&stream->arbiter, from_ns + i * POLL_NS);
    as_arbiter_poll(&stream->arbiter, ts_ns);
}
