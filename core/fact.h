/*
 * Facts: what is known, from whom, and how surely.
 *
 * A fact is one claim about one issuer: key issuer|event|object. Headlines move it through the status machine of
 * SCIENCE 1.4; an item on a prior disclosure or an expired fact opens the next generation under the same key, keeping
 * the novelty history (DESIGN 6.16). Which fact a headline is about is core/story.h's matter. The object is the
 * playbook's; where it gives none, claims of one family that run at the same time are told apart by a number ("2").
 * The table knows nothing of prices: the desk uses it without a market, and the engine hangs a shock on a fact that
 * asks for one. Who owns the clock says when a fact expires.
 *
 * Memory: fixed. AS_FACT_HISTORY_MAX facts in a ring, the oldest is forgotten (counted if it was still live); items
 * that belong to no fact in a ring of AS_LOOSE_MAX; both chained by issuer, newest first.
 *
 * An item may come again by its id: as a revision, or taken back. What is older than the latest of its id is ignored
 * (counted); a revision steps neither the count of items nor ENS; one that names another issuer takes the item back
 * from the first (as_fact_take_back); one of an item on an expired fact is lineage and moves nothing.
 * Threads: one. No allocation after init.
 */
#ifndef AS_CORE_FACT_H
#define AS_CORE_FACT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/calendar.h"
#include "core/cluster.h"
#include "core/credibility.h"
#include "core/decision.h"
#include "core/headline.h"
#include "core/playbook.h"

typedef struct as_fingerprint {
    uint64_t ts;
    uint16_t feature_count;
    uint32_t feature[AS_HEADLINE_FEATURE_MAX];
} as_fingerprint;

/* An outlet that claimed the fact before it was settled. */
typedef struct as_reporter {
    uint64_t outlet;     /* as_outlet */
    uint64_t counted_at; /* when the outcome was counted */
    uint8_t tier;
    uint8_t counted;   /* as_outcome */
    bool own_sourcing; /* its own people, not another outlet's */
    bool unsettled;    /* it claimed a rumour: that nobody speaks of it again is held against it */
} as_reporter;

/* An item that a fact carries. */
typedef struct as_fact_item {
    uint64_t hash; /* of its id */
    uint64_t rank; /* 2 * revision + 1 if it was taken back: a later word on the item ranks higher */
} as_fact_item;

typedef struct as_fact {
    uint64_t serial;    /* 1.. in order of creation over the run; 0: slot unused */
    uint64_t older;     /* serial of the issuer's fact before this one, 0 none */
    uint64_t story;     /* 1..; facts of one headline about several issuers share it */
    uint64_t t0;        /* receive time of the item that opened this generation */
    uint64_t last_item; /* receive time of the latest item */
    uint32_t issuer;
    uint32_t generation; /* 1.. of this key */
    uint16_t event_type;
    uint8_t status;       /* as_fact_status */
    uint8_t tier;         /* best (lowest) tier that reported it, 1..4 */
    uint8_t source_class; /* of the best source */
    int8_t polarity;      /* of the first item */
    uint8_t headline_count;
    uint8_t reporter_count;
    uint8_t doubts; /* AS_MARK_DECLINED, AS_MARK_UNVERIFIED: said of it so far */
    bool official;  /* an official source has confirmed it, and none has denied it since */
    uint8_t figure_count;
    uint8_t next_figure; /* the place that the next one takes */
    uint16_t number;     /* of claims of one family at the same time: 1 the first (the playbook's object), 2, .. */
    uint16_t updates;    /* items that changed its magnitude: the number of the latest child */
    uint32_t items;      /* items on the key so far, earlier generations included */
    double novelty;      /* of the latest item, 0..1 */
    double ens;          /* of the latest item: 100 * 0.75^k, k items of the key before it (SCIENCE 1.3) */
    double cred;         /* probability that the claim is true, 0..1; NAN of a prior disclosure (as_fact_cred) */
    uint64_t context;    /* AS_REASON_BIT: STALE_NEWS, RECOMBINED of the opening item */
    uint64_t sourcing;   /* outlet of tier 1 or 2 that reported the rumour first, 0 none */
    uint64_t parties;    /* hash of the companies of the first item that named several, 0 none */
    as_fact_item item[AS_FACT_HEADLINE_MAX]; /* beside headline */
    as_figure figure[AS_FACT_FIGURE_MAX];    /* magnitudes that its texts gave */
    char object[48];
    char key[AS_FACT_KEY_BYTES];
    as_reporter reporter[AS_FACT_REPORTER_MAX];
    char headline[AS_FACT_HEADLINE_MAX][AS_HEADLINE_ID_BYTES]; /* oldest first */
    as_cluster cluster;                                        /* its texts */
} as_fact;

/* An item that belongs to no fact: an opinion, or what the playbook has no family for. Kept for novelty and stories. */
typedef struct as_loose {
    uint64_t serial; /* 1..; 0: slot unused */
    uint64_t older;  /* of the same issuer */
    uint64_t story;  /* 0: an opinion, which tells none */
    uint32_t issuer;
    as_fingerprint print;
} as_loose;

typedef struct as_fact_table {
    as_fact *fact; /* AS_FACT_HISTORY_MAX slots; serial s lives in slot s % max */
    uint64_t next_serial;
    uint64_t forgotten; /* live facts overwritten */
    uint64_t outdated;  /* items ignored: a later revision of theirs was there first */
    as_loose *loose;    /* AS_LOOSE_MAX slots, likewise */
    uint64_t next_loose;
    uint64_t *newest_fact; /* by issuer: serial */
    uint64_t *newest_loose;
    uint64_t next_story;
    as_credibility credibility;
    struct { /* the headline in hand: its issuers come one by one */
        uint64_t id, ts;
        uint64_t story;        /* 0: none yet */
        uint64_t first_serial; /* facts from here on were opened by it */
    } item;
} as_fact_table;

/* What one headline did to one issuer's fact. */
typedef struct as_fact_change {
    as_fact *fact; /* NULL: the headline belongs to no fact */
    bool created;  /* a new fact, or a new generation */
    bool status_changed;
    bool repeated; /* novelty below the threshold and same status: lineage only */
    bool outdated; /* a later revision of the item was there first: ignored; repeated as well */
    bool updated;  /* it changed the magnitude: child fact->updates */
    uint8_t status_before;
    double novelty; /* of this item against everything known of the issuer, 0..1 */
    bool recombined;
    uint64_t story; /* headlines of one story share it; 0: alone */
} as_fact_change;

int as_fact_table_init(as_fact_table *table);
void as_fact_table_fini(as_fact_table *table);

/*
 * Apply a headline (already read by the desk) to the idx-th issuer of its reading. symbols is for the key's text.
 * A headline with several issuers is applied once for each, in order: a fact each, in one story. Pure arithmetic on the
 * table; time is headline->ts_recv.
 */
as_fact_change as_fact_apply(as_fact_table *table, const as_playbook *playbook, const as_symbols *symbols,
                             const as_headline *headline, unsigned issuer_idx);

/* No new item for the playbook's expiry_sessions: a live or prior fact becomes EXPIRED, its reporters are counted. */
void as_fact_expire(as_fact_table *table, as_fact *fact, uint64_t now);

/* Expire the issuer's facts whose last item lies that many sessions back; for who has no timers, before an item. */
void as_fact_expire_due(as_fact_table *table, uint32_t issuer, const as_calendar *calendar, unsigned sessions,
                        uint64_t now);

/*
 * A revision or a retraction: take the item back from the facts that carry it and whose issuer the headline does not
 * name (it may name none: a retraction by id needs no text). One fact a call, oldest first: *serial is 0 at the first
 * call; false when there is no more. Call it before the headline's own issuers are applied.
 */
bool as_fact_take_back(as_fact_table *table, const as_headline *headline, uint64_t *serial, as_fact_change *change);

/* The live fact that the next creation would overwrite, NULL if there is none: who says what expires, says it now. */
as_fact *as_fact_forget_next(const as_fact_table *table);

/* Serial of the fact that the next creation overwrites, 0 if none. */
static inline uint64_t as_fact_forgets(const as_fact_table *table)
{
    return table->next_serial > AS_FACT_HISTORY_MAX ? table->next_serial - AS_FACT_HISTORY_MAX : 0;
}

/* The fact of a serial, NULL once it has been forgotten. */
as_fact *as_fact_find(const as_fact_table *table, uint64_t serial);

/* The issuer's newest fact, NULL if it has none; the one before is as_fact_find(table, fact->older). */
as_fact *as_fact_newest(const as_fact_table *table, uint32_t issuer);

/* Is it live: a rumour, developing, confirmed, updated or denied fact (not prior, not expired)? */
static inline bool as_fact_live(const as_fact *fact)
{
    return fact->serial && fact->status != AS_FACT_PRIOR_DISCLOSURE && fact->status != AS_FACT_EXPIRED &&
           fact->status != AS_FACT_NONE;
}

/* G(status) of SCIENCE 1.4 with the fact's tier. */
double as_fact_gate(const as_fact *fact, const as_status_gate *gate);

/* The AS_REASON_BIT that names status and tier (RUMOUR_T1, ..., CONFIRMED, DENIED), with the opening item's context. */
uint64_t as_fact_context(const as_fact *fact);

/*
 * How likely the claim is, from who reported it (ours): 1 once confirmed, 0 once denied, NAN of a prior disclosure that
 * claims nothing. Else 1 - (1 - p) * product(1 - p_j): p is the most credible outlet's p_true, p_j those of further
 * outlets with their own sourcing (a re-report adds nothing); times 0.8 for each kind of doubt that was said of it
 * (declined to comment; not verified, may change, early stage). 0 if nobody claims it.
 */
double as_fact_cred(const as_fact *fact, const as_credibility *credibility, uint64_t now);

/* What the status machine asks of an item beside its reading. */
typedef struct as_fact_voice {
    bool official;    /* the issuer's own word: as_reading_official */
    bool independent; /* own sourcing, and not the outlet that reported the rumour first */
    bool confirmed;   /* an official source has confirmed the fact before */
    bool changed;     /* another magnitude than the fact's: see as_fact_changed */
} as_fact_voice;

/*
 * The next status, SCIENCE 1.4: only official sources confirm or deny; aggregators and tiers 3 and 4 never raise; a
 * second outlet with its own sourcing, or a plain report on the record, makes a rumour developing, as does an official
 * statement that leaves the matter open; doubt raises nothing; a hypothetical official statement is a prior disclosure;
 * a changed magnitude updates what is developing or confirmed.
 */
as_fact_status as_fact_transition(as_fact_status status, const as_reading *reading, as_fact_voice voice);

/*
 * Does the item change the fact's magnitude? With a word of change ("raises"): a figure that the fact has not, of a
 * unit that it has. Without: figures of such a unit (not percent or shares, which tell of prices too), and none of them
 * known. Where there is nothing to compare, the word alone will do, if it is the issuer's own. Figures within half a
 * percent are one.
 */
bool as_fact_changed(const as_fact *fact, const as_reading *reading, bool official);

#endif
