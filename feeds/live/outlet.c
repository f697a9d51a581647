#include "feeds/live/outlet.h"

#include <string.h>

void as_outlet_init(as_outlet *outlet, as_ring *events, as_ring *headlines, uint16_t source)
{
    memset(outlet, 0, sizeof *outlet);
    outlet->events = events;
    outlet->headlines = headlines;
    outlet->source = source;
}

static as_event gap_event(const as_outlet *outlet, uint64_t ts_recv, uint64_t from_seq, uint64_t to_seq)
{
    return (as_event){.ts_event = ts_recv,
                      .ts_recv = ts_recv,
                      .raw = {from_seq, to_seq}, /* gap; as .gap the bytes behind it would not be set */
                      .instrument = AS_INSTRUMENT_NONE,
                      .kind = AS_EVENT_GAP,
                      .source = outlet->source};
}

static void lose(as_outlet *outlet)
{
    outlet->lost_count++;
    as_counter_add(&outlet->dropped, 1);
}

/*
 * Publish an event and, before it, what is still to be told. Both or neither: an event behind a hole that has not
 * been told would be applied to a book that lacks what was lost.
 */
static bool publish(as_outlet *outlet, const as_event *event, unsigned flags)
{
    bool tell = outlet->lost_count != outlet->told_count;
    uint32_t wanted = tell ? 2 : 1;
    if (as_ring_claim_n(outlet->events, wanted) < wanted) {
        lose(outlet);
        return false;
    }
    if (tell) {
        as_event gap = gap_event(outlet, event->ts_recv, outlet->told_count, outlet->lost_count);
        memcpy(as_ring_claim_at(outlet->events, 0), &gap, sizeof gap);
        outlet->told_count = outlet->lost_count;
        as_counter_add(&outlet->gap_count, 1);
    }
    as_event *slot = as_ring_claim_at(outlet->events, wanted - 1);
    memcpy(slot, event, sizeof *slot);
    slot->flags |= (uint8_t)flags;
    as_ring_publish_n(outlet->events, wanted);
    as_counter_add(&outlet->event_count, wanted);
    return true;
}

void as_outlet_end(as_outlet *outlet)
{
    if (!outlet->holding)
        return;
    outlet->holding = false;
    publish(outlet, &outlet->held, AS_EVENT_LAST);
}

void as_outlet_market(as_outlet *outlet, const as_event *event)
{
    if (outlet->holding)
        publish(outlet, &outlet->held, outlet->held.ts_recv == event->ts_recv ? 0 : AS_EVENT_LAST);
    outlet->held = *event;
    outlet->holding = true;
    outlet->last_ts_recv = event->ts_recv;
}

void as_outlet_gap(as_outlet *outlet, uint64_t ts_recv, uint64_t from_seq, uint64_t to_seq)
{
    as_event gap = gap_event(outlet, ts_recv, from_seq, to_seq);
    as_outlet_market(outlet, &gap);
    as_counter_add(&outlet->gap_count, 1);
}

as_headline *as_outlet_headline_room(as_outlet *outlet)
{
    as_headline *slot = as_ring_claim(outlet->headlines);
    outlet->in_spare = slot == NULL;
    return slot != NULL ? slot : &outlet->spare;
}

bool as_outlet_has_room(const as_outlet *outlet, uint32_t event_count)
{
    return as_ring_claim_n(outlet->headlines, 1) == 1 && as_ring_claim_n(outlet->events, event_count) == event_count;
}

bool as_outlet_headline(as_outlet *outlet, as_event *event)
{
    as_outlet_end(outlet);
    outlet->last_ts_recv = event->ts_recv;
    /* The core takes a record for each event: without room for both there is neither. */
    uint32_t wanted = outlet->lost_count != outlet->told_count ? 2 : 1;
    if (as_ring_claim_n(outlet->headlines, 1) == 0 || as_ring_claim_n(outlet->events, wanted) < wanted) {
        lose(outlet);
        return false;
    }
    if (outlet->in_spare)
        memcpy(as_ring_claim_at(outlet->headlines, 0), &outlet->spare, sizeof outlet->spare);
    event->headline.slot = outlet->headline_seq++;
    as_ring_publish(outlet->headlines);
    publish(outlet, event, 0);
    as_counter_add(&outlet->headline_count, 1);
    return true;
}

void as_outlet_tell(as_outlet *outlet, uint64_t ts_recv)
{
    if (outlet->lost_count == outlet->told_count || outlet->holding || as_ring_claim_n(outlet->events, 1) == 0)
        return;
    as_event gap = gap_event(outlet, ts_recv, outlet->told_count, outlet->lost_count);
    outlet->told_count = outlet->lost_count;
    as_counter_add(&outlet->gap_count, 1);
    publish(outlet, &gap, AS_EVENT_LAST);
}
