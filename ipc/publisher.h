/*
 * The publisher: decisions from a ring to ZeroMQ subscribers, on its own thread.
 *
 * Owns the ZeroMQ context, an XPUB socket (verbose) and everything that is not deterministic: epoch, gseq, tseq,
 * time of publishing. Sends each decision as two frames (topic, MessagePack map), a heartbeat `hb.` every interval
 * with the tails of recently used topics, `feed.<name>.` when a feed's state changes, and `sys.` messages; see
 * docs/WIRE.md. A slow or stopped subscriber loses messages beyond the high-water mark; it delays neither the core
 * nor anyone else.
 *
 * Threads: start and stop on the owner's thread; the ring's producer is the core. Memory: fixed after start but for
 * libzmq's own queues, bounded by send_hwm per subscriber.
 */
#ifndef AS_IPC_PUBLISHER_H
#define AS_IPC_PUBLISHER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/ring.h"

/* A feed as heartbeats and `feed.` messages show it; read through as_publisher_options.feeds. */
typedef struct as_feed_view {
    char name[AS_FEED_NAME_BYTES];
    const char *state;  /* "down" "connecting" "live" "stale" */
    uint64_t messages, gaps, lost, dropped, bad;
} as_feed_view;

typedef struct as_publisher_options {
    const char *live;            /* endpoint to bind */
    uint32_t heartbeat_ms;
    uint32_t send_hwm;           /* messages queued per subscriber */
    bool replay;                 /* the publisher is replaying: key `replay` */
    int cpu;                     /* -1: not pinned */
    as_wait wait;
    as_ring *decisions;          /* as_decision slots */
    /* Fill up to count_max views, return how many; called on the publisher's thread. NULL: no feeds. */
    uint32_t (*feeds)(void *context, as_feed_view *view, uint32_t count_max);
    void *feeds_context;
    /* The core's logical time for `ts_now`, written by the core, 0 until it has begun; NULL: the wall clock. */
    const _Atomic(uint64_t) *ts_now;
} as_publisher_options;

typedef struct as_publisher as_publisher;

/* Bind and start the thread. 0; -EADDRINUSE and others with the error chain set, naming the endpoint. */
int as_publisher_start(const as_publisher_options *options, as_publisher **publisher);

/* Publish what is still in the ring, say `sys.` bye with its reason, close. Safe on NULL. */
void as_publisher_stop(as_publisher *publisher, const char *reason);

/* Ask for a `sys.` message from the publisher's thread: "halt", "resume". */
void as_publisher_system(as_publisher *publisher, const char *what);

uint64_t as_publisher_epoch(const as_publisher *publisher);

typedef struct as_publisher_counters {
    uint64_t published, heartbeats, missed; /* missed: decisions the core had no ring slot for (holes in .seq) */
    uint64_t subscriptions;                 /* subscribe messages seen */
    uint64_t send_errors, encode_errors;
    uint64_t subscribed;                    /* subscriptions that are held now */
} as_publisher_counters;

/* Any thread: relaxed copies. */
as_publisher_counters as_publisher_counters_get(const as_publisher *publisher);

#endif
