#include "feeds/live/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/live/feed_http.h"
#include "feeds/live/feed_parts.h"

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

uint64_t as_feed_last_packet_ns(const as_feed *feed)
{
    return as_counter_get(&feed->count.last_packet_ns);
}

const char *as_feed_name(const as_feed *feed)
{
    return feed->config.name;
}

void as_feed_stats_get(const as_feed *feed, as_feed_stats *stats)
{
    const as_feed_counters *count = &feed->count;
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
                             .capture_lost = as_counter_get(&count->capture_lost),
                             .rcvbuf_bytes = feed->rcvbuf_bytes};
    for (unsigned i = 0; i < AS_ARBITER_LINES; i++) {
        const as_feed_line_counters *line = &count->line[i];
        stats->line[i] = (as_arbiter_stats){.packets = as_counter_get(&line->packets),
                                            .messages = as_counter_get(&line->messages),
                                            .firsts = as_counter_get(&line->firsts),
                                            .duplicates = as_counter_get(&line->duplicates),
                                            .dropped = as_counter_get(&line->dropped),
                                            .filled = as_counter_get(&line->filled),
                                            .reorder_max = as_counter_get(&line->reorder_max)};
    }
    for (unsigned i = 0; i < feed->driver->bad_count; i++) {
        uint64_t n = as_counter_get(&count->bad[i]);
        if (n == 0)
            continue;
        stats->bad += n;
        stats->by_reason[stats->reason_count].reason = feed->driver->bad_name(i);
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

/* ---- what drivers publish ---- */

void as_feed_count_piece(as_feed *feed, size_t data_bytes, uint64_t ts_recv_ns)
{
    as_counter_add(&feed->count.packets, 1);
    as_counter_add(&feed->count.bytes, data_bytes);
    as_counter_set(&feed->count.last_packet_ns, ts_recv_ns);
    feed->last_data_ns = ts_recv_ns;
}

void as_feed_market(as_feed *feed, as_event *event, uint64_t ts_recv_ns)
{
    if (!feed->config.trust_r)
        event->ts_recv = ts_recv_ns;
    as_outlet_market(&feed->outlet, event);
}

bool as_feed_headline(as_feed *feed, as_event *event, as_headline *headline, uint64_t ts_recv_ns)
{
    if (!feed->config.trust_r)
        event->ts_recv = ts_recv_ns;
    headline->ts_recv = event->ts_recv;
    if (feed->desk != NULL)
        as_desk_read(feed->desk, headline);
    event->headline.generation = headline->reading.generation;
    return as_outlet_headline(&feed->outlet, event);
}

void as_feed_gap(as_feed *feed, uint64_t now_ns)
{
    bool from_data = feed->config.trust_r && feed->outlet.last_ts_recv != 0;
    as_feed_capture_gap(feed, now_ns);
    as_outlet_gap(&feed->outlet, from_data ? feed->outlet.last_ts_recv : now_ns, 0, 0);
    as_outlet_end(&feed->outlet);
    as_counter_add(&feed->count.gaps, 1);
}

void as_feed_end_piece(as_feed *feed)
{
    if (!feed->config.trust_r)
        as_outlet_end(&feed->outlet);
}

void as_feed_warn_skipped(as_feed *feed, const char *what, uint64_t place, const char *reason)
{
    if (feed->warn_count >= AS_FEED_WARN_MAX)
        return;
    feed->warn_count++;
    as_warn("feed %s: %s %llu: %s; it is skipped%s", feed->config.name, what, (unsigned long long)place, reason,
            feed->warn_count == AS_FEED_WARN_MAX ? " (further ones are only counted)" : "");
}

/* ---- life cycle ---- */

static const as_feed_driver *const drivers[] = {
    [AS_FRAMING_MOLDUDP64] = &as_feed_packets,   [AS_FRAMING_IEXTP] = &as_feed_packets,
    [AS_FRAMING_LINES] = &as_feed_lines,         [AS_FRAMING_HTTP] = &as_feed_http,
    [AS_FRAMING_WEBSOCKET] = &as_feed_websocket, [AS_FRAMING_SOUPBINTCP] = &as_feed_soup,
};

static int feed_open(as_feed *feed, const as_feed_options *options)
{
    int result = as_feed_config_resolve(&feed->config, &feed->transport);
    if (result < 0)
        return result;
    unsigned framing = feed->config.framing;
    feed->driver = framing < sizeof drivers / sizeof *drivers ? drivers[framing] : NULL;
    if (feed->driver == NULL)
        return as_error_set(-ENOTSUP, "framing %s is not available", as_feed_framing_name(feed->config.framing));
    if (feed->driver != &as_feed_packets && (feed->config.redundant[0] || feed->config.retransmit[0]))
        return as_error_set(-EINVAL, "%s is given; allowed with framing moldudp64 and iextp only",
                            feed->config.redundant[0] ? "redundant" : "retransmit");
    result = as_feed_capture_open(feed);
    return result < 0 ? result : feed->driver->open(feed, options);
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
    if (feed->driver != NULL)
        feed->driver->close(feed);
    as_outlet_end(&feed->outlet);
    as_feed_capture_close(feed);
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

int as_feed_poll_idle(as_feed *feed, uint64_t now_ns)
{
    int work = poll_desk(feed) + feed->driver->poll(feed, now_ns);
    return work + poll_outlet(feed, now_ns);
}

uint64_t as_feed_wait_ns(const as_feed *feed)
{
    uint64_t wait_ns = feed->driver->wait_ns(feed);
    return as_outlet_waits(&feed->outlet) && wait_ns > AS_NS_PER_MS ? AS_NS_PER_MS : wait_ns;
}
