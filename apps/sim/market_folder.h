/*
 * A simulated market's folder: everything that `replay`, `backtest` or a daemon needs, and the truth about it.
 *
 *   aftershock.yaml  universe.csv  playbook.yaml  daily.csv  headlines.ndjson  truth.json, and the prices (sim_out.h)
 *
 * daily.csv holds the closes of the sessions before the first simulated one. The same scenario, seed and options give
 * the same bytes. docs/SIMULATOR.md has truth.json's keys.
 */
#ifndef AS_APPS_SIM_MARKET_FOLDER_H
#define AS_APPS_SIM_MARKET_FOLDER_H

#include "apps/sim/out.h"

typedef struct as_market_folder {
    uint64_t seed;
    uint32_t sessions; /* 0: as the scenario says */
    as_sim_format format;
    uint32_t bar_minutes;
    bool force; /* write over a folder that is not empty */
} as_market_folder;

typedef struct as_market_folder_counts {
    uint32_t sessions, history_sessions, names, headlines, priced, noise;
    as_sim_out_counts out;
} as_market_folder_counts;

/* 0, or a negative errno with the error chain set. */
int as_market_folder_write(const as_sim_market *market, const as_market_folder *options, const char *folder,
                           as_market_folder_counts *counts);

#endif
