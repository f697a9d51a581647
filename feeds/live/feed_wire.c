#include "feeds/live/feed_wire.h"

#include <errno.h>

#include "core/clock.h"
#include "core/error.h"

int as_feed_wire_open(as_feed *feed, const as_feed_options *options, as_feed_wire *part)
{
    static const as_wire_format formats[] = {
        [AS_FORMAT_ITCH50] = AS_WIRE_ITCH50, [AS_FORMAT_TOPS] = AS_WIRE_TOPS, [AS_FORMAT_DEEP] = AS_WIRE_DEEP};
    const char *zone =
        options->session_zone != NULL && options->session_zone[0] ? options->session_zone : "America/New_York";
    int result = as_timezone_new(zone, &part->zone);
    if (result < 0)
        return result;
    part->session_date = options->session_date;
    as_wire_options wire = {.format = formats[feed->config.format],
                            .symbols = &feed->universe->symbols,
                            .midnight_ns = as_timezone_midnight_ns(part->zone, part->session_date, as_clock_now_ns()),
                            .source = options->source,
                            .trust_r = feed->config.trust_r};
    result = as_wire_new(&wire, &part->wire);
    return result < 0 ? as_error_set(result, "out of memory") : 0;
}

void as_feed_wire_close(as_feed_wire *part)
{
    as_wire_free(part->wire);
    as_timezone_free(part->zone);
    *part = (as_feed_wire){.wire = NULL};
}

unsigned as_feed_wire_decode(as_feed *feed, as_feed_wire *part, const uint8_t *message, size_t message_bytes,
                             uint64_t ts, as_event event[AS_WIRE_EVENTS_MAX])
{
    as_counter_add(&feed->count.messages, 1);
    if (!part->begun) /* which may be on a later day than the one that the feed was opened on */
        as_wire_reset(part->wire, as_timezone_midnight_ns(part->zone, part->session_date, ts));
    part->begun = true;
    unsigned event_count = as_wire_decode(part->wire, message, message_bytes, ts, event);
    part->broken = part->broken || (event_count > 0 && event[0].kind == AS_EVENT_GAP);
    return event_count;
}

void as_feed_wire_message(as_feed *feed, as_feed_wire *part, const uint8_t *message, size_t message_bytes, uint64_t ts)
{
    as_event event[AS_WIRE_EVENTS_MAX];
    unsigned event_count = as_feed_wire_decode(feed, part, message, message_bytes, ts, event);
    for (unsigned i = 0; i < event_count; i++) {
        event[i].flags |= part->flags;
        as_outlet_market(&feed->outlet, &event[i]);
    }
}

/*
 * When something is said that is in no message: with trust_r at the data's own time, which our clock may be years
 * ahead of.
 */
static uint64_t time_of_news(const as_feed *feed, uint64_t ts)
{
    return feed->config.trust_r && feed->outlet.last_ts_recv != 0 ? feed->outlet.last_ts_recv : ts;
}

void as_feed_wire_gap(as_feed *feed, as_feed_wire *part, uint64_t from_seq, uint64_t to_seq, uint64_t ts)
{
    as_outlet_gap(&feed->outlet, time_of_news(feed, ts), from_seq, to_seq);
    part->broken = true;
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
                                                   .raw = {0},
                                                   .instrument = instrument,
                                                   .kind = AS_EVENT_CLEAR,
                                                   .source = c->feed->outlet.source});
}

void as_feed_wire_restart(as_feed *feed, as_feed_wire *part, uint64_t ts)
{
    as_wire_each_instrument(part->wire, clear_book, &(clearing){.feed = feed, .ts = time_of_news(feed, ts)});
    as_wire_reset(part->wire, as_timezone_midnight_ns(part->zone, part->session_date, ts));
    part->begun = true;
    part->broken = false;
}

void as_feed_wire_count(as_feed *feed, const as_feed_wire *part, unsigned bad_first)
{
    const as_wire_counters *wire = as_wire_counters_get(part->wire);
    as_counter_set(&feed->count.unknown_symbol, wire->unknown_symbol);
    for (unsigned i = 0; i < AS_WIRE_BAD_COUNT; i++)
        if (i != AS_WIRE_EMPTY_TRADE) /* what did not happen is not wrong */
            as_counter_set(&feed->count.bad[bad_first + i], wire->bad[i]);
}
