/*
 * The strategy interface: what a shared object has to offer to be loaded by Aftershock.
 *
 *     #include "strategies/strategy.h"
 *
 *     static void evaluate(const as_view *view, void *state, as_verdict *verdict) { ... }
 *
 *     AS_STRATEGY_EXPORT const as_strategy *as_strategy_entry(void)
 *     {
 *         static const as_strategy mine = AS_STRATEGY("my_strategy", evaluate, 0);
 *         return &mine;
 *     }
 *
 * evaluate is a pure function of the view and of the state it is given for this name of this fact (zeroed at t0, at
 * most AS_STRATEGY_STATE_BYTES): no allocation, lock, system call, clock or random number, or a replay will not
 * give the same bytes. It may be called many times a second for every linked name, and says at most one verdict per
 * call; verdict comes in as "nothing to say". Life cycle, identity, update rate and near misses are the engine's
 * (core/signal.h). The view and the verdict are described in core/view.h. `strategies: [overreaction, {load:
 * ./my_strategy.so}]` loads it.
 */
#ifndef AS_STRATEGIES_STRATEGY_H
#define AS_STRATEGIES_STRATEGY_H

#include "core/view.h"

#define AS_STRATEGY_EXPORT __attribute__((visibility("default")))

/* The name of the function that a shared object exports, and its type. */
#define AS_STRATEGY_ENTRY "as_strategy_entry"
typedef const as_strategy *(*as_strategy_entry_fn)(void);
const as_strategy *as_strategy_entry(void);

#define AS_STRATEGY(strategy_name, function, own_state_bytes)                                                          \
    {                                                                                                                  \
        .abi = AS_STRATEGY_ABI, .view_bytes = sizeof(as_view), .verdict_bytes = sizeof(as_verdict),                    \
        .state_bytes = (own_state_bytes), .name = (strategy_name), .evaluate = (function)                              \
    }

/* The same for one that keeps AS_ASK_SCORED's promise (core/view.h). */
#define AS_STRATEGY_SCORED(strategy_name, function, own_state_bytes)                                                   \
    {                                                                                                                  \
        .abi = AS_STRATEGY_ABI, .view_bytes = sizeof(as_view), .verdict_bytes = sizeof(as_verdict),                    \
        .state_bytes = (own_state_bytes), .ask = AS_ASK_SCORED, .name = (strategy_name), .evaluate = (function)        \
    }

/* One that is asked outside events, about role: AS_ROLE_OUTSIDE or AS_ROLE_PAIR (core/outside.h). */
#define AS_STRATEGY_OUTSIDE(strategy_name, function, own_state_bytes, role)                                            \
    {                                                                                                                  \
        .abi = AS_STRATEGY_ABI, .view_bytes = sizeof(as_view), .verdict_bytes = sizeof(as_verdict),                    \
        .state_bytes = (own_state_bytes), .roles = 1u << (role), .name = (strategy_name), .evaluate = (function)       \
    }

#endif
