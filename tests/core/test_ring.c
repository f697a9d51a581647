#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ring.h"

/* splitmix64 (Steele, Lea, Flood 2014): enough for a model check, and it prints its seed. */
static uint64_t ast_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static as_ring *ast_ring(uint32_t slots, uint32_t slot_bytes, uint64_t first_seq)
{
    as_ring *ring = NULL;
    assert_int_equal(as_ring_new_at(slots, slot_bytes, first_seq, &ring), 0);
    assert_non_null(ring);
    return ring;
}

static void producer_and_consumer_are_on_separate_cache_lines(void **state)
{
    (void)state;
    size_t producer_end = offsetof(as_ring, producer) + sizeof(as_ring_side);
    assert_true(offsetof(as_ring, consumer) / 64 > (producer_end - 1) / 64);
    assert_int_equal(offsetof(as_ring, producer) % AS_RING_LINE_BYTES, 0);
    assert_int_equal(offsetof(as_ring, consumer) % AS_RING_LINE_BYTES, 0);
    assert_true(offsetof(as_ring, consumer) - offsetof(as_ring, producer) >= AS_RING_LINE_BYTES);
    assert_true(sizeof(as_ring_side) <= 64);
}

static void slots_start_on_their_own_line_and_are_contiguous(void **state)
{
    (void)state;
    as_ring *ring = ast_ring(8, 72, 0);
    assert_int_equal((uintptr_t)ring % AS_RING_LINE_BYTES, 0);
    assert_int_equal(as_ring_claim_n(ring, 100), 8);
    unsigned char *first = as_ring_claim_at(ring, 0);
    assert_int_equal((uintptr_t)first % 64, 0);
    assert_true(first >= (unsigned char *)(ring + 1));
    for (uint32_t i = 1; i < 8; i++)
        assert_ptr_equal(as_ring_claim_at(ring, i), first + (size_t)i * 72);
    as_ring_free(ring);
}

static void a_large_ring_is_aligned_to_huge_pages(void **state)
{
    (void)state;
    as_ring *ring = ast_ring(65536, 64, 0);
    assert_int_equal((uintptr_t)ring % (2u << 20), 0);
    assert_int_equal(as_ring_claim_n(ring, UINT32_MAX), 65536);
    memset(as_ring_claim_at(ring, 65535), 0x5a, 64);
    as_ring_free(ring);
}

static void new_rejects_shapes_outside_the_limits(void **state)
{
    (void)state;
    static const struct {
        uint32_t slots, slot_bytes;
    } bad[] = {
        {0, 64}, {3, 64}, {1000, 64}, {AS_RING_SLOTS_MAX * 2, 8},      {UINT32_MAX, 8},
        {8, 0},  {8, 4},  {8, 65},    {8, AS_RING_SLOT_BYTES_MAX + 8}, {AS_RING_SLOTS_MAX, AS_RING_SLOT_BYTES_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        as_ring *ring = (as_ring *)(uintptr_t)1;
        as_error_clear();
        assert_int_equal(as_ring_new(bad[i].slots, bad[i].slot_bytes, &ring), -EINVAL);
        assert_ptr_equal(ring, (as_ring *)(uintptr_t)1);
        assert_int_equal(as_error_code(), -EINVAL);
        assert_non_null(as_error_message(0));
    }
}

static void free_accepts_null(void **state)
{
    (void)state;
    as_ring_free(NULL);
}

static void peek_returns_null_when_empty(void **state)
{
    (void)state;
    as_ring *ring = ast_ring(4, 8, 0);
    assert_null(as_ring_peek(ring));
    assert_int_equal(as_ring_peek_n(ring, 4), 0);
    assert_int_equal(as_ring_depth(ring), 0);
    as_ring_free(ring);
}

static void claim_returns_null_when_full(void **state)
{
    (void)state;
    as_ring *ring = ast_ring(4, 8, 0);
    for (uint64_t i = 0; i < 4; i++) {
        uint64_t *slot = as_ring_claim(ring);
        assert_non_null(slot);
        *slot = i;
        as_ring_publish(ring);
    }
    assert_null(as_ring_claim(ring));
    assert_int_equal(as_ring_claim_n(ring, 4), 0);
    assert_int_equal(as_ring_depth(ring), 4);
    assert_int_equal(*(uint64_t *)as_ring_peek(ring), 0);
    as_ring_release(ring);
    assert_non_null(as_ring_claim(ring));
    as_ring_free(ring);
}

static void an_unpublished_claim_is_invisible(void **state)
{
    (void)state;
    as_ring *ring = ast_ring(4, 8, 0);
    void *first = as_ring_claim(ring);
    assert_ptr_equal(as_ring_claim(ring), first);
    assert_null(as_ring_peek(ring));
    as_ring_publish_n(ring, 0);
    assert_null(as_ring_peek(ring));
    assert_int_equal(as_ring_depth(ring), 0);
    as_ring_free(ring);
}

static void peek_repeats_until_release(void **state)
{
    (void)state;
    as_ring *ring = ast_ring(4, 8, 0);
    *(uint64_t *)as_ring_claim(ring) = 7;
    as_ring_publish(ring);
    uint64_t *seen = as_ring_peek(ring);
    assert_int_equal(*seen, 7);
    assert_ptr_equal(as_ring_peek(ring), seen);
    as_ring_release_n(ring, 0);
    assert_ptr_equal(as_ring_peek(ring), seen);
    as_ring_release(ring);
    assert_null(as_ring_peek(ring));
    as_ring_free(ring);
}

static void a_ring_of_one_slot_alternates(void **state)
{
    (void)state;
    as_ring *ring = ast_ring(1, 16, UINT64_MAX);
    for (uint64_t i = 0; i < 5; i++) {
        *(uint64_t *)as_ring_claim(ring) = i;
        as_ring_publish(ring);
        assert_null(as_ring_claim(ring));
        assert_int_equal(*(uint64_t *)as_ring_peek(ring), i);
        as_ring_release(ring);
        assert_null(as_ring_peek(ring));
    }
    as_ring_free(ring);
}

static void sequences_wrap_at_two_to_the_64(void **state)
{
    (void)state;
    for (uint64_t before = 0; before < 9; before++) {
        as_ring *ring = ast_ring(4, 8, UINT64_MAX - before);
        uint64_t next = 0, expected = 0;
        for (int turn = 0; turn < 12; turn++) {
            while (as_ring_claim(ring)) {
                *(uint64_t *)as_ring_claim(ring) = next++;
                as_ring_publish(ring);
            }
            assert_int_equal(as_ring_depth(ring), 4);
            assert_int_equal(next - expected, 4);
            for (int i = 0; i < 3; i++) {
                assert_int_equal(*(uint64_t *)as_ring_peek(ring), expected++);
                as_ring_release(ring);
            }
            assert_int_equal(as_ring_depth(ring), 1);
        }
        as_ring_free(ring);
    }
}

static void a_batch_crosses_the_end_of_the_slots(void **state)
{
    (void)state;
    as_ring *ring = ast_ring(8, 8, 6);
    assert_int_equal(as_ring_claim_n(ring, 5), 5);
    for (uint32_t i = 0; i < 5; i++)
        *(uint64_t *)as_ring_claim_at(ring, i) = 100 + i;
    as_ring_publish_n(ring, 5);
    assert_int_equal(as_ring_peek_n(ring, 3), 3);
    assert_int_equal(as_ring_peek_n(ring, 32), 5);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(*(uint64_t *)as_ring_at(ring, i), 100 + i);
    as_ring_release_n(ring, 2);
    assert_int_equal(*(uint64_t *)as_ring_at(ring, 0), 102);
    assert_int_equal(as_ring_claim_n(ring, 32), 5);
    as_ring_free(ring);
}

static void part_of_a_claim_can_be_published(void **state)
{
    (void)state;
    as_ring *ring = ast_ring(8, 8, 0);
    assert_int_equal(as_ring_claim_n(ring, 8), 8);
    for (uint32_t i = 0; i < 8; i++)
        *(uint64_t *)as_ring_claim_at(ring, i) = i;
    as_ring_publish_n(ring, 3);
    assert_int_equal(as_ring_peek_n(ring, 8), 3);
    assert_int_equal(*(uint64_t *)as_ring_claim_at(ring, 0), 3);
    assert_int_equal(as_ring_claim_n(ring, 8), 5);
    as_ring_free(ring);
}

/* The model is a pair of counters: slot s holds a function of s, in every word. */
static uint64_t ast_word(uint64_t seq, uint32_t word_idx)
{
    return (seq + 1) * UINT64_C(0x9e3779b97f4a7c15) + word_idx;
}

static void ast_model_check(uint64_t seed)
{
    uint64_t random = seed;
    uint32_t slots = 1u << (ast_random(&random) % 8);
    uint32_t words = 1 + (uint32_t)(ast_random(&random) % 12);
    as_ring *ring = ast_ring(slots, words * 8, 0 - ast_random(&random) % 300);
    uint64_t published = 0, released = 0;
    for (int step = 0; step < 4000; step++) {
        uint32_t wanted = (uint32_t)(ast_random(&random) % (slots + 3));
        if (ast_random(&random) & 1) {
            uint32_t got = as_ring_claim_n(ring, wanted);
            uint64_t room = slots - (published - released);
            assert_int_equal(got, wanted < room ? wanted : room);
            for (uint32_t i = 0; i < got; i++)
                for (uint32_t w = 0; w < words; w++)
                    ((uint64_t *)as_ring_claim_at(ring, i))[w] = ast_word(published + i, w);
            uint32_t kept = got ? (uint32_t)(ast_random(&random) % (got + 1)) : 0;
            as_ring_publish_n(ring, kept);
            published += kept;
        } else {
            uint32_t got = as_ring_peek_n(ring, wanted);
            assert_true(got <= wanted && got <= published - released);
            assert_true(got > 0 || wanted == 0 || published == released);
            for (uint32_t i = 0; i < got; i++)
                for (uint32_t w = 0; w < words; w++)
                    assert_int_equal(((uint64_t *)as_ring_at(ring, i))[w], ast_word(released + i, w));
            uint32_t given = got ? (uint32_t)(ast_random(&random) % (got + 1)) : 0;
            as_ring_release_n(ring, given);
            released += given;
        }
        assert_int_equal(as_ring_depth(ring), published - released);
    }
    as_ring_free(ring);
}

static void random_operations_match_a_model(void **state)
{
    (void)state;
    const uint64_t seed = 20260701;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (uint64_t i = 0; i < 60; i++)
        ast_model_check(seed + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(producer_and_consumer_are_on_separate_cache_lines),
        cmocka_unit_test(slots_start_on_their_own_line_and_are_contiguous),
        cmocka_unit_test(a_large_ring_is_aligned_to_huge_pages),
        cmocka_unit_test(new_rejects_shapes_outside_the_limits),
        cmocka_unit_test(free_accepts_null),
        cmocka_unit_test(peek_returns_null_when_empty),
        cmocka_unit_test(claim_returns_null_when_full),
        cmocka_unit_test(an_unpublished_claim_is_invisible),
        cmocka_unit_test(peek_repeats_until_release),
        cmocka_unit_test(a_ring_of_one_slot_alternates),
        cmocka_unit_test(sequences_wrap_at_two_to_the_64),
        cmocka_unit_test(a_batch_crosses_the_end_of_the_slots),
        cmocka_unit_test(part_of_a_claim_can_be_published),
        cmocka_unit_test(random_operations_match_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
