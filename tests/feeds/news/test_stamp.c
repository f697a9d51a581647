#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/timezone.h"
#include "feeds/news/stamp.h"
#include "tests/support/random.h"

typedef bool (*stamp_fn)(const char *text, size_t text_bytes, uint64_t *ts);

typedef struct golden {
    const char *text;
    uint64_t seconds; /* by Python's datetime and email.utils */
    uint32_t ns;
} golden;

/* Of a copy of exactly its length. */
static bool parse(stamp_fn fn, const char *text, size_t bytes, uint64_t *ts)
{
    char *copy = malloc(bytes + (bytes == 0));
    assert_non_null(copy);
    memcpy(copy, text, bytes);
    bool ok = fn(copy, bytes, ts);
    free(copy);
    return ok;
}

static void assert_golden(stamp_fn fn, const golden *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t ts = 1;
        if (!parse(fn, cases[i].text, strlen(cases[i].text), &ts))
            fail_msg("refused: %s", cases[i].text);
        if (ts != cases[i].seconds * AS_NS_PER_S + cases[i].ns)
            fail_msg("%s: %llu", cases[i].text, (unsigned long long)ts);
    }
}

static void assert_refused(stamp_fn fn, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t ts = 77;
        if (parse(fn, texts[i], strlen(texts[i]), &ts))
            fail_msg("accepted: %s", texts[i]);
        assert_int_equal(ts, 77);
    }
}

static void rfc3339_stamps_are_read(void **state)
{
    (void)state;
    static const golden cases[] = {
        {"2026-07-01T09:30:00Z", 1782898200, 0},
        {" 2026-07-01t09:30:00z\n", 1782898200, 0},
        {"2026-07-01 09:30:00+00:00", 1782898200, 0},
        {"2026-07-01T09:30:00-00:00", 1782898200, 0},
        {"2026-07-01T09:30:00+05:30", 1782878400, 0},
        {"2024-02-29T23:59:59-08:00", 1709279999, 0},
        {"2026-07-01T09:30:00.25Z", 1782898200, 250000000},
        {"2026-07-01T09:30:00.000000001Z", 1782898200, 1},
        {"2026-07-01T09:30:00.1234567899Z", 1782898200, 123456789},
        {"2012-06-30T23:59:60Z", 1341100800, 0},
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2261-12-31T23:59:59Z", 9214646399, 0},
    };
    assert_golden(as_stamp_rfc3339, cases, sizeof cases / sizeof *cases);
    static const char *const texts[] = {"",
                                        "2026",
                                        "2026-07-01",
                                        "2026-07-01T09:30:00",
                                        "2026-07-01T09:30Z",
                                        "2026-07-01T09:30:00.Z",
                                        "2026-07-01T09:30:00+0530",
                                        "2026-07-01T09:30:00+05",
                                        "2026-07-01T09:30:00Zx",
                                        "2026-07-01T09:30:00 Z",
                                        "2026-02-29T00:00:00Z",
                                        "2026-13-01T00:00:00Z",
                                        "2026-07-00T00:00:00Z",
                                        "2026-07-01T24:00:00Z",
                                        "2026-07-01T09:60:00Z",
                                        "2026-07-01T09:30:61Z",
                                        "2026-07-01T09:30:00+24:00",
                                        "2026-07-01T09:30:00+05:60",
                                        "1969-12-31T23:59:59Z",
                                        "1970-01-01T00:00:00+00:01",
                                        "2262-01-01T00:00:00Z",
                                        "26-07-01T09:30:00Z",
                                        "2026-7-01T09:30:00Z",
                                        "+026-07-01T09:30:00Z",
                                        "2026-07-01X09:30:00Z"};
    assert_refused(as_stamp_rfc3339, texts, sizeof texts / sizeof *texts);
}

static void rfc822_stamps_are_read(void **state)
{
    (void)state;
    static const golden cases[] = {
        {"Wed, 01 Jul 2026 09:30:00 GMT", 1782898200, 0},
        {"  Wed , 1 July 2026 9:30 UTC ", 1782898200, 0},
        {"1 Jul 26 09:30 EDT", 1782912600, 0},
        {"Fri, 21 Jan 2022 19:44:39 GMT", 1642794279, 0},
        {"Sat, 05 Sep 1998 23:00:59 +0200", 905029259, 0},
        {"Mon, 31 Dec 79 00:00:00 -0730", 315473400, 0},
        {"sun, 05 SEPT 1998 23:00:59 +0200", 905029259, 0},
        {"Wed, 01 Jul 2026 09:30:00 -0000", 1782898200, 0},
    };
    assert_golden(as_stamp_rfc822, cases, sizeof cases / sizeof *cases);
    static const char *const texts[] = {"",
                                        "Wed",
                                        "Wed, ",
                                        "Wed 01 Jul 2026 09:30:00 GMT",
                                        "01 Jul 2026 09:30:00",
                                        "01 Jul 2026",
                                        "01 Jux 2026 09:30:00 GMT",
                                        "01 Ju 2026 09:30:00 GMT",
                                        "01 Jul 202 09:30:00 GMT",
                                        "01 Jul 20266 09:30:00 GMT",
                                        "32 Jul 2026 09:30:00 GMT",
                                        "30 Feb 2026 09:30:00 GMT",
                                        "01 Jul 2026 24:30:00 GMT",
                                        "01 Jul 2026 09:30: GMT",
                                        "01 Jul 2026 09:30:00 XYZ",
                                        "01 Jul 2026 09:30:00 +02:00",
                                        "01 Jul 2026 09:30:00 +2",
                                        "01 Jul 2026 0930 GMT",
                                        "01 Jul 2026 09:30:00 GMT x",
                                        "01 Jul 2026 09:30:00 A",
                                        "2026-07-01T09:30:00Z"};
    assert_refused(as_stamp_rfc822, texts, sizeof texts / sizeof *texts);
}

static void compact_stamps_are_read(void **state)
{
    (void)state;
    static const golden cases[] = {
        {"20250312T155121", 1741794681, 0}, {"20260701T0930", 1782898200, 0}, {"20260701T093000Z", 1782898200, 0}};
    assert_golden(as_stamp_compact, cases, sizeof cases / sizeof *cases);
    static const char *const texts[] = {"",
                                        "20260701",
                                        "20260701T",
                                        "20260701T09",
                                        "20260701T093",
                                        "20260701T09300",
                                        "20260701T0930000",
                                        "20260701 093000",
                                        "20261301T0930",
                                        "20260701T0930+0200"};
    assert_refused(as_stamp_compact, texts, sizeof texts / sizeof *texts);
}

static void every_cut_of_a_stamp_is_refused_or_whole(void **state)
{
    (void)state;
    static const char *const texts[] = {"2026-07-01T09:30:00.5+05:30", "Wed, 01 Jul 2026 09:30:00 +0200",
                                        "20250312T155121"};
    static const stamp_fn fns[] = {as_stamp_rfc3339, as_stamp_rfc822, as_stamp_compact};
    for (size_t i = 0; i < 3; i++)
        for (size_t bytes = 0; bytes < strlen(texts[i]); bytes++) {
            uint64_t ts;
            bool read = parse(fns[i], texts[i], bytes, &ts);
            assert_true(!read || (i == 2 && bytes == 13)); /* the form without seconds */
        }
}

static void random_instants_are_read_back(void **state)
{
    (void)state;
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    uint64_t seed = 822;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 20000; round++) {
        int64_t utc = 86400 + (int64_t)(ast_random(&seed) % 9000000000u);
        int offset_min = (int)(ast_random(&seed) % 1679) - 839;
        int64_t local = utc + offset_min * 60;
        as_civil c = as_civil_from_days(local / 86400);
        int second = (int)(local % 86400), sign = offset_min < 0 ? '-' : '+', minutes = abs(offset_min);
        char text[64];
        uint64_t ts = 0;
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month, c.day, second / 3600,
                 second / 60 % 60, second % 60, sign, minutes / 60, minutes % 60);
        assert_true(parse(as_stamp_rfc3339, text, strlen(text), &ts));
        assert_int_equal(ts, (uint64_t)utc * AS_NS_PER_S);
        snprintf(text, sizeof text, "%d %.3s %04d %02d:%02d:%02d %c%02d%02d", c.day, months + 3 * (c.month - 1), c.year,
                 second / 3600, second / 60 % 60, second % 60, sign, minutes / 60, minutes % 60);
        assert_true(parse(as_stamp_rfc822, text, strlen(text), &ts));
        assert_int_equal(ts, (uint64_t)utc * AS_NS_PER_S);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc3339_stamps_are_read),       cmocka_unit_test(rfc822_stamps_are_read),
        cmocka_unit_test(compact_stamps_are_read),       cmocka_unit_test(every_cut_of_a_stamp_is_refused_or_whole),
        cmocka_unit_test(random_instants_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
