/*
 * What every program that decides needs: configuration, universe, playbook, desk, strategies, history, engine, merge.
 *
 * Built once at start, in this order, on the main thread; freed in reverse. The engine and the merge are then handed to
 * the thread that plays the core.
 */
#ifndef AS_APPS_COMMON_SETUP_H
#define AS_APPS_COMMON_SETUP_H

#include <stdbool.h>

#include "apps/common/history.h"
#include "core/config.h"
#include "core/engine.h"
#include "core/merge.h"
#include "core/playbook.h"
#include "core/probability.h"
#include "core/universe.h"
#include "feeds/news/desk.h"
#include "strategies/loader.h"

typedef struct as_setup {
    as_config *config;
    as_universe universe;
    bool universe_loaded;
    as_playbook *playbook;
    as_probability *probability; /* NULL: the configuration names none */
    as_desk *desk;
    as_strategies strategies;
    as_history history;
    as_engine *engine;
    as_merge merge;
} as_setup;

/* Load everything that path names and what it refers to. 0, or a negative errno with the error chain set. */
int as_setup_load(as_setup *setup, const char *path);

/* Make the engine and its merge. orders_max 0: no feed by order. Call as_setup_start before the first event. */
int as_setup_engine(as_setup *setup, uint32_t orders_max, as_emit_fn emit, void *emit_context);

/*
 * Apply the history that lies before the session of first_ts. The bars are not recorded, they are part of the
 * configuration; first_ts is, as an event of no kind: a timer that history left behind may come before the first event.
 */
void as_setup_start(as_setup *setup, uint64_t first_ts);

/* Safe on zeroes and on a half-built one. */
void as_setup_fini(as_setup *setup);

#endif
