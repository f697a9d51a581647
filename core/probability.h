/*
 * p: the calibrated probability that the net residual reversion over the horizon is positive.
 *
 * A table made from past signals (`aftershock backtest --calibrate-to FILE`), loaded at start (`calibration: FILE`) and
 * never changed: cells of (kind, breadth below its gate or not, status group), each with a non-decreasing curve of p
 * over |OS|, linear between its knots and constant beyond them. A cell that the file does not have is answered by
 * its parent, the same kind whatever the status, then whatever the breadth. How the curves are fitted and shrunk:
 * apps/score/calibrate.h, docs/SCORING.md.
 *
 * The file, YAML:
 *   version: 1
 *   outcome: net residual reversion over the horizon above zero
 *   source: "market, seeds 1 to 10"     where the past signals are from
 *   period: {from: 2020-01-02, to: 2022-12-30}
 *   signals: 5120                       how many
 *   shrinkage: 50                       signals that a parent's curve weighs
 *   breadth_gate: 0.3
 *   cells:
 *     - {kind: overreaction, breadth: low, status: open, signals: 812, hits: 455, os: [2.0, 2.6], p: [0.51, 0.56]}
 * breadth: any, low, high. status: any, open (rumour, developing, denied and the rest), confirmed (or updated). os
 * rises strictly, p does not fall and lies in [0, 1]; at most AS_PROBABILITY_KNOTS of them.
 *
 * Threads: as_probability_of is a pure function of an immutable table: any thread, the core's too (no allocation, libm,
 * lock or call). Loading is cold.
 */
#ifndef AS_CORE_PROBABILITY_H
#define AS_CORE_PROBABILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/limits.h"

enum { AS_PROBABILITY_KNOTS = 16 };

typedef enum as_probability_kind {
    AS_PROBABILITY_OVERREACTION = 0,
    AS_PROBABILITY_MEAN_REVERSION = 1
} as_probability_kind;
typedef enum as_probability_breadth {
    AS_BREADTH_ANY = 0,
    AS_BREADTH_BELOW = 1,
    AS_BREADTH_ABOVE = 2
} as_probability_breadth;
typedef enum as_probability_status {
    AS_STATUS_ANY = 0,
    AS_STATUS_OPEN = 1,
    AS_STATUS_CONFIRMED = 2
} as_probability_status;

enum { AS_PROBABILITY_KINDS = 2, AS_PROBABILITY_BREADTHS = 3, AS_PROBABILITY_STATUSES = 3 };

typedef struct as_probability_cell {
    uint32_t knots;         /* 0: not in the file */
    uint64_t signals, hits; /* that it was fitted to */
    double os[AS_PROBABILITY_KNOTS], p[AS_PROBABILITY_KNOTS];
} as_probability_cell;

typedef struct as_probability {
    double breadth_gate;
    double shrinkage;
    uint64_t signals;
    char source[128];
    int32_t from, to; /* YYYYMMDD */
    as_probability_cell cell[AS_PROBABILITY_KINDS][AS_PROBABILITY_BREADTHS][AS_PROBABILITY_STATUSES];
} as_probability;

typedef struct as_probability_input {
    uint8_t kind;   /* as_signal_kind */
    uint8_t status; /* as_fact_status */
    double os;      /* of either sign */
    double breadth;
} as_probability_input;

/* p, or NAN: no table (NULL), another kind, an undefined score, or no cell for it. */
double as_probability_of(const as_probability *table, const as_probability_input *in);

/* The group that a fact's status belongs to. */
as_probability_status as_probability_status_of(uint8_t status);

/* 0 and *table, or a negative errno with the error chain set. */
int as_probability_load(const char *path, as_probability **table);
/* The same from bytes; path is for messages. */
int as_probability_read(const char *path, const char *text, size_t text_bytes, as_probability **table);
void as_probability_free(as_probability *table);

/* The words of the file. */
extern const char *const as_probability_kind_text[AS_PROBABILITY_KINDS + 1];
extern const char *const as_probability_breadth_text[AS_PROBABILITY_BREADTHS + 1];
extern const char *const as_probability_status_text[AS_PROBABILITY_STATUSES + 1];

#endif
