/*
 * Stories: how new an item is, and which fact it is about (SCIENCE 1.3).
 *
 * One pass over what is known of the issuer: its latest AS_FACT_COMPARED_MAX facts and as many loose items. Each text
 * is compared once: Jaccard, containment, staleness J * 2^(-dt/HL), and for recombination the cover by the last five
 * texts of a fact together. From the same pass comes the fact:
 *
 *   id          a revision or retraction: the fact that carries the item's id
 *   family      same event family, not expired, and
 *                 the playbook names its object: there is but one such story of an issuer;  or
 *                 alike: J or containment over the playbook's cluster thresholds;  or
 *                 a family with one claim at a time (results, guidance, job cuts ..): 48 h after the last item at most,
 *                   or at any time if the fact is open and this item settles it (official, confirming or denying);  or
 *                 a family with several at once (lawsuits, deals, products ..): in 24 h and a tenth of the words shared
 *                   (J >= 0.1; the issuers' names and the family's words left out, which any two lawsuits share), or
 *                   the same companies named together in 5 days
 *   likeness    another family's live fact, if alike: the event word differs, the story does not
 *   comment     no family of its own but it denies, declines or could not verify: the story that is open
 *
 * In this order, the most alike first, then the newest. Numbers without a source are ours (docs/decisions/0008).
 * Threads: pure functions of the table. No allocation.
 */
#ifndef AS_CORE_STORY_H
#define AS_CORE_STORY_H

#include "core/fact.h"

typedef struct as_similarity {
    double stale;       /* max J * 2^(-dt/HL) */
    double jaccard;     /* max J */
    double containment; /* max |A and B| / min(|A|, |B|), of texts with four features in common */
    double cover;       /* max share of the item found in a fact's last five texts together */
} as_similarity;

typedef struct as_story_match {
    as_fact *fact; /* that the item belongs to, NULL none */
    bool sure;     /* alike, or of the same companies: the fact's story is that of the headline's other issuers */
    uint64_t loose_story; /* of the most alike loose item, 0 none */
    as_similarity most;   /* over everything of the issuer */
} as_story_match;

as_story_match as_story_find(const as_fact_table *table, const as_playbook *playbook, const as_headline *headline,
                             uint32_t issuer);

/* Recombined: four fifths of the words were there, but in no single text (Fedyk and Hodson). */
bool as_story_recombined(const as_similarity *like);

/* Hash of the companies that a headline names, in any order; 0 if it names fewer than two. */
uint64_t as_story_parties(const as_reading *reading);

#endif
