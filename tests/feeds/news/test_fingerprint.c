#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/news/fingerprint.h"

static void hashes_are_the_published_ones(void **state)
{
    (void)state;
    /* FNV-1a 64 of "" and "a": Fowler, Noll, Vo's own test suite; fmix64(0) = 0 */
    assert_true(as_fnv1a64("", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(as_fnv1a64("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(as_fmix64(0) == 0);
}

static void stop_words_part_nothing_and_case_does_not_count(void **state)
{
    (void)state;
    uint64_t a[8], b[8];
    assert_int_equal(as_fingerprint_raw("Plan of the Year", 16, a, 8), 3);
    assert_int_equal(as_fingerprint_raw("plan, YEAR", 10, b, 8), 3);
    assert_memory_equal(a, b, 3 * sizeof *a);
    assert_true(a[2] == as_fnv1a64("plan_year", 9));
    assert_int_equal(as_fingerprint_raw("of the with from that", 21, a, 8), 0);
    assert_int_equal(as_fingerprint_raw("these", 5, a, 8), 1);
}

static void the_set_is_ascending_and_unique(void **state)
{
    (void)state;
    uint32_t set[AS_HEADLINE_FEATURE_MAX];
    static const char text[] = "chip chip chip deal chip deal";
    unsigned count = as_fingerprint_read(text, strlen(text), set);
    assert_int_equal(count, 5); /* chip deal chip_chip chip_deal deal_chip */
    for (unsigned i = 1; i < count; i++)
        assert_true(set[i - 1] < set[i]);
}

static void a_long_text_keeps_the_first_features(void **state)
{
    (void)state;
    char text[AS_HEADLINE_TEXT_BYTES];
    uint32_t set[AS_HEADLINE_FEATURE_MAX];
    uint64_t few[3];
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = i % 3 == 2 ? ' ' : (char)('b' + i % 20);
    assert_true(as_fingerprint_read(text, sizeof text, set) <= AS_HEADLINE_FEATURE_MAX);
    assert_int_equal(as_fingerprint_raw("one two three four", 18, few, 3), 3);
    assert_true(few[0] == as_fnv1a64("one", 3) && few[1] == as_fnv1a64("two", 3) && few[2] == as_fnv1a64("one_two", 7));
    assert_int_equal(as_fingerprint_raw("one two three four", 18, few, 2), 2);
    assert_int_equal(as_fingerprint_raw("", 0, few, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_the_published_ones),
        cmocka_unit_test(stop_words_part_nothing_and_case_does_not_count),
        cmocka_unit_test(the_set_is_ascending_and_unique),
        cmocka_unit_test(a_long_text_keeps_the_first_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
