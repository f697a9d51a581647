/*
 * What a strategy sees (as_view) and what it may say (as_verdict).
 *
 * A strategy is a pure function of a view and of its own small state for one name of one fact; the engine calls it on
 * the core thread, after every measure of the instant has been updated. It returns at most one verdict per call: that
 * is what bounds its output. The life cycle (open, update, close, expire, identity, update rate, near misses) is the
 * engine's, see core/signal.h, so that no strategy can forget to close.
 *
 * Threads: the core thread only. A strategy must not allocate, lock, make a system call or read a clock.
 */
#ifndef AS_CORE_VIEW_H
#define AS_CORE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/decision.h"
#include "core/playbook.h"
#include "core/probability.h"

#define AS_STRATEGY_ABI 2u

/* Ours: an underreaction that begins below under_ratio of E ends at this many times that. */
#define AS_UNDER_CLOSE_MULTIPLE 1.5

/*
 * Who the name is to the fact. AS_ROLE_OUTSIDE and AS_ROLE_PAIR: no fact at all, once a session at the name's close,
 * alone and as a leg of a pair of the playbook (core/outside.h). A strategy is asked about the roles it takes.
 */
typedef enum as_role { AS_ROLE_LINKED = 0, AS_ROLE_EPICENTRE = 1, AS_ROLE_OUTSIDE = 2, AS_ROLE_PAIR = 3 } as_role;

typedef struct as_view {
    /* the instant */
    uint64_t now;          /* logical time, ns UTC */
    uint64_t t0;           /* the headline's receive time */
    uint64_t session_open; /* of the name's session at now */
    bool session_bars;     /* the name is known by bars of a session or longer: daily mode */
    /* the fact */
    uint8_t role;                 /* as_role */
    uint8_t status;               /* as_fact_status */
    uint8_t tier;                 /* of the best source so far */
    bool fade;                    /* the family may be faded */
    bool frozen;                  /* M no longer moves (DESIGN 6.14) */
    int8_t dir;                   /* sign of the shock at the epicentre */
    int8_t chain_sign;            /* sign the shock has on this name: of E, or of the basket where w is 0 */
    int8_t basket_sign;           /* sign of the mean abnormal return of the linked names */
    double m, g;                  /* M in sigma, status gate */
    double w, s_w;                /* the channel; s_w is widened while the controls contradict */
    double breadth;               /* B: share of the linked names with sign-consistent |z| >= 2 */
    double control_k;             /* K, NAN with fewer controls than needed */
    bool contradicted;            /* K beyond its threshold against the basket */
    bool shocked;                 /* epicentre and basket have moved by shock_z: core/shock.h */
    double z_epicentre, z_basket; /* NAN unknown */
    double dispersion;            /* D: standard deviation of z over the linked names, NAN below two */
    double vol_ratio;             /* recent over usual volatility of the basket at t0, NAN unknown */
    uint32_t stops;               /* fades of this fact that were stopped */
    double credibility;           /* probability that the claim is true (core/fact.h), NAN unknown */
    double flagged_mean_ar; /* mean abnormal return of this session over names with |OS| >= os_open; NAN if none */
    /* the name */
    uint32_t instrument;
    double beta, sigma;      /* daily, as frozen at t0 */
    double car;              /* cumulated abnormal log return since the anchor */
    double h;                /* session-aligned time since the anchor */
    double z, e, os;         /* SCIENCE 2.5, 3.2, 3.3; NAN where sigma is unknown */
    double x, x_mean;        /* sector-hedged CAR and the level it should return to (SCIENCE 4.3) */
    double s;                /* OU s-score (x - x_mean) / s_eq, NAN without a usable fit */
    double ou_b, ou_k;       /* AR(1) coefficient and speed per year, NAN without a fit */
    double variance_ratio;   /* VR(5) of 1-minute mids since t0, NAN while there are too few */
    double since_news;       /* H since t0, or since the fact's status changed last */
    double z_held;           /* z by the H at which M froze: what has happened since does not fade; NAN before */
    bool in_time;            /* |OS| has reached os_open within react_sessions of the news: it is a reaction */
    bool transmitted;        /* z_held has come most of the way to E once, 1.5 under_ratio of it */
    double later;            /* sigmas of this move that facts anchored later justify, already out of os */
    uint64_t extreme_age_ns; /* since the last new extreme of CAR in the direction of the move */
    uint64_t jump_age_ns;    /* since the last Lee-Mykland jump of the name; AS_TS_UNDEFINED none */
    int64_t mid;             /* 1e-9 */
    double half_spread_bps;  /* of the quote, or from the configured costs */
    double spread_ratio;     /* spread over its running median, NAN without quotes */
    double depth_ratio;      /* size at the best prices over its running median, NAN without quotes */
    uint64_t blocks;         /* AS_REASON_BIT set: HALT STALE WARMUP NO_FACTOR GAP conditions; nothing may open */
    uint64_t context;        /* AS_REASON_BIT set that describes the fact: RUMOUR_T1, LATE_NEWS, RECOMBINED, ... */
    bool own_news;           /* the name has had news of its own within own_news_hours */
    /* outside events only */
    double s_mod;     /* s less the drift of the residual (Avellaneda and Lee's modified score) */
    double s_eq;      /* standard deviation of x about x_mean */
    uint32_t partner; /* the pair's other name */
    uint8_t leg;      /* of a pair: 1 the name that is explained, 2 the one that explains it; 0 none */
    double hedge;     /* value of the partner to hold, on the other side, against one of this name */
    /* this strategy's signal on this name, if one is open */
    bool open;
    int8_t open_side;
    uint8_t open_kind; /* as_signal_kind of the open signal */
    uint64_t opened_at;
    double open_x; /* x at the opening */
    int64_t open_px;
    uint64_t cooldown_until; /* 0 if none */
    /* parameters */
    const as_thresholds *thresholds;
    const as_costs_config *costs;
    const as_probability *probability; /* NULL: not calibrated */
} as_view;

typedef enum as_want {
    AS_WANT_NONE = 0, /* nothing to say; an open signal stays as it is */
    AS_WANT_OPEN = 1, /* conditions hold; opens unless vetoes is non-zero. With an open signal: keep, values updated */
    AS_WANT_CLOSE = 2 /* close an open signal, for reasons */
} as_want;

typedef struct as_verdict {
    uint8_t want; /* as_want */
    uint8_t kind; /* as_signal_kind */
    int8_t side;
    bool near_miss;     /* a vetoed opening is worth publishing as an update with its vetoes */
    bool cooldown;      /* after this close the strategy rests for cooldown_min */
    uint64_t reasons;   /* why, AS_REASON_BIT set */
    uint64_t vetoes;    /* what keeps it from opening, AS_REASON_BIT set */
    double strength, p; /* NAN undefined */
    double rev_bps, cost_bps;
    uint64_t half_life_ns;     /* AS_TS_UNDEFINED undefined */
    uint32_t horizon_sessions; /* valid for so many sessions of the name's calendar */
    int64_t target, stop;      /* AS_PX_UNDEFINED undefined */
} as_verdict;

/*
 * When a strategy is asked about a linked name. AS_ASK_SCORED saves the building of a view while a name is quiet: it
 * promises to say nothing while |OS| < os_open and |E| < under_e (or M still moves), unless a signal of its own is
 * open, vetoed or spent on the name.
 */
typedef enum as_ask { AS_ASK_ALWAYS = 0, AS_ASK_SCORED = 1 } as_ask;

typedef struct as_strategy {
    uint32_t abi;           /* AS_STRATEGY_ABI */
    uint32_t view_bytes;    /* sizeof(as_view) it was built with */
    uint32_t verdict_bytes; /* sizeof(as_verdict) */
    uint32_t state_bytes;   /* of its own state per (fact, name), at most AS_STRATEGY_STATE_BYTES; zeroed at t0 */
    uint32_t ask;           /* as_ask */
    uint32_t roles;         /* set of 1 << as_role that it takes; 0: those of facts, linked and epicentre */
    const char *name;       /* topic component and configuration word; [a-z0-9_], at most 23 bytes */
    void (*evaluate)(const as_view *view, void *state, as_verdict *verdict); /* verdict comes in cleared */
} as_strategy;

/* Is the strategy to be asked about names in this role? */
static inline bool as_strategy_takes(const as_strategy *strategy, as_role role)
{
    uint32_t roles = strategy->roles ? strategy->roles : 1u << AS_ROLE_LINKED | 1u << AS_ROLE_EPICENTRE;
    return roles >> role & 1;
}

static inline int as_sign(double x)
{
    return (x > 0) - (x < 0);
}

#endif
