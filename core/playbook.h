/*
 * The playbook: how news of each family travels. Compiled from playbook.yaml, immutable, identified by generation.
 *
 *   version: text
 *   sources:     {NAME: {class: official|press|aggregator|social, tier: 1..4}}
 *   events:      {NAME: {default_M, fade, signed, object, control, epicentre, phrases: [..],
 *                channels: {KEY: {w, s, why}}}}
 *                KEY is a bucket, a symbol, or winner | same_bucket | supplier | customer; [w, s, why] is short for
 *                the map
 *   controls:    {NAME: {members: [..], q: [..], needs: N}}; if no family names one, all take the first
 *   status_gate: {RUMOUR_T1, RUMOUR_T2, RUMOUR_T3, DEVELOPING, CONFIRMED, DENIED: 0..1}
 *   pairs:       [[A, B], ..], see core/playbook_pairs.h
 *   thresholds:  the numbers of SCIENCE 6, see as_thresholds
 *
 * Errors name file, line, key, what was found and what is allowed. A channel or member that is neither a bucket nor a
 * symbol of this universe is a warning (a playbook serves many universes).
 */
#ifndef AS_CORE_PLAYBOOK_H
#define AS_CORE_PLAYBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/headline.h"
#include "core/limits.h"
#include "core/universe.h"

/*
 * Names of event families, interned for the life of the process so that an index means the same in every generation.
 * The guide's names (labels/GUIDE.md) come first; index 0 is "other". Append-only, at start and reload, never on the
 * hot path; a reader holds an index only after the entry was written.
 */
uint16_t as_event_type_intern(const char *name); /* UINT16_MAX when the table is full */
int as_event_type_find(const char *name);        /* -1 if unknown */
const char *as_event_type_name(uint16_t event_type);
uint16_t as_event_type_count(void);
/* May a company have several such claims at once (lawsuits, deals, products)? Results, guidance, job cuts: one. */
bool as_event_type_concurrent(uint16_t event_type);

typedef struct as_channel {
    double w;     /* sigma of the target per sigma of the epicentre, signed */
    double s;     /* prior standard deviation of w */
    char why[32]; /* the channel's kind: competitor, customer, none, ... */
    bool set;
} as_channel;

typedef struct as_symbol_channel {
    uint32_t instrument;
    as_channel channel;
} as_symbol_channel;

typedef struct as_event_family {
    uint16_t event_type;
    bool used;          /* the playbook lists this family */
    bool fade;          /* false: never a mean reversion (default true) */
    bool is_signed;     /* weights carry the direction themselves (DESIGN 6.15; default false) */
    double default_m;   /* M of an epicentre without a price, in sigma (default 2) */
    char object[48];    /* last part of the fact key; may be empty */
    int control;        /* index into control[], -1 none */
    uint32_t epicentre; /* whose price gives M and dir where the issuer has none; AS_INSTRUMENT_NONE */
    uint32_t order;     /* position in the file: earlier wins when phrases of two families match */
    uint32_t phrase_count;
    char **phrase;
    uint32_t *phrase_line; /* in the file, for messages */
    as_channel bucket[AS_BUCKET_MAX];
    as_channel winner, same_bucket, supplier, customer;
    as_symbol_channel *symbol; /* sorted by instrument */
    uint32_t symbol_count;
} as_event_family;

typedef struct as_control {
    char name[AS_EVENT_NAME_BYTES];
    uint32_t member[AS_CONTROL_MAX];
    double q[AS_CONTROL_MAX];
    uint32_t member_count; /* members that are in the universe */
    uint32_t needs;        /* least members with a value, default 3 */
} as_control;

/* Two names whose prices are held together: the first is explained by the second. Of one calendar. */
typedef struct as_pair {
    uint32_t leg[2];
} as_pair;

typedef struct as_news_source {
    char name[AS_HEADLINE_SOURCE_BYTES]; /* compared without case */
    uint8_t source_class;
    uint8_t tier;
} as_news_source;

/* Gate G(status), SCIENCE 1.4. */
typedef struct as_status_gate {
    double rumour[5]; /* by tier 1..4; [0] unused; tier 4 takes RUMOUR_T3 */
    double developing, confirmed, denied;
} as_status_gate;

/* SCIENCE 6's table; the key in the file is the member's name. */
typedef struct as_thresholds {
    double lambda_vol;                           /* 0.94 */
    double beta_half_life_days;                  /* 60 */
    double h_floor;                              /* 0.02 */
    double overnight_share;                      /* 0.30 */
    double m_min, m_max;                         /* 1, 6 */
    double m_freeze_min;                         /* 60, minutes after t0 */
    double os_open, os_close;                    /* 2.0, 1.0 */
    double z_breadth, z_hysteresis;              /* 2.0, 0.1 */
    double breadth_gate;                         /* 0.30 */
    double s_open;                               /* 1.25 */
    double s_close_long, s_close_short;          /* 0.50, 0.75 */
    double k_min;                                /* 8.4 per year */
    double half_life_days;                       /* 2.5 */
    double horizon_days;                         /* 5 */
    double rho_base, rho_breadth;                /* 0.10, 0.45 */
    double edge_cost_multiple;                   /* 2.5 */
    double own_news_hours;                       /* 24 */
    double own_news_relevance, own_news_novelty; /* 0.5, 0.5 */
    double control_news_days;                    /* 10 */
    double control_k;                            /* 2.0 */
    double novelty_half_life_hours;              /* 24 */
    double novelty_min;                          /* 0.2 */
    double cluster_jaccard, cluster_containment; /* 0.35, 0.55 */
    double stabilisation_min;                    /* 30 */
    double quote_stale_s;                        /* 5 */
    double resume_wait_s;                        /* 300 */
    double resume_quotes;                        /* 20 */
    double bar_stale_days;                       /* 2, of session time */
    double spread_median_multiple;               /* 5: a wider quote is not valid */
    double trade_spread_multiple;                /* 3: a wider quote opens no trade */
    double cooldown_min;                         /* 30, after STOP */
    double update_s;                             /* 60, least time between updates without another cause */
    double warmup_sessions;                      /* 40 */
    double lookback_s;                           /* 60: how far back an anchor may be looked up */
    double expiry_sessions;                      /* 10 */
    double under_e, under_ratio;                 /* 1.0, 0.5: UNDERREACTION (DESIGN 6.18) */
    double weak_w;                               /* 0.10: |w| up to which a confirmed fact may be faded */
    double shock_z;        /* 4.0: joint z of epicentre and basket from which a headline is a shock */
    double react_sessions; /* 1: an overreaction opens no later after t0 */
    double vol_regime;     /* 1.5: recent over usual volatility of the basket */
    double z_fade_max;     /* 6: a larger |z| is not faded below the breadth gate */
    double kill_stops;     /* 3: stops on one fact after which it is not faded again */
    double depth_min;      /* 0.25: size at the best prices, of its median, to open a trade */
} as_thresholds;

typedef struct as_playbook {
    uint32_t generation; /* 0 for the first, +1 a reload */
    char version[AS_VERSION_BYTES];
    as_event_family family[AS_EVENT_TYPE_MAX]; /* indexed by event type */
    as_control control[AS_CONTROL_GROUP_MAX];
    uint32_t control_count;
    as_pair pair[AS_PAIR_MAX];
    uint32_t pair_count;            /* pairs whose names are both in the universe */
    as_news_source *source;
    uint32_t source_count;
    as_status_gate gate;
    as_thresholds thresholds;
    uint64_t hash; /* XXH3-64 of the file's bytes */
    char *path;    /* of the file, for messages */
    char *text;    /* the file's bytes, journaled on reload */
    size_t text_bytes;
} as_playbook;

/* Compile bytes (path is for messages). 0 and *playbook, or a negative errno with the error chain set. */
int as_playbook_compile(const char *path, const char *text, size_t text_bytes, const as_universe *universe,
                        uint32_t generation, as_playbook **playbook);
/* Read a file and compile it. */
int as_playbook_load(const char *path, const as_universe *universe, uint32_t generation, as_playbook **playbook);
void as_playbook_free(as_playbook *playbook);

/* SCIENCE 6's defaults. */
void as_thresholds_default(as_thresholds *thresholds);

/*
 * The channel from issuer to instrument for a family; .set is false if there is none. The one that says most about this
 * very pair counts: winner for the issuer itself; symbol; supplier or customer (w and s times the link's weight);
 * same_bucket; bucket (DESIGN 6.17).
 */
as_channel as_playbook_channel(const as_playbook *playbook, const as_universe *universe, uint16_t event_type,
                               uint32_t issuer, uint32_t instrument);

/* G(status) for a rumour's tier; SCIENCE 1.4. */
const as_news_source *as_playbook_source(const as_playbook *playbook, const char *name);

#endif
