/*
 * Mean reversion of a level: the Ornstein-Uhlenbeck process fitted to equidistant values.
 *
 * dX = k (m - X) dt + s dW, seen at steps of d, is an AR(1):
 *   X_{t+d} = a + b X_t + e,  b = exp(-k d),  a = m (1 - b),  Var e = s^2 (1 - b^2) / (2k).
 * The exact maximum likelihood fit is least squares of X_{t+d} on X_t:
 *   k = -ln b / d,  m = a / (1 - b),  s_eq = sqrt(ve / (1 - b^2)),  s = s_eq sqrt(2k),
 *   half-life = ln 2 / k.
 * b outside (0, 1) is not mean reverting: there is no fit, and no signal.
 *
 * Least squares finds b too small, E[b] - b is about -(1 + 3b)/n (Marriott and Pope 1954, Kendall
 * 1954), and so a reversion that is too quick; b_corrected = (n b + 1) / (n - 3) undoes it and may
 * reach 1, where the corrected speed is 0.
 *
 * The s-score (X - m) / s_eq, its thresholds and the residual construction are those of Avellaneda
 * and Lee 2010, "Statistical arbitrage in the US equities market", Quantitative Finance 10(7),
 * appendix A and section 4.
 *
 * Threads: pure functions on the caller's memory. Cost: O(count), once a session.
 */
#ifndef AS_CORE_STATS_OU_H
#define AS_CORE_STATS_OU_H

#include <stdbool.h>
#include <stddef.h>

/* Fewest values a fit is made of. */
#define AS_OU_COUNT_MIN 10
/* Longest window of as_ou_fit_residuals and as_ou_fit_pair. */
#define AS_OU_COUNT_MAX 512
/*
 * Trade only what reverts within half of a 60-day window: k > 252 / 30 a year (Avellaneda and Lee).
 */
#define AS_OU_SPEED_MIN 8.4

typedef enum as_ou_result {
    AS_OU_OK = 0,
    AS_OU_SHORT = 1,        /* fewer than AS_OU_COUNT_MIN values, or more than the window holds */
    AS_OU_UNDEFINED = 2,    /* a value is not finite */
    AS_OU_FLAT = 3,         /* the values do not vary, or lie on a line */
    AS_OU_NOT_REVERTING = 4 /* b <= 0 or b >= 1: n, dt, a, b, b_corrected set, the rest NAN */
} as_ou_result;

typedef struct as_ou {
    size_t n;    /* transitions, count - 1 */
    double dt;   /* of one transition; k is per unit of it */
    double a, b; /* AR(1) intercept and coefficient */
    double b_corrected;
    double ve; /* variance of the AR(1) residual: sum of squares over n */
    double k, m, s, s_eq;
    double half_life;           /* units of dt */
    double k_corrected;         /* from b_corrected; 0 where that is 1 or more */
    double half_life_corrected; /* infinite where k_corrected is 0 */
} as_ou;

/*
 * Fit count values, oldest first, dt apart (1/252 for days in years). *ou is written on OK and
 * NOT_REVERTING.
 */
as_ou_result as_ou_fit(const double *x, size_t count, double dt, as_ou *ou);

/*
 * The same on the running sum of residuals (a regression's, without its mean if it had an
 * intercept).
 */
as_ou_result as_ou_fit_residuals(const double *residual, size_t count, double dt, as_ou *ou);

/* (x - m) / s_eq. */
double as_ou_score(const as_ou *ou, double x);

/* Expected value after horizon (units of dt's unit), m + (x - m) exp(-k horizon). */
double as_ou_forecast(const as_ou *ou, double x, double horizon);

/* Log-likelihood of the fitted transitions given the first value. */
double as_ou_log_likelihood(const as_ou *ou);

/*
 * Avellaneda and Lee's construction for one name and its factor: least squares with intercept of
 * stock on factor returns, AR(1) on the cumulated residuals, whose last value is 0; the AR
 * residual's variance divides by n - 1 as theirs does.
 */
typedef struct as_ou_pair {
    double alpha, beta; /* of the regression; alpha per transition */
    as_ou ou;           /* ve, s_eq, s and score of the paper */
    double score;       /* (0 - m) / s_eq */
    double score_drift; /* s_mod = score - alpha / (k s_eq), alpha in the unit of k */
} as_ou_pair;

as_ou_result as_ou_fit_pair(const double *stock, const double *factor, size_t count, double dt, as_ou_pair *pair);

/*
 * The position rule on s-scores: from flat, long below -1.25 and short above +1.25; a long is
 * closed above -0.50, a short below +0.75. position is -1, 0 or +1, as is the answer; one step
 * closes or opens, never both.
 */
int as_ou_position(int position, double score);

#endif
