/*
 * A host's addresses, looked up without blocking the thread that wants them.
 *
 * The system's resolver blocks, for seconds if its servers are away, and cannot be stopped. So each question has a
 * short-lived thread of its own, with all signals blocked, and whoever comes last frees it: the thread that has
 * answered or the owner that no longer wants to know.
 *
 * Threads: the owner's, and the resolver's inside. Memory: one allocation and a stack of AS_LOOKUP_STACK_BYTES as long
 * as it takes. Limits: AS_LOOKUP_ADDRESS_MAX addresses, the resolver's order kept; further ones are left out.
 *
 * Edges:
 *   L1  state DONE, release by the resolver -> acquire in as_lookup_is_done: the addresses are there.
 *   L2  state ABANDONED, release by the owner in as_lookup_free -> acquire by the resolver: it may free what the owner
 *       has used before.
 */
#ifndef AS_FEEDS_LOOKUP_H
#define AS_FEEDS_LOOKUP_H

#include <stdbool.h>

#include "feeds/live/socket.h"

enum { AS_LOOKUP_ADDRESS_MAX = 8, AS_LOOKUP_STACK_BYTES = 256 * 1024 };

typedef struct as_lookup as_lookup;

/* Begin to look up a host for TCP. 0, -ENOMEM or -EAGAIN (no thread can be made). */
int as_lookup_start(const char *host, uint16_t port, as_lookup **lookup);

bool as_lookup_is_done(const as_lookup *lookup);

/*
 * The answer, once it is done: the number of addresses, of which *address points at the first, 1 or more; or a negative
 * number with the reason in *why ("Name or service not known").
 */
int as_lookup_answer(const as_lookup *lookup, const as_address **address, const char **why);

/* At any time; NULL is allowed. Never waits. */
void as_lookup_free(as_lookup *lookup);

#endif
