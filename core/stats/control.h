/*
 * The contradiction control: names that the story should move, and whether they moved.
 *
 * For each control, its daily residuals are regressed on the basket's over up to
 * AS_CONTROL_SESSION_MAX aligned sessions before the event, without intercept, the session k back
 * weighing 2^(-k/60):
 *   g = sum w x y / sum w x^2,  v = sum w (y - g x)^2 / sum w.
 * On the event, and over the controls:
 *   kappa = (AR_control - g AR_basket) / sqrt(v),  K = sum q kappa / sqrt(sum q^2).
 * kappa has mean 0 and variance 1 if the control did what it usually does on a day like this, and
 * so has K as far as the controls' own residuals are independent (SCIENCE 3.5, a project's choice).
 * The conditional g matters: capex payers and capex receivers may already move oppositely, and then
 * a control that stays put contradicts nothing.
 *
 * Threads: pure functions. Memory: none of their own. Cost: O(sessions) a fit, once a fact.
 */
#ifndef AS_CORE_STATS_CONTROL_H
#define AS_CORE_STATS_CONTROL_H

#include <stddef.h>
#include <stdint.h>

/* Sessions a fit looks back at (SCIENCE 3.5); only the latest ones of a longer array are used. */
#define AS_CONTROL_SESSION_MAX 120
/* Sessions after which a pair of residuals weighs half. */
#define AS_CONTROL_HALF_LIFE 60

typedef struct as_control_fit {
    double g;       /* conditional beta of the control's residual on the basket's; NAN undefined */
    double v;       /* variance of what is left, floored at 1e-12; NAN likewise */
    uint32_t count; /* sessions with both values */
} as_control_fit;

/*
 * control and basket: count residuals of the same sessions, oldest first, NAN where missing.
 * Undefined below two pairs.
 */
as_control_fit as_control_fit_residuals(const double *control, const double *basket, size_t count);

/*
 * Both abnormal returns over the event so far; NAN where anything is undefined. v is of one
 * session: over H sessions divide the answer by sqrt(H).
 */
double as_control_kappa(const as_control_fit *fit, double ar_control, double ar_basket);

typedef struct as_control_verdict {
    double k;      /* K; NAN without a control that has a value */
    uint32_t used; /* controls with q > 0 and a defined kappa */
} as_control_verdict;

/* Weigh count controls; q = 0 leaves one out (it has news of its own), as does a kappa of NAN. */
as_control_verdict as_control_combine(const double *q, const double *kappa, size_t count);

#endif
