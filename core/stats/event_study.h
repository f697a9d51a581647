/*
 * Event study: normal returns, abnormal returns, and whether those of N names differ from zero.
 *
 * Normal return, by least squares over an estimation window of M returns (MacKinlay 1997, Journal
 * of Economic Literature 35; Campbell, Lo and MacKinlay 1997, ch. 4):
 *   r = alpha + beta m + e,  s^2 = sum e^2 / (M - 2).
 * Abnormal return in the event window and its prediction error:
 *   AR = r - alpha - beta m,  C = 1 + 1/M + (m - mbar)^2 / Sxx,  SAR = AR / (s sqrt(C));
 *   over L returns: CAR = sum AR, CSAR = sum SAR,
 *   SCAR = CAR / (s sqrt(L + L^2/M + (sum m - L mbar)^2 / Sxx))      (Mikkelson and Partch 1988).
 * Tests over N names:
 *   Patell 1976: Z = sum SAR / sqrt(sum (M_i-2)/(M_i-4)); over a window CSAR, and L times the
 *     variance.
 *   Boehmer, Musumeci, Poulsen 1991: t = mean(SAR) sqrt(N) / sd(SAR), robust to a variance that the
 *     event itself raises.
 *   Kolari, Pynnonen 2010: t_BMP sqrt((1-rbar)/(1+(N-1)rbar)) and Z / sqrt(1+(N-1)rbar), rbar the
 *     mean pairwise correlation of the residuals. Without it a shock that hits all names on one day
 *     is counted N times.
 *   Corrado 1989: ranks; Corrado and Zivney 1992: ranks scaled to (0,1) for unequal histories, and
 *     signs.
 *
 * Threads: pure functions on the caller's memory; for reports, never on an event. A missing return
 * is NAN.
 */
#ifndef AS_CORE_STATS_EVENT_STUDY_H
#define AS_CORE_STATS_EVENT_STUDY_H

#include <stdbool.h>
#include <stddef.h>

/* Least squares of y on x with intercept. */
typedef struct as_ols {
    size_t count; /* pairs with both values, M */
    double alpha, beta;
    double sigma;        /* sqrt(SSR / (M - 2)) */
    double sigma_sample; /* sqrt(SSR / (M - 1)), as some published tables have it */
    double r2;
    double se_alpha, se_beta;
    double x_mean, sxx; /* of the estimation window: the prediction error needs them */
} as_ols;

/* false below 5 pairs or where x does not vary; *ols is then unchanged. */
bool as_ols_fit(const double *y, const double *x, size_t count, as_ols *ols);

/*
 * No model but the mean: beta 0, C = 1 + 1/M (sxx infinite), sigma over M - 1. false below 5
 * values.
 */
bool as_ols_fit_mean(const double *y, size_t count, as_ols *ols);

/* Least squares on two regressors with intercept. */
typedef struct as_ols_pair {
    size_t count;
    double alpha, beta[2];
    double sigma; /* sqrt(SSR / (M - 3)) */
    double r2;
} as_ols_pair;

/* false below 6 triples or where the regressors are collinear. */
bool as_ols_pair_fit(const double *y, const double *x0, const double *x1, size_t count, as_ols_pair *ols);

typedef struct as_abnormal {
    double ar;  /* abnormal return */
    double c;   /* prediction error's variance over s^2 */
    double sar; /* standardised */
} as_abnormal;

as_abnormal as_abnormal_return(const as_ols *ols, double y, double x);

typedef struct as_abnormal_window {
    size_t count; /* returns that are there, L */
    double car, scar, csar;
} as_abnormal_window;

as_abnormal_window as_abnormal_cumulate(const as_ols *ols, const double *y, const double *x, size_t count);

/*
 * Patell's Z of N names. sar holds their SAR (window_count 1) or CSAR over window_count returns,
 * estimation_count the M of each (above 4). A NAN is left out; NAN without names.
 */
double as_patell_z(const double *sar, const size_t *estimation_count, size_t names, size_t window_count);

/*
 * mean sqrt(N) / sd: on SAR or SCAR the test of Boehmer and others, on AR or CAR the
 * cross-sectional one.
 */
double as_cross_section_t(const double *value, size_t names);

/*
 * Mean correlation over all pairs of names: residual[i * count + t] is name i at time t of the
 * estimation window. A pair with fewer than 3 common times is left out; NAN without pairs.
 * O(names^2 count).
 */
double as_residual_correlation(const double *residual, size_t names, size_t count);

/*
 * The same in O(names count), by the square of the sum of standardised residuals, where none is missing; NAN where
 * one is. work is scratch of count values.
 */
double as_residual_correlation_complete(const double *residual, size_t names, size_t count, double *work);

/*
 * What to multiply the two tests by (Kolari and Pynnonen). NAN where 1 + (names-1) rbar is not
 * positive.
 */
double as_kp_multiplier_bmp(double rbar, size_t names);
double as_kp_multiplier_patell(double rbar, size_t names);

/* Ranks from 1, ties averaged, NAN for NAN; returns how many values there are. count < 2^23; O(count log count). */
size_t as_rank_average(const double *x, size_t count, double *rank);

typedef enum as_rank_kind {
    AS_RANK_CORRADO = 0,        /* rank less (T+1)/2 */
    AS_RANK_CORRADO_ZIVNEY = 1, /* rank / (T_i + 1) less 1/2 */
    AS_RANK_SIGN = 2            /* sign of the abnormal return less its median */
} as_rank_kind;

/*
 * The statistic of every time: ar[i * count + t] is name i over estimation and event window
 * together, t[] takes count values, work is scratch of 2 count. Returns S, the standard deviation
 * over time of what is averaged over names. For a window sum its t and divide by sqrt(L).
 */
double as_rank_test(as_rank_kind kind, const double *ar, size_t names, size_t count, double *t, double *work);

#endif
