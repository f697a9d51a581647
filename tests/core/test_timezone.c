#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/timezone.h"

static as_timezone *zone_of(const char *name)
{
    as_timezone *zone = NULL;
    if (as_timezone_new(name, &zone) < 0) {
        as_error_print(stderr, "test_timezone");
        skip();
    }
    return zone;
}

static void unknown_names_are_refused_with_a_reason(void **state)
{
    (void)state;
    const char *bad[] = {"", "Mars/Olympus", "America", "/etc/passwd", "../zoneinfo/UTC", "America/New York", "EDT"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        as_timezone *zone = NULL;
        as_error_clear();
        assert_int_equal(as_timezone_new(bad[i], &zone), -ENOENT);
        assert_null(zone);
        assert_non_null(strstr(as_error_message(0), bad[i]));
        assert_non_null(strstr(as_error_message(0), "America/New_York"));
    }
}

static void days_count_from_1970_and_back(void **state)
{
    (void)state;
    assert_int_equal(as_civil_days(1970, 1, 1), 0);
    assert_int_equal(as_civil_days(2000, 3, 1), 11017);
    assert_int_equal(as_civil_days(1969, 12, 31), -1);
    assert_int_equal(as_civil_days(2026, 7, 1), 20635); /* date -d 2026-07-01 +%s / 86400 */
    for (int64_t days = -200000; days < 200000; days += 7) {
        as_civil civil = as_civil_from_days(days);
        assert_true(as_civil_date_valid(civil.year, civil.month, civil.day));
        assert_int_equal(as_civil_days(civil.year, civil.month, civil.day), days);
    }
    assert_true(as_civil_date_valid(2024, 2, 29));
    assert_true(as_civil_date_valid(2000, 2, 29));
    assert_false(as_civil_date_valid(2023, 2, 29));
    assert_false(as_civil_date_valid(1900, 2, 29));
    assert_false(as_civil_date_valid(2023, 13, 1));
    assert_false(as_civil_date_valid(2023, 0, 1));
    assert_false(as_civil_date_valid(2023, 4, 31));
}

static void utc_needs_no_database(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZDIR", "/nonexistent", 1), 0);
    as_timezone *zone = NULL;
    assert_int_equal(as_timezone_new("UTC", &zone), 0);
    assert_int_equal(as_timezone_to_utc(zone, 1970, 1, 2, 0, 0, 1), 86401);
    as_timezone_free(zone);
    assert_int_equal(as_timezone_new("Europe/Berlin", &zone), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "/nonexistent"));
    unsetenv("TZDIR");
}

static void new_york_changes_with_the_season(void **state)
{
    (void)state;
    as_timezone *zone = zone_of("America/New_York");
    assert_int_equal(as_timezone_to_utc(zone, 2026, 7, 1, 16, 0, 0), 1782936000); /* 20:00 UTC */
    assert_int_equal(as_timezone_midnight_ns(zone, 20260701, 5), UINT64_C(1782878400000000000));
    /* 03:59:59 UTC is still the day before in New York */
    assert_int_equal(as_timezone_midnight_ns(zone, 0, UINT64_C(1782878399000000000)), UINT64_C(1782792000000000000));
    assert_int_equal(as_timezone_to_utc(zone, 2026, 1, 15, 16, 0, 0), 1768510800); /* 21:00 UTC */
    assert_int_equal(as_timezone_offset_at(zone, 1782936000), -4 * 3600);
    assert_int_equal(as_timezone_offset_at(zone, 1768510800), -5 * 3600);
    as_civil civil = as_timezone_to_civil(zone, 1782936000);
    assert_int_equal(civil.year, 2026);
    assert_int_equal(civil.month, 7);
    assert_int_equal(civil.day, 1);
    assert_int_equal(civil.hour, 16);
    assert_int_equal(civil.minute, 0);
    as_timezone_free(zone);
}

/* 2025-03-09 02:00 EST becomes 03:00 EDT (07:00 UTC); 2025-11-02 02:00 EDT becomes 01:00 EST (06:00 UTC). */
static void repeated_and_skipped_times_take_the_offset_before(void **state)
{
    (void)state;
    as_timezone *zone = zone_of("America/New_York");
    int64_t spring = 1741503600, autumn = 1762063200;
    assert_int_equal(as_timezone_offset_at(zone, spring - 1), -5 * 3600);
    assert_int_equal(as_timezone_offset_at(zone, spring), -4 * 3600);
    assert_int_equal(as_timezone_to_utc(zone, 2025, 3, 9, 1, 59, 59), spring - 1);
    assert_int_equal(as_timezone_to_utc(zone, 2025, 3, 9, 2, 0, 0), spring);
    assert_int_equal(as_timezone_to_utc(zone, 2025, 3, 9, 2, 30, 0), spring + 1800);
    assert_int_equal(as_timezone_to_utc(zone, 2025, 3, 9, 3, 0, 0), spring);
    assert_int_equal(as_timezone_offset_at(zone, autumn - 1), -4 * 3600);
    assert_int_equal(as_timezone_offset_at(zone, autumn), -5 * 3600);
    assert_int_equal(as_timezone_to_utc(zone, 2025, 11, 2, 0, 59, 59), autumn - 3601);
    assert_int_equal(as_timezone_to_utc(zone, 2025, 11, 2, 1, 0, 0), autumn - 3600);
    assert_int_equal(as_timezone_to_utc(zone, 2025, 11, 2, 1, 59, 59), autumn - 1);
    assert_int_equal(as_timezone_to_utc(zone, 2025, 11, 2, 2, 0, 0), autumn + 3600);
    as_timezone_free(zone);
}

static void fields_beyond_their_range_count_on(void **state)
{
    (void)state;
    as_timezone *zone = zone_of("Asia/Seoul");
    assert_int_equal(as_timezone_to_utc(zone, 2025, 5, 1, 24, 0, 0), as_timezone_to_utc(zone, 2025, 5, 2, 0, 0, 0));
    assert_int_equal(as_timezone_to_utc(zone, 2025, 5, 1, 0, 0, 60), as_timezone_to_utc(zone, 2025, 5, 1, 0, 1, 0));
    assert_int_equal(as_timezone_to_utc(zone, 2025, 5, 1, 15, 30, 0), 1746081000); /* 06:30 UTC */
    as_timezone_free(zone);
}

static void write_file(const char *path, const void *data, size_t bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, bytes, f), bytes);
    assert_int_equal(fclose(f), 0);
}

/* A "slim" file: no transition at all, one type, and the rule in the footer. Returns its size. */
static size_t slim_file(uint8_t *out, const char *rule)
{
    size_t n = 0;
    for (int part = 0; part < 2; part++) {
        memset(out + n, 0, 44);
        memcpy(out + n, "TZif2", 5);
        out[n + 39] = 1;                                       /* typecnt */
        out[n + 43] = 4;                                       /* charcnt */
        memcpy(out + n + 44, "\xff\xff\xb9\xb0\0\0LMT\0", 10); /* -18000 s */
        n += 54;
    }
    n += (size_t)sprintf((char *)out + n, "\n%s\n", rule);
    return n;
}

static void footers_are_expanded_like_full_tables(void **state)
{
    (void)state;
    char dir[] = "/tmp/as_tz_XXXXXX", path[64];
    uint8_t file[256];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/Slim", dir);
    as_timezone *full = zone_of("America/New_York"), *slim = NULL;
    setenv("TZDIR", dir, 1);

    write_file(path, file, slim_file(file, "EST5EDT,M3.2.0,M11.1.0"));
    assert_int_equal(as_timezone_new("Slim", &slim), 0);
    for (int64_t t = 1200000000; t < 3900000000; t += 3600 * 7 + 13)
        assert_int_equal(as_timezone_offset_at(slim, t), as_timezone_offset_at(full, t));
    as_timezone_free(slim);

    /* southern summer over the new year; names in brackets; quarter hours; Julian days; negative daylight saving */
    write_file(path, file, slim_file(file, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"));
    assert_int_equal(as_timezone_new("Slim", &slim), 0);
    assert_int_equal(as_timezone_offset_at(slim, 1736899200), 39600); /* 2025-01-15 */
    assert_int_equal(as_timezone_offset_at(slim, 1752537600), 37800); /* 2025-07-15 */
    as_timezone_free(slim);
    write_file(path, file, slim_file(file, "IST-1GMT0,M10.5.0,M3.5.0/1"));
    assert_int_equal(as_timezone_new("Slim", &slim), 0);
    assert_int_equal(as_timezone_offset_at(slim, 1736899200), 0);
    assert_int_equal(as_timezone_offset_at(slim, 1752537600), 3600);
    as_timezone_free(slim);
    write_file(path, file, slim_file(file, "AAA0BBB,J60/0,304/0"));
    assert_int_equal(as_timezone_new("Slim", &slim), 0);
    assert_int_equal(as_timezone_offset_at(slim, 1709251199), 0); /* 2024-02-29 23:59:59: J60 = 1 March */
    assert_int_equal(as_timezone_offset_at(slim, 1709251200), 3600);
    assert_int_equal(as_timezone_offset_at(slim, 1761951599), 3600); /* 2025: day 304 from 0 = 1 November 00:00 (+1) */
    assert_int_equal(as_timezone_offset_at(slim, 1761951600), 0);
    as_timezone_free(slim);

    const char *bad[] = {"EST",
                         "E5",
                         "EST5EDT",
                         "EST5EDT,M3.2.0",
                         "EST5EDT,M13.2.0,M11.1.0",
                         "EST5EDT,M3.2.0,M11.1.0x",
                         "EST5EDT,M3.6.0,M11.1.0",
                         "<EST5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(path, file, slim_file(file, bad[i]));
        assert_int_equal(as_timezone_new("Slim", &slim), -EINVAL);
    }
    /* cut anywhere: refused, never read beyond */
    size_t whole = slim_file(file, "EST5EDT,M3.2.0,M11.1.0");
    for (size_t n = 0; n < whole; n++) {
        write_file(path, file, n);
        assert_int_equal(as_timezone_new("Slim", &slim), -EINVAL);
    }
    unlink(path);
    rmdir(dir);
    unsetenv("TZDIR");
    as_timezone_free(full);
}

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* libc's own reading of the database is the model: offsets both ways, 1970 to 2100. */
static void offsets_equal_those_of_libc(void **state)
{
    (void)state;
    const char *names[] = {
        "America/New_York",  "Europe/London",     "Europe/Dublin",  "Asia/Seoul",   "Australia/Lord_Howe",
        "America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "UTC"};
    uint64_t seed = 20260701;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        as_timezone *zone = zone_of(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (int n = 0; n < 4000; n++) {
            time_t t = (time_t)(next_random(&seed) % UINT64_C(4102444800));
            if (strcmp(names[i], "Africa/Casablanca") == 0)
                t %= 3600000000; /* its table ends in 2087 and libc has no rule after it */
            struct tm tm;
            assert_non_null(localtime_r(&t, &tm));
            assert_int_equal(as_timezone_offset_at(zone, t), tm.tm_gmtoff);
            int64_t back = as_timezone_to_utc(zone, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                                              tm.tm_sec);
            assert_true(back == t || back < t); /* earlier only where the local time is repeated */
            if (back != t)
                assert_true(as_timezone_offset_at(zone, back) > as_timezone_offset_at(zone, t));
        }
        as_timezone_free(zone);
    }
    unsetenv("TZ");
    tzset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_names_are_refused_with_a_reason),
        cmocka_unit_test(days_count_from_1970_and_back),
        cmocka_unit_test(utc_needs_no_database),
        cmocka_unit_test(new_york_changes_with_the_season),
        cmocka_unit_test(repeated_and_skipped_times_take_the_offset_before),
        cmocka_unit_test(fields_beyond_their_range_count_on),
        cmocka_unit_test(footers_are_expanded_like_full_tables),
        cmocka_unit_test(offsets_equal_those_of_libc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
