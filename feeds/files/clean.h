/*
 * Cleaning of recorded ticks, the usual first steps before anything is estimated from them.
 *
 * Source of the rules: Barndorff-Nielsen, Hansen, Lunde and Shephard 2009, "Realized kernels in practice: trades and
 * quotes", Econometrics Journal 12(3), section 3.1: P1 (between open and close), P2 (no zero prices: a reader refuses
 * them), Q2 (no negative spread), Q3 (no spread beyond a multiple of the day's median), T4 and Q1 (one record a stamp:
 * the median price). P3, T1 and T2 (one exchange, no corrections, normal conditions) are a mapping's `keep`.
 *
 * One thing differs: Q3's median is that of the session so far, not of the whole day, so that cleaning knows no
 * future and a replay says what the live daemon would have said. The first AS_CLEAN_SPREADS_MIN quotes of a session
 * pass it.
 *
 *   as_cleaner_push(event) -> as_cleaner_pop(event) until it gives none; as_cleaner_end, and pop again
 *
 * Merging holds the events of one source stamp until another comes. Up to AS_CLEAN_HELD_MAX: more are merged in parts,
 * counted. Threads: one at a time. Memory: allocated at new; a name's median when it is first met (one-off).
 */
#ifndef AS_FEEDS_CLEAN_H
#define AS_FEEDS_CLEAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/calendar.h"
#include "core/config.h"
#include "core/event.h"

enum { AS_CLEAN_HELD_MAX = 4096, AS_CLEAN_SPREADS_MIN = 50 };

typedef struct as_cleaner as_cleaner;

typedef struct as_clean_counters {
    uint64_t out_of_session;
    uint64_t one_sided;
    uint64_t crossed;
    uint64_t wide;
    uint64_t merged;   /* records that became part of another */
    uint64_t overfull; /* stamps merged in parts */
} as_clean_counters;

/* calendar_of: the calendar of an instrument. 0 or -ENOMEM. */
int as_cleaner_new(const as_clean_rules *rules, const as_calendar *(*calendar_of)(void *arg, uint32_t instrument),
                   void *arg, as_cleaner **cleaner);
void as_cleaner_free(as_cleaner *cleaner); /* NULL is allowed */

/* Does it do anything? */
bool as_clean_rules_any(const as_clean_rules *rules);

/* A trade or a quote; any other event passes. Only when pop has given everything. */
void as_cleaner_push(as_cleaner *cleaner, const as_event *event);

/* Nothing more will be pushed. */
void as_cleaner_end(as_cleaner *cleaner);

bool as_cleaner_pop(as_cleaner *cleaner, as_event *event);

const as_clean_counters *as_cleaner_counters_get(const as_cleaner *cleaner);

#endif
