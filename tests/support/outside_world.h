/*
 * A market that reverts: a factor, six names of one bucket of which LAG's residual is a planted Ornstein-Uhlenbeck
 * process, an issuer whose news reaches the bucket, and the pair UP, DOWN with a spread that a test moves. Daily bars,
 * seeded.
 */
#ifndef AST_SUPPORT_OUTSIDE_WORLD_H
#define AST_SUPPORT_OUTSIDE_WORLD_H

#include "strategies/pairs.h"
#include "strategies/residual_reversion.h"
#include "tests/support/world.h"

static const char ast_outside_universe[] = "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"
                                           "MKT,Market Fund,index,,XNYS,USD,0,\n"
                                           "LAG,Lag Inc,lag,MKT,XNYS,USD,0,\n"
                                           "N1,One Inc,lag,MKT,XNYS,USD,0,\n"
                                           "N2,Two Inc,lag,MKT,XNYS,USD,0,\n"
                                           "N3,Three Inc,lag,MKT,XNYS,USD,0,\n"
                                           "ISS,Issuer Inc,issuer,MKT,XNYS,USD,0,\n"
                                           "UP,Up Inc,,MKT,XNYS,USD,0,\n"
                                           "DOWN,Down Inc,,MKT,XNYS,USD,0,\n";

enum { AST_LAG = 1, AST_N1, AST_N2, AST_N3, AST_ISS, AST_UP, AST_DOWN, AST_OUTSIDE_NAMES };

#define AST_OUTSIDE_EVENTS                                                                                             \
    "version: outside-1\nevents:\n  compute_supply_entry: {phrases: [x], channels: {lag: [-0.5, 0.3, competitor]}}\n"

typedef struct ast_outside {
    ast_world world;
    const as_session *session; /* the next one to be played */
    double x;                  /* LAG's planted residual level */
    double spread;             /* of UP over DOWN */
    double price[AST_OUTSIDE_NAMES];
    unsigned opened, ended;
} ast_outside;

static inline as_playbook *ast_outside_playbook(const ast_outside *o, const char *more, uint32_t generation)
{
    char text[1024];
    as_playbook *playbook;
    int bytes = snprintf(text, sizeof text, AST_OUTSIDE_EVENTS "%s\n", more);
    AS_ASSERT(as_playbook_compile("playbook", text, (size_t)bytes, &o->world.universe, generation, &playbook) == 0);
    return playbook;
}

static inline void ast_outside_start(ast_outside *o, bool outside)
{
    char path[] = "/tmp/ast-universe-XXXXXX";
    *o = (ast_outside){.world = {.seed = 4}};
    ast_world *world = &o->world;
    int fd = mkstemp(path);
    AS_ASSERT(fd >= 0);
    AS_ASSERT(write(fd, ast_outside_universe, sizeof ast_outside_universe - 1) > 0);
    close(fd);
    AS_ASSERT(as_universe_load(&world->universe, path, NULL, 0) == 0);
    unlink(path);
    world->playbook = ast_outside_playbook(o, "pairs: [[UP, DOWN]]", 0);
    world->config.costs = (as_costs_config){.half_spread_bps = 2, .fees_bps = 0.5, .impact_bps = 1, .borrow = true};
    as_engine_options options = {
        .universe = &world->universe,
        .playbook = world->playbook,
        .config = &world->config,
        .strategy = {&as_strategy_overreaction, &as_strategy_mean_reversion, &as_strategy_residual_reversion,
                     &as_strategy_pairs},
        .strategy_count = outside ? 4 : 2,
        .emit = ast_emit,
        .emit_context = world,
    };
    AS_ASSERT(as_engine_new(&options, &world->engine) == 0);
    world->merge = (as_merge){.engine = world->engine};
    world->room = 4 * AS_LINE_BYTES_OUT;
    world->lines = malloc(world->room);
    world->lines[0] = 0;
    for (unsigned i = 0; i < AST_OUTSIDE_NAMES; i++)
        o->price[i] = 100;
    o->session = as_calendar_session_on(world->universe.calendar[0], 20250102);
}

/* One session: its bars, then the clock beyond its close, so that what is decided at the close has been. */
static inline void ast_outside_day(ast_outside *o)
{
    ast_world *world = &o->world;
    double market = 0.006 * ast_uniform(world), x = 0.8 * o->x + 0.012 * ast_uniform(world);
    double trend = 0.01 * ast_uniform(world);
    for (unsigned i = 0; i < AST_OUTSIDE_NAMES; i++) {
        double move = i == AST_MKT ? market : market + 0.003 * ast_uniform(world);
        if (i == AST_LAG)
            move += x - o->x;
        if (i == AST_DOWN)
            move = trend;
        o->price[i] *= 1 + move;
    }
    o->x = x;
    o->spread = 0.7 * o->spread + 0.002 * ast_uniform(world);
    o->price[AST_UP] = o->price[AST_DOWN] * (1 + o->spread);
    for (uint32_t i = 0; i < AST_OUTSIDE_NAMES; i++) {
        as_event bar = ast_bar(i, o->session->close, (int64_t)(o->price[i] * 1e6) * (AS_PX_ONE / 1000000), 86400);
        bar.flags = i == AST_OUTSIDE_NAMES - 1 ? AS_EVENT_LAST : 0;
        as_merge_event(&world->merge, &bar, NULL, NULL);
    }
    as_merge_advance(&world->merge, o->session->close);
    o->session = as_calendar_session(world->universe.calendar[0], o->session->close + 1);
}

static inline void ast_outside_days(ast_outside *o, unsigned count)
{
    while (count--)
        ast_outside_day(o);
}

static inline void ast_outside_end(ast_outside *o)
{
    ast_world_fini(&o->world);
}

#endif
