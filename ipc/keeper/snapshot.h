/*
 * Snapshots: the state at one gseq, filtered by prefixes, frozen so that its parts can be asked for one after another.
 *
 * A snapshot holds entries, it does not copy them. At most AS_SNAPSHOTS_MAX are kept, AS_SNAPSHOT_BYTES_MAX of entries
 * together, each for AS_SNAPSHOT_KEEP_NS after its last use; the one unused for longest makes room. A whole crowd that
 * joins at once shares one: a snapshot serves another request for the same prefixes while nothing has changed.
 *
 * Threads: one, the server's.
 */
#ifndef AS_IPC_KEEPER_SNAPSHOT_H
#define AS_IPC_KEEPER_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/digest.h"
#include "ipc/keeper/prefixes.h"
#include "ipc/keeper/state.h"

enum { AS_SNAPSHOTS_MAX = 16 };
#define AS_SNAPSHOT_BYTES_MAX (UINT64_C(64) << 20)
#define AS_SNAPSHOT_KEEP_NS UINT64_C(10000000000)
#define AS_SNAPSHOT_SHARE_NS UINT64_C(100000000) /* how old one may be that still serves `at` */

typedef struct as_snapshot {
    uint64_t token; /* random, below 2^63 */
    uint64_t gseq;  /* at which it is true */
    bool halted;    /* at that gseq */
    uint32_t count, parts;
    const as_kept *const *kept; /* count, in order of gseq */
    const uint32_t *begin;      /* parts + 1: index of each part's first message */
    char hash[AS_DIGEST_HEX_BYTES];
    const as_prefixes *prefixes;
} as_snapshot;

typedef struct as_snapshots as_snapshots;

/* part_bytes: what the messages of one answer may take. */
int as_snapshots_new(uint32_t part_bytes, as_snapshots **snapshots);
void as_snapshots_free(as_snapshots *snapshots);

/*
 * A snapshot of now (gseq, halted), or one that is as good: nothing has changed since, or it is true at `at` or later
 * (at above 0) and young. Valid until the next call. NULL: out of memory. now: monotonic ns.
 */
const as_snapshot *as_snapshots_take(as_snapshots *snapshots, as_state *state, const as_prefixes *prefixes,
                                     uint64_t gseq, bool halted, uint64_t at, uint64_t now);
/* The one with this token; NULL: no longer kept. */
const as_snapshot *as_snapshots_find(as_snapshots *snapshots, uint64_t token, uint64_t now);

/* Drop those that nobody has asked for in time. */
void as_snapshots_expire(as_snapshots *snapshots, uint64_t now);
/* How many were made, and not shared. */
uint64_t as_snapshots_made(const as_snapshots *snapshots);
uint32_t as_snapshots_count(const as_snapshots *snapshots);
uint64_t as_snapshots_bytes(const as_snapshots *snapshots);

#endif
