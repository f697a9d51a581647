/*
 * pairs: two names on one drifting line (SCIENCE 4.4), for the playbook's pairs, at each session's close, outside
 * events. A view comes from core/outside.h: z is the Kalman filter's innovation over its standard deviation, x the
 * innovation itself, a logarithmic move of the first name against the second.
 *
 *   open   both legs where |z| > 2: short what is dear, long what is cheap
 *   close  both where |z| < 0.5, or z has changed its sign                                   TARGET
 *          x as far beyond its entry as two standard deviations of then (ours)               STOP
 *          own news of either name                                                           OWN_NEWS
 *          two half-lives, by the engine's timer (ours)                                      TIME_STOP
 *
 * One signal a leg, of opposite sides; rev_bps and cost_bps are of the whole pair, in bps of the first leg's value. A
 * leg has no target or stop of its own: they are the spread's. After a stop it does not open again before |z| has been
 * within 2. Vetoes: the blocks of either name, NO_OU (the spread does not revert quickly enough over the window, or the
 * line does not rise: there is nothing to hedge with), NO_EDGE, WIDE_SPREAD, THIN, OWN_NEWS, NO_BORROW (one leg is
 * always short), COOLDOWN. State: the stop's distance, and whether it rests after one.
 */
#ifndef AS_STRATEGIES_PAIRS_H
#define AS_STRATEGIES_PAIRS_H

#include "strategies/strategy.h"

extern const as_strategy as_strategy_pairs;

#endif
