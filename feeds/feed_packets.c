/*
 * Driver: sequenced datagrams of one or two lines, and of a server that sends again what was lost on both.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/timezone.h"
#include "feeds/arbiter.h"
#include "feeds/feed_parts.h"
#include "feeds/framing/moldudp64.h"
#include "feeds/wire.h"

/* Why something was not right; the wire format's own reasons follow. */
enum {
    BAD_TRUNCATED,
    BAD_SHORT,
    BAD_SEQ,
    BAD_CUT,
    BAD_TRAILING,
    BAD_SESSION,
    BAD_FOREIGN,
    BAD_WIRE,
    BAD_COUNT = BAD_WIRE + AS_WIRE_BAD_COUNT
};

_Static_assert((int)BAD_COUNT <= (int)AS_FEED_BAD_MAX, "every reason has room in the statistics");

/* A UDP socket: line A, line B, or the answers of the retransmission server. */
enum { SOCKET_A = 0, SOCKET_B = 1, SOCKET_RETRANSMIT = 2, SOCKET_COUNT = 3 };

typedef struct packets {
    int fd[SOCKET_COUNT];
    int watch[SOCKET_COUNT];
    as_arbiter arbiter;
    as_wire *wire;
    as_timezone *zone;
    int32_t session_date;
    bool broken; /* messages of this session are lost */
} packets;

static const char *bad_name(unsigned reason)
{
    static const char *const name[BAD_WIRE] = {
        [BAD_TRUNCATED] = "truncated_datagram",
        [BAD_SHORT] = "short_header",
        [BAD_SEQ] = "bad_sequence",
        [BAD_CUT] = "cut_packet",
        [BAD_TRAILING] = "trailing_bytes",
        [BAD_SESSION] = "wrong_session",
        [BAD_FOREIGN] = "foreign_packet",
    };
    return reason < BAD_WIRE ? name[reason] : as_wire_bad_name((as_wire_bad)(reason - BAD_WIRE));
}

/* ---- messages ---- */

/* Midnight, in the exchange's zone, of the session's date: the one given, else the date that ts lies in. */
static uint64_t session_midnight(const packets *part, uint64_t ts)
{
    int32_t date = part->session_date;
    as_civil day = {.year = date / 10000, .month = date / 100 % 100, .day = date % 100};
    if (date == 0)
        day = as_timezone_to_civil(part->zone, (int64_t)(ts / AS_NS_PER_S));
    return (uint64_t)as_timezone_to_utc(part->zone, day.year, day.month, day.day, 0, 0, 0) * AS_NS_PER_S;
}

typedef struct clearing {
    as_feed *feed;
    uint64_t ts;
} clearing;

static void clear_book(void *arg, uint32_t instrument)
{
    const clearing *c = arg;
    as_outlet_market(&c->feed->outlet, &(as_event){.ts_event = c->ts,
                                                   .ts_recv = c->ts,
                                                   .instrument = instrument,
                                                   .kind = AS_EVENT_CLEAR,
                                                   .source = c->feed->outlet.source});
}

/* A new session of the source: its books begin empty, and its numbers and names mean something else. */
static void restart(as_feed *feed, uint64_t ts)
{
    packets *part = feed->part;
    as_wire_each_instrument(part->wire, clear_book, &(clearing){.feed = feed, .ts = ts});
    as_wire_reset(part->wire, session_midnight(part, ts));
    part->broken = false;
}

static void on_message(as_feed *feed, const uint8_t *message, size_t message_bytes, uint64_t ts)
{
    packets *part = feed->part;
    as_event event[AS_WIRE_EVENTS_MAX];
    as_counter_add(&feed->count.messages, 1);
    unsigned event_count = as_wire_decode(part->wire, message, message_bytes, ts, event);
    for (unsigned i = 0; i < event_count; i++)
        as_outlet_market(&feed->outlet, &event[i]);
}

static void on_packet(void *ctx, const as_packet *packet, const as_take *take, uint64_t ts)
{
    as_feed *feed = ctx;
    packets *part = feed->part;
    if (take->restarted)
        restart(feed, ts);
    if (take->gap_from != take->gap_to) {
        as_outlet_gap(&feed->outlet, ts, take->gap_from, take->gap_to);
        part->broken = true;
    }
    const uint8_t *cursor = packet->blocks;
    size_t message_bytes;
    for (unsigned i = 0; i < take->skip; i++)
        as_packet_next(packet, &cursor, &message_bytes);
    for (unsigned i = 0; i < take->deliver; i++) {
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        on_message(feed, message, message_bytes, ts);
    }
    as_feed_end_piece(feed);
}

/* Best effort: if the request or its answer is lost, the hole is declared after AS_FEED_REQUEST_MS. */
static void on_request(void *ctx, const as_packet_request *request)
{
    const packets *part = ((const as_feed *)ctx)->part;
    uint8_t packet[AS_MOLD_HEADER_BYTES];
    size_t packet_bytes = as_mold_request_encode(request, packet, sizeof packet);
    if (packet_bytes > 0)
        (void)send(part->fd[SOCKET_RETRANSMIT], packet, packet_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The parts below count for themselves; readers on other threads see these copies. */
static void copy_counters(as_feed *feed)
{
    const packets *part = feed->part;
    const as_sequence *line = &part->arbiter.line;
    const as_wire_counters *wire = as_wire_counters_get(part->wire);
    as_feed_counters *count = &feed->count;
    as_counter_set(&count->gaps, line->gaps);
    as_counter_set(&count->lost, line->lost);
    as_counter_set(&count->duplicates, line->duplicates);
    as_counter_set(&count->heartbeats, line->heartbeats);
    as_counter_set(&count->restarts, line->restarts);
    as_counter_set(&count->filled, part->arbiter.filled);
    as_counter_set(&count->requested, part->arbiter.requests);
    as_counter_set(&count->unknown_symbol, wire->unknown_symbol);
    as_counter_set(&count->bad[BAD_SESSION], line->wrong_session);
    for (unsigned i = 0; i < AS_WIRE_BAD_COUNT; i++)
        if (i != AS_WIRE_EMPTY_TRADE) /* what did not happen is not wrong */
            as_counter_set(&count->bad[BAD_WIRE + i], wire->bad[i]);
}

static void on_datagram(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated)
{
    static const unsigned refused[] = {BAD_SHORT, BAD_SEQ, BAD_FOREIGN};
    as_feed *feed = ctx;
    packets *part = feed->part;
    as_feed_count_piece(feed, data_bytes, ts_recv_ns);
    if (truncated)
        as_feed_bad(feed, BAD_TRUNCATED);
    uint64_t bad_seq = part->arbiter.line.bad_seq;
    as_packet_result result = as_arbiter_push(&part->arbiter, data, data_bytes, ts_recv_ns, ts_recv_ns);
    if (result < 0) {
        as_feed_bad(feed, refused[-(int)result - 1]);
        return;
    }
    if (result == AS_PACKET_CUT || result == AS_PACKET_TRAILING)
        as_feed_bad(feed, result == AS_PACKET_CUT ? BAD_CUT : BAD_TRAILING);
    as_counter_add(&feed->count.bad[BAD_SEQ], part->arbiter.line.bad_seq - bad_seq);
    copy_counters(feed);
    as_feed_state_set(feed, part->broken ? AS_FEED_STALE : AS_FEED_LIVE);
}

/* ---- what is due by time ---- */

static int packets_poll(as_feed *feed, uint64_t now_ns)
{
    packets *part = feed->part;
    int work = 0;
    if (as_arbiter_waits(&part->arbiter)) {
        work = as_arbiter_poll(&part->arbiter, now_ns);
        copy_counters(feed);
        if (part->broken)
            as_feed_state_set(feed, AS_FEED_STALE);
    }
    if (as_feed_state_get(feed) == AS_FEED_LIVE &&
        as_feed_elapsed_ns(now_ns, feed->last_data_ns) > AS_FEED_STALE_MS * AS_NS_PER_MS)
        as_feed_state_set(feed, AS_FEED_STALE);
    return work;
}

static uint64_t packets_wait_ns(const as_feed *feed)
{
    const packets *part = feed->part;
    return as_arbiter_waits(&part->arbiter) ? AS_NS_PER_MS : 100 * AS_NS_PER_MS;
}

/* ---- life cycle ---- */

static int open_decoding(as_feed *feed, const as_feed_options *options)
{
    static const as_wire_format formats[] = {
        [AS_FORMAT_ITCH50] = AS_WIRE_ITCH50, [AS_FORMAT_TOPS] = AS_WIRE_TOPS, [AS_FORMAT_DEEP] = AS_WIRE_DEEP};
    packets *part = feed->part;
    const char *zone =
        options->session_zone != NULL && options->session_zone[0] ? options->session_zone : "America/New_York";
    int result = as_timezone_new(zone, &part->zone);
    if (result < 0)
        return result;
    part->session_date = options->session_date;
    as_wire_options wire = {.format = formats[feed->config.format],
                            .symbols = &feed->universe->symbols,
                            .midnight_ns = session_midnight(part, as_clock_now_ns()),
                            .source = options->source,
                            .trust_r = feed->config.trust_r};
    bool ask = feed->config.retransmit[0] != 0;
    bool hold = ask || feed->config.redundant[0] != 0;
    uint64_t window_ns = feed->config.window_ns ? feed->config.window_ns : AS_FEED_WINDOW_MS * AS_NS_PER_MS;
    /* From message 1: whoever joins late has lost the orders before, and the books must say so. */
    as_arbiter_options order = {.window_ns = hold ? window_ns : 0,
                                .request_ns = AS_FEED_REQUEST_MS * AS_NS_PER_MS,
                                .first_seq = 1,
                                .parse = as_mold_parse,
                                .take = on_packet,
                                .request = ask ? on_request : NULL,
                                .ctx = feed};
    result = as_wire_new(&wire, &part->wire);
    if (result == 0)
        result = as_arbiter_init(&part->arbiter, &order);
    return result < 0 ? as_error_set(result, "out of memory") : 0;
}

static int open_socket(as_feed *feed, unsigned which, const char *key, const char *text)
{
    packets *part = feed->part;
    as_url url;
    as_udp_info info = {.rcvbuf_bytes = 0};
    int result = as_url_parse(text, &url);
    if (result == 0 && url.transport != AS_TRANSPORT_UDP)
        result = as_error_set(-EINVAL, "\"%s\": transport is tcp; allowed: udp", text);
    if (result == 0)
        result = which == SOCKET_RETRANSMIT ? as_socket_connect_udp(&url, &part->fd[which])
                                            : as_socket_open_udp(&url, &part->fd[which], &info);
    if (result < 0)
        return as_error_add("key %s", key);
    if (which == SOCKET_A)
        feed->rcvbuf_bytes = info.rcvbuf_bytes;
    part->watch[which] = as_reactor_add_udp(feed->reactor, part->fd[which], on_datagram, feed);
    return part->watch[which] < 0 ? part->watch[which] : 0;
}

static int packets_open(as_feed *feed, const as_feed_options *options)
{
    packets *part = feed->part = calloc(1, sizeof *part);
    if (part == NULL)
        return as_error_set(-ENOMEM, "out of memory");
    for (unsigned i = 0; i < SOCKET_COUNT; i++)
        part->fd[i] = part->watch[i] = -1;
    int result = open_decoding(feed, options);
    if (result == 0)
        result = open_socket(feed, SOCKET_A, "source", feed->config.source);
    if (result == 0 && feed->config.redundant[0])
        result = open_socket(feed, SOCKET_B, "redundant", feed->config.redundant);
    if (result == 0 && feed->config.retransmit[0])
        result = open_socket(feed, SOCKET_RETRANSMIT, "retransmit", feed->config.retransmit);
    return result;
}

static void packets_close(as_feed *feed)
{
    packets *part = feed->part;
    if (part == NULL)
        return;
    for (unsigned i = 0; i < SOCKET_COUNT; i++) {
        if (part->watch[i] >= 0)
            as_reactor_remove(feed->reactor, part->watch[i]);
        if (part->fd[i] >= 0)
            close(part->fd[i]);
    }
    as_arbiter_fini(&part->arbiter);
    as_wire_free(part->wire);
    as_timezone_free(part->zone);
    free(part);
}

const as_feed_driver as_feed_packets = {.bad_name = bad_name,
                                        .bad_count = BAD_COUNT,
                                        .open = packets_open,
                                        .poll = packets_poll,
                                        .wait_ns = packets_wait_ns,
                                        .close = packets_close};
