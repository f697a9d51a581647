#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/pages.h"

static void memory_is_zero_and_large_memory_begins_on_a_huge_page(void **state)
{
    (void)state;
    static const size_t sizes[] = {1,
                                   AS_PAGES_BYTES,
                                   AS_PAGES_HUGE_BYTES - 1,
                                   AS_PAGES_HUGE_BYTES,
                                   AS_PAGES_HUGE_BYTES + 1,
                                   5 * (size_t)AS_PAGES_HUGE_BYTES - 3};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *memory = as_pages_new(sizes[i]);
        assert_non_null(memory);
        uintptr_t boundary = sizes[i] < AS_PAGES_HUGE_BYTES ? AS_PAGES_BYTES : AS_PAGES_HUGE_BYTES;
        assert_int_equal((uintptr_t)memory % boundary, 0);
        as_pages_touch(memory, sizes[i]);
        for (size_t at = 0; at < sizes[i]; at += 511)
            assert_int_equal(memory[at], 0);
        memory[sizes[i] - 1] = 1;
        as_pages_free(memory, sizes[i]);
    }
    as_pages_free(NULL, 1);
}

static void memory_that_nobody_has_is_refused(void **state)
{
    (void)state;
    assert_null(as_pages_new((size_t)1 << 62));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zero_and_large_memory_begins_on_a_huge_page),
        cmocka_unit_test(memory_that_nobody_has_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
