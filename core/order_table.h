/*
 * Live orders by reference: new ones where their number says, what stays behind in a hash table.
 *
 *   near:  a place for each of the latest references, at ref modulo its size
 *   far:   buckets of two orders, a cache line each, open addressing: for those who had to leave near
 *
 * Exchanges number orders upwards, and most orders die young. A new order therefore takes its place in near
 * next to the one before it, where a line holds two, pages stay mapped and the processor's own prefetching
 * works; what lives there is hot. An order that still stands in the way of a new one when the numbers have
 * gone once around moves to far, and is found there after near was asked. Where references are numbered in
 * another way the table only gets slower: every key is found, wherever it is.
 *
 * An order is 32 bytes and holds all that an execution, a reduction or a deletion needs. In far an order
 * stands in its home bucket, or, if both places there were taken, in the first bucket after it that had
 * one; each bucket that was passed over counts it, so that a search ends where nothing was passed over and
 * a removal moves nothing.
 *
 * The key is (instrument, source, ref): references are unique per feed and day with ITCH, but only per
 * instrument elsewhere. An instrument's book is cleared by raising its epoch, not by searching the table
 * for its orders: entries of an older epoch match nothing. They are swept out when room is needed
 * (as_order_table_sweep, by core/book.c).
 *
 * Part of core/book. Threads: the owner's. Memory: fixed at init, touched as it is used; near has two places for each
 * of orders_max, far one and a half, each rounded up to a power of two. Limits: AS_INSTRUMENT_MAX instruments, 2^31
 * orders.
 */
#ifndef AS_CORE_ORDER_TABLE_H
#define AS_CORE_ORDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct as_order {
    uint64_t ref;
    int64_t key;  /* price, sign turned for the ask side: see core/book_side.h */
    uint64_t qty; /* 0: the place is empty, and the id's low 48 bits are 0 */
    uint64_t id;  /* as_order_id, | side << 47; bits 48..63 of a bucket's first order: how many passed over it */
} as_order;

enum { AS_ORDER_BUCKET = 2, AS_ORDER_EPOCH_MASK = 0x7fff, AS_ORDER_SIDE_SHIFT = 47, AS_ORDER_PASSED_SHIFT = 48 };

#define AS_ORDER_ID_MASK (((uint64_t)1 << AS_ORDER_SIDE_SHIFT) - 1)
#define AS_ORDER_PASSED_MAX ((uint64_t)UINT16_MAX) /* a bucket that was passed over this often forgets no more */

typedef struct as_order_bucket {
    _Alignas(64) as_order order[AS_ORDER_BUCKET];
} as_order_bucket;

_Static_assert(sizeof(as_order_bucket) == 64, "two orders are one cache line");

typedef struct as_order_table {
    as_order *near;
    uint64_t near_mask; /* places - 1 */
    as_order_bucket *far;
    uint64_t far_mask;    /* buckets - 1 */
    uint64_t far_ref_max; /* no reference above it stands in far; 0 when far is empty */
    uint32_t far_shift;   /* 64 - log2(buckets) */
    uint32_t far_used;    /* orders in far */
    uint32_t used;        /* orders in the table, those of old epochs included */
    uint32_t used_max;    /* orders_max */
} as_order_table;

/* orders_max 1..2^31; at most two thirds of far's places are ever used. 0 or -ENOMEM. */
int as_order_table_init(as_order_table *table, uint32_t orders_max);
/* Safe on zeroes. */
void as_order_table_fini(as_order_table *table);

/* Touch all memory. Before the first order only. */
void as_order_table_prefault(as_order_table *table);

/* Drop every order for which stale says so. O(places): for the rare moments when old epochs take the room. */
void as_order_table_sweep(as_order_table *table, bool (*stale)(const as_order *order, const void *context),
                          const void *context);

/* Whose order it is, in 47 bits: instrument below AS_INSTRUMENT_MAX, epoch 1..AS_ORDER_EPOCH_MASK. Never 0. */
static inline uint64_t as_order_id(uint32_t instrument, uint16_t source, uint16_t epoch)
{
    return instrument | (uint64_t)source << 16 | (uint64_t)epoch << 32;
}

static inline uint32_t as_order_instrument(const as_order *order)
{
    return (uint32_t)(order->id & UINT16_MAX);
}

static inline uint16_t as_order_epoch(const as_order *order)
{
    return (uint16_t)(order->id >> 32 & AS_ORDER_EPOCH_MASK);
}

/* 0 bid, 1 ask. */
static inline unsigned as_order_side(const as_order *order)
{
    return (unsigned)(order->id >> AS_ORDER_SIDE_SHIFT & 1);
}

/* An empty place is nobody's. */
static inline bool as_order_is(const as_order *order, uint64_t ref, uint64_t id)
{
    return ((order->ref ^ ref) | ((order->id ^ id) & AS_ORDER_ID_MASK)) == 0;
}

/* The only place in near for a reference. */
static inline as_order *as_order_near(const as_order_table *table, uint64_t ref)
{
    return &table->near[ref & table->near_mask];
}

/* The home bucket in far; the epoch in id does not matter. */
static inline uint64_t as_order_home(const as_order_table *table, uint64_t ref, uint64_t id)
{
    /* Fibonacci hashing: the product's high bits depend on all bits of the sum */
    uint64_t x = ref + (id & UINT32_MAX) * UINT64_C(0x9fb21c651e98df25);
    x ^= x >> 32;
    return (x * UINT64_C(0x9e3779b97f4a7c15)) >> table->far_shift;
}

/* Whether an order of that reference may stand in far. New references are beyond all that do. */
static inline bool as_order_may_be_far(const as_order_table *table, uint64_t ref)
{
    return ref <= table->far_ref_max;
}

/* The live order of that key that stands in far, or NULL. */
as_order *as_order_find_far(const as_order_table *table, uint64_t ref, uint64_t id);

/* The live order of that key, or NULL. */
static inline as_order *as_order_find(const as_order_table *table, uint64_t ref, uint64_t id)
{
    as_order *order = as_order_near(table, ref);
    if (as_order_is(order, ref, id))
        return order;
    return as_order_may_be_far(table, ref) ? as_order_find_far(table, ref, id) : NULL;
}

/* Move the order that stands in a place of near to far. Pointers to it are void. */
void as_order_evict(as_order_table *table, as_order *place);

/* Add an order, qty > 0, that is not in the table. Only with used < used_max. Pointers to other orders are void. */
void as_order_insert(as_order_table *table, const as_order *order);

/* Remove an order that find returned; other orders stay where they are. */
void as_order_erase(as_order_table *table, as_order *order);

#endif
