/*
 * Set arithmetic on fingerprints: how alike are two texts (SCIENCE 1.3).
 *
 * A set is an ascending array of unique 32-bit hashes, as feeds/news/fingerprint.h makes them.
 * All results are in 0..1; with an empty set on either side they are 0. Pure functions, linear in
 * the sizes, any thread.
 */
#ifndef AS_CORE_FINGERPRINT_H
#define AS_CORE_FINGERPRINT_H

#include <stdint.h>

#include "core/limits.h"

enum { AS_PRINT_PLACE_MASK = 1023 };

/*
 * One text's features laid out for many comparisons: a table by the low ten bits, nearly empty, so that most
 * members of another set are passed over at the first look; a merge of two sorted sets guesses at every step.
 */
typedef struct as_print_index {
    unsigned feature_count;
    uint32_t feature[AS_HEADLINE_FEATURE_MAX];
    uint8_t place[AS_PRINT_PLACE_MASK + 1]; /* 0: free; else a feature's number + 1 */
} as_print_index;

_Static_assert(AS_HEADLINE_FEATURE_MAX <= 64, "a feature a bit");

/* feature: unique, at most AS_HEADLINE_FEATURE_MAX. */
void as_print_index_init(as_print_index *index, const uint32_t *feature, unsigned feature_count);

/* 0: the text does not have the feature; 1: it is worth looking. */
static inline unsigned as_print_index_maybe(const as_print_index *index, uint32_t feature)
{
    return index->place[feature & AS_PRINT_PLACE_MASK] != 0;
}

/* The feature's number in the text, feature_count if it is not there. */
static inline unsigned as_print_index_find(const as_print_index *index, uint32_t feature)
{
    for (uint32_t at = feature & AS_PRINT_PLACE_MASK; index->place[at]; at = (at + 1) & AS_PRINT_PLACE_MASK)
        if (index->feature[index->place[at] - 1] == feature)
            return index->place[at] - 1U;
    return index->feature_count;
}

/* How many of the set's members the text has. */
unsigned as_print_index_shared(const as_print_index *index, const uint32_t *set, unsigned member_count);

/* Number of members that both sets have. */
unsigned as_shared(const uint32_t *a, unsigned a_count, const uint32_t *b, unsigned b_count);

/* |A and B| / |A or B| (Broder 1997). */
double as_jaccard(const uint32_t *a, unsigned a_count, const uint32_t *b, unsigned b_count);

/* |A and B| / min(|A|, |B|): 1 when one text is part of the other. */
double as_containment(const uint32_t *a, unsigned a_count, const uint32_t *b, unsigned b_count);

/*
 * |A and (S_1 or .. or S_n)| / |A|: how much of A was already said by several texts together.
 * With cover >= 0.8 and no single Jaccard of 0.6 the text is a recombination (Fedyk and Hodson).
 */
double as_cover(const uint32_t *a, unsigned a_count, const uint32_t *const *set, const unsigned *member_count,
                unsigned sets);

#endif
