/*
 * The truth of simulated runs, and how much of it a book of signals has found.
 *
 * truth.json, schema 2 (docs/SIMULATOR.md): sessions, with those in which nothing was planted, and events with what was
 * planted in every linked name. A shock of the daemon is the event of the same run with its issuer and t0. A planted
 * excess is found when an OVERREACTION opens on its name, for that shock, with the side of a reversal.
 *
 * False alarms are OVERREACTIONs that open in a null session on a name for which their event planted nothing (|os| <
 * 1); on one for which it did they are late, and counted apart: Seoul answers after New York's session has ended.
 * Name-days are those of null sessions, counted in three ways: names that open shocks link at the session's end; all
 * names with a market factor; linked names of null sessions that carry no excess of an earlier event.
 *
 * Cold path, one thread. Memory: the heap.
 */
#ifndef AS_APPS_SCORE_TRUTH_H
#define AS_APPS_SCORE_TRUTH_H

#include "apps/score/book.h"
#include "apps/score/stats.h"

enum { AS_TRUTH_KINDS = 8, AS_TRUTH_BANDS = 7, AS_TRUTH_KIND_BYTES = 24 };

/* Lower ends of the bands of |planted_os|: 0 exactly, then above 0, 1, 2, 2.5, 3, 4. */
extern const char *const as_truth_band_text[AS_TRUTH_BANDS];

typedef struct as_truth_name {
    char symbol[AS_SYMBOL_BYTES];
    double planted_os; /* signed; 0: nothing on top of what is justified */
} as_truth_name;

typedef struct as_truth_event {
    uint32_t run;
    char id[32], kind[AS_TRUTH_KIND_BYTES], issuer[AS_SYMBOL_BYTES], family[AS_EVENT_NAME_BYTES];
    uint64_t t0;
    size_t first_name, name_count;
} as_truth_event;

typedef struct as_truth_session {
    uint32_t run;
    int32_t date;
    bool null;  /* no priced event began or was answered in it */
    bool carry; /* an excess of an earlier one is still there */
} as_truth_session;

typedef struct as_truth {
    as_truth_event *event;
    size_t event_count, event_room;
    as_truth_name *name;
    size_t name_count, name_room;
    as_truth_session *session;
    size_t session_count, session_room;
} as_truth;

/* Add the truth of a run. 0, or a negative errno with the error chain set. */
int as_truth_load(as_truth *truth, const char *path, uint32_t run);
void as_truth_fini(as_truth *truth);

typedef struct as_truth_recall {
    uint64_t planted, found;
    as_score_interval interval;
} as_truth_recall;

/* What a kind of planted events was taken for, name by name. */
typedef struct as_truth_row {
    char kind[AS_TRUTH_KIND_BYTES];
    uint64_t events, names;
    uint64_t shocks;                                        /* events of which at least one signal came */
    uint64_t overreaction, wrong_side, underreaction, none; /* names, by the first that applies */
    uint64_t mean_reversion;                                /* names, beside those */
    uint64_t contradiction;                                 /* events */
    as_truth_recall band[AS_TRUTH_BANDS]; /* names by |planted_os|: diagnosed OVERREACTION, either side */
} as_truth_row;

typedef struct as_truth_rate {
    uint64_t count;
    double name_days, per_1000;
    as_score_interval interval; /* of per_1000 */
} as_truth_rate;

typedef struct as_truth_detection {
    as_truth_row row[AS_TRUTH_KINDS];
    unsigned kinds;
    as_truth_recall planted, reverting;   /* |planted_os| >= 2.5: any kind; kind overreaction */
    as_truth_recall band[AS_TRUTH_BANDS]; /* any kind */
    double found_after_s[3];              /* of those found: quartiles of opening less t0 */
    uint64_t null_sessions, sessions;
    as_truth_rate false_linked, false_all;
    as_truth_rate false_quiet;      /* null sessions that carry nothing either, linked names */
    uint64_t late;                  /* OVERREACTIONs in a null session, on a name with something planted */
    as_truth_rate unplanted_linked; /* in any session: OVERREACTIONs with nothing (|os| < 1) planted */
} as_truth_detection;

as_truth_detection as_truth_detect(const as_truth *truth, const as_score_book *book);

/* What is known of a session; NULL where the truth does not say. */
const as_truth_session *as_truth_session_of(const as_truth *truth, uint32_t run, int32_t date);

#endif
