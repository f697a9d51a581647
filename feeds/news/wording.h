/*
 * The desk's own phrases: how newspapers say "perhaps", "no", "we think", "good" and "bad".
 *
 * Patterns of pattern.h, each in one group. They are about language, not markets, so they are
 * data of the desk and no part of the playbook; a playbook cannot change what "declined to
 * comment" means.
 */
#ifndef AS_FEEDS_NEWS_WORDING_H
#define AS_FEEDS_NEWS_WORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum as_wording {
    AS_WORDING_RUMOUR,     /* unnamed sources, "reportedly" */
    AS_WORDING_PLANS,      /* plans and considerations nobody has put on record */
    AS_WORDING_DEVELOPING, /* a regulator or counterparty partly on record */
    AS_WORDING_DENIED,
    AS_WORDING_OPINION,
    AS_WORDING_ON_RECORD, /* a rating that is a fact: a credit rating */
    AS_WORDING_HYPOTHETICAL,
    AS_WORDING_DECLINED,
    AS_WORDING_UNVERIFIED,
    AS_WORDING_OWN_SOURCING,
    AS_WORDING_RETRACTED,
    AS_WORDING_REVISED,
    AS_WORDING_CORROBORATES,
    AS_WORDING_NOTICE, /* no family, whatever its words: a date, a grant, a list */
    AS_WORDING_GOOD,
    AS_WORDING_BAD,
    AS_WORDING_SUBJECT_UP,   /* a company rises, beats, wins: before other words, good for it */
    AS_WORDING_SUBJECT_DOWN, /* a company falls, misses, loses */
    AS_WORDING_HOLDER_BUYS,  /* insiders and funds */
    AS_WORDING_HOLDER_SELLS,
    AS_WORDING_DEPARTS,  /* somebody leaves */
    AS_WORDING_CONFIRMS, /* the company itself confirms what is still open */
    AS_WORDING_MOVERS,   /* lists of gainers and losers, market reports: price moves although they look like columns */
    AS_WORDING_ADVICE,   /* stocks to buy, picks, "should you": commentary whatever the subject */
    AS_WORDING_INVESTS,  /* a sum goes into another company: no capital spending of its own, no fund's holding */
    AS_WORDING_DONE,     /* an authority tells of what is done, not of what it wants */
    AS_WORDING_RELIEF    /* turns a family that is bad by itself: dropped, exempted, cleared */
} as_wording;

typedef struct as_wording_pattern {
    uint16_t group; /* as_wording */
    const char *pattern;
} as_wording_pattern;

extern const as_wording_pattern AS_WORDING[];
extern const size_t AS_WORDING_COUNT;

/* Polarity of a family for its issuer when no word tells. */
typedef struct as_usual_polarity {
    const char *family;
    int8_t polarity;
    bool fixed;  /* good and bad words do not turn it */
    bool relief; /* words of relief do */
    bool plain;  /* reported as a fact even by a column: no opinion cue */
    bool theme;  /* broad: a column with its words is commentary */
    bool chain;  /* of the supply chain: a column with its words keeps the family, its cue is opinion */
} as_usual_polarity;

extern const as_usual_polarity AS_USUAL_POLARITY[];
extern const size_t AS_USUAL_POLARITY_COUNT;

#endif
