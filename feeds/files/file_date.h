/*
 * The date in a recording's name: daily files are called after their day.
 *
 * Looks at the last part of the path only, for (in this order) eight digits as YYYYMMDD or MMDDYYYY
 * ("01302020.NASDAQ_ITCH50", "20131009_spy_trade.csv"), YYYY-MM-DD or YYYY_MM_DD, and six digits as MMDDYY
 * ("S031926-v50") or YYMMDD. The digits stand alone: no digit before or after. Years 1990..2050.
 */
#ifndef AS_FEEDS_FILE_DATE_H
#define AS_FEEDS_FILE_DATE_H

#include <stdint.h>

/* YYYYMMDD, 0 if the name holds no date. */
int32_t as_file_date(const char *path);

#endif
