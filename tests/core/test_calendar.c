#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/calendar.h"
#include "core/date.h"
#include "core/error.h"
#include "core/event.h"
#include "core/timezone.h"

static as_calendar *xnys, *xkrx, *always;

static int load_calendars(void **state)
{
    (void)state;
    return as_calendar_new_shipped("XNYS", &xnys) || as_calendar_new_shipped("XKRX", &xkrx) ||
           as_calendar_new_shipped("ALWAYS", &always);
}

static int free_calendars(void **state)
{
    (void)state;
    as_calendar_free(xnys);
    as_calendar_free(xkrx);
    as_calendar_free(always);
    return 0;
}

static uint64_t local_ns(const char *zone, int32_t date, int hour, int minute)
{
    as_timezone *tz;
    assert_int_equal(as_timezone_new(zone, &tz), 0);
    int64_t s = as_timezone_to_utc(tz, as_date_year(date), as_date_month(date), as_date_day(date), hour, minute, 0);
    as_timezone_free(tz);
    return (uint64_t)s * AS_NS_PER_S;
}

static void assert_near(double found, double expected, double tolerance)
{
    if (!(found >= expected - tolerance && found <= expected + tolerance))
        fail_msg("found %.17g, expected %.17g within %g", found, expected, tolerance);
}

static const as_calendar_spec good_spec = {
    .name = "X", .zone = "UTC", .open_min = 60, .close_min = 120, .weekdays = 0x1f};

static void assert_rejected(as_calendar_spec spec, const char *message_part)
{
    as_calendar *calendar = NULL;
    assert_int_equal(as_calendar_new(&spec, &calendar), -EINVAL);
    assert_null(calendar);
    if (!strstr(as_error_message(0), message_part))
        fail_msg("'%s' lacks '%s'", as_error_message(0), message_part);
}

static void a_definition_that_makes_no_sense_is_rejected(void **state)
{
    (void)state;
    static const int32_t unordered[] = {20250102, 20250101}, impossible[] = {20250230};
    as_calendar_spec spec = good_spec;
    spec.name = "";
    assert_rejected(spec, "found the name ''");
    spec = good_spec, spec.open_min = 120;
    assert_rejected(spec, "allowed 0 <= open < close <= 1440");
    spec = good_spec, spec.close_min = 1441;
    assert_rejected(spec, "close at minute 1441");
    spec = good_spec, spec.weekdays = 0;
    assert_rejected(spec, "found weekdays 0x0");
    spec = good_spec, spec.zone = "Mars/Olympus";
    assert_rejected(spec, "Mars/Olympus");
    spec = good_spec, spec.holiday = unordered, spec.holiday_count = 2;
    assert_rejected(spec, "found the holiday 20250101 after 20250102");
    spec = good_spec, spec.half_day = impossible, spec.half_day_count = 1, spec.half_close_min = 90;
    assert_rejected(spec, "found the half day 20250230");
    spec.half_close_min = 30;
    assert_rejected(spec, "half day's close at minute 30");
}

static void an_unknown_shipped_calendar_is_named(void **state)
{
    (void)state;
    as_calendar *calendar = NULL;
    assert_int_equal(as_calendar_new_shipped("XLON", &calendar), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "'XLON', allowed XNYS, XKRX, ALWAYS"));
}

static void a_definition_of_ones_own_is_followed(void **state)
{
    (void)state;
    static const int32_t holiday[] = {20250106}, half_day[] = {20250107};
    as_calendar_spec spec = good_spec;
    spec.holiday = holiday, spec.holiday_count = 1;
    spec.half_day = half_day, spec.half_day_count = 1, spec.half_close_min = 90;
    as_calendar *calendar;
    assert_int_equal(as_calendar_new(&spec, &calendar), 0);
    assert_string_equal(as_calendar_name(calendar), "X");
    assert_null(as_calendar_session_on(calendar, 20250105)); /* a Sunday */
    assert_null(as_calendar_session_on(calendar, 20250106));
    const as_session *half = as_calendar_session_on(calendar, 20250107);
    assert_non_null(half);
    assert_int_equal(half->open, UINT64_C(1736211600) * AS_NS_PER_S); /* 2025-01-07T01:00:00Z */
    assert_int_equal(half->close - half->open, 30 * AS_NS_PER_MIN);
    as_calendar_free(calendar);
}

static void sessions_join_without_a_hole(void **state)
{
    (void)state;
    const as_calendar *calendars[] = {xnys, xkrx, always};
    for (size_t i = 0; i < 3; i++) {
        const as_session *s = as_calendar_session(calendars[i], 0);
        const as_session *last = as_calendar_session(calendars[i], UINT64_MAX);
        assert_int_equal(s->index, 0);
        assert_int_equal(s->date / 10000, 1990);
        assert_int_equal(last->date / 10000, 2050);
        for (; s < last; s++) {
            assert_true(s->prev_close <= s->open && s->open < s->close);
            assert_int_equal(s[1].index, s->index + 1);
            assert_int_equal(s[1].prev_close, s->close);
            assert_true(s[1].date > s->date);
        }
    }
}

static void a_moment_belongs_to_the_session_that_it_leads_to(void **state)
{
    (void)state;
    const as_session *friday = as_calendar_session_on(xnys, 20250613);
    const as_session *monday = as_calendar_session_on(xnys, 20250616);
    assert_int_equal(friday->close, local_ns("America/New_York", 20250613, 16, 0));
    assert_int_equal(monday->open, local_ns("America/New_York", 20250616, 9, 30));
    assert_ptr_equal(as_calendar_session(xnys, friday->close), friday);
    assert_ptr_equal(as_calendar_session(xnys, friday->close - 1), friday);
    assert_ptr_equal(as_calendar_session(xnys, friday->close + 1), monday);
    assert_ptr_equal(as_calendar_session(xnys, monday->open), monday);
    assert_ptr_equal(as_calendar_session(xnys, local_ns("America/New_York", 20250614, 12, 0)), monday);
    assert_int_equal(monday->index, friday->index + 1);
}

static void daylight_saving_moves_the_session_in_utc(void **state)
{
    (void)state;
    const as_session *winter = as_calendar_session_on(xnys, 20250307);
    const as_session *summer = as_calendar_session_on(xnys, 20250310);
    assert_int_equal(winter->open, UINT64_C(1741357800) * AS_NS_PER_S); /* 14:30Z */
    assert_int_equal(summer->open, UINT64_C(1741613400) * AS_NS_PER_S); /* 13:30Z */
    const as_session *seoul = as_calendar_session_on(xkrx, 20250310);
    assert_int_equal(seoul->open, UINT64_C(1741564800) * AS_NS_PER_S);  /* 00:00Z */
    assert_int_equal(seoul->close - seoul->open, 390 * AS_NS_PER_MIN);
}

/* Holidays as the exchange announced them (nyse.com, "Holidays and trading hours", and its notices). */
static void new_york_is_closed_on_its_holidays(void **state)
{
    (void)state;
    static const int32_t closed[] = {
        19970217, 19980119, 20010911, 20010914, 20040611, 20070102, 20121029, 20121030,
        20181205, 20250109, 20200410, 20210402, 20230407, 20240329, 20250418, 20260403, /* Good Friday */
        20101224, 20211224, 20201225, 20221226, 20230102, 20220620, 20230619, 20240619,
        20200703, 20210705, 20260703, 20270618, 20270705, 20271224, 20281225, 19940427,
    };
    static const int32_t open[] = {
        19970120, 20101231, 20211231, 20101011, 20101111, 20210618, 20210617,
        20200702, 20010910, 20010917, 20181206, 20271231, 20231009,
    };
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (as_calendar_session_on(xnys, closed[i]))
            fail_msg("%d is a session", closed[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (!as_calendar_session_on(xnys, open[i]))
            fail_msg("%d is no session", open[i]);
}

static void new_york_closes_at_one_on_its_half_days(void **state)
{
    (void)state;
    static const int32_t half[] = {
        20020705, 20121123, 20120703, 20130703, 20141128, 20141224, 20180703, 20181123, 20181224,
        20191129, 20191224, 20201127, 20201224, 20211126, 20230703, 20231124, 20240703, 20241129,
        20241224, 20250703, 20251128, 20251224, 20261127, 20261224, 20031226, 19991231,
    };
    static const int32_t full[] = {20020703, 20130705, 20150702, 20200702, 20210702, 20220701,
                                   20221223, 20231222, 20260702, 20221230, 20241231};
    for (size_t i = 0; i < sizeof half / sizeof *half; i++) {
        const as_session *s = as_calendar_session_on(xnys, half[i]);
        if (!s || s->close - s->open != 210 * AS_NS_PER_MIN)
            fail_msg("%d is no half day", half[i]);
    }
    for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
        const as_session *s = as_calendar_session_on(xnys, full[i]);
        if (!s || s->close - s->open != 390 * AS_NS_PER_MIN)
            fail_msg("%d is no full day", full[i]);
    }
}

static void new_york_has_the_usual_number_of_sessions(void **state)
{
    (void)state;
    static const struct {
        int year, count;
    } known[] = {{2001, 248}, {2012, 250}, {2018, 251}, {2019, 252}, {2020, 253}, {2021, 252},
                 {2022, 251}, {2023, 250}, {2024, 252}, {2025, 250}, {2026, 251}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int count = 0;
        for (int64_t d = as_date_to_days(as_date_make(known[i].year, 1, 1));
             d < as_date_to_days(as_date_make(known[i].year + 1, 1, 1)); d++)
            count += as_calendar_session_on(xnys, as_date_from_days(d)) != NULL;
        if (count != known[i].count)
            fail_msg("%d: %d sessions, %d expected", known[i].year, count, known[i].count);
    }
}

static void seoul_closes_for_lunar_and_year_end_holidays(void **state)
{
    (void)state;
    assert_null(as_calendar_session_on(xkrx, 20191231));
    assert_null(as_calendar_session_on(xkrx, 20231229));
    assert_null(as_calendar_session_on(xkrx, 20301231));
    assert_null(as_calendar_session_on(xkrx, 20260717));
    assert_non_null(as_calendar_session_on(xkrx, 20260702));
}

static void the_clock_gains_exactly_one_from_close_to_close(void **state)
{
    (void)state;
    const as_calendar *calendars[] = {xnys, xkrx, always};
    for (size_t i = 0; i < 3; i++)
        for (const as_session *s = as_calendar_session_on(calendars[i], 20250602); s->date < 20260102; s++) {
            assert_true(as_session_clock(s, s->close, 0.3) == (double)s->index + 1.0);
            assert_true(as_session_clock(s, s->prev_close, 0.3) == (double)s->index);
            assert_true(as_session_clock(s + 1, s[1].close, 0.1) - as_session_clock(s, s->close, 0.1) == 1.0);
        }
}

static void the_clock_gives_the_night_its_share_and_the_day_its_u_shape(void **state)
{
    (void)state;
    const as_session *s = as_calendar_session_on(xnys, 20250617);
    double begin = (double)s->index;
    uint64_t night = s->open - s->prev_close, day = s->close - s->open;
    assert_near(as_session_clock(s, s->prev_close + night / 2, 0.3) - begin, 0.15, 1e-9);
    assert_near(as_session_clock(s, s->open, 0.3) - begin, 0.3, 1e-9);
    assert_near(as_session_clock(s, s->open + day / 10, 0.3) - begin, 0.3 + 0.7 * 0.1576, 1e-9);
    assert_near(as_session_clock(s, s->open + day / 2, 0.3) - begin, 0.65, 1e-9);
    assert_near(as_session_clock(s, s->open + day / 2, 0.0) - begin, 0.5, 1e-9);
}

static void the_clock_of_a_market_without_night_is_linear(void **state)
{
    (void)state;
    const as_session *s = as_calendar_session_on(always, 20250614);
    assert_int_equal(s->close - s->prev_close, AS_NS_PER_DAY);
    assert_near(as_session_clock(s, s->prev_close + AS_NS_PER_DAY / 10, 0.3) - (double)s->index, 0.1, 1e-9);
}

static void the_clock_never_runs_backwards(void **state)
{
    (void)state;
    uint64_t seed = 20260701, step = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    uint64_t ts = local_ns("America/New_York", 20250630, 0, 0);
    double before = 0.0;
    for (int i = 0; i < 200000; i++) {
        const as_session *s = as_calendar_session(xnys, ts);
        assert_true(ts > s->prev_close && ts <= s->close);
        double v = as_session_clock(s, ts, 0.3);
        assert_true(v >= before);
        assert_true(v >= (double)s->index && v <= (double)s->index + 1.0);
        before = v;
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        step = (seed >> 40) * 1000;
        ts += step;
    }
}

/* Does file hold a row "YYYY-MM-DD,symbol,"? One flag a day from first. Returns the number of rows, 0 if no file. */
static unsigned read_days(const char *file, const char *symbol, int64_t first, bool *day, size_t day_count)
{
    const char *root = getenv("AFTERSHOCK_SHARED");
    char path[512], line[1024], date[16], name[32];
    snprintf(path, sizeof path, "%s/data/daily_us/%s", root ? root : "../shared", file);
    gzFile gz = gzopen(path, "rb");
    if (!gz) {
        print_message("skipped: %s not present\n", path);
        return 0;
    }
    unsigned rows = 0;
    while (gzgets(gz, line, sizeof line)) {
        int y, m, d;
        if (sscanf(line, "%15[0-9-],%31[^,]", date, name) != 2 || strcmp(name, symbol) != 0 ||
            sscanf(date, "%d-%d-%d", &y, &m, &d) != 3)
            continue;
        int64_t idx = as_date_to_days(as_date_make(y, m, d)) - first;
        assert_true(idx >= 0 && idx < (int64_t)day_count);
        day[idx] = true;
        rows++;
    }
    gzclose(gz);
    return rows;
}

typedef struct span { int32_t from, to; } span;

/* Every weekday of `whole` that has a row is a session, and every one without is closed, less the holes in the data. */
static void check_against(const as_calendar *calendar, const char *file, const char *symbol, span whole,
                          const span *hole, size_t hole_count)
{
    static bool day[4096];
    memset(day, 0, sizeof day);
    int64_t first = as_date_to_days(whole.from);
    unsigned rows = read_days(file, symbol, first, day, sizeof day);
    if (!rows)
        skip();
    for (int64_t d = first; d <= as_date_to_days(whole.to); d++) {
        int32_t date = as_date_from_days(d);
        bool in_hole = false;
        for (size_t i = 0; i < hole_count; i++)
            in_hole |= date >= hole[i].from && date <= hole[i].to;
        bool session = as_calendar_session_on(calendar, date) != NULL;
        if (day[d - first] && !session)
            fail_msg("%s traded on %d, which is no session", symbol, date);
        if (!day[d - first] && session && !in_hole)
            fail_msg("%s did not trade on the session %d", symbol, date);
    }
    print_message("%u rows of %s agree\n", rows, symbol);
}

static void new_york_agrees_with_spy_2025_2026(void **state)
{
    (void)state;
    check_against(xnys, "ai_universe_daily_2025-02_2026-07.csv.gz", "SPY", (span){20250210, 20260708}, NULL, 0);
}

static void new_york_agrees_with_the_members_2019_2021(void **state)
{
    (void)state;
    static const span hole[] = {{20201101, 20201120}}; /* the set lacks these weeks */
    check_against(xnys, "sp500_daily_ohlcv_2019_2021.csv.gz", "AAPL", (span){20190102, 20210420}, hole, 1);
}

static void new_york_agrees_with_the_members_2024_2026(void **state)
{
    (void)state;
    static const span hole[] = {{20250122, 20250207}, {20250407, 20250409}, {20250605, 20250605},
                                {20250910, 20250910}, {20251010, 20251010}, {20251120, 20251125}};
    check_against(xnys, "us44_daily_2024-04_2026-03.csv.gz", "AAPL", (span){20240401, 20260101}, hole, 6);
}

static void seoul_agrees_with_samsung_2025_2026(void **state)
{
    (void)state;
    /* all three Seoul listings lack Friday 2025-09-19, on which the exchange was open */
    static const span hole[] = {{20250919, 20250919}};
    check_against(xkrx, "ai_universe_daily_2025-02_2026-07.csv.gz", "005930.KS", (span){20250210, 20260708}, hole, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_definition_that_makes_no_sense_is_rejected),
        cmocka_unit_test(an_unknown_shipped_calendar_is_named),
        cmocka_unit_test(a_definition_of_ones_own_is_followed),
        cmocka_unit_test(sessions_join_without_a_hole),
        cmocka_unit_test(a_moment_belongs_to_the_session_that_it_leads_to),
        cmocka_unit_test(daylight_saving_moves_the_session_in_utc),
        cmocka_unit_test(new_york_is_closed_on_its_holidays),
        cmocka_unit_test(new_york_closes_at_one_on_its_half_days),
        cmocka_unit_test(new_york_has_the_usual_number_of_sessions),
        cmocka_unit_test(seoul_closes_for_lunar_and_year_end_holidays),
        cmocka_unit_test(the_clock_gains_exactly_one_from_close_to_close),
        cmocka_unit_test(the_clock_gives_the_night_its_share_and_the_day_its_u_shape),
        cmocka_unit_test(the_clock_of_a_market_without_night_is_linear),
        cmocka_unit_test(the_clock_never_runs_backwards),
        cmocka_unit_test(new_york_agrees_with_spy_2025_2026),
        cmocka_unit_test(new_york_agrees_with_the_members_2019_2021),
        cmocka_unit_test(new_york_agrees_with_the_members_2024_2026),
        cmocka_unit_test(seoul_agrees_with_samsung_2025_2026),
    };
    return cmocka_run_group_tests(tests, load_calendars, free_calendars);
}
