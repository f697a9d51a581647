/*
 * The merge: one order for everything that reaches the engine, and the record of it.
 *
 * Whatever feeds the core (rings of live feeds, recorded inputs) hands its events here. The merge makes the receive
 * time monotone (it becomes the core's logical time), fires the engine's timers at their deadlines, writes what happens
 * to the journal in the order in which it happens, and steps the engine. A replay of that journal goes straight to the
 * engine, so live and replay run the same steps (DESIGN 6.5).
 *
 * At equal times timers come last: a deadline fires before the first event that is later than it.
 * Threads: the core. No allocation, no system call.
 */
#ifndef AS_CORE_MERGE_H
#define AS_CORE_MERGE_H

#include <stdint.h>

#include "core/engine.h"

/* Records one step before it is taken; playbook only with AS_EVENT_RELOAD, headline only with AS_EVENT_HEADLINE. */
typedef void (*as_record_fn)(void *context, const as_event *event, const as_headline *headline,
                             const as_playbook *playbook);

typedef struct as_merge {
    as_engine *engine;
    as_record_fn record; /* NULL: no journal */
    void *record_context;
    uint64_t reordered;  /* events whose receive time lay before the logical time and was moved up to it */
} as_merge;

/* An event that arrives now. */
void as_merge_event(as_merge *merge, const as_event *event, const as_headline *headline, const as_playbook *playbook);

/* Nothing arrives, but time has passed: fire every timer up to and including now. */
void as_merge_advance(as_merge *merge, uint64_t now);

#endif
