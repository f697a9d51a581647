/*
 * as_linker: which companies a headline is about.
 *
 * Finds names, aliases and tickers with the gazetteer, longest match first, then judges them by
 * class (SCIENCE 1.5):
 *   SAFE     stands as it is;
 *   CASED    needs the capitals its name has; in an all-caps or all-lower headline it is judged
 *            like CONTEXT;
 *   CONTEXT  needs a score of 0.7 from what surrounds it: own ticker or suffix +1.0, a business
 *            verb or noun right after, a word that takes a company right before, a possessive, a
 *            capital in mid-sentence, a neighbour or bucket peer that is linked, each +0.7;
 *            subject position +0.5; a feed's tag +0.5; adjective frame, lower case, hyphen on the
 *            left, each -1.0.
 * A name that is an ordinary word (sense.h) is none among words that speak for that sense ("apple orchards", "arm
 * of"), unless a word of business follows it at once. In an all-caps headline a CASED name stands if it is no ordinary
 * word. Tickers count in parentheses, as $CASHTAG, or bare in upper case (two letters or more, no
 * ordinary word, and not in an all-caps headline); one that is an ordinary word needs more than to begin the
 * headline. A company that is only a foil ("it's not X",
 * "the next X", "rival X", "hires a former X engineer"), a name that goes on as another's ("Arista Records"), the
 * house that rates another company, and the names in a market researcher's
 * list are no issuers (labels' guide). Tags corroborate, they never create.
 *
 * Threads: immutable once made; reading is pure, without allocation. Time: linear in the words.
 */
#ifndef AS_FEEDS_NEWS_LINK_H
#define AS_FEEDS_NEWS_LINK_H

#include "core/universe.h"
#include "feeds/news/lexicon.h"
#include "feeds/news/text.h"

typedef struct as_linker as_linker;

enum { AS_MENTION_MAX = 32 };

/* One place in the headline that names a company. */
typedef struct as_mention {
    uint32_t issuer;
    uint8_t first, end;  /* words [first, end) */
    uint8_t ticker;      /* 1: named by its symbol */
    uint8_t alias_class; /* as_alias_class of the name; unused for a symbol */
    bool judged;         /* by its surroundings: .score says how */
    float score;         /* sum of the evidence, 0.7 is enough */
} as_mention;

typedef struct as_links {
    uint32_t issuer[AS_HEADLINE_ISSUER_MAX]; /* in the order of appearance, unique */
    float relevance[AS_HEADLINE_ISSUER_MAX]; /* 0..1, SCIENCE 1.2 */
    uint8_t issuer_count;
    uint8_t mention_count;
    as_mention mention[AS_MENTION_MAX]; /* by place; untaken ones are dropped */
} as_links;

/*
 * Bucket peers are read from the universe, which must outlive the linker, as must the lexicon. 0 or
 * -ENOMEM.
 */
int as_linker_new(const as_universe *universe, const as_lexicon *lexicon, as_linker **linker);
void as_linker_free(as_linker *linker);

/* text must be marked (as_lexicon_mark). tag: the feed's own ticker tags, instruments. */
void as_linker_read(const as_linker *linker, const as_text *text, const uint32_t *tag, unsigned tag_count,
                    as_links *links);

#endif
