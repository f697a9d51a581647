/*
 * ZMTP frames (RFC 37, "Framing"): flags, the body's length in 1 or 8 bytes (big-endian), the body.
 *
 * The reader takes bytes as they come and keeps one frame of at most .body_max bytes; a longer one is refused by its
 * header. Flags that RFC 37 reserves, and a command with MORE, are refused too.
 *
 * Threads: the owner's. Memory: the caller's.
 */
#ifndef AS_IPC_ZMTP_FRAME_H
#define AS_IPC_ZMTP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

enum {
    AS_ZMTP_MORE = 0x01,
    AS_ZMTP_LONG = 0x02,
    AS_ZMTP_COMMAND = 0x04,
    AS_ZMTP_HEADER_BYTES = 9,         /* at most */
    AS_ZMTP_INBOUND_BYTES = 4096 + 33 /* a request in a MESSAGE of CURVE: the longest frame from any peer */
};

/* Header of a frame with AS_ZMTP_MORE or AS_ZMTP_COMMAND or neither; returns its length, 2 or 9. */
size_t as_zmtp_frame_header(uint8_t flags, size_t body_bytes, uint8_t out[AS_ZMTP_HEADER_BYTES]);

/* A message of two frames; out holds 2 * AS_ZMTP_HEADER_BYTES more than both. Returns the length. */
size_t as_zmtp_message_encode(const void *topic, size_t topic_bytes, const void *payload, size_t payload_bytes,
                              uint8_t *out);

typedef struct as_zmtp_frame {
    uint8_t flags; /* of the whole frame: MORE, COMMAND */
    uint8_t header_used;
    uint8_t header[AS_ZMTP_HEADER_BYTES];
    uint32_t body_max; /* at most AS_ZMTP_INBOUND_BYTES; 0: AS_FANOUT_INBOUND_BYTES */
    uint32_t body_bytes, body_used;
    uint8_t body[AS_ZMTP_INBOUND_BYTES];
} as_zmtp_frame;

typedef enum as_zmtp_taken { AS_ZMTP_TAKEN_ALL, AS_ZMTP_TAKEN_FRAME, AS_ZMTP_TAKEN_BAD } as_zmtp_taken;

/*
 * Go on with a frame, moving *bytes on. FRAME: .flags, .body and .body_bytes are a whole one; the next call begins
 * another. ALL: no whole frame yet. BAD: *why says it; do not go on.
 */
as_zmtp_taken as_zmtp_frame_take(as_zmtp_frame *frame, const uint8_t **bytes, size_t *bytes_left, const char **why);

#endif
