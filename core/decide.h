/*
 * From measures to decisions: builds the strategies' views, runs them, turns verdicts into signals, and says facts and
 * shocks. The engine's own; see core/engine.h for when each is called.
 */
#ifndef AS_CORE_DECIDE_H
#define AS_CORE_DECIDE_H

#include "core/engine.h"

/* A linked name: score it and ask every strategy. */
void as_decide_linked(as_engine *engine, as_shock *shock, as_linked *linked);

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
