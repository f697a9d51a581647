/*
 * A scenario: what the simulator is told of a day, and what follows from it.
 *
 * scenario.yaml names a universe, a playbook and headlines (paths relative to its folder), the day, the fact, the
 * market factor and the other names with their close before, their move on the day, beta, sigma and a few guesses;
 * see examples/reference-day/scenario.yaml. Loading also scores every name by the playbook, as the engine should at
 * the close: that is the truth the simulated day is checked against.
 *
 * Cold path, one thread. Memory: the heap, freed as one.
 */
#ifndef AS_APPS_SIM_SCENARIO_H
#define AS_APPS_SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/playbook.h"
#include "core/universe.h"

enum {
    AS_SIM_NAME_MAX = 1024,
    AS_SIM_LABEL_BYTES = 160,
    AS_SIM_SESSION_MIN = 250, /* of history */
    AS_SIM_SESSION_MAX = 2000,
    AS_SIM_QUOTE_MIN = 100, /* updates of a name in the session */
    AS_SIM_QUOTE_MAX = 100000
};

typedef enum as_sim_role {
    AS_SIM_MARKET = 0,
    AS_SIM_EPICENTRE,
    AS_SIM_LINKED,
    AS_SIM_CONTROL,
    AS_SIM_OTHER /* an index, or no channel in the playbook */
} as_sim_role;

typedef enum as_sim_class {
    AS_SIM_NONE = 0,     /* in line */
    AS_SIM_JUSTIFIED,    /* |E| >= under_e, and the move is no more than that within the score's tolerance */
    AS_SIM_WATCH,        /* half way to an overreaction */
    AS_SIM_OVERREACTION, /* |OS| >= os_open along the shock */
} as_sim_class;

typedef struct as_sim_name {
    char symbol[AS_SYMBOL_BYTES];
    uint32_t instrument;
    uint32_t line; /* in the scenario */
    /* given */
    int64_t close_cents; /* before the day */
    double move;         /* logarithmic, close to close */
    double beta, sigma, common;
    uint32_t quote_count;
    /* follows */
    uint8_t role, expected; /* as_sim_role, as_sim_class */
    double z, w, s_w, e, os;
} as_sim_name;

typedef struct as_sim_scenario {
    char path[AS_PATH_BYTES];
    char universe_path[AS_PATH_BYTES], playbook_path[AS_PATH_BYTES], headlines_path[AS_PATH_BYTES];
    char name[64], label[AS_SIM_LABEL_BYTES];
    int32_t date; /* YYYYMMDD */
    uint32_t history_sessions;
    char issuer[AS_SYMBOL_BYTES], family[AS_EVENT_NAME_BYTES], status[32];
    double m, g; /* M and the gate, at the close */
    as_universe universe;
    bool universe_loaded;
    as_playbook *playbook;
    const as_session *session; /* of the day, in the market's calendar */
    uint64_t midnight;         /* that the day's ITCH stamps count from, ns UTC: New York's */
    int32_t utc_offset_s;      /* of New York's clock, on that day */
    as_sim_name *sim;          /* sim[0] is the market */
    uint32_t count;
} as_sim_scenario;

/* 0; or a negative errno with the error chain set. as_sim_scenario_fini is safe either way. */
int as_sim_scenario_load(as_sim_scenario *scenario, const char *path);
void as_sim_scenario_fini(as_sim_scenario *scenario);

const char *as_sim_role_text(as_sim_role role);
const char *as_sim_class_text(as_sim_class expected);

#endif
