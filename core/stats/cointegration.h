/*
 * Do prices move together? Unit root, cointegration, and how fast a spread comes back.
 *
 *   ADF (Dickey and Fuller 1979; Said and Dickey 1984): dz_t = c + r z_(t-1) + sum_j a_j dz_(t-j) + e;
 *     the statistic is the t of r. The number of lags is given, or the one of the least Akaike criterion
 *     n log(SSR/n) + 2k on the common sample of 0..p_max lags, p_max = ceil(12 (T/100)^(1/4)) (Schwert 1989).
 *   Engle and Granger 1987: y = c + sum_k b_k x_k + u, then ADF of u. Critical values of both: MacKinnon 2010
 *     (Queen's Economics Department working paper 1227), c_inf + c_1/T + c_2/T^2 + c_3/T^3, with constant.
 *   Johansen 1988, 1991: dX on X_(t-1), with the lagged differences and a constant taken out of both: eigenvalues l_i
 *     of Skk^-1 Sk0 S00^-1 S0k; trace(r) = -T sum_(i>r) log(1 - l_i), maximum eigenvalue(r) = -T log(1 - l_(r+1)).
 *     Eigenvectors have v' Skk v = 1 and a positive first entry. Critical values of the trace: MacKinnon, Haug and
 *     Michelis 1999 (Journal of Applied Econometrics 14), unrestricted constant.
 *   Half-life: ds_t = c + r s_(t-1) + e; -log(2) / r (the continuous form -log(2) / log(1 + r) is a little shorter).
 *
 * Arrays hold finite values only: the caller leaves out times at which a series has none. Sums are of centred values,
 * solved by Cholesky; a regressor that the others explain to 1e-12 makes the answer undefined.
 * Threads: pure functions; memory: a few hundred KiB of stack at most; for reports, never on an event.
 */
#ifndef AS_CORE_STATS_COINTEGRATION_H
#define AS_CORE_STATS_COINTEGRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/limits.h"

typedef struct as_adf {
    double t;        /* statistic */
    size_t lags;     /* used */
    size_t count;    /* equations */
    double level[3]; /* critical values at 1, 5, 10 %; NAN above six variables */
} as_adf;

/* lags < 0: by Akaike's criterion. variables: of the relation whose residual this is, 1 for a series itself. */
bool as_adf_test(const double *z, size_t count, int lags, unsigned variables, as_adf *adf);

typedef struct as_engle_granger {
    double constant;                          /* 0 without one */
    double beta[AS_COINTEGRATION_SERIES_MAX]; /* of series 1, 2, ...; beta[0] is not used */
    as_adf adf;                               /* of the residual */
} as_engle_granger;

/*
 * Series 0 on the others: x[k * count + t]. series 2..AS_COINTEGRATION_SERIES_MAX. residual takes count values. false
 * where the series are too short or collinear.
 */
bool as_engle_granger_test(const double *x, size_t series, size_t count, bool constant, int lags, double *residual,
                           as_engle_granger *test);

typedef struct as_johansen {
    size_t series, count;
    double eigenvalue[AS_COINTEGRATION_SERIES_MAX]; /* largest first */
    double trace[AS_COINTEGRATION_SERIES_MAX];      /* [r]: against at most r relations */
    double largest[AS_COINTEGRATION_SERIES_MAX];    /* maximum-eigenvalue statistic */
    double level[AS_COINTEGRATION_SERIES_MAX][3];   /* of the trace at 10, 5, 1 %; NAN above six */
    double vector[AS_COINTEGRATION_SERIES_MAX][AS_COINTEGRATION_SERIES_MAX]; /* vector[r] belongs to eigenvalue[r] */
} as_johansen;

/* lags: lagged differences, 0..AS_JOHANSEN_LAG_MAX. */
bool as_johansen_test(const double *x, size_t series, size_t count, size_t lags, as_johansen *test);

/* In steps of the series; NAN where it does not come back (r >= 0) or is too short. */
double as_half_life(const double *spread, size_t count);

#endif
