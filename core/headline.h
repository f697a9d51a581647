/*
 * as_headline: a piece of news, as the source gave it, and as the desk read it.
 *
 * The upper half is raw: it is what the journal keeps. The lower half, as_reading, is what feeds/news makes of it on
 * the feed's thread: a pure function of the raw half, the universe and one generation of the playbook, so that a
 * replay reads exactly the same. The record travels beside its event through a ring of its own; event and record are
 * produced and consumed in the same order.
 */
#ifndef AS_CORE_HEADLINE_H
#define AS_CORE_HEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"

/* Who says it (DESIGN 6.22). */
typedef enum as_source_class {
    AS_CLASS_UNKNOWN = 0,
    AS_CLASS_OFFICIAL = 1,   /* the issuer or a regulator on the record: filing, release, named executive */
    AS_CLASS_PRESS = 2,      /* an outlet with its own reporting */
    AS_CLASS_AGGREGATOR = 3, /* repeats what others report */
    AS_CLASS_SOCIAL = 4
} as_source_class;

/* What one headline alone says (labels' words). */
typedef enum as_cue {
    AS_CUE_CONFIRMED = 0,
    AS_CUE_RUMOUR = 1,
    AS_CUE_DEVELOPING = 2,
    AS_CUE_DENIED = 3,
    AS_CUE_OPINION = 4
} as_cue;

/* Marks in the text that the status machine asks for (SCIENCE 1.4). */
enum {
    AS_MARK_HYPOTHETICAL = 0x01, /* "if ..., is an option": says what could be, announces nothing */
    AS_MARK_DECLINED = 0x02,     /* "declined to comment" */
    AS_MARK_UNVERIFIED = 0x04,   /* "could not verify", "may change", "early stage" */
    AS_MARK_OWN_SOURCING = 0x08, /* "people familiar told", "sources tell": this outlet's own sources */
    AS_MARK_RETRACTED = 0x10,    /* the source takes the item back */
    AS_MARK_REVISED = 0x20,      /* "raises", "revises", "cuts" a figure that was given before */
    AS_MARK_CORROBORATES = 0x40, /* another outlet says of a report, perhaps without its subject, that it is so */
    AS_MARK_QUOTES = 0x80        /* repeats another outlet's report: no sourcing of its own */
};

/* Event type 0 is "other": no family of the playbook fits. */
#define AS_EVENT_TYPE_OTHER 0

/* What a figure counts. Figures of different units are never compared. */
typedef enum as_figure_unit {
    AS_FIGURE_NONE = 0,
    AS_FIGURE_MONEY = 1,     /* in the currency's own unit */
    AS_FIGURE_PERCENT = 2,
    AS_FIGURE_GIGAWATTS = 3,
    AS_FIGURE_JOBS = 4,
    AS_FIGURE_SHARES = 5
} as_figure_unit;

typedef struct as_figure {
    double value;
    uint8_t unit; /* as_figure_unit */
} as_figure;

typedef struct as_reading {
    uint32_t generation;                            /* playbook generation that made this reading */
    uint32_t issuer[AS_HEADLINE_ISSUER_MAX];        /* instruments, in the order of appearance */
    float relevance[AS_HEADLINE_ISSUER_MAX];        /* 0..1, SCIENCE 1.2 */
    uint16_t event_type;                            /* index into as_event_types */
    uint16_t phrase;                                /* which phrase of that family fired */
    uint16_t feature_count;                         /* features used */
    uint8_t issuer_count;
    uint8_t cue;                                    /* as_cue */
    int8_t polarity;                                /* -1, 0, +1 for the first issuer */
    uint8_t source_class;                           /* as_source_class, resolved (DESIGN 6.22) */
    uint8_t tier;                                   /* 1 wire, 2 major, 3 aggregator, 4 social; resolved */
    uint8_t marks;                                  /* AS_MARK_* */
    uint8_t speaker;                                /* 1 + place in issuer[] of the company that itself says it, or 0 */
    uint8_t figure_count;
    as_figure figure[AS_HEADLINE_FIGURE_MAX];       /* magnitudes that the text gives, the first ones */
    uint64_t common;                                /* bit i: feature[i] is but issuers' names and family's words */
    uint32_t feature[AS_HEADLINE_FEATURE_MAX];      /* hashes of words and bigrams, ascending, unique */
} as_reading;

_Static_assert(AS_HEADLINE_FEATURE_MAX <= 64, "a bit of common a feature");

/*
 * Is it the issuer's own word, for the status machine? An official source, or press of tier 1 or 2 in which the issuer
 * itself says or denies it on the record (SCIENCE 1.4: an executive on record counts as official).
 */
static inline bool as_reading_official(const as_reading *reading, unsigned issuer_idx)
{
    if (reading->source_class == AS_CLASS_OFFICIAL)
        return true;
    const unsigned but = AS_MARK_HYPOTHETICAL | AS_MARK_DECLINED | AS_MARK_UNVERIFIED | AS_MARK_OWN_SOURCING |
                         AS_MARK_RETRACTED | AS_MARK_CORROBORATES | AS_MARK_QUOTES;
    return reading->speaker == issuer_idx + 1 && reading->source_class == AS_CLASS_PRESS && reading->tier >= 1 &&
           reading->tier <= 2 && (reading->cue == AS_CUE_CONFIRMED || reading->cue == AS_CUE_DENIED) &&
           !(reading->marks & but);
}

typedef struct as_headline {
    uint64_t ts_event;
    uint64_t ts_recv;
    uint32_t revision;
    uint16_t text_bytes;                            /* without the terminating zero */
    uint8_t class_given;                            /* as_source_class in the record, or AS_CLASS_UNKNOWN */
    uint8_t tier_given;                             /* 1..4 in the record, or 0 */
    uint8_t retracted;                              /* "status":"retracted" */
    uint8_t tag_count;
    uint8_t merged_count;                           /* records merged into this one (DESIGN 6.23) */
    uint8_t cut;                                    /* the text was longer than the limit */
    uint32_t tag[AS_HEADLINE_TAG_MAX];              /* the feed's ticker tags that are in the universe */
    char id[AS_HEADLINE_ID_BYTES];                  /* never empty: "<source>-<hash of time, url, text>" if absent */
    char source[AS_HEADLINE_SOURCE_BYTES];
    char url[AS_HEADLINE_URL_BYTES];
    char text[AS_HEADLINE_TEXT_BYTES];              /* UTF-8, zero-terminated */
    as_reading reading;
} as_headline;

#endif
