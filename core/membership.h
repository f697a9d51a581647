/*
 * Membership: what a shock freezes at t0 (DESIGN 6.17; SCIENCE 2.1, 3.4, 3.5, 4.3).
 *
 * The epicentre, or the family's stand-in where the issuer has no price; the linked names, which have a channel and a
 * valid mid, less epicentre, controls and indices; the controls with their conditional betas; the pre-event OU fit of
 * every linked name; and the basket: the mean residual of the linked names, session by session, whose standard
 * deviation is the ruler of a move of all of them together, and whose recent volatility over its usual one tells the
 * regime.
 *
 * Threads: the core, once a fact. Cost: O(instruments + linked names x sessions).
 */
#ifndef AS_CORE_MEMBERSHIP_H
#define AS_CORE_MEMBERSHIP_H

#include "core/shock.h"

/* Fill a shock whose fact's members are set. limit: when its anchors have to lie before. */
void as_membership_fix(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                       uint64_t limit);

#endif
