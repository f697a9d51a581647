/*
 * Placebo dates: the same names, the same windows, at moments when nothing was announced.
 *
 * Dates are drawn without replacement, by a seed, from the prices of one reference series (the market's) that have a
 * whole estimation window before them and whose event window touches none of the events'. What a test gives there is
 * its distribution under the null in these very data: heavy tails, common shocks and all. Reported are the empirical
 * size (share of dates with p <= 5 %), and for an event p = (1 + dates with a statistic as large) / (1 + dates)
 * (Davison and Hinkley 1997, 4.1). In a pool each distinct date of the events moves to a date of its own, and all names
 * of that date with it.
 *
 * One thread. Memory: two numbers a test and date.
 */
#ifndef AS_APPS_STUDY_PLACEBO_H
#define AS_APPS_STUDY_PLACEBO_H

#include "apps/study/sample.h"

typedef struct as_study_placebo {
    uint64_t seed;
    size_t wanted, eligible, dates; /* asked for; places there were; used */
    size_t disjoint;  /* of the dates: as many as have windows that do not overlap; of a pool: of the places */
    double *stat, *p; /* [test * wanted + date] */
    double *mean_car; /* [date] */
} as_study_placebo;

typedef struct as_study_placebo_options {
    size_t wanted; /* 0: none */
    uint64_t seed;
    const uint64_t *event; /* moments whose windows are avoided */
    size_t event_count;
    bool own_dates; /* a pool: each distinct date of the cases its own */
} as_study_placebo_options;

/*
 * Run. cases: the names; their ts are replaced. sample has room for them and is used up. 0 or -ENOMEM with the error
 * chain set.
 */
int as_study_placebo_run(as_study_placebo *placebo, const as_study_placebo_options *options,
                         const as_study_panel *panel, const as_study_case *cases, size_t count,
                         as_study_sample *sample);

/* Share of the dates with p <= level; NAN without dates. */
double as_study_placebo_size(const as_study_placebo *placebo, as_study_test test, double level);
/* The q-quantile of the statistic (0..1, the nearest rank). */
double as_study_placebo_quantile(const as_study_placebo *placebo, as_study_test test, double q);
/* Empirical p of a statistic; NAN without dates. */
double as_study_placebo_p(const as_study_placebo *placebo, as_study_test test, double stat);

/* Safe on zeroes. */
void as_study_placebo_fini(as_study_placebo *placebo);

#endif
