#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/byte_ring.h"

static uint64_t ast_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static as_byte_ring *ast_ring(uint32_t capacity_bytes, uint64_t first_seq)
{
    as_byte_ring *ring = NULL;
    assert_int_equal(as_byte_ring_new_at(capacity_bytes, first_seq, &ring), 0);
    return ring;
}

static int ast_put(as_byte_ring *ring, uint32_t record_bytes, unsigned char fill)
{
    unsigned char *record = as_byte_ring_claim(ring, record_bytes);
    if (!record)
        return 0;
    assert_int_equal((uintptr_t)record % 8, 0);
    memset(record, fill, record_bytes);
    as_byte_ring_publish(ring);
    return 1;
}

static void ast_take(as_byte_ring *ring, uint32_t record_bytes, unsigned char fill)
{
    uint32_t got_bytes = 0;
    const unsigned char *record = as_byte_ring_peek(ring, &got_bytes);
    assert_non_null(record);
    assert_int_equal(got_bytes, record_bytes);
    for (uint32_t i = 0; i < got_bytes; i++)
        assert_int_equal(record[i], fill);
    as_byte_ring_release(ring);
}

static void producer_and_consumer_are_on_separate_cache_lines(void **state)
{
    (void)state;
    assert_int_equal(offsetof(as_byte_ring, producer) % AS_BYTE_RING_LINE_BYTES, 0);
    assert_int_equal(offsetof(as_byte_ring, consumer) % AS_BYTE_RING_LINE_BYTES, 0);
    assert_true(offsetof(as_byte_ring, consumer) >= AS_BYTE_RING_LINE_BYTES);
    assert_true(sizeof(as_byte_ring_side) <= 64);
    as_byte_ring *ring = ast_ring(64, 0);
    assert_int_equal((uintptr_t)ring % AS_BYTE_RING_LINE_BYTES, 0);
    as_byte_ring_free(ring);
}

static void new_rejects_capacities_outside_the_limits(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0, 1, 32, 63, 65, 1000, AS_BYTE_RING_BYTES_MAX + 1, AS_BYTE_RING_BYTES_MAX * 2};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        as_byte_ring *ring = NULL;
        assert_int_equal(as_byte_ring_new(bad[i], &ring), -EINVAL);
        assert_null(ring);
    }
    as_byte_ring *ring = NULL;
    assert_int_equal(as_byte_ring_new_at(64, 4, &ring), -EINVAL);
    assert_null(ring);
    as_byte_ring_free(NULL);
}

static void claim_refuses_a_record_above_a_quarter(void **state)
{
    (void)state;
    as_byte_ring *ring = ast_ring(1024, 0);
    assert_int_equal(as_byte_ring_record_bytes_max(ring), 248);
    assert_null(as_byte_ring_claim(ring, 249));
    assert_null(as_byte_ring_claim(ring, UINT32_MAX));
    assert_non_null(as_byte_ring_claim(ring, 248));
    as_byte_ring_free(ring);
}

static void peek_returns_null_when_empty_and_claim_when_full(void **state)
{
    (void)state;
    as_byte_ring *ring = ast_ring(64, 0);
    uint32_t record_bytes = 99;
    assert_null(as_byte_ring_peek(ring, &record_bytes));
    assert_int_equal(record_bytes, 99);
    for (unsigned char i = 0; i < 4; i++)
        assert_true(ast_put(ring, 8, i));
    assert_false(ast_put(ring, 0, 0));
    assert_int_equal(as_byte_ring_depth_bytes(ring), 64);
    ast_take(ring, 8, 0);
    assert_true(ast_put(ring, 1, 9));
    for (unsigned char i = 1; i < 4; i++)
        ast_take(ring, 8, i);
    ast_take(ring, 1, 9);
    assert_null(as_byte_ring_peek(ring, &record_bytes));
    assert_int_equal(as_byte_ring_depth_bytes(ring), 0);
    as_byte_ring_free(ring);
}

static void publish_and_release_without_their_first_half_do_nothing(void **state)
{
    (void)state;
    as_byte_ring *ring = ast_ring(64, 8);
    uint32_t record_bytes;
    as_byte_ring_publish(ring);
    as_byte_ring_release(ring);
    assert_null(as_byte_ring_peek(ring, &record_bytes));
    assert_true(ast_put(ring, 3, 1));
    as_byte_ring_publish(ring);
    as_byte_ring_release(ring);
    ast_take(ring, 3, 1);
    as_byte_ring_release(ring);
    assert_int_equal(as_byte_ring_depth_bytes(ring), 0);
    as_byte_ring_free(ring);
}

static void the_next_claim_replaces_an_unpublished_one(void **state)
{
    (void)state;
    as_byte_ring *ring = ast_ring(256, 248); /* the larger claim would need a pad, the smaller fits before the end */
    uint32_t record_bytes;
    assert_non_null(as_byte_ring_claim(ring, 40));
    assert_null(as_byte_ring_peek(ring, &record_bytes));
    assert_true(ast_put(ring, 0, 0));
    ast_take(ring, 0, 0);
    assert_true(ast_put(ring, 40, 5));
    ast_take(ring, 40, 5);
    assert_null(as_byte_ring_peek(ring, &record_bytes));
    as_byte_ring_free(ring);
}

static void a_record_is_contiguous_at_every_position_of_the_end(void **state)
{
    (void)state;
    for (uint64_t first_seq = 0; first_seq < 256; first_seq += 8) {
        for (uint32_t record_bytes = 0; record_bytes <= 56; record_bytes++) {
            as_byte_ring *ring = ast_ring(256, first_seq);
            assert_true(ast_put(ring, record_bytes, 0x11));
            assert_true(ast_put(ring, record_bytes, 0x22));
            ast_take(ring, record_bytes, 0x11);
            ast_take(ring, record_bytes, 0x22);
            assert_int_equal(as_byte_ring_depth_bytes(ring), 0);
            as_byte_ring_free(ring);
        }
    }
}

static void sequences_wrap_at_two_to_the_64(void **state)
{
    (void)state;
    for (uint64_t before = 8; before <= 136; before += 8) {
        as_byte_ring *ring = ast_ring(128, 0 - before);
        for (unsigned char i = 0; i < 60; i++) {
            assert_true(ast_put(ring, i % 25, i));
            assert_true(ast_put(ring, 16, 0xee));
            ast_take(ring, i % 25, i);
            ast_take(ring, 16, 0xee);
        }
        assert_int_equal(as_byte_ring_depth_bytes(ring), 0);
        as_byte_ring_free(ring);
    }
}

/* The model: a queue of sizes, each record's bytes a function of its number. */
static void ast_model_check(uint64_t seed)
{
    enum { QUEUE = 4096 };
    uint64_t random = seed;
    uint32_t capacity_bytes = 64u << (ast_random(&random) % 8);
    as_byte_ring *ring = ast_ring(capacity_bytes, (0 - ast_random(&random) % 5000) & ~UINT64_C(7));
    uint32_t *queue = calloc(QUEUE, sizeof *queue);
    assert_non_null(queue);
    uint64_t put = 0, taken = 0;
    for (int step = 0; step < 5000; step++) {
        if (ast_random(&random) & 1) {
            uint32_t record_bytes = (uint32_t)(ast_random(&random) % (as_byte_ring_record_bytes_max(ring) + 1));
            uint64_t used = as_byte_ring_depth_bytes(ring);
            if (ast_put(ring, record_bytes, (unsigned char)put)) {
                queue[put++ % QUEUE] = record_bytes;
                assert_true(as_byte_ring_depth_bytes(ring) <= capacity_bytes);
            } else {
                assert_true(used + 2 * as_byte_ring_span_bytes(record_bytes) > capacity_bytes);
            }
        } else if (put != taken) {
            ast_take(ring, queue[taken % QUEUE], (unsigned char)taken);
            taken++;
        } else {
            uint32_t record_bytes;
            assert_null(as_byte_ring_peek(ring, &record_bytes));
            assert_int_equal(as_byte_ring_depth_bytes(ring), 0);
        }
    }
    free(queue);
    as_byte_ring_free(ring);
}

static void random_operations_match_a_model(void **state)
{
    (void)state;
    const uint64_t seed = 20260701;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (uint64_t i = 0; i < 40; i++)
        ast_model_check(seed + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(producer_and_consumer_are_on_separate_cache_lines),
        cmocka_unit_test(new_rejects_capacities_outside_the_limits),
        cmocka_unit_test(claim_refuses_a_record_above_a_quarter),
        cmocka_unit_test(peek_returns_null_when_empty_and_claim_when_full),
        cmocka_unit_test(publish_and_release_without_their_first_half_do_nothing),
        cmocka_unit_test(the_next_claim_replaces_an_unpublished_one),
        cmocka_unit_test(a_record_is_contiguous_at_every_position_of_the_end),
        cmocka_unit_test(sequences_wrap_at_two_to_the_64),
        cmocka_unit_test(random_operations_match_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
