/*
 * Intraday seasonality: which share of a regular session's variance has passed when a share x of its time has.
 *
 * The prior. Return variance over the trading day is U-shaped: high at the open, low at midday, high again at the close
 * (Wood, McInish and Ord 1985; Harris 1986; Andersen and Bollerslev 1997). Taken here as the parabola
 *
 *     u(x) = (1 + a (2x - 1)^2) / (1 + a/3),   0 <= x <= 1,   a = 2
 *
 * normalised to integrate to 1. With a = 2 the first and last moments count 1.8 times the average and midday 0.6. The
 * shape is theirs; the parabola and the ratio of 3 to 1 are (ours), the same for every symbol. Its cumulative, with x
 * factored out so that nothing cancels near 0, is
 *
 *     U(x) = x (9 - 12 x + 8 x^2) / 5
 *
 * The name's own (as_seasonality): the weighted standard deviation of Boudt, Croux and Laurent 2011, "Robust estimation
 * of intraweek periodicity in volatility and jump detection", Journal of Empirical Finance 18(2), over the last
 * AS_SEASONALITY_SESSIONS sessions, as jumps would bias the plain one and hide small jumps:
 *
 *     r = a bin's return / sqrt(the session's bipower variance of a bin)
 *     ShortH_b = 0.741 x the shortest interval that holds floor(n/2) + 1 of the n values of bin b,
 *     f_b = ShortH_b / sqrt(mean over bins of ShortH^2),
 *     WSD_b^2 = 1.081 sum r^2 w / sum w,   w = 1 where (r / f_b)^2 <= 6.635, else 0
 *
 * 6.635 is the 99 % point of chi^2(1) and 1.081 what the cut takes from a normal variance. A bin of which most values
 * are equal (a price that seldom moves) has no ShortH and takes its plain mean square (ours). The result is
 * normalised over the bins and drawn to the prior as if that had been seen in AS_SEASONALITY_PRIOR sessions (ours). It
 * is not used before AS_SEASONALITY_LEAST sessions, and changes only in as_seasonality_update, at a session's close.
 *
 * Only + - x / and sqrt are used, so the result is the same on every machine. Threads: the prior and the reads any, the
 * rest one writer. Memory: the struct, 5.6 KB: a value takes 16 bits (1/1024 of the bin's deviation, cut at 16).
 */
#ifndef AS_CORE_STATS_SEASONALITY_H
#define AS_CORE_STATS_SEASONALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"

#define AS_SEASONALITY_LEAST 20
#define AS_SEASONALITY_PRIOR 10

/* U(x). x outside 0..1 is taken as the nearer end. U(0) = 0 and U(1) = 1 exactly; increasing in between. */
double as_seasonality_cumulative(double x);

/* u(x), the density: 1.8 at both ends, 0.6 in the middle; 0 outside. */
double as_seasonality_density(double x);

/* ---- a name's own ---- */

#define AS_SEASONALITY_UNIT 1024         /* history values to one standard deviation of an average bin */
#define AS_SEASONALITY_MISSING INT16_MAX /* a history value that is not known */

typedef struct as_seasonality_row {
    int16_t value[AS_SEASONALITY_BINS];
} as_seasonality_row;

typedef struct as_seasonality {
    double span;                                /* bins in a session, not always whole: the last may be shorter */
    uint32_t bins;                              /* span, rounded up */
    uint32_t session_count;                     /* sessions taken */
    bool flat;                                  /* the prior is even: a market that never closes */
    double cumulative[AS_SEASONALITY_BINS + 1]; /* at the bins' ends; from the session AS_SEASONALITY_LEAST on */
    as_seasonality_row history[AS_SEASONALITY_SESSIONS];
} as_seasonality;

/* Forget everything. 1 <= span <= AS_SEASONALITY_BINS. */
void as_seasonality_init(as_seasonality *seasonality, double span, bool flat);

/*
 * Take the returns of a session's bins, NAN where unknown, and bring the profile up to date. false, and nothing taken:
 * fewer than half of the bins are known, or the price stood still in most.
 */
bool as_seasonality_update(as_seasonality *seasonality, const float *bin_return);

/* The name's own profile is in use. */
static inline bool as_seasonality_known(const as_seasonality *seasonality)
{
    return seasonality->session_count >= AS_SEASONALITY_LEAST;
}

/* Share of the session's variance at x, as U(x): the name's own, or the prior while that is unknown. */
double as_seasonality_share(const as_seasonality *seasonality, double x);
/* Its density, as u(x): constant within a bin. */
double as_seasonality_rate(const as_seasonality *seasonality, double x);

/*
 * WSD_b^2 of each bin, and from how many values (rows may have AS_SEASONALITY_MISSING). row_count up to
 * AS_SEASONALITY_SESSIONS; bins without a value get 0.
 */
void as_seasonality_wsd(const as_seasonality_row *row, uint32_t row_count, uint32_t bins, double *square,
                        uint32_t *count);

/* The same of one sample alone, of up to AS_SEASONALITY_SESSIONS finite values: a variance around 0, less outliers. */
double as_seasonality_robust_variance(const float *value, uint32_t count);

#endif
