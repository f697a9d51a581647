/*
 * The shipped exchanges' closed days and half days, for a date YYYYMMDD that falls on a weekday.
 *
 * XNYS: by rule from 1990 (NYSE Rule 7.2 and its forerunner 51, with the observed-day rules), plus the unscheduled
 * closures that happened. Half days (13:00) from 1993 on; the 14:00 closes before that are taken as full days.
 * XKRX: a table for 2010..2027 (public holidays, substitutes, elections, the year's last weekday). Outside it only the
 * fixed-date holidays are known, so sessions on lunar holidays and on substitutes are wrongly open there: use the
 * configuration's `calendars` for other years. The later opening on the first trading day of a year and on the day of
 * the university entrance test is not modelled.
 */
#ifndef AS_CORE_CALENDAR_RULES_H
#define AS_CORE_CALENDAR_RULES_H

#include <stdbool.h>
#include <stdint.h>

bool as_calendar_rules_xnys_closed(int32_t date);
bool as_calendar_rules_xnys_half_day(int32_t date);
bool as_calendar_rules_xkrx_closed(int32_t date);

#endif
