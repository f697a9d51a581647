/*
 * The subscriptions of one client: a set of topic prefixes, each with the number of times it was asked for.
 *
 * A topic's prefixes of all lengths are hashed once per message, for all clients (as_zmtp_prefixes_make); a client
 * then costs a look-up for each distinct length among its prefixes. The hash is a polynomial modulo 2^61 - 1 at a
 * secret point (Carter and Wegman, 1979), so that no client can choose prefixes that collide; texts are compared all
 * the same.
 *
 * Threads: the owner's. Memory: a table that doubles, and each prefix; given back when they are cancelled.
 */
#ifndef AS_IPC_ZMTP_SUBSCRIPTIONS_H
#define AS_IPC_ZMTP_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/codec.h"

/* hash[n] is that of the first n bytes. */
typedef struct as_zmtp_prefixes {
    const char *text;
    size_t bytes;
    uint64_t hash[AS_TOPIC_BYTES];
} as_zmtp_prefixes;

/* bytes: at most AS_TOPIC_BYTES - 1. point: secret, from as_zmtp_prefixes_draw. */
void as_zmtp_prefixes_make(uint64_t point, const char *text, size_t bytes, as_zmtp_prefixes *prefixes);
uint64_t as_zmtp_prefixes_draw(void);

struct as_zmtp_subscription;

typedef struct as_zmtp_subscriptions {
    struct as_zmtp_slot {
        uint64_t hash;
        struct as_zmtp_subscription *entry; /* NULL: free */
    } * slot;
    uint32_t slot_count; /* 0 or a power of two, at least twice .count */
    uint32_t count;      /* distinct prefixes */
    uint32_t count_max;
    uint32_t of_length[AS_TOPIC_BYTES];
    uint64_t lengths[AS_TOPIC_BYTES / 64]; /* bit n: of_length[n] > 0 */
} as_zmtp_subscriptions;

void as_zmtp_subscriptions_init(as_zmtp_subscriptions *set, uint32_t count_max);
void as_zmtp_subscriptions_fini(as_zmtp_subscriptions *set);

/* One more of this prefix. 1 if it is new, 0 if it was there; -ENOSPC beyond count_max, -ENOMEM. */
int as_zmtp_subscriptions_add(as_zmtp_subscriptions *set, const as_zmtp_prefixes *prefix);

/* One less. 1 if that was the last, 0 otherwise, also if it was never there. */
int as_zmtp_subscriptions_remove(as_zmtp_subscriptions *set, const as_zmtp_prefixes *prefix);

/* Is one of them a prefix of the topic? */
bool as_zmtp_subscriptions_match(const as_zmtp_subscriptions *set, const as_zmtp_prefixes *topic);

/* Remove each that keep does not allow. How many. */
uint32_t as_zmtp_subscriptions_sweep(as_zmtp_subscriptions *set,
                                     bool (*keep)(const void *context, const char *prefix, size_t prefix_bytes),
                                     const void *context);

#endif
