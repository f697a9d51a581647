/*
 * Civil dates as one integer YYYYMMDD, the form in which configurations, calendars and file names carry them.
 *
 * Thin inline wrappers over the day count of core/timezone.h. Pure, any thread; years 1..9999.
 */
#ifndef AS_CORE_DATE_H
#define AS_CORE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/timezone.h"

static inline int as_date_year(int32_t date)
{
    return date / 10000;
}

static inline int as_date_month(int32_t date)
{
    return date / 100 % 100;
}

static inline int as_date_day(int32_t date)
{
    return date % 100;
}

static inline int32_t as_date_make(int year, int month, int day)
{
    return (int32_t)(year * 10000 + month * 100 + day);
}

/* Days since 1970-01-01. */
static inline int64_t as_date_to_days(int32_t date)
{
    return as_civil_days(as_date_year(date), as_date_month(date), as_date_day(date));
}

static inline int32_t as_date_from_days(int64_t days)
{
    as_civil civil = as_civil_from_days(days);
    return as_date_make(civil.year, civil.month, civil.day);
}

/* 0 Monday .. 6 Sunday; 1970-01-01 was a Thursday. */
static inline int as_date_weekday(int32_t date)
{
    return (int)(((as_date_to_days(date) + 3) % 7 + 7) % 7);
}

static inline bool as_date_valid(int32_t date)
{
    return date > 0 && as_civil_date_valid(as_date_year(date), as_date_month(date), as_date_day(date));
}

#endif
