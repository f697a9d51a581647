/*
 * CSV: one record of RFC 4180 at a time, as slices of the buffer it lies in.
 *
 * Fields are separated by commas; a field in double quotes may hold commas, line ends and doubled quotes; a record ends
 * with LF or CRLF. Looser than the RFC in one point only: a quote inside a field that does not begin with one is an
 * ordinary character. A record with its line ends is at most AS_LINE_BYTES long.
 *
 * Threads: any (pure functions). Memory: the caller's record.
 */
#ifndef AS_FEEDS_DECODE_CSV_H
#define AS_FEEDS_DECODE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

enum { AS_CSV_FIELD_MAX = 128 };

typedef enum as_csv_result {
    AS_CSV_RECORD = 0,
    AS_CSV_BLANK,     /* an empty line */
    AS_CSV_NEED_MORE, /* the buffer ends inside the record: give more, or say final */
    AS_CSV_TOO_LONG,  /* no end within AS_LINE_BYTES */
    AS_CSV_BAD_QUOTE, /* something stands between a closing quote and the comma, or the quote is never closed */
    AS_CSV_TOO_MANY   /* more than AS_CSV_FIELD_MAX fields */
} as_csv_result;

typedef struct as_csv_field {
    const char *text;    /* between the quotes if there are any, doubled quotes still doubled */
    uint32_t text_bytes;
    bool doubled;        /* holds doubled quotes: as_csv_field_copy resolves them */
} as_csv_field;

typedef struct as_csv_record {
    uint32_t count;
    uint32_t line_count; /* lines the record spans, 1 unless line ends are quoted */
    size_t used_bytes;   /* with the line end; what to skip before the next record */
    as_csv_field field[AS_CSV_FIELD_MAX];
} as_csv_record;

/*
 * Split the record that begins at data. final: nothing follows data[bytes - 1], so that a last record without a line
 * end is whole. On an error used_bytes covers the first line only, so that one stray quote does not swallow the lines
 * after it; if that line has no end in the buffer, all of the buffer, and the caller skips to the next LF.
 */
as_csv_result as_csv_split(const char *data, size_t bytes, bool final, as_csv_record *record);

/* A field's text into out, zero-terminated, doubled quotes made single; *cut, if not NULL: it did not fit. */
size_t as_csv_field_copy(const as_csv_field *field, char *out, size_t out_bytes, bool *cut);

/* The field without blanks at either end. */
as_csv_field as_csv_field_trim(as_csv_field field);

/* Write a field, quoted if it must be. Returns the bytes written (no zero), SIZE_MAX if out_bytes are too few. */
size_t as_csv_field_write(const char *text, size_t text_bytes, char *out, size_t out_bytes);

#endif
