#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/config.h"
#include "core/error.h"
#include "core/universe.h"
#include "tests/support/config_folder.h"

#define F AST_CONFIG_FILES
#define CAL(rest) F "calendars:\n  XTKS: {zone: Asia/Tokyo, open: 09:00, close: 15:30" rest "}\n"

static void a_calendar_is_read(void **state)
{
    (void)state;
    ast_config_write("tokyo.csv", "symbol,bucket,calendar\nA,b,XTKS\n");
    as_config *c = ast_config_good("calendars:\n  XTKS:\n    zone: Asia/Tokyo\n    open: 09:00\n    close: 15:30\n"
                                   "    weekdays: [mon, sat]\n    holidays: [2025-01-06, 20250104]\n"
                                   "    half_days: [20250113]\n    half_close: 11:30\n"
                                   "  PLAIN: {zone: UTC, open: 00:00, close: 24:00}\n");
    assert_int_equal(c->calendar_count, 2);
    const as_calendar_spec *spec = &c->calendar[0];
    assert_string_equal(spec->name, "XTKS");
    assert_string_equal(spec->zone, "Asia/Tokyo");
    assert_int_equal(spec->open_min, 540);
    assert_int_equal(spec->close_min, 930);
    assert_int_equal(spec->weekdays, 0x21);
    assert_int_equal(spec->holiday_count, 2);
    assert_int_equal(spec->holiday[0], 20250104);
    assert_int_equal(spec->half_day[0], 20250113);
    assert_int_equal(spec->half_close_min, 690);
    assert_int_equal(c->calendar[1].weekdays, 0x1f);
    assert_int_equal(c->calendar[1].half_close_min, 780);
    as_universe universe;
    assert_int_equal(as_universe_load(&universe, ast_config_path("tokyo.csv"), c->calendar, c->calendar_count), 0);
    const as_session *half = as_calendar_session_on(as_universe_calendar(&universe, 0), 20250113);
    assert_non_null(half);
    assert_int_equal(half->close - half->open, 150 * AS_NS_PER_MIN);
    assert_null(as_calendar_session_on(as_universe_calendar(&universe, 0), 20250106));
    as_universe_fini(&universe);
    as_config_free(c);
}

static void broken_calendars_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {F "calendars: [XTKS]\n", "3: key 'calendars': found a list, allowed a map"},
        {F "calendars: {XTKS: tokyo}\n", "3: key 'calendars.XTKS': found 'tokyo', allowed a map"},
        {F "calendars: {X: {zone: UTC, open: 09:00}}\n",
         "3: key 'calendars.X.close': found nothing, allowed 00:00 to 24:00"},
        {F "calendars: {X: {zone: UTC, open: 9am, close: 10:00}}\n",
         "3: key 'calendars.X.open': found '9am', allowed a time HH:MM from 00:00 to 24:00"},
        {F "calendars: {X: {zone: UTC, open: 09:60, close: 10:00}}\n",
         "3: key 'calendars.X.open': found '09:60', allowed a time HH:MM from 00:00 to 24:00"},
        {F "calendars: {X: {zone: UTC, open: 09:00, close: 24:01}}\n",
         "3: key 'calendars.X.close': found '24:01', allowed a time HH:MM from 00:00 to 24:00"},
        {F "calendars: {X: {zone: UTC, open: 09:00, close: 09:00}}\n",
         "3: key 'calendars.X': calendar 'X': found open at minute 540 and close at minute 540, allowed 0 <= open < "
         "close "
         "<= 1440"},
        {CAL(", weekdays: [monday]"),
         "4: key 'calendars.XTKS.weekdays[0]': found 'monday', allowed mon, tue, wed, thu, fri, sat, sun"},
        {CAL(", weekdays: []"),
         "4: key 'calendars.XTKS': calendar 'XTKS': found weekdays 0x0, allowed bits 0 (Monday) to 6, at least one"},
        {CAL(", holidays: [2025-13-01]"),
         "4: key 'calendars.XTKS.holidays[0]': found '2025-13-01', allowed a date YYYY-MM-DD or YYYYMMDD"},
        {CAL(", holidays: [20250101, 2025-01-01]"), "4: key 'calendars.XTKS': calendar 'XTKS': found the holiday "
                                                    "20250101 after 20250101, allowed ascending dates, "
                                                    "each once"},
        {CAL(", half_days: [20250106], half_close: 08:00"), "4: key 'calendars.XTKS': calendar 'XTKS': found a half "
                                                            "day's close at minute 480, allowed after the open (540) "
                                                            "and not after the close (930)"},
        {CAL(", lunch: 11:30"),
         "4: key 'calendars.XTKS.lunch': found an unknown key, allowed zone, open, close, weekdays, "
         "holidays, half_days, half_close"},
        {F "calendars: {A: {}, B: {}, C: {}, D: {}, E: {}, F: {}, G: {}, H: {}, I: {}}\n",
         "3: key 'calendars': found 9 calendars, allowed 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ast_config_refused(cases[i].text, cases[i].message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_calendar_is_read),
        cmocka_unit_test(broken_calendars_are_refused),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
