/*
 * How much of a Sharpe ratio is left when one remembers how it was found.
 *
 * PSR: the probability that the true Sharpe ratio lies above a benchmark, for T returns with skewness g3 and kurtosis
 *   g4 (3 is normal):  PSR = P((SR - SR*) sqrt(T-1) / sqrt(1 - g3 SR + (g4-1)/4 SR^2))
 *   (Bailey and Lopez de Prado 2012, "The Sharpe ratio efficient frontier", J. of Risk 15(2)).
 * The best of N tries without any skill is expected at sqrt(V) ((1-y) Q(1 - 1/N) + y Q(1 - 1/(N e))), y = 0.5772...
 *   Euler's constant, V the variance of the tries' ratios; DSR is the PSR against that benchmark
 *   (Bailey and Lopez de Prado 2014, "The deflated Sharpe ratio", JPM 40(5)).
 * MinBTL: years of data below which the best of N tries is expected to show an annual ratio though there is none
 *   (Bailey, Borwein, Lopez de Prado and Zhu 2014, "Pseudo-mathematics and financial charlatanism", Notices AMS 61(5)).
 * PBO: probability of backtest overfitting by combinatorially symmetric cross-validation, the share of splits in which
 *   the winner in sample is in the lower half out of sample (the same authors 2017, J. of Computational Finance 20(4)).
 *
 * Ratios are per period (a day), not annual: mean over standard deviation, without a risk-free rate.
 * Threads: pure functions on the caller's memory, for reports; they use libm.
 */
#ifndef AS_CORE_STATS_DEFLATED_SHARPE_H
#define AS_CORE_STATS_DEFLATED_SHARPE_H

#include <stddef.h>
#include <stdint.h>

typedef struct as_sharpe {
    uint64_t count;            /* T: returns */
    double mean, deviation;    /* deviation with T - 1 */
    double ratio;              /* mean / deviation; NAN with fewer than two returns, or when all are equal */
    double skewness, kurtosis; /* g3, g4 by moments with T; kurtosis of the normal is 3 */
} as_sharpe;

/* The moments of count returns. */
as_sharpe as_sharpe_of(const double *value, size_t count);

/* PSR against benchmark. NAN where the ratio is, or where the variance of the ratio is not positive. */
double as_sharpe_probabilistic(const as_sharpe *sharpe, double benchmark);

/* Expected maximum of tries standard normal draws; 0 for one try. */
double as_sharpe_expected_max(double tries);

/* DSR: tries ratios of variance `variance` (per period, squared) have been looked at. */
double as_sharpe_deflated(const as_sharpe *sharpe, double tries, double variance);

/* MinBTL in years for the best of tries to be expected below an annual ratio. */
double as_sharpe_min_length(double tries, double annual_ratio);

enum { AS_PBO_BLOCK_MAX = 16, AS_PBO_TRY_MAX = 1024 };

/*
 * PBO of a table of returns, [period][try], cut into `blocks` equal blocks of periods (even, 2..AS_PBO_BLOCK_MAX; left
 * over periods at the end are not used). logit receives one ln(r / (1 - r)) a split, r = rank / (tries + 1) of the
 * winner out of sample, in the lexicographic order of the in-sample blocks; room for AS_PBO_SPLIT_MAX always suffices.
 * Returns the share of logits <= 0 and the number of splits in *splits; NAN for a shape that is not allowed.
 */
enum { AS_PBO_SPLIT_MAX = 12870 };
double as_sharpe_pbo(const double *value, size_t periods, size_t tries, unsigned blocks, double *logit, size_t *splits);

#endif
