/*
 * The publisher: decisions from a ring to subscribers, on its own thread.
 *
 * Owns the fan-out (ipc/fanout.h) and everything that is not deterministic: epoch, gseq, tseq, time of publishing.
 * Sends each decision as two frames (topic, MessagePack map), a heartbeat `hb.` every interval with the tails of
 * recently used topics, `feed.<name>.` when a feed's state changes, and `sys.` messages; see docs/WIRE.md. Every
 * message also goes to the server of requests, through a byte ring.
 *
 * Threads: start and stop on the owner's thread; the ring's producer is the core. Memory: fixed after start but for
 * what the fan-out gives to each connection.
 */
#ifndef AS_IPC_PUBLISHER_H
#define AS_IPC_PUBLISHER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/byte_ring.h"
#include "core/config.h"
#include "core/decision.h"
#include "core/histogram.h"
#include "core/ring.h"
#include "ipc/fanout.h"

/* A feed as heartbeats and `feed.` messages show it; read through as_publisher_options.feeds. */
typedef struct as_feed_view {
    char name[AS_FEED_NAME_BYTES];
    const char *state;  /* "down" "connecting" "live" "stale" */
    uint64_t messages, gaps, lost, dropped, bad;
} as_feed_view;

/* A slot of the ring of decisions that carries the moment (ticks) the decision was put there. */
typedef struct as_stamped_decision {
    as_decision decision;
    uint64_t ticks;
} as_stamped_decision;

typedef struct as_publisher_options {
    as_fanout_options fanout;    /* endpoints and limits */
    uint64_t epoch;              /* as_publisher_draw_epoch; 0: it draws one itself */
    uint32_t heartbeat_ms;
    bool replay;                 /* the publisher is replaying: key `replay` */
    int cpu;                     /* -1: not pinned */
    as_wait wait;
    as_ring *decisions;          /* as_decision slots; as_stamped_decision ones if there is .handed */
    as_histogram *handed;        /* ticks from a decision's stamp until the fan-out had it; NULL: not measured */
    as_byte_ring *messages;      /* as_message records to the server; NULL: none. The publisher waits for its room. */
    uint64_t (*oldest)(void *context); /* oldest gseq a replay can give, 0 none; NULL: none */
    void *oldest_context;
    /* Fill up to count_max views, return how many; called on the publisher's thread. NULL: no feeds. */
    uint32_t (*feeds)(void *context, as_feed_view *view, uint32_t count_max);
    void *feeds_context;
    /* The core's logical time for `ts_now`, written by the core, 0 until it has begun; NULL: the wall clock. */
    const _Atomic(uint64_t) *ts_now;
} as_publisher_options;

typedef struct as_publisher as_publisher;

/* A boot id: random, above 0 and below 2^63, so that it fits a signed integer of any client. */
uint64_t as_publisher_draw_epoch(void);

/* Bind and start the thread. 0; -EADDRINUSE and others with the error chain set, naming the endpoint. */
int as_publisher_start(const as_publisher_options *options, as_publisher **publisher);

/* Publish what is still in the ring, say `sys.` bye with its reason, close. Safe on NULL. */
void as_publisher_stop(as_publisher *publisher, const char *reason);

/* Ask for a `sys.` message from the publisher's thread: "halt", "resume". */
void as_publisher_system(as_publisher *publisher, const char *what);

/* Any thread, all of these. */
uint64_t as_publisher_epoch(const as_publisher *publisher);
const char *as_publisher_endpoint(const as_publisher *publisher); /* as bound, with the port that a "*" became */
const char *as_publisher_latest_endpoint(const as_publisher *publisher);
uint64_t as_publisher_gseq(const as_publisher *publisher);        /* of the last message */
bool as_publisher_halted(const as_publisher *publisher);

typedef struct as_publisher_counters {
    uint64_t published, heartbeats, missed; /* missed: decisions the core had no ring slot for (holes in .seq) */
    uint64_t subscriptions;                 /* ever made */
    uint64_t subscribed;                    /* subscriptions that are held now */
    uint64_t encode_errors;
    uint64_t waits;                         /* messages that had to wait for room to the server */
} as_publisher_counters;

/* Relaxed copies. */
as_publisher_counters as_publisher_counters_get(const as_publisher *publisher);

/* The fan-out's counters and clients as they were at the last heartbeat. */
as_fanout_counters as_publisher_fanout_counters(as_publisher *publisher);
uint32_t as_publisher_clients(as_publisher *publisher, as_client_view *view, uint32_t count_max);

#endif
