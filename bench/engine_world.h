/*
 * as_engine_world: a market of any size to run the engine in, for benchmarks.
 *
 * Whatever the number of symbols, the first AS_WORLD_HOT of them are the same: a market fund, eight issuers, eight
 * buckets of ten names, three controls, and fillers. Behind them come fillers that no channel reaches, so that facts,
 * linked names and ticks are the same work in every universe and only its size differs. The playbook has nine
 * families: family k (0..7) links bucket k's ten names to an issuer, the ninth links all eighty.
 *
 * Sessions of seeded daily bars warm betas, volatilities and residuals. Headlines carry a filled reading: the desk is
 * measured by itself. Decisions are copied, as into a ring, and counted.
 *
 * Threads: one. Memory: allocated in init.
 */
#ifndef AS_BENCH_ENGINE_WORLD_H
#define AS_BENCH_ENGINE_WORLD_H

#include <stdint.h>

#include "core/config.h"
#include "core/engine.h"
#include "core/merge.h"
#include "core/playbook.h"
#include "core/universe.h"

enum {
    AS_WORLD_HOT = 100,  /* least symbols of a world; the ones that are the same everywhere */
    AS_WORLD_MARKET = 0, /* the factor */
    AS_WORLD_ISSUER = 1, /* first of eight */
    AS_WORLD_FACTS = 8,  /* issuers, buckets, families that link one bucket */
    AS_WORLD_LINKED = 9, /* first linked name */
    AS_WORLD_BUCKET_NAMES = 10,
    AS_WORLD_CONTROL = 89,    /* first of three */
    AS_WORLD_FAMILY_WIDE = 8, /* the family that links all buckets */
    AS_WORLD_SESSIONS = 70
};

typedef struct as_engine_world {
    as_universe universe;
    as_playbook *playbook;
    as_config config;
    as_engine *engine;
    as_merge merge;
    uint32_t symbol_count;
    int64_t *px; /* last close of each symbol */
    uint64_t seed;
    uint64_t now;  /* receive time of the latest event */
    uint64_t said; /* decisions */
    uint64_t headline_count;
    as_decision latest;
} as_engine_world;

typedef struct as_engine_world_options {
    uint32_t symbol_count;       /* AS_WORLD_HOT or more */
    uint32_t orders_max;         /* 0: no books */
    uint64_t until_ns;           /* the last warm session closes before; 0: 30 June 2026 */
    const as_strategy *strategy; /* besides the two built-in ones; NULL: none */
} as_engine_world_options;

/* Compile universe and playbook, make the engine, apply the warm sessions. 0, or a negative errno (error chain set). */
int as_engine_world_init(as_engine_world *world, const as_engine_world_options *options);
/* Safe on zeroes. */
void as_engine_world_fini(as_engine_world *world);

/* A session of daily bars, one instant at its close. */
void as_engine_world_day(as_engine_world *world, uint64_t close);

/* The close of the session that holds ts. */
uint64_t as_engine_world_close(const as_engine_world *world, uint64_t ts);

/* A rumour about an issuer in a family's words, as the desk would have read it; every one has its own id and words. */
void as_engine_world_headline(as_engine_world *world, uint32_t issuer, unsigned family, uint64_t ts,
                              as_headline *headline);

/* Give it to the engine. */
void as_engine_world_say(as_engine_world *world, const as_headline *headline);

#endif
