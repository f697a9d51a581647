#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "core/histogram.h"

static as_histogram ast_one;
static as_histogram ast_two;

static uint64_t ast_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void the_memory_is_what_the_header_says(void **state)
{
    (void)state;
    assert_int_equal(AS_HISTOGRAM_BUCKET_COUNT, 4608);
    assert_int_equal(sizeof(as_histogram), 36896);
}

/* Every bucket edge: consecutive buckets meet without a hole or an overlap, and the error bound holds on each. */
static void buckets_tile_the_range_within_the_error_bound(void **state)
{
    (void)state;
    uint64_t expected_low = 0;
    for (uint32_t i = 0; i < AS_HISTOGRAM_BUCKET_COUNT; i++) {
        uint64_t low = as_histogram_bucket_low(i);
        uint64_t high = as_histogram_bucket_high(i);
        assert_int_equal(low, expected_low);
        assert_true(high >= low);
        assert_int_equal(as_histogram_bucket_idx(low), i);
        assert_int_equal(as_histogram_bucket_idx(high), i);
        assert_int_equal(as_histogram_bucket_idx(low + (high - low) / 2), i);
        assert_true((high - low) * 128 < low || high == low);
        if (i < 256)
            assert_int_equal(high, low);
        expected_low = high + 1;
    }
    assert_int_equal(expected_low, AS_HISTOGRAM_VALUE_MAX + 1);
}

static void an_empty_histogram_answers_zero(void **state)
{
    (void)state;
    as_histogram_summary summary;
    as_histogram_init(&ast_one);
    as_histogram_summarize(&ast_one, &summary);
    assert_int_equal(summary.count, 0);
    assert_int_equal(summary.min, 0);
    assert_int_equal(summary.max, 0);
    assert_int_equal(summary.p9999, 0);
    assert_int_equal(as_histogram_percentile(&ast_one, 50), 0);
}

static void one_value_is_every_percentile_exactly(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 1, 127, 128, 255, 256, 257, 1023, 1024, 1000003, AS_HISTOGRAM_VALUE_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        as_histogram_summary summary;
        as_histogram_init(&ast_one);
        as_histogram_record(&ast_one, values[i]);
        as_histogram_summarize(&ast_one, &summary);
        assert_int_equal(summary.count, 1);
        assert_int_equal(summary.min, values[i]);
        assert_int_equal(summary.p50, values[i]);
        assert_int_equal(summary.p9999, values[i]);
        assert_int_equal(summary.max, values[i]);
        assert_int_equal(as_histogram_percentile(&ast_one, 0), values[i]);
        assert_int_equal(as_histogram_percentile(&ast_one, 100), values[i]);
        assert_true(summary.mean == (double)values[i]);
    }
}

static void a_value_beyond_the_range_is_clamped_and_counted(void **state)
{
    (void)state;
    as_histogram_summary summary;
    as_histogram_init(&ast_one);
    as_histogram_record(&ast_one, AS_HISTOGRAM_VALUE_MAX);
    as_histogram_record(&ast_one, AS_HISTOGRAM_VALUE_MAX + 1);
    as_histogram_record(&ast_one, UINT64_MAX);
    as_histogram_summarize(&ast_one, &summary);
    assert_int_equal(summary.count, 3);
    assert_int_equal(summary.clamped, 2);
    assert_int_equal(summary.min, AS_HISTOGRAM_VALUE_MAX);
    assert_int_equal(summary.max, AS_HISTOGRAM_VALUE_MAX);
}

/* Nearest rank over 1..1000: the 999th of a thousand is p99.9, not the thousandth. */
static void percentiles_use_the_nearest_rank(void **state)
{
    (void)state;
    as_histogram_init(&ast_one);
    for (uint64_t v = 1; v <= 200; v++)
        as_histogram_record(&ast_one, v);
    assert_int_equal(as_histogram_percentile(&ast_one, 50), 100);
    assert_int_equal(as_histogram_percentile(&ast_one, 50.1), 101);
    assert_int_equal(as_histogram_percentile(&ast_one, 90), 180);
    assert_int_equal(as_histogram_percentile(&ast_one, 99), 198);
    assert_int_equal(as_histogram_percentile(&ast_one, 99.5), 199);
    assert_int_equal(as_histogram_percentile(&ast_one, 99.9), 200);
    assert_int_equal(as_histogram_percentile(&ast_one, 0), 1);
    assert_int_equal(as_histogram_percentile(&ast_one, -5), 1);
    assert_int_equal(as_histogram_percentile(&ast_one, 500), 200);
    as_histogram_init(&ast_one);
    for (uint64_t v = 0; v < 1000; v++)
        as_histogram_record(&ast_one, v < 999 ? 1 : 200);
    assert_int_equal(as_histogram_percentile(&ast_one, 99.9), 1);
    assert_int_equal(as_histogram_percentile(&ast_one, 99.91), 200);
}

static int ast_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void ast_check_bound(uint64_t answer, uint64_t truth)
{
    assert_true(answer >= truth);
    assert_true((answer - truth) * 128 < truth || answer == truth);
}

/* Against the sorted array; the number of significant bits of a value is random, so every shift occurs. */
static void percentiles_agree_with_a_sorted_array(void **state)
{
    (void)state;
    uint64_t random = 20260701;
    print_message("seed %llu\n", (unsigned long long)random);
    for (uint64_t round = 0; round < 40; round++) {
        size_t count = 1 + ast_random(&random) % 20000;
        uint64_t *value = malloc(count * sizeof *value);
        assert_non_null(value);
        as_histogram_init(&ast_one);
        for (size_t i = 0; i < count; i++) {
            value[i] = ast_random(&random) >> (22 + ast_random(&random) % (round + 1));
            as_histogram_record(&ast_one, value[i]);
        }
        qsort(value, count, sizeof *value, ast_compare);
        for (uint64_t per_myriad = 1; per_myriad <= 10000; per_myriad += 7) {
            size_t rank = (size_t)((count * per_myriad + 9999) / 10000);
            ast_check_bound(as_histogram_percentile(&ast_one, (double)per_myriad / 100), value[rank - 1]);
        }
        as_histogram_summary summary;
        as_histogram_summarize(&ast_one, &summary);
        assert_int_equal(summary.count, count);
        assert_int_equal(summary.min, value[0]);
        assert_int_equal(summary.max, value[count - 1]);
        assert_int_equal(summary.p50, as_histogram_percentile(&ast_one, 50));
        assert_int_equal(summary.p90, as_histogram_percentile(&ast_one, 90));
        assert_int_equal(summary.p99, as_histogram_percentile(&ast_one, 99));
        assert_int_equal(summary.p999, as_histogram_percentile(&ast_one, 99.9));
        assert_int_equal(summary.p9999, as_histogram_percentile(&ast_one, 99.99));
        free(value);
    }
}

static void merging_is_the_same_as_recording_into_one(void **state)
{
    (void)state;
    static as_histogram whole;
    uint64_t random = 20260702;
    as_histogram_summary merged, direct;
    as_histogram_init(&whole);
    as_histogram_init(&ast_one);
    as_histogram_init(&ast_two);
    for (int i = 0; i < 5000; i++) {
        uint64_t value = ast_random(&random) >> (20 + ast_random(&random) % 40);
        as_histogram_record(&whole, value);
        as_histogram_record(i % 3 ? &ast_one : &ast_two, value);
    }
    as_histogram_merge(&ast_one, &ast_two);
    as_histogram_summarize(&ast_one, &merged);
    as_histogram_summarize(&whole, &direct);
    assert_int_equal(merged.count, direct.count);
    assert_int_equal(merged.clamped, direct.clamped);
    assert_true(direct.clamped > 0);
    assert_int_equal(merged.min, direct.min);
    assert_int_equal(merged.max, direct.max);
    assert_int_equal(merged.p50, direct.p50);
    assert_int_equal(merged.p9999, direct.p9999);
    assert_true(merged.mean == direct.mean);
    as_histogram_init(&ast_two);
    as_histogram_merge(&ast_one, &ast_two);
    as_histogram_summarize(&ast_one, &merged);
    assert_int_equal(merged.min, direct.min);
    assert_int_equal(merged.count, direct.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_memory_is_what_the_header_says),
        cmocka_unit_test(buckets_tile_the_range_within_the_error_bound),
        cmocka_unit_test(an_empty_histogram_answers_zero),
        cmocka_unit_test(one_value_is_every_percentile_exactly),
        cmocka_unit_test(a_value_beyond_the_range_is_clamped_and_counted),
        cmocka_unit_test(percentiles_use_the_nearest_rank),
        cmocka_unit_test(percentiles_agree_with_a_sorted_array),
        cmocka_unit_test(merging_is_the_same_as_recording_into_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
