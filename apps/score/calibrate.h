/*
 * From past signals to the table of core/probability.h: `backtest --calibrate-to FILE`.
 *
 * Signals are those of the built-in strategies of these names. y = 1 where the net residual return over the horizon
 * was above zero. For each kind (overreaction, mean_reversion) |OS| is cut into bins of equally many signals (one bin
 * a hundred of them, ten at most), the same for all cells of the kind. In each bin a cell's frequency is shrunk
 * toward its parent's curve as if the parent were n0 signals (beta-binomial posterior mean, n0 = `shrinkage`):
 *     p = (hits + n0 p_parent) / (signals + n0)
 * then made non-decreasing in |OS| by pooling adjacent violators, weighted by signals + n0. Parents: all signals ->
 * kind -> kind and breadth -> kind, breadth and status. The first parent of all is the base rate, itself shrunk
 * toward 1/2.
 *
 * Cold path. Memory: the heap.
 */
#ifndef AS_APPS_SCORE_CALIBRATE_H
#define AS_APPS_SCORE_CALIBRATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "apps/score/book.h"
#include "core/probability.h"

#define AS_SCORE_SHRINKAGE 50.0 /* n0 that is used unless told otherwise (ours) */

/* Fit. source may be NULL: the runs' labels are named. -ENODATA with the error chain set if nothing has been scored. */
int as_score_calibrate(const as_score_book *book, double shrinkage, const char *source, as_probability *table);

/* Write the file, cells with at least one signal. */
void as_score_calibration_print(const as_probability *table, FILE *file);

/* Was the table of a file fitted on these data (as_score_run.data)? The file's comments say which they were. */
bool as_score_calibration_saw(const char *path, uint64_t data);

/* Both, to a path. 0, or a negative errno with the error chain set. */
int as_score_calibrate_to(const as_score_book *book, const char *source, const char *path);

#endif
