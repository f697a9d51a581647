/*
 * The connections of publish.requests: clients that ask, over ZMTP 3.1 written straight to the sockets.
 *
 * Every stock ZeroMQ DEALER or REQ can connect, by tcp:// or ipc://, with the NULL mechanism or, if there is an
 * allow-list, with CURVE only. We speak ZMTP ourselves because libzmq's ROUTER can bound neither a message of many
 * frames nor its connections, and sends answers to whoever holds a name (docs/decisions/0010). Here a client is a
 * connection: what it calls itself is not looked at.
 *
 * What a connection can cost: a request of AS_ZMTP_REQUEST_BYTES, answers of AS_REQUESTS_WAITING_BYTES and one more
 * that wait for it, AS_HANDSHAKE_MS of a place among the handshakes. One that takes no byte of its answers for
 * AS_REQUESTS_STALL_MS is disconnected, earlier if AS_REQUESTS_TOTAL_BYTES wait for all of them: the one that has
 * taken none for longest. At most clients_max connections; of one key a quarter of them, and at least
 * AS_GRANT_CONNECTIONS_MIN. One whose key is taken off the list is disconnected.
 *
 * Threads: one, the server's. Memory: given out per connection, some 15 KiB, and per answer that waits.
 */
#ifndef AS_IPC_REQUESTS_H
#define AS_IPC_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/audit.h"
#include "ipc/auth.h"
#include "ipc/keeper/limiter.h"
#include "ipc/zmtp/session.h"

enum {
    AS_REQUESTS_WAITING_BYTES = 1 << 20,
    AS_REQUESTS_TOTAL_BYTES = 128 << 20,
    AS_REQUESTS_STALL_MS = 5000,
    AS_REQUESTS_READ_BYTES = 4096
};

typedef struct as_requests as_requests;

/* What is counted for a connection, or for all of a key's. */
typedef struct as_allowance {
    as_limiter rate; /* requests */
    as_limiter work; /* bytes looked at and answered */
} as_allowance;

/* A key of the allow-list that has connections, or had. */
typedef struct as_key_account {
    uint8_t key[AS_KEY_BYTES];
    as_allowance allowance;
    uint32_t connections;
    uint64_t used; /* when it was last: counts up */
} as_key_account;

typedef struct as_answer_waiting as_answer_waiting;

typedef struct as_connection {
    uint64_t id;             /* of no other connection, ever */
    int descriptor;          /* -1: ended; freed when nobody holds it any more */
    uint32_t held;           /* by the server: its requests that wait */
    const as_grant *grant;   /* NULL without an allow-list */
    as_key_account *account; /* NULL likewise */
    as_allowance allowance;
    bool at_waits, replay_waits; /* the server's */
    /* inside */
    bool joined, armed;
    uint64_t since;       /* handshake: its deadline; then when the socket last took a byte, or had nothing to take */
    size_t answers_bytes; /* that wait */
    as_answer_waiting *first, *last;
    struct as_connection *next_ended;
    size_t in_at, in_bytes; /* read and not looked at */
    char address[64];
    as_zmtp_session session;
    uint8_t in[AS_REQUESTS_READ_BYTES];
} as_connection;

typedef struct as_requests_counters {
    uint64_t clients, handshaking; /* now */
    uint64_t refused_full, refused_handshake, refused_key;
    uint64_t malformed; /* ended by what they sent after the handshake */
    uint64_t evicted;   /* did not read; or their key was taken away */
} as_requests_counters;

typedef struct as_requests_options {
    const char *endpoint;
    uint32_t clients_max;
    as_auth *auth;   /* NULL: NULL mechanism; else CURVE only */
    as_audit *audit; /* may be NULL */
    /* A request, of at most AS_ZMTP_REQUEST_BYTES; delimiter is for its answer. */
    void (*take)(void *context, as_connection *connection, bool delimiter, const uint8_t *request, size_t request_bytes,
                 uint64_t now);
    void *context;
} as_requests_options;

/* Bind. 0; -EADDRINUSE and others with the error chain set, naming the endpoint. */
int as_requests_new(const as_requests_options *options, as_requests **requests);
/* Send what waits, for at most linger_ms, then close. Safe on NULL. */
void as_requests_free(as_requests *requests, uint32_t linger_ms);

const char *as_requests_endpoint(const as_requests *requests);
/* Polls readable when there is something to do. It is an epoll descriptor: */
int as_requests_descriptor(const as_requests *requests);
/* ... that may watch for another one as well. 0 or a negative errno. */
int as_requests_watch(as_requests *requests, int descriptor);

/* Accept, read, write, one request of each connection; never blocks. now: monotonic ns. How much was done. */
unsigned as_requests_work(as_requests *requests, uint64_t now);

/* Would it get another answer? */
bool as_requests_has_room(const as_connection *connection);
/* False: it is lost. The connection may have ended after it. */
bool as_requests_answer(as_requests *requests, as_connection *connection, bool delimiter, const void *answer,
                        size_t answer_bytes, uint64_t now);

/* Connections, or keys of the allow-list, that have had work in the last second. At least 1. */
uint32_t as_requests_active(const as_requests *requests);

as_requests_counters as_requests_counters_get(const as_requests *requests);

#endif
