#include "feeds/news/stamp.h"

#include <string.h>
#include <strings.h>

#include "core/event.h"
#include "core/timezone.h"

enum { YEAR_MIN = 1970, YEAR_MAX = 2261, FRACTION_DIGITS = 9, MINUTES_PER_DAY = 24 * 60 };

typedef struct cursor {
    const char *p, *end;
} cursor;

/* A date and time on the clock, and how far that clock is ahead of UTC. */
typedef struct reading {
    int year, month, day, hour, minute, second;
    uint32_t fraction_ns;
    int offset_min;
} reading;

static bool take(cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number of min to max digits. */
static bool number(cursor *c, int digits_min, int digits_max, int *value)
{
    int digits = 0, v = 0;
    for (; c->p < c->end && digits < digits_max && is_digit(*c->p); c->p++, digits++)
        v = v * 10 + (*c->p - '0');
    *value = v;
    return digits >= digits_min;
}

static void skip_blanks(cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r' || *c->p == '\n'))
        c->p++;
}

static bool at_end(cursor *c)
{
    skip_blanks(c);
    return c->p == c->end;
}

static cursor begin(const char *text, size_t text_bytes)
{
    cursor c = {text, text + text_bytes};
    skip_blanks(&c);
    return c;
}

static bool finish(const reading *r, uint64_t *ts)
{
    if (r->year < YEAR_MIN || r->year > YEAR_MAX || !as_civil_date_valid(r->year, r->month, r->day))
        return false;
    if (r->hour > 23 || r->minute > 59 || r->second > 60 || r->offset_min <= -MINUTES_PER_DAY ||
        r->offset_min >= MINUTES_PER_DAY)
        return false;
    int64_t seconds = as_civil_days(r->year, r->month, r->day) * 86400 + r->hour * 3600 +
                      ((int64_t)r->minute - r->offset_min) * 60 + r->second;
    if (seconds < 0)
        return false;
    *ts = (uint64_t)seconds * AS_NS_PER_S + r->fraction_ns;
    return true;
}

/* hh:mm or hhmm behind a sign. */
static bool numeric_offset(cursor *c, bool colon, int *offset_min)
{
    int sign = *c->p == '-' ? -1 : 1, hours, minutes;
    c->p++;
    if (!number(c, 2, 2, &hours) || (colon && !take(c, ':')) || !number(c, 2, 2, &minutes) || minutes > 59)
        return false;
    *offset_min = sign * (hours * 60 + minutes);
    return true;
}

static bool fraction(cursor *c, uint32_t *ns)
{
    int digits = 0;
    *ns = 0;
    if (!take(c, '.'))
        return true;
    for (; c->p < c->end && is_digit(*c->p); c->p++, digits++)
        if (digits < FRACTION_DIGITS)
            *ns = *ns * 10 + (uint32_t)(*c->p - '0');
    for (int i = digits; i < FRACTION_DIGITS; i++)
        *ns *= 10;
    return digits > 0;
}

bool as_stamp_rfc3339(const char *text, size_t text_bytes, uint64_t *ts)
{
    cursor c = begin(text, text_bytes);
    reading r = {0};
    if (!number(&c, 4, 4, &r.year) || !take(&c, '-') || !number(&c, 2, 2, &r.month) || !take(&c, '-') ||
        !number(&c, 2, 2, &r.day))
        return false;
    if (!take(&c, 'T') && !take(&c, 't') && !take(&c, ' '))
        return false;
    if (!number(&c, 2, 2, &r.hour) || !take(&c, ':') || !number(&c, 2, 2, &r.minute) || !take(&c, ':') ||
        !number(&c, 2, 2, &r.second) || !fraction(&c, &r.fraction_ns) || c.p == c.end)
        return false;
    bool zone = *c.p == '+' || *c.p == '-' ? numeric_offset(&c, true, &r.offset_min) : take(&c, 'Z') || take(&c, 'z');
    return zone && at_end(&c) && finish(&r, ts);
}

bool as_stamp_compact(const char *text, size_t text_bytes, uint64_t *ts)
{
    cursor c = begin(text, text_bytes);
    reading r = {0};
    if (!number(&c, 4, 4, &r.year) || !number(&c, 2, 2, &r.month) || !number(&c, 2, 2, &r.day) || !take(&c, 'T') ||
        !number(&c, 2, 2, &r.hour) || !number(&c, 2, 2, &r.minute))
        return false;
    if (c.p < c.end && is_digit(*c.p) && !number(&c, 2, 2, &r.second))
        return false;
    take(&c, 'Z');
    return at_end(&c) && finish(&r, ts);
}

/* ---- RFC 822 ---- */

/* A word of letters; its length. */
static size_t word(cursor *c, const char **text)
{
    *text = c->p;
    while (c->p < c->end && ((*c->p | 0x20) >= 'a' && (*c->p | 0x20) <= 'z'))
        c->p++;
    return (size_t)(c->p - *text);
}

static bool month_name(cursor *c, int *month)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    const char *text;
    if (word(c, &text) < 3) /* "Sept" and whole names are met too */
        return false;
    for (int i = 0; i < 12; i++)
        if (strncasecmp(text, names + i * 3, 3) == 0) {
            *month = i + 1;
            return true;
        }
    return false;
}

static bool zone_name(cursor *c, int *offset_min)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {{"GMT", 0},  {"UT", 0},   {"UTC", 0},  {"Z", 0},    {"EST", -5}, {"EDT", -4},
                 {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
    const char *text;
    size_t bytes = word(c, &text);
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (strlen(zones[i].name) == bytes && strncasecmp(text, zones[i].name, bytes) == 0) {
            *offset_min = zones[i].hours * 60;
            return true;
        }
    return false;
}

/* The year of two or four digits. */
static bool year(cursor *c, int *value)
{
    const char *digits = c->p;
    if (!number(c, 2, 4, value) || c->p - digits == 3)
        return false;
    if (c->p - digits == 2)
        *value += *value < YEAR_MIN % 100 ? 2000 : 1900;
    return true;
}

static bool weekday(cursor *c)
{
    const char *text;
    if (word(c, &text) == 0)
        return true;
    skip_blanks(c);
    return take(c, ',');
}

bool as_stamp_rfc822(const char *text, size_t text_bytes, uint64_t *ts)
{
    cursor c = begin(text, text_bytes);
    reading r = {0};
    if (!weekday(&c))
        return false;
    skip_blanks(&c);
    if (!number(&c, 1, 2, &r.day))
        return false;
    skip_blanks(&c);
    if (!month_name(&c, &r.month))
        return false;
    skip_blanks(&c);
    if (!year(&c, &r.year))
        return false;
    skip_blanks(&c);
    if (!number(&c, 1, 2, &r.hour) || !take(&c, ':') || !number(&c, 2, 2, &r.minute) ||
        (take(&c, ':') && !number(&c, 2, 2, &r.second)))
        return false;
    skip_blanks(&c);
    if (c.p == c.end)
        return false;
    bool zone = *c.p == '+' || *c.p == '-' ? numeric_offset(&c, false, &r.offset_min) : zone_name(&c, &r.offset_min);
    return zone && at_end(&c) && finish(&r, ts);
}
