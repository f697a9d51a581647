#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/fingerprint.h"
#include "tests/support/random.h"

static void an_empty_set_is_like_nothing(void **state)
{
    (void)state;
    static const uint32_t a[] = {1, 2};
    const uint32_t *sets[] = {a};
    unsigned counts[] = {0};
    assert_int_equal(as_shared(a, 0, a, 2), 0);
    assert_true(as_jaccard(a, 0, a, 0) == 0 && as_jaccard(a, 2, a, 0) == 0);
    assert_true(as_containment(a, 0, a, 2) == 0);
    assert_true(as_cover(a, 0, sets, counts, 1) == 0);
    assert_true(as_cover(a, 2, sets, counts, 1) == 0);
    assert_true(as_cover(a, 2, sets, counts, 0) == 0);
}

static void shares_are_counted_at_both_ends(void **state)
{
    (void)state;
    static const uint32_t a[] = {0, 5, 9, UINT32_MAX}, b[] = {0, 9, UINT32_MAX};
    const uint32_t *sets[] = {a, b};
    unsigned counts[] = {2, 3};
    assert_int_equal(as_shared(a, 4, b, 3), 3);
    assert_true(as_jaccard(a, 4, b, 3) == 0.75);
    assert_true(as_containment(a, 4, b, 3) == 1.0);
    assert_true(as_cover(a, 4, sets + 1, counts + 1, 1) == 0.75);
    assert_true(as_cover(a, 4, sets, counts, 2) == 1.0);
}

static bool ast_in(const uint32_t *set, unsigned count, uint32_t x)
{
    for (unsigned i = 0; i < count; i++)
        if (set[i] == x)
            return true;
    return false;
}

static unsigned ast_set(uint64_t *seed, uint32_t *set)
{
    unsigned count = 0;
    for (uint32_t x = 0; x < 40; x++)
        if (ast_random(seed) % 3 == 0)
            set[count++] = x * 7;
    return count;
}

static void random_sets_agree_with_counting_by_hand(void **state)
{
    (void)state;
    uint64_t seed = 8;
    printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 5000; round++) {
        uint32_t a[40], b[40], c[40];
        unsigned na = ast_set(&seed, a), nb = ast_set(&seed, b), nc = ast_set(&seed, c), both = 0, covered = 0;
        const uint32_t *sets[] = {b, c};
        unsigned counts[] = {nb, nc};
        for (unsigned i = 0; i < na; i++) {
            both += ast_in(b, nb, a[i]);
            covered += ast_in(b, nb, a[i]) || ast_in(c, nc, a[i]);
        }
        unsigned least = na < nb ? na : nb;
        assert_int_equal(as_shared(a, na, b, nb), both);
        assert_true(as_jaccard(a, na, b, nb) == as_jaccard(b, nb, a, na));
        if (na + nb > 0)
            assert_true(fabs(as_jaccard(a, na, b, nb) - (double)both / (na + nb - both)) < 1e-15);
        if (least > 0)
            assert_true(fabs(as_containment(a, na, b, nb) - (double)both / least) < 1e-15);
        if (na > 0)
            assert_true(fabs(as_cover(a, na, sets, counts, 2) - (double)covered / na) < 1e-15);
    }
}

/* Places collide on purpose: features that are equal in their low ten bits. */
static void an_index_finds_what_the_sorted_sets_share(void **state)
{
    (void)state;
    uint64_t seed = 9;
    printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 2000; round++) {
        uint32_t a[40], b[40];
        unsigned na = ast_set(&seed, a), nb = ast_set(&seed, b);
        for (unsigned i = 0; i < na; i++)
            a[i] = a[i] / 7 % 4 * 256 + (a[i] / 7 / 4) * 4096 + 1020;
        for (unsigned i = 0; i < nb; i++)
            b[i] = b[i] / 7 % 4 * 256 + (b[i] / 7 / 4) * 4096 + 1020;
        as_print_index index;
        as_print_index_init(&index, a, na);
        unsigned both = 0;
        for (unsigned i = 0; i < nb; i++) {
            unsigned place = as_print_index_find(&index, b[i]);
            assert_true(place == na || a[place] == b[i]);
            assert_true(place == na || as_print_index_maybe(&index, b[i]));
            assert_int_equal(place < na, ast_in(a, na, b[i]));
            both += place < na;
        }
        assert_int_equal(as_print_index_shared(&index, b, nb), both);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_set_is_like_nothing),
        cmocka_unit_test(shares_are_counted_at_both_ends),
        cmocka_unit_test(random_sets_agree_with_counting_by_hand),
        cmocka_unit_test(an_index_finds_what_the_sorted_sets_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
