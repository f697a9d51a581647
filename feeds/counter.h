/*
 * A statistic: written by one thread, read by any.
 *
 * The writer owns the counter, so it adds with a plain load and store and needs no locked instruction; a reader
 * sees some value that was current a moment ago. Counters order nothing: no reader may conclude from one counter
 * what another one holds.
 */
#ifndef AS_FEEDS_COUNTER_H
#define AS_FEEDS_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct as_counter {
    _Atomic uint64_t value;
} as_counter;

/* Owner only. */
static inline void as_counter_add(as_counter *counter, uint64_t n)
{
    uint64_t value = atomic_load_explicit(&counter->value, memory_order_relaxed); /* relaxed: own value */
    atomic_store_explicit(&counter->value, value + n, memory_order_relaxed);      /* relaxed: a statistic */
}

/* Owner only. */
static inline void as_counter_set(as_counter *counter, uint64_t value)
{
    atomic_store_explicit(&counter->value, value, memory_order_relaxed); /* relaxed: a statistic */
}

/* Any thread. */
static inline uint64_t as_counter_get(const as_counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed); /* relaxed: a statistic */
}

#endif
