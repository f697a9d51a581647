#include "core/price.h"

#include <stdbool.h>

enum { PRICE_DECIMALS = 9, FAST_DIGITS = 18, EXPONENT_CAP = 1000000000 };

static const uint64_t power10[20] = {1ull,
                                     10ull,
                                     100ull,
                                     1000ull,
                                     10000ull,
                                     100000ull,
                                     1000000ull,
                                     10000000ull,
                                     100000000ull,
                                     1000000000ull,
                                     10000000000ull,
                                     100000000000ull,
                                     1000000000000ull,
                                     10000000000000ull,
                                     100000000000000ull,
                                     1000000000000000ull,
                                     10000000000000000ull,
                                     100000000000000000ull,
                                     1000000000000000000ull,
                                     10000000000000000000ull};

/* A decimal number taken apart: sign, its digits (with the point still among them), and powers of ten. */
typedef struct decimal {
    const char *digit;
    const char *digit_end;
    int64_t integer_digits; /* before the point */
    int64_t exponent;
    uint64_t leading; /* the first FAST_DIGITS digits as a number */
    int64_t digit_count;
    bool negative;
} decimal;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *scan_digits(const char *at, const char *end, decimal *number)
{
    for (; at < end && is_digit(*at); at++) {
        if (number->digit_count++ < FAST_DIGITS)
            number->leading = number->leading * 10 + (uint64_t)(*at - '0');
    }
    return at;
}

/* [+-]digits after the e. NULL if there is no digit. Beyond the cap a power of ten makes no difference. */
static const char *scan_exponent(const char *at, const char *end, int64_t *exponent)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return NULL;
    int64_t value = 0;
    for (; at < end && is_digit(*at); at++) {
        if (value < EXPONENT_CAP)
            value = value * 10 + (*at - '0');
    }
    *exponent = negative ? -value : value;
    return at;
}

static bool scan_decimal(const char *text, size_t text_bytes, decimal *number)
{
    const char *at = text;
    const char *end = text + text_bytes;
    *number = (decimal){0};
    if (at < end && (*at == '-' || *at == '+'))
        number->negative = *at++ == '-';
    number->digit = at;
    at = scan_digits(at, end, number);
    number->integer_digits = number->digit_count;
    if (number->integer_digits == 0)
        return false;
    if (at < end && *at == '.') {
        at = scan_digits(at + 1, end, number);
        if (number->digit_count == number->integer_digits)
            return false;
    }
    number->digit_end = at;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = scan_exponent(at + 1, end, &number->exponent);
        if (!at)
            return false;
    }
    return at == end;
}

/* The sign applied, within what an int64 price may be: INT64_MAX is AS_PX_UNDEFINED and no price. */
static as_price_result finish(const decimal *number, uint64_t magnitude, as_price_result result, int64_t *px)
{
    if (number->negative) {
        if (magnitude > UINT64_C(1) << 63)
            return AS_PRICE_RANGE;
        *px = (int64_t)(0 - magnitude);
        return result;
    }
    if (magnitude >= (uint64_t)AS_PX_UNDEFINED)
        return AS_PRICE_RANGE;
    *px = (int64_t)magnitude;
    return result;
}

/*
 * Digit by digit, each with its own power of ten in the result: powers from 0 up build the integer, power -1 is the
 * digit that decides the rounding, and everything below only breaks a tie.
 */
static as_price_result convert(const decimal *number, int64_t shift, int64_t *px)
{
    uint64_t magnitude = 0;
    unsigned round_digit = 0;
    bool below = false;
    int64_t power = number->integer_digits - 1 + shift;
    for (const char *at = number->digit; at < number->digit_end; at++) {
        if (*at == '.')
            continue;
        unsigned digit = (unsigned)(*at - '0');
        if (power >= 0) {
            if (__builtin_mul_overflow(magnitude, 10u, &magnitude) ||
                __builtin_add_overflow(magnitude, digit, &magnitude))
                return AS_PRICE_RANGE;
        } else if (power == -1) {
            round_digit = digit;
        } else if (digit != 0) {
            below = true;
        }
        power--;
    }
    for (; power >= 0 && magnitude != 0; power--) {
        if (__builtin_mul_overflow(magnitude, 10u, &magnitude))
            return AS_PRICE_RANGE;
    }
    bool inexact = round_digit != 0 || below;
    bool up = round_digit > 5 || (round_digit == 5 && (below || (magnitude & 1) != 0));
    if (up && __builtin_add_overflow(magnitude, 1u, &magnitude))
        return AS_PRICE_RANGE;
    return finish(number, magnitude, inexact ? AS_PRICE_ROUNDED : AS_PRICE_OK, px);
}

as_price_result as_price_parse_scaled(const char *text, size_t text_bytes, int scale10, int64_t *px)
{
    decimal number;
    if (!scan_decimal(text, text_bytes, &number))
        return AS_PRICE_SYNTAX;
    int64_t shift = number.exponent + scale10 + PRICE_DECIMALS;
    int64_t zeros = shift - (number.digit_count - number.integer_digits);
    uint64_t magnitude;
    if (number.digit_count <= FAST_DIGITS && zeros >= 0 && zeros < 20 &&
        !__builtin_mul_overflow(number.leading, power10[zeros], &magnitude))
        return finish(&number, magnitude, AS_PRICE_OK, px);
    return convert(&number, shift, px);
}

as_price_result as_price_parse(const char *text, size_t text_bytes, int64_t *px)
{
    return as_price_parse_scaled(text, text_bytes, 0, px);
}

size_t as_price_format(int64_t px, char *out)
{
    uint64_t magnitude = px < 0 ? 0 - (uint64_t)px : (uint64_t)px;
    uint64_t fraction = magnitude % power10[PRICE_DECIMALS];
    uint64_t whole = magnitude / power10[PRICE_DECIMALS];
    char reversed[AS_PRICE_TEXT_BYTES];
    size_t count = 0;
    if (fraction != 0) {
        int digits = PRICE_DECIMALS;
        for (; fraction % 10 == 0; fraction /= 10)
            digits--;
        for (; digits > 0; digits--, fraction /= 10)
            reversed[count++] = (char)('0' + fraction % 10);
        reversed[count++] = '.';
    }
    do {
        reversed[count++] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole != 0);
    if (px < 0)
        reversed[count++] = '-';
    for (size_t i = 0; i < count; i++)
        out[i] = reversed[count - 1 - i];
    out[count] = '\0';
    return count;
}
