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
