#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/number.h"

static void numbers_are_decimal_and_whole_texts(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "+", ".5", "5.", "1e", "0x10", "inf", "nan", "1,5", " 1", "1 ", "1e999"};
    double d = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (as_number_double(bad[i], &d) || d != 7)
            fail_msg("'%s' is taken for %g", bad[i], d);
    assert_true(as_number_double("-0.90", &d) && d == -0.9);
    assert_true(as_number_double("1e-3", &d) && d == 0.001);
    int64_t n = 7;
    assert_false(as_number_int64("9223372036854775808", &n) || as_number_int64("1.0", &n) || as_number_int64("", &n));
    assert_true(as_number_int64("-9223372036854775808", &n) && n == INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal_and_whole_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
