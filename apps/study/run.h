/*
 * A study: from prices and events to answers.
 *
 * One answer an event: the names that have prices (or those that the event's family has channels to, or the event's own
 * symbol), each with day 0 at its own first price at or after the event. Or one answer an event family, with the events
 * as names (a pool). Then placebo dates, once for each set of names, and the correction over all answers and tests
 * (core/stats/p_value.h). The market, the factors of other instruments and the bucket "index" are no names.
 *
 * One thread. Memory: the answers keep their event windows, not their estimation windows.
 */
#ifndef AS_APPS_STUDY_RUN_H
#define AS_APPS_STUDY_RUN_H

#include "apps/study/diagnosis.h"
#include "apps/study/events.h"
#include "apps/study/panel.h"
#include "apps/study/placebo.h"
#include "apps/study/sample.h"

typedef enum as_study_names { AS_STUDY_ALL, AS_STUDY_LINKED, AS_STUDY_OWN } as_study_names;

typedef struct as_study_answer {
    const as_study_event *event; /* NULL: a pool */
    uint16_t type;
    size_t pooled; /* events of a pool */
    as_study_sample sample;
    as_study_diagnosis diagnosis;
    size_t placebo; /* index into placebo[] */
    double p_placebo[AS_STUDY_TEST_COUNT], p_holm[AS_STUDY_TEST_COUNT], p_bh[AS_STUDY_TEST_COUNT];
} as_study_answer;

/* A return of an event window that is not what it seems. */
typedef enum as_study_flaw { AS_STUDY_NO_MARKET, AS_STUDY_NO_PRICE, AS_STUDY_GAP } as_study_flaw;

typedef struct as_study_warning {
    const char *event;   /* its id, or "pool" */
    uint32_t instrument; /* the name */
    int day;             /* of the event window */
    uint64_t ts;         /* of the name's price; 0: it has none */
    int32_t date;        /* its session, YYYYMMDD; 0 */
    as_study_flaw flaw;
    uint32_t sessions; /* that a gap's return spans */
} as_study_warning;

/* "no_market_price" "no_price" "gap" */
const char *as_study_flaw_key(as_study_flaw flaw);

typedef struct as_study_run {
    const as_universe *universe;
    const as_playbook *playbook;
    const as_study_panel *panel;
    const as_study_events *events;
    as_study_options options;
    as_study_names names;
    bool pool;
    size_t placebo_wanted;
    uint64_t seed;
    /* made by as_study_run_all */
    as_study_answer *answer;
    size_t answer_count;
    as_study_placebo *placebo;                  /* one a set of names */
    char (*placebo_names)[AS_EVENT_NAME_BYTES]; /* what the set is called */
    size_t placebo_count;
    as_study_warning *warning;
    size_t warning_count, warning_room;
    size_t same_day, overlapping; /* of a pool: events that share their day with another; whose windows overlap */
} as_study_run;

/* 0; or a negative errno with the error chain set: an event that no name can be studied for, say. */
int as_study_run_all(as_study_run *run);

/* Safe on zeroes. */
void as_study_run_fini(as_study_run *run);

#endif
