#include "core/level_pool.h"

#include <errno.h>

#include "core/error.h"
#include "core/pages.h"

enum { UNIT_BYTES = 2 * AS_LEVEL_BLOCK_MIN * (int)sizeof(int64_t) };

int as_level_pool_init(as_level_pool *pool, uint64_t levels_max)
{
    uint64_t units = (levels_max + AS_LEVEL_BLOCK_MIN - 1) / AS_LEVEL_BLOCK_MIN;
    AS_ASSERT(units >= 1 && units < AS_LEVEL_BLOCK_NONE);
    *pool = (as_level_pool){.units = (uint32_t)units};
    pool->word = as_pages_new(units * UNIT_BYTES);
    if (!pool->word) {
        *pool = (as_level_pool){0};
        return -ENOMEM;
    }
    for (unsigned i = 0; i < AS_LEVEL_CLASS_COUNT; i++)
        pool->free_block[i] = AS_LEVEL_BLOCK_NONE;
    return 0;
}

void as_level_pool_fini(as_level_pool *pool)
{
    as_pages_free(pool->word, as_level_pool_bytes(pool));
    *pool = (as_level_pool){0};
}

size_t as_level_pool_bytes(const as_level_pool *pool)
{
    return (size_t)pool->units * UNIT_BYTES;
}

/* A free block's first word is the next free block of its class. */
void as_level_pool_give(as_level_pool *pool, uint32_t block, uint8_t class_idx)
{
    *as_level_block(pool, block) = pool->free_block[class_idx];
    pool->free_block[class_idx] = block;
}

static uint32_t pop(as_level_pool *pool, uint8_t class_idx)
{
    uint32_t block = pool->free_block[class_idx];
    pool->free_block[class_idx] = (uint32_t)*as_level_block(pool, block);
    return block;
}

uint32_t as_level_pool_take(as_level_pool *pool, uint8_t class_idx)
{
    if (class_idx >= AS_LEVEL_CLASS_COUNT)
        return AS_LEVEL_BLOCK_NONE;
    if (pool->free_block[class_idx] != AS_LEVEL_BLOCK_NONE)
        return pop(pool, class_idx);
    uint32_t units = UINT32_C(1) << class_idx;
    if (pool->units - pool->unused >= units) {
        uint32_t block = pool->unused;
        pool->unused += units;
        return block;
    }
    for (uint8_t larger = (uint8_t)(class_idx + 1); larger < AS_LEVEL_CLASS_COUNT; larger++) {
        if (pool->free_block[larger] == AS_LEVEL_BLOCK_NONE)
            continue;
        uint32_t block = pop(pool, larger);
        while (larger-- > class_idx) /* give back the upper halves */
            as_level_pool_give(pool, block + (UINT32_C(1) << larger), larger);
        return block;
    }
    return AS_LEVEL_BLOCK_NONE;
}
