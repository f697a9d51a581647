#include "table.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits, and a last mix so that the low bits are good (its parameters: Fowler, Noll, Vo). */
static uint64_t hash_of(const char *key, size_t key_bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < key_bytes; i++)
        hash = (hash ^ (uint8_t)key[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static asc_slot *locate(const asc_table *table, const char *key, size_t key_bytes, uint64_t hash)
{
    size_t mask = table->slots - 1;
    size_t at = (size_t)hash & mask;
    while (table->slot[at].value) {
        const asc_slot *slot = &table->slot[at];
        if (slot->hash == hash && slot->key_bytes == key_bytes && memcmp(slot->key, key, key_bytes) == 0)
            break;
        at = (at + 1) & mask;
    }
    return &table->slot[at];
}

static bool grow(asc_table *table)
{
    size_t slots = table->slots ? 2 * table->slots : 64;
    asc_table bigger = {.slot = calloc(slots, sizeof *bigger.slot), .slots = slots, .count = table->count};
    if (!bigger.slot)
        return false;
    for (size_t i = 0; i < table->slots; i++) {
        const asc_slot *old = &table->slot[i];
        if (old->value)
            *locate(&bigger, old->key, old->key_bytes, old->hash) = *old;
    }
    free(table->slot);
    *table = bigger;
    return true;
}

void asc_table_fini(asc_table *table)
{
    free(table->slot);
    *table = (asc_table){0};
}

void *asc_table_find(const asc_table *table, const char *key, size_t key_bytes)
{
    return table->slots ? locate(table, key, key_bytes, hash_of(key, key_bytes))->value : NULL;
}

bool asc_table_put(asc_table *table, const char *key, size_t key_bytes, void *value, void **before)
{
    if (2 * (table->count + 1) > table->slots && !grow(table))
        return false;
    uint64_t hash = hash_of(key, key_bytes);
    asc_slot *slot = locate(table, key, key_bytes, hash);
    *before = slot->value;
    table->count += slot->value == NULL;
    *slot = (asc_slot){.key = key, .key_bytes = key_bytes, .hash = hash, .value = value};
    return true;
}

void *asc_table_remove(asc_table *table, const char *key, size_t key_bytes)
{
    if (table->slots == 0)
        return NULL;
    asc_slot *slot = locate(table, key, key_bytes, hash_of(key, key_bytes));
    void *value = slot->value;
    if (!value)
        return NULL;
    size_t mask = table->slots - 1, hole = (size_t)(slot - table->slot);
    for (size_t at = (hole + 1) & mask; table->slot[at].value; at = (at + 1) & mask) {
        size_t home = (size_t)table->slot[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) { /* it may move to the hole: its home lies not behind it */
            table->slot[hole] = table->slot[at];
            hole = at;
        }
    }
    table->slot[hole] = (asc_slot){0};
    table->count--;
    return value;
}
