/*
 * as_credibility: how often an outlet's unconfirmed reports came true.
 *
 * Each claim that an outlet reported ends confirmed, denied or expired. With Beta priors by tier and counts that halve
 * in two years (SCIENCE 1.4):
 *
 *   p_true = (a + confirmed) / (a + b + confirmed + denied + expired),   tier 1: (3,2)   2: (2,3)   3 and 4: (1,4)
 *
 * An outlet is known by as_outlet: its name in lower case, letters and digits only, without "www." and what follows the
 * name in an address, so that "Reuters" and "https://www.reuters.com/" are one.
 *
 * Memory: fixed, AS_OUTLET_MAX outlets; a further one is not remembered (counted) and keeps its prior. Threads: one.
 * Time comes with the events and may not run backwards by more than it costs: an earlier time counts as no time.
 */
#ifndef AS_CORE_CREDIBILITY_H
#define AS_CORE_CREDIBILITY_H

#include <stdint.h>

typedef enum as_outcome {
    AS_OUTCOME_NONE = 0,
    AS_OUTCOME_CONFIRMED = 1,
    AS_OUTCOME_DENIED = 2,
    AS_OUTCOME_EXPIRED = 3 /* nobody ever said more about it */
} as_outcome;

enum { AS_OUTCOMES = 4 };

typedef struct as_outlet_record {
    uint64_t outlet;           /* 0: unused */
    uint64_t ts;               /* the counts are worth this much at ts */
    double count[AS_OUTCOMES]; /* by as_outcome; [0] unused */
} as_outlet_record;

typedef struct as_credibility {
    as_outlet_record *record; /* open addressing, twice AS_OUTLET_MAX */
    uint32_t outlet_count;
    uint64_t untracked; /* outcomes of outlets beyond the limit */
} as_credibility;

/* 0 or -ENOMEM. */
int as_credibility_init(as_credibility *credibility);
void as_credibility_fini(as_credibility *credibility);

/* The outlet that a source's name stands for; never 0. */
uint64_t as_outlet(const char *source);

/* Probability that a report of this outlet is true, at a time. tier 1..4; another counts as 4. */
double as_credibility_p_true(const as_credibility *credibility, uint64_t outlet, uint8_t tier, uint64_t ts);

/* One claim of the outlet ended so at ts. */
void as_credibility_count(as_credibility *credibility, uint64_t outlet, as_outcome outcome, uint64_t ts);

/* What was counted at `counted_ts` turned out otherwise (a denied claim was confirmed): take it back, worn as it is. */
void as_credibility_take_back(as_credibility *credibility, uint64_t outlet, as_outcome outcome, uint64_t counted_ts,
                              uint64_t ts);

#endif
