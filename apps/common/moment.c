#include "apps/common/moment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "core/event.h"

static const char *const moment_allowed = "YYYY-MM-DD, YYYY-MM-DDTHH:MM:SS[.frac]Z, or ns since 1970";

/* The fraction of a second after a point, as ns; text moves behind it. */
static uint64_t fraction_ns(const char **text)
{
    uint64_t ns = 0, unit = AS_NS_PER_S / 10;
    if (**text != '.')
        return 0;
    for ((*text)++; **text >= '0' && **text <= '9'; (*text)++, unit /= 10)
        ns += unit * (uint64_t)(**text - '0');
    return ns;
}

int as_moment_parse(const char *option, const char *text, uint64_t *ns)
{
    static const char *const layout[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};
    size_t digits = strspn(text, "0123456789");
    if (digits > 8 && text[digits] == 0) {
        errno = 0;
        *ns = strtoull(text, NULL, 10);
        return errno ? as_error_set(-EINVAL, "%s: found '%s'; allowed: %s", option, text, moment_allowed) : 0;
    }
    for (unsigned i = 0; i < sizeof layout / sizeof *layout; i++) {
        struct tm tm = {0};
        const char *rest = strptime(text, layout[i], &tm);
        if (!rest)
            continue;
        uint64_t part = fraction_ns(&rest);
        if (*rest == 'Z')
            rest++;
        if (*rest || tm.tm_year < 70)
            continue;
        int day = tm.tm_mday;
        time_t seconds = timegm(&tm);
        if (tm.tm_mday != day) /* the 30th of February: timegm has moved it */
            break;
        *ns = (uint64_t)seconds * AS_NS_PER_S + part;
        return 0;
    }
    return as_error_set(-EINVAL, "%s: found '%s'; allowed: %s", option, text, moment_allowed);
}

int as_date_parse(const char *option, const char *text, int32_t *date)
{
    int year, month, day, used = 0;
    bool fits = sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3 && !text[used];
    if (!fits)
        fits = strlen(text) == 8 && sscanf(text, "%4d%2d%2d%n", &year, &month, &day, &used) == 3 && !text[used];
    if (!fits || year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
        return as_error_set(-EINVAL, "%s: found '%s'; allowed: YYYYMMDD or YYYY-MM-DD", option, text);
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12};
    if (timegm(&tm) < 0 || tm.tm_mday != day)
        return as_error_set(-EINVAL, "%s: found '%s'; allowed: a day that the calendar has", option, text);
    *date = year * 10000 + month * 100 + day;
    return 0;
}
