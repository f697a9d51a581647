/*
 * The client's side of CurveZMQ, written from RFC 26 with libsodium's padded interface: apart from the code under test.
 * Commands are bodies, without the frame's header.
 */
#ifndef AST_SUPPORT_CURVE_CLIENT_H
#define AST_SUPPORT_CURVE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sodium.h>

typedef struct ast_curve_client {
    uint8_t server[32];                          /* S */
    uint8_t public_key[32], secret_key[32];      /* C, c */
    uint8_t transient[32], transient_secret[32]; /* C', c' */
    uint8_t server_transient[32];                /* S' */
    uint8_t cookie[96];
    uint64_t nonce;
} ast_curve_client;

static inline void ast_curve_init(ast_curve_client *c, const uint8_t server[32], const uint8_t public_key[32],
                                  const uint8_t secret_key[32])
{
    memset(c, 0, sizeof *c);
    memcpy(c->server, server, 32);
    memcpy(c->public_key, public_key, 32);
    memcpy(c->secret_key, secret_key, 32);
    crypto_box_keypair(c->transient, c->transient_secret);
}

/* A box of count bytes into out (count + 16), with the padding of NaCl. */
static inline void ast_curve_box(uint8_t *out, const uint8_t *plain, size_t count, const uint8_t nonce[24],
                                 const uint8_t to[32], const uint8_t from[32])
{
    uint8_t in[2048] = {0}, boxed[2048];
    memcpy(in + 32, plain, count);
    (void)!crypto_box(boxed, in, count + 32, nonce, to, from);
    memcpy(out, boxed + 16, count + 16);
}

static inline bool ast_curve_unbox(uint8_t *out, const uint8_t *box, size_t box_bytes, const uint8_t nonce[24],
                                   const uint8_t from[32], const uint8_t to[32])
{
    uint8_t in[2048] = {0}, plain[2048];
    memcpy(in + 16, box, box_bytes);
    if (crypto_box_open(plain, in, box_bytes + 16, nonce, from, to) != 0)
        return false;
    memcpy(out, plain + 32, box_bytes - 16);
    return true;
}

static inline void ast_curve_nonce(uint8_t nonce[24], const char *prefix, uint64_t counter)
{
    memcpy(nonce, prefix, 16);
    for (unsigned i = 0; i < 8; i++)
        nonce[16 + i] = (uint8_t)(counter >> (56 - 8 * i));
}

static inline void ast_curve_hello(ast_curve_client *c, uint8_t out[200])
{
    static const uint8_t zero[64];
    uint8_t nonce[24];
    memset(out, 0, 200);
    memcpy(out, "\5HELLO\1\0", 8);
    memcpy(out + 80, c->transient, 32);
    ast_curve_nonce(nonce, "CurveZMQHELLO---", ++c->nonce);
    memcpy(out + 112, nonce + 16, 8);
    ast_curve_box(out + 120, zero, 64, nonce, c->server, c->transient_secret);
}

static inline bool ast_curve_welcome(ast_curve_client *c, const uint8_t *welcome, size_t bytes)
{
    uint8_t nonce[24], plain[128];
    if (bytes != 168 || memcmp(welcome, "\7WELCOME", 8) != 0)
        return false;
    memcpy(nonce, "WELCOME-", 8);
    memcpy(nonce + 8, welcome + 8, 16);
    if (!ast_curve_unbox(plain, welcome + 24, 144, nonce, c->server, c->transient_secret))
        return false;
    memcpy(c->server_transient, plain, 32);
    memcpy(c->cookie, plain + 32, 96);
    return true;
}

/* Returns the length. */
static inline size_t ast_curve_initiate(ast_curve_client *c, const char *metadata, size_t metadata_bytes, uint8_t *out)
{
    uint8_t nonce[24], plain[1024], vouched[64];
    memcpy(out, "\10INITIATE", 9);
    memcpy(out + 9, c->cookie, 96);
    memcpy(plain, c->public_key, 32);
    randombytes_buf(plain + 32, 16);
    memcpy(nonce, "VOUCH---", 8);
    memcpy(nonce + 8, plain + 32, 16);
    memcpy(vouched, c->transient, 32);
    memcpy(vouched + 32, c->server, 32);
    ast_curve_box(plain + 48, vouched, 64, nonce, c->server_transient, c->secret_key);
    memcpy(plain + 128, metadata, metadata_bytes);
    ast_curve_nonce(nonce, "CurveZMQINITIATE", ++c->nonce);
    memcpy(out + 105, nonce + 16, 8);
    ast_curve_box(out + 113, plain, 128 + metadata_bytes, nonce, c->server_transient, c->transient_secret);
    return 113 + 16 + 128 + metadata_bytes;
}

/* Metadata of READY; -1: not ours. */
static inline int ast_curve_ready(ast_curve_client *c, const uint8_t *ready, size_t bytes, uint8_t *metadata)
{
    uint8_t nonce[24];
    if (bytes < 30 || memcmp(ready, "\5READY", 6) != 0)
        return -1;
    memcpy(nonce, "CurveZMQREADY---", 16);
    memcpy(nonce + 16, ready + 6, 8);
    return ast_curve_unbox(metadata, ready + 14, bytes - 14, nonce, c->server_transient, c->transient_secret)
               ? (int)(bytes - 30)
               : -1;
}

/* A MESSAGE with this nonce; returns its length. */
static inline size_t ast_curve_seal(const ast_curve_client *c, uint64_t counter, uint8_t flags, const void *body,
                                    size_t body_bytes, uint8_t *out)
{
    uint8_t nonce[24], plain[1024];
    plain[0] = flags;
    memcpy(plain + 1, body, body_bytes);
    ast_curve_nonce(nonce, "CurveZMQMESSAGEC", counter);
    memcpy(out, "\7MESSAGE", 8);
    memcpy(out + 8, nonce + 16, 8);
    ast_curve_box(out + 16, plain, body_bytes + 1, nonce, c->server_transient, c->transient_secret);
    return 16 + 16 + 1 + body_bytes;
}

/* Flags and body of a MESSAGE; returns the body's length, -1: not ours. */
static inline int ast_curve_open(const ast_curve_client *c, const uint8_t *message, size_t bytes, uint8_t *flags,
                                 uint8_t *body)
{
    uint8_t nonce[24], plain[2048];
    if (bytes < 33 || memcmp(message, "\7MESSAGE", 8) != 0)
        return -1;
    memcpy(nonce, "CurveZMQMESSAGES", 16);
    memcpy(nonce + 16, message + 8, 8);
    if (!ast_curve_unbox(plain, message + 16, bytes - 16, nonce, c->server_transient, c->transient_secret))
        return -1;
    *flags = plain[0];
    memcpy(body, plain + 1, bytes - 33);
    return (int)(bytes - 33);
}

#endif
