/*
 * residual_reversion: Avellaneda and Lee 2010, "Statistical arbitrage in the US equities market", Quantitative Finance
 * 10(7), section 4 and appendix A, at each session's close, outside events. A view comes from core/outside.h.
 *
 *   open   long where s < -s_open, short where s > +s_open (1.25)
 *   close  a long where s > -s_close_long (0.50), a short where s < +s_close_short (0.75)      TARGET
 *          the residual one s_eq, as of the entry, beyond its entry (ours; they have no stop)  STOP
 *          own news                                                                            OWN_NEWS
 *          two half-lives, by the engine's timer (ours)                                        TIME_STOP
 *
 * After a stop it does not open again before |s| has been within s_open. Vetoes, each a near miss: the view's blocks,
 * NO_OU (b outside (0, 1), or k <= k_min: reversion takes more than half the window), NO_EDGE: (m - X)(1 - exp(-k h)),
 * h the time stop, below edge_cost_multiple times the round trip in the name (the sector's leg, netted over many names,
 * is not counted), WIDE_SPREAD, THIN, OWN_NEWS, NO_BORROW, COOLDOWN.
 *
 * The drift of the residual is left out, as in the paper's main result: view.s_mod has it. p stays undefined until it
 * has been calibrated. State: the stop's distance, and whether it rests after one.
 */
#ifndef AS_STRATEGIES_RESIDUAL_REVERSION_H
#define AS_STRATEGIES_RESIDUAL_REVERSION_H

#include "strategies/strategy.h"

extern const as_strategy as_strategy_residual_reversion;

#endif
