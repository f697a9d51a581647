/*
 * From measures to decisions: builds the strategies' views, runs them, turns verdicts into signals, and says facts and
 * shocks. The engine's own; see core/engine.h for when each is called.
 */
#ifndef AS_CORE_DECIDE_H
#define AS_CORE_DECIDE_H

#include "core/engine.h"

/* Where one strategy's signal on one name lives, and what it hangs on. */
typedef struct as_place {
    as_signal *signal;
    uint32_t strategy;   /* index among the engine's */
    const as_fact *fact; /* NULL: none, outside events */
    const char *key;     /* part of the signal's identity, beside strategy and symbol */
    uint64_t anchor_seq; /* AS_TS_UNDEFINED: none */
    as_timer_kind timer; /* of its deadline */
    uint64_t timer_key;
} as_place;

/*
 * One strategy on one name: asks it, and turns the verdict into what happens to the signal. The view's members on the
 * open signal are filled in here. true: a stop has closed the signal.
 */
bool as_decide_signal(as_engine *engine, const as_place *place, as_view *view);

/* End an open signal without asking, for reasons: AS_ACTION_EXPIRE or AS_ACTION_CLOSE. Nothing if it is not open. */
void as_decide_finish(as_engine *engine, const as_place *place, const as_view *view, uint64_t reasons,
                      as_action action);

/*
 * A deadline of the signal has come. true: it is open and its time is over. A deadline that has been put off is armed
 * again.
 */
bool as_decide_is_due(as_engine *engine, as_signal *signal, as_timer_kind timer, uint64_t timer_key);

/* What a view has of a name, whatever fact it is for; the rest is cleared. */
void as_decide_view(as_engine *engine, uint32_t instrument, as_view *view);

/* A linked name in one shock: score it and ask every strategy. */
void as_decide_linked(as_engine *engine, as_shock *shock, as_linked *linked);

/* A name in all shocks that it is linked to. */
void as_decide_name(as_engine *engine, uint32_t instrument);

/* The shock as a whole: strategies see the epicentre; a shock decision is said when M has just frozen. */
void as_decide_shock(as_engine *engine, as_shock *shock);

/* A shock has been opened; its first decision. */
void as_decide_open(as_engine *engine, as_shock *shock);

/* A fact is new or has changed its status. */
void as_decide_fact(as_engine *engine, const as_fact *fact);

/* The shock is over: expire every open signal on it. */
void as_decide_end(as_engine *engine, as_shock *shock, uint64_t reason);

/* A signal's deadline (AS_TIMER_SIGNAL_EXPIRY's key) has been reached. */
void as_decide_expire(as_engine *engine, uint64_t key);

/* The close that lies count sessions of the name's calendar after the session that holds from. */
uint64_t as_decide_horizon(const as_engine *engine, uint32_t instrument, uint64_t from, uint32_t count);

#endif
