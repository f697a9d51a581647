#include "feeds/files/file_date.h"

#include <stdlib.h>
#include <string.h>

#include "core/date.h"

static int32_t checked(int year, int month, int day)
{
    if (year < 1990 || year > 2050 || !as_civil_date_valid(year, month, day))
        return 0;
    return as_date_make(year, month, day);
}

static int part(const char *p, int digits)
{
    int v = 0;
    for (int i = 0; i < digits; i++)
        v = v * 10 + (p[i] - '0');
    return v;
}

static size_t run(const char *p)
{
    return strspn(p, "0123456789");
}

static int32_t eight_digits(const char *p)
{
    if (run(p) != 8)
        return 0;
    int32_t date = checked(part(p, 4), part(p + 4, 2), part(p + 6, 2));
    return date ? date : checked(part(p + 4, 4), part(p, 2), part(p + 2, 2));
}

static int32_t with_dashes(const char *p)
{
    if (run(p) != 4 || (p[4] != '-' && p[4] != '_') || run(p + 5) != 2 || p[7] != p[4] || run(p + 8) != 2)
        return 0;
    return checked(part(p, 4), part(p + 5, 2), part(p + 8, 2));
}

static int32_t six_digits(const char *p)
{
    if (run(p) != 6)
        return 0;
    int32_t date = checked(2000 + part(p + 4, 2), part(p, 2), part(p + 2, 2));
    return date ? date : checked(2000 + part(p, 2), part(p + 2, 2), part(p + 4, 2));
}

int32_t as_file_date(const char *path)
{
    static int32_t (*const form[3])(const char *) = {eight_digits, with_dashes, six_digits};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (int i = 0; i < 3; i++)
        for (const char *p = name; *p; p += run(p) ? run(p) : 1) {
            int32_t date = run(p) ? form[i](p) : 0;
            if (date)
                return date;
        }
    return 0;
}
