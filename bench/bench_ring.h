/*
 * The parts of the ring benchmark: one way to hand 64-byte messages between two threads, ours or a peer's.
 *
 * Each way has a produce and a consume function, so that the queue's operations are inlined into the loops as they are
 * in real code. A message holds its number in its first and last word; the consumer checks both.
 */
#ifndef AS_BENCH_BENCH_RING_H
#define AS_BENCH_BENCH_RING_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "bench/bench.h"

enum { AS_BENCH_RING_BLOCK = 4096, AS_BENCH_RING_TRIP_BLOCK = 64, AS_BENCH_RING_BATCH = 32 };

typedef struct as_bench_message {
    uint64_t word[8];
} as_bench_message;

/*
 * One measurement: what both threads need, and what they found out. The loops keep what they use in locals, since both
 * sides would otherwise share this structure's cache line with the thread that counts in it.
 */
typedef struct as_bench_run {
    void *there;              /* the queue from producer to consumer */
    void *back;               /* the queue back, for round trips */
    uint64_t op_count;        /* messages, or round trips; a multiple of the block */
    const as_tick_rate *ticks;
    as_bench_stage *stage;    /* gets a sample for each block: ps per message, or ps per half round trip */
    uint64_t elapsed_ns;      /* from the first message to the last */
    uint64_t wrong_count;     /* messages that did not reach the consumer as sent */
    uint64_t back_wrong_count; /* trip: messages that did not reach the answering side as sent */
} as_bench_run;

/* A way to hand messages over. */
typedef struct as_bench_way {
    const char *name;
    const char *inside;
    uint32_t slots;
    bool trip; /* round trips; else one direction */
    int (*open)(uint32_t slots, void **queue);
    void (*close)(void *queue);
    void (*produce)(as_bench_run *run); /* trip: the side that answers */
    void (*consume)(as_bench_run *run); /* trip: the side that asks and measures */
} as_bench_way;

/* Ways of the installed peers; count 0 where the build found none. */
extern const as_bench_way as_bench_ring_peers[];
extern const uint32_t as_bench_ring_peer_count;

static inline void as_bench_message_fill(as_bench_message *message, uint64_t number)
{
    for (unsigned i = 0; i < 8; i++)
        message->word[i] = number;
}

static inline uint64_t as_bench_message_is_wrong(const as_bench_message *message, uint64_t number)
{
    return message->word[0] != number || message->word[7] != number;
}

/* A turn of a loop that waits for the other thread: it gives its CPU away now and then, in case there is only one. */
static inline void as_bench_turn(uint32_t *turns)
{
    if ((++*turns & 0x3fff) == 0)
        sched_yield();
}

/* Record a block that began at *from_ticks and ends now, and begin the next. per_block divides its time. */
static inline void as_bench_block_end(as_bench_run *run, uint64_t *from_ticks, uint64_t per_block)
{
    uint64_t now_ticks = as_clock_ticks();
    uint64_t block_ns = as_clock_ticks_to_ns(run->ticks, now_ticks - *from_ticks);
    as_bench_record(run->stage, block_ns * 1000 / per_block);
    run->elapsed_ns += block_ns;
    *from_ticks = now_ticks;
}

#endif
