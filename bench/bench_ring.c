/*
 * Ring: what does it cost to hand a 64-byte message from one thread to another?
 *
 * Throughput at a short and at a long ring, one message at a time and in batches; round trips; the floor (a bare
 * flag passed back and forth) before and after each cross-thread figure; installed peers in the same rounds. A
 * round's figure is the median of its blocks. Rounds in which the floor moved by more than half are set aside: the
 * two CPUs were moved on the host, and their distance with them.
 */
#include "bench/bench_ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "bench/schedule.h"
#include "core/error.h"
#include "core/event.h"
#include "core/ring.h"

enum { ROUNDS_KEPT = 5, ROUNDS_MAX = 15, BLOCKS_MIN = 32, WAY_MAX = 16 };

#define REGIME_RATIO 1.5
#define TIME_FACTOR_MAX 4 /* no further round begins after this multiple of the time asked for */
#define OPEN_LOOP_HZ 1000000.0

/*
 * --- the floor: one cache line that two threads write in turn
 * --------------------------------------------------------
 */

typedef struct flag_pair {
    _Alignas(AS_RING_LINE_BYTES) _Atomic(uint64_t) there;
    _Alignas(AS_RING_LINE_BYTES) _Atomic(uint64_t) back;
} flag_pair;

static int open_flags(uint32_t slots, void **queue)
{
    (void)slots;
    flag_pair *made = aligned_alloc(_Alignof(flag_pair), sizeof *made);
    if (!made)
        return as_error_set(-ENOMEM, "bench ring: no memory for flags");
    atomic_init(&made->there, 0);
    atomic_init(&made->back, 0);
    *queue = made;
    return 0;
}

static void answer_flags(as_bench_run *run)
{
    flag_pair *flags = run->there;
    uint64_t op_count = run->op_count;
    uint32_t turns = 0;
    for (uint64_t i = 1; i <= op_count; i++) {
        while (atomic_load_explicit(&flags->there, memory_order_acquire) != i) /* edge P1: there, asker to answerer */
            as_bench_turn(&turns);
        atomic_store_explicit(&flags->back, i, memory_order_release); /* edge P2: back, answerer to asker */
    }
}

static void ask_flags(as_bench_run *run)
{
    flag_pair *flags = run->there;
    uint64_t op_count = run->op_count;
    uint32_t turns = 0;
    uint64_t from_ticks = as_clock_ticks();
    for (uint64_t i = 1; i <= op_count; i++) {
        atomic_store_explicit(&flags->there, i, memory_order_release);        /* edge P1 */
        while (atomic_load_explicit(&flags->back, memory_order_acquire) != i) /* edge P2 */
            as_bench_turn(&turns);
        if (i % AS_BENCH_RING_TRIP_BLOCK == 0)
            as_bench_block_end(run, &from_ticks, 2 * AS_BENCH_RING_TRIP_BLOCK);
    }
}

/*
 * --- our ring
 * ----------------------------------------------------------------------------------------------------------
 */

static int open_ring(uint32_t slots, void **queue)
{
    as_ring *ring = NULL;
    int rc = as_ring_new(slots, sizeof(as_bench_message), &ring);
    if (rc == 0)
        *queue = ring;
    return rc;
}

static void close_ring(void *queue)
{
    as_ring_free(queue);
}

static void put_one(as_ring *ring, uint64_t number, uint32_t *turns)
{
    as_bench_message *message;
    while (!(message = as_ring_claim(ring)))
        as_bench_turn(turns);
    as_bench_message_fill(message, number);
    as_ring_publish(ring);
}

static uint64_t take_one(as_ring *ring, uint64_t number, uint32_t *turns)
{
    const as_bench_message *message;
    while (!(message = as_ring_peek(ring)))
        as_bench_turn(turns);
    uint64_t wrong = as_bench_message_is_wrong(message, number);
    as_ring_release(ring);
    return wrong;
}

static void produce_singly(as_bench_run *run)
{
    as_ring *there = run->there;
    uint64_t op_count = run->op_count;
    uint32_t turns = 0;
    for (uint64_t i = 0; i <= op_count; i++)
        put_one(there, i, &turns);
}

static void consume_singly(as_bench_run *run)
{
    as_ring *there = run->there;
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

static void produce_batches(as_bench_run *run)
{
    as_ring *ring = run->there;
    uint64_t op_count = run->op_count;
    uint32_t turns = 0;
    put_one(ring, 0, &turns);
    for (uint64_t i = 1; i <= op_count;) {
        uint32_t got = as_ring_claim_n(ring, AS_BENCH_RING_BATCH);
        if (got < AS_BENCH_RING_BATCH) {
            as_bench_turn(&turns);
            continue;
        }
        for (uint32_t k = 0; k < got; k++)
            as_bench_message_fill(as_ring_claim_at(ring, k), i + k);
        as_ring_publish_n(ring, got);
        i += got;
    }
}

static void consume_batches(as_bench_run *run)
{
    as_ring *ring = run->there;
    uint64_t op_count = run->op_count;
    uint32_t turns = 0;
    uint64_t wrong_count = take_one(ring, 0, &turns);
    uint64_t block = 0;
    uint64_t from_ticks = as_clock_ticks();
    for (uint64_t i = 1; i <= op_count;) {
        uint32_t got = as_ring_peek_n(ring, AS_BENCH_RING_BATCH);
        for (uint32_t k = 0; k < got; k++)
            wrong_count += as_bench_message_is_wrong(as_ring_at(ring, k), i + k);
        if (got == 0)
            as_bench_turn(&turns);
        else
            as_ring_release_n(ring, got);
        i += got;
        block += got;
        if (block >= AS_BENCH_RING_BLOCK) {
            as_bench_block_end(run, &from_ticks, block);
            block = 0;
        }
    }
    run->wrong_count = wrong_count;
}

static void answer_ring(as_bench_run *run)
{
    as_ring *there = run->there;
    as_ring *back = run->back;
    uint64_t op_count = run->op_count;
    uint64_t wrong_count = 0;
    uint32_t turns = 0;
    for (uint64_t i = 0; i < op_count; i++) {
        wrong_count += take_one(there, i, &turns);
        put_one(back, i, &turns);
    }
    run->back_wrong_count = wrong_count;
}

static void ask_ring(as_bench_run *run)
{
    as_ring *there = run->there;
    as_ring *back = run->back;
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

#define INSIDE_ONE_WAY "claim, write 64 B, publish, peek, check, release; blocks of 4,096 messages, timer outside"
#define INSIDE_TRIP "half of: 64 B there and back through two rings; blocks of 64 round trips, timer outside"

enum { FLOOR, SHORT, LONG, SHORT_BATCH, LONG_BATCH, TRIP, OWN_COUNT };

static const as_bench_way own_ways[OWN_COUNT] = {
    [FLOOR] = {"flag ping-pong / 2 (floor)", "half of: a flag there and back; blocks of 64 round trips, timer outside",
               0, true, open_flags, free, answer_flags, ask_flags},
    [SHORT] = {"ring, 1,024 slots", INSIDE_ONE_WAY, 1024, false, open_ring, close_ring, produce_singly, consume_singly},
    [LONG] = {"ring, 65,536 slots", INSIDE_ONE_WAY, 65536, false, open_ring, close_ring, produce_singly,
              consume_singly},
    [SHORT_BATCH] = {"ring, 1,024 slots, batches of 32", INSIDE_ONE_WAY, 1024, false, open_ring, close_ring,
                     produce_batches, consume_batches},
    [LONG_BATCH] = {"ring, 65,536 slots, batches of 32", INSIDE_ONE_WAY, 65536, false, open_ring, close_ring,
                    produce_batches, consume_batches},
    [TRIP] = {"ring, round trip / 2", INSIDE_TRIP, 1024, true, open_ring, close_ring, answer_ring, ask_ring},
};

/*
 * --- one measurement
 * ---------------------------------------------------------------------------------------------------
 */

typedef struct producer {
    const as_bench_context *ctx;
    const as_bench_way *way;
    as_bench_run *run;
} producer;

static void *run_producer(void *argument)
{
    const producer *p = argument;
    (void)as_bench_pin(p->ctx, 1);
    p->way->produce(p->run);
    return NULL;
}


static uint64_t block_of(const as_bench_way *way)
{
    return way->trip ? AS_BENCH_RING_TRIP_BLOCK : AS_BENCH_RING_BLOCK;
}

/*
 * Run both sides of a way over op_count messages or round trips; the blocks' samples are added to `into`. The figure is
 * the median of the blocks, so that one during which a thread was not running does not move it.
 */
static int measure(const as_bench_context *ctx, const as_bench_way *way, uint64_t op_count, as_bench_stage *into,
                   double *median_ns)
{
    static as_bench_stage blocks;
    blocks.unit = AS_BENCH_PS;
    as_histogram_init(&blocks.histogram);
    as_bench_run run = {.ticks = &ctx->ticks, .stage = &blocks, .op_count = op_count};
    producer p = {ctx, way, &run};
    pthread_t thread;
    int rc = way->open(way->slots, &run.there);
    if (rc)
        return rc;
    rc = way->open(way->slots, &run.back);
    if (rc)
        goto close_there;
    rc = -pthread_create(&thread, NULL, run_producer, &p);
    if (rc) {
        as_error_set(rc, "bench ring: no second thread");
        goto close_back;
    }
    way->consume(&run);
    pthread_join(thread, NULL);
    *median_ns = as_bench_percentile_ns(&blocks, 50);
    as_histogram_merge(&into->histogram, &blocks.histogram);
    if (run.wrong_count + run.back_wrong_count)
        rc = as_error_set(-EIO, "bench ring: %s: %llu messages did not arrive as sent", way->name,
                          (unsigned long long)(run.wrong_count + run.back_wrong_count));
close_back:
    way->close(run.back);
close_there:
    way->close(run.there);
    return rc;
}

/*
 * --- rounds
 * ------------------------------------------------------------------------------------------------------------
 */

typedef struct plan {
    const as_bench_way *way[WAY_MAX];
    as_bench_stage *stage[WAY_MAX];
    uint64_t op_count[WAY_MAX];              /* of one measurement: what fits into its share of the time */
    double over_floor[WAY_MAX][ROUNDS_MAX];  /* per kept round: the figure over the floors right before and after it */
    double over_peer[WAY_MAX][ROUNDS_MAX];   /* per kept round, for a peer: our figure over its */
    uint32_t count;
    uint32_t kept, set_aside;
    uint64_t start_ns;
} plan;

static void make_plan(as_bench_context *ctx, plan *p)
{
    for (uint32_t i = 0; i < OWN_COUNT; i++)
        p->way[p->count++] = &own_ways[i];
    for (uint32_t i = 0; i < as_bench_ring_peer_count && p->count < WAY_MAX; i++)
        p->way[p->count++] = &as_bench_ring_peers[i];
    for (uint32_t i = 0; i < p->count; i++)
        p->stage[i] = as_bench_stage_add(
            ctx, &(as_bench_stage_info){.name = p->way[i]->name, .inside = p->way[i]->inside, .unit = AS_BENCH_PS});
    p->start_ns = as_clock_monotonic_ns();
}

/* Warm up, and see how many messages fit into a measurement's share: each way and a floor beside it in each round. */
static int choose_counts(as_bench_context *ctx, plan *p)
{
    static as_bench_stage ignored;
    double share_ns = ctx->seconds * 0.8e9 / (ROUNDS_KEPT + 1) / (2 * p->count);
    as_histogram_init(&ignored.histogram);
    for (uint32_t i = 0; i < p->count; i++) {
        double median_ns;
        uint64_t block = block_of(p->way[i]);
        int rc = measure(ctx, p->way[i], 64 * block, &ignored, &median_ns);
        if (rc)
            return rc;
        uint64_t block_count = (uint64_t)(share_ns / (p->way[i]->trip ? 2 * median_ns : median_ns) / (double)block);
        p->op_count[i] = (block_count < BLOCKS_MIN ? BLOCKS_MIN : block_count) * block;
    }
    return 0;
}

/* Our way that does what the peer's does. */
static uint32_t own_of(const as_bench_way *peer)
{
    return peer->trip ? TRIP : peer->slots == own_ways[SHORT].slots ? SHORT : LONG;
}

static void keep_round(plan *p, const double *found_ns, const double *beside_ns)
{
    for (uint32_t i = 0; i < p->count; i++) {
        as_bench_round(p->stage[i], found_ns[i]);
        p->over_floor[i][p->kept] = found_ns[i] / beside_ns[i];
        if (i >= OWN_COUNT)
            p->over_peer[i][p->kept] = found_ns[own_of(p->way[i])] / found_ns[i];
    }
    p->kept++;
}

/* One round in an order that rotates, the floor between any two. A round of two regimes gives no figures. */
static int run_round(as_bench_context *ctx, plan *p, uint32_t round)
{
    double found_ns[WAY_MAX] = {0}, beside_ns[WAY_MAX] = {0}, before_ns = 0, after_ns = 0;
    int rc = measure(ctx, p->way[FLOOR], p->op_count[FLOOR], p->stage[FLOOR], &before_ns);
    double least_ns = before_ns, most_ns = before_ns;
    found_ns[FLOOR] = beside_ns[FLOOR] = before_ns;
    for (uint32_t k = 1; k < p->count && rc == 0; k++) {
        uint32_t i = 1 + (k + round) % (p->count - 1);
        rc = measure(ctx, p->way[i], p->op_count[i], p->stage[i], &found_ns[i]);
        if (rc == 0)
            rc = measure(ctx, p->way[FLOOR], p->op_count[FLOOR], p->stage[FLOOR], &after_ns);
        if (rc)
            return rc;
        beside_ns[i] = (before_ns + after_ns) / 2;
        before_ns = after_ns;
        least_ns = before_ns < least_ns ? before_ns : least_ns;
        most_ns = before_ns > most_ns ? before_ns : most_ns;
    }
    if (rc)
        return rc;
    if (most_ns <= least_ns * REGIME_RATIO)
        keep_round(p, found_ns, beside_ns);
    else
        p->set_aside++;
    return 0;
}

static int run_rounds(as_bench_context *ctx, plan *p)
{
    uint64_t limit_ns = (uint64_t)(ctx->seconds * TIME_FACTOR_MAX * 1e9);
    int rc = choose_counts(ctx, p);
    for (uint32_t round = 0; round < ROUNDS_MAX && p->kept < ROUNDS_KEPT && rc == 0; round++) {
        if (round > 0 && as_clock_monotonic_ns() - p->start_ns > limit_ns)
            break;
        as_bench_progress(ctx, p->kept, ROUNDS_KEPT);
        rc = run_round(ctx, p, round);
    }
    as_bench_progress(ctx, 1, 1);
    return rc;
}

/*
 * --- open loop: latency from the intended send time
 * --------------------------------------------------------------------
 */

typedef struct open_loop {
    const as_bench_context *ctx;
    as_ring *ring;
    as_bench_schedule schedule;
    uint64_t message_count;
    uint64_t start_ticks;
} open_loop;

static void *send_on_schedule(void *argument)
{
    open_loop *loop = argument;
    uint32_t turns = 0;
    (void)as_bench_pin(loop->ctx, 1);
    for (uint64_t i = 0; i < loop->message_count; i++) {
        uint64_t due_ns = as_bench_schedule_next_ns(&loop->schedule);
        while (as_clock_ticks_to_ns(&loop->ctx->ticks, as_clock_ticks() - loop->start_ticks) < due_ns)
            as_bench_turn(&turns);
        put_one(loop->ring, due_ns, &turns);
    }
    return NULL;
}

static int run_open_loop(as_bench_context *ctx, const char *name, const as_bench_schedule *schedule, double seconds)
{
    double offered_hz = as_bench_schedule_offered_hz(schedule);
    open_loop loop = {.ctx = ctx, .schedule = *schedule, .message_count = (uint64_t)(offered_hz * seconds)};
    as_bench_stage *stage = as_bench_stage_add(
        ctx, &(as_bench_stage_info){.name = name,
                                    .inside = "intended send time to the consumer's reading of the message, one timer "
                                              "reading included; ring of 65,536 slots",
                                    .unit = AS_BENCH_NS,
                                    .offered_hz = offered_hz});
    pthread_t thread;
    uint32_t turns = 0;
    int rc = as_ring_new(65536, sizeof(as_bench_message), &loop.ring);
    if (rc)
        return rc;
    loop.start_ticks = as_clock_ticks();
    rc = -pthread_create(&thread, NULL, send_on_schedule, &loop);
    if (rc) {
        as_ring_free(loop.ring);
        return as_error_set(rc, "bench ring: no second thread");
    }
    uint64_t now_ns = 0;
    for (uint64_t i = 0; i < loop.message_count; i++) {
        const as_bench_message *message;
        while (!(message = as_ring_peek(loop.ring)))
            as_bench_turn(&turns);
        now_ns = as_clock_ticks_to_ns(&ctx->ticks, as_clock_ticks() - loop.start_ticks);
        as_bench_record(stage, now_ns - message->word[0]);
        as_ring_release(loop.ring);
    }
    stage->achieved_hz = (double)loop.message_count * 1e9 / (double)now_ns;
    pthread_join(thread, NULL);
    as_ring_free(loop.ring);
    return 0;
}

/*
 * --- the benchmark
 * -----------------------------------------------------------------------------------------------------
 */

static void report_ratios(as_bench_context *ctx, plan *p)
{
    char name[AS_BENCH_NAME_BYTES];
    for (uint32_t i = TRIP; i < p->count; i++) {
        if (!p->way[i]->trip)
            continue;
        snprintf(name, sizeof name, "%s : floor", p->way[i]->name);
        as_bench_ratio(ctx, &(as_bench_ratio_info){.name = name, .value = as_bench_median(p->over_floor[i], p->kept)});
    }
    for (uint32_t i = OWN_COUNT; i < p->count; i++) {
        snprintf(name, sizeof name, "ours : %s", p->way[i]->name);
        as_bench_ratio(ctx, &(as_bench_ratio_info){.name = name,
                                                   .value = as_bench_median(p->over_peer[i], p->kept),
                                                   .at_most = p->way[i]->trip ? 1.1 : 1.0});
    }
}

static void set_rates(plan *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        double ns = as_bench_median_ns(p->stage[i]);
        p->stage[i]->achieved_hz = ns > 0 ? 1e9 / ns : 0;
    }
}

static int run(as_bench_context *ctx)
{
    static plan p;
    as_bench_schedule steady, bursty;
    p = (plan){0};
    make_plan(ctx, &p);
    (void)as_bench_pin(ctx, 0);
    int rc = run_rounds(ctx, &p);
    if (rc)
        return rc;
    as_bench_schedule_steady(&steady, OPEN_LOOP_HZ);
    as_bench_schedule_bursty(&bursty, OPEN_LOOP_HZ);
    rc = run_open_loop(ctx, "ring, open loop, steady", &steady, ctx->seconds / 20);
    if (rc == 0)
        rc = run_open_loop(ctx, "ring, open loop, 10x bursts of 1 ms", &bursty, ctx->seconds / 20);
    if (rc)
        return rc;
    if (p.kept > 0)
        report_ratios(ctx, &p);
    set_rates(&p);
    as_bench_note(
        ctx,
        "%u rounds kept, %u set aside because the floor moved by more than half within them; a round's figure is "
        "the median of its blocks",
        p.kept, p.set_aside);
    if (p.kept < ROUNDS_KEPT)
        as_bench_note(ctx, "fewer than %d rounds kept: ask for more time, or for a quieter machine", ROUNDS_KEPT);
    if (as_bench_ring_peer_count == 0)
        as_bench_note(ctx, "no peer: Concurrency Kit (libck-dev) was not there when this was built");
    return 0;
}

const as_bench as_bench_ring = {"ring", "hand-off of 64-byte messages between two threads", run};
