/*
 * The story of a day, for the terminal: what happened, how far it should have travelled, how far it did, what was said
 * of it and what was not done about it. At most 60 lines of at most 100 columns.
 *
 * Everything is read from an engine that has replayed the day's journal. One thread.
 */
#ifndef AS_APPS_COMMON_DEMO_STORY_H
#define AS_APPS_COMMON_DEMO_STORY_H

#include <stdbool.h>
#include <stdio.h>

#include "apps/common/setup.h"
#include "apps/sim/scenario.h"

typedef struct as_story {
    const as_sim_scenario *scenario;
    const char *headlines_path;
    as_engine *engine;
    bool colour;
} as_story;

/* Escape sequences, or nothing. */
typedef struct as_paint {
    const char *bold, *dim, *red, *green, *yellow, *plain;
} as_paint;

as_paint as_paint_of(bool colour);

/* The headlines and the shock, the names by bucket, the controls, the trades that were not made. */
void as_story_print(const as_story *story, FILE *out);

/* New York's time of a moment: HH:MM on the day, else the date. */
void as_story_clock(const as_sim_scenario *scenario, uint64_t ts, char *out, size_t out_bytes);

/* Is there a shock to tell of? */
bool as_story_has_shock(const as_story *story);

#endif
