#include "feeds/decode/time_layout.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"
#include "core/event.h"
#include "feeds/decode/quantity.h"

enum { YEAR_MAX = 2261 }; /* the last whole year of 2^63 ns */

static const struct {
    const char *word;
    as_time_form form;
    int digits;
} word_table[] = {
    {"epoch_s", AS_TIME_EPOCH, 9},  {"epoch_ms", AS_TIME_EPOCH, 6},      {"epoch_us", AS_TIME_EPOCH, 3},
    {"epoch_ns", AS_TIME_EPOCH, 0}, {"ms_of_day", AS_TIME_MS_OF_DAY, 6},
};

static int expand_pattern(as_time_layout *layout, const char *text)
{
    static const char known[] = "YymdebaHIpMSfz%";
    bool year = false, month = false, day = false, hour = false, twelve = false, half = false;
    size_t n = 0;
    for (const char *p = text; *p; p++) {
        const char *piece = p;
        size_t piece_bytes = 1;
        if (*p == '%') {
            p++;
            piece_bytes = 2;
            if (*p == 'F' || *p == 'T') {
                piece = *p == 'F' ? "%Y-%m-%d" : "%H:%M:%S";
                piece_bytes = 8;
            } else if (*p == 0 || !strchr(known, *p)) {
                return as_error_set(-EINVAL,
                                    "time layout \"%s\": %%%c is unknown; allowed are %%Y %%y %%m %%d %%e %%b "
                                    "%%a %%H %%I %%p %%M %%S %%f %%z %%F %%T %%%%",
                                    text, *p ? *p : ' ');
            }
            year = year || *p == 'Y' || *p == 'y' || *p == 'F';
            month = month || *p == 'm' || *p == 'b' || *p == 'F';
            day = day || *p == 'd' || *p == 'e' || *p == 'F';
            hour = hour || *p == 'H' || *p == 'I' || *p == 'T';
            twelve = twelve || *p == 'I';
            half = half || *p == 'p';
        }
        if (n + piece_bytes >= sizeof layout->pattern)
            return as_error_set(-EINVAL, "time layout \"%s\" is longer than %zu bytes", text,
                                sizeof layout->pattern - 1);
        memcpy(layout->pattern + n, piece, piece_bytes);
        n += piece_bytes;
    }
    layout->pattern[n] = 0;
    layout->date_only = !hour;
    if (!year || !month || !day)
        return as_error_set(-EINVAL,
                            "time layout \"%s\" names no year, month and day; allowed are patterns with %%Y, "
                            "%%m and %%d, epoch_s, epoch_ms, epoch_us, epoch_ns and ms_of_day",
                            text);
    if (twelve != half)
        return as_error_set(-EINVAL, "time layout \"%s\": %%I and %%p go together", text);
    return 0;
}

int as_time_layout_init(as_time_layout *layout, const char *text, const char *zone, int32_t date)
{
    int code = 0;
    memset(layout, 0, sizeof *layout);
    layout->date = date;
    size_t i = 0;
    while (i < sizeof word_table / sizeof *word_table && strcmp(text, word_table[i].word) != 0)
        i++;
    if (i < sizeof word_table / sizeof *word_table) {
        layout->form = word_table[i].form;
        layout->digits = word_table[i].digits;
    } else {
        code = expand_pattern(layout, text);
    }
    return code < 0 ? code : as_timezone_new(zone && *zone ? zone : "UTC", &layout->zone);
}

void as_time_layout_fini(as_time_layout *layout)
{
    as_timezone_free(layout->zone);
    layout->zone = NULL;
}

/* What a pattern has found. */
typedef struct fields {
    int year, month, day, hour, minute, second;
    uint32_t fraction_ns;
    bool afternoon, twelve, has_offset;
    int offset_s;
} fields;

typedef struct cursor {
    const char *p, *end;
} cursor;

static bool digits(cursor *c, int most, int *value)
{
    int v = 0, n = 0;
    for (; n < most && c->p < c->end && *c->p >= '0' && *c->p <= '9'; n++)
        v = v * 10 + (*c->p++ - '0');
    *value = v;
    return n > 0;
}

static bool take(cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

static bool fraction(cursor *c, uint32_t *ns)
{
    uint32_t v = 0, unit = 100000000;
    const char *first = c->p;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9' && c->p - first < 9; c->p++, unit /= 10)
        v += (uint32_t)(*c->p - '0') * unit;
    *ns = v;
    return c->p > first;
}

/* +hh:mm +hhmm +hh Z */
static bool offset(cursor *c, fields *f)
{
    int hours = 0, minutes = 0;
    f->has_offset = true;
    if (take(c, 'Z') || take(c, 'z'))
        return true;
    if (c->p == c->end || (*c->p != '+' && *c->p != '-'))
        return false;
    int sign = *c->p++ == '-' ? -1 : 1;
    if (!digits(c, 2, &hours))
        return false;
    bool colon = take(c, ':');
    if (!digits(c, 2, &minutes) && colon)
        return false;
    f->offset_s = sign * (hours * 3600 + minutes * 60);
    return hours <= 15 && minutes <= 59;
}

static bool month_name(cursor *c, int *month)
{
    static const char *const name[12] = {"january", "february", "march",     "april",   "may",      "june",
                                         "july",    "august",   "september", "october", "november", "december"};
    size_t left = (size_t)(c->end - c->p);
    for (int i = 0; i < 12; i++) {
        size_t full = strlen(name[i]);
        size_t bytes = left >= full && strncasecmp(c->p, name[i], full) == 0 ? full : 3;
        if (left < 3 || strncasecmp(c->p, name[i], bytes) != 0)
            continue;
        c->p += bytes;
        *month = i + 1;
        return true;
    }
    return false;
}

static bool letters(cursor *c)
{
    const char *first = c->p;
    while (c->p < c->end && ((*c->p >= 'A' && *c->p <= 'Z') || (*c->p >= 'a' && *c->p <= 'z')))
        c->p++;
    return c->p > first;
}

static bool half_day(cursor *c, fields *f)
{
    if (c->end - c->p < 2 || (c->p[1] != 'M' && c->p[1] != 'm') || !strchr("AaPp", *c->p))
        return false;
    f->twelve = true;
    f->afternoon = *c->p == 'P' || *c->p == 'p';
    c->p += 2;
    return true;
}

static bool directive(char which, cursor *c, fields *f)
{
    switch (which) {
    case 'Y':
        return digits(c, 4, &f->year);
    case 'y':
        if (!digits(c, 2, &f->year))
            return false;
        f->year += f->year < 70 ? 2000 : 1900;
        return true;
    case 'm':
        return digits(c, 2, &f->month);
    case 'd':
        return digits(c, 2, &f->day);
    case 'e':
        take(c, ' ');
        return digits(c, 2, &f->day);
    case 'b':
        return month_name(c, &f->month);
    case 'a':
        return letters(c);
    case 'H':
    case 'I':
        return digits(c, 2, &f->hour);
    case 'p':
        return half_day(c, f);
    case 'M':
        return digits(c, 2, &f->minute);
    case 'S':
        return digits(c, 2, &f->second);
    case 'f':
        return fraction(c, &f->fraction_ns);
    case 'z':
        return offset(c, f);
    default:
        return take(c, which);
    }
}

static bool match(const char *pattern, cursor *c, fields *f)
{
    for (; *pattern; pattern++) {
        bool fits = true;
        if (*pattern == '%')
            fits = directive(*++pattern, c, f);
        else if (*pattern == ' ')
            while (take(c, ' '))
                ;
        else
            fits = take(c, *pattern);
        if (!fits)
            return false;
    }
    if (c->end - c->p == 1 && *c->p == 'Z' && !f->has_offset)
        return offset(c, f);
    return c->p == c->end;
}

static bool from_fields(const as_time_layout *layout, fields *f, as_time_value *value)
{
    if (f->twelve) {
        if (f->hour < 1 || f->hour > 12)
            return false;
        f->hour = f->hour % 12 + (f->afternoon ? 12 : 0);
    }
    if (!as_civil_date_valid(f->year, f->month, f->day) || f->year < 1970 || f->year > YEAR_MAX)
        return false;
    if (f->hour > 23 || f->minute > 59 || f->second > 60)
        return false;
    int64_t utc_s;
    if (f->has_offset)
        utc_s = as_civil_days(f->year, f->month, f->day) * 86400 + f->hour * 3600 + f->minute * 60 + f->second -
                f->offset_s;
    else
        utc_s = as_timezone_to_utc(layout->zone, f->year, f->month, f->day, f->hour, f->minute, f->second);
    if (utc_s < 0)
        return false;
    value->ts = (uint64_t)utc_s * AS_NS_PER_S + f->fraction_ns;
    value->date = f->year * 10000 + f->month * 100 + f->day;
    return true;
}

static bool from_ms_of_day(const as_time_layout *layout, uint64_t ns_of_day, as_time_value *value)
{
    int32_t date = layout->date;
    if (ns_of_day >= AS_NS_PER_DAY || date <= 0)
        return false;
    int second = (int)(ns_of_day / AS_NS_PER_S);
    int64_t utc_s = as_timezone_to_utc(layout->zone, date / 10000, date / 100 % 100, date % 100, second / 3600,
                                       second / 60 % 60, second % 60);
    if (utc_s < 0)
        return false;
    value->ts = (uint64_t)utc_s * AS_NS_PER_S + ns_of_day % AS_NS_PER_S;
    value->date = date;
    return true;
}

bool as_time_layout_parse(const as_time_layout *layout, const char *text, size_t text_bytes, as_time_value *value)
{
    if (layout->form == AS_TIME_PATTERN) {
        cursor c = {text, text + text_bytes};
        fields f = {0};
        return match(layout->pattern, &c, &f) && from_fields(layout, &f, value);
    }
    uint64_t ns = 0;
    if (as_quantity_parse(text, text_bytes, layout->digits, &ns) < 0 || ns > INT64_MAX)
        return false;
    if (layout->form == AS_TIME_MS_OF_DAY)
        return from_ms_of_day(layout, ns, value);
    value->ts = ns;
    value->date = 0;
    return true;
}
