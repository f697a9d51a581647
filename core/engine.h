/*
 * The engine: events in merge order in, decisions out. Everything that decides is here, on one thread.
 *
 *   market event -> market -(last of its instant)-> shocks: measure, breadth, control, score -> strategies -> signals
 *   headline ----> facts ---(new or changed)------> shocks: open, gate, all names again -----> strategies -> signals
 *   timer --------> session close, M freeze, expiries
 *
 * Decisions are a pure function of the events, the universe, the playbook and the configuration: the engine's only
 * clock is event->ts_recv, which the merge makes monotone. All market events of one receive instant are applied before
 * anything is evaluated (AS_EVENT_LAST closes the instant), names in instrument order, so the order of symbols within
 * an instant does not matter (DESIGN 6.10). An instant has one sequence number, and so has each headline and timer.
 *
 * Threads: one. After as_engine_new: no allocation, no lock, no system call, no clock, no text formatting.
 */
#ifndef AS_CORE_ENGINE_H
#define AS_CORE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/decision.h"
#include "core/event.h"
#include "core/fact.h"
#include "core/headline.h"
#include "core/market.h"
#include "core/playbook.h"
#include "core/shock.h"
#include "core/timers.h"
#include "core/universe.h"
#include "core/view.h"

enum { AS_ENGINE_AHEAD = 16 }; /* events */

typedef struct as_outside as_outside;

/* Receives each decision as it is made; must copy it. */
typedef void (*as_emit_fn)(void *context, const as_decision *decision);

typedef struct as_engine_options {
    const as_universe *universe;
    const as_playbook *playbook;                      /* first generation; must outlive the engine */
    const as_config *config;                          /* costs and hash */
    const as_probability *probability;                /* NULL: signals state no p; must outlive the engine */
    const as_strategy *strategy[AS_STRATEGY_MAX];
    uint32_t strategy_count;
    uint32_t orders_max;                              /* live orders of all books; 0: no feed by order or level */
    as_emit_fn emit;
    void *emit_context;
} as_engine_options;

typedef struct as_engine_counters {
    uint64_t events;                                  /* steps taken */
    uint64_t instants;                                /* sequence numbers given */
    uint64_t headlines, headlines_no_issuer, headlines_no_fact, headlines_repeated;
    uint64_t facts, generations, shocks, shocks_displaced;
    uint64_t timers, reloads;
    uint64_t decisions;
    uint64_t opened[AS_SIGNAL_KIND_COUNT], closed[AS_SIGNAL_KIND_COUNT], expired[AS_SIGNAL_KIND_COUNT];
    uint64_t updated[AS_SIGNAL_KIND_COUNT], near_misses[AS_SIGNAL_KIND_COUNT];
    uint64_t veto[AS_SIGNAL_KIND_COUNT][AS_REASON_COUNT]; /* a veto counts when it appears, not at every tick */
} as_engine_counters;

typedef struct as_engine {
    const as_universe *universe;
    const as_playbook *playbook;
    const as_config *config;
    const as_probability *probability;
    const as_strategy *strategy[AS_STRATEGY_MAX];
    uint32_t strategy_count;
    as_emit_fn emit;
    void *emit_context;
    uint64_t now;                                     /* logical time: ts_recv of the latest event */
    uint64_t seq;                                     /* of the current instant */
    bool started;
    bool instant_open;                                /* market events applied but not yet evaluated */
    uint64_t ts_event;                                /* of the latest market event or headline */
    as_market market;
    as_fact_table facts;
    as_shock_table shocks;
    as_timers timers;
    as_outside *outside;                              /* NULL: no strategy looks outside events */
    bool history;                                     /* what is applied is long past: nothing outside events is said */
    uint32_t *dirty;                                  /* instruments touched in this instant */
    uint8_t *is_dirty;
    uint32_t dirty_count;
    as_decision scratch;
    as_engine_counters counters;
} as_engine;

int as_engine_new(const as_engine_options *options, as_engine **engine);
void as_engine_free(as_engine *engine);

/* Begin with another first generation than the options': before the first step only. */
void as_engine_begin_with(as_engine *engine, const as_playbook *playbook);

/*
 * One event. headline is given with AS_EVENT_HEADLINE, playbook with AS_EVENT_RELOAD (the next generation; the caller
 * keeps the old one alive until the step returns). event->ts_recv must not be before the previous one's.
 */
void as_engine_step(as_engine *engine, const as_event *event, const as_headline *headline, const as_playbook *playbook);

/* The next deadline, UINT64_MAX if none: the merge sends an AS_EVENT_TIMER for it before any later event. */
static inline uint64_t as_engine_next_deadline(const as_engine *engine)
{
    return as_timers_next(&engine->timers);
}

/*
 * Ask for the cache lines of a market event that will be stepped soon: as_engine_prefetch AS_ENGINE_AHEAD events ahead
 * of it or less, then as_engine_prefetch_levels, half as far ahead, for what is found only through the lines of the
 * first (a book's levels). Neither changes anything; any event is allowed. They hide the misses of a universe that does
 * not fit into the caches: `aftershock bench engine`, "uniform, 4 ahead", and `aftershock bench decode`.
 */
void as_engine_prefetch(const as_engine *engine, const as_event *event);
void as_engine_prefetch_levels(const as_engine *engine, const as_event *event);

/* Close the current instant now: evaluate what was applied (the end of an input). */
void as_engine_flush(as_engine *engine);

#endif
