/*
 * Blocks for the price levels of all books, out of one pool: powers of two of a unit, split and kept by size.
 *
 *   block of capacity 8 << class:  | key[capacity] | qty[capacity] |
 *
 * Part of core/book; what stands in a block is core/book_side.h's. Threads: the owner's. Memory: fixed at init.
 */
#ifndef AS_CORE_LEVEL_POOL_H
#define AS_CORE_LEVEL_POOL_H

#include <stddef.h>
#include <stdint.h>

enum {
    AS_LEVEL_BLOCK_MIN = 8, /* levels of the smallest block: one cache line of keys, one of quantities */
    AS_LEVEL_CLASS_COUNT = 24
};

#define AS_LEVEL_BLOCK_NONE UINT32_MAX

typedef struct as_level_pool {
    int64_t *word;   /* 2 * AS_LEVEL_BLOCK_MIN words a unit */
    uint32_t units;  /* of the pool */
    uint32_t unused; /* first unit never handed out */
    uint32_t free_block[AS_LEVEL_CLASS_COUNT];
} as_level_pool;

/* At least levels_max levels, rounded up to a unit. 0 or -ENOMEM. */
int as_level_pool_init(as_level_pool *pool, uint64_t levels_max);
void as_level_pool_fini(as_level_pool *pool);
size_t as_level_pool_bytes(const as_level_pool *pool);

/* A block of the class, AS_LEVEL_BLOCK_NONE if the pool has none. A block is a number of units. */
uint32_t as_level_pool_take(as_level_pool *pool, uint8_t class_idx);
void as_level_pool_give(as_level_pool *pool, uint32_t block, uint8_t class_idx);

static inline int64_t *as_level_block(const as_level_pool *pool, uint32_t block)
{
    return pool->word + (size_t)block * 2 * AS_LEVEL_BLOCK_MIN;
}

#endif
