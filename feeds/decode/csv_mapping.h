/*
 * CSV rows to events, by a mapping of the configuration (DESIGN 6.25; core/config.h describes as_csv_mapping).
 *
 * A mapper is a mapping bound to one file: its columns are resolved against the file's header, its time layout and zone
 * are compiled. Then each row is a pure function of the mapper.
 *
 * - Columns are found by name; "#1", "#2", .. name them by place in a file without a header. A row that ends before a
 *   mapped column is `missing_column`.
 * - stamps: end (default) leaves the time as it is; start moves a bar to start + duration; session_close puts a date at
 *   the close of that date's session in the symbol's calendar, and a date on which it is closed is `no_session`.
 * - A bar's duration is the mapping's, or inferred from the first rows (as_csv_mapper_infer_duration), and a day with
 *   session_close. An unmapped open is the close, unmapped high and low the higher and the lower of open and
 *   close. Volume may be missing, and is rounded down.
 * - A price that is empty, NaN or not positive is `bad_price`; on a side of a quote it means that there is no offer.
 * - price_scale n means that the column holds units of 10^-n.
 * - A headline's symbols are separated by blanks, commas, semicolons or bars; brackets and quotes around are ignored.
 *
 * Threads: one at a time. Memory: heap at new, none later. Receive time is the source time.
 */
#ifndef AS_FEEDS_DECODE_CSV_MAPPING_H
#define AS_FEEDS_DECODE_CSV_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/event.h"
#include "core/headline.h"
#include "core/universe.h"
#include "feeds/decode/csv.h"

/* Why a row was refused. UNKNOWN_SYMBOL is no fault of the row: it is dropped and counted apart. */
typedef enum as_csv_row_result {
    AS_CSV_ROW_OK = 0,
    AS_CSV_ROW_UNKNOWN_SYMBOL,
    AS_CSV_ROW_MISSING_COLUMN,
    AS_CSV_ROW_BAD_SYMBOL,     /* empty, or longer than AS_SYMBOL_BYTES allows */
    AS_CSV_ROW_BAD_TIME,       /* not the layout, or before 1970 */
    AS_CSV_ROW_NO_SESSION,     /* session_close: the calendar is closed on the date */
    AS_CSV_ROW_BAD_PRICE,
    AS_CSV_ROW_BAD_QTY,
    AS_CSV_ROW_BAD_TEXT,       /* a headline without text */
    AS_CSV_ROW_BAD_VALUE,      /* tier */
    AS_CSV_ROW_BAD_UTF8,
    AS_CSV_ROW_RESULT_COUNT
} as_csv_row_result;

/* The result as a word for counters and messages. */
const char *as_csv_row_result_name(as_csv_row_result result);

typedef struct as_csv_mapper as_csv_mapper;

typedef struct as_csv_mapper_options {
    const as_csv_mapping *mapping; /* must outlive the mapper */
    const char *path;              /* of the file, for messages */
    const as_csv_record *header;   /* NULL: the file has none */
    const as_universe *universe;   /* symbols, units, calendars; NULL: see resolve */
    /*
     * Without a universe: gives a symbol its number (inspect). Units are whole, and sessions are those of XNYS, where a
     * date on which it is closed ends at 16:00 New York as well.
     */
    uint32_t (*resolve)(void *arg, const char *symbol, size_t symbol_bytes);
    void *arg;
    int32_t date;                  /* for ms_of_day where the mapping gives none; 0: not known */
    uint16_t source;               /* as_event.source */
} as_csv_mapper_options;

/* Does the mapping say that the file has no header? (A column is named by its place.) */
bool as_csv_mapping_headerless(const as_csv_mapping *mapping);

/*
 * Is the mapping for this file? path: its glob must fit the file's name (with or without .gz or .zst), or the whole
 * path if the glob holds a slash. header: it must hold every column of match.columns. Both if both are given.
 */
bool as_csv_mapping_matches(const as_csv_mapping *mapping, const char *path, const as_csv_record *header);

/*
 * 0; -EINVAL, -ENOENT or -ENOMEM with the error chain set (a column that is not there, an unknown zone, no date,
 * ...).
 */
int as_csv_mapper_new(const as_csv_mapper_options *options, as_csv_mapper **mapper);
void as_csv_mapper_free(as_csv_mapper *mapper);

/* Bars, and neither the mapping nor the stamps say how long they are. */
bool as_csv_mapper_needs_duration(const as_csv_mapper *mapper);

/*
 * Take the duration from the beginning of the data (after the header): the smallest step between two stamps of one
 * symbol. 0; -EINVAL with the error chain set if no symbol has two different stamps there.
 */
int as_csv_mapper_infer_duration(as_csv_mapper *mapper, const char *data, size_t bytes);

/* The event of a row. *ev is written on OK, and its kind on UNKNOWN_SYMBOL; *hl if the mapping is for headlines. */
as_csv_row_result as_csv_mapper_row(const as_csv_mapper *mapper, const as_csv_record *row, as_event *ev,
                                    as_headline *hl);

/* "bar" "trade" "quote" "headline" */
const char *as_csv_kind_name(as_csv_kind kind);

#endif
