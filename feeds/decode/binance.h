/*
 * Binance's public data files: rows of trades and aggTrades, spot and futures (PROTOCOLS A10).
 *
 *   spot trades       id, price, qty, quote qty, time, buyer is maker, best match                      7 columns
 *   spot aggTrades    id, price, qty, first id, last id, time, buyer is maker, best match              8
 *   futures trades    id, price, qty, quote qty, time, buyer is maker                                  6
 *   futures aggTrades id, price, qty, first id, last id, time, buyer is maker                          7
 *
 * A header line may be there. Times are milliseconds, or microseconds (spot from 2025 on): told apart by their
 * size. The buyer being the maker means that the seller was the aggressor. Pure functions. Threads: any.
 */
#ifndef AS_FEEDS_DECODE_BINANCE_H
#define AS_FEEDS_DECODE_BINANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum as_binance_form {
    AS_BINANCE_NONE = 0,
    AS_BINANCE_TRADES,
    AS_BINANCE_AGG_TRADES,
    AS_BINANCE_FUTURES_TRADES,
    AS_BINANCE_FUTURES_AGG_TRADES
} as_binance_form;

typedef struct as_binance_trade {
    uint64_t id;
    uint64_t ts; /* ns UTC */
    int64_t px;
    const char *qty; /* decimal text within the line: its unit is the instrument's */
    size_t qty_bytes;
    bool seller_aggressor;
} as_binance_trade;

typedef enum as_binance_result {
    AS_BINANCE_OK = 0,
    AS_BINANCE_COLUMNS = -1,
    AS_BINANCE_NUMBER = -2, /* id or quantity */
    AS_BINANCE_PRICE = -3,
    AS_BINANCE_TIME = -4,
    AS_BINANCE_FLAG = -5 /* neither true nor false */
} as_binance_result;

/* "columns" "bad_number" "bad_price" "bad_time" "bad_flag" */
const char *as_binance_result_name(as_binance_result result);

/* "trades" "aggTrades": the type under which inspect counts the rows */
const char *as_binance_form_name(as_binance_form form);

/* Which form is this line, without its ending, of? */
as_binance_form as_binance_form_of(const char *line, size_t line_bytes);

/* The form of a file, by its first line that is no header. *header: there is one. */
as_binance_form as_binance_sniff(const char *data, size_t bytes, bool *header);

as_binance_result as_binance_parse(as_binance_form form, const char *line, size_t line_bytes, as_binance_trade *trade);

#endif
