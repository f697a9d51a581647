/*
 * Price levels: the sides of all books, each a sorted array in a block of one pool.
 *
 *   block of capacity 8 << class:  | key[capacity] | qty[capacity] |
 *
 * Keys ascend and the best level is the last, so that what happens near the best price moves little memory. A key is
 * the price for bids and minus the price for asks: both sides are then the same code. Any price is a level; there is
 * no tick grid.
 *
 * Part of core/book. Threads: the owner's. Memory: fixed at init; blocks double when full and come back on release.
 */
#ifndef AS_CORE_LEVEL_POOL_H
#define AS_CORE_LEVEL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    AS_LEVEL_BLOCK_MIN = 8,      /* levels of the smallest block: one cache line of keys, one of quantities */
    AS_LEVEL_CLASS_COUNT = 24,
    AS_LEVEL_SCAN = 16           /* levels from the best that are counted through before the others are halved */
};

#define AS_LEVEL_BLOCK_NONE UINT32_MAX

/* One side of a book. */
typedef struct as_side {
    uint32_t block;              /* in units of AS_LEVEL_BLOCK_MIN levels; AS_LEVEL_BLOCK_NONE: none yet */
    uint32_t count;              /* levels */
} as_side;

typedef struct as_level_pool {
    int64_t *word;               /* 2 * AS_LEVEL_BLOCK_MIN words a unit */
    uint32_t units;              /* of the pool */
    uint32_t unused;             /* first unit never handed out */
    uint32_t free_block[AS_LEVEL_CLASS_COUNT];
} as_level_pool;

/* At least levels_max levels, rounded up to a unit. 0 or -ENOMEM. */
int as_level_pool_init(as_level_pool *pool, uint64_t levels_max);
void as_level_pool_fini(as_level_pool *pool);
size_t as_level_pool_bytes(const as_level_pool *pool);

/* A block of the class, AS_LEVEL_BLOCK_NONE if the pool has none. */
uint32_t as_level_pool_take(as_level_pool *pool, uint8_t class_idx);
void as_level_pool_give(as_level_pool *pool, uint32_t block, uint8_t class_idx);

/* Room for one more level: first block or the next class. false when the pool is exhausted; the side is unchanged. */
bool as_side_grow(as_level_pool *pool, as_side *side, uint8_t *class_idx);

static inline int64_t *as_side_keys(const as_level_pool *pool, const as_side *side)
{
    return pool->word + (size_t)side->block * 2 * AS_LEVEL_BLOCK_MIN;
}

static inline uint64_t *as_side_qtys(const as_level_pool *pool, const as_side *side, uint8_t class_idx)
{
    return (uint64_t *)as_side_keys(pool, side) + ((size_t)AS_LEVEL_BLOCK_MIN << class_idx);
}

/*
 * Number of keys below key: where it is, or where it belongs. Where the answer is cannot be predicted, so it is counted
 * among the best levels and halved for among the others, both without a branch on a comparison of keys.
 */
static inline uint32_t as_side_find(const int64_t *keys, uint32_t count, int64_t key)
{
    uint32_t below = 0;
    if (count < AS_LEVEL_SCAN) {
        for (uint32_t i = 0; i < count; i++)
            below += keys[i] < key;
        return below;
    }
    uint32_t left = count - AS_LEVEL_SCAN;
    for (uint32_t i = 0; i < AS_LEVEL_SCAN; i++)
        below += keys[left + i] < key;
    if (below || left == 0)
        return left + below;
    uint32_t base = 0;
    while (left > 1) {
        uint32_t half = left / 2;
        base += half & -(uint32_t)(keys[base + half - 1] < key);
        left -= half;
    }
    return base + (keys[base] < key);
}

#endif
