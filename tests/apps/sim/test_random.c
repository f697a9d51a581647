#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "apps/sim/random.h"

/* The first outputs for the state 1, 2, 3, 4, as the generator's authors' code and its ports give them. */
static void xoshiro_gives_the_published_numbers(void **state)
{
    (void)state;
    static const uint64_t expected[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240)};
    as_sim_random random = {.state = {1, 2, 3, 4}};
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(as_sim_random_next(&random), expected[i]);
}

static void a_stream_is_named_by_seed_and_label(void **state)
{
    (void)state;
    as_sim_random a, b, c, d;
    as_sim_random_init(&a, 7, "day/KLAC");
    as_sim_random_init(&b, 7, "day/KLAC");
    as_sim_random_init(&c, 8, "day/KLAC");
    as_sim_random_init(&d, 7, "day/KLAD");
    unsigned same = 0;
    for (unsigned i = 0; i < 100; i++) {
        uint64_t x = as_sim_random_next(&a);
        assert_int_equal(x, as_sim_random_next(&b));
        same += x == as_sim_random_next(&c);
        same += x == as_sim_random_next(&d);
    }
    assert_int_equal(same, 0);
}

static void numbers_stay_in_their_ranges(void **state)
{
    (void)state;
    as_sim_random random;
    unsigned seen[7] = {0};
    as_sim_random_init(&random, 1, "");
    for (unsigned i = 0; i < 10000; i++) {
        double u = as_sim_random_uniform(&random);
        uint32_t n = as_sim_random_below(&random, 7);
        assert_true(u >= 0 && u < 1);
        assert_true(n < 7);
        seen[n]++;
    }
    for (unsigned i = 0; i < 7; i++)
        assert_true(seen[i] > 1200 && seen[i] < 1700);
}

static void normals_have_the_moments_of_a_normal(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    as_sim_random random;
    double m1 = 0, m2 = 0, m4 = 0;
    as_sim_random_init(&random, 2, "moments");
    for (unsigned i = 0; i < COUNT; i++) {
        double x = as_sim_random_normal(&random);
        m1 += x;
        m2 += x * x;
        m4 += x * x * x * x;
    }
    /* four standard errors: 1, sqrt 2, sqrt 96 over sqrt COUNT */
    assert_true(m1 / COUNT > -0.013 && m1 / COUNT < 0.013);
    assert_true(m2 / COUNT > 0.982 && m2 / COUNT < 1.018);
    assert_true(m4 / COUNT > 2.87 && m4 / COUNT < 3.13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xoshiro_gives_the_published_numbers),
        cmocka_unit_test(a_stream_is_named_by_seed_and_label),
        cmocka_unit_test(numbers_stay_in_their_ranges),
        cmocka_unit_test(normals_have_the_moments_of_a_normal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
