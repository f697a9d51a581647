/*
 * Two names as one line that drifts: y = alpha + beta x + e with a random walk in (alpha, beta), by a Kalman filter
 * (Kalman 1960; Elliott, van der Hoek and Malcolm 2005, "Pairs trading", Quantitative Finance 5(3)). x and y are
 * logarithmic prices, each against its own first value.
 *
 *   P += Q;  S = h'P h + r;  e = y - h'theta;  z = e / sqrt(S);  K = P h / S,  h = (1, x)
 *   theta += K e;  P = (I - K h') P (I - K h')' + K r K'        Joseph's form, stays symmetric and positive
 *
 * z is of the value that has just come, by the estimate from before it: nothing looks ahead. With P and Q of alpha at
 * 0 the filter is as_kalman_beta's (vector 05).
 *
 * Start: least squares over the first AS_KALMAN_PAIR_START values; P is the covariance of that fit, r its residual
 * variance, and Q = P / memory, so that the drift has the fit's own scale in both directions of the state, whatever
 * the prices' units. The gain of a level then tends to 1/sqrt(AS_KALMAN_PAIR_START x memory): with a memory of 252
 * values half of the weight is on the last 85. r follows the squared residuals after the update with lambda_r, 1
 * holds it.
 *
 * Threads: one writer an object. Memory: the struct. Cost: O(1). A pair with a value that is not finite changes nothing
 * and gives NAN.
 */
#ifndef AS_CORE_STATS_KALMAN_PAIR_H
#define AS_CORE_STATS_KALMAN_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/stats/beta.h"

/* Values of the least squares fit that starts a filter. */
#define AS_KALMAN_PAIR_START 60
/* No smaller observation variance: a deviation of 1e-4 of the price. */
#define AS_KALMAN_PAIR_NOISE_MIN 1e-8

/* A symmetric 2 x 2 matrix over (alpha, beta). */
typedef struct as_sym2 {
    double aa, ab, bb;
} as_sym2;

typedef struct as_kalman_pair {
    double alpha, beta;
    as_sym2 p, q;    /* covariance of the estimate, and of one step of the walk */
    double r;        /* variance of an observation */
    double lambda_r; /* its decay, (0, 1] */
} as_kalman_pair;

/* p and q positive semidefinite, r > 0, lambda_r in (0, 1]. */
void as_kalman_pair_init(as_kalman_pair *kalman, double alpha, double beta, as_sym2 p, as_sym2 q, double r,
                         double lambda_r);
/* One value of both. Residual, its variance S and z, all from before the update. */
as_innovation as_kalman_pair_update(as_kalman_pair *kalman, double x, double y);

/* Sums of the values that start a filter. Zeroes: none yet. */
typedef struct as_kalman_pair_start {
    uint32_t n;
    double x, y, xx, xy, yy;
} as_kalman_pair_start;

/* true once there are AS_KALMAN_PAIR_START values; a value that is not finite is passed over. */
bool as_kalman_pair_start_add(as_kalman_pair_start *start, double x, double y);
/* Begin a filter from the sums; memory > 0 in values. false, and nothing done, where x has not moved. */
bool as_kalman_pair_begin(as_kalman_pair *kalman, const as_kalman_pair_start *start, double memory, double lambda_r);

#endif
