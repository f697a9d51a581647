/*
 * A simulated folder: everything of a scenario that `replay`, `inspect` or a daemon needs, and the truth about it.
 *
 *   aftershock.yaml  universe.csv  playbook.yaml  daily.csv  headlines.ndjson  day.itch  truth.json
 *
 * The same scenario and seed give the same bytes.
 */
#ifndef AS_APPS_SIM_FOLDER_H
#define AS_APPS_SIM_FOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "apps/sim/day.h"
#include "apps/sim/scenario.h"

/*
 * Write into folder, which must not exist or be empty unless force (other files in it stay). 0, or a negative errno
 * with the error chain set.
 */
int as_sim_folder_write(const as_sim_scenario *scenario, uint64_t seed, const char *folder, bool force,
                        as_sim_day_counts *counts);

/* The folder's parts, for other kinds of scenario: the folder itself; a file in it (path: AS_PATH_BYTES); a copy. */
int as_sim_folder_make(const char *folder, bool force);
int as_sim_folder_open(const char *folder, const char *name, char *path, FILE **file);
int as_sim_folder_close(FILE *file, const char *path);
int as_sim_folder_copy(const char *from, const char *folder, const char *name);

/* The configuration's part that has nothing to do with feeds; for a daemon's own file beside it. */
void as_sim_folder_config(FILE *file, const as_sim_scenario *scenario);

#endif
