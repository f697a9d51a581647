/*
 * Pairs: do the prices of two to eight instruments move together, and how fast does what is between them close?
 * (core/stats/cointegration.h, which names the sources.)
 *
 * Prices at the times at which all of them have one (sessions of one date, intervals of one end). Engle and Granger's
 * regression of the first on the others is done without and with a constant; Johansen's test with one lagged
 * difference. Lags of the unit root tests by Akaike's criterion.
 * One thread. Memory: the common prices, on the heap.
 */
#ifndef AS_APPS_STUDY_PAIRS_H
#define AS_APPS_STUDY_PAIRS_H

#include <stdio.h>

#include "apps/study/panel.h"
#include "core/stats/cointegration.h"

typedef struct as_study_relation {
    bool found; /* false: collinear */
    as_engle_granger test;
    double half_life; /* of the residual */
} as_study_relation;

typedef struct as_study_pairs {
    uint32_t instrument[AS_COINTEGRATION_SERIES_MAX];
    size_t series, count; /* common prices */
    bool logarithms;
    as_study_relation plain, constant; /* Engle and Granger without and with a constant */
    bool johansen_found;
    as_johansen johansen;
    double spread_mean, spread_half_life; /* of the first eigenvector's combination */
} as_study_pairs;

/* list: SYMBOL,SYMBOL[,...]. 0, or a negative errno with the error chain set. */
int as_study_pairs_test(as_study_pairs *pairs, const as_study_panel *panel, const char *list, bool logarithms,
                        size_t lags);

void as_study_pairs_json(FILE *stream, const as_study_pairs *pairs, const as_universe *universe);
void as_study_pairs_text(FILE *stream, const as_study_pairs *pairs, const as_universe *universe);

#endif
