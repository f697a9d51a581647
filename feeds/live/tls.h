/*
 * TLS of an outgoing connection, without a socket: bytes of the wire in and out, bytes of the application in and out.
 *
 *   wire --put--> | handshake | --read--> application
 *   wire <-take-- |           | <-write-- application
 *
 * OpenSSL on a pair of memory BIOs, so that the reactor keeps the sockets. TLS 1.2 at least. The peer's certificate
 * must lead to one of the given authorities, or of the system's, be valid today and name the host that was asked for,
 * a name or an IP address; there is no way to switch that off. The name is sent along (SNI). No renegotiation.
 *
 * Threads: one at a time. Memory: allocated by OpenSSL, at open and as a session goes; what the peer can make it
 * allocate is bounded: a record is 16 KiB at most, a chain of certificates 100 KiB (OpenSSL's own limits).
 */
#ifndef AS_FEEDS_TLS_H
#define AS_FEEDS_TLS_H

#include <stddef.h>
#include <stdint.h>

typedef struct as_tls as_tls;

typedef enum as_tls_result {
    AS_TLS_OK = 0,     /* done; read: there are bytes */
    AS_TLS_WAIT = 1,   /* more bytes of the wire are needed */
    AS_TLS_ENDED = 2,  /* the peer has ended the session properly */
    AS_TLS_FAILED = -1 /* as_tls_why; the session is over, take may still hold an alert */
} as_tls_result;

enum { AS_TLS_WHY_BYTES = 160 };

/*
 * What the sessions of one host have in common. ca: a PEM file of authorities; NULL or "": the system's. 0; -ENOENT,
 * -EACCES, ... (the file), -EINVAL (it holds no certificate), -ENOMEM; with the error chain set.
 */
int as_tls_open(const char *host, const char *ca, as_tls **tls);
void as_tls_close(as_tls *tls); /* NULL is allowed */

/* A new session, the last one is forgotten; take has the hello. 0 or -ENOMEM. */
int as_tls_start(as_tls *tls);

/* Bytes of the wire. They are kept until handshake or read use them: call these before the next put. 0 or -ENOMEM. */
int as_tls_put(as_tls *tls, const void *data, size_t data_bytes);

/* Go on with the handshake: OK when the peer has proved who it is. */
as_tls_result as_tls_handshake(as_tls *tls);

/* The next bytes of the application, up to room_bytes; to be called until it is not OK. Writes *got_bytes if OK. */
as_tls_result as_tls_read(as_tls *tls, void *room, size_t room_bytes, size_t *got_bytes);

/* After the handshake: OK (all of it is in take) or FAILED. */
as_tls_result as_tls_write(as_tls *tls, const void *data, size_t data_bytes);

/* Say that nothing more will be written; take has the alert. */
void as_tls_finish(as_tls *tls);

/* Move bytes for the wire to room; how many, 0 if there are none. To be called after each of the above. */
size_t as_tls_take(as_tls *tls, void *room, size_t room_bytes);

/* Why it FAILED, for people: `certificate of "host" refused: certificate has expired`. Valid until the next start. */
const char *as_tls_why(const as_tls *tls);

#endif
