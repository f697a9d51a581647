/*
 * as_senses: names that are ordinary words too, and the company they keep when they are only words.
 *
 * For each such word ("apple", "gap", "intel") a list of words that speak for the ordinary sense ("orchard", "gender",
 * "spy"): anywhere in a headline, or, the frequent ones ("river", "strategy"), close to the name. A name of the
 * list is ordinary, so in a headline without case it needs evidence.
 *
 * Threads: built at start, read-only afterwards. Memory: one small table on the heap. Lookups without allocation.
 */
#ifndef AS_FEEDS_NEWS_SENSE_H
#define AS_FEEDS_NEWS_SENSE_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/news/text.h"

typedef struct as_sense {
    uint64_t hash;         /* of the word; 0: empty */
    uint16_t first, count; /* of its context words in as_senses.context */
} as_sense;

typedef struct as_senses {
    as_sense *sense;
    uint64_t *context;
    uint8_t *weak; /* by context word */
    uint32_t mask, context_count;
} as_senses;

/* 0 or -ENOMEM. */
int as_senses_init(as_senses *senses);
void as_senses_fini(as_senses *senses);

/* The entry of a word, NULL if it is no ordinary word that is listed. */
const as_sense *as_senses_find(const as_senses *senses, uint64_t word_hash);

/*
 * Does a word of the text but the one at first speak for the ordinary sense? Weak words ("river", "strategy") do so
 * within two words of the name only.
 */
bool as_senses_ordinary(const as_senses *senses, const as_sense *sense, const as_text *text, unsigned first);

/* Does the next word ("Amazon drought", "Arm injury") or the one before speak for it? */
bool as_senses_beside(const as_senses *senses, const as_sense *sense, const as_text *text, unsigned first);

#endif
