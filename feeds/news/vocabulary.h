/*
 * as_vocabulary: classes of words that mean the same to a headline writer ("cut, slash, trim, pare").
 *
 * A phrase of a playbook or of the desk names a class by %name and so means all of its words: one phrase of a verb
 * class and a noun class stands for hundreds of phrases of words. A class holds words with all their inflections and
 * pairs of words ("data center", "lays off"). A word may be of several classes. The classes are listed in vocabulary.c,
 * their names in as_vocabulary_name.
 *
 * Threads: built at start, read-only afterwards. Memory: one table on the heap.
 */
#ifndef AS_FEEDS_NEWS_VOCABULARY_H
#define AS_FEEDS_NEWS_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

enum { AS_CLASS_WORDS_MAX = 63 }; /* classes; the last bit says that a pair may begin with the word */

#define AS_VOCABULARY_PAIR (UINT64_C(1) << 63)

typedef struct as_vocabulary_entry {
    uint64_t hash; /* of a word, or chained over the two words of a pair; 0: empty */
    uint64_t classes;
} as_vocabulary_entry;

typedef struct as_vocabulary {
    as_vocabulary_entry *entry;
    uint32_t mask;
} as_vocabulary;

/* 0 or -ENOMEM. */
int as_vocabulary_init(as_vocabulary *vocabulary);
void as_vocabulary_fini(as_vocabulary *vocabulary);

/* Classes of a word (as_text_hash) or of a pair (as_vocabulary_pair): bit c is class c; 0 if it has none. */
static inline uint64_t as_vocabulary_find(const as_vocabulary *vocabulary, uint64_t hash)
{
    for (uint32_t at = (uint32_t)hash & vocabulary->mask;; at = (at + 1) & vocabulary->mask) {
        if (vocabulary->entry[at].hash == hash)
            return vocabulary->entry[at].classes;
        if (vocabulary->entry[at].hash == 0)
            return 0;
    }
}

/* Key of two words in a row. */
static inline uint64_t as_vocabulary_pair(uint64_t first_hash, uint64_t second_hash)
{
    return (first_hash * UINT64_C(0x9e3779b97f4a7c15)) ^ (second_hash >> 1);
}

/* Number of the class of a name, or -1. */
int as_vocabulary_class(const char *name, size_t name_bytes);

/* Name of a class, NULL beyond the last. */
const char *as_vocabulary_name(unsigned class_number);

#endif
