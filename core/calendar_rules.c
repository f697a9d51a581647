#include "core/calendar_rules.h"

#include <stddef.h>

#include "core/date.h"

enum { MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY };

/* Date of the n-th such weekday of a month, from 1. */
static int32_t nth_weekday(int year, int month, int weekday, int n)
{
    int first = as_date_weekday(as_date_make(year, month, 1));
    return as_date_make(year, month, 1 + (weekday - first + 7) % 7 + 7 * (n - 1));
}

static int32_t last_monday_of_may(int year)
{
    return as_date_make(year, 5, 31 - as_date_weekday(as_date_make(year, 5, 31)));
}

/*
 * Easter Sunday of the Gregorian calendar: the anonymous computus (Nature 13, 1876; Meeus, Astronomical Algorithms
 * 8).
 */
static int32_t easter(int year)
{
    int golden = year % 19;
    int century = year / 100, of_century = year % 100;
    int lunar = (century - (century + 8) / 25 + 1) / 3;
    int epact = (19 * golden + century - century / 4 - lunar + 15) % 30;
    int weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    int correction = (golden + 11 * epact + 22 * weekday) / 451;
    int sum = epact + weekday - 7 * correction + 114;
    return as_date_make(year, sum / 31, sum % 31 + 1);
}

static int32_t plus_days(int32_t date, int days)
{
    return as_date_from_days(as_date_to_days(date) + days);
}

/* Where a holiday on a weekend is observed: Saturday on the Friday before, Sunday on the Monday after. */
static int32_t observed(int32_t date)
{
    int weekday = as_date_weekday(date);
    return plus_days(date, weekday == SATURDAY ? -1 : weekday == SUNDAY ? 1 : 0);
}

static bool listed(int32_t date, const int32_t *list, size_t list_count)
{
    for (size_t i = 0; i < list_count; i++)
        if (list[i] == date)
            return true;
    return false;
}

bool as_calendar_rules_xnys_closed(int32_t date)
{
    static const int32_t unscheduled[] = {
        19940427,                               /* mourning: Nixon */
        20010911, 20010912, 20010913, 20010914, /* attacks on New York */
        20040611,                               /* mourning: Reagan */
        20070102,                               /* mourning: Ford */
        20121029, 20121030,                     /* hurricane Sandy */
        20181205,                               /* mourning: G. H. W. Bush */
        20250109                                /* mourning: Carter */
    };
    int year = as_date_year(date);
    int32_t new_year = as_date_make(year, 1, 1);
    /* A New Year's Day on a Saturday is not observed: the Friday belongs to the accounting year that ends. */
    if (as_date_weekday(new_year) != SATURDAY && date == observed(new_year))
        return true;
    return date == plus_days(easter(year), -2) || (year >= 1998 && date == nth_weekday(year, 1, MONDAY, 3)) ||
           date == nth_weekday(year, 2, MONDAY, 3) || date == last_monday_of_may(year) ||
           (year >= 2022 && date == observed(as_date_make(year, 6, 19))) ||
           date == observed(as_date_make(year, 7, 4)) || date == nth_weekday(year, 9, MONDAY, 1) ||
           date == nth_weekday(year, 11, THURSDAY, 4) || date == observed(as_date_make(year, 12, 25)) ||
           listed(date, unscheduled, sizeof unscheduled / sizeof *unscheduled);
}

bool as_calendar_rules_xnys_half_day(int32_t date)
{
    static const int32_t unscheduled[] = {19971226, 19991231, 20031226};
    int year = as_date_year(date);
    if (year < 1993 || as_calendar_rules_xnys_closed(date))
        return false;
    if (date == plus_days(nth_weekday(year, 11, THURSDAY, 4), 1) || date == as_date_make(year, 12, 24))
        return true;
    /* 3 July before a mid-week Independence Day. Until 2012 a Thursday holiday had its half day on the Friday after
     * it, and none on the Wednesday before. */
    int fourth = as_date_weekday(as_date_make(year, 7, 4));
    if (year >= 1995 && date == as_date_make(year, 7, 3) && fourth >= TUESDAY && fourth <= FRIDAY)
        return fourth != THURSDAY || year >= 2013;
    if (year >= 1995 && year <= 2012 && fourth == THURSDAY && date == as_date_make(year, 7, 5))
        return true;
    return listed(date, unscheduled, sizeof unscheduled / sizeof *unscheduled);
}

enum { KRX_FIRST_YEAR = 2010, KRX_LAST_YEAR = 2027, KRX_YEAR_MAX = 24 };

/* Weekdays on which the Korea Exchange is closed, as month * 100 + day; 0 ends a year. */
static const int16_t krx_closed[][KRX_YEAR_MAX] = {
    /* 2010 */ {101, 215, 301, 505, 521, 602, 921, 922, 923, 1231},
    /* 2011 */ {202, 203, 204, 301, 505, 510, 606, 815, 912, 913, 1003, 1230},
    /* 2012 */ {123, 124, 301, 411, 501, 528, 606, 815, 1001, 1003, 1219, 1225, 1231},
    /* 2013 */ {101, 211, 301, 501, 517, 606, 815, 918, 919, 920, 1003, 1009, 1225, 1231},
    /* 2014 */ {101, 130, 131, 501, 505, 506, 604, 606, 815, 908, 909, 910, 1003, 1009, 1225, 1231},
    /* 2015 */ {101, 218, 219, 220, 501, 505, 525, 814, 928, 929, 1009, 1225, 1231},
    /* 2016 */ {101, 208, 209, 210, 301, 413, 505, 506, 606, 815, 914, 915, 916, 1003, 1230},
    /* 2017 */ {127, 130, 301, 501, 503, 505, 509, 606, 815, 1002, 1003, 1004, 1005, 1006, 1009, 1225, 1229},
    /* 2018 */ {101, 215, 216, 301, 501, 507, 522, 606, 613, 815, 924, 925, 926, 1003, 1009, 1225, 1231},
    /* 2019 */ {101, 204, 205, 206, 301, 501, 506, 606, 815, 912, 913, 1003, 1009, 1225, 1231},
    /* 2020 */ {101, 124, 127, 415, 430, 501, 505, 817, 930, 1001, 1002, 1009, 1225, 1231},
    /* 2021 */ {101, 211, 212, 301, 505, 519, 816, 920, 921, 922, 1004, 1011, 1231},
    /* 2022 */ {131, 201, 202, 301, 309, 505, 601, 606, 815, 909, 912, 1003, 1010, 1230},
    /* 2023 */ {123, 124, 301, 501, 505, 529, 606, 815, 928, 929, 1002, 1003, 1009, 1225, 1229},
    /* 2024 */ {101, 209, 212, 301, 410, 501, 506, 515, 606, 815, 916, 917, 918, 1001, 1003, 1009, 1225, 1231},
    /* 2025 */ {101, 127, 128, 129, 130, 303, 501, 505, 506, 603, 606, 815, 1003, 1006, 1007, 1008, 1009, 1225, 1231},
    /* 2026 */ {101, 216, 217, 218, 302, 501, 505, 525, 603, 717, 817, 924, 925, 1005, 1009, 1225, 1231},
    /* 2027 */ {101, 208, 209, 301, 505, 513, 719, 816, 914, 915, 916, 1004, 1011, 1227, 1231},
};

_Static_assert(sizeof krx_closed / sizeof *krx_closed == KRX_LAST_YEAR - KRX_FIRST_YEAR + 1, "one row a year");

/* The last weekday of a year, on which the exchange is closed. */
static int32_t year_end(int year)
{
    int32_t date = as_date_make(year, 12, 31);
    int weekday = as_date_weekday(date);
    return plus_days(date, weekday == SATURDAY ? -1 : weekday == SUNDAY ? -2 : 0);
}

bool as_calendar_rules_xkrx_closed(int32_t date)
{
    static const int16_t fixed[] = {101, 301, 501, 505, 606, 815, 1003, 1009, 1225, 0};
    int year = as_date_year(date);
    const int16_t *closed = fixed;
    if (year >= KRX_FIRST_YEAR && year <= KRX_LAST_YEAR)
        closed = krx_closed[year - KRX_FIRST_YEAR];
    else if (date == year_end(year))
        return true;
    for (; *closed; closed++)
        if (date % 10000 == *closed)
            return true;
    return false;
}
