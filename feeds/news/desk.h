/*
 * The desk: reads a headline. Links issuers, types the event, hears the status cue, takes a fingerprint.
 *
 * Compiled at start (and at a reload) from the universe's gazetteer and one generation of the playbook; immutable
 * afterwards, so several threads may read with it at once. Reading is a pure function of the headline's raw half, runs
 * without allocation and does no I/O. The three parts are link.h, classify.h and fingerprint.h.
 */
#ifndef AS_FEEDS_NEWS_DESK_H
#define AS_FEEDS_NEWS_DESK_H

#include <stdbool.h>

#include "core/headline.h"
#include "core/playbook.h"
#include "core/universe.h"

typedef struct as_desk as_desk;

/* The universe and the playbook must outlive the desk. 0, or a negative errno with the error chain set. */
int as_desk_new(const as_universe *universe, const as_playbook *playbook, as_desk **desk);
void as_desk_free(as_desk *desk);

/* One place where the headline names an issuer, and how it was recognised. */
typedef struct as_desk_mention {
    uint32_t issuer;
    char text[64];     /* as written, folded to ASCII */
    const char *class; /* SAFE, CASED, CONTEXT, or TICKER */
    bool judged;       /* by what surrounds it; score says how, 0.7 is enough */
    double score;
} as_desk_mention;

/* Why a headline was read as it was. Phrases are NULL where none fired, and live as long as desk and playbook. */
typedef struct as_desk_why {
    as_desk_mention mention[AS_HEADLINE_ISSUER_MAX]; /* the first of each issuer */
    unsigned mention_count;
    const char *event, *cue, *good, *bad;
} as_desk_why;

/* Read once more and say why. For displays: slower than reading. */
void as_desk_explain(const as_desk *desk, const as_headline *headline, as_desk_why *why);

/* Fill headline->reading from its raw half. */
void as_desk_read(const as_desk *desk, as_headline *headline);

#endif
