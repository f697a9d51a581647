/*
 * The receiving stage: one reactor and the feeds that live on it. Several of them when feeds have CPUs of their own.
 */
#ifndef AS_APPS_AFTERSHOCKD_FEED_AGENT_H
#define AS_APPS_AFTERSHOCKD_FEED_AGENT_H

#include "apps/aftershockd/agent.h"
#include "apps/common/setup.h"
#include "core/histogram.h"
#include "core/ring.h"
#include "feeds/live/feed.h"
#include "feeds/live/reactor.h"

/*
 * A feed's way to the core. Only the feed's thread writes .feed; other threads look at it under .lock, which is taken
 * at start, at the end, and four times a second by the publisher: never while data flow.
 */
typedef struct as_lane {
    as_ring *events, *headlines;
    pthread_mutex_t lock;
    as_feed *feed;       /* NULL before start and after the end */
    as_feed_stats final; /* what it was at its end */
} as_lane;

/* The feed's counters, from any thread; its final ones after it has been closed. false if it was never opened. */
bool as_lane_stats(as_lane *lane, as_feed_stats *stats);
/* Give the feed another desk, if it is open. */
void as_lane_set_desk(as_lane *lane, const as_desk *desk);

typedef struct as_feed_agent {
    const as_setup *setup;
    as_lane *lane;          /* all lanes */
    uint32_t first, stride; /* lanes first, first + stride, ... are this agent's */
    as_reactor *reactor;
    uint64_t packet_ns[AS_FEED_MAX]; /* receive time of the latest packet seen, by lane */
    as_histogram
        received; /* ns from a turn's latest packet at our socket to the end of the turn: its events are in the ring */
} as_feed_agent;

as_agent as_feed_agent_of(as_feed_agent *self);

#endif
