/*
 * mean_reversion: the trade, and why it is mostly not taken.
 *
 * Asks only about names that overreacted (|OS| >= os_open); each gate of SCIENCE 4.5 that fails is a veto, and a
 * vetoed name is a near miss, published as an update with its vetoes:
 *   a  |s| >= s_open on the side that reverts, a pre-event OU fit, b in (0,1), k > k_min   S_SMALL, NO_OU
 *   b  rumour, developing or denied; confirmed only without a channel; not fade: false    CONFIRMED, NO_FADE
 *   c  no strong news of the name's own within own_news_hours                             OWN_NEWS
 *   d  breadth B >= breadth_gate; below it neither an |z| >= z_fade_max nor a basket in    BREADTH_LOW, EXTREME_Z,
 *      high volatility is faded                                                          VOL_REGIME
 *   e  stabilised: no new extreme and no jump for stabilisation_min, VR(5) <= 1; with     UNSTABLE, JUMP, VR_VETO
 *      session bars, the first session whose flagged set moved against the shock
 *   f  rho (m - X) (1 - 2^(-horizon/half-life)) >= edge_cost_multiple x costs             NO_EDGE
 *   g  tradable: not halted or stale, spread within trade_spread_multiple of its median,  HALT, LULD, STALE,
 *      depth_min of the usual size shown, five minutes into the session, borrow           WIDE_SPREAD, THIN,
 *                                                                                         SESSION_START, NO_BORROW
 *   h  it was a shock and the name reacted in time (core/shock.h), and fewer than         NO_SHOCK, LATE_MOVE,
 *      kill_stops fades of the fact were stopped                                          KILLED
 * X is faded toward the justified level m, never toward zero (SCIENCE 4.3). Exits: s beyond the closing threshold
 * (TARGET), X one daily sigma beyond its entry or a new extreme by a jump (STOP, then a cooldown), own news,
 * confirmation of a direct channel, and the horizon, which the engine's timer enforces (TIME_STOP).
 * The probability p is undefined without a calibration (DESIGN 6.18); strategies/stated.h says how it is kept.
 */
#ifndef AS_STRATEGIES_MEAN_REVERSION_H
#define AS_STRATEGIES_MEAN_REVERSION_H

#include "strategies/strategy.h"

extern const as_strategy as_strategy_mean_reversion;

#endif
