#include "feeds/decode/quantity.h"

#include <stdbool.h>
#include <string.h>

typedef struct number {
    const char *digit;     /* digits with perhaps a point among them */
    const char *digit_end;
    int before_point;      /* digits before the point */
    int exponent;
    bool negative;
} number;

enum { EXPONENT_MAX = 9999 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool split(const char *p, const char *end, number *n)
{
    n->negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    n->digit = p;
    n->exponent = 0;
    while (p < end && is_digit(*p))
        p++;
    n->before_point = (int)(p - n->digit);
    bool any = p > n->digit;
    if (p < end && *p == '.') {
        p++;
        any = any && p < end && is_digit(*p);
        while (p < end && is_digit(*p))
            p++;
    }
    n->digit_end = p;
    if (any && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        bool minus = p < end && *p == '-';
        p += p < end && (*p == '-' || *p == '+');
        any = p < end;
        for (; p < end && is_digit(*p); p++)
            n->exponent = n->exponent < EXPONENT_MAX ? n->exponent * 10 + (*p - '0') : EXPONENT_MAX;
        if (minus)
            n->exponent = -n->exponent;
    }
    return any && p == end;
}

/* Appends a decimal digit; false if the value leaves the range. */
static bool append(uint64_t *value, unsigned digit)
{
    if (*value > (UINT64_MAX - 1 - digit) / 10)
        return false;
    *value = *value * 10 + digit;
    return true;
}

as_quantity_result as_quantity_parse(const char *text, size_t text_bytes, int exponent, uint64_t *qty)
{
    number n;
    uint64_t value = 0;
    bool floored = false, nonzero = false;
    if (text_bytes > INT32_MAX / 2 || !split(text, text + text_bytes, &n))
        return AS_QUANTITY_SYNTAX;
    int whole = n.before_point + n.exponent + exponent; /* digits that count whole units */
    int seen = 0;
    for (const char *p = n.digit; p < n.digit_end; p++) {
        if (*p == '.')
            continue;
        unsigned digit = (unsigned)(*p - '0');
        nonzero = nonzero || digit;
        if (seen++ >= whole)
            floored = floored || digit;
        else if (!append(&value, digit))
            return AS_QUANTITY_RANGE;
    }
    for (; seen < whole && value > 0; seen++)
        if (!append(&value, 0))
            return AS_QUANTITY_RANGE;
    if (n.negative && nonzero)
        return AS_QUANTITY_RANGE;
    *qty = value;
    return floored ? AS_QUANTITY_FLOORED : AS_QUANTITY_OK;
}

size_t as_quantity_format(uint64_t qty, int exponent, char *out)
{
    char digits[20];
    size_t n = 0, at = 0;
    do
        digits[n++] = (char)('0' + qty % 10);
    while (qty /= 10);
    if (exponent <= 0) {
        while (n > 0)
            out[at++] = digits[--n];
        for (; exponent < 0 && out[0] != '0' && at < AS_QUANTITY_TEXT_BYTES - 1; exponent++)
            out[at++] = '0';
        out[at] = 0;
        return at;
    }
    size_t fraction = (size_t)exponent, low = 0;
    while (low < fraction && low < n - 1 && digits[low] == '0')
        low++; /* zeros at the end of the fraction */
    if (n == 1 && digits[0] == '0')
        low = fraction;
    for (size_t i = n > fraction ? n : fraction + 1; i > low; i--) {
        if (i == fraction)
            out[at++] = '.';
        out[at++] = i > n ? '0' : digits[i - 1];
    }
    if (low >= fraction && at == 0)
        out[at++] = '0';
    for (size_t i = low; i > fraction; i--)
        out[at++] = '0';
    out[at] = 0;
    return at;
}
