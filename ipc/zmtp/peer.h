/*
 * One subscriber's connection: its socket, session, subscriptions and what waits for it. And the place it came to: an
 * endpoint with its limits.
 *
 * A message is sent at once if nothing waits, else it waits (ipc/zmtp/queue.h) until epoll says that the socket takes
 * more. At a place with a table of latest messages nothing waits but the rest of one message, and a bit per topic.
 *
 * What a peer asks for is bounded in time as well: its subscription changes by a rate, beyond which it is not read from
 * for a while; and what all peers of a place have us do in a turn by the place's allowances, which its owner renews.
 *
 * An ended peer has a closed socket and is only there to be freed by its owner. Its end has been counted and audited.
 *
 * Threads: the publisher's. Memory: some 5 KiB a peer, and the queue and subscriptions as they come.
 */
#ifndef AS_IPC_ZMTP_PEER_H
#define AS_IPC_ZMTP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/fanout.h"
#include "ipc/zmtp/endpoint.h"
#include "ipc/zmtp/latest.h"
#include "ipc/zmtp/queue.h"
#include "ipc/zmtp/session.h"
#include "ipc/zmtp/subscriptions.h"

typedef struct as_zmtp_place {
    as_zmtp_endpoint endpoint;
    const char *where; /* "live" "latest" */
    int epoll;         /* peers' sockets are in it with the peer as data */
    const as_auth *auth;
    as_audit *audit;
    uint32_t queue_bytes, subscriptions_max, clients_max;
    uint64_t point;         /* of the prefixes' hash */
    as_zmtp_latest *latest; /* NULL: every message is queued */
    as_fanout_counters *counters;
    uint8_t *scratch;           /* AS_ZMTP_SCRATCH_BYTES */
    struct as_zmtp_peer **peer; /* clients_max */
    uint32_t count, joined, ended;
    uint64_t now;                     /* monotonic, of this turn */
    uint32_t changes_left, news_left; /* subscription changes read, messages of the table sent, in this turn */
    bool looking;                     /* a peer has a prefix whose topics are to be looked up */
    uint64_t resume_at;               /* the first of the paused ones is read from again; 0: none is paused */
    uint64_t earliest;                /* no handshake's deadline is before this */
    uint64_t accept_again;            /* out of descriptors: not before this; 0 otherwise */
} as_zmtp_place;

enum { AS_ZMTP_SCRATCH_BYTES = AS_TOPIC_BYTES + AS_FANOUT_PAYLOAD_BYTES + AS_ZMTP_SEALED_BYTES };

typedef struct as_zmtp_peer {
    as_zmtp_place *place;
    int descriptor; /* -1: ended */
    bool joined;
    bool armed;                   /* epoll is asked for EPOLLOUT */
    bool paused;                  /* .. and not for EPOLLIN */
    uint64_t paid_until;          /* its subscription changes take 1 / AS_SUBSCRIPTION_RATE s each: to here */
    uint64_t id, since, deadline; /* since: ns UTC; deadline of the handshake: monotonic */
    char address[64];
    uint64_t sent, dropped, gseq;
    as_zmtp_session session;
    as_zmtp_queue queue;
    as_zmtp_subscriptions subscriptions;
    as_zmtp_news news;
} as_zmtp_peer;

/* What goes to many peers. plain is made when the first of them needs it. */
typedef struct as_zmtp_message {
    const as_zmtp_prefixes *topic;
    const uint8_t *payload;
    size_t payload_bytes;
    uint64_t gseq;
    as_zmtp_kind kind;
    size_t plain_bytes; /* 0: not made yet */
    uint8_t *plain;     /* AS_ZMTP_SCRATCH_BYTES */
} as_zmtp_message;

/* Take over an accepted socket and send our greeting. NULL: no memory; the socket is closed. */
as_zmtp_peer *as_zmtp_peer_new(as_zmtp_place *place, int descriptor, uint64_t id, uint64_t deadline);
/* Safe on NULL. One that has not ended is closed without being counted. */
void as_zmtp_peer_free(as_zmtp_peer *peer);

/* Read once, and do what the peer asks. */
void as_zmtp_peer_read(as_zmtp_peer *peer);
/* Write what waits, as far as the socket takes it. */
void as_zmtp_peer_write(as_zmtp_peer *peer);
/* Send or queue a message. The peer has subscribed to it. */
void as_zmtp_peer_send(as_zmtp_peer *peer, as_zmtp_message *message);
/* Is it time to read from it again? The place's .resume_at is kept. */
void as_zmtp_peer_resume(as_zmtp_peer *peer);
/* Look up at most topics_max topics for its new prefixes. How many. */
uint32_t as_zmtp_peer_look(as_zmtp_peer *peer, uint32_t topics_max);
/* Topic number idx of the table has news for it. */
void as_zmtp_peer_news(as_zmtp_peer *peer, uint32_t idx);
bool as_zmtp_peer_wants(const as_zmtp_peer *peer, const as_zmtp_prefixes *topic);
/* The allow-list has changed. */
void as_zmtp_peer_check_grant(as_zmtp_peer *peer);

/* Count it by *counter (may be NULL), audit it as `what`, and close. */
void as_zmtp_peer_end(as_zmtp_peer *peer, uint64_t *counter, const char *what, const char *reason);

#endif
