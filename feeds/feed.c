#include "feeds/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/feed_parts.h"

/* ---- state and counters ---- */

const char *as_feed_state_name(as_feed_state state)
{
    static const char *const name[] = {"down", "connecting", "live", "stale"};
    return (unsigned)state < sizeof name / sizeof name[0] ? name[state] : "?";
}

void as_feed_state_set(as_feed *feed, as_feed_state state)
{
    atomic_store_explicit(&feed->state, (int)state, memory_order_relaxed); /* relaxed: a statistic */
}

as_feed_state as_feed_state_get(const as_feed *feed)
{
    return (as_feed_state)atomic_load_explicit(&feed->state, memory_order_relaxed); /* relaxed: a statistic */
}

const char *as_feed_name(const as_feed *feed)
{
    return feed->config.name;
}

static const char *bad_name(unsigned reason)
{
    static const char *const name[BAD_NDJSON] = {
        [BAD_TRUNCATED] = "truncated_datagram", [BAD_MOLD_SHORT] = "short_header",
        [BAD_MOLD_SEQ] = "bad_sequence",        [BAD_MOLD_CUT] = "cut_packet",
        [BAD_MOLD_TRAILING] = "trailing_bytes", [BAD_MOLD_SESSION] = "wrong_session",
        [BAD_ITCH_SHORT] = "short_message",     [BAD_ITCH_UNKNOWN] = "unknown_type",
        [BAD_ITCH_EMPTY] = "empty_message",     [BAD_ITCH_LOCATE] = "unknown_locate",
        [BAD_ITCH_TIME] = "bad_time",           [BAD_ITCH_PRICE] = "bad_price",
        [BAD_ITCH_CODE] = "bad_code",
    };
    return reason < BAD_NDJSON ? name[reason] : as_ndjson_result_name((as_ndjson_result)(reason - BAD_NDJSON));
}

void as_feed_stats_get(const as_feed *feed, as_feed_stats *stats)
{
    const feed_counters *count = &feed->count;
    *stats = (as_feed_stats){.state = as_feed_state_get(feed),
                             .packets = as_counter_get(&count->packets),
                             .bytes = as_counter_get(&count->bytes),
                             .messages = as_counter_get(&count->messages),
                             .events = as_counter_get(&feed->outlet.event_count),
                             .headlines = as_counter_get(&feed->outlet.headline_count),
                             .gaps = as_counter_get(&count->gaps),
                             .lost = as_counter_get(&count->lost),
                             .duplicates = as_counter_get(&count->duplicates),
                             .heartbeats = as_counter_get(&count->heartbeats),
                             .restarts = as_counter_get(&count->restarts),
                             .filled = as_counter_get(&count->filled),
                             .requested = as_counter_get(&count->requested),
                             .dropped = as_counter_get(&feed->outlet.dropped),
                             .unknown_symbol = as_counter_get(&count->unknown_symbol),
                             .connects = as_counter_get(&count->connects),
                             .refused = as_counter_get(&count->refused),
                             .disconnects = as_counter_get(&count->disconnects),
                             .last_packet_ns = as_counter_get(&count->last_packet_ns),
                             .rcvbuf_bytes = feed->rcvbuf_bytes};
    for (unsigned i = 0; i < BAD_COUNT; i++) {
        uint64_t n = as_counter_get(&count->bad[i]);
        if (n == 0)
            continue;
        stats->bad += n;
        stats->by_reason[stats->reason_count].reason = bad_name(i);
        stats->by_reason[stats->reason_count++].count = n;
    }
}

/* ---- the desk ---- */

void as_feed_set_desk(as_feed *feed, const as_desk *desk)
{
    atomic_store_explicit(&feed->desk_next, desk, memory_order_release); /* edge F1 */
}

const as_desk *as_feed_desk_used(const as_feed *feed)
{
    return atomic_load_explicit(&feed->desk_used, memory_order_acquire); /* edge F2 */
}

/* ---- life cycle ---- */

/* Which pipelines there are. */
static int check_kind(const as_feed *feed)
{
    bool udp = feed->url.transport == AS_TRANSPORT_UDP;
    as_feed_framing framing = feed->config.framing;
    bool itch = feed->config.format == AS_FORMAT_ITCH50 && framing == AS_FRAMING_MOLDUDP64 && udp;
    bool ndjson = feed->config.format == AS_FORMAT_NDJSON && framing != AS_FRAMING_MOLDUDP64;
    if (!itch && !ndjson)
        return as_error_set(-EINVAL,
                            "format %s with framing %s over %s; allowed: itch50 with moldudp64 over udp, "
                            "ndjson with none or lines over udp or tcp",
                            feed->config.format == AS_FORMAT_ITCH50 ? "itch50" : "ndjson",
                            framing == AS_FRAMING_MOLDUDP64 ? "moldudp64"
                            : framing == AS_FRAMING_LINES   ? "lines"
                                                            : "none",
                            udp ? "udp" : "tcp");
    if (!itch && (feed->config.redundant[0] || feed->config.retransmit[0]))
        return as_error_set(-EINVAL, "%s is given; allowed with framing moldudp64 only",
                            feed->config.redundant[0] ? "redundant" : "retransmit");
    return 0;
}

static int open_socket(as_feed *feed, unsigned which, const char *key, const char *text)
{
    as_url url;
    as_udp_info info = {.rcvbuf_bytes = 0};
    int result = as_url_parse(text, &url);
    if (result == 0 && url.transport != AS_TRANSPORT_UDP)
        result = as_error_set(-EINVAL, "\"%s\": transport is tcp; allowed: udp", text);
    if (result == 0)
        result = which == SOCKET_RETRANSMIT ? as_socket_connect_udp(&url, &feed->fd[which])
                                            : as_socket_open_udp(&url, &feed->fd[which], &info);
    if (result < 0)
        return as_error_add("key %s", key);
    if (which == SOCKET_A)
        feed->rcvbuf_bytes = info.rcvbuf_bytes;
    as_datagram_fn fn = feed->config.format == AS_FORMAT_ITCH50 ? as_feed_on_mold : as_feed_on_lines;
    feed->watch[which] = as_reactor_add_udp(feed->reactor, feed->fd[which], fn, feed);
    return feed->watch[which] < 0 ? feed->watch[which] : 0;
}

static int open_sockets(as_feed *feed)
{
    if (feed->url.transport == AS_TRANSPORT_TCP)
        return as_feed_tcp_open(feed);
    int result = open_socket(feed, SOCKET_A, "source", feed->config.source);
    if (result == 0 && feed->config.redundant[0])
        result = open_socket(feed, SOCKET_B, "redundant", feed->config.redundant);
    if (result == 0 && feed->config.retransmit[0])
        result = open_socket(feed, SOCKET_RETRANSMIT, "retransmit", feed->config.retransmit);
    return result;
}

static int feed_open(as_feed *feed, const as_feed_options *options)
{
    int result = as_url_parse(feed->config.source, &feed->url);
    if (result < 0)
        return as_error_add("key source");
    result = check_kind(feed);
    if (result == 0)
        result = as_feed_decode_init(feed, options);
    return result == 0 ? open_sockets(feed) : result;
}

int as_feed_open(const as_feed_options *options, as_reactor *reactor, as_feed **feed)
{
    as_feed *made = calloc(1, sizeof *made);
    if (made == NULL)
        return as_error_set(-ENOMEM, "feed %s: out of memory", options->config->name);
    made->config = *options->config;
    made->universe = options->universe;
    made->reactor = reactor;
    made->desk = options->desk;
    atomic_init(&made->desk_next, options->desk);
    atomic_init(&made->desk_used, options->desk);
    for (unsigned i = 0; i < SOCKET_COUNT; i++)
        made->fd[i] = made->watch[i] = -1;
    made->listen_fd = made->listen_watch = made->connecting_fd = -1;
    made->last_data_ns = as_clock_now_ns();
    as_outlet_init(&made->outlet, options->events, options->headlines, options->source);
    as_feed_state_set(made, AS_FEED_CONNECTING);
    int result = feed_open(made, options);
    if (result < 0) {
        if (options->config_path != NULL)
            as_error_add("%s:%d: feed \"%s\"", options->config_path, made->config.line, made->config.name);
        else
            as_error_add("feed \"%s\"", made->config.name);
        as_feed_close(made);
        return result;
    }
    *feed = made;
    return 0;
}

void as_feed_close(as_feed *feed)
{
    if (feed == NULL)
        return;
    for (unsigned i = 0; i < SOCKET_COUNT; i++) {
        if (feed->watch[i] >= 0)
            as_reactor_remove(feed->reactor, feed->watch[i]);
        if (feed->fd[i] >= 0)
            close(feed->fd[i]);
    }
    as_feed_tcp_close(feed);
    as_outlet_end(&feed->outlet);
    as_feed_decode_fini(feed);
    free(feed);
}

/* ---- what is due by time ---- */

static int poll_desk(as_feed *feed)
{
    const as_desk *next = atomic_load_explicit(&feed->desk_next, memory_order_acquire); /* edge F1 */
    if (next == feed->desk)
        return 0;
    feed->desk = next;
    atomic_store_explicit(&feed->desk_used, next, memory_order_release); /* edge F2 */
    return 1;
}

/* An instant of trusted times has no end of its own: silence ends it. */
static int poll_outlet(as_feed *feed, uint64_t now_ns)
{
    if (!as_outlet_waits(&feed->outlet))
        return 0;
    if (feed->outlet.holding && as_feed_elapsed_ns(now_ns, feed->last_data_ns) < AS_FEED_IDLE_MS * AS_NS_PER_MS)
        return 0;
    bool from_data = feed->config.trust_r && feed->outlet.last_ts_recv != 0;
    as_outlet_end(&feed->outlet);
    as_outlet_tell(&feed->outlet, from_data ? feed->outlet.last_ts_recv : now_ns);
    return 1;
}

static int poll_mold(as_feed *feed, uint64_t now_ns)
{
    int work = 0;
    if (as_arbiter_waits(&feed->arbiter)) {
        work = as_arbiter_poll(&feed->arbiter, now_ns);
        as_counter_set(&feed->count.requested, feed->arbiter.requests);
        as_counter_set(&feed->count.gaps, feed->arbiter.line.gaps);
        as_counter_set(&feed->count.lost, feed->arbiter.line.lost);
        if (feed->broken)
            as_feed_state_set(feed, AS_FEED_STALE);
    }
    if (as_feed_state_get(feed) == AS_FEED_LIVE &&
        as_feed_elapsed_ns(now_ns, feed->last_data_ns) > AS_FEED_STALE_MS * AS_NS_PER_MS)
        as_feed_state_set(feed, AS_FEED_STALE);
    return work;
}

int as_feed_poll_idle(as_feed *feed, uint64_t now_ns)
{
    int work = poll_desk(feed);
    if (feed->url.transport == AS_TRANSPORT_TCP)
        work += as_feed_tcp_poll(feed, now_ns);
    else if (feed->config.format == AS_FORMAT_ITCH50)
        work += poll_mold(feed, now_ns);
    return work + poll_outlet(feed, now_ns);
}

uint64_t as_feed_wait_ns(const as_feed *feed)
{
    if (as_arbiter_waits(&feed->arbiter) || as_outlet_waits(&feed->outlet) || feed->connecting_fd >= 0)
        return AS_NS_PER_MS;
    bool retrying = feed->url.transport == AS_TRANSPORT_TCP && feed->mode == AS_TCP_CONNECT && feed->open_count == 0;
    return (retrying ? 10 : 100) * AS_NS_PER_MS;
}
