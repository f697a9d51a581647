/*
 * Repeats: has a headline been seen before, by its name or by its words?
 *
 * The name is (source, id, revision): the same one twice is a duplicate. The words are the text without case,
 * punctuation and blanks: the same words under another name, within AS_REPEATS_WINDOW_NS of each other, are a repeat
 * (the same story from a second distributor, or sent again under a new id). A revision keeps its id, so its words are
 * never a repeat of its own earlier ones.
 *
 * Remembers the latest AS_REPEATS_MAX headlines or so by 64-bit hashes (XXH3), in sets of AS_REPEATS_WAYS of which the
 * oldest entry makes room: nothing grows, and what is forgotten is counted as new. One thread. Memory: the struct.
 */
#ifndef AS_FEEDS_NEWS_REPEATS_H
#define AS_FEEDS_NEWS_REPEATS_H

#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/headline.h"

#define AS_REPEATS_WINDOW_NS AS_NS_PER_DAY

enum { AS_REPEATS_MAX = 16384, AS_REPEATS_WAYS = 4, AS_REPEATS_SETS = AS_REPEATS_MAX / AS_REPEATS_WAYS };

typedef enum as_repeat { AS_REPEAT_NONE = 0, AS_REPEAT_NAME, AS_REPEAT_WORDS } as_repeat;

typedef struct as_repeats_entry {
    uint64_t hash;
    uint64_t owner; /* words: hash of (source, id) */
    uint64_t ts;    /* source time */
    uint64_t turn;  /* when it was put in; 0: empty */
} as_repeats_entry;

typedef struct as_repeats {
    uint64_t turn;
    as_repeats_entry name[AS_REPEATS_SETS][AS_REPEATS_WAYS];
    as_repeats_entry words[AS_REPEATS_SETS][AS_REPEATS_WAYS];
} as_repeats;

/* What the headline is, and remember it. All zeroes is a memory of nothing. */
as_repeat as_repeats_see(as_repeats *repeats, const as_headline *headline);

/* Hash of the text's words: ASCII letters in lower case, digits, and bytes beyond ASCII; everything else left out. */
uint64_t as_repeats_hash_words(const char *text, size_t text_bytes);

#endif
