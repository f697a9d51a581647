#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "apps/common/moment.h"
#include "core/error.h"

static void every_form_of_a_moment_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {
        {"2026-07-01", UINT64_C(1782864000000000000)},
        {"2026-07-01T20:00:00Z", UINT64_C(1782936000000000000)},
        {"2026-07-01T20:00:00", UINT64_C(1782936000000000000)},
        {"2026-07-01 20:00:00", UINT64_C(1782936000000000000)},
        {"2026-07-01T20:00", UINT64_C(1782936000000000000)},
        {"2026-07-01T20:00:00.000000123Z", UINT64_C(1782936000000000123)},
        {"2026-07-01T20:00:00.5", UINT64_C(1782936000500000000)},
        {"1782936000000000123", UINT64_C(1782936000000000123)},
        {"1970-01-01", 0},
    };
    for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t ns = 1;
        assert_int_equal(as_moment_parse("--from", good[i].text, &ns), 0);
        assert_int_equal(ns, good[i].ns);
    }
}

static void what_is_no_moment_is_refused_with_what_is_allowed(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "yesterday",
                                      "2026-13-01",
                                      "2026-07-01T25:00:00",
                                      "2026-02-30T10:00:00Z",
                                      "2026-04-31",
                                      "2026-07-01T20:00:00+02:00",
                                      "2026-07-01x",
                                      "123",
                                      "99999999999999999999999",
                                      "1969-12-31"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t ns = 0;
        assert_int_equal(as_moment_parse("--from", bad[i], &ns), -EINVAL);
        assert_non_null(strstr(as_error_message(0), "--from: found '"));
        assert_non_null(strstr(as_error_message(0), "allowed: YYYY-MM-DD"));
        as_error_clear();
    }
}

static void a_date_is_read_in_both_forms_and_nothing_else(void **state)
{
    (void)state;
    int32_t date = 0;
    assert_int_equal(as_date_parse("--date", "20260701", &date), 0);
    assert_int_equal(date, 20260701);
    assert_int_equal(as_date_parse("--date", "2026-12-31", &date), 0);
    assert_int_equal(date, 20261231);
    static const char *const bad[] = {"",           "2026",     "2026-07",     "2026-13-01", "2026-00-01", "20260732",
                                      "2026-02-30", "20250229", "2026-07-01x", "202607011",  "1969-01-01"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(as_date_parse("--date", bad[i], &date), -EINVAL);
        assert_non_null(strstr(as_error_message(0), "--date: found '"));
        as_error_clear();
    }
    assert_int_equal(date, 20261231);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_moment_is_read),
        cmocka_unit_test(what_is_no_moment_is_refused_with_what_is_allowed),
        cmocka_unit_test(a_date_is_read_in_both_forms_and_nothing_else),
    };
    return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
