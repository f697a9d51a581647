/*
 * A token bucket: rate tokens a second, at most burst of them at once. A plain value; zeroes are a full bucket.
 */
#ifndef AS_IPC_KEEPER_LIMITER_H
#define AS_IPC_KEEPER_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct as_limiter {
    uint64_t spent; /* tokens * 1e9 that are missing from a full bucket */
    uint64_t at;    /* monotonic ns of the last take */
} as_limiter;

/*
 * Take cost tokens; false: there are not so many, and none is taken. A cost beyond burst is taken from a full bucket.
 * rate, burst and cost up to 2^30. now: monotonic ns, never falls.
 */
bool as_limiter_take(as_limiter *limiter, uint64_t rate, uint64_t burst, uint64_t cost, uint64_t now);
/* Take cost tokens whether they are there or not: what something has cost is known afterwards. */
void as_limiter_charge(as_limiter *limiter, uint64_t cost);

#endif
