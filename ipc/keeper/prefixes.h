/*
 * Topic prefixes of a request: which messages it is about.
 *
 * A plain value of fixed size, so that a request that waits and a snapshot that is kept have their own copy. No
 * prefix at all matches nothing; the empty prefix matches everything. Threads: one. No allocation.
 */
#ifndef AS_IPC_KEEPER_PREFIXES_H
#define AS_IPC_KEEPER_PREFIXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/auth.h"

enum { AS_PREFIXES_MAX = 64, AS_PREFIXES_BYTES = 4096 };

typedef struct as_prefixes {
    uint32_t count;
    uint16_t end[AS_PREFIXES_MAX]; /* of each in text; it begins at the end of the one before */
    uint8_t text[AS_PREFIXES_BYTES];
} as_prefixes;

/* False when it does not fit: 64 prefixes, 191 bytes each, 4,096 together. */
bool as_prefixes_add(as_prefixes *prefixes, const void *text, size_t text_bytes);
bool as_prefixes_match(const as_prefixes *prefixes, const uint8_t *topic, size_t topic_bytes);
bool as_prefixes_equal(const as_prefixes *a, const as_prefixes *b);
void as_prefixes_copy(as_prefixes *to, const as_prefixes *from);
/* Are all of them within the grant? Otherwise *first is the index of one that is not. */
bool as_prefixes_allowed(const as_prefixes *prefixes, const as_grant *grant, uint32_t *first);
/* The i-th. */
const uint8_t *as_prefixes_at(const as_prefixes *prefixes, uint32_t idx, size_t *text_bytes);

#endif
