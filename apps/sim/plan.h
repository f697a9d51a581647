/*
 * The plan of a simulated market: its sessions, the events planted in them, and the newswire.
 *
 * Made before any price is drawn, from streams of its own; what an event needs of the prices (a name's true volatility)
 * is filled in by the feed when the session comes. docs/SIMULATOR.md says what truth.json says of it.
 *
 * A planted log move of a name, d = sigma sqrt(h_ref), H session-aligned since the last price before t0:
 *   justified  d e_true min(1, sqrt(H/h_ref))     the score's own z of it is constant until t_ref; then it stays
 *   excess     d excess min(1, sqrt(H/h_ref))     until t_ref, then halves every half-life; or stays
 *   epicentre  d z min(1, (H/h_ref)^(1/4))        ahead of the others: nobody overreacts because M is late
 *   answers    a denial takes all of it back, a confirmation raises the gate to that of a confirmed fact: linearly over
 *              0.08 of a session, at once if it comes while the market is closed
 *
 * A family is not planted again on an issuer before its last headline is AS_PLAN_GAP_SESSIONS old: the fact would
 * still be open.
 * One thread. Memory: the heap.
 */
#ifndef AS_APPS_SIM_PLAN_H
#define AS_APPS_SIM_PLAN_H

#include "apps/sim/market.h"
#include "apps/sim/wire.h"
#include "core/limits.h"

enum {
    AS_PLAN_ID_BYTES = 24,
    AS_PLAN_TEXT_BYTES = 200,
    AS_PLAN_HEADLINES_MAX = 4, /* of one event */
    AS_PLAN_GAP_SESSIONS = 13  /* expiry_sessions and some */
};

/* One session of one calendar. */
typedef struct as_plan_session {
    const as_session *session;
    uint32_t calendar;
} as_plan_session;

typedef struct as_planted {
    uint32_t name; /* of the market's sim */
    bool epicentre;
    double w, s_w, w_true;                     /* NAN for the epicentre */
    double e, e_true, excess, planted_os;      /* sigma at t_ref; of an epicentre e_true is its planted z */
    double e_confirmed;                        /* what a confirmation adds to e_true */
    double half_life;                          /* sessions; 0: none, the excess stays */
    double v_anchor, v_start, v_ref, v_answer; /* session clock of the name's calendar; v_answer 0: none */
    double h_ref;
    uint64_t t_ref;
    double sigma; /* true, daily; 0 until the session comes */
    bool settled; /* its move is over: the feed has added it to the price for good */
} as_planted;

typedef struct as_plan_headline {
    uint64_t ts;
    char id[AS_PLAN_ID_BYTES];
    const char *source;
    uint32_t issuer; /* AS_INSTRUMENT_NONE: none */
    uint32_t event;
    char text[AS_PLAN_TEXT_BYTES];
} as_plan_headline;

typedef struct as_plan_event {
    uint8_t kind;       /* as_plant_kind */
    uint8_t status;     /* as_plant_status */
    uint32_t issuer;    /* AS_INSTRUMENT_NONE: none */
    const char *family; /* NULL: none */
    uint32_t session;   /* the market's session it falls in, from 0 */
    int dir, own_sign;
    double m, g;
    uint64_t t0, t_ref, answered_at; /* answered_at 0: never */
    double h_ref;
    uint32_t headline_count;
    char headline[AS_PLAN_HEADLINES_MAX][AS_PLAN_ID_BYTES];
    as_planted *planted; /* names, the epicentre among them if it has a price; NULL for noise and unrelated */
    uint32_t planted_count;
} as_plan_event;

/* What an event plants on a name: indices into plan->event and its planted. */
typedef struct as_plan_pair {
    uint32_t event, planted;
} as_plan_pair;

typedef struct as_sim_plan {
    const as_sim_market *market;
    as_plan_session *slot; /* every session to be simulated, all calendars, by time of opening */
    uint32_t slot_count;
    const as_session **session; /* the market factor's */
    uint32_t session_count;
    const as_session **history; /* the market factor's sessions before, oldest first */
    uint32_t history_count;
    as_plan_event *event; /* by t0 */
    uint32_t event_count;
    as_plan_headline *headline; /* by time */
    uint32_t headline_count;
    as_plan_pair *pair;   /* of priced events, name by name, then by t0 */
    uint32_t *pair_first; /* [name]: its first; [market->count] is the end */
} as_sim_plan;

/* sessions: how many (0: as the scenario says). 0, or a negative errno with the error chain set. */
int as_sim_plan_make(as_sim_plan *plan, const as_sim_market *market, uint64_t seed, uint32_t sessions);
void as_sim_plan_fini(as_sim_plan *plan);

/*
 * The priced events of a name that began before the close of a session and are not settled. pair has room for
 * event_count. Returns how many.
 */
uint32_t as_sim_plan_of(const as_sim_plan *plan, uint32_t name, const as_session *session, as_plan_pair *pair);

/* Log move planted by one event on one name at a moment of the session clock of the name's calendar. */
double as_sim_planted_move(const as_planted *planted, as_plant_kind kind, double clock);

#endif
