/*
 * BinaryFILE: a file of messages, each behind a big-endian u16 length (PROTOCOLS A4); length 0 ends a session.
 *
 * A record iterator over a buffer, for readers that refill it: the reader calls as_binaryfile_next until NEED_MORE,
 * moves what is left of the buffer (from state.consumed_bytes on) to its front, reads more behind it, and goes on.
 * Any chunking gives the same records.
 *
 * Some files carry 0x0000 before every message instead of its length (DESIGN 6.28). Given a table of lengths by the
 * message's first byte, a zero prefix followed by a byte of a known type is such a message: delivered, and counted
 * bad_prefix. A zero prefix followed by anything else, or by nothing, ends the session.
 *
 * Pure: no allocation, no I/O; messages point into the caller's buffer. Threads: one at a time per state.
 */
#ifndef AS_FEEDS_FRAMING_BINARYFILE_H
#define AS_FEEDS_FRAMING_BINARYFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record is at most this long, prefix included: a buffer of this size always makes progress. */
#define AS_BINARYFILE_RECORD_BYTES_MAX (2 + 65535)

typedef enum as_binaryfile_result {
    AS_BINARYFILE_MESSAGE = 0,   /* *message, *message_bytes (>= 1) */
    AS_BINARYFILE_NEED_MORE = 1, /* the buffer ends inside a record: only without final */
    AS_BINARYFILE_END = 2,       /* a session's end marker; another session may follow: call again */
    AS_BINARYFILE_EOF = 3,       /* with final: nothing is left, the file ended at a boundary */
    AS_BINARYFILE_TRUNCATED = -1 /* with final: the file is cut inside a record; the rest is not consumed */
} as_binaryfile_result;

typedef struct as_binaryfile {
    const uint8_t *lengths;  /* 256 message lengths by first byte (0: no such type), or NULL: no prefix-less form */
    size_t consumed_bytes;   /* of buf, by the last call */
    /* counters */
    uint64_t messages;
    uint64_t bad_prefix;     /* messages of the prefix-less form */
    uint64_t ends;           /* end-of-session markers */
    uint64_t truncated;      /* 1 when the file was cut */
} as_binaryfile;

/* lengths: see the member. The table must outlive the state. */
void as_binaryfile_init(as_binaryfile *state, const uint8_t *lengths);

/*
 * The next record at buf[0]. final: no bytes will ever follow buf[bytes - 1]. After MESSAGE and END the next record
 * begins at buf + state->consumed_bytes; after the others consumed_bytes is 0. The outputs are written on MESSAGE only.
 */
as_binaryfile_result as_binaryfile_next(as_binaryfile *state, const uint8_t *buf, size_t bytes, bool final,
                                        const uint8_t **message, size_t *message_bytes);

#endif
