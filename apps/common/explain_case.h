/*
 * A case: everything that led to one signal, collected while a recording is replayed.
 *
 * First the signal is looked up: in the decisions of a journal (as_explain_look_up_journal), or in a replay
 * (as_explain_look_up_emit for each decision). Then as_explain_record and as_explain_emit watch a second replay: each
 * decision on the signal's fact (fact, shock, the signal's own) becomes a step, with a copy of what the engine knew at
 * that moment, and the headlines that the steps name are kept with the desk's reading.
 *
 * Threads: one. Memory: the heap; at most AS_EXPLAIN_STEPS steps and AS_EXPLAIN_HEADLINES headlines, the latest ones;
 * what was beyond is counted.
 */
#ifndef AS_APPS_COMMON_EXPLAIN_CASE_H
#define AS_APPS_COMMON_EXPLAIN_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/common/setup.h"
#include "core/decision.h"
#include "core/engine.h"
#include "core/shock.h"

enum { AS_EXPLAIN_STEPS = 4096, AS_EXPLAIN_HEADLINES = 4096, AS_EXPLAIN_ID_MIN = 6, AS_EXPLAIN_ID_BYTES = 33 };

/* What the engine knew when it made a decision. */
typedef struct as_explain_step {
    as_decision decision;
    char *line;       /* as `--out` and the journal have it */
    as_event trigger; /* the event that closed the instant */
    bool has_shock;   /* what follows is known */
    bool is_linked;   /* the name is linked to the fact, not its epicentre */
    as_shock shock;   /* a copy: .linked is not to be followed */
    as_linked linked;
    as_fact fact;
    as_view view; /* what a view has of a name whatever the fact */
    as_thresholds thresholds;
    as_costs_config costs;
    double breadth, basket_z, dispersion, s_w;
    int chain_sign;
    bool own_news;
} as_explain_step;

typedef struct as_explain_case {
    as_setup *setup;                  /* of the replay that runs; needed by the watching functions only */
    char wanted[AS_EXPLAIN_ID_BYTES]; /* what was asked for: lower-case digits */
    char id[AS_EXPLAIN_ID_BYTES];     /* the signal's, once it was found */
    char other[AS_EXPLAIN_ID_BYTES];  /* another id with the same beginning; empty: none */
    char fact[2 * AS_FACT_KEY_BYTES]; /* the values of "fact" and "generation", as the signal's lines have them */
    char generation[16];
    uint64_t decisions_seen; /* while looking up */
    char **expected;         /* the signal's lines in the journal */
    uint32_t expected_count;
    as_explain_step *step;
    uint32_t step_count;
    uint64_t steps_beyond;
    uint32_t said_count;     /* steps that are the signal's own */
    as_headline *headline;   /* a ring */
    uint64_t headline_count; /* ever put into it */
    as_event event[2];       /* the latest events, newest first */
    bool differs;            /* a line of the replay is not the journal's */
    bool failed;             /* out of memory */
} as_explain_case;

/* wanted: 6 to 32 hexadecimal digits. 0, or -EINVAL with the error chain set. */
int as_explain_case_init(as_explain_case *c, const char *wanted);
void as_explain_case_fini(as_explain_case *c);

/* Look for the signal among a journal's decisions. 0, found or not; or a negative errno with the error chain set. */
int as_explain_look_up_journal(as_explain_case *c, const char *path);
/* The same of a replay: an as_emit_fn. */
void as_explain_look_up_emit(void *c, const as_decision *decision);

/* Watch a replay: an as_record_fn for the setup's merge, and an as_emit_fn for its engine. */
void as_explain_record(void *c, const as_event *event, const as_headline *headline, const as_playbook *playbook);
void as_explain_emit(void *c, const as_decision *decision);

/* After the replay: does it say the same of the signal as the journal? 1 yes, 0 no, -1 there is nothing to compare. */
int as_explain_verified(const as_explain_case *c);

/* The first step of the signal that has what the engine knew, NULL if none has. */
const as_explain_step *as_explain_first(const as_explain_case *c);

/* The kept headline of an id, NULL if it is not there. */
const as_headline *as_explain_headline(const as_explain_case *c, const char *id);

/* The ids of headlines that the steps name, in order of appearance: fills at most max, returns how many. */
uint32_t as_explain_headline_ids(const as_explain_case *c, const char **id, uint32_t max);

#endif
