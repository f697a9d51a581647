/*
 * A small world to run the engine in: a market, an issuer, linked names in two buckets, three controls; sixty sessions
 * of seeded history; headlines as the desk would have read them; and every decision kept as the line of `--out`.
 */
#ifndef AST_SUPPORT_WORLD_H
#define AST_SUPPORT_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/engine.h"
#include "core/error.h"
#include "core/merge.h"
#include "ipc/codec.h"
#include "strategies/mean_reversion.h"
#include "strategies/overreaction.h"

static const char ast_universe_text[] = "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"
                                        "MKT,Market Fund,index,,XNYS,USD,0,\n"
                                        "EPI,Epicentre Corp,hyperscaler,MKT,XNYS,USD,0,\n"
                                        "NEAR,Near Inc,near,MKT,XNYS,USD,0,\n"
                                        "FAR1,Far One Inc,far,MKT,XNYS,USD,0,\n"
                                        "FAR2,Far Two Inc,far,MKT,XNYS,USD,0,\n"
                                        "FAR3,Far Three Inc,far,MKT,XNYS,USD,0,\n"
                                        "CTL1,Control One,control,MKT,XNYS,USD,0,\n"
                                        "CTL2,Control Two,control,MKT,XNYS,USD,0,\n"
                                        "CTL3,Control Three,control,MKT,XNYS,USD,0,\n"
                                        "LONE,Lone Inc,lone,,XNYS,USD,0,\n";

enum { AST_MKT, AST_EPI, AST_NEAR, AST_FAR1, AST_FAR2, AST_FAR3, AST_CTL1, AST_CTL2, AST_CTL3, AST_LONE, AST_NAMES };

static const char ast_playbook_text[] =
    "version: test-1\n"
    "events:\n"
    "  compute_supply_entry:\n"
    "    default_M: 4\n"
    "    signed: true\n"
    "    object: surplus\n"
    "    control: glut\n"
    "    phrases: [\"sells compute\"]\n"
    "    channels: {near: [-0.90, 0.30, competitor], far: [-0.05, 0.10, none], lone: [-0.05, 0.10, none]}\n"
    "controls:\n"
    "  glut: {members: [CTL1, CTL2, CTL3], q: [1.0, 0.5, 0.5], needs: 3}\n"
    "status_gate: {RUMOUR_T1: 0.6, RUMOUR_T2: 0.45, RUMOUR_T3: 0.2, DEVELOPING: 0.8, CONFIRMED: 1.0, DENIED: 0.0}\n";

typedef struct ast_world {
    as_universe universe;
    as_playbook *playbook;
    as_config config;
    as_engine *engine;
    as_merge merge;
    char *lines;          /* decisions, LF after each */
    size_t used, room;
    unsigned decisions;
    as_decision last[64]; /* the latest ones, oldest first */
    unsigned last_count;
    int64_t px[AST_NAMES];
    uint64_t seed;
} ast_world;

static inline void ast_emit(void *context, const as_decision *decision)
{
    ast_world *world = context;
    if (world->room - world->used < AS_LINE_BYTES_OUT + 1)
        world->lines = realloc(world->lines, world->room = 2 * world->room + 4 * AS_LINE_BYTES_OUT);
    world->used += as_codec_line(decision, world->lines + world->used, AS_LINE_BYTES_OUT);
    world->lines[world->used++] = '\n';
    world->lines[world->used] = 0;
    world->decisions++;
    if (world->last_count == 64)
        memmove(world->last, world->last + 1, 63 * sizeof *world->last);
    else
        world->last_count++;
    world->last[world->last_count - 1] = *decision;
}

static inline void ast_world_init(ast_world *world)
{
    char path[] = "/tmp/ast-universe-XXXXXX";
    memset(world, 0, sizeof *world);
    int fd = mkstemp(path);
    AS_ASSERT(fd >= 0);
    AS_ASSERT(write(fd, ast_universe_text, sizeof ast_universe_text - 1) > 0);
    close(fd);
    AS_ASSERT(as_universe_load(&world->universe, path, NULL, 0) == 0);
    unlink(path);
    AS_ASSERT(as_playbook_compile("playbook", ast_playbook_text, sizeof ast_playbook_text - 1, &world->universe, 0,
                                  &world->playbook) == 0);
    world->config.costs = (as_costs_config){.half_spread_bps = 5, .fees_bps = 0.5, .impact_bps = 2, .borrow = true};
    world->config.hash = 42;
    as_engine_options options = {
        .universe = &world->universe,
        .playbook = world->playbook,
        .config = &world->config,
        .strategy = {&as_strategy_overreaction, &as_strategy_mean_reversion},
        .strategy_count = 2,
        .orders_max = 1024,
        .emit = ast_emit,
        .emit_context = world,
    };
    AS_ASSERT(as_engine_new(&options, &world->engine) == 0);
    world->merge = (as_merge){.engine = world->engine};
    world->room = 4 * AS_LINE_BYTES_OUT;
    world->lines = malloc(world->room);
    world->lines[0] = 0;
    for (unsigned i = 0; i < AST_NAMES; i++)
        world->px[i] = 100 * AS_PX_ONE;
    world->seed = 20260701;
}

static inline void ast_world_fini(ast_world *world)
{
    as_engine_free(world->engine);
    as_playbook_free(world->playbook);
    as_universe_fini(&world->universe);
    free(world->lines);
}

static inline double ast_uniform(ast_world *world) /* -1..1 */
{
    world->seed = world->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(world->seed >> 11) / 4503599627370496.0 - 1;
}

static inline as_event ast_bar(uint32_t instrument, uint64_t ts, int64_t px, uint64_t seconds)
{
    return (as_event){
        .kind = AS_EVENT_BAR,
        .ts_event = ts,
        .ts_recv = ts,
        .instrument = instrument,
        .bar = {.open = px, .high = px, .low = px, .close = px, .volume_duration = as_bar_pack(0, seconds)},
    };
}

/* One instant of daily bars, in the given order of instruments; market moves and residuals as given or drawn. */
static inline void ast_day(ast_world *world, uint64_t close, const double *move, const uint32_t *order)
{
    double market = move ? move[AST_MKT] : 0.008 * ast_uniform(world);
    double mine[AST_NAMES];
    for (unsigned i = 0; i < AST_NAMES; i++)
        mine[i] = move ? move[i] : (i == AST_MKT ? market : 1.2 * market + 0.02 * ast_uniform(world));
    for (unsigned k = 0; k < AST_NAMES; k++) {
        uint32_t i = order ? order[k] : k;
        world->px[i] = (int64_t)((double)world->px[i] * (1 + mine[i]));
        as_event bar = ast_bar(i, close, world->px[i], 86400);
        bar.flags = k == AST_NAMES - 1 ? AS_EVENT_LAST : 0;
        as_merge_event(&world->merge, &bar, NULL, NULL);
    }
}

/* count sessions of drawn history that end with the session of date; returns its close. */
static inline uint64_t ast_history(ast_world *world, int32_t date, unsigned count)
{
    const as_calendar *calendar = world->universe.calendar[0];
    const as_session *last = as_calendar_session_on(calendar, date);
    uint64_t close[256];
    uint64_t ts = last->close;
    for (unsigned i = count; i-- > 0;) {
        close[i] = ts;
        ts = as_calendar_session(calendar, ts)->prev_close;
    }
    for (unsigned i = 0; i < count; i++)
        ast_day(world, close[i], NULL, NULL);
    return last->close;
}

static inline as_headline ast_headline(const char *id, const char *source, uint32_t issuer, uint64_t ts)
{
    as_headline headline;
    memset(&headline, 0, sizeof headline);
    headline.ts_event = headline.ts_recv = ts;
    (void)snprintf(headline.id, sizeof headline.id, "%s", id);
    (void)snprintf(headline.source, sizeof headline.source, "%s", source);
    headline.reading = (as_reading){
        .issuer = {issuer},
        .relevance = {0.9F},
        .issuer_count = 1,
        .event_type = (uint16_t)as_event_type_find("compute_supply_entry"),
        .cue = AS_CUE_RUMOUR,
        .polarity = 1,
        .source_class = AS_CLASS_PRESS,
        .tier = 1,
    };
    for (const char *c = id; *c && headline.reading.feature_count < 8; c++) {
        uint32_t feature = (uint32_t)(unsigned char)*c * 2654435761U;
        unsigned at = 0, count = headline.reading.feature_count;
        while (at < count && headline.reading.feature[at] < feature)
            at++;
        if (at < count && headline.reading.feature[at] == feature)
            continue; /* ascending and unique */
        memmove(&headline.reading.feature[at + 1], &headline.reading.feature[at], (count - at) * sizeof feature);
        headline.reading.feature[at] = feature;
        headline.reading.feature_count++;
    }
    return headline;
}

static inline void ast_say(ast_world *world, const as_headline *headline)
{
    as_event event = {.kind = AS_EVENT_HEADLINE,
                      .ts_event = headline->ts_event,
                      .ts_recv = headline->ts_recv,
                      .instrument = AS_INSTRUMENT_NONE};
    as_merge_event(&world->merge, &event, headline, NULL);
}

/* The latest decision of a kind on a name; NULL if there is none among the last 64. */
static inline const as_decision *ast_find(const ast_world *world, as_signal_kind kind, as_action action, uint32_t name)
{
    for (unsigned i = world->last_count; i-- > 0;) {
        const as_decision *d = &world->last[i];
        if (d->type == AS_DECISION_SIG && d->kind == kind && d->action == action && d->instrument == name)
            return d;
    }
    return NULL;
}

#endif
