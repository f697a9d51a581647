/*
 * One line of CSV into fields, RFC 4180 within the line: commas, fields in double quotes, doubled quotes inside them.
 *
 * For the small tables that are read at start (universe.csv, links.csv). A quoted field ends on its own line. Works in
 * place: fields point into the line, with quotes taken off and a zero after each. Pure.
 */
#ifndef AS_CORE_CSV_LINE_H
#define AS_CORE_CSV_LINE_H

#include <stddef.h>

typedef enum as_csv_line_result {
    AS_CSV_LINE_OK = 0,
    AS_CSV_LINE_QUOTE = -1, /* a quote that does not end, or text after one that does */
    AS_CSV_LINE_MANY = -2   /* more than field_max fields */
} as_csv_line_result;

/*
 * line is zero-terminated, without its line end. *field_count is written on AS_CSV_LINE_OK; an empty line is one
 * field.
 */
as_csv_line_result as_csv_line_split(char *line, char **field, size_t field_max, size_t *field_count);

/*
 * The next line of a zero-terminated text: its end (LF, CR LF) becomes a zero and *cursor moves past it. NULL at the
 * end of the text.
 */
char *as_csv_line_next(char **cursor);

#endif
