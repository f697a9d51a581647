/*
 * The state: what a late joiner must be told (docs/WIRE.md, "State"). The latest message of each kind and key, in the
 * order of their gseq.
 *
 * Entries are shared, not copied, with the snapshots that were taken of them: an as_kept is counted. Beyond
 * AS_STATE_MAX entries or AS_STATE_BYTES the state is incomplete for good and says so: nobody is told half of it.
 *
 * Threads: one, the server's. Memory: a block an entry, a hash table that doubles up to its limit.
 */
#ifndef AS_IPC_KEEPER_STATE_H
#define AS_IPC_KEEPER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"

typedef struct as_kept {
    uint64_t gseq;
    uint32_t holders; /* the state and snapshots */
    uint32_t payload_bytes;
    uint16_t topic_bytes;
    uint8_t bytes[]; /* topic, payload */
} as_kept;

void as_kept_release(as_kept *kept);
static inline size_t as_kept_bytes(const as_kept *kept)
{
    return sizeof *kept + kept->topic_bytes + kept->payload_bytes;
}

typedef struct as_state as_state;

/* Limits for tests; 0: AS_STATE_MAX, AS_STATE_BYTES. */
int as_state_new(uint32_t entries_max, uint64_t bytes_max, as_state **state);
void as_state_free(as_state *state);

/* Apply a message; bytes are its topic and its payload. gseq rises from call to call. */
void as_state_apply(as_state *state, const as_message *message, const uint8_t *bytes);

/* Entries in order of gseq. Those of the visit may be held on to (kept->holders++) beyond it. */
void as_state_visit(as_state *state, void (*visit)(void *context, as_kept *kept), void *context);

uint32_t as_state_count(const as_state *state);
uint32_t as_state_count_of(const as_state *state, as_message_kind kind);
uint64_t as_state_bytes(const as_state *state);
/* Grows with every change. */
uint64_t as_state_version(const as_state *state);
/* How many messages found no room; above 0: the state is incomplete. */
uint64_t as_state_refused(const as_state *state);

#endif
