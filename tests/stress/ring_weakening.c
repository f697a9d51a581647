/*
 * What test_ring_weakening.py compiles against a copy of a ring's header: two threads pass small records through a
 * small ring, so that ThreadSanitizer sees each slot written, read and written again. Nothing but the ring orders them.
 *
 * -DAST_BYTE_RING selects core/byte_ring.h. Exit status 0: every record arrived as sent; ThreadSanitizer reports races.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>

enum { AST_RECORDS = 3000 };

#ifdef AST_BYTE_RING
#include "core/byte_ring.h"

typedef as_byte_ring ast_ring;

static int ast_new(ast_ring **ring)
{
    return as_byte_ring_new(256, ring);
}

static uint64_t *ast_claim(ast_ring *ring)
{
    return as_byte_ring_claim(ring, sizeof(uint64_t));
}

static const uint64_t *ast_peek(ast_ring *ring)
{
    uint32_t record_bytes;
    return as_byte_ring_peek(ring, &record_bytes);
}

#define ast_publish as_byte_ring_publish
#define ast_release as_byte_ring_release
#define ast_free as_byte_ring_free
#else
#include "core/ring.h"

typedef as_ring ast_ring;

static int ast_new(ast_ring **ring)
{
    return as_ring_new(8, sizeof(uint64_t), ring);
}

static uint64_t *ast_claim(ast_ring *ring)
{
    return as_ring_claim(ring);
}

static const uint64_t *ast_peek(ast_ring *ring)
{
    return as_ring_peek(ring);
}

#define ast_publish as_ring_publish
#define ast_release as_ring_release
#define ast_free as_ring_free
#endif

static void *ast_produce(void *argument)
{
    ast_ring *ring = argument;
    for (uint64_t i = 0; i < AST_RECORDS; i++) {
        uint64_t *record;
        while (!(record = ast_claim(ring)))
            sched_yield();
        *record = i;
        ast_publish(ring);
    }
    return NULL;
}

int main(void)
{
    ast_ring *ring;
    pthread_t producer;
    int wrong = 0;
    if (ast_new(&ring) || pthread_create(&producer, NULL, ast_produce, ring))
        return 2;
    for (uint64_t i = 0; i < AST_RECORDS; i++) {
        const uint64_t *record;
        while (!(record = ast_peek(ring)))
            sched_yield();
        wrong += *record != i;
        ast_release(ring);
    }
    if (pthread_join(producer, NULL))
        return 2;
    ast_free(ring);
    if (wrong)
        fprintf(stderr, "%d wrong records\n", wrong);
    return wrong != 0;
}
