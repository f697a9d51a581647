/*
 * A name's return explained by the market's: beta and the variance of what is left, as running
 * estimates.
 *
 * as_market_model is what the engine uses for daily returns. as_ewma_beta, as_rls and
 * as_kalman_beta are the recursive estimators of the literature for other clocks and for
 * comparison.
 *
 * In every update x is the regressor's return, y the name's, both logarithmic; the residual or
 * innovation uses the estimate from BEFORE the update, so that nothing looks ahead (SCIENCE 2.4). A
 * pair with a value that is not finite changes nothing and gives NAN. Whether a session trains the
 * model at all (event freeze) is the caller's decision: it leaves update out.
 *
 * Threads: one writer an object. Memory: the struct. Cost: O(1).
 */
#ifndef AS_CORE_STATS_BETA_H
#define AS_CORE_STATS_BETA_H

#include <stdbool.h>
#include <stdint.h>

/* Returns of the batch that starts a market model (SCIENCE 6, numeric notes). */
#define AS_MARKET_MODEL_BATCH 60
/* No variance is reported below this: a sigma of 1e-6 (SCIENCE 6, numeric notes). */
#define AS_VARIANCE_FLOOR 1e-12

/*
 * y = beta x + e, no intercept. Over the first AS_MARKET_MODEL_BATCH returns the estimate is that
 * of the batch so far:
 *   beta = sum xy / sum xx,  variance = mean (y - beta x)^2.
 * From then on, per return, with the beta from before:
 *   e = y - beta x;  v <- lambda_v v + (1 - lambda_v) e^2;
 *   sxx <- lambda_b sxx + (1 - lambda_b) x^2;  sxy <- lambda_b sxy + (1 - lambda_b) x y.
 * lambda_v = 0.94 is RiskMetrics' daily decay (Technical Document, 1996, ch. 5); lambda_b is
 * 2^(-1/half-life).
 *
 * The batch's residual sum is kept by its recursion, sum += e^2 (1 - x^2 / sum xx) with e the
 * residual before the update: all terms are positive, where sum yy - beta sum xy would cancel for a
 * name that follows the market closely.
 */
typedef struct as_market_model {
    double lambda_v, lambda_b;
    double sxx, sxy; /* sums until the batch is full, EWMA means after */
    double v;        /* sum of squared residuals until the batch is full, EWMA mean after */
    uint32_t n;      /* returns seen */
} as_market_model;

/* lambda_v in (0, 1), half_life in returns, > 0. */
void as_market_model_init(as_market_model *model, double lambda_v, double half_life);
/*
 * One return. The residual y - beta x with the beta from before this return; NAN while there was
 * none.
 */
double as_market_model_update(as_market_model *model, double x, double y);
/* NAN before two returns, or while the regressor has not moved. */
double as_market_model_beta(const as_market_model *model);
/* Residual variance per return, at least AS_VARIANCE_FLOOR; NAN where beta is. */
double as_market_model_variance(const as_market_model *model);

/*
 * EWMA beta and residual variance with one decay (RiskMetrics 1996), started from the caller's
 * moments.
 */
typedef struct as_ewma_beta {
    double lambda;
    double sxx, sxy, v;
} as_ewma_beta;

typedef struct as_innovation {
    double residual; /* y less its prediction before the update */
    double variance; /* variance of the residual before the update */
    double z;        /* residual / sqrt(variance) */
} as_innovation;

/* lambda in (0, 1); sxx, v > 0: a running estimate is never started from zero. */
void as_ewma_beta_init(as_ewma_beta *ewma, double lambda, double sxx, double sxy, double v);
as_innovation as_ewma_beta_update(as_ewma_beta *ewma, double x, double y);
double as_ewma_beta_value(const as_ewma_beta *ewma);

/*
 * Recursive least squares with exponential forgetting, y = alpha + beta x (Ljung and Soderstrom
 * 1983, ch. 2.6):
 *   k = P h / (lambda + h'P h),  theta += k (y - h'theta),  P = (P - k h'P) / lambda,  h = (1, x).
 * P is stored as its upper triangle, hence symmetric. While x does not move P grows by 1/lambda a
 * step: beyond a trace of trace_max it is scaled back. A P that is no longer finite or positive
 * starts again from p0, an estimate that is no longer finite from 0 (and P with it).
 */
typedef struct as_rls {
    double lambda, p0, trace_max;
    double alpha, beta;
    double p00, p01, p11;
    uint32_t resets; /* times P had to be restarted */
} as_rls;

/* lambda in (0, 1], p0 > 0, trace_max >= 2 p0 (SCIENCE 6: 1e6). */
void as_rls_init(as_rls *rls, double lambda, double p0, double trace_max);
/* The residual before the update. */
double as_rls_update(as_rls *rls, double x, double y);

/*
 * Random-walk beta by a scalar Kalman filter (Kalman 1960):
 *   P += q;  S = x^2 P + r;  K = P x / S;  beta += K (y - x beta);  P = (1 - K x)^2 P + K^2 r
 *   (Joseph's form, stays positive).
 */
typedef struct as_kalman_beta {
    double q, r; /* variances of a step of beta and of the observation */
    double beta, p;
} as_kalman_beta;

/* p0 > 0, q >= 0, r > 0. */
void as_kalman_beta_init(as_kalman_beta *kalman, double beta0, double p0, double q, double r);
as_innovation as_kalman_beta_update(as_kalman_beta *kalman, double x, double y);

#endif
