/*
 * The gazetteer: every way a headline may name an instrument, as hashes of one to six words.
 *
 * Built from the universe: aliases with their class as given; the legal name less its legal
 * ending (Inc, Corp, plc, share class) and less the endings headlines leave out (Technologies,
 * Platforms, Holdings), with a class guessed from how ordinary the words are; symbols as tickers.
 * Phrases that look like a name and are not ("Oracle of Omaha") are entries too: the longest
 * match wins, so they swallow the name. Lookups are word by word, one hash table (PERFORMANCE 4).
 *
 * Instruments with the same name less its share class are one issuer: the first of them in the
 * universe. A name that two issuers would share is dropped unless one of them gave it as an
 * alias.
 *
 * Threads: built at start, read-only afterwards. Memory: one table on the heap, about four
 * entries an instrument.
 */
#ifndef AS_FEEDS_NEWS_GAZETTEER_H
#define AS_FEEDS_NEWS_GAZETTEER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/universe.h"
#include "feeds/news/lexicon.h"

enum { AS_GRAM_WORDS_MAX = 6 };

enum {
    AS_GRAM_EXPLICIT = 0x01,  /* given as an alias in the universe */
    AS_GRAM_REJECT = 0x02,    /* not a name, whatever it looks like */
    AS_GRAM_BROKER = 0x04,    /* a house that rates others */
    AS_GRAM_AMBIGUOUS = 0x08, /* two issuers derive it: unused */
    AS_GRAM_CAPITALS = 0x10   /* one short word in capitals ("NOV"): a name only in capitals */
};

typedef struct as_gram {
    uint64_t hash;       /* chained hash of the words; 0: empty slot */
    uint32_t alias;      /* issuer named, or AS_INSTRUMENT_NONE */
    uint32_t ticker;     /* issuer whose symbol it is, or AS_INSTRUMENT_NONE */
    uint8_t alias_class; /* as_alias_class */
    uint8_t upper_mask;  /* bit i: word i begins upper case in the name */
    uint8_t flags;       /* AS_GRAM_* */
    uint8_t longest;     /* most words of any entry that begins with this word (one-word entries) */
} as_gram;

typedef struct as_gazetteer {
    as_gram *gram;
    uint32_t mask;
    uint32_t count;
    uint32_t *issuer; /* instrument -> issuer (share classes united) */
} as_gazetteer;

/* 0 or -ENOMEM. The universe is not referenced afterwards. */
int as_gazetteer_init(as_gazetteer *gazetteer, const as_universe *universe, const as_lexicon *lexicon);
void as_gazetteer_fini(as_gazetteer *gazetteer);

/* The entry of a chained hash, NULL if there is none. */
static inline const as_gram *as_gazetteer_find(const as_gazetteer *gazetteer, uint64_t hash)
{
    for (uint32_t at = (uint32_t)hash & gazetteer->mask;; at = (at + 1) & gazetteer->mask) {
        const as_gram *gram = &gazetteer->gram[at];

        if (gram->hash == hash)
            return gram;
        if (gram->hash == 0)
            return NULL;
    }
}

#endif
