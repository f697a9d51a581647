/*
 * Time stamps as people write them, to ns since 1970 UTC.
 *
 * A layout is one of the words epoch_s epoch_ms epoch_us epoch_ns (a decimal number since 1970 UTC, fractions kept to
 * the ns), ms_of_day (milliseconds on the clock of a given local date), or a pattern like strptime's:
 *   %Y %y year (y: 1970..2069)   %m month   %d %e day   %b month's name   %a weekday's name (not checked)
 *   %H hour   %I hour of twelve with %p AM or PM   %M minute   %S second (60 counts on)   %f fraction, up to 9 digits
 *   %z offset: +hh:mm +hhmm +hh Z   %F = %Y-%m-%d   %T = %H:%M:%S   %% = %
 *   a blank: any number of blanks, none included   any other character: itself
 * Text left over after the pattern is an error, but for a single Z, which says UTC as %z does. A pattern without hours
 * gives a date: the stamp is local midnight and the value says date_only.
 *
 * Local times are read in an IANA zone, daylight saving included (core/timezone.h says which instant a repeated or
 * skipped time is); an offset in the text goes before the zone. Stamps from 1970 to 2261.
 *
 * Threads: any once initialised. Memory: the zone's table on the heap, at start.
 */
#ifndef AS_FEEDS_DECODE_TIME_LAYOUT_H
#define AS_FEEDS_DECODE_TIME_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/timezone.h"

typedef enum as_time_form {
    AS_TIME_PATTERN = 0,
    AS_TIME_EPOCH,    /* digits: decimal places between the unit and 1 ns */
    AS_TIME_MS_OF_DAY
} as_time_form;

typedef struct as_time_layout {
    as_time_form form;
    int digits;
    char pattern[64];   /* %F and %T expanded */
    bool date_only;
    int32_t date;       /* ms_of_day: YYYYMMDD */
    as_timezone *zone;
} as_time_layout;

typedef struct as_time_value {
    uint64_t ts;        /* ns UTC */
    int32_t date;       /* local date as written, YYYYMMDD; 0 for epoch forms */
} as_time_value;

/*
 * layout and zone as above (zone empty: UTC); date is for ms_of_day only (0: not known yet; set it before parsing).
 * 0; -EINVAL or -ENOENT with the error chain set.
 */
int as_time_layout_init(as_time_layout *layout, const char *text, const char *zone, int32_t date);
void as_time_layout_fini(as_time_layout *layout);

/* false, with *value untouched, if the text does not have the layout or is no moment of 1970..2261. */
bool as_time_layout_parse(const as_time_layout *layout, const char *text, size_t text_bytes, as_time_value *value);

#endif
