#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "core/event.h"
#include "feeds/decode/time_layout.h"

#define NOON_UTC UINT64_C(1782907200000000000) /* 2026-07-01 12:00:00 UTC */

static void faulty_layouts_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *layout, *zone;
        int code;
    } cases[] = {
        {"", "", -EINVAL},
        {"%Y-%m", "", -EINVAL},
        {"%H:%M", "", -EINVAL},
        {"%Y-%m-%d %q", "", -EINVAL},
        {"%Y-%m-%d %", "", -EINVAL},
        {"epoch", "", -EINVAL},
        {"%F %I:%M", "", -EINVAL},
        {"%F %T", "Mars/Base", -ENOENT},
        {"%F %T aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", -EINVAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        as_time_layout layout;
        as_error_clear();
        assert_int_equal(as_time_layout_init(&layout, cases[i].layout, cases[i].zone, 0), cases[i].code);
        assert_non_null(as_error_message(0));
        as_time_layout_fini(&layout);
    }
}

static void check(const char *pattern, const char *zone, const char *text, uint64_t want)
{
    as_time_layout layout;
    as_time_value value = {.ts = AS_TS_UNDEFINED};
    assert_int_equal(as_time_layout_init(&layout, pattern, zone, 20260701), 0);
    bool good = as_time_layout_parse(&layout, text, strlen(text), &value);
    if (value.ts != want)
        print_error("%s of %s: %llu\n", text, pattern, (unsigned long long)value.ts);
    assert_int_equal(good, want != AS_TS_UNDEFINED);
    assert_int_equal(value.ts, want);
    as_time_layout_fini(&layout);
}

static void stamps_of_many_kinds_are_read(void **state)
{
    (void)state;
    check("%Y-%m-%d %H:%M:%S", "", "2026-07-01 12:00:00", NOON_UTC);
    check("%Y-%m-%d %H:%M:%S", "America/New_York", "2026-07-01 08:00:00", NOON_UTC);
    check("%Y-%m-%d %H:%M:%S", "America/New_York", "2026-07-01 12:00:00Z", NOON_UTC);
    check("%F %T", "Asia/Seoul", "2026-07-01 21:00:00", NOON_UTC);
    check("%F %T%z", "Asia/Seoul", "2026-07-01 08:00:00-04:00", NOON_UTC);
    check("%F %T %z", "", "2026-07-01 17:30:00 +0530", NOON_UTC);
    check("%FT%T.%fZ", "", "2026-07-01T12:00:00.123456Z", NOON_UTC + 123456000);
    check("%FT%T.%f%z", "", "2026-07-01T14:00:00.000000001+02", NOON_UTC + 1);
    check("%m/%d/%y %I:%M %p", "", "7/1/26 12:00 PM", NOON_UTC);
    check("%m/%d/%y %I:%M %p", "", "07/02/26 12:00 am", NOON_UTC + 12 * AS_NS_PER_HOUR);
    check("%a, %d %b %Y %T %z", "", "Wed, 01 Jul 2026 12:00:00 +0000", NOON_UTC);
    check("%e %b %Y %T", "", " 1 July 2026 12:00:00", NOON_UTC);
    check("%Y%m%d%H%M%S", "", "20260701120000", NOON_UTC);
    check("%F%%%T", "", "2026-07-01%12:00:00", NOON_UTC);
    check("%F", "America/New_York", "2026-07-01", NOON_UTC - 8 * AS_NS_PER_HOUR);
    check("%F %T", "", "2026-06-30 23:59:60", NOON_UTC - 12 * AS_NS_PER_HOUR);
    check("epoch_s", "", "1782907200", NOON_UTC);
    check("epoch_s", "", "1782907200.000000001", NOON_UTC + 1);
    check("epoch_ms", "", "1782907200123", NOON_UTC + 123000000);
    check("epoch_us", "", "1782907200000001", NOON_UTC + 1000);
    check("epoch_ns", "", "1782907200000000001", NOON_UTC + 1);
    check("ms_of_day", "America/New_York", "28800000", NOON_UTC);
    check("ms_of_day", "America/New_York", "28800000.5", NOON_UTC + 500000);
}

static void what_is_no_such_stamp_is_refused(void **state)
{
    (void)state;
    const char *bad[] = {"",
                         "2026-07-01",
                         "2026-07-01 12:00",
                         "2026-07-01 12:00:00 ",
                         "2026-07-01 12:00:00x",
                         "2026-07-01 12:00:00ZZ",
                         "2026-13-01 12:00:00",
                         "2026-02-29 12:00:00",
                         "2026-07-00 12:00:00",
                         "2026-07-01 24:00:00",
                         "2026-07-01 12:60:00",
                         "2026-07-01 12:00:61",
                         "1969-12-31 23:59:59",
                         "2262-01-01 00:00:00",
                         "-026-07-01 12:00:00",
                         "2026/07/01 12:00:00",
                         "202-07-01 12:00:00",
                         "NaN"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check("%Y-%m-%d %H:%M:%S", "", bad[i], AS_TS_UNDEFINED);
    check("%F %T%z", "", "2026-07-01 12:00:00", AS_TS_UNDEFINED);
    check("%F %T%z", "", "2026-07-01 12:00:00+2:", AS_TS_UNDEFINED);
    check("%F %T%z", "", "2026-07-01 12:00:00+99", AS_TS_UNDEFINED);
    check("%F %T.%f", "", "2026-07-01 12:00:00.", AS_TS_UNDEFINED);
    check("%F %T.%f", "", "2026-07-01 12:00:00.1234567890", AS_TS_UNDEFINED);
    check("%F %I %p", "", "2026-07-01 13 PM", AS_TS_UNDEFINED);
    check("%F %I %p", "", "2026-07-01 0 PM", AS_TS_UNDEFINED);
    check("%d %b %Y", "", "1 Jux 2026", AS_TS_UNDEFINED);
    check("epoch_s", "", "-1", AS_TS_UNDEFINED);
    check("epoch_s", "", "99999999999999", AS_TS_UNDEFINED);
    check("epoch_ns", "", "soon", AS_TS_UNDEFINED);
    check("ms_of_day", "", "86400000", AS_TS_UNDEFINED);
    check("ms_of_day", "", "-1", AS_TS_UNDEFINED);
}

/* The clock of the day, not the time since midnight: 10:00 is 10:00 on the day when the clocks change too. */
static void daylight_saving_is_observed(void **state)
{
    (void)state;
    as_time_layout layout;
    as_time_value value;
    assert_int_equal(as_time_layout_init(&layout, "ms_of_day", "America/New_York", 20250309), 0);
    assert_true(as_time_layout_parse(&layout, "36000000", 8, &value));
    assert_int_equal(value.ts, UINT64_C(1741528800) * AS_NS_PER_S); /* 14:00 UTC */
    assert_int_equal(value.date, 20250309);
    as_time_layout_fini(&layout);
    check("%F %T", "America/New_York", "2025-03-07 09:30:00", UINT64_C(1741357800) * AS_NS_PER_S);
    check("%F %T", "America/New_York", "2025-03-10 09:30:00", UINT64_C(1741613400) * AS_NS_PER_S);
}

static void dates_are_known_as_written(void **state)
{
    (void)state;
    as_time_layout layout;
    as_time_value value;
    assert_int_equal(as_time_layout_init(&layout, "%d.%m.%Y", "Asia/Seoul", 0), 0);
    assert_true(layout.date_only);
    assert_true(as_time_layout_parse(&layout, "01.07.2026", 10, &value));
    assert_int_equal(value.date, 20260701);
    as_time_layout_fini(&layout);
    assert_int_equal(as_time_layout_init(&layout, "%F %T", "", 0), 0);
    assert_false(layout.date_only);
    as_time_layout_fini(&layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faulty_layouts_are_refused_with_a_reason),
        cmocka_unit_test(stamps_of_many_kinds_are_read),
        cmocka_unit_test(what_is_no_such_stamp_is_refused),
        cmocka_unit_test(daylight_saving_is_observed),
        cmocka_unit_test(dates_are_known_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
