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
 * names with a market factor; linked names of null sessions that carry no excess of an earlier event. Their gate is one
 * false OVERREACTION in 1,000 name-days.
 *
 * Events whose t0 lies outside the data of their run are left out and counted. as_truth_check refuses a truth whose
 * sessions or headlines are not those of the run. Intervals are clustered: shares by planted event, precision by the
 * signals' events, false alarms by session (apps/score/stats.h); `naive` ones take names as independent.
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
    bool reverts;      /* it has a half-life */
} as_truth_name;

typedef struct as_truth_event {
    uint32_t run;
    char id[32], kind[AS_TRUTH_KIND_BYTES], issuer[AS_SYMBOL_BYTES], family[AS_EVENT_NAME_BYTES];
    uint64_t t0;
    uint64_t headline; /* hash of the first one's id; 0: none listed */
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

/* 0, or -EINVAL with the error chain set: sessions or headlines of a truth are not those of the run. */
int as_truth_check(const as_truth *truth, const as_score_book *book);

/* Does the event lie in the data of its run? */
bool as_truth_covers(const as_score_book *book, const as_truth_event *event);

typedef struct as_truth_recall {
    uint64_t planted, found;
    size_t events;
    as_score_interval interval, naive;
    as_score_tally tally;
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
    as_score_interval interval; /* of per_1000, clustered by sessions */
    as_score_interval naive;    /* Garwood: as if alarms were independent */
    size_t sessions;
} as_truth_rate;

/* The gate: at most this many false OVERREACTIONs in 1,000 name-days. */
#define AS_TRUTH_GATE_PER_1000 1.0

/* "met": the whole interval is at or below the gate; "not_met": all above; "undecided"; "no_data". */
const char *as_truth_gate_text(const as_truth_rate *rate);

/* Of the OVERREACTIONs that opened. planted is how many, found how many of them were of the kind. */
typedef struct as_truth_precision {
    as_truth_recall reverting; /* |planted_os| >= 1 by their event, it reverts, and the side is that of the way back */
    as_truth_recall not_reverting; /* the same, but it stays */
    as_truth_recall wrong_side;
    as_truth_recall nothing;
} as_truth_precision;

typedef struct as_truth_detection {
    as_truth_row row[AS_TRUTH_KINDS];
    unsigned kinds;
    as_truth_recall planted, reverting;   /* |planted_os| >= 2.5: any kind; kind overreaction */
    as_truth_recall band[AS_TRUTH_BANDS]; /* any kind */
    as_truth_precision precision;
    uint64_t events, outside, unknown_sessions; /* events counted; left out, as their t0 is outside the data; sessions
                                                 * of the runs that no truth lists, in no count */
    double found_after_s[3];                    /* of those found: quartiles of opening less t0 */
    uint64_t null_sessions, sessions;
    as_truth_rate false_linked, false_all;
    as_truth_rate false_quiet;      /* null sessions that carry nothing either, linked names */
    as_truth_rate false_quiet_all;  /* the same, all names */
    uint64_t late;                  /* OVERREACTIONs in a null session, on a name with something planted */
    as_truth_rate unplanted_linked; /* in any session: OVERREACTIONs with nothing (|os| < 1) planted */
} as_truth_detection;

as_truth_detection as_truth_detect(const as_truth *truth, const as_score_book *book);

/* What is known of a session; NULL where the truth does not say. */
const as_truth_session *as_truth_session_of(const as_truth *truth, uint32_t run, int32_t date);

#endif
