/*
 * The outlet: where a live feed's events leave for the core.
 *
 * It owns three rules that every feed must keep, whatever its wire format:
 *  - The last market event of a receive instant carries AS_EVENT_LAST (DESIGN 6.10). Whether an event is the last is
 *    known only when the next one comes, so one event is held back: until an event of another receive time, a headline,
 *    or as_outlet_end.
 *  - A full ring loses what comes, counts it, and as soon as there is room says so with an AS_EVENT_GAP, before
 *    anything else: from_seq and to_seq are the outlet's count of lost records before and after the hole. So the books
 *    of this source go stale instead of being wrong.
 *  - A headline's record is published before its event, so that who sees the event finds the record.
 *
 * Threads: the feed's, which is the producer of both rings; the counters may be read from any. Memory: the struct;
 * the rings are the caller's and outlive it. No allocation, no system call, no clock.
 */
#ifndef AS_FEEDS_OUTLET_H
#define AS_FEEDS_OUTLET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/headline.h"
#include "core/ring.h"
#include "feeds/counter.h"

typedef struct as_outlet {
    as_ring *events;       /* slots of sizeof(as_event) */
    as_ring *headlines;    /* slots of sizeof(as_headline) */
    uint64_t headline_seq; /* of the next headline: event.headline.slot */
    uint64_t lost_count;   /* records lost since the start */
    uint64_t told_count;   /* of those, told by a GAP */
    uint64_t last_ts_recv; /* of the latest event given; 0 before the first */
    uint16_t source;
    bool holding;
    bool in_spare; /* the next headline is in spare, because its ring was full when room was asked for */
    as_event held;
    as_headline spare; /* a headline is decoded here when its ring is full */
    /* counters */
    as_counter event_count;    /* events published, headlines and gaps included */
    as_counter headline_count; /* headlines published */
    as_counter dropped;        /* events lost to a full ring, headlines included */
    as_counter gap_count;      /* GAP events published */
} as_outlet;

void as_outlet_init(as_outlet *outlet, as_ring *events, as_ring *headlines, uint16_t source);

/* A market event (as_event_is_market), complete but for AS_EVENT_LAST. */
void as_outlet_market(as_outlet *outlet, const as_event *event);

/* Messages [from_seq, to_seq) of the source are lost; from_seq = to_seq: nobody knows how many. */
void as_outlet_gap(as_outlet *outlet, uint64_t ts_recv, uint64_t from_seq, uint64_t to_seq);

/* Where to decode the next headline to. */
as_headline *as_outlet_headline_room(as_outlet *outlet);

/*
 * Publish the record that as_outlet_headline_room gave last, with its event, whose slot is filled in here. A held
 * market event goes first, as the last of its instant. False: it is lost, and counted.
 */
bool as_outlet_headline(as_outlet *outlet, as_event *event);

/* Is there room for so many events, and a headline? A source that can wait, waits when there is none. */
bool as_outlet_has_room(const as_outlet *outlet, uint32_t event_count);

/* The receive instant is over: the held event is the last of it. */
void as_outlet_end(as_outlet *outlet);

/* Is an event held back, or a loss not yet told? Then somebody has to call end or tell later. */
static inline bool as_outlet_waits(const as_outlet *outlet)
{
    return outlet->holding || outlet->lost_count != outlet->told_count;
}

/* If a loss has not been told and there is room now: publish its GAP, as an instant of its own at ts_recv. */
void as_outlet_tell(as_outlet *outlet, uint64_t ts_recv);

#endif
