/*
 * WebSocket as a client sees it (RFC 6455): the upgrade over HTTP/1.1, then messages out of bytes, and frames.
 *
 *   as_websocket_start -> [out] -> as_websocket_next ... OPENED -> as_websocket_next ... MESSAGE ... CLOSED or FAILED
 *
 * Frame headers and masks are wslay's (its frame interface); the rest is here: the upgrade with its check of
 * Sec-WebSocket-Accept, fresh random masks, the rule that a server masks nothing, fragments, UTF-8, limits, and the
 * close code that each fault is answered with. No extension and no subprotocol is offered, so none may be chosen. A
 * ping is answered, of several that came at once the last (section 5.5.3); a close is answered once.
 *
 * What is to be sent collects in out: the caller takes and sends it after each call.
 *
 * Threads: one at a time. Memory: allocated in new (1.2 MiB), and by wslay in start (one small context); no call
 * blocks. Limits: below, and AS_WEBSOCKET_MESSAGE_BYTES for a whole message: a longer one fails with close code 1009.
 * Random numbers come from the system (getrandom).
 */
#ifndef AS_FEEDS_FRAMING_WEBSOCKET_H
#define AS_FEEDS_FRAMING_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "feeds/framing/http1.h"

enum {
    AS_WEBSOCKET_OUT_BYTES = 16384,   /* to be sent and not yet taken */
    AS_WEBSOCKET_CONTROL_BYTES = 125, /* payload of a ping, a pong or a close */
    AS_WEBSOCKET_WHY_BYTES = 160
};

typedef enum as_websocket_result {
    AS_WEBSOCKET_MORE = 0, /* all bytes are used, and nothing more came of them */
    AS_WEBSOCKET_OPENED,   /* the upgrade is done: frames may be sent */
    AS_WEBSOCKET_MESSAGE,  /* a whole message */
    AS_WEBSOCKET_PONG,     /* the answer to a ping, or unasked */
    AS_WEBSOCKET_CLOSED,   /* the peer has closed, and its answer is in out: send it, then end the connection */
    AS_WEBSOCKET_FAILED    /* the peer breaks the protocol or refuses: likewise */
} as_websocket_result;

typedef struct as_websocket as_websocket;

/* 0 or -ENOMEM. */
int as_websocket_new(as_websocket **websocket);
void as_websocket_free(as_websocket *websocket); /* NULL is allowed */

/*
 * A new connection: everything of the last one is forgotten, out has the request. host without brackets, port 0 for the
 * scheme's own, path from '/'. 0; -ENOMEM; -EINVAL: a part cannot stand in a request; -EIO: no random numbers.
 */
int as_websocket_start(as_websocket *websocket, const char *host, uint16_t port, const char *path);

/*
 * Read on: *data and *data_bytes are moved behind what was used. To be called until it says MORE. After CLOSED and
 * FAILED it says the same again and uses everything.
 */
as_websocket_result as_websocket_next(as_websocket *websocket, const uint8_t **data, size_t *data_bytes);

/* The message, after MESSAGE and until the next call. A text is UTF-8. */
const char *as_websocket_message(const as_websocket *websocket, size_t *message_bytes, bool *is_text);

/* What FAILED, or what the peer said with its close: for people, printable. */
const char *as_websocket_why(const as_websocket *websocket);

/* A text or a ping. False: not open (any more), or no room in out. A ping's payload is AS_WEBSOCKET_CONTROL_BYTES. */
bool as_websocket_send_text(as_websocket *websocket, const char *text, size_t text_bytes);
bool as_websocket_send_ping(as_websocket *websocket, const void *payload, size_t payload_bytes);

/* Begin to close; the peer's answer is CLOSED. Nothing more can be sent. */
void as_websocket_close(as_websocket *websocket, uint16_t code);

/* Bytes to be sent, all of them, 0 if there are none; then they are taken. Valid until the next call. */
const uint8_t *as_websocket_take(as_websocket *websocket, size_t *out_bytes);

bool as_websocket_is_open(const as_websocket *websocket);

/* A message has begun and is not whole, or the upgrade: the peer owes the rest. */
bool as_websocket_in_message(const as_websocket *websocket);

/* base64(SHA-1(key + GUID)), RFC 6455 section 4.2.2; accept has room for 29 bytes. */
void as_websocket_accept_key(const char *key, char *accept);

#endif
