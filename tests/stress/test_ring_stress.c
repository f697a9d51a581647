/*
 * Both rings under two real threads: every record arrives once, in order and whole, whatever the scheduler does.
 * Small rings run full and empty all the time; sequences start just below 2^64 so that they wrap on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "core/byte_ring.h"
#include "core/ring.h"

enum { AST_RECORDS = 300000, AST_WORDS = 8 };

typedef struct ast_case {
    as_ring *ring;
    as_byte_ring *bytes;
    uint32_t batch; /* 0: one at a time through claim and peek */
    uint64_t records;
} ast_case;

static uint64_t ast_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void ast_fill(uint64_t *word, uint64_t record)
{
    for (uint32_t w = 0; w < AST_WORDS; w++)
        word[w] = record * AST_WORDS + w;
}

static uint64_t ast_wrong_words(const uint64_t *word, uint64_t record)
{
    uint64_t wrong = 0;
    for (uint32_t w = 0; w < AST_WORDS; w++)
        wrong += word[w] != record * AST_WORDS + w;
    return wrong;
}

static void *ast_produce(void *argument)
{
    ast_case *c = argument;
    uint32_t wanted = c->batch ? c->batch : 1;
    for (uint64_t sent = 0; sent < c->records;) {
        uint64_t left = c->records - sent;
        uint32_t got = as_ring_claim_n(c->ring, left < wanted ? (uint32_t)left : wanted);
        for (uint32_t i = 0; i < got; i++)
            ast_fill(as_ring_claim_at(c->ring, i), sent + i);
        if (got)
            as_ring_publish_n(c->ring, got);
        else
            sched_yield();
        sent += got;
    }
    return NULL;
}

static uint64_t ast_consume(ast_case *c)
{
    uint64_t wrong = 0;
    for (uint64_t taken = 0; taken < c->records;) {
        uint32_t got = as_ring_peek_n(c->ring, c->batch ? c->batch : 1);
        for (uint32_t i = 0; i < got; i++)
            wrong += ast_wrong_words(as_ring_at(c->ring, i), taken + i);
        if (got)
            as_ring_release_n(c->ring, got);
        else
            sched_yield();
        taken += got;
        wrong += as_ring_depth(c->ring) > as_ring_slots(c->ring);
    }
    return wrong;
}

static void every_slot_arrives_once_in_order_and_whole(void **state)
{
    (void)state;
    static const struct {
        uint32_t slots, batch;
    } shape[] = {{1, 0}, {2, 0}, {64, 0}, {1024, 0}, {64, 7}, {1024, 32}};
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        ast_case c = {.batch = shape[i].batch, .records = shape[i].slots < 8 ? AST_RECORDS / 10 : AST_RECORDS};
        pthread_t producer;
        assert_int_equal(as_ring_new_at(shape[i].slots, AST_WORDS * 8, 0 - c.records / 2, &c.ring), 0);
        assert_int_equal(pthread_create(&producer, NULL, ast_produce, &c), 0);
        uint64_t wrong = ast_consume(&c);
        assert_int_equal(pthread_join(producer, NULL), 0);
        assert_int_equal(wrong, 0);
        assert_null(as_ring_peek(c.ring));
        as_ring_free(c.ring);
    }
}

/* Record n has a size drawn from the seed's n-th number and is filled with that number's low byte. */
static void *ast_produce_bytes(void *argument)
{
    ast_case *c = argument;
    uint64_t random = 20260701;
    uint32_t sizes = as_byte_ring_record_bytes_max(c->bytes) + 1;
    for (uint64_t sent = 0; sent < c->records; sent++) {
        uint64_t drawn = ast_random(&random);
        uint32_t record_bytes = (uint32_t)(drawn >> 32) % sizes;
        unsigned char *record = as_byte_ring_claim(c->bytes, record_bytes);
        for (; !record; record = as_byte_ring_claim(c->bytes, record_bytes))
            sched_yield();
        memset(record, (int)(drawn & 0xff), record_bytes);
        as_byte_ring_publish(c->bytes);
    }
    return NULL;
}

static uint64_t ast_consume_bytes(ast_case *c)
{
    uint64_t wrong = 0;
    uint64_t random = 20260701;
    uint32_t sizes = as_byte_ring_record_bytes_max(c->bytes) + 1;
    for (uint64_t taken = 0; taken < c->records; taken++) {
        uint64_t drawn = ast_random(&random);
        uint32_t record_bytes = 0;
        const unsigned char *record = as_byte_ring_peek(c->bytes, &record_bytes);
        for (; !record; record = as_byte_ring_peek(c->bytes, &record_bytes))
            sched_yield();
        wrong += record_bytes != (uint32_t)(drawn >> 32) % sizes;
        for (uint32_t i = 0; i < record_bytes; i++)
            wrong += record[i] != (drawn & 0xff);
        as_byte_ring_release(c->bytes);
    }
    return wrong;
}

static void every_byte_record_arrives_once_in_order_and_whole(void **state)
{
    (void)state;
    static const uint32_t capacity_bytes[] = {64, 1024, 65536};
    for (size_t i = 0; i < sizeof capacity_bytes / sizeof *capacity_bytes; i++) {
        ast_case c = {.records = capacity_bytes[i] < 65536 ? 50000 : 2000};
        pthread_t producer;
        assert_int_equal(as_byte_ring_new_at(capacity_bytes[i], 0 - UINT64_C(4096), &c.bytes), 0);
        assert_int_equal(pthread_create(&producer, NULL, ast_produce_bytes, &c), 0);
        uint64_t wrong = ast_consume_bytes(&c);
        assert_int_equal(pthread_join(producer, NULL), 0);
        assert_int_equal(wrong, 0);
        assert_int_equal(as_byte_ring_depth_bytes(c.bytes), 0);
        as_byte_ring_free(c.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slot_arrives_once_in_order_and_whole),
        cmocka_unit_test(every_byte_record_arrives_once_in_order_and_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
