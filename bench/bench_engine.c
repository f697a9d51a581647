/*
 * Engine: what does a step cost, and does it grow with the universe or with the facts that are open?
 *
 * Markets of 100, 1,000 and 10,000 symbols (bench/engine_world.h: the same 100 names in front, 70 warm sessions), both
 * built-in strategies on, in interleaved rounds:
 *
 *   open facts   0, 1, 8 with ten linked names each, and 8 that all link the same eighty names
 *   hot          quotes on the first 100 symbols, the same names in every universe: shows scans
 *   uniform      quotes on all symbols: shows cache misses as well
 *   4 ahead      the same, each asked for (as_engine_prefetch) four events before it, as the core does with a batch
 *   orders       additions, replacements and deletions at the best price of the first 100 symbols, book included
 *
 * Every quote moves the mid by a tick and closes its instant, so nothing is skipped. Inside a sample: BLOCK calls of
 * as_engine_step with the copy of each event and its new time, which the floor does alone; their mean is the sample.
 * Headlines are timed one by one. A round's figure is the median of its blocks.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/engine_world.h"
#include "core/error.h"

enum {
    SIZES = 3,
    STATES = 4,
    WAYS = 4,
    AHEAD = 4,
    CELL_MAX = SIZES * STATES * WAYS,
    EVENTS = 16384,
    BLOCK = 1024,
    ROUNDS_MIN = 5,
    HEADLINE_ROUNDS = 5,
    WALK_TICKS = 8,
    HALF_SPREAD_TICKS = 4,
    BASE_TICKS = 10
};

#define TICK (AS_PX_ONE / 100)
#define EVENT_NS 1000 /* market time from one event to the next */

static const uint32_t sizes[SIZES] = {100, 1000, 10000};
static const struct {
    const char *name;
    unsigned facts;
    bool wide;
} states[STATES] = {
    {"0 facts", 0, false}, {"1 fact", 1, false}, {"8 facts", 8, false}, {"8 facts on the same 80", 8, true}};

typedef enum tape_kind { HOT, UNIFORM, UNIFORM_AHEAD, ORDERS } tape_kind;
static const char *const way_name[WAYS] = {"hot quotes", "uniform quotes", "uniform, 4 ahead", "orders"};

typedef struct cell {
    unsigned size, state;
    tape_kind way;
    as_bench_stage *stage;
} cell;

typedef struct plan {
    as_engine_world world[SIZES][STATES];
    as_event *tape[SIZES][WAYS];
    cell cell[CELL_MAX];
    unsigned cell_count;
    as_bench_stage *floor;
    uint64_t seed;
    uint64_t sum; /* of what the floor reads, so that it reads it */
} plan;

static uint32_t below(plan *p, uint32_t n)
{
    p->seed = p->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((p->seed >> 33) % n);
}

/* ---- tapes: events that can be played again and again ---- */

static void make_quotes(plan *p, as_event *tape, const as_engine_world *world, uint32_t symbol_count, int *ticks)
{
    for (unsigned i = 0; i < EVENTS; i++) {
        uint32_t symbol = below(p, symbol_count);
        int *at = &ticks[symbol];
        *at += *at == WALK_TICKS ? -1 : *at == -WALK_TICKS ? 1 : below(p, 2) ? 1 : -1;
        int64_t mid = world->px[symbol] + *at * TICK;
        tape[i] = (as_event){.kind = AS_EVENT_QUOTE,
                             .instrument = symbol,
                             .flags = AS_EVENT_LAST,
                             .quote = {.bid_px = mid - HALF_SPREAD_TICKS * TICK,
                                       .bid_qty = 100,
                                       .ask_px = mid + HALF_SPREAD_TICKS * TICK,
                                       .ask_qty = 100}};
    }
}

static as_event order_event(const as_engine_world *world, uint32_t symbol, unsigned side, unsigned ticks, uint64_t ref)
{
    int64_t away = ticks * TICK;
    return (as_event){.kind = AS_EVENT_ORDER_ADD,
                      .instrument = symbol,
                      .flags = (uint8_t)(AS_EVENT_LAST | (side ? AS_EVENT_SELL : 0)),
                      .order = {.ref = ref, .px = world->px[symbol] + (side ? away : -away), .qty = 100}};
}

/* At most one order a side besides the standing ones, always the best; at the end all of them are gone again. */
static void make_orders(plan *p, as_event *tape, const as_engine_world *world)
{
    uint64_t live[AS_WORLD_HOT][2] = {0};
    uint64_t ref = 1 << 20;
    unsigned live_count = 0, i = 0;
    while (i + live_count < EVENTS) {
        uint32_t symbol = below(p, AS_WORLD_HOT);
        unsigned side = below(p, 2);
        uint64_t *at = &live[symbol][side];
        as_event event = order_event(world, symbol, side, 1 + below(p, WALK_TICKS), ++ref);
        if (*at == 0 && i + live_count + 2 > EVENTS)
            continue;
        if (*at && below(p, 2)) {
            event.kind = AS_EVENT_ORDER_REPLACE;
            event.order.new_ref = ref;
            event.order.ref = *at;
            *at = ref;
        } else if (*at) {
            event.kind = AS_EVENT_ORDER_DELETE;
            event.order.ref = *at;
            *at = 0;
            live_count--;
        } else {
            *at = ref;
            live_count++;
        }
        tape[i++] = event;
    }
    for (uint32_t symbol = 0; symbol < AS_WORLD_HOT; symbol++) {
        for (unsigned side = 0; side < 2; side++) {
            if (!live[symbol][side])
                continue;
            tape[i] = order_event(world, symbol, side, 1, live[symbol][side]);
            tape[i++].kind = AS_EVENT_ORDER_DELETE;
        }
    }
    AS_ASSERT(i == EVENTS);
}

static int make_tapes(plan *p, unsigned size)
{
    const as_engine_world *world = &p->world[size][0];
    int *ticks = calloc(sizes[size], sizeof *ticks);
    bool complete = ticks != NULL;
    for (unsigned way = 0; way < WAYS; way++) {
        p->tape[size][way] = malloc(EVENTS * sizeof(as_event));
        complete = complete && p->tape[size][way];
    }
    if (complete) {
        make_quotes(p, p->tape[size][HOT], world, AS_WORLD_HOT, ticks);
        make_quotes(p, p->tape[size][UNIFORM], world, sizes[size], ticks);
        make_quotes(p, p->tape[size][UNIFORM_AHEAD], world, sizes[size], ticks);
        make_orders(p, p->tape[size][ORDERS], world);
    }
    free(ticks);
    return complete ? 0 : as_error_set(-ENOMEM, "bench engine: no memory for events");
}

/* ---- playing ---- */

static void play(as_engine_world *world, const as_event *tape, unsigned event_count)
{
    uint64_t now = world->now;
    for (unsigned i = 0; i < event_count; i++) {
        as_event event = tape[i];
        event.ts_event = event.ts_recv = now += EVENT_NS;
        as_engine_step(world->engine, &event, NULL, NULL);
    }
    world->now = now;
}

static void play_ahead(as_engine_world *world, const as_event *tape, unsigned event_count)
{
    uint64_t now = world->now;
    for (unsigned i = 0; i < event_count; i++) {
        as_event event = tape[i];
        if (i + AHEAD < event_count)
            as_engine_prefetch(world->engine, &tape[i + AHEAD]);
        event.ts_event = event.ts_recv = now += EVENT_NS;
        as_engine_step(world->engine, &event, NULL, NULL);
    }
    world->now = now;
}

static void walk(plan *p, const as_event *tape, unsigned event_count)
{
    uint64_t now = 0;
    for (unsigned i = 0; i < event_count; i++) {
        as_event event = tape[i];
        event.ts_event = event.ts_recv = now += EVENT_NS;
        __asm__ __volatile__("" : : "m"(event)); /* the copy is made */
        p->sum += event.instrument;
    }
}

static double measure(as_bench_context *ctx, plan *p, const cell *c)
{
    double block_ns[EVENTS / BLOCK];
    unsigned block_count = 0;
    const as_event *tape = p->tape[c->size][c->way];
    for (unsigned at = 0; at < EVENTS; at += BLOCK) {
        uint64_t from_ticks = as_clock_ticks();
        if (c->stage == p->floor)
            walk(p, tape + at, BLOCK);
        else if (c->way == UNIFORM_AHEAD)
            play_ahead(&p->world[c->size][c->state], tape + at, BLOCK);
        else
            play(&p->world[c->size][c->state], tape + at, BLOCK);
        uint64_t ps = as_clock_ticks_to_ns(&ctx->ticks, (as_clock_ticks() - from_ticks) * AS_BENCH_PS) / BLOCK;
        as_bench_record(c->stage, ps);
        block_ns[block_count++] = (double)ps / AS_BENCH_PS;
    }
    double median_ns = as_bench_median(block_ns, block_count);
    as_bench_round(c->stage, median_ns);
    return median_ns;
}

/* ---- worlds ---- */

static int open_facts(as_engine_world *world, unsigned state)
{
    as_headline headline;
    uint64_t ts = world->now + 15 * AS_NS_PER_HOUR; /* before the open of the next session */
    for (unsigned i = 0; i < states[state].facts; i++) {
        as_engine_world_headline(world, AS_WORLD_ISSUER + i, states[state].wide ? AS_WORLD_FAMILY_WIDE : i, ts + i,
                                 &headline);
        as_engine_world_say(world, &headline);
    }
    const as_engine *engine = world->engine;
    uint32_t expected = states[state].wide ? AS_WORLD_FACTS * AS_WORLD_BUCKET_NAMES : AS_WORLD_BUCKET_NAMES;
    for (unsigned i = 0; i < states[state].facts; i++)
        if (engine->shocks.shock[i].linked_count != expected || engine->shocks.shock[i].control_count != 3)
            return as_error_set(-EIO, "bench engine: fact %u links %u names, not %u", i,
                                engine->shocks.shock[i].linked_count, expected);
    world->now = ts + 4 * AS_NS_PER_HOUR; /* in the session, M frozen */
    as_merge_advance(&world->merge, world->now);
    return 0;
}

/* Standing orders far from the best price, so that both sides are never empty. */
static void place_orders(as_engine_world *world)
{
    for (uint32_t symbol = 0; symbol < AS_WORLD_HOT; symbol++) {
        for (unsigned side = 0; side < 2; side++) {
            as_event event = order_event(world, symbol, side, BASE_TICKS, 1 + 2 * symbol + side);
            play(world, &event, 1);
        }
    }
}

static int make_world(plan *p, unsigned size, unsigned state)
{
    as_engine_world *world = &p->world[size][state];
    int rc = as_engine_world_init(world, &(as_engine_world_options){.symbol_count = sizes[size], .orders_max = 4096});
    if (rc == 0)
        rc = open_facts(world, state);
    if (rc == 0 && !p->tape[size][0])
        rc = make_tapes(p, size);
    if (rc < 0)
        return rc;
    place_orders(world);
    for (unsigned way = 0; way < WAYS; way++)
        play(world, p->tape[size][way], EVENTS);
    return 0;
}

static int check_world(const as_engine_world *world)
{
    const as_market_counters *c = &world->engine->market.counters;
    /* the first standing order of a name leaves its other side empty: one invalid quote each */
    if (c->book_errors || c->invalid_quotes != AS_WORLD_HOT || c->unknown_instrument)
        return as_error_set(-EIO, "bench engine: %llu book errors, %llu invalid quotes, %llu unknown",
                            (unsigned long long)c->book_errors, (unsigned long long)c->invalid_quotes,
                            (unsigned long long)c->unknown_instrument);
    return 0;
}

/* ---- rounds ---- */

/* On all symbols a tick seldom meets a linked name, and the states between say nothing new. */
static bool is_measured(unsigned state, tape_kind way)
{
    return way == HOT || way == ORDERS || state == 0 || state == 2;
}

static void add_cells(as_bench_context *ctx, plan *p)
{
    static const char *const inside[WAYS] = {
        "as_engine_step of a quote on one of the first 100 symbols; mean of 1,024",
        "as_engine_step of a quote on any symbol; mean of 1,024",
        "the same, its cache lines asked for four events before; mean of 1,024",
        "as_engine_step of an order event that changes the best price, book included; mean of 1,024"};
    p->floor = as_bench_stage_add(ctx, &(as_bench_stage_info){.name = "copying the event (floor)",
                                                              .inside = "the same loop without the step; mean of 1,024",
                                                              .unit = AS_BENCH_PS});
    for (unsigned way = 0; way < WAYS; way++) {
        for (unsigned state = 0; state < STATES; state++) {
            for (unsigned size = 0; size < SIZES && is_measured(state, (tape_kind)way); size++) {
                char name[AS_BENCH_NAME_BYTES];
                (void)snprintf(name, sizeof name, "%s, %s, %u symbols", way_name[way], states[state].name, sizes[size]);
                p->cell[p->cell_count++] =
                    (cell){size, state, (tape_kind)way,
                           as_bench_stage_add(
                               ctx, &(as_bench_stage_info){.name = name, .inside = inside[way], .unit = AS_BENCH_PS})};
            }
        }
    }
}

/* Each kept round has every cell once, in an order that rotates. */
static void run_rounds(as_bench_context *ctx, plan *p)
{
    uint64_t start_ns = as_clock_monotonic_ns();
    cell floor = {.stage = p->floor};
    for (unsigned round = 0; round < AS_BENCH_ROUND_MAX; round++) {
        double spent_s = (double)(as_clock_monotonic_ns() - start_ns) / 1e9;
        if (round >= ROUNDS_MIN && spent_s > 0.7 * ctx->seconds)
            break;
        as_bench_progress(ctx, round, AS_BENCH_ROUND_MAX);
        (void)measure(ctx, p, &floor);
        for (unsigned i = 0; i < p->cell_count; i++)
            (void)measure(ctx, p, &p->cell[(i + 7 * round) % p->cell_count]);
    }
    as_bench_progress(ctx, 1, 1);
}

/* ---- headlines ---- */

typedef struct headline_stages {
    as_bench_stage *opening, *repeated;
} headline_stages;

static uint64_t time_headline(as_bench_context *ctx, as_engine_world *world, const as_headline *headline)
{
    as_event event = {.kind = AS_EVENT_HEADLINE,
                      .ts_event = headline->ts_event,
                      .ts_recv = headline->ts_recv,
                      .instrument = AS_INSTRUMENT_NONE};
    uint64_t from_ticks = as_clock_ticks();
    as_engine_step(world->engine, &event, headline, NULL);
    return as_clock_ticks_to_ns(&ctx->ticks, as_clock_ticks() - from_ticks);
}

/* Eight facts open and are repeated; then their ten sessions pass, so that the next round opens them anew. */
static int headline_round(as_bench_context *ctx, as_engine_world *world, const headline_stages *stages)
{
    double opening_ns[AS_WORLD_FACTS], repeated_ns[AS_WORLD_FACTS];
    uint64_t ts = world->now + 15 * AS_NS_PER_HOUR;
    uint64_t shocks = world->engine->counters.shocks, repeats = world->engine->counters.headlines_repeated;
    for (unsigned i = 0; i < AS_WORLD_FACTS; i++) {
        as_headline headline;
        as_engine_world_headline(world, AS_WORLD_ISSUER + i, i, ts + 2 * i, &headline);
        uint64_t ns = time_headline(ctx, world, &headline);
        as_bench_record(stages->opening, ns);
        opening_ns[i] = (double)ns;
        headline.ts_recv++;
        ns = time_headline(ctx, world, &headline);
        as_bench_record(stages->repeated, ns);
        repeated_ns[i] = (double)ns;
    }
    as_bench_round(stages->opening, as_bench_median(opening_ns, AS_WORLD_FACTS));
    as_bench_round(stages->repeated, as_bench_median(repeated_ns, AS_WORLD_FACTS));
    world->now = ts + 2 * AS_WORLD_FACTS;
    if (world->engine->counters.shocks != shocks + AS_WORLD_FACTS ||
        world->engine->counters.headlines_repeated != repeats + AS_WORLD_FACTS)
        return as_error_set(-EIO, "bench engine: headlines did not open, or were not repeated");
    for (unsigned i = 0; i < 12; i++)
        as_engine_world_day(world, as_engine_world_close(world, world->now + 1));
    return 0;
}

static int run_headlines(as_bench_context *ctx)
{
    for (unsigned size = 0; size < SIZES; size++) {
        char name[2][AS_BENCH_NAME_BYTES];
        (void)snprintf(name[0], sizeof name[0], "headline that opens a shock, %u symbols", sizes[size]);
        (void)snprintf(name[1], sizeof name[1], "headline repeated, %u symbols", sizes[size]);
        headline_stages stages = {
            as_bench_stage_add(
                ctx, &(as_bench_stage_info){.name = name[0],
                                            .unit = AS_BENCH_NS,
                                            .inside = "one as_engine_step: fact, ten anchors, OU and control fits"}),
            as_bench_stage_add(ctx, &(as_bench_stage_info){.name = name[1],
                                                           .unit = AS_BENCH_NS,
                                                           .inside = "one as_engine_step: lineage only"})};
        static as_engine_world world;
        int rc = as_engine_world_init(&world, &(as_engine_world_options){.symbol_count = sizes[size]});
        for (unsigned round = 0; round < HEADLINE_ROUNDS && rc == 0; round++)
            rc = headline_round(ctx, &world, &stages);
        as_engine_world_fini(&world);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- report ---- */

static const as_bench_stage *stage_of(const plan *p, unsigned size, unsigned state, tape_kind way)
{
    for (unsigned i = 0; i < p->cell_count; i++)
        if (p->cell[i].size == size && p->cell[i].state == state && p->cell[i].way == way)
            return p->cell[i].stage;
    return NULL;
}

/* Median over the rounds of one cell over another in the same round. */
static double median_ratio(const as_bench_stage *above, const as_bench_stage *below_it)
{
    double ratio[AS_BENCH_ROUND_MAX];
    for (uint32_t i = 0; i < above->round_count; i++)
        ratio[i] = above->round_ns[i] / below_it->round_ns[i];
    return as_bench_median(ratio, above->round_count);
}

static void report(as_bench_context *ctx, const plan *p)
{
    char name[AS_BENCH_NAME_BYTES];
    for (unsigned way = 0; way < WAYS; way++) {
        for (unsigned state = 0; state < STATES; state++) {
            bool same_share =
                way == HOT || way == ORDERS || state == 0; /* of ticks on linked names, in every universe */
            if (!same_share)
                continue;
            (void)snprintf(name, sizeof name, "%s, %s, 10,000 : 100", way_name[way], states[state].name);
            as_bench_ratio(ctx,
                           &(as_bench_ratio_info){.name = name,
                                                  .at_most = way == UNIFORM ? 0 : 1.5, /* misses are allowed there */
                                                  .value = median_ratio(stage_of(p, 2, state, (tape_kind)way),
                                                                        stage_of(p, 0, state, (tape_kind)way))});
        }
        (void)snprintf(name, sizeof name, "%s, 10,000 symbols, 8 facts : 0", way_name[way]);
        as_bench_ratio(ctx, &(as_bench_ratio_info){.name = name,
                                                   .at_most = 3,
                                                   .value = median_ratio(stage_of(p, 2, 2, (tape_kind)way),
                                                                         stage_of(p, 2, 0, (tape_kind)way))});
    }
    as_bench_note(ctx,
                  "the same 100 names, 10 linked names a fact and 3 controls in every universe; 8 facts link 80 of "
                  "the first 100 names, each to one fact; on the same 80: each name to all eight");
    as_bench_note(
        ctx, "on the first 100 names, four of five ticks are evaluated by both strategies with 8 facts, and none "
             "without: 8 facts : 0 is the price of an evaluation there, of a market's ticks where they are uniform");
    as_bench_note(ctx, "decisions said: %llu with 8 facts, 10,000 symbols (every price stays within %d ticks)",
                  (unsigned long long)p->world[2][2].said, WALK_TICKS);
}

static int run(as_bench_context *ctx)
{
    static plan p;
    int rc = 0;
    p = (plan){.seed = 1};
    (void)as_bench_pin(ctx, 0);
    add_cells(ctx, &p);
    for (unsigned size = 0; size < SIZES; size++)
        for (unsigned state = 0; state < STATES && rc == 0; state++)
            rc = make_world(&p, size, state);
    if (rc == 0)
        run_rounds(ctx, &p);
    if (rc == 0)
        report(ctx, &p);
    for (unsigned size = 0; size < SIZES; size++) {
        for (unsigned state = 0; state < STATES; state++) {
            if (rc == 0)
                rc = check_world(&p.world[size][state]);
            as_engine_world_fini(&p.world[size][state]);
        }
        for (unsigned way = 0; way < WAYS; way++)
            free(p.tape[size][way]);
    }
    return rc == 0 ? run_headlines(ctx) : rc;
}

const as_bench as_bench_engine = {"engine", "a step of the engine by universe and by open facts; headlines", run};
