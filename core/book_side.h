/*
 * The sides of all books: aggregated price levels, the hot ones in a window of ticks, the others in a
 * sorted array.
 *
 * A level is a key and a quantity. A key is the price for bids and minus the price for asks, so that the
 * best level of either side is the one with the highest key, and both are the same code. Any key but
 * AS_SIDE_EMPTY is allowed.
 *
 *   key       | 9120 | 9250 | 9275.5 | 9500 |      | 9260 | 9265 | 9270 | 9275 | 9280 | ...
 *   quantity  |  10  |  40  |   5    |  70  |      |  15  |   0  |  20  |  55  |   0  | ...
 *             array ("far"): any keys, ascending    window: base + slot * tick; bits 1 0 1 1 0 ...
 *
 * A level whose key is a multiple of tick from base and within AS_SIDE_WINDOW ticks stands in the window,
 * where one multiplication finds it and one bit says whether it is there; every other level stands in the
 * array. The window is laid where levels are used: its tick is learnt from the distances of the levels
 * around, and when the array has been used often enough it is laid again. Where a level stands changes what
 * it costs, never what is read.
 *
 * Room: a side owns a block of the pool that would hold all its levels, so that levels move between window
 * and array without asking. FULL means that this block could not grow.
 *
 * Part of core/book. Threads: the owner's. Memory: fixed at init, touched as it is used. Cost: O(1) in the
 * window, O(levels) in the array.
 */
#ifndef AS_CORE_BOOK_SIDE_H
#define AS_CORE_BOOK_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/level_pool.h"

enum { AS_SIDE_WINDOW = 64 }; /* ticks; one word of bits */

#define AS_SIDE_EMPTY INT64_MIN
#define AS_SIDE_TICK_DEFAULT INT64_C(10000000) /* 0.01: where the levels say nothing */
#define AS_SIDE_TICK_MAX ((uint64_t)1 << 56)

/* One cache line. */
typedef struct as_side {
    _Alignas(64) int64_t best; /* key of the best level; AS_SIDE_EMPTY: none */
    int64_t base;              /* key of slot 0; neither it nor slot 63's is one that no price has */
    uint64_t bits;             /* slots that hold a level */
    uint64_t tick;
    uint64_t inverse;   /* of tick without its factors of two, modulo 2^64 */
    int64_t far_best;   /* key of the array's best level; AS_SIDE_EMPTY: it is empty */
    uint32_t block;     /* of the pool */
    uint32_t capacity;  /* levels that the block holds; 0: there is none */
    uint32_t count;     /* levels, window and array */
    uint8_t tick_shift; /* factors of two in tick */
    uint8_t window;     /* AS_SIDE_WINDOW; 0: no window is laid */
    uint8_t far_uses;   /* of the array since the window was laid */
    uint8_t patience;   /* lay it again after this many */
} as_side;

_Static_assert(sizeof(as_side) == 64, "a side's head is one cache line");

typedef struct as_sides {
    as_side *side;
    uint64_t *window; /* AS_SIDE_WINDOW quantities a side; 0 where there is no level */
    uint32_t count;
    as_level_pool pool;
} as_sides;

typedef enum as_side_result {
    AS_SIDE_OK = 0,
    AS_SIDE_OVERFLOW = 1, /* the quantity would pass 2^64 - 1: nothing has changed */
    AS_SIDE_FULL = 2      /* no room for a new level: nothing has changed */
} as_side_result;

/* side_count >= 1 sides, and a pool of at least levels_max levels (core/level_pool.h). 0 or -ENOMEM. */
int as_sides_init(as_sides *sides, uint32_t side_count, uint64_t levels_max);
/* Safe on zeroes. */
void as_sides_fini(as_sides *sides);

/* Touch all memory. Before the first level only. */
void as_sides_prefault(as_sides *sides);

/* Remove all levels of a side and give its block back. */
void as_side_clear(as_sides *sides, uint32_t idx);

/* The level at depth (0 is the best); false beyond the last. O(depth). */
bool as_side_level_at(const as_sides *sides, uint32_t idx, uint32_t depth, int64_t *key, uint64_t *qty);

/* The same as the functions below for levels that do not stand in the window, or need room. */
as_side_result as_side_add_far(as_sides *sides, uint32_t idx, int64_t key, uint64_t qty);
void as_side_take_far(as_sides *sides, uint32_t idx, int64_t key, uint64_t qty);
as_side_result as_side_set_far(as_sides *sides, uint32_t idx, int64_t key, uint64_t qty, uint64_t *before);

/*
 * The slot where key stands in the window; s->window or more: it does not. Exact division (Warren, Hacker's
 * Delight 10-17): the product with the inverse, turned right by the factors of two, is the quotient of a
 * multiple, and more than any quotient of a number that is none. A key below base is a large number here.
 */
static inline uint64_t as_side_slot(const as_side *s, int64_t key)
{
    uint64_t product = ((uint64_t)key - (uint64_t)s->base) * s->inverse;
    return product >> s->tick_shift | product << (-s->tick_shift & 63);
}

/*
 * The quantity in a slot of the window. Each side's slots begin a cache line further on than its
 * neighbour's and go around: the slots in use are about the same ones on every side, and at one distance of
 * 512 bytes they would all fall on an eighth of the cache's sets.
 */
static inline uint64_t *as_side_qty(const as_sides *sides, uint32_t idx, uint64_t slot)
{
    return &sides->window[(size_t)idx * AS_SIDE_WINDOW + ((slot + (uint64_t)idx * 8) & (AS_SIDE_WINDOW - 1))];
}

/* Fetch the line of the window that key stands in. */
__attribute__((always_inline)) static inline void as_side_prefetch(const as_sides *sides, uint32_t idx, int64_t key)
{
    __builtin_prefetch(as_side_qty(sides, idx, as_side_slot(&sides->side[idx], key)), 1);
}

/* The best level, from bits and the array's best; without a branch, because which it is cannot be predicted. */
static inline void as_side_refresh(as_side *s)
{
    uint64_t top = 63 - (uint64_t)__builtin_clzll(s->bits | 1);
    int64_t best = s->base + (int64_t)(top * s->tick);
    best = s->bits ? best : AS_SIDE_EMPTY;
    s->best = best > s->far_best ? best : s->far_best;
}

/* Quantity of the best level, which is in the array; 0 if there is none. */
uint64_t as_side_far_best_qty(const as_sides *sides, uint32_t idx);

/* Quantity of the best level, 0 if there is none. */
static inline uint64_t as_side_best_qty(const as_sides *sides, uint32_t idx)
{
    const as_side *s = &sides->side[idx];
    if (s->best == s->far_best)
        return as_side_far_best_qty(sides, idx);
    return *as_side_qty(sides, idx, 63 - (uint64_t)__builtin_clzll(s->bits));
}

/* Add qty > 0 to the level at key, which may be new. */
static inline as_side_result as_side_add(as_sides *sides, uint32_t idx, int64_t key, uint64_t qty)
{
    as_side *s = &sides->side[idx];
    uint64_t slot = as_side_slot(s, key);
    if (slot >= s->window)
        return as_side_add_far(sides, idx, key, qty);
    uint64_t *level = as_side_qty(sides, idx, slot);
    uint64_t sum = *level + qty;
    bool fresh = *level == 0;
    if ((sum < qty) | (fresh & (s->count == s->capacity)))
        return as_side_add_far(sides, idx, key, qty);
    *level = sum;
    s->bits |= (uint64_t)1 << slot;
    s->count += fresh;
    as_side_refresh(s);
    return AS_SIDE_OK;
}

/* Take qty from the level at key, which holds as much. */
static inline void as_side_take(as_sides *sides, uint32_t idx, int64_t key, uint64_t qty)
{
    as_side *s = &sides->side[idx];
    uint64_t slot = as_side_slot(s, key);
    if (slot >= s->window) {
        as_side_take_far(sides, idx, key, qty);
        return;
    }
    uint64_t *level = as_side_qty(sides, idx, slot);
    uint64_t left = *level - qty;
    bool gone = left == 0;
    *level = left;
    s->bits &= ~((uint64_t)gone << slot);
    s->count -= gone;
    as_side_refresh(s);
}

/* Set the level at key to qty, 0 removes it; *before is what it was, 0 if it was not there. OK or FULL. */
static inline as_side_result as_side_set(as_sides *sides, uint32_t idx, int64_t key, uint64_t qty, uint64_t *before)
{
    as_side *s = &sides->side[idx];
    uint64_t slot = as_side_slot(s, key);
    if (slot >= s->window)
        return as_side_set_far(sides, idx, key, qty, before);
    uint64_t *level = as_side_qty(sides, idx, slot);
    bool was = *level != 0, is = qty != 0;
    if (!was & is & (s->count == s->capacity))
        return as_side_set_far(sides, idx, key, qty, before);
    *before = *level;
    *level = qty;
    s->bits = (s->bits & ~((uint64_t)1 << slot)) | (uint64_t)is << slot;
    s->count += is;
    s->count -= was;
    as_side_refresh(s);
    return AS_SIDE_OK;
}

#endif
