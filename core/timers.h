/*
 * Timers: deadlines of the engine in a binary heap (DESIGN 6.6).
 *
 * A timer is a value {deadline, kind, key}; what it is about is looked up when it fires, so there is nothing to cancel:
 * a timer whose subject is gone or was put off is ignored by its owner. Order is total (deadline, kind, key), hence the
 * same in every run. Core thread only; fixed memory, AS_TIMER_MAX.
 */
#ifndef AS_CORE_TIMERS_H
#define AS_CORE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"

typedef enum as_timer_kind {
    AS_TIMER_FACT_FREEZE = 1,   /* key: fact serial; t0 + m_freeze_min */
    AS_TIMER_FACT_EXPIRY = 2,   /* key: fact serial */
    AS_TIMER_SIGNAL_EXPIRY = 3, /* key: fact serial << 32 | linked << 8 | strategy */
    AS_TIMER_SESSION_CLOSE = 4, /* key: calendar */
    AS_TIMER_OUTSIDE_EXPIRY = 5 /* key: a place of core/outside.c; after the close that it falls on has been decided */
} as_timer_kind;

typedef struct as_timer {
    uint64_t deadline;
    uint64_t key;
    uint64_t kind;
} as_timer;

typedef struct as_timers {
    as_timer *heap;
    uint32_t count;
    uint32_t count_max;
    uint64_t refused; /* the heap was full */
} as_timers;

int as_timers_init(as_timers *timers, uint32_t count_max);
void as_timers_fini(as_timers *timers);

/* Is there no room for a signal's deadline? A reserve is kept for facts and sessions. Asking counts as a refusal. */
static inline bool as_timers_full(as_timers *timers)
{
    bool full = timers->count + AS_TIMER_RESERVE >= timers->count_max;
    timers->refused += full;
    return full;
}

/* false, and counted, when the heap is full. */
bool as_timers_add(as_timers *timers, as_timer timer);

/* The next deadline, UINT64_MAX if there is none. */
static inline uint64_t as_timers_next(const as_timers *timers)
{
    return timers->count ? timers->heap[0].deadline : UINT64_MAX;
}

/* Take the next timer. Only with count > 0. */
as_timer as_timers_take(as_timers *timers);

#endif
