/*
 * as_cluster: the latest texts of a story, laid out to be compared with a new one in a single pass.
 *
 * Texts of one story share most of their words, so the cluster holds each feature once, with a mask of the texts that
 * have it. A new text's index (core/fingerprint.h) is then asked once a feature, not once a feature and text, and the
 * counts of all texts are added up as eight bytes of one word (bench desk).
 *
 *   member   f0    f1    f2   ..      features, in no order
 *   held     0x03  0x01  0x06 ..      bit s: the text in slot s has it
 *
 * Memory: in place. A ring of AS_FACT_CLUSTER_MAX texts; the oldest makes room. Pure functions, any thread.
 */
#ifndef AS_CORE_CLUSTER_H
#define AS_CORE_CLUSTER_H

#include <stdint.h>

#include "core/fingerprint.h"
#include "core/limits.h"

typedef struct as_cluster {
    uint64_t ts[AS_FACT_CLUSTER_MAX];
    uint8_t feature_count[AS_FACT_CLUSTER_MAX];
    uint8_t text_count;
    uint8_t next; /* slot that the next text takes */
    uint16_t member_count;
    uint8_t held[AS_FACT_CLUSTER_MAX * AS_HEADLINE_FEATURE_MAX];
    uint32_t member[AS_FACT_CLUSTER_MAX * AS_HEADLINE_FEATURE_MAX];
} as_cluster;

_Static_assert(AS_FACT_CLUSTER_MAX == 8, "a text a bit of held, and a byte of the counts");

typedef struct as_cluster_shared {
    uint64_t counts;  /* byte s: features that the index and the text in slot s have in common */
    unsigned covered; /* features of the index that any of the latest texts has */
} as_cluster_shared;

/* Add a text: a set of unique features, at most AS_HEADLINE_FEATURE_MAX. */
void as_cluster_add(as_cluster *cluster, const uint32_t *feature, unsigned feature_count, uint64_t ts);

/* covered is over the `latest` latest texts. */
as_cluster_shared as_cluster_compare(const as_cluster *cluster, const as_print_index *index, unsigned latest);

#endif
