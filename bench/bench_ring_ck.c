/* Concurrency Kit's single-producer single-consumer ring as a peer of ours; its functions are in its header. */
#include "bench/bench_ring.h"

#if defined(__has_include)
#if __has_include(<ck_ring.h>)
#define HAVE_CK 1
#endif
#endif

#ifdef HAVE_CK
#include <ck_ring.h>
#include <errno.h>
#include <stdlib.h>

#include "core/error.h"

/* The typed ring: messages are copied in and out by value. */
CK_RING_PROTOTYPE(message, as_bench_message)

typedef struct peer {
    ck_ring_t ring;
    _Alignas(128) as_bench_message slot[];
} peer;

static int open_peer(uint32_t slots, void **queue)
{
    peer *made = aligned_alloc(_Alignof(peer), sizeof(peer) + slots * sizeof(as_bench_message));
    if (!made)
        return as_error_set(-ENOMEM, "bench ring: no memory for Concurrency Kit's ring");
    ck_ring_init(&made->ring, slots);
    for (uint32_t i = 0; i < slots; i++)
        as_bench_message_fill(&made->slot[i], 0);
    *queue = made;
    return 0;
}

static void put_one(peer *to, uint64_t number, uint32_t *turns)
{
    as_bench_message message;
    as_bench_message_fill(&message, number);
    while (!CK_RING_ENQUEUE_SPSC(message, &to->ring, to->slot, &message))
        as_bench_turn(turns);
}

static uint64_t take_one(peer *from, uint64_t number, uint32_t *turns)
{
    as_bench_message message;
    while (!CK_RING_DEQUEUE_SPSC(message, &from->ring, from->slot, &message))
        as_bench_turn(turns);
    return as_bench_message_is_wrong(&message, number);
}

static void produce(as_bench_run *run)
{
    peer *there = run->there;
    uint64_t op_count = run->op_count;
    uint32_t turns = 0;
    for (uint64_t i = 0; i <= op_count; i++)
        put_one(there, i, &turns);
}

static void consume(as_bench_run *run)
{
    peer *there = run->there;
    uint64_t op_count = run->op_count;
    uint32_t turns = 0;
    uint64_t wrong_count = take_one(there, 0, &turns);
    uint64_t from_ticks = as_clock_ticks();
    for (uint64_t i = 1; i <= op_count; i++) {
        wrong_count += take_one(there, i, &turns);
        if (i % AS_BENCH_RING_BLOCK == 0)
            as_bench_block_end(run, &from_ticks, AS_BENCH_RING_BLOCK);
    }
    run->wrong_count = wrong_count;
}

static void answer(as_bench_run *run)
{
    peer *there = run->there;
    peer *back = run->back;
    uint64_t op_count = run->op_count;
    uint64_t wrong_count = 0;
    uint32_t turns = 0;
    for (uint64_t i = 0; i < op_count; i++) {
        wrong_count += take_one(there, i, &turns);
        put_one(back, i, &turns);
    }
    run->back_wrong_count = wrong_count;
}

static void ask(as_bench_run *run)
{
    peer *there = run->there;
    peer *back = run->back;
    uint64_t op_count = run->op_count;
    uint64_t wrong_count = 0;
    uint32_t turns = 0;
    uint64_t from_ticks = as_clock_ticks();
    for (uint64_t i = 0; i < op_count; i++) {
        put_one(there, i, &turns);
        wrong_count += take_one(back, i, &turns);
        if ((i + 1) % AS_BENCH_RING_TRIP_BLOCK == 0)
            as_bench_block_end(run, &from_ticks, 2 * AS_BENCH_RING_TRIP_BLOCK);
    }
    run->wrong_count = wrong_count;
}

#define INSIDE_ONE_WAY "enqueue by value, dequeue by value, check; blocks of 4,096 messages, timer outside"
#define INSIDE_TRIP "half of: 64 B there and back through two rings; blocks of 64 round trips, timer outside"

const as_bench_way as_bench_ring_peers[] = {
    {"Concurrency Kit, 1,024 slots", INSIDE_ONE_WAY, 1024, false, open_peer, free, produce, consume},
    {"Concurrency Kit, 65,536 slots", INSIDE_ONE_WAY, 65536, false, open_peer, free, produce, consume},
    {"Concurrency Kit, round trip / 2", INSIDE_TRIP, 1024, true, open_peer, free, answer, ask},
};
const uint32_t as_bench_ring_peer_count = sizeof as_bench_ring_peers / sizeof *as_bench_ring_peers;
#else
const as_bench_way as_bench_ring_peers[] = {{.name = "none"}};
const uint32_t as_bench_ring_peer_count = 0;
#endif
