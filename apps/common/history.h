/*
 * History: the daily closes that start betas and volatilities before the first live day (`history:`).
 *
 * Read through the same inputs and mappings as any file, kept in memory, and applied as ordinary bars as soon as the
 * first event says which session it is: only bars that ended before that session are used, so a file that runs on into
 * the replayed days cannot look ahead.
 */
#ifndef AS_APPS_COMMON_HISTORY_H
#define AS_APPS_COMMON_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/event.h"
#include "core/merge.h"
#include "core/universe.h"

typedef struct as_history {
    as_event *event; /* in receive order, AS_EVENT_LAST set */
    size_t count;
    uint64_t applied; /* bars used */
} as_history;

/* 0 (also when none is configured), or a negative errno with the error chain set. */
int as_history_load(as_history *history, const as_config *config, const as_universe *universe);
void as_history_apply(as_history *history, const as_universe *universe, uint64_t first_ts, as_merge *merge);
void as_history_fini(as_history *history);

#endif
