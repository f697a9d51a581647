/*
 * A hash table from byte strings to pointers, for topics and for the state. Open addressing, linear probing, removal by
 * shifting back; at most half full. Keys are not copied: they live in the values.
 */
#ifndef ASC_TABLE_H
#define ASC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct asc_slot {
    const char *key;
    size_t key_bytes;
    uint64_t hash;
    void *value; /* NULL: free */
} asc_slot;

/* Zeroes are an empty table. */
typedef struct asc_table {
    asc_slot *slot;
    size_t slots; /* 0 or a power of two */
    size_t count;
} asc_table;

void asc_table_fini(asc_table *table); /* the slots, not the values */
void *asc_table_find(const asc_table *table, const char *key, size_t key_bytes);
/*
 * Add, or replace the value (and the key) of an equal key: the value before, NULL if none, is in *before. false:
 * ENOMEM.
 */
bool asc_table_put(asc_table *table, const char *key, size_t key_bytes, void *value, void **before);
/* The value that was there, NULL if none. */
void *asc_table_remove(asc_table *table, const char *key, size_t key_bytes);

#endif
