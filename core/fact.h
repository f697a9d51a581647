/*
 * Facts: what is known, from whom, and how surely.
 *
 * A fact is one claim about one issuer: key issuer|event|object. Headlines move it through the status machine of
 * SCIENCE 1.4; an item on a prior disclosure or an expired fact opens the next generation under the same key, keeping
 * the novelty history (DESIGN 6.16). The table knows nothing of prices: the desk uses it without a market, and the
 * engine hangs a shock on a fact that asks for one.
 *
 * Memory: fixed, AS_FACT_HISTORY_MAX facts in a ring; the oldest is forgotten (counted if it was still live).
 * Threads: one. No allocation after init.
 */
#ifndef AS_CORE_FACT_H
#define AS_CORE_FACT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/headline.h"
#include "core/playbook.h"

typedef struct as_fingerprint {
    uint64_t ts;
    uint16_t feature_count;
    uint32_t feature[AS_HEADLINE_FEATURE_MAX];
} as_fingerprint;

typedef struct as_fact {
    uint64_t serial;          /* 1.. in order of creation over the run; 0: slot unused */
    uint64_t t0;              /* receive time of the item that opened this generation */
    uint64_t last_item;       /* receive time of the latest item */
    uint32_t issuer;
    uint32_t generation;      /* 1.. of this key */
    uint16_t event_type;
    uint8_t status;           /* as_fact_status */
    uint8_t tier;             /* best (lowest) tier that reported it, 1..4 */
    uint8_t source_class;     /* of the best source */
    int8_t polarity;          /* of the first item */
    uint8_t headline_count;
    uint8_t cluster_count;    /* fingerprints held; a ring over cluster[] */
    uint8_t cluster_next;
    bool official;            /* it has been confirmed by an official source */
    double novelty;           /* of the latest item, 0..1 */
    uint64_t context;         /* AS_REASON_BIT: STALE_NEWS, RECOMBINED of the opening item */
    uint64_t sourcing;        /* hash of the outlet whose own sourcing opened the rumour */
    char object[48];
    char key[AS_FACT_KEY_BYTES];
    char headline[AS_FACT_HEADLINE_MAX][AS_HEADLINE_ID_BYTES]; /* oldest first */
    as_fingerprint cluster[AS_FACT_CLUSTER_MAX];
} as_fact;

typedef struct as_fact_table {
    as_fact *fact;            /* AS_FACT_HISTORY_MAX slots; serial s lives in slot s % max */
    uint64_t next_serial;
    uint64_t forgotten;       /* live facts overwritten */
} as_fact_table;

/* What one headline did to one issuer's fact. */
typedef struct as_fact_change {
    as_fact *fact;            /* NULL: the headline belongs to no fact */
    bool created;             /* a new fact, or a new generation */
    bool status_changed;
    bool repeated;            /* novelty below the threshold and same status: lineage only */
    uint8_t status_before;
    double novelty;           /* of this item against everything known of the issuer, 0..1 */
    bool recombined;
} as_fact_change;

int as_fact_table_init(as_fact_table *table);
void as_fact_table_fini(as_fact_table *table);

/*
 * Apply a headline (already read by the desk) to the idx-th issuer of its reading. symbols is for the key's text.
 * Pure arithmetic on the table; time is headline->ts_recv.
 */
as_fact_change as_fact_apply(as_fact_table *table, const as_playbook *playbook, const as_symbols *symbols,
                             const as_headline *headline, unsigned issuer_idx);

/* Serial of the fact that the next creation overwrites, 0 if none. */
static inline uint64_t as_fact_forgets(const as_fact_table *table)
{
    return table->next_serial > AS_FACT_HISTORY_MAX ? table->next_serial - AS_FACT_HISTORY_MAX : 0;
}

/* The fact of a serial, NULL once it has been forgotten. */
as_fact *as_fact_find(as_fact_table *table, uint64_t serial);

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
 * The next status, SCIENCE 1.4: only official sources confirm or deny; aggregators and tiers 3 and 4 never raise; a
 * second outlet with its own sourcing, or a plain report on the record, makes a rumour developing; a hypothetical
 * official statement is a prior disclosure. independent: own sourcing, and not the outlet that opened the rumour.
 */
as_fact_status as_fact_transition(as_fact_status status, const as_reading *reading, bool independent);

#endif
