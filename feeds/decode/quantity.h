/*
 * Quantities: decimal text to whole units of 10^-exponent, exactly, and back.
 *
 * An instrument counts in units of 10^-qty_exp: shares with 0, a coin in 1e-8 with 8. "0.5" with exponent 8 is
 * 50,000,000 units. No double in between. Threads: any (pure functions).
 */
#ifndef AS_FEEDS_DECODE_QUANTITY_H
#define AS_FEEDS_DECODE_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

enum { AS_QUANTITY_TEXT_BYTES = 160 };

typedef enum as_quantity_result {
    AS_QUANTITY_OK = 0,
    AS_QUANTITY_FLOORED = 1,  /* finer than a unit: rounded down, written */
    AS_QUANTITY_SYNTAX = -1,  /* not a decimal number */
    AS_QUANTITY_RANGE = -2    /* negative, or UINT64_MAX and above */
} as_quantity_result;

/* [+-]digits[.digits][(e|E)[+-]digits], text_bytes of it. *qty is written on OK and FLOORED. */
as_quantity_result as_quantity_parse(const char *text, size_t text_bytes, int exponent, uint64_t *qty);

/* The shortest plain decimal. out holds AS_QUANTITY_TEXT_BYTES; returns the length, zero-terminated. */
size_t as_quantity_format(uint64_t qty, int exponent, char *out);

#endif
