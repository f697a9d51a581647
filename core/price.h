/*
 * Fixed-point prices: int64 in 1e-9 units, parsed from and printed to decimal text without a double in between.
 */
#ifndef AS_CORE_PRICE_H
#define AS_CORE_PRICE_H

#include <stddef.h>
#include <stdint.h>

#include "core/event.h"

/* Enough for any as_price_format with its terminating zero. */
#define AS_PRICE_TEXT_BYTES 24

typedef enum as_price_result {
    AS_PRICE_OK = 0,
    AS_PRICE_ROUNDED = 1, /* more than nine decimals: rounded half to even */
    AS_PRICE_SYNTAX = -1, /* not a decimal number */
    AS_PRICE_RANGE = -2   /* does not fit in int64 at 1e-9 */
} as_price_result;

/*
 * Parse exactly text_bytes bytes: [+-]digits[.digits][(e|E)[+-]digits]; no blanks, no thousands separators.
 * *px is written on OK and ROUNDED only.
 */
as_price_result as_price_parse(const char *text, size_t text_bytes, int64_t *px);

/* The same number with the decimal point moved: value * 10^scale10 (scale10 -18..18). For scaled integers in CSV. */
as_price_result as_price_parse_scaled(const char *text, size_t text_bytes, int scale10, int64_t *px);

/* Shortest exact decimal ("157.25", "-0.000000001", "3"). Returns the length. out holds AS_PRICE_TEXT_BYTES. */
size_t as_price_format(int64_t px, char *out);

/* px / 1e9 as a double; NAN for AS_PX_UNDEFINED is the caller's affair. */
static inline double as_price_to_double(int64_t px)
{
    return (double)px / 1e9;
}

#endif
