/*
 * as_text: a headline as the desk sees it, folded to ASCII and cut into words.
 *
 * Folding: Unicode dashes, quotes, blanks and the Latin letters with marks (U+00C0..U+017F)
 * become ASCII, currency signs become '$', trade marks vanish, everything else outside ASCII
 * becomes a blank; bytes that are not UTF-8 are skipped. No code point grows, so the folded text
 * is never longer than the raw one.
 *
 * Character references of HTML that a feed left in ("&#39;", "&amp;") are read as their characters.
 * A wire's slug at the beginning ("UPDATE 2-", "RPT-", "BRIEF-") is no word of the headline.
 *
 * A word is a run of letters and digits. An apostrophe between letters belongs to it ("isn't")
 * unless it is a possessive 's, which is stripped and flagged. A point or comma between digits
 * belongs to the number. Letters joined by points are one word ("U.S." is "us", upper case). Case
 * is kept as a kind, because case is evidence (SCIENCE 1.5).
 *
 * Threads: a plain value. Memory: fixed, no allocation. Limits: AS_HEADLINE_TEXT_BYTES of text,
 * AS_TOKEN_MAX words; what is beyond is not read and .cut is set.
 */
#ifndef AS_FEEDS_NEWS_TEXT_H
#define AS_FEEDS_NEWS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

enum { AS_TOKEN_MAX = 128 };

typedef enum as_token_case {
    AS_CASE_LOWER = 0,
    AS_CASE_TITLE = 1, /* first letter upper, the rest lower; also a single upper-case letter */
    AS_CASE_UPPER = 2, /* two letters or more, all upper */
    AS_CASE_MIXED = 3, /* iPhone, CoreWeave */
    AS_CASE_NUMBER = 4 /* begins with a digit */
} as_token_case;

enum {
    AS_TOKEN_POSSESSIVE = 0x0001,   /* 's followed and was stripped */
    AS_TOKEN_HYPHEN_LEFT = 0x0002,  /* joined to the word before by a hyphen */
    AS_TOKEN_HYPHEN_RIGHT = 0x0004, /* joined to the word after by a hyphen */
    AS_TOKEN_CASHTAG = 0x0008,      /* letters directly after '$' */
    AS_TOKEN_PAREN = 0x0010,        /* inside parentheses */
    AS_TOKEN_MONEY = 0x0020,        /* number directly after a currency sign */
    AS_TOKEN_PERCENT = 0x0040,      /* number directly before '%' */
    AS_TOKEN_JOINED = 0x0080,       /* nothing but blanks, '-', '&', '.', '/' or "'" since the word before */
    AS_TOKEN_START = 0x0100,        /* first word of the text, or after . ? ! ; : or a dash between blanks */
    AS_TOKEN_QUESTION = 0x0200,     /* '?' follows before the next word */
    AS_TOKEN_COLON = 0x0400,        /* ':' follows */
    AS_TOKEN_COMMA = 0x0800,        /* ',' follows */
    AS_TOKEN_STOP = 0x1000,         /* . ! ; or a dash between blanks follows */
    AS_TOKEN_SLASH_AND = 0x2000     /* '&' or '/' follows */
};

typedef struct as_token {
    uint64_t hash;         /* of the lower-case word, as_text_hash */
    uint64_t classes;      /* of the word, vocabulary.h; set by as_lexicon_mark, as are the next two */
    uint64_t pair_classes; /* of the word with the one after it */
    uint32_t lexicon;      /* AS_WORD_* flags */
    uint16_t offset;       /* of the word in as_text.lower and .folded */
    uint16_t raw_offset;   /* of the word in the raw text */
    uint16_t flags;        /* AS_TOKEN_* */
    uint8_t bytes;         /* of the word; longer words are cut at 255 */
    uint8_t kind;          /* as_token_case */
    uint8_t sentence;      /* number of the sentence, from 0 */
    uint8_t upper_first;   /* 1: the word begins with an upper-case letter */
} as_token;

typedef struct as_text {
    as_token token[AS_TOKEN_MAX];
    uint16_t token_count;
    uint16_t sentence_count;
    bool all_caps;   /* three words or more, lower-case letters in short words only */
    bool all_lower;  /* no upper-case letter at all */
    bool title_case; /* most longer words begin upper case: case is weak evidence */
    bool question;   /* a question mark anywhere */
    bool cut;        /* longer than the limits */
    uint16_t bytes;
    char folded[AS_HEADLINE_TEXT_BYTES]; /* ASCII, zero-terminated, case kept */
    char lower[AS_HEADLINE_TEXT_BYTES];  /* the same in lower case */
} as_text;

/* Cut text_bytes of UTF-8. Never fails: malformed input gives fewer words. */
void as_text_read(as_text *text, const char *raw, size_t raw_bytes);

/* Hash of one lower-case ASCII word: the one in as_token.hash. */
uint64_t as_text_hash(const char *lower_word, size_t word_bytes);

/* Chain the hash of a word to that of the words before it (0 for none). */
static inline uint64_t as_text_chain(uint64_t chain, uint64_t word_hash)
{
    uint64_t mixed = (chain ^ word_hash) * UINT64_C(0x9e3779b97f4a7c15);

    return mixed ^ (mixed >> 29);
}

#endif
