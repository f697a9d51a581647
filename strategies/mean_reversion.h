/*
 * mean_reversion: the trade, and why it is mostly not taken.
 *
 * Asks only about names that overreacted (|OS| >= os_open); each gate of SCIENCE 4.5 that fails is a veto, and a
 * vetoed name is a near miss, published as an update with its vetoes:
 *   a  |s| >= s_open on the side that reverts, a pre-event OU fit, b in (0,1), k > k_min   S_SMALL, NO_OU
 *   b  rumour, developing or denied; confirmed only without a channel; not fade: false    CONFIRMED, NO_FADE
 *   c  no strong news of the name's own within own_news_hours                             OWN_NEWS
 *   d  breadth B >= breadth_gate                                                          BREADTH_LOW
 *   e  stabilised: no new extreme for stabilisation_min and VR(5) <= 1; with session
 *      bars, the first session whose flagged set moved against the shock                  UNSTABLE, VR_VETO
 *   f  rho (m - X) (1 - 2^(-horizon/half-life)) >= edge_cost_multiple x costs             NO_EDGE
 *   g  tradable: not halted or stale, spread within trade_spread_multiple of its median,  HALT, STALE, WIDE_SPREAD,
 *      five minutes into the session, borrow for shorts                                   SESSION_START, NO_BORROW
 * X is faded toward the justified level m, never toward zero (SCIENCE 4.3). Exits: s beyond the closing threshold
 * (TARGET), X one daily sigma beyond its entry (STOP, then a cooldown), own news, confirmation of a direct channel, and
 * the horizon, which the engine's timer enforces (TIME_STOP).
 * The probability p stays undefined until it has been calibrated (DESIGN 6.18). No state.
 */
#ifndef AS_STRATEGIES_MEAN_REVERSION_H
#define AS_STRATEGIES_MEAN_REVERSION_H

#include "strategies/strategy.h"

extern const as_strategy as_strategy_mean_reversion;

#endif
