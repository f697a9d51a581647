/*
 * as_ring: a queue of fixed-size slots between one producer thread and one consumer thread.
 *
 * It carries events and headlines from a feed to the core and decisions from the core to ipc. Both sides work in
 * place: the producer fills a slot of the ring, the consumer reads it there, nothing is copied on the way.
 *
 *      consumer.seq                 producer.seq
 *           |                            |
 *   free    v   published, unread        v    free
 *  .....|=====|=====|=====|=====|=====|.....|.....|      slot of sequence s: s & (slots - 1)
 *
 * Sequences are free-running 64-bit numbers that count slots since the start; they may wrap at 2^64. Between the two,
 * producer.seq - consumer.seq is 0 (empty) to slots (full). Each side keeps the other side's sequence as it last saw
 * it and looks again only when that is not enough: while the ring is neither empty nor full the threads do not touch
 * each other's cache line.
 *
 * Edges (which store is seen by which load, and what may be relied on afterwards):
 *   E1  producer.seq, release in as_ring_publish_n -> acquire in as_ring_peek_n.
 *       The consumer sees every byte that the producer wrote into the slots below the sequence it reads.
 *   E2  consumer.seq, release in as_ring_release_n -> acquire in as_ring_claim_n.
 *       The consumer's last read of a slot comes before the producer's first write of its next use.
 * No stronger order is needed: each location has one writer, and neither side draws a conclusion from two of them.
 * tests/stress/test_ring_weakening.py relaxes each end of each edge in a copy and shows that ThreadSanitizer notices.
 *
 * Threads: claim and publish belong to one thread, peek and release to one other (or the same); as_ring_depth to any.
 * Progress: every call is wait-free. Memory: one block, touched at start, no allocation afterwards.
 * Limits: slots a power of two, 1..AS_RING_SLOTS_MAX; slot_bytes a multiple of 8, 8..AS_RING_SLOT_BYTES_MAX;
 * at most AS_RING_BYTES_MAX together.
 */
#ifndef AS_CORE_RING_H
#define AS_CORE_RING_H

#include <stddef.h>
#include <stdatomic.h>
#include <stdint.h>

#include "core/error.h"

/*
 * The distance between the two sides: two cache lines of 64 bytes, because the adjacent-line prefetcher of x86 fetches
 * lines in pairs. A side's private fields share the line of its seq: on lines of their own the round trip was 15 % to
 * 20 % longer (bench/bench_ring.c, "ring, round trip / 2", both layouts in the same rounds).
 */
#define AS_RING_LINE_BYTES 128

#define AS_RING_SLOTS_MAX (UINT32_C(1) << 24)
#define AS_RING_SLOT_BYTES_MAX (UINT32_C(1) << 16)
#define AS_RING_BYTES_MAX (UINT64_C(1) << 32)

/* One side's line. Only that side's thread writes it; of the other side's line a thread reads seq and nothing else. */
typedef struct as_ring_side {
    _Atomic(uint64_t) seq; /* producer: slots published; consumer: slots released */
    uint64_t other_seq;    /* the other side's seq as last seen */
    uint64_t mask;         /* slots - 1 */
    uint64_t slot_bytes;
    unsigned char *slot;   /* the first slot */
} as_ring_side;

/* The fields are for the inline functions below and for the layout test. */
typedef struct as_ring {
    _Alignas(AS_RING_LINE_BYTES) as_ring_side producer;
    _Alignas(AS_RING_LINE_BYTES) as_ring_side consumer;
} as_ring;

_Static_assert(sizeof(as_ring) == 2 * AS_RING_LINE_BYTES, "each side has its own line, the slots start on a third");

/*
 * An empty ring. 0, -EINVAL (a parameter is outside its limits) or -ENOMEM, with the error chain set.
 * *ring is written on success only.
 */
int as_ring_new(uint32_t slots, uint32_t slot_bytes, as_ring **ring);

/* The same with both sequences starting at first_seq, so that a test can stand just below 2^64. */
int as_ring_new_at(uint32_t slots, uint32_t slot_bytes, uint64_t first_seq, as_ring **ring);

/* Both threads have left the ring. NULL is allowed. */
void as_ring_free(as_ring *ring);

/*
 * Producer: how many slots can be filled now, at most max. 0 when the ring is full. Claiming reserves nothing: the
 * claimed slots are as_ring_claim_at(ring, 0 .. n-1), whose contents are whatever their last use left, until
 * as_ring_publish_n; a claim that is not published has no effect.
 */
static inline uint32_t as_ring_claim_n(as_ring *ring, uint32_t max)
{
    as_ring_side *own = &ring->producer;
    uint64_t seq = atomic_load_explicit(&own->seq, memory_order_relaxed); /* relaxed: own index */
    uint64_t free_slots = own->mask + 1 - (seq - own->other_seq);
    if (free_slots < max) {
        own->other_seq = atomic_load_explicit(&ring->consumer.seq, memory_order_acquire); /* edge E2 */
        free_slots = own->mask + 1 - (seq - own->other_seq);
    }
    return free_slots < max ? (uint32_t)free_slots : max;
}

/* Producer: the i-th claimed slot, i below what as_ring_claim_n returned. */
static inline void *as_ring_claim_at(const as_ring *ring, uint32_t i)
{
    const as_ring_side *own = &ring->producer;
    uint64_t seq = atomic_load_explicit(&own->seq, memory_order_relaxed); /* relaxed: own index */
    AS_DCHECK(seq + i - own->other_seq <= own->mask);
    return own->slot + ((seq + i) & own->mask) * own->slot_bytes;
}

/*
 * Ask for a line that will be written soon. A slot was last read by the other CPU, so its first write waits for the
 * line to come back; asking for it one message ahead hides that. It needs the write form: a prefetch for reading
 * fetches a shared copy and costs more than none, and compilers give that for __builtin_prefetch(p, 1) on plain
 * x86-64, where PREFETCHW has always been at least a no-op. Measured by bench/bench_ring.c, "ring, 1,024 slots", in
 * the same rounds: 23 ns a message with it, 30 to 80 without, 148 with the read form.
 */
static inline void as_ring_prefetch_write(const void *line)
{
#if defined(__x86_64__)
    __asm__("prefetchw %0" : : "m"(*(const char *)line));
#else
    __builtin_prefetch(line, 1);
#endif
}

/* Producer: hand the first n claimed slots to the consumer, all at once. n = 0 does nothing. */
static inline void as_ring_publish_n(as_ring *ring, uint32_t n)
{
    as_ring_side *own = &ring->producer;
    uint64_t seq = atomic_load_explicit(&own->seq, memory_order_relaxed); /* relaxed: own index */
    AS_DCHECK(seq + n - own->other_seq <= own->mask + 1);
    atomic_store_explicit(&own->seq, seq + n, memory_order_release); /* edge E1 */
    as_ring_prefetch_write(own->slot + ((seq + n) & own->mask) * own->slot_bytes);
}

/* Producer: one slot to fill, NULL when the ring is full. */
static inline void *as_ring_claim(as_ring *ring)
{
    return as_ring_claim_n(ring, 1) ? as_ring_claim_at(ring, 0) : NULL;
}

/* Producer: hand the claimed slot to the consumer. */
static inline void as_ring_publish(as_ring *ring)
{
    as_ring_publish_n(ring, 1);
}

/*
 * Consumer: how many slots can be read now, at most max, oldest first. 0 means that the ring was empty; fewer than
 * max does not mean that there are no more, since the producer's line is read only when nothing known is left.
 */
static inline uint32_t as_ring_peek_n(as_ring *ring, uint32_t max)
{
    as_ring_side *own = &ring->consumer;
    uint64_t seq = atomic_load_explicit(&own->seq, memory_order_relaxed); /* relaxed: own index */
    uint64_t ready = own->other_seq - seq;
    if (ready == 0) {
        own->other_seq = atomic_load_explicit(&ring->producer.seq, memory_order_acquire); /* edge E1 */
        ready = own->other_seq - seq;
    }
    return ready < max ? (uint32_t)ready : max;
}

/* Consumer: the i-th readable slot, i below what as_ring_peek_n returned. The consumer may write into it. */
static inline void *as_ring_at(const as_ring *ring, uint32_t i)
{
    const as_ring_side *own = &ring->consumer;
    uint64_t seq = atomic_load_explicit(&own->seq, memory_order_relaxed); /* relaxed: own index */
    AS_DCHECK(i < own->other_seq - seq);
    return own->slot + ((seq + i) & own->mask) * own->slot_bytes;
}

/* Consumer: give the oldest n slots back; pointers into them end here. n = 0 does nothing. */
static inline void as_ring_release_n(as_ring *ring, uint32_t n)
{
    as_ring_side *own = &ring->consumer;
    uint64_t seq = atomic_load_explicit(&own->seq, memory_order_relaxed); /* relaxed: own index */
    AS_DCHECK(n <= own->other_seq - seq);
    atomic_store_explicit(&own->seq, seq + n, memory_order_release); /* edge E2 */
}

/* Consumer: the oldest slot, NULL when the ring is empty. Asking again without a release gives the same slot. */
static inline void *as_ring_peek(as_ring *ring)
{
    return as_ring_peek_n(ring, 1) ? as_ring_at(ring, 0) : NULL;
}

/* Consumer: give the oldest slot back. */
static inline void as_ring_release(as_ring *ring)
{
    as_ring_release_n(ring, 1);
}

/* Slots of the ring. Any thread. */
static inline uint32_t as_ring_slots(const as_ring *ring)
{
    return (uint32_t)(ring->producer.mask + 1);
}

/* Slots published and not released, approximately: the two sides are not read at one instant. Any thread. */
static inline uint32_t as_ring_depth(const as_ring *ring)
{
    uint64_t released = atomic_load_explicit(&ring->consumer.seq, memory_order_relaxed);  /* relaxed: a statistic */
    uint64_t published = atomic_load_explicit(&ring->producer.seq, memory_order_relaxed); /* relaxed: a statistic */
    uint64_t depth = published - released;
    if (depth > UINT64_MAX / 2)
        return 0;
    return depth > ring->producer.mask ? as_ring_slots(ring) : (uint32_t)depth;
}

#endif
