#include "ipc/keeper/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/error.h"
#include "core/limits.h"

enum { SLOTS_MIN = 1024, KINDS = AS_MESSAGE_FEED + 1, NONE = -1 };

/* In a list by gseq, the oldest first. */
typedef struct entry {
    as_kept *kept;
    int32_t before, after; /* in the list; of a free entry: after is the next free one */
    uint8_t kind;
    uint8_t key[16];
} entry;

struct as_state {
    entry *entry;   /* entry_room */
    uint32_t *slot; /* entry + 1, 0 empty; 2 * entry_room, a power of two */
    uint32_t entry_room, entries_max, count, used;
    int32_t first, last, first_free;
    uint32_t count_of[KINDS];
    uint64_t bytes, bytes_max, version, refused;
};

void as_kept_release(as_kept *kept)
{
    if (--kept->holders == 0)
        free(kept);
}

int as_state_new(uint32_t entries_max, uint64_t bytes_max, as_state **out)
{
    as_state *state = calloc(1, sizeof *state);
    if (state) {
        state->entry_room = SLOTS_MIN / 2;
        state->entry = calloc(state->entry_room, sizeof *state->entry);
        state->slot = calloc(SLOTS_MIN, sizeof *state->slot);
    }
    if (!state || !state->entry || !state->slot) {
        as_state_free(state);
        return as_error_set(-ENOMEM, "server: out of memory for the state");
    }
    state->entries_max = entries_max ? entries_max : AS_STATE_MAX;
    state->bytes_max = bytes_max ? bytes_max : AS_STATE_BYTES;
    state->first = state->last = state->first_free = NONE;
    *out = state;
    return 0;
}

void as_state_free(as_state *state)
{
    if (!state)
        return;
    if (state->count)
        for (int32_t i = state->first; i != NONE; i = state->entry[i].after)
            as_kept_release(state->entry[i].kept);
    free(state->entry);
    free(state->slot);
    free(state);
}

/* ---- the table: open addressing, no tombstones ---- */

static uint32_t home_of(const as_state *state, uint8_t kind, const uint8_t key[16])
{
    return (uint32_t)XXH3_64bits_withSeed(key, 16, kind) & (2 * state->entry_room - 1);
}

/* The slot of kind and key, or the empty one where it would be. */
static uint32_t slot_of(const as_state *state, uint8_t kind, const uint8_t key[16])
{
    uint32_t at = home_of(state, kind, key);
    for (; state->slot[at]; at = (at + 1) & (2 * state->entry_room - 1)) {
        const entry *e = &state->entry[state->slot[at] - 1];
        if (e->kind == kind && memcmp(e->key, key, 16) == 0)
            break;
    }
    return at;
}

static bool grow(as_state *state)
{
    uint32_t room = 2 * state->entry_room;
    entry *entries = realloc(state->entry, room * sizeof *entries);
    if (!entries)
        return false;
    state->entry = entries;
    uint32_t *slot = calloc(2 * (size_t)room, sizeof *slot);
    if (!slot)
        return false;
    free(state->slot);
    state->slot = slot;
    state->entry_room = room;
    for (int32_t i = state->first; i != NONE; i = entries[i].after)
        slot[slot_of(state, entries[i].kind, entries[i].key)] = (uint32_t)i + 1;
    return true;
}

/* Empty a slot and close the gap in what was put behind it. */
static void empty_slot(as_state *state, uint32_t hole)
{
    uint32_t mask = 2 * state->entry_room - 1;
    for (uint32_t at = (hole + 1) & mask; state->slot[at]; at = (at + 1) & mask) {
        const entry *e = &state->entry[state->slot[at] - 1];
        uint32_t home = home_of(state, e->kind, e->key);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        state->slot[hole] = state->slot[at];
        hole = at;
    }
    state->slot[hole] = 0;
}

/* ---- the list ---- */

static void unlink_entry(as_state *state, int32_t i)
{
    entry *e = &state->entry[i];
    *(e->before == NONE ? &state->first : &state->entry[e->before].after) = e->after;
    *(e->after == NONE ? &state->last : &state->entry[e->after].before) = e->before;
}

static void link_last(as_state *state, int32_t i)
{
    entry *e = &state->entry[i];
    e->before = state->last;
    e->after = NONE;
    *(state->last == NONE ? &state->first : &state->entry[state->last].after) = i;
    state->last = i;
}

/* ---- what messages do ---- */

static as_kept *keep(const as_message *message, const uint8_t *bytes)
{
    size_t byte_count = (size_t)message->topic_bytes + message->payload_bytes;
    as_kept *kept = malloc(sizeof *kept + byte_count);
    if (!kept)
        return NULL;
    *kept = (as_kept){
        .gseq = message->gseq,
        .holders = 1,
        .payload_bytes = message->payload_bytes,
        .topic_bytes = message->topic_bytes,
    };
    memcpy(kept->bytes, bytes, byte_count);
    return kept;
}

static void forget(as_state *state, uint32_t at)
{
    int32_t i = (int32_t)state->slot[at] - 1;
    entry *e = &state->entry[i];
    empty_slot(state, at);
    unlink_entry(state, i);
    state->bytes -= as_kept_bytes(e->kept);
    as_kept_release(e->kept);
    state->count--;
    state->count_of[e->kind]--;
    e->after = state->first_free;
    state->first_free = i;
    state->version++;
}

/* A new entry in an empty slot, not linked yet; NONE: no room. */
static int32_t add(as_state *state, uint32_t at, uint8_t kind, const uint8_t key[16])
{
    if (state->count == state->entries_max)
        return NONE;
    if (state->first_free == NONE && state->used == state->entry_room) {
        if (!grow(state))
            return NONE;
        at = slot_of(state, kind, key);
    }
    int32_t i = state->first_free;
    if (i != NONE)
        state->first_free = state->entry[i].after;
    else
        i = (int32_t)state->used++;
    state->entry[i] = (entry){.kind = kind};
    memcpy(state->entry[i].key, key, 16);
    state->slot[at] = (uint32_t)i + 1;
    state->count++;
    state->count_of[kind]++;
    return i;
}

static void put(as_state *state, uint32_t at, const as_message *message, const uint8_t *bytes)
{
    int32_t i = (int32_t)state->slot[at] - 1;
    as_kept *kept = keep(message, bytes);
    uint64_t replaced = i == NONE ? 0 : as_kept_bytes(state->entry[i].kept);
    if (!kept || state->bytes - replaced + as_kept_bytes(kept) > state->bytes_max) {
        free(kept);
        state->refused++;
        return;
    }
    if (i == NONE) {
        i = add(state, at, message->kind, message->key);
        if (i == NONE) {
            free(kept);
            state->refused++;
            return;
        }
    } else {
        as_kept_release(state->entry[i].kept);
        unlink_entry(state, i);
    }
    state->entry[i].kept = kept;
    state->bytes += as_kept_bytes(kept) - replaced;
    state->version++;
    link_last(state, i);
}

void as_state_apply(as_state *state, const as_message *message, const uint8_t *bytes)
{
    if (message->effect == AS_EFFECT_NONE || message->kind == AS_MESSAGE_OTHER || message->kind >= KINDS)
        return;
    uint32_t at = slot_of(state, message->kind, message->key);
    if (message->effect == AS_EFFECT_SET || (message->effect == AS_EFFECT_RENEW && state->slot[at]))
        put(state, at, message, bytes);
    if (message->effect != AS_EFFECT_REMOVE)
        return;
    if (state->slot[at])
        forget(state, at);
    if (message->kind != AS_MESSAGE_FACT)
        return;
    at = slot_of(state, AS_MESSAGE_SHOCK, message->key); /* the shock goes with its fact */
    if (state->slot[at])
        forget(state, at);
}

/* ---- looking at it ---- */

void as_state_visit(as_state *state, void (*visit)(void *context, as_kept *kept), void *context)
{
    for (int32_t i = state->first; i != NONE; i = state->entry[i].after)
        visit(context, state->entry[i].kept);
}

uint32_t as_state_count(const as_state *state)
{
    return state->count;
}

uint32_t as_state_count_of(const as_state *state, as_message_kind kind)
{
    return state->count_of[kind];
}

uint64_t as_state_bytes(const as_state *state)
{
    return state->bytes;
}

uint64_t as_state_version(const as_state *state)
{
    return state->version;
}

uint64_t as_state_refused(const as_state *state)
{
    return state->refused;
}
