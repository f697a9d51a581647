/*
 * Time zones: local civil time to UTC and back, from the system's tz database.
 *
 * A zone is a sorted table of UTC instants at which its offset changes. It is read once from the database's own file
 * (TZif, RFC 8536, every version) under $TZDIR or /usr/share/zoneinfo; the rule in the file's footer is expanded to
 * AS_TIMEZONE_YEAR_MAX, so that a "slim" database gives the same table as a "fat" one. libc's TZ machinery is not used:
 * it is global state, and it takes an unknown name for UTC without a word.
 *
 * Local times that a change of offset repeats or skips get the offset that was in force BEFORE the change (fold=0 of
 * PEP 495): a repeated time is the earlier of its two instants, and a skipped time lies as far after the change as it
 * lay beyond it (02:30 on the morning when 02:00 becomes 03:00 is 03:30).
 *
 * Threads: a zone is constant after as_timezone_new. Memory: heap, at start only. "UTC" needs no database.
 */
#ifndef AS_CORE_TIMEZONE_H
#define AS_CORE_TIMEZONE_H

#include <stdint.h>

enum {
    AS_TIMEZONE_NAME_BYTES = 48,
    AS_TIMEZONE_TRANSITION_MAX = 4096,
    AS_TIMEZONE_FILE_BYTES = 1 << 18,
    AS_TIMEZONE_YEAR_MAX = 2100
};

typedef struct as_timezone as_timezone;

/* A civil date and time; month and day count from 1. */
typedef struct as_civil {
    int year, month, day;
    int hour, minute, second;
} as_civil;

/*
 * Load a zone by its IANA name ("America/New_York"). 0; -ENOENT for a name that the database does not hold, -EINVAL for
 * a file that is no zone, -ENOMEM; with the error chain set.
 */
int as_timezone_new(const char *name, as_timezone **timezone);
void as_timezone_free(as_timezone *timezone);

const char *as_timezone_name(const as_timezone *timezone);

/*
 * Seconds since 1970 UTC of a local civil time (see above for repeated and skipped ones). The fields are taken
 * arithmetically: 24:00:00, 25:30:00 or a second of 60 are the same distance after midnight of that date, local.
 */
int64_t as_timezone_to_utc(const as_timezone *timezone, int year, int month, int day, int hour, int minute, int second);

/* Seconds to add to UTC to get local time at an instant. */
int32_t as_timezone_offset_at(const as_timezone *timezone, int64_t utc_s);

/* Local civil time of an instant. */
as_civil as_timezone_to_civil(const as_timezone *timezone, int64_t utc_s);

/* Midnight, in ns UTC, of the local date YYYYMMDD; of the date that the instant lies in, if date is 0. */
uint64_t as_timezone_midnight_ns(const as_timezone *timezone, int32_t date, uint64_t ts_ns);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back (hour, minute, second 0). */
int64_t as_civil_days(int year, int month, int day);
as_civil as_civil_from_days(int64_t days);

/* Is there such a date? year 1..9999. */
int as_civil_date_valid(int year, int month, int day);

#endif
