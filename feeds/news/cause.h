/*
 * Cause and effect in a headline: "CoreWeave, Nebius fall after Meta says it will sell compute" is news of Meta.
 *
 * A company whose stock moves, then "after", "as", "on" or "following", then another company that does something: the
 * second one is the event's subject. Both stay linked; the subject comes first and takes the greater relevance.
 * "AMD slips as Nvidia falls" tells of two moves and no cause.
 *
 * Threads: the words are built at start, reading is pure. Memory: none.
 */
#ifndef AS_FEEDS_NEWS_CAUSE_H
#define AS_FEEDS_NEWS_CAUSE_H

#include <stdint.h>

#include "feeds/news/link.h"
#include "feeds/news/text.h"

enum { AS_CAUSE_LINKS = 5 };

typedef struct as_cause_words {
    uint64_t moved;                /* classes of the words for a price that moves */
    uint64_t link[AS_CAUSE_LINKS]; /* after, as, on, ... */
} as_cause_words;

void as_cause_words_init(as_cause_words *words);

/* Put the subject of the event first in links. text must be marked (as_lexicon_mark). */
void as_cause_order(const as_cause_words *words, const as_text *text, as_links *links);

#endif
