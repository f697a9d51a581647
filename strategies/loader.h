/*
 * Strategies by name or by file: the built-in ones, and shared objects that export as_strategy_entry.
 *
 * A shared object is checked before it is used: interface version, sizes of view and verdict, state within its limit, a
 * name that fits a topic and is not taken. Start-up only.
 */
#ifndef AS_STRATEGIES_LOADER_H
#define AS_STRATEGIES_LOADER_H

#include "core/config.h"
#include "strategies/strategy.h"

typedef struct as_strategies {
    const as_strategy *strategy[AS_STRATEGY_MAX];
    void *handle[AS_STRATEGY_MAX]; /* NULL for a built-in one */
    uint32_t count;
} as_strategies;

/* What the configuration lists, in its order. 0, or a negative errno with the error chain set. */
int as_strategies_load(as_strategies *strategies, const as_config *config);
void as_strategies_unload(as_strategies *strategies);

#endif
