/*
 * Trading ideas outside events: at each session's close, with no headline behind them.
 *
 * A strategy that takes AS_ROLE_OUTSIDE is asked about every name of the calendar that has closed; one that takes
 * AS_ROLE_PAIR about both names of every pair of the playbook. The close has been applied before (a timer comes after
 * the market data of its time), and everything measured is of sessions up to it: nothing looks ahead.
 *
 *   name   Avellaneda and Lee 2010 (SCIENCE 4.2): over the last 60 sessions the name's market-model residual is
 *          regressed, with intercept, on the mean residual of the other names of its bucket; the residuals of that
 *          are cumulated to X, which ends at 0 (core/stats/ou.h, as_ou_fit_pair), and fitted by AR(1):
 *          s = -m / s_eq, s_mod = s - alpha / (k s_eq), k per year of 252 sessions, not bias-corrected, as theirs.
 *          Sessions that trained no model (event freeze, no price) are left out; fewer than 40: WARMUP. A name alone
 *          in its bucket has no sector to be hedged with: NO_FACTOR. view.x is the running sum of hedged residuals
 *          since the start, x_mean = x + m, so that a position's own path can be told from the refitted window.
 *   pair   core/stats/kalman_pair.h on log closes; k is of the spread at today's (alpha, beta) over the last 60
 *          sessions, bias-corrected, since there the window is not the paper's.
 *
 * Blocks: those of the market, WARMUP, NO_FACTOR, and EVENT while the name is in an open shock or its session was
 * frozen. When a name becomes part of a shock, or has strong news of its own, its open signals, and both of its pairs',
 * close at once (EVENT, OWN_NEWS). The life cycle is core/signal.h's: one signal per (strategy, name), or (strategy,
 * pair, leg); every open has its deadline in the timer heap.
 *
 * While history is read (as_engine.history) the estimates run and nothing is said.
 *
 * Threads: the core. Memory: fixed at init, and none without such a strategy: about 0.2 KiB a name and strategy, 1.5
 * KiB for each of AS_PAIR_MAX pairs. Cost: O(60) a name at a close.
 */
#ifndef AS_CORE_OUTSIDE_H
#define AS_CORE_OUTSIDE_H

#include "core/calendar.h"
#include "core/engine.h"

/* For the engine's strategies. *outside is NULL, which every function takes, where none looks outside events. */
int as_outside_new(const as_engine *engine, as_outside **outside);
void as_outside_free(as_outside *outside);

/*
 * The playbook is a new one: pairs that it still has go on, those that it lacks close (NO_CHANNEL), new ones start from
 * nothing.
 */
void as_outside_reload(as_engine *engine);

/* The session has closed and as_market_roll has been called: measure, and ask the strategies. */
void as_outside_roll(as_engine *engine, uint32_t calendar, const as_session *session);

/* Close what is open on a name, for reasons. */
void as_outside_interrupt(as_engine *engine, uint32_t instrument, uint64_t reasons);

/* A shock has been opened: interrupt its epicentre and its linked names. */
void as_outside_event(as_engine *engine, const as_shock *shock);

/* A deadline (AS_TIMER_OUTSIDE_EXPIRY's key) has been reached. */
void as_outside_expire(as_engine *engine, uint64_t key);

#endif
