/*
 * Further tests of an event study: portfolio and sign tests. Those on standardised abnormal returns and on ranks are
 * in core/stats/event_study.h.
 *
 *   Brown and Warner 1980 (Journal of Financial Economics 8): mean AR / (sqrt(sum s_i^2) / N), names taken as
 *     independent; s_i over M - 1.
 *   Brown and Warner 1985 (JFE 14): mean AR / s_p, s_p the standard deviation over the estimation window of the
 *     names' mean AR: what the names share is in it.
 *   Lamb 1995 (Journal of Risk and Insurance 62): the same, with the portfolio's prediction error:
 *     divided by sqrt(1 + 1/M + (m - mbar)^2 / Sxx).
 *   Sign: (n+ - N/2) / sqrt(N/4). Generalised sign, Cowan 1992 (Review of Quantitative Finance and Accounting 2):
 *     (n+ - N p) / sqrt(N p (1-p)), p the names' mean share of positive AR in the estimation window.
 *   Wilcoxon 1945 (Biometrics Bulletin 1): the sum of the ranks of |AR| that belong to positive ones, and its normal
 *     approximation (W - N(N+1)/4) / sqrt(N(N+1)(2N+1)/24).
 *
 * A missing value is NAN and left out; a statistic without values is NAN. Over L returns, statistics of single days
 * that are independent are summed and divided by sqrt(L).
 * Threads: pure functions on the caller's memory; for reports, never on an event.
 */
#ifndef AS_CORE_STATS_EVENT_TESTS_H
#define AS_CORE_STATS_EVENT_TESTS_H

#include <stdbool.h>
#include <stddef.h>

/* ar and sigma (over M - 1) of names names. */
double as_brown_warner_1980(const double *ar, const double *sigma, size_t names);

/*
 * Standard deviation (over n - 1) of the names' mean at each of count times: residual[i * count + t]. A time without
 * any name is left out.
 */
double as_portfolio_sigma(const double *residual, size_t names, size_t count);

/* The mean of the values that are there; NAN without any. */
double as_mean(const double *value, size_t count);

/* mean AR / portfolio sigma, and Lamb's: prediction_variance is 1 + 1/M + (m - mbar)^2 / Sxx, 1 for Brown-Warner's. */
double as_portfolio_t(const double *ar, size_t names, double portfolio_sigma, double prediction_variance);

/* share: of positive values expected; 1/2 is the sign test. */
double as_sign_test(const double *ar, size_t names, double share);

/*
 * The share of positive values, residual[i * count + t]: the mean over names of each one's share (Cowan), or, pooled,
 * that of all values together, as a published table has it.
 */
double as_positive_share(const double *residual, size_t names, size_t count, bool pooled);

typedef struct as_wilcoxon {
    double w; /* sum of the ranks of positive values */
    double z; /* normal approximation */
} as_wilcoxon;

/* Zeros are left out; ties share the mean of their ranks. O(names^2). */
as_wilcoxon as_wilcoxon_signed_rank(const double *ar, size_t names);

#endif
