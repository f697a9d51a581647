/*
 * When a name trades: a self-exciting point process (Hawkes 1971), in its form of clusters (Hawkes and Oakes 1974).
 *
 * First trades come by chance along the U-shaped curve of activity (half of it evenly, half as the variance of
 * core/stats/seasonality.h); each trade is followed by a Poisson number of others, `cluster` on average, after
 * exponential delays of mean cluster_s. Their number in a session is `count` on average; those that would fall behind
 * the close are lost. With cluster 0 the trades are a plain Poisson process.
 *
 * One thread. Memory: the caller's.
 */
#ifndef AS_APPS_SIM_ARRIVALS_H
#define AS_APPS_SIM_ARRIVALS_H

#include <stddef.h>

#include "apps/sim/random.h"
#include "core/calendar.h"

typedef struct as_sim_arrivals {
    double count;   /* a session, on average */
    double cluster; /* below 1 */
    double cluster_s;
} as_sim_arrivals;

/* Times in (open, close), ascending; at most ts_max of them (the rest is left out). Returns how many. */
uint32_t as_sim_arrivals_make(const as_sim_arrivals *arrivals, as_sim_random *random, const as_session *session,
                              uint64_t *ts, uint32_t ts_max);

/* A Poisson number. mean >= 0. */
uint32_t as_sim_poisson(as_sim_random *random, double mean);

#endif
