/*
 * Which rows of a CSV file are read at all: the `keep` of a mapping, bound to a file's columns.
 *
 * A row is kept if in every column of `keep` it has one of the values that are listed; blanks are left out on both
 * sides, because TAQ's conditions come padded ("F I" is "FI"). Pure after bind. Threads: any. Memory: the struct.
 */
#ifndef AS_FEEDS_DECODE_CSV_KEEP_H
#define AS_FEEDS_DECODE_CSV_KEEP_H

#include "core/config.h"
#include "feeds/decode/csv.h"

typedef struct as_csv_columns {
    const as_csv_mapping *mapping;
    int keep[AS_CSV_KEEP_MAX]; /* place in a row of each column of keep */
    int venue;                 /* -1: the mapping has none */
} as_csv_columns;

enum { AS_CSV_KEPT = -1, AS_CSV_KEEP_MISSING = -2 };

/* header NULL: columns are named by place. 0; -EINVAL with the error chain set if a column is not there. */
int as_csv_columns_bind(const as_csv_mapping *mapping, const char *path, const as_csv_record *header,
                        as_csv_columns *columns);

/* AS_CSV_KEPT; the index in mapping->keep of the first column that says no; AS_CSV_KEEP_MISSING: the row is short. */
int as_csv_columns_keep(const as_csv_columns *columns, const as_csv_record *row);

/* The row's exchange as a number that tells it from others: its first eight bytes; 0 without such a column. */
uint64_t as_csv_columns_venue(const as_csv_columns *columns, const as_csv_record *row);

#endif
