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
#include "feeds/live/arbiter.h"
#include "feeds/live/feed_wire.h"
#include "feeds/framing/iextp.h"
#include "feeds/framing/moldudp64.h"

/* Why something was not right; the wire format's own reasons follow. */
enum {
    BAD_TRUNCATED,
    BAD_SHORT,
    BAD_SEQ,
    BAD_CUT,
    BAD_TRAILING,
    BAD_SESSION,
    BAD_FOREIGN,
    BAD_DOUBTFUL,
    BAD_WIRE,
    BAD_COUNT = BAD_WIRE + AS_WIRE_BAD_COUNT
};

_Static_assert((int)BAD_COUNT <= (int)AS_FEED_BAD_MAX, "every reason has room in the statistics");

/* A line and its UDP socket; the retransmission server's answers are one. */
typedef struct line {
    as_feed *feed;
    as_arbiter_line which;
    int fd;
    int watch;
} line;

typedef struct packets {
    line line[AS_ARBITER_LINES];
    as_arbiter arbiter;
    as_feed_wire wire;
    uint64_t bad_seq; /* datagrams that were refused for their sequence */
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
        [BAD_DOUBTFUL] = "doubtful_packet",
    };
    return reason < BAD_WIRE ? name[reason] : as_wire_bad_name((as_wire_bad)(reason - BAD_WIRE));
}

/* ---- messages ---- */

/*
 * What was lost and sent again is the past: until the order has caught up with all that is known, its events say that
 * more is to come, so that they build the books and publish no price.
 */
static void on_packet(void *ctx, const as_packet *packet, const as_take *take, uint64_t ts)
{
    as_feed *feed = ctx;
    packets *part = feed->part;
    if (take->restarted) {
        as_feed_wire_restart(feed, &part->wire, ts);
    }
    if (take->gap_from != take->gap_to)
        as_feed_wire_gap(feed, &part->wire, take->gap_from, take->gap_to, ts);
    part->wire.flags = as_arbiter_asks(&part->arbiter) ? AS_EVENT_MORE : 0;
    const uint8_t *cursor = packet->blocks;
    size_t message_bytes;
    for (unsigned i = 0; i < take->skip; i++)
        as_packet_next(packet, &cursor, &message_bytes);
    for (unsigned i = 0; i < take->deliver; i++) {
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        as_feed_wire_message(feed, &part->wire, message, message_bytes, ts);
    }
}

/* Best effort: if the request or its answer is lost, the arbiter asks again and then gives the hole up. */
static void on_request(void *ctx, const as_packet_request *request)
{
    const packets *part = ((const as_feed *)ctx)->part;
    uint8_t packet[AS_MOLD_HEADER_BYTES];
    size_t packet_bytes = as_mold_request_encode(request, packet, sizeof packet);
    if (packet_bytes > 0)
        (void)send(part->line[AS_ARBITER_RETRANSMIT].fd, packet, packet_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The parts below count for themselves; readers on other threads see these copies. */
static void copy_counters(as_feed *feed)
{
    const packets *part = feed->part;
    const as_sequence *order = &part->arbiter.line;
    as_feed_counters *count = &feed->count;
    uint64_t duplicates = 0, filled = 0;
    for (unsigned i = 0; i < AS_ARBITER_LINES; i++) {
        duplicates += part->arbiter.stats[i].duplicates;
        filled += part->arbiter.stats[i].filled;
    }
    as_counter_set(&count->gaps, order->gaps);
    as_counter_set(&count->lost, order->lost);
    as_counter_set(&count->duplicates, duplicates);
    as_counter_set(&count->heartbeats, order->heartbeats);
    as_counter_set(&count->restarts, order->restarts);
    as_counter_set(&count->filled, filled);
    as_counter_set(&count->requested, part->arbiter.requests);
    as_counter_set(&count->bad[BAD_SESSION], order->wrong_session + part->arbiter.stats[AS_ARBITER_RETRANSMIT].foreign);
    as_counter_set(&count->bad[BAD_DOUBTFUL], order->doubtful);
    as_counter_set(&count->bad[BAD_SEQ], part->bad_seq + order->bad_seq);
    as_feed_wire_count(feed, &part->wire, BAD_WIRE);
}

static void copy_line(as_feed *feed, as_arbiter_line which)
{
    const as_arbiter_stats *from = &((const packets *)feed->part)->arbiter.stats[which];
    as_feed_line_counters *to = &feed->count.line[which];
    as_counter_set(&to->packets, from->packets);
    as_counter_set(&to->messages, from->messages);
    as_counter_set(&to->firsts, from->firsts);
    as_counter_set(&to->duplicates, from->duplicates);
    as_counter_set(&to->dropped, from->dropped);
    as_counter_set(&to->filled, from->filled);
    as_counter_set(&to->reorder_max, from->reorder_max);
}

/* Something has been taken, held or given up: an instant may be over, and the state follows. */
static void settle(as_feed *feed)
{
    packets *part = feed->part;
    as_feed_end_piece(feed);
    copy_counters(feed);
    bool stale = part->wire.broken || as_arbiter_asks(&part->arbiter);
    as_feed_state_set(feed, stale ? AS_FEED_STALE : AS_FEED_LIVE);
}

static void refused(as_feed *feed, as_packet_result result)
{
    packets *part = feed->part;
    if (result == AS_PACKET_BAD_SEQ)
        part->bad_seq++;
    else
        as_feed_bad(feed, result == AS_PACKET_SHORT ? BAD_SHORT : BAD_FOREIGN);
}

static void on_datagram(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated)
{
    const line *from = ctx;
    as_feed *feed = from->feed;
    packets *part = feed->part;
    as_feed_count_piece(feed, data_bytes, ts_recv_ns);
    as_feed_capture(feed, from->which, 0, data, data_bytes, ts_recv_ns);
    if (truncated)
        as_feed_bad(feed, BAD_TRUNCATED);
    as_packet_result result = as_arbiter_push(&part->arbiter, from->which, data, data_bytes, ts_recv_ns, ts_recv_ns);
    if (result == AS_PACKET_CUT || result == AS_PACKET_TRAILING)
        as_feed_bad(feed, result == AS_PACKET_CUT ? BAD_CUT : BAD_TRAILING);
    if (result < 0) {
        refused(feed, result);
        copy_counters(feed);
        return;
    }
    copy_line(feed, from->which);
    settle(feed);
}

/* ---- what is due by time ---- */

static int packets_poll(as_feed *feed, uint64_t now_ns)
{
    packets *part = feed->part;
    int work = 0;
    if (as_arbiter_waits(&part->arbiter) && (work = as_arbiter_poll(&part->arbiter, now_ns)) > 0)
        settle(feed);
    if (as_feed_state_get(feed) == AS_FEED_LIVE &&
        as_feed_elapsed_ns(now_ns, feed->last_data_ns) > AS_FEED_STALE_MS * AS_NS_PER_MS)
        as_feed_state_set(feed, AS_FEED_STALE);
    return work;
}

static uint64_t packets_wait_ns(const as_feed *feed)
{
    const packets *part = feed->part;
    if (as_arbiter_asks(&part->arbiter))
        return AS_FEED_REST_US * AS_NS_PER_US;
    return as_arbiter_waits(&part->arbiter) ? AS_NS_PER_MS : 100 * AS_NS_PER_MS;
}

/* ---- life cycle ---- */

/* How this feed's datagrams are read: IEX's two feeds may share a port, and each leaves the other's alone. */
static as_packet_parse_fn parse_of(const as_feed_config *config)
{
    if (config->framing != AS_FRAMING_IEXTP)
        return as_mold_parse;
    return config->format == AS_FORMAT_DEEP ? as_iextp_parse_deep : as_iextp_parse_tops;
}

static int open_arbiter(as_feed *feed)
{
    packets *part = feed->part;
    bool ask = feed->config.retransmit[0] != 0;
    bool hold = ask || feed->config.redundant[0] != 0;
    uint64_t window_ns = feed->config.window_ns ? feed->config.window_ns : AS_FEED_WINDOW_MS * AS_NS_PER_MS;
    /* From message 1: whoever joins late has lost the orders before, and the books must say so. */
    as_arbiter_options order = {.window_ns = hold ? window_ns : 0,
                                .request_ns = AS_FEED_REQUEST_MS * AS_NS_PER_MS,
                                .request_gap_ns = AS_NS_PER_S / AS_FEED_REQUEST_HZ,
                                .rest_ns = AS_FEED_REST_US * AS_NS_PER_US,
                                .request_max = AS_FEED_REQUEST_TRIES,
                                .first_seq = 1,
                                .parse = parse_of(&feed->config),
                                .take = on_packet,
                                .request = ask ? on_request : NULL,
                                .ctx = feed};
    int result = as_arbiter_init(&part->arbiter, &order);
    return result < 0 ? as_error_set(result, "out of memory") : 0;
}

static int open_line(as_feed *feed, as_arbiter_line which, const char *key, const char *text)
{
    line *to = &((packets *)feed->part)->line[which];
    as_url url;
    as_udp_info info = {.rcvbuf_bytes = 0};
    int result = as_url_parse(text, &url);
    if (result == 0 && url.transport != AS_TRANSPORT_UDP)
        result = as_error_set(-EINVAL, "\"%s\": transport is not udp; allowed: udp", text);
    if (result == 0)
        result = which == AS_ARBITER_RETRANSMIT ? as_socket_connect_udp(&url, &to->fd)
                                                : as_socket_open_udp(&url, &to->fd, &info);
    if (result < 0)
        return as_error_add("key %s", key);
    if (which == AS_ARBITER_A)
        feed->rcvbuf_bytes = info.rcvbuf_bytes;
    to->watch = as_reactor_add_udp(feed->reactor, to->fd, on_datagram, to);
    return to->watch < 0 ? to->watch : 0;
}

static int packets_open(as_feed *feed, const as_feed_options *options)
{
    packets *part = feed->part = calloc(1, sizeof *part);
    if (part == NULL)
        return as_error_set(-ENOMEM, "out of memory");
    for (unsigned i = 0; i < AS_ARBITER_LINES; i++)
        part->line[i] = (line){.feed = feed, .which = (as_arbiter_line)i, .fd = -1, .watch = -1};
    if (feed->config.framing == AS_FRAMING_IEXTP && feed->config.retransmit[0])
        return as_error_set(-EINVAL, "retransmit is given with framing iextp; allowed with moldudp64 only: IEX sends "
                                     "nothing again over UDP");
    int result = as_feed_wire_open(feed, options, &part->wire);
    if (result == 0)
        result = open_arbiter(feed);
    if (result == 0)
        result = open_line(feed, AS_ARBITER_A, "source", feed->config.source);
    if (result == 0 && feed->config.redundant[0])
        result = open_line(feed, AS_ARBITER_B, "redundant", feed->config.redundant);
    if (result == 0 && feed->config.retransmit[0])
        result = open_line(feed, AS_ARBITER_RETRANSMIT, "retransmit", feed->config.retransmit);
    return result;
}

static void packets_close(as_feed *feed)
{
    packets *part = feed->part;
    if (part == NULL)
        return;
    for (unsigned i = 0; i < AS_ARBITER_LINES; i++) {
        if (part->line[i].watch >= 0)
            as_reactor_remove(feed->reactor, part->line[i].watch);
        if (part->line[i].fd >= 0)
            close(part->line[i].fd);
    }
    as_arbiter_fini(&part->arbiter);
    as_feed_wire_close(&part->wire);
    free(part);
}

const as_feed_driver as_feed_packets = {.bad_name = bad_name,
                                        .bad_count = BAD_COUNT,
                                        .open = packets_open,
                                        .poll = packets_poll,
                                        .wait_ns = packets_wait_ns,
                                        .close = packets_close};
