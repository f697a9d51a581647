/*
 * The server's side of CurveZMQ (RFC 26) for one connection: four commands of the handshake, then messages.
 *
 *   HELLO     C' and a box of zeroes from C' to S: the client knows our key
 *   WELCOME   S' and a cookie (C', s' under a key of our own), from S to C'. s' is then known to the cookie only
 *   INITIATE  the cookie back; C, a vouch of C for C' and S, and metadata, from C' to S'
 *   READY     metadata, from S' to C'
 *   MESSAGE   a flags byte and a body, either way, from the one transient key to the other
 *
 * Nonces of either side only rise. Boxes are crypto_box (X25519, XSalsa20, Poly1305) of libsodium; as_zmtp_curve_start
 * must have succeeded in this process. Commands here are bodies, without their frame's header.
 *
 * Threads: the owner's. Memory: the caller's; secrets are zeroed as soon as they are of no use, and by fini.
 */
#ifndef AS_IPC_ZMTP_CURVE_H
#define AS_IPC_ZMTP_CURVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AS_ZMTP_WELCOME_BYTES = 168,
    AS_ZMTP_READY_BYTES_MAX = 14 + 16 + 32,
    AS_ZMTP_BOX_BYTES = 8 + 8 + 16 + 1 /* a MESSAGE is so much longer than its body */
};

typedef struct as_zmtp_curve {
    uint8_t client[32]; /* C, long-term, public: known after INITIATE */
    uint8_t client_transient[32];
    uint8_t cookie_key[32];
    uint8_t shared[32]; /* s' and C', precomputed: after INITIATE */
    uint64_t nonce_in;  /* last of the peer's */
    uint64_t nonce_out; /* last of ours */
} as_zmtp_curve;

/* libsodium is ready: 0, or -ENOSYS with the error chain set. Any number of times. */
int as_zmtp_curve_start(void);
void as_zmtp_curve_fini(as_zmtp_curve *curve);

/* Each returns NULL, or what is wrong with the command: then the connection is to end. */
const char *as_zmtp_curve_hello(as_zmtp_curve *curve, const uint8_t secret_key[32], const uint8_t *command,
                                size_t command_bytes, uint8_t welcome[AS_ZMTP_WELCOME_BYTES]);
/* metadata (of metadata_max bytes) receives the peer's. */
const char *as_zmtp_curve_initiate(as_zmtp_curve *curve, const uint8_t public_key[32], const uint8_t *command,
                                   size_t command_bytes, uint8_t *metadata, size_t metadata_max,
                                   size_t *metadata_bytes);
/* Our READY; returns its length. */
size_t as_zmtp_curve_ready(as_zmtp_curve *curve, const uint8_t *metadata, size_t metadata_bytes, uint8_t *out);

/* A MESSAGE, opened into body (of command_bytes). flags: bit 0 more, bit 1 command. */
const char *as_zmtp_curve_open(as_zmtp_curve *curve, const uint8_t *command, size_t command_bytes, uint8_t *flags,
                               uint8_t *body, size_t *body_bytes);
/* A MESSAGE made; returns its length, body_bytes + AS_ZMTP_BOX_BYTES. */
size_t as_zmtp_curve_seal(as_zmtp_curve *curve, uint8_t flags, const void *body, size_t body_bytes, uint8_t *out);

#endif
