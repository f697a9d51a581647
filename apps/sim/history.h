/*
 * The sessions before the day: closes of every name, such that the engine's own estimators end where the scenario says.
 *
 *   market   r_m = sigma_m x normal
 *   name     r = beta r_m + e,  e = sigma (c f + sqrt(1 - c^2) x normal),  f the common factor of the residuals
 *
 * as_market_model is linear in e as far as the final beta goes (adding -d r_m to every e moves it by -d), and its
 * variance is quadratic in e. So two passes through the model itself, one that takes the error of beta out of e and one
 * that scales e, make it end at beta and sigma exactly, up to the rounding of closes to cents.
 *
 * Deterministic in the seed. Cold path, one thread; memory on the heap.
 */
#ifndef AS_APPS_SIM_HISTORY_H
#define AS_APPS_SIM_HISTORY_H

#include <stdint.h>

#include "apps/sim/scenario.h"

typedef struct as_sim_history {
    uint32_t sessions;
    const as_session **session; /* oldest first; the last is the one before the day */
    int64_t *close_cents;       /* [session * names + name] */
} as_sim_history;

/* 0; or a negative errno with the error chain set. */
int as_sim_history_make(as_sim_history *history, const as_sim_scenario *scenario, uint64_t seed);
void as_sim_history_fini(as_sim_history *history);

/* CSV date,symbol,close. 0, or a negative errno with the error chain set. */
int as_sim_history_write(const as_sim_history *history, const as_sim_scenario *scenario, const char *path);

#endif
