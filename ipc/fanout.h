/*
 * The fan-out: one message to every subscriber that wants it, over ZMTP 3.1 written straight to the sockets.
 *
 * Every stock ZeroMQ SUB (ZMTP 3.0 and later) can connect, by tcp:// or ipc://, with the NULL mechanism or, if there is
 * an allow-list, with CURVE only. We speak ZMTP ourselves because libzmq can bound neither the bytes that wait for a
 * subscriber nor its subscriptions, keeps the oldest messages for a slow one, and wakes a thread per message
 * (docs/decisions/0010).
 *
 * What a peer can cost: queue_bytes of messages, subscriptions_max prefixes of at most AS_TOPIC_BYTES-1 bytes each,
 * one inbound frame of AS_FANOUT_INBOUND_BYTES, AS_HANDSHAKE_MS of a place among the handshakes. A slow one loses the
 * oldest whole messages of its queue and sees the hole in tseq; but the last `hb.` and the last `sys.` that wait stay,
 * in their place in the order: who never catches up still hears that the daemon lives, where it is, and whether it is
 * halted. A malformed one is disconnected. Nobody waits for it.
 *
 * Classes: the live endpoint queues (best effort, in order); the latest endpoint holds for each subscriber only which
 * topics have news and sends their latest message when its socket takes it, beginning, on subscription, with what is
 * already known.
 *
 * Threads: one, the publisher's. Memory: given out per connection up to the limits, never per message.
 */
#ifndef AS_IPC_FANOUT_H
#define AS_IPC_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/audit.h"
#include "ipc/auth.h"

typedef struct as_fanout as_fanout;

typedef struct as_fanout_options {
    const char *live;           /* "tcp://127.0.0.1:5600", "tcp://[::1]:*", "ipc://PATH": zmtp/endpoint.h */
    const char *latest;         /* "" or NULL: none */
    uint32_t queue_bytes;       /* per subscriber */
    uint32_t clients_max;       /* connections an endpoint */
    uint32_t subscriptions_max; /* of one client */
    as_auth *auth;              /* NULL: NULL mechanism; else CURVE only */
    as_audit *audit;            /* may be NULL */
} as_fanout_options;

typedef struct as_client_view {
    uint64_t id;
    char where[8]; /* "live" "latest" */
    char peer[64];
    char name[AS_GRANT_NAME_BYTES]; /* of its key; "" without CURVE */
    uint64_t since;                 /* ns UTC */
    uint64_t sent, dropped;         /* messages */
    uint64_t queued_bytes;
    uint64_t gseq; /* of the last message handed to its socket */
    uint32_t subscriptions;
} as_client_view;

typedef struct as_fanout_counters {
    uint64_t clients; /* connected now, handshake done */
    uint64_t handshaking;
    uint64_t joined, left;
    uint64_t refused_full, refused_handshake, refused_key; /* no place; malformed or too slow; not on the list */
    uint64_t evicted;                                      /* malformed, or beyond its limits, after the handshake */
    uint64_t forged;                                       /* subscriptions beyond the grant */
    uint64_t subscriptions;                                /* held now */
    uint64_t subscribed;                                   /* ever */
    uint64_t sent, sent_bytes, dropped;                    /* messages over all subscribers */
} as_fanout_counters;

/* Bind. 0; -EADDRINUSE and others with the error chain set, naming the endpoint. */
int as_fanout_new(const as_fanout_options *options, as_fanout **fanout);
/* Send what is queued, for at most linger_ms, then close. */
void as_fanout_free(as_fanout *fanout, uint32_t linger_ms);

/* The endpoint as bound, with the port that a "*" became. */
const char *as_fanout_endpoint(const as_fanout *fanout);
const char *as_fanout_latest_endpoint(const as_fanout *fanout);

/* Accept, read, write, drop who is too slow to shake hands; never blocks. now: monotonic ns. How much was done. */
unsigned as_fanout_work(as_fanout *fanout, uint64_t now);

/*
 * Two frames to every subscriber of topic; never blocks. A topic of AS_TOPIC_BYTES or more or a payload beyond
 * AS_FANOUT_PAYLOAD_BYTES is not sent, and counted `dropped`.
 */
void as_fanout_send(as_fanout *fanout, const char *topic, size_t topic_bytes, const uint8_t *payload,
                    size_t payload_bytes, uint64_t gseq);

uint32_t as_fanout_clients(const as_fanout *fanout, as_client_view *view, uint32_t count_max);
as_fanout_counters as_fanout_counters_get(const as_fanout *fanout);

/*
 * A descriptor that polls readable when as_fanout_work has something to do. What comes by the clock alone (a handshake
 * that takes too long, a changed allow-list) it does not tell: call as_fanout_work some times a second all the same.
 */
int as_fanout_descriptor(const as_fanout *fanout);

#endif
