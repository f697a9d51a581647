/*
 * LOBSTER: rows of a message file and of the order book file beside it (PROTOCOLS A10).
 *
 *   message     34200.017459617,5,0,1,2238200,-1      time, type, order, size, price 1e-4, side of the RESTING order
 *   orderbook   2239500,100,2231800,100,...           ask, size, bid, size of each level, the state AFTER that message
 *
 * Pure functions of (line, line_bytes) without its ending. Prices may be negative or the empty level's +-9999999999.
 * Threads: any. Memory: the caller's.
 */
#ifndef AS_FEEDS_DECODE_LOBSTER_H
#define AS_FEEDS_DECODE_LOBSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"

typedef enum as_lobster_type {
    AS_LOBSTER_ADD = 1,
    AS_LOBSTER_REDUCE = 2,  /* part of an order is cancelled */
    AS_LOBSTER_DELETE = 3,
    AS_LOBSTER_EXECUTE = 4, /* of a visible order */
    AS_LOBSTER_HIDDEN = 5,  /* execution of a hidden order */
    AS_LOBSTER_CROSS = 6,   /* auction trade */
    AS_LOBSTER_HALT = 7     /* price -1 halted, 0 quoting resumes, 1 trading resumes */
} as_lobster_type;

typedef struct as_lobster_message {
    uint64_t ns; /* since midnight, exchange's local time */
    uint64_t order_id, size;
    int64_t px;   /* 1e-9; of HALT: what the file says, times 1e5 */
    uint8_t type; /* as_lobster_type */
    bool sell;    /* the resting order's side */
} as_lobster_message;

typedef enum as_lobster_result {
    AS_LOBSTER_OK = 0,
    AS_LOBSTER_COLUMNS = -1, /* not six fields */
    AS_LOBSTER_TIME = -2,    /* no seconds of a day */
    AS_LOBSTER_TYPE = -3,
    AS_LOBSTER_NUMBER = -4, /* order, size, price or direction */
} as_lobster_result;

/* "columns" "bad_time" "bad_type" "bad_number" */
const char *as_lobster_result_name(as_lobster_result result);

/* *message is written on OK only. */
as_lobster_result as_lobster_parse(const char *line, size_t line_bytes, as_lobster_message *message);

/* The first level of an order book row, as the quote of an event. false: the row is not one. */
bool as_lobster_parse_top(const char *line, size_t line_bytes, as_event *quote);

/* Does the file begin with a message row (a book row)? */
bool as_lobster_sniff(const char *data, size_t bytes);
bool as_lobster_sniff_book(const char *data, size_t bytes);

#endif
