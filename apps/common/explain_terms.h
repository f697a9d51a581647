/*
 * What a decision's words mean: each reason in plain English with the source of its formula, and the conditions of the
 * bundled strategies with what was found and the threshold of the playbook that it was held to.
 *
 * Pure functions. One thread; no memory but the caller's.
 */
#ifndef AS_APPS_COMMON_EXPLAIN_TERMS_H
#define AS_APPS_COMMON_EXPLAIN_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/common/explain_case.h"

typedef struct as_explain_reason {
    const char *text;   /* plain English, no full stop */
    const char *source; /* "SCIENCE 4.5 d"; "ours" where the project made it up */
    bool veto;          /* it keeps a signal from opening */
} as_explain_reason;

const as_explain_reason *as_explain_reason_of(as_reason reason);

enum { AS_EXPLAIN_CHECKS = 24 };

typedef struct as_explain_check {
    const char *name; /* "overreaction score" */
    const char *veto; /* the code that stands in the reasons where it does not hold; NULL: then there is no decision */
    const char *key;  /* of the playbook's thresholds; NULL: none */
    const char *source;
    const char *relation; /* ">=" "<=" "is" */
    double found, limit;  /* NAN: not a number, found_text says it */
    char found_text[24];
    bool held, asked; /* asked false: an earlier condition had failed, this one did not matter */
} as_explain_check;

/* The conditions of a step of the signal; 0 for what is not known: another strategy's, a close, outside events. */
unsigned as_explain_checks(const as_explain_step *step, as_explain_check *check);

/* An update of an id that is not open. */
bool as_explain_near_miss(const as_decision *decision);

#endif
