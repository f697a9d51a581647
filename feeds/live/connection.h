/*
 * An outgoing stream that is kept up: TCP, or TLS over it, connected again for ever with a growing, jittered pause.
 *
 *   down --attempt--> connecting --TCP--> [handshake --TLS, certificate verified-->] up --end, error, drop--> down
 *
 * What SoupBinTCP, WebSocket and HTTP feeds stand on. The bytes go through the reactor; TLS is OpenSSL on a pair of
 * memory BIOs (feeds/live/tls.h), TLS 1.2 at least, the peer's certificate and host name verified against the given
 * authorities or the system's: there is no way to switch that off. Names are looked up without blocking the thread
 * (feeds/live/lookup.h); of several addresses the next is tried when one refuses at once, and by the next attempt
 * when one does not answer.
 *
 * Threads: the reactor's. Memory: the struct and its buffers, allocated at open (OpenSSL allocates for itself).
 * Limits: AS_CONNECTION_SEND_BYTES not yet taken by the kernel.
 */
#ifndef AS_FEEDS_CONNECTION_H
#define AS_FEEDS_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/live/reactor.h"
#include "feeds/live/socket.h"

enum {
    AS_CONNECTION_SEND_BYTES = 64 * 1024, /* written and not yet sent; more is an error that drops the connection */
    AS_CONNECTION_SETUP_MS = 10000,       /* TCP and TLS must be up by then */
    AS_CONNECTION_RETRY_MIN_MS = 100,     /* pause before it is tried again: doubles up to the maximum, */
    AS_CONNECTION_RETRY_MAX_MS = 30000,   /*   each time between half and the whole of it, at random */
    AS_CONNECTION_WHY_BYTES = 160
};

typedef struct as_connection as_connection;

/*
 * Callbacks may call send, drop, start and proven; they must not close the connection. send and drop may call down
 * before they return.
 *
 * The stream is up: nothing has been sent or received. Says hello.
 */
typedef void (*as_connection_up_fn)(void *ctx, uint64_t now_ns);

/* Bytes, decrypted. */
typedef void (*as_connection_bytes_fn)(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns);

/*
 * The stream was up and is down, or an attempt has failed (was_up false); why is for people: "closed by the peer",
 * "certificate verify failed: ...". It is tried again by itself.
 */
typedef void (*as_connection_down_fn)(void *ctx, bool was_up, const char *why, uint64_t now_ns);

typedef struct as_connection_options {
    const as_url *url;     /* copied; its transport says whether it is TLS */
    const char *ca;        /* PEM file of authorities; NULL or "": the system's */
    uint32_t retry_min_ms; /* 0: AS_CONNECTION_RETRY_MIN_MS; likewise below */
    uint32_t retry_max_ms;
    uint32_t setup_ms;
    bool on_demand; /* stays down until start, and after an end or a failed attempt until the next (HTTP) */
    as_reactor *reactor;
    as_connection_up_fn up;
    as_connection_bytes_fn bytes;
    as_connection_down_fn down;
    void *ctx;
} as_connection_options;

/*
 * 0; or a negative errno with the error chain set: no such ca file, a URL that is not one to connect to, ... A peer
 * that does not answer is no error. The first attempt is made by the first poll. One watch of the reactor is needed.
 */
int as_connection_open(const as_connection_options *options, as_connection **connection);

void as_connection_close(as_connection *connection); /* NULL is allowed; no callback is made */

/*
 * on_demand: begin to connect in the next poll, unless it is up or on its way. There is no pause: how often is the
 * caller's affair.
 */
void as_connection_start(as_connection *connection, uint64_t now_ns);

/*
 * Send: all of it will be, in order, or the connection goes down. 0; -ENOTCONN: it is not up, or has just gone down;
 * -ENOBUFS: beyond AS_CONNECTION_SEND_BYTES, and the connection has been dropped.
 */
int as_connection_send(as_connection *connection, const void *data, size_t data_bytes);

/*
 * End it, for example because the peer breaks the protocol or is silent. down is called, with why, which is copied. An
 * attempt that is on its way is given up; nothing happens if there is none.
 */
void as_connection_drop(as_connection *connection, const char *why, uint64_t now_ns);

/* The peer is all right (logged in, subscribed, ...): the next pause is the shortest again. */
void as_connection_proven(as_connection *connection);

/* What is due by time: attempts, handshakes that take too long, bytes the kernel did not take. How much was done. */
int as_connection_poll(as_connection *connection, uint64_t now_ns);

/* Until when poll has nothing to do, in ns. */
uint64_t as_connection_wait_ns(const as_connection *connection);

bool as_connection_is_up(const as_connection *connection);
uint64_t as_connection_attempts(const as_connection *connection);

#endif
