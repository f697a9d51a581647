/*
 * A market scenario: what the simulator is told of a whole market, `kind: market`.
 *
 * The file names a universe and a playbook (paths relative to its folder), when the market begins and for how long, the
 * market factor, every quoted name with its close, beta, daily residual volatility, correlation with its bucket, trades
 * a session and spread, the private issuers that have no price, how volatility behaves, and what is planted how often.
 * docs/SIMULATOR.md describes every key; examples/market/market.yaml is one. Errors name file, line and key.
 *
 * Cold path, one thread. Memory: the heap, freed as one.
 */
#ifndef AS_APPS_SIM_MARKET_H
#define AS_APPS_SIM_MARKET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/playbook.h"
#include "core/universe.h"

enum {
    AS_MARKET_NAME_MAX = 512,
    AS_MARKET_PRIVATE_MAX = 16,
    AS_MARKET_SESSION_MAX = 2520, /* ten years */
    AS_MARKET_HISTORY_MIN = 250,
    AS_MARKET_HISTORY_MAX = 2000
};

/* What is planted. The order is that of the words in a scenario and in truth.json. */
typedef enum as_plant_kind {
    AS_PLANT_JUSTIFIED = 0,
    AS_PLANT_OVERREACTION,
    AS_PLANT_NO_REVERSION,
    AS_PLANT_DENIAL,
    AS_PLANT_RUMOUR_CONFIRMED,
    AS_PLANT_PRICED, /* the kinds before move prices */
    AS_PLANT_NOISE = AS_PLANT_PRICED,
    AS_PLANT_UNRELATED,
    AS_PLANT_KIND_COUNT
} as_plant_kind;

/* What the first headline earns. */
typedef enum as_plant_status {
    AS_PLANT_RUMOUR_T1 = 0,
    AS_PLANT_RUMOUR_T2,
    AS_PLANT_DEVELOPING,
    AS_PLANT_CONFIRMED,
    AS_PLANT_STATUS_COUNT
} as_plant_status;

typedef struct as_market_name {
    char symbol[AS_SYMBOL_BYTES];
    uint32_t instrument;
    uint32_t line;      /* in the scenario */
    uint32_t calendar;  /* of the universe */
    uint8_t bucket;     /* AS_BUCKET_NONE: none */
    int64_t tick_px;    /* 1e-9: a cent; a hundred won */
    double close;       /* before the first session of history */
    double beta, sigma; /* market beta; daily residual volatility, logarithmic, in the long run */
    double common;      /* correlation of the residual with its bucket's factor, -1..1 */
    double trades;      /* a session, on average */
    double quotes;      /* updates a session, on average */
    double spread_bps;  /* of the mid, midday */
} as_market_name;

typedef struct as_range {
    double low, high;
} as_range;

typedef struct as_volatility {
    double arch, garch;          /* GARCH(1,1) of every daily factor: reaction and persistence, arch + garch < 1 */
    uint32_t tails;              /* degrees of freedom of Student's t that a day's moves follow, from 3 */
    double overnight;            /* share of a day's variance between close and open */
    double jump_rate, jump_size; /* jumps a day and factor; their standard deviation in daily sigmas */
} as_volatility;

typedef struct as_plant_rules {
    double every;                         /* sessions from one priced event to the next, on average */
    double before_open;                   /* share of events whose headline comes before the open */
    double private_share;                 /* share of priced events whose issuer has no price */
    double kind[AS_PLANT_PRICED];         /* weights */
    double status[AS_PLANT_STATUS_COUNT]; /* weights */
    as_range epicentre_z;                 /* |z| of the issuer at t_ref */
    as_range excess_os;                   /* excess over the score's denominator */
    as_range excess_share;                /* of the linked names that overreact */
    as_range half_life;                   /* sessions */
    as_range answer_hours;                /* from a rumour to its denial or confirmation */
    double noise_every;                   /* sessions from one noise fact to the next */
    double unrelated;                     /* headlines a session */
} as_plant_rules;

typedef struct as_sim_market {
    char path[AS_PATH_BYTES], universe_path[AS_PATH_BYTES], playbook_path[AS_PATH_BYTES];
    char name[64], label[160];
    int32_t start; /* YYYYMMDD: the first simulated session is on it or the next after it */
    uint32_t session_count, history_count;
    as_universe universe;
    bool universe_loaded;
    as_playbook *playbook;
    as_market_name *sim; /* sim[0] is the market factor */
    uint32_t count;
    uint32_t private_issuer[AS_MARKET_PRIVATE_MAX]; /* instruments */
    uint32_t private_count;
    as_volatility volatility;
    double cluster, cluster_s; /* trades that follow from one trade; after how many seconds, on average */
    bool close_mid;            /* bars close at the last trade's mid, not at its price */
    as_plant_rules plant;
} as_sim_market;

/* 0; or a negative errno with the error chain set. as_sim_market_fini is safe either way. */
int as_sim_market_load(as_sim_market *market, const char *path);
void as_sim_market_fini(as_sim_market *market);

/* Is this scenario file a market (`kind: market`)? false for anything that cannot be read: the loader says why. */
bool as_sim_market_is(const char *path);
/* The same, with an error for a file that cannot be read as YAML. */
int as_sim_market_kind(const char *path, bool *is);

/* Index in sim, -1: not quoted. */
int as_sim_market_find(const as_sim_market *market, uint32_t instrument);

const char *as_plant_kind_text(as_plant_kind kind);
const char *as_plant_status_text(as_plant_status status);

#endif
