/*
 * Numbers in configuration text, read strictly: the whole text is the number, nothing before or after it.
 *
 * Decimal notation whatever the process's locale; correctly rounded (so the same text is the same double everywhere);
 * no "inf", "nan", hexadecimal, blanks or thousands separators. Cold path, any thread.
 */
#ifndef AS_CORE_NUMBER_H
#define AS_CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* [+-]digits[.digits][(e|E)[+-]digits], finite. false and *value untouched if it is not that. */
bool as_number_double(const char *text, double *value);

/* [+-]digits that fit. */
bool as_number_int64(const char *text, int64_t *value);

#endif
