/*
 * Codec: how long does a payload take, against msgpack-c packing the same values?
 *
 *   ours       as_codec_payload into a fixed buffer
 *   msgpack-c  bench/codec_peer.c: msgpack-c's packer into its own growing buffer, cleared before each message
 *
 * A signal with two headlines and four reasons, a leg of a pair, a shock and a fact, as long as those of a real run.
 * Both are checked to give the same bytes before anything is measured, and take turns in blocks of messages whose
 * sequences, times and scores differ.
 *
 * Inside a sample: the mean of a block of BLOCK calls by the cycle counter, its cost once a block.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/codec_peer.h"
#include "core/error.h"
#include "ipc/codec.h"

enum { BLOCK = 64, ROUNDS = 7, MESSAGES = 4, VARIANTS = 8, WARM = 50, BLOCKS_MIN = 50 };

static const char *const message_name[MESSAGES] = {"sig", "sig of a pair", "shock", "fact"};

typedef struct pair_of_stages {
    as_bench_stage *ours, *peer;
} pair_of_stages;

static as_decision sample(unsigned which)
{
    static const as_decision_type type[MESSAGES] = {AS_DECISION_SIG, AS_DECISION_SIG, AS_DECISION_SHOCK,
                                                    AS_DECISION_FACT};
    as_decision d;
    as_decision_clear(&d);
    d.type = (uint8_t)type[which];
    d.kind = which == 1 ? AS_SIGNAL_MEAN_REVERSION : AS_SIGNAL_OVERREACTION;
    d.action = AS_ACTION_UPDATE;
    d.status = AS_FACT_RUMOUR;
    d.side = -1;
    d.dir = 1;
    for (unsigned i = 0; i < 16; i++)
        d.id[i] = (uint8_t)(i * 37 + 11);
    d.strength = 2.625, d.z = -3.25, d.e = -0.125, d.os = -2.625, d.b = 0.4375, d.k = 1.75, d.s = -1.5;
    d.m = 4.25, d.g = 0.6, d.novelty = 0.75;
    d.half_life_ns = 216000000000000, d.horizon_ns = 432000000000000, d.valid_until = 1783368000000000000;
    d.px = 157250000000;
    d.ts_event = 1782936000000000000, d.ts_recv = 1782936000000000001;
    d.tick_seq = 410000, d.anchor_seq = 70000;
    d.reasons =
        AS_REASON_BIT(NO_CHANNEL) | AS_REASON_BIT(RUMOUR_T1) | AS_REASON_BIT(BREADTH_HIGH) | AS_REASON_BIT(STALE_NEWS);
    d.params = 0x0123456789abcdef;
    d.generation = 1, d.linked = 38;
    d.headline_count = 2;
    strcpy(d.headline[0], "newswire-20260701-143000-0001");
    strcpy(d.headline[1], "bulletin-8f31c2");
    strcpy(d.symbol, "NVDA");
    strcpy(d.strategy, which == 1 ? "pairs" : "overreaction");
    strcpy(d.event_name, "compute_supply_entry");
    strcpy(d.playbook, "0.1-prior");
    strcpy(d.fact, "META|compute_supply_entry|excess_ai_compute");
    if (which == 1) {
        strcpy(d.partner, "AMD");
        d.hedge = 1.25;
    }
    return d;
}

typedef struct variant {
    as_decision decision;
    as_envelope envelope;
} variant;

/* What is another number in each message. */
static variant variant_of(unsigned which, unsigned i)
{
    variant v = {.decision = sample(which),
                 .envelope = {.epoch = INT64_MAX, .gseq = 100000 + 3 * i, .tseq = 1000 + i, .prev = 99997 + 3 * i}};
    v.envelope.ts_pub = 1782936000000000123 + 1000003 * i;
    v.decision.ts_event += 1000000 * i;
    v.decision.ts_recv += 1000000 * i;
    v.decision.tick_seq += i;
    v.decision.z += 0.001 * i;
    v.decision.os -= 0.001 * i;
    v.decision.px += 10000000 * i;
    return v;
}

static uint64_t block_ours(const variant *v)
{
    static uint8_t out[AS_PAYLOAD_BYTES];
    uint64_t start = as_clock_ticks();
    for (unsigned i = 0; i < BLOCK; i++) {
        as_codec_payload(&v[i % VARIANTS].decision, &v[i % VARIANTS].envelope, out, sizeof out);
        __asm__ volatile("" : : "r"(out) : "memory"); /* the bytes are wanted */
    }
    return as_clock_ticks() - start;
}

static uint64_t block_peer(const variant *v, msgpack_sbuffer *buffer)
{
    uint64_t start = as_clock_ticks();
    for (unsigned i = 0; i < BLOCK; i++) {
        msgpack_sbuffer_clear(buffer);
        as_codec_peer_pack(&v[i % VARIANTS].decision, &v[i % VARIANTS].envelope, buffer);
        __asm__ volatile("" : : "r"(buffer->data) : "memory"); /* the bytes are wanted */
    }
    return as_clock_ticks() - start;
}

static int check_equal(const variant *v, msgpack_sbuffer *buffer, const char *name)
{
    uint8_t out[AS_PAYLOAD_BYTES];
    size_t bytes = as_codec_payload(&v->decision, &v->envelope, out, sizeof out);
    msgpack_sbuffer_clear(buffer);
    as_codec_peer_pack(&v->decision, &v->envelope, buffer);
    return bytes == buffer->size && memcmp(out, buffer->data, bytes) == 0
               ? 0
               : as_error_set(-EIO, "bench codec: %s: ours (%zu bytes) is not what msgpack-c packs (%zu)", name, bytes,
                              buffer->size);
}

/* Blocks of both in turn for about so many seconds. */
static void play(const as_bench_context *ctx, unsigned which, double seconds, msgpack_sbuffer *buffer,
                 const pair_of_stages *into)
{
    static variant v[VARIANTS];
    static as_bench_stage round[2];
    for (unsigned i = 0; i < VARIANTS; i++)
        v[i] = variant_of(which, i);
    for (unsigned k = 0; k < 2; k++) {
        round[k].unit = AS_BENCH_PS;
        as_histogram_init(&round[k].histogram);
    }
    uint64_t until = as_clock_monotonic_ns() + (uint64_t)(seconds * 1e9);
    for (unsigned i = 0; i < WARM + BLOCKS_MIN || as_clock_monotonic_ns() < until; i++) {
        uint64_t ours = as_clock_ticks_to_ns(&ctx->ticks, block_ours(v) * 1000) / BLOCK;
        uint64_t peer = as_clock_ticks_to_ns(&ctx->ticks, block_peer(v, buffer) * 1000) / BLOCK;
        if (i < WARM)
            continue;
        as_bench_record(&round[0], ours);
        as_bench_record(&round[1], peer);
        as_bench_record(into->ours, ours);
        as_bench_record(into->peer, peer);
    }
    as_bench_round(into->ours, as_bench_percentile_ns(&round[0], 50));
    as_bench_round(into->peer, as_bench_percentile_ns(&round[1], 50));
}

static as_bench_stage *add_stage(as_bench_context *ctx, unsigned which, const char *who, size_t bytes)
{
    char name[AS_BENCH_NAME_BYTES], inside[AS_BENCH_TEXT_BYTES];
    (void)snprintf(name, sizeof name, "%s, %s", message_name[which], who);
    (void)snprintf(inside, sizeof inside, "a payload of %zu bytes, mean of a block of %d", bytes, BLOCK);
    return as_bench_stage_add(ctx, &(as_bench_stage_info){.name = name, .inside = inside, .unit = AS_BENCH_PS});
}

static void report(as_bench_context *ctx, const pair_of_stages *stages)
{
    char name[AS_BENCH_NAME_BYTES];
    for (unsigned which = 0; which < MESSAGES; which++) {
        const as_bench_stage *ours = stages[which].ours, *peer = stages[which].peer;
        double ratio[AS_BENCH_ROUND_MAX];
        for (uint32_t i = 0; i < ours->round_count; i++)
            ratio[i] = peer->round_ns[i] / ours->round_ns[i];
        (void)snprintf(name, sizeof name, "%s: msgpack-c : ours", message_name[which]);
        as_bench_ratio(ctx, &(as_bench_ratio_info){
                                .name = name, .value = as_bench_median(ratio, ours->round_count), .at_least = 10});
    }
    as_bench_ratio(ctx, &(as_bench_ratio_info){.name = "sig: p50 in ns",
                                               .value = as_bench_percentile_ns(stages[0].ours, 50),
                                               .at_most = 500});
    as_bench_note(ctx, "both encoders give the same bytes: compared before the run");
    as_bench_note(ctx, "ratio: median over %d rounds of the ratio of their medians", ROUNDS);
}

static int run(as_bench_context *ctx)
{
    pair_of_stages stages[MESSAGES];
    msgpack_sbuffer buffer;
    int rc = 0;
    msgpack_sbuffer_init(&buffer);
    as_bench_pin(ctx, 0);
    for (unsigned which = 0; which < MESSAGES && rc == 0; which++) {
        variant v = variant_of(which, 1);
        rc = check_equal(&v, &buffer, message_name[which]);
        stages[which].ours = add_stage(ctx, which, "ours", buffer.size);
        stages[which].peer = add_stage(ctx, which, "msgpack-c", buffer.size);
    }
    for (unsigned i = 0; i < ROUNDS * MESSAGES && rc == 0; i++) {
        as_bench_progress(ctx, i, ROUNDS * MESSAGES);
        play(ctx, i % MESSAGES, 0.8 * ctx->seconds / (ROUNDS * MESSAGES), &buffer, &stages[i % MESSAGES]);
    }
    as_bench_progress(ctx, 1, 1);
    if (rc == 0)
        report(ctx, stages);
    msgpack_sbuffer_destroy(&buffer);
    return rc;
}

const as_bench as_bench_codec = {"codec", "a decision to MessagePack, against msgpack-c", run};
