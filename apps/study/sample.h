/*
 * A study's sample: names, each with its own day 0, in event time; their normal returns, abnormal returns and tests.
 *
 * Positions count a name's own prices: 0 is the first price at or after its event's time. The event window is
 * first..last, the estimation window the `estimation` returns that end `gap` returns before it (MacKinlay 1997: 250
 * and 10). The formulas and their sources are in core/stats/event_study.h and core/stats/event_tests.h.
 *
 * Model: the market's return; none but the mean; or the market's and the sector's, the latter orthogonal to the former
 * in the estimation window (a name without other members in its bucket takes the market alone).
 * Convention: a published table (the estudy2 package) divides the sum of squares by M - 1 instead of M - 2, takes the
 * market's moments from the whole estimation window, whatever part of it a young name has, and pools the signs of the
 * generalised sign test; `as_package` does so too.
 *
 * One thread. Memory: names * (estimation + window) numbers, allocated once, used again by every fit.
 */
#ifndef AS_APPS_STUDY_SAMPLE_H
#define AS_APPS_STUDY_SAMPLE_H

#include "apps/study/panel.h"
#include "core/stats/event_study.h"

typedef enum as_study_model { AS_STUDY_MARKET, AS_STUDY_MEAN, AS_STUDY_SECTOR } as_study_model;

typedef struct as_study_options {
    uint32_t market; /* AS_INSTRUMENT_NONE with AS_STUDY_MEAN only */
    as_study_model model;
    size_t estimation, gap;
    size_t estimation_min; /* a name with fewer returns is left out */
    int first, last;
    bool as_package;
} as_study_options;

static inline size_t as_study_window(const as_study_options *o)
{
    return (size_t)(o->last - o->first + 1);
}

typedef enum as_study_test {
    AS_STUDY_PATELL,
    AS_STUDY_BMP,
    AS_STUDY_KP,
    AS_STUDY_KP_PATELL,
    AS_STUDY_CORRADO,
    AS_STUDY_CORRADO_ZIVNEY,
    AS_STUDY_CORRADO_SIGN,
    AS_STUDY_CROSS_SECTION,
    AS_STUDY_BW_1980,
    AS_STUDY_BW_1985,
    AS_STUDY_LAMB,
    AS_STUDY_SIGN,
    AS_STUDY_GENERALISED_SIGN,
    AS_STUDY_WILCOXON,
    AS_STUDY_TEST_COUNT
} as_study_test;

/* "patell" "bmp" "kolari_pynnonen" ... and what a reader calls it. */
const char *as_study_test_key(as_study_test test);
const char *as_study_test_title(as_study_test test);

typedef struct as_study_stat {
    double stat, p; /* two-sided; NAN where undefined */
} as_study_stat;

/* One name and its event. */
typedef struct as_study_case {
    uint32_t instrument;
    uint64_t ts;
} as_study_case;

typedef struct as_study_name {
    uint32_t instrument;
    uint64_t ts;
    size_t day0; /* index into its series */
    as_ols ols;
    bool has_sector;
    double sector_beta;
    size_t window_count; /* returns of the event window that are there */
    size_t gaps;         /* returns of it that span several sessions */
    bool no_day0;        /* the window has day 0, but there is no return on it */
    double car, scar, csar;
    double *ar, *sar; /* the event window; NAN where there is none */
    /* what the playbook makes of it (study_diagnosis.h) */
    double w, e, os;
    bool linked, epicentre;
} as_study_name;

typedef struct as_study_skip {
    uint32_t instrument;
    size_t estimated; /* returns that are there */
    size_t prices, day0;
} as_study_skip;

typedef struct as_study_sample {
    as_study_options options;
    size_t name_max, names, skipped;
    as_study_name *name;
    as_study_skip *skip;
    double *scaled;   /* names * (estimation + window): abnormal returns over scale; NAN where missing */
    double *residual; /* names * estimation, the same */
    double *window;   /* 2 * name_max * window: ar and sar of the names */
    double *work;
    double rbar;
    as_study_stat whole[AS_STUDY_TEST_COUNT];         /* over the window */
    as_study_stat (*day)[AS_STUDY_TEST_COUNT];        /* of each day of it */
    double mean_car, *mean_ar, *mean_car_to, *car_se; /* over names: by day; CAR up to the day, its standard error */
} as_study_sample;

/* 0 or -ENOMEM with the error chain set. */
int as_study_sample_init(as_study_sample *sample, const as_study_options *options, size_t name_max);

/* Fit the cases (at most name_max). Names that cannot be are in skip[]; names is 0 if none can. */
void as_study_sample_fit(as_study_sample *sample, const as_study_panel *panel, const as_study_case *cases,
                         size_t count);

/* The tests of what was fitted. */
void as_study_sample_test(as_study_sample *sample);

/* Safe on zeroes. */
void as_study_sample_fini(as_study_sample *sample);

#endif
