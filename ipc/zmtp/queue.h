/*
 * What waits for one subscriber's socket: whole messages in a ring of bytes.
 *
 *   data:    ...[ rest of the first ][ second ][ third ]...      record: their lengths and sequences, in the same order
 *
 * Bounded by limit_bytes, records included. What does not fit makes the oldest go, all but these, which stay where they
 * are in the order and whose bytes are moved on:
 *   - the first one, once a byte of it is on the wire;
 *   - the last heartbeat and the last system message, at most one of each, as long as the newcomer fits beside them.
 * So a slow subscriber still hears that the daemon lives and that trading was halted, and what it gets is always in the
 * order in which it was put: a CURVE session, whose nonces must rise, allows no other. The memory doubles as it is
 * needed and is given back when the queue runs dry.
 *
 * Threads: the owner's. A queue of zeroes with a limit is empty and holds nothing.
 */
#ifndef AS_IPC_ZMTP_QUEUE_H
#define AS_IPC_ZMTP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

typedef enum as_zmtp_kind {
    AS_ZMTP_KIND_REPLY, /* of the protocol, counted nowhere */
    AS_ZMTP_KIND_MESSAGE,
    AS_ZMTP_KIND_HEARTBEAT, /* `hb.` */
    AS_ZMTP_KIND_SYSTEM,    /* `sys.` */
    AS_ZMTP_KINDS
} as_zmtp_kind;

typedef struct as_zmtp_record {
    uint64_t gseq;
    uint32_t bytes; /* that still wait */
    as_zmtp_kind kind;
} as_zmtp_record;

typedef struct as_zmtp_queue {
    uint32_t limit_bytes;
    uint8_t *data;
    uint32_t capacity, head, used;
    as_zmtp_record *record;
    uint32_t record_capacity, record_head, record_count;
    uint32_t waiting[AS_ZMTP_KINDS]; /* records of each kind */
    bool begun;                      /* a part of the first record is gone */
} as_zmtp_queue;

/* What as_zmtp_queue_sent completed. */
typedef struct as_zmtp_sent {
    uint64_t messages, gseq; /* gseq: of the last of them */
} as_zmtp_sent;

void as_zmtp_queue_fini(as_zmtp_queue *queue);

/*
 * Put bytes[0 .. count) at the end; begun: the beginning of this message has been sent, these are its rest (only into
 * an empty queue). Returns how many messages were dropped for it, this one included if it does not fit at all.
 */
uint32_t as_zmtp_queue_put(as_zmtp_queue *queue, const uint8_t *bytes, uint32_t count, bool begun, uint64_t gseq,
                           as_zmtp_kind kind);

/* All that waits, in at most two pieces; returns how many. */
int as_zmtp_queue_peek(const as_zmtp_queue *queue, struct iovec piece[2]);

/* The first count bytes are gone. */
as_zmtp_sent as_zmtp_queue_sent(as_zmtp_queue *queue, uint32_t count);

/* Bytes that wait. */
static inline uint32_t as_zmtp_queue_bytes(const as_zmtp_queue *queue)
{
    return queue->used;
}

#endif
