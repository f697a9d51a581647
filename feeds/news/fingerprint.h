/*
 * Fingerprints: what a headline says, as a small set of hashes (SCIENCE 1.3, vector 08).
 *
 * Features are the lower-case ASCII words (letters and digits) less 24 stop words, and each pair
 * of words adjacent after that, joined by '_'. A feature's hash is fmix64(fnv1a64(feature)). The
 * desk keeps the low 32 bits, ascending and unique; core/fingerprint.h compares them. SimHash
 * finds verbatim reprints only (on ten words a paraphrase is 16 bits away), MinHash estimates
 * Jaccard from 16 words when the sets themselves are not at hand.
 *
 * Pure functions, no allocation. A text with more than AS_HEADLINE_FEATURE_MAX features keeps the
 * first ones.
 */
#ifndef AS_FEEDS_NEWS_FINGERPRINT_H
#define AS_FEEDS_NEWS_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

enum { AS_MINHASH_WORDS = 16 };

/* FNV-1a over bytes, and MurmurHash3's 64-bit finaliser. */
uint64_t as_fnv1a64(const void *bytes, size_t byte_count);
uint64_t as_fmix64(uint64_t x);

/*
 * Hashes of the features in order of appearance, repeats included; the number written, at most
 * feature_max. text is ASCII or UTF-8 (bytes outside ASCII part words), any case.
 */
unsigned as_fingerprint_features(const char *text, size_t text_bytes, uint64_t *feature, unsigned feature_max);

/*
 * The set for as_reading.feature: low 32 bits, ascending, unique; the number written, at most
 * AS_HEADLINE_FEATURE_MAX.
 */
unsigned as_fingerprint_read(const char *text, size_t text_bytes, uint32_t *feature);

/*
 * Charikar's SimHash over a multiset of feature hashes: bit i is set if more features have it than
 * not.
 */
uint64_t as_simhash(const uint64_t *feature, unsigned feature_count);

/*
 * Broder's MinHash: minhash[i] = min over features of fmix64(fnv1a64(f) xor fmix64(i + 1)); takes
 * fnv1a64 hashes.
 */
void as_minhash(const uint64_t *raw_feature, unsigned feature_count, uint64_t minhash[AS_MINHASH_WORDS]);

/* The features' plain fnv1a64 hashes, for as_minhash; otherwise as as_fingerprint_features. */
unsigned as_fingerprint_raw(const char *text, size_t text_bytes, uint64_t *raw_feature, unsigned feature_max);

#endif
