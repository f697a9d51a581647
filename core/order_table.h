/*
 * Live orders by reference: open addressing, linear probing, deletion by shifting back (no tombstones).
 *
 * An entry is 32 bytes, two to a cache line, and holds all that an execution, a reduction or a deletion needs, so that
 * one order costs one miss, which as_order_table_prefetch can hide. The key is (instrument, source, ref): references
 * are unique per feed and day with ITCH, but only per instrument elsewhere.
 *
 * An instrument's book is cleared by raising its epoch, not by searching the table for its orders: entries of an older
 * epoch match nothing. They are swept out when room is needed (as_order_table_sweep, by core/book.c).
 *
 * Part of core/book. Threads: the owner's. Memory: fixed at init, touched as it is used.
 */
#ifndef AS_CORE_ORDER_TABLE_H
#define AS_CORE_ORDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct as_order {
    uint64_t ref;
    int64_t key;        /* price, sign turned for the ask side: see core/level_pool.h */
    uint64_t qty;       /* 0: the slot is empty */
    uint32_t instrument;
    uint16_t source;
    uint16_t side_epoch; /* side << 15 | the book's epoch when the order came */
} as_order;

_Static_assert(sizeof(as_order) == 32, "two orders a cache line");

enum { AS_ORDER_EPOCH_MASK = 0x7fff };

typedef struct as_order_key {
    uint64_t ref;
    uint32_t instrument;
    uint16_t source;
    uint16_t epoch;
} as_order_key;

typedef struct as_order_table {
    as_order *slot;
    uint64_t mask;      /* slots - 1 */
    uint32_t shift;     /* 64 - log2(slots) */
    uint32_t used;      /* slots that are not empty, entries of old epochs included */
    uint32_t used_max;  /* orders_max */
} as_order_table;

/* orders_max 1..2^31; at most two thirds of the slots are ever used. 0 or -ENOMEM. */
int as_order_table_init(as_order_table *table, uint32_t orders_max);
void as_order_table_fini(as_order_table *table);

/* Bytes of memory behind slot. */
size_t as_order_table_bytes(const as_order_table *table);

/*
 * Drop every entry for which stale says so. O(slots): for the rare moments when entries of old epochs take the room.
 */
void as_order_table_sweep(as_order_table *table, bool (*stale)(const as_order *order, const void *context),
                          const void *context);

static inline uint64_t as_order_table_home(const as_order_table *table, uint64_t ref, uint32_t instrument,
                                           uint16_t source)
{
    /* Fibonacci hashing: the product's high bits depend on all bits of the sum */
    uint64_t x = ref + ((uint64_t)instrument << 32 | (uint64_t)source << 48) * UINT64_C(0x9fb21c651e98df25);
    x ^= x >> 32;
    return (x * UINT64_C(0x9e3779b97f4a7c15)) >> table->shift;
}

/* The slot of that key's live order, or the empty slot (qty 0) where it would go. */
static inline as_order *as_order_table_seek(const as_order_table *table, const as_order_key *key)
{
    uint64_t i = as_order_table_home(table, key->ref, key->instrument, key->source);
    for (;; i = (i + 1) & table->mask) {
        as_order *order = &table->slot[i];
        uint64_t differs = (order->ref ^ key->ref) | (order->instrument ^ key->instrument) |
                           (uint64_t)(order->source ^ key->source) |
                           ((order->side_epoch & AS_ORDER_EPOCH_MASK) ^ (uint64_t)key->epoch);
        if (differs == 0 || order->qty == 0)
            return order;
    }
}

/* The live order of that key, or NULL. */
static inline as_order *as_order_table_find(const as_order_table *table, const as_order_key *key)
{
    as_order *order = as_order_table_seek(table, key);
    return order->qty ? order : NULL;
}

/* Only with used < used_max, into the empty slot that seek gave for the order's key, and with order->qty > 0. */
static inline void as_order_table_insert(as_order_table *table, as_order *slot, const as_order *order)
{
    *slot = *order;
    table->used++;
}

/* Remove an entry that find returned; pointers into the table are void afterwards. */
static inline void as_order_table_erase(as_order_table *table, as_order *order)
{
    uint64_t hole = (uint64_t)(order - table->slot);
    uint64_t i = hole;
    for (;;) {
        i = (i + 1) & table->mask;
        const as_order *next = &table->slot[i];
        if (next->qty == 0)
            break;
        uint64_t home = as_order_table_home(table, next->ref, next->instrument, next->source);
        if (((i - home) & table->mask) >= ((i - hole) & table->mask)) { /* home is not after the hole: may move */
            table->slot[hole] = *next;
            hole = i;
        }
    }
    table->slot[hole].qty = 0;
    table->used--;
}

#endif
