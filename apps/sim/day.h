/*
 * The simulated day: every name's way from the close before to its own close, as quotes and trades on a tape.
 *
 *   market  log price = move V + bridge                V the session clock since the close before (0..1)
 *   name    log price = beta x (market as quoted) + sigma sqrt(V) z(V)
 *           z(V) goes to the scenario's closing z, from a first part of it at the open; it ends there exactly
 *
 * So the standardised abnormal move that the engine computes is about z at any time. The epicentre is at its
 * closing z from the first quote on (M is fixed then); names that the news justifies come next, the others follow
 * through the day. No name passes its closing z on the way: the share of names beyond a threshold never exceeds
 * that at the close. Volatility and activity follow the U-shaped curve of core/stats/seasonality.h.
 */
#ifndef AS_APPS_SIM_DAY_H
#define AS_APPS_SIM_DAY_H

#include <stdint.h>

#include "apps/sim/scenario.h"

typedef struct as_sim_day_counts {
    uint64_t messages, quotes, trades;
} as_sim_day_counts;

/* Write the BinaryFILE. 0, or a negative errno with the error chain set. */
int as_sim_day_write(const as_sim_scenario *scenario, uint64_t seed, const char *path, as_sim_day_counts *counts);

#endif
