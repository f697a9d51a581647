/*
 * as_byte_ring: a queue of records of varying size between one producer thread and one consumer thread.
 *
 * It carries what the core merged to the journal: records of 64 bytes to several KiB, in order. Both sides work in
 * place, and a record is always contiguous: one that would cross the end of the memory is put at its beginning, and
 * the rest of the memory becomes a pad that the consumer skips.
 *
 *   record: | u32 record_bytes | u32 0 | the bytes, rounded up to 8 |        pad: | u32 UINT32_MAX | u32 0 | ... end
 *
 * Sequences are free-running 64-bit byte positions; they may wrap at 2^64. producer.seq - consumer.seq is 0 (empty) to
 * the capacity (full). As in core/ring.h each side keeps the other side's sequence as it last saw it.
 *
 * Edges:
 *   E1  producer.seq, release in as_byte_ring_publish -> acquire in as_byte_ring_peek.
 *       The consumer sees the header, the bytes and a pad before them, below the sequence it reads.
 *   E2  consumer.seq, release in as_byte_ring_release -> acquire in as_byte_ring_claim.
 *       The consumer's last read of these bytes comes before the producer's first write of their next use.
 * tests/stress/test_ring_weakening.py relaxes each end of each edge in a copy and shows that ThreadSanitizer notices.
 *
 * Threads: claim and publish belong to one thread, peek and release to one other (or the same); depth to any.
 * Progress: every call is wait-free. Memory: one block, touched at start, no allocation afterwards.
 * Limits: capacity a power of two, 64 .. AS_BYTE_RING_BYTES_MAX; a record 0 .. capacity/4 bytes with its header, which
 * is what makes a record of any allowed size fit into an empty ring wherever its sequences stand.
 */
#ifndef AS_CORE_BYTE_RING_H
#define AS_CORE_BYTE_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define AS_BYTE_RING_LINE_BYTES 128 /* as AS_RING_LINE_BYTES, for the same reason */
#define AS_BYTE_RING_HEADER_BYTES 8
#define AS_BYTE_RING_BYTES_MAX (UINT32_C(1) << 30)
#define AS_BYTE_RING_PAD UINT32_MAX

typedef struct as_byte_ring_header {
    uint32_t record_bytes; /* or AS_BYTE_RING_PAD: skip to the end of the memory */
    uint32_t zero;
} as_byte_ring_header;

/* One side's line. Only that side's thread writes it; of the other side's line a thread reads seq and nothing else. */
typedef struct as_byte_ring_side {
    _Atomic(uint64_t) seq;   /* producer: bytes published; consumer: bytes released */
    uint64_t other_seq;      /* the other side's seq as last seen */
    uint64_t next_seq;       /* producer: seq once the claim is published; consumer: once the record is released */
    uint64_t mask;           /* capacity - 1 */
    unsigned char *memory;
} as_byte_ring_side;

/* The fields are for the inline functions below and for the layout test. */
typedef struct as_byte_ring {
    _Alignas(AS_BYTE_RING_LINE_BYTES) as_byte_ring_side producer;
    _Alignas(AS_BYTE_RING_LINE_BYTES) as_byte_ring_side consumer;
} as_byte_ring;

_Static_assert(sizeof(as_byte_ring_header) == AS_BYTE_RING_HEADER_BYTES, "records stay 8-byte aligned");
_Static_assert(sizeof(as_byte_ring) == 2 * AS_BYTE_RING_LINE_BYTES, "each side has its own line");

/*
 * An empty ring of capacity_bytes. 0, -EINVAL (not a power of two, or outside the limits) or -ENOMEM, with the error
 * chain set. *ring is written on success only.
 */
int as_byte_ring_new(uint32_t capacity_bytes, as_byte_ring **ring);

/* The same with both sequences starting at first_seq (a multiple of 8), so that a test can stand just below 2^64. */
int as_byte_ring_new_at(uint32_t capacity_bytes, uint64_t first_seq, as_byte_ring **ring);

/* Both threads have left the ring. NULL is allowed. */
void as_byte_ring_free(as_byte_ring *ring);

/* Memory of the ring in bytes, headers and pads included. Any thread. */
static inline uint32_t as_byte_ring_capacity_bytes(const as_byte_ring *ring)
{
    return (uint32_t)(ring->producer.mask + 1);
}

/* The largest record that the ring takes. Any thread. */
static inline uint32_t as_byte_ring_record_bytes_max(const as_byte_ring *ring)
{
    return as_byte_ring_capacity_bytes(ring) / 4 - AS_BYTE_RING_HEADER_BYTES;
}

/* Bytes that a record takes in the ring. */
static inline uint64_t as_byte_ring_span_bytes(uint32_t record_bytes)
{
    return AS_BYTE_RING_HEADER_BYTES + (((uint64_t)record_bytes + 7) & ~UINT64_C(7));
}

/*
 * Producer: room for a record of record_bytes, 8-byte aligned, with whatever its last use left. NULL when the ring has
 * no room now, or when the record is larger than as_byte_ring_record_bytes_max. A claim that is not published has no
 * effect; the next claim takes its place.
 */
static inline void *as_byte_ring_claim(as_byte_ring *ring, uint32_t record_bytes)
{
    as_byte_ring_side *own = &ring->producer;
    uint64_t seq = atomic_load_explicit(&own->seq, memory_order_relaxed); /* relaxed: own index */
    if (record_bytes > as_byte_ring_record_bytes_max(ring))
        return NULL;
    uint64_t to_end = own->mask + 1 - (seq & own->mask);
    uint64_t span = as_byte_ring_span_bytes(record_bytes);
    uint64_t pad = to_end < span ? to_end : 0;
    if (own->mask + 1 - (seq - own->other_seq) < pad + span) {
        own->other_seq = atomic_load_explicit(&ring->consumer.seq, memory_order_acquire); /* edge E2 */
        if (own->mask + 1 - (seq - own->other_seq) < pad + span)
            return NULL;
    }
    if (pad)
        *(as_byte_ring_header *)(void *)(own->memory + (seq & own->mask)) = (as_byte_ring_header){AS_BYTE_RING_PAD, 0};
    unsigned char *at = own->memory + ((seq + pad) & own->mask);
    *(as_byte_ring_header *)(void *)at = (as_byte_ring_header){record_bytes, 0};
    own->next_seq = seq + pad + span;
    return at + AS_BYTE_RING_HEADER_BYTES;
}

/* Producer: hand the claimed record to the consumer. Without a claim it does nothing. */
static inline void as_byte_ring_publish(as_byte_ring *ring)
{
    atomic_store_explicit(&ring->producer.seq, ring->producer.next_seq, memory_order_release); /* edge E1 */
}

/*
 * Consumer: the oldest record and its size, NULL when the ring is empty. Asking again without a release gives the same
 * record. *record_bytes is written only if there is one.
 */
static inline void *as_byte_ring_peek(as_byte_ring *ring, uint32_t *record_bytes)
{
    as_byte_ring_side *own = &ring->consumer;
    uint64_t seq = atomic_load_explicit(&own->seq, memory_order_relaxed); /* relaxed: own index */
    if (own->other_seq == seq) {
        own->other_seq = atomic_load_explicit(&ring->producer.seq, memory_order_acquire); /* edge E1 */
        if (own->other_seq == seq)
            return NULL;
    }
    unsigned char *at = own->memory + (seq & own->mask);
    if (((const as_byte_ring_header *)(void *)at)->record_bytes == AS_BYTE_RING_PAD) {
        seq += own->mask + 1 - (seq & own->mask);
        at = own->memory;
    }
    uint32_t bytes = ((const as_byte_ring_header *)(void *)at)->record_bytes;
    own->next_seq = seq + as_byte_ring_span_bytes(bytes);
    *record_bytes = bytes;
    return at + AS_BYTE_RING_HEADER_BYTES;
}

/* Consumer: give the record that peek returned back; the pointer ends here. Without a peek it does nothing. */
static inline void as_byte_ring_release(as_byte_ring *ring)
{
    atomic_store_explicit(&ring->consumer.seq, ring->consumer.next_seq, memory_order_release); /* edge E2 */
}

/* Bytes published and not released, approximately: the two sides are not read at one instant. Any thread. */
static inline uint32_t as_byte_ring_depth_bytes(const as_byte_ring *ring)
{
    uint64_t released = atomic_load_explicit(&ring->consumer.seq, memory_order_relaxed);  /* relaxed: a statistic */
    uint64_t published = atomic_load_explicit(&ring->producer.seq, memory_order_relaxed); /* relaxed: a statistic */
    uint64_t depth = published - released;
    if (depth > UINT64_MAX / 2)
        return 0;
    return depth > ring->producer.mask ? as_byte_ring_capacity_bytes(ring) : (uint32_t)depth;
}

#endif
