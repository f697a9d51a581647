#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/calendar_rules.h"
#include "core/date.h"

/* Easter Sundays: US Naval Observatory, "Dates of Easter". Good Friday lies two days before. */
static void good_friday_is_found_by_the_computus(void **state)
{
    (void)state;
    static const int32_t good_friday[] = {19900413, 20000421, 20080321, 20110422, 20160325, 20190419, 20240329,
                                          20250418, 20260403, 20300419, 20380423, 20430327, 20500408};
    for (size_t i = 0; i < sizeof good_friday / sizeof *good_friday; i++) {
        if (!as_calendar_rules_xnys_closed(good_friday[i]))
            fail_msg("%d is open", good_friday[i]);
        int32_t before = as_date_from_days(as_date_to_days(good_friday[i]) - 1);
        if (as_calendar_rules_xnys_closed(before))
            fail_msg("%d is closed", before);
    }
}

static void a_closed_day_is_never_a_half_day(void **state)
{
    (void)state;
    for (int64_t d = as_date_to_days(19900101); d <= as_date_to_days(20501231); d++) {
        int32_t date = as_date_from_days(d);
        assert_false(as_calendar_rules_xnys_closed(date) && as_calendar_rules_xnys_half_day(date));
    }
}

static void outside_the_korean_table_fixed_dates_hold(void **state)
{
    (void)state;
    static const int32_t closed[] = {20090505, 20280301, 20291003, 20301231, 20311231, 20331230};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (!as_calendar_rules_xkrx_closed(closed[i]))
            fail_msg("%d is open", closed[i]);
    assert_false(as_calendar_rules_xkrx_closed(20280302));
}

static void the_korean_table_holds_weekdays_only(void **state)
{
    (void)state;
    unsigned closed = 0;
    for (int64_t d = as_date_to_days(20100101); d <= as_date_to_days(20271231); d++) {
        int32_t date = as_date_from_days(d);
        if (!as_calendar_rules_xkrx_closed(date))
            continue;
        closed++;
        if (as_date_weekday(date) > 4)
            fail_msg("%d is a weekend", date);
    }
    assert_in_range(closed, 18 * 10, 18 * 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_friday_is_found_by_the_computus),
        cmocka_unit_test(a_closed_day_is_never_a_half_day),
        cmocka_unit_test(outside_the_korean_table_fixed_dates_hold),
        cmocka_unit_test(the_korean_table_holds_weekdays_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
