/*
 * A request: one MessagePack map from a client, parsed and checked (docs/WIRE.md, "Requests").
 *
 * Nothing of it is believed: as_frame_check looks at the frame before msgpack-c does, a value of a wrong type, range
 * or length is an error that names the key, what was found and what is allowed. Keys that are not in the table, and
 * keys that the operation does not know, are ignored.
 *
 * Threads: a parser belongs to one. Memory: msgpack-c's zone, at most as much as a frame of 4,096 bytes can ask for.
 */
#ifndef AS_IPC_KEEPER_REQUEST_H
#define AS_IPC_KEEPER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/auth.h"
#include "ipc/keeper/prefixes.h"

enum {
    AS_REQUEST_BYTES_MAX = 4096,
    AS_REQUEST_WAIT_MS_MAX = 10000,
    AS_REQUEST_OP_BYTES = 32, /* an operation's name, with its zero */
    AS_REQUEST_DETAIL_BYTES = 256
};

typedef enum as_request_op { AS_OP_SNAPSHOT, AS_OP_REPLAY, AS_OP_PING, AS_OP_SCHEMA, AS_OP_OTHER } as_request_op;

typedef struct as_optional_uint {
    bool given;
    uint64_t value;
} as_optional_uint;

typedef struct as_request {
    as_request_op op;
    char op_text[AS_REQUEST_OP_BYTES]; /* printable; "": there was none, or one that cannot be told */
    as_optional_uint id, at, token, part, epoch, from, to, wait_ms, seen, lost;
    as_prefixes prefixes;             /* "" if none were given */
    char client[AS_GRANT_NAME_BYTES]; /* printable ASCII, others become '?' */
    /* If it is not right: */
    const char *error; /* "malformed", "bad_key", "unknown_op"; NULL: none */
    char detail[AS_REQUEST_DETAIL_BYTES];
} as_request;

/*
 * Parse a frame. operator_asks: operations beyond the table are allowed (AS_OP_OTHER), else they are `unknown_op`.
 * Returns whether it is right. What could be read before the error (op, id) is in the request either way.
 */
bool as_request_parse(const uint8_t *frame, size_t frame_bytes, bool operator_asks, as_request *request);

/* An error of this request: returns false, so that a check can end with it. */
bool as_request_fail(as_request *request, const char *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
