#include "core/number.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>

static const char *skip_digits(const char *p)
{
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

static bool is_decimal(const char *p)
{
    p += *p == '+' || *p == '-';
    const char *whole = p;
    p = skip_digits(p);
    if (p == whole)
        return false;
    if (*p == '.') {
        const char *fraction = p + 1;
        p = skip_digits(fraction);
        if (p == fraction)
            return false;
    }
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '+' || p[1] == '-');
        const char *exponent = p;
        p = skip_digits(p);
        if (p == exponent)
            return false;
    }
    return *p == '\0';
}

bool as_number_double(const char *text, double *value)
{
    if (!is_decimal(text))
        return false;
    locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return false;
    double parsed = strtod_l(text, NULL, c_locale);
    freelocale(c_locale);
    if (!(parsed >= -1.7976931348623157e308 && parsed <= 1.7976931348623157e308))
        return false;
    *value = parsed;
    return true;
}

bool as_number_int64(const char *text, int64_t *value)
{
    const char *digits = text + (*text == '+' || *text == '-');
    const char *end = skip_digits(digits);
    if (end == digits || *end)
        return false;
    errno = 0;
    long long parsed = strtoll(text, NULL, 10);
    if (errno)
        return false;
    *value = parsed;
    return true;
}
