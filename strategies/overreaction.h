/*
 * overreaction: the diagnosis. How much of this name's move does the news justify, and what is left?
 *
 * On a linked name (SCIENCE 3.3, DESIGN 6.18):
 *   OVERREACTION   |OS| >= os_open and the name moved the way the shock pushes it; closed below os_close. Vetoed
 *                  (NO_SHOCK) while epicentre and basket have not moved beyond chance: a name that drifts two sigma
 *                  after a headline that moved nothing overreacts to nothing; and (LATE_MOVE) when it first departs
 *                  more than react_sessions after the headline or the latest change of status
 *   UNDERREACTION  |E| >= under_e, |z| < under_ratio |E|, once M is frozen; closed when z has caught up or E is gone.
 *                  Not for a name that has come most of the way once; z is taken by the time at which M froze, so that
 *                  a move does not seem to fade; vetoed (NO_SHOCK) where the epicentre itself has hardly moved, and
 *                  when it begins later than react_sessions after the news (LATE_MOVE)
 * On the epicentre:
 *   CONTRADICTION  the controls moved against the basket, |K| >= control_k (SCIENCE 3.5); a diagnosis without a side
 * An overreaction's side is the side that a reversal would take; whether to trade it is mean_reversion's affair.
 * p: strategies/stated.h. Vetoes: HALT, LULD, STALE, WARMUP, NO_FACTOR, NO_SHOCK, LATE_MOVE.
 */
#ifndef AS_STRATEGIES_OVERREACTION_H
#define AS_STRATEGIES_OVERREACTION_H

#include "strategies/strategy.h"

extern const as_strategy as_strategy_overreaction;

#endif
