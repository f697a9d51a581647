/*
 * as_lexicon: what the desk knows about single English words, as flags.
 *
 * Which words are common (and so weak as a name or a bare ticker), which follow or take a company
 * in headlines, which end a legal name. The lists are in lexicon.c; one hash table over all of
 * them, so that a word of a headline is looked up once. Classes of like meaning are in vocabulary.h.
 *
 * Threads: built at start, read-only afterwards. Memory: one table on the heap.
 */
#ifndef AS_FEEDS_NEWS_LEXICON_H
#define AS_FEEDS_NEWS_LEXICON_H

#include <stddef.h>
#include <stdint.h>

#include "feeds/news/text.h"
#include "feeds/news/vocabulary.h"

enum {
    AS_WORD_COMMON = 0x0001,      /* an ordinary word: "target", "block" */
    AS_WORD_ACRONYM = 0x0002,     /* upper case in any headline: AI, CEO, ETF; never a bare ticker */
    AS_WORD_VERB = 0x0004,        /* what companies do in headlines: plans, raises, guides */
    AS_WORD_MARKET = 0x0008,      /* what companies have: shares, earnings, CEO */
    AS_WORD_SUFFIX = 0x0010,      /* ends a legal name: Inc, Corp, plc */
    AS_WORD_GENERIC = 0x0020,     /* last word of a name that headlines leave out: Technologies, Platforms */
    AS_WORD_OBJECT = 0x0040,      /* takes a company as its object: sues, buys, with, by */
    AS_WORD_AUXILIARY = 0x0080,   /* opens a question about its subject: is, will, should */
    AS_WORD_PARTICIPLE = 0x0100,  /* after a hyphen still speaks of the company: Meta-owned */
    AS_WORD_RATING = 0x0200,      /* rating business: upgrades, initiates, target */
    AS_WORD_SMALL = 0x0400,       /* of, and, the: lower case inside a name */
    AS_WORD_DETERMINER = 0x0800,  /* the, a, so: an adjective or a common noun follows */
    AS_WORD_FRAME = 0x1000,       /* after a CONTEXT name: it was an ordinary word (description, tag, analysis) */
    AS_WORD_LIST = 0x2000,        /* opens a market researcher's list: featuring, profiles */
    AS_WORD_FUNCTION = 0x4000,    /* so frequent that alone it is no name: here, next, Monday; nor an index: Dow */
    AS_WORD_STOCK = 0x8000,       /* the headline is about a listed company: stock, shares, earnings */
    AS_WORD_NUMBER = 0x10000,     /* one to ten */
    AS_WORD_RATES = 0x80000,      /* what a house does to another company's rating: upgrades, initiates, lifts */
    AS_WORD_PLACE = 0x40000,      /* a country or a region: what is left of a name with only that is no name */
    AS_WORD_ASK = 0x100000,       /* opens a question or its answer: why, how, what */
    AS_WORD_SELF = 0x200000,      /* the writer or the reader: I, my, you, our */
    AS_WORD_JUDGE = 0x400000,     /* a judgement, not a fact: best, cheapest, overdone, nightmare */
    AS_WORD_MODAL = 0x800000,     /* what may come or ought to: could, might, should */
    AS_WORD_NAMESAKE = 0x1000000, /* in capitals after a name: another's name, Arista Records, Samsung Biologics */
    AS_WORD_PERIOD = 0x2000000,   /* between a name and its figure: "Meta second-quarter revenue", "Intel ad sales" */
    AS_WORD_DAY = 0x20000         /* a day of the week, today: parts a name from its verb ("Intel on Monday said") */
};

typedef struct as_lexicon {
    as_vocabulary vocabulary;
    uint32_t mask;
    uint64_t *hash; /* 0: empty */
    uint32_t *flags;
} as_lexicon;

/* 0 or -ENOMEM. */
int as_lexicon_init(as_lexicon *lexicon);
void as_lexicon_fini(as_lexicon *lexicon);

/* AS_WORD_* of a word given by as_text_hash; 0 if unknown. */
uint32_t as_lexicon_find(const as_lexicon *lexicon, uint64_t hash);

/* Set the lexicon's flags and the vocabulary's classes of every word. */
void as_lexicon_mark(const as_lexicon *lexicon, as_text *text);

#endif
