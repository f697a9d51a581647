/*
 * Patterns: phrases of words, compiled once and matched against a headline's words.
 *
 * A pattern is a line of elements separated by blanks; the words of the headline must match them
 * one after the other:
 *   word      that word, any case; a hyphenated one is several words
 *   word*     a word that begins so (three letters or more before the star)
 *   a|b*|@|#  one of these
 *   %class    a word or a pair of words of that class (vocabulary.h)
 *   *         0 to 4 words of any kind; ** is 0 to 10
 *   #         a number, in digits or a word up to ten
 *   @         a linked company
 *   ^ and $   the headline begins or ends here
 *   ? :       the word before is followed by this mark
 *   !word     the headline holds that word nowhere (word*, a|b and %class as above; !? is "no
 *             question mark")
 * Each pattern belongs to a group (0..AS_PATTERN_GROUP_MAX - 1) and has an order; a scan tells,
 * per group or over all of them, the lowest order that matches.
 *
 * Patterns are found by their first word through a hash table, so a headline costs about as much
 * as it has words. Threads: immutable after as_patterns_seal; matching is pure, without
 * allocation.
 */
#ifndef AS_FEEDS_NEWS_PATTERN_H
#define AS_FEEDS_NEWS_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/news/link.h"
#include "feeds/news/text.h"

enum {
    AS_PATTERN_GAP_MAX = 4,
    AS_PATTERN_WIDE_GAP_MAX = 10,
    AS_PATTERN_ELEMENT_MAX = 256,
    AS_PATTERN_GROUP_MAX = 32,
    AS_PATTERN_FILTER_WORDS = 8
};

typedef struct as_patterns as_patterns;

/* A headline prepared for matching: its words, and where companies are named. */
typedef struct as_pattern_view {
    const as_text *text;
    uint8_t company_end[AS_TOKEN_MAX]; /* end of the mention that begins at a word; 0 if none does */
    uint8_t inside_name[AS_TOKEN_MAX]; /* 1: part of a name of several words, which no word of a phrase matches */
    uint8_t number[AS_TOKEN_MAX];      /* 1: a number */
    uint64_t bits[AS_TOKEN_MAX];       /* one of 64 for the word, one for its prefix: a quick no to a position */
    uint64_t prefix[AS_TOKEN_MAX];     /* key of the first three letters */
    uint64_t classes;                  /* of all words and pairs together */
    uint64_t filter[AS_PATTERN_FILTER_WORDS]; /* Bloom filter of words and prefixes: no false "not there" */
} as_pattern_view;

typedef struct as_pattern_hit {
    uint32_t order; /* UINT32_MAX: none */
    uint16_t group;
    uint16_t label;
} as_pattern_hit;

/* 0 or -ENOMEM. */
int as_patterns_new(as_patterns **patterns);
void as_patterns_free(as_patterns *patterns);

/*
 * Add a pattern. 0; -EINVAL with *why set to what is wrong (static text); -ENOMEM. Lower order
 * wins; label is the caller's.
 */
int as_patterns_add(as_patterns *patterns, const char *pattern, uint16_t group, uint32_t order, uint16_t label,
                    const char **why);

/* Build the index; no pattern may be added afterwards. 0 or -ENOMEM. */
int as_patterns_seal(as_patterns *patterns);

/* text must be marked (as_lexicon_mark); links may be NULL: no companies. */
void as_pattern_view_init(as_pattern_view *view, const as_text *text, const as_links *links);

/* The matching pattern of least order, any group. */
as_pattern_hit as_patterns_first(const as_patterns *patterns, const as_pattern_view *view);

/* The matching pattern of least order within one group. */
as_pattern_hit as_patterns_first_of(const as_patterns *patterns, const as_pattern_view *view, uint16_t group);

/* Which groups have a matching pattern: bit g of the result. */
uint32_t as_patterns_groups(const as_patterns *patterns, const as_pattern_view *view);

#endif
