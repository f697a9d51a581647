/*
 * How honest a probability is, and how to make it more so.
 *
 * For forecasts p of outcomes y in {0, 1}, with bins k of n_k forecasts, mean forecast p_k,
 * observed frequency o_k, and base rate o:
 *   Brier = mean (p - y)^2                                    (Brier 1950)
 *         = REL - RES + UNC  where the forecasts of a bin are equal    (Murphy 1973)
 *   REL = mean_k n_k (p_k - o_k)^2,  RES = mean_k n_k (o_k - o)^2,  UNC = o (1 - o)
 *   skill = 1 - Brier / UNC,  log loss = -mean (y ln p + (1-y) ln(1-p)),
 *   ECE = mean_k n_k |p_k - o_k|.
 * Recalibration: isotonic regression by pooling adjacent violators (Ayer and others 1955), or
 * Platt's logistic curve (1999), here as plain maximum likelihood without his target smoothing.
 *
 * Threads: pure functions on the caller's memory, for reports and for tables made between sessions;
 * nothing here runs on an event. Results use core/logexp.h and are the same on every machine.
 */
#ifndef AS_CORE_STATS_CALIBRATION_H
#define AS_CORE_STATS_CALIBRATION_H

#include <stddef.h>

typedef struct as_calibration_bin {
    double p;        /* mean forecast */
    double observed; /* frequency of y = 1 */
    size_t count;
} as_calibration_bin;

typedef struct as_calibration_score {
    double brier, reliability, resolution, uncertainty;
    double skill;    /* against the base rate; NAN where all outcomes are equal */
    double log_loss; /* forecasts clipped to [1e-15, 1 - 1e-15] */
    double ece;
    double base_rate;
} as_calibration_score;

/*
 * One bin a distinct forecast, ascending. Returns the number of bins, 0 if there are more than
 * bin_max. y holds 0 and 1, p is finite. O(count log bins).
 */
size_t as_calibration_bins(const double *p, const double *y, size_t count, as_calibration_bin *bin, size_t bin_max);

/* bin_count bins of equal width over [0, 1]; empty ones are left out. Returns the number kept. */
size_t as_calibration_bins_equal(const double *p, const double *y, size_t count, as_calibration_bin *bin,
                                 size_t bin_count);

/* The scores of count forecasts with the given bins of them; all NAN for none. */
as_calibration_score as_calibration_measure(const double *p, const double *y, size_t count,
                                            const as_calibration_bin *bin, size_t bin_count);

/*
 * The nearest non-decreasing frequencies (weighted by count) to those of bins in ascending order:
 * fit[k] for bin k. block is scratch of bin_count.
 */
void as_calibration_isotonic(const as_calibration_bin *bin, size_t bin_count, double *fit, as_calibration_bin *block);

/*
 * Recalibrated p: linear between the bins' forecasts, constant beyond the ends; NAN without bins.
 */
double as_calibration_isotonic_value(const as_calibration_bin *bin, const double *fit, size_t bin_count, double p);

typedef struct as_platt {
    double intercept, slope; /* P(y = 1 | score) = 1 / (1 + exp(-(intercept + slope score))) */
} as_platt;

typedef enum as_platt_result {
    AS_PLATT_OK = 0,
    AS_PLATT_ONE_CLASS = 1, /* all outcomes equal, or all scores */
    AS_PLATT_SEPARATED = 2  /* no finite maximum: some threshold tells all outcomes apart */
} as_platt_result;

/* Newton's method, to a step below 1e-12. *platt is written on OK. */
as_platt_result as_platt_fit(const double *score, const double *y, size_t count, as_platt *platt);
double as_platt_value(const as_platt *platt, double score);

#endif
