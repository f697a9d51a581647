#include "core/calendar.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/calendar_rules.h"
#include "core/date.h"
#include "core/error.h"
#include "core/event.h"
#include "core/stats/seasonality.h"
#include "core/timezone.h"

enum {
    FIRST_DATE = 19900101,
    LAST_DATE = 20501231,
    MINUTES_A_DAY = 1440,
    NAME_BYTES = 32,
    WEEKDAYS_MON_FRI = 0x1f,
    WEEKDAYS_ALL = 0x7f
};

struct as_calendar {
    char name[NAME_BYTES];
    uint32_t session_count;
    as_session *session; /* ascending; each begins where the one before it closes */
};

/* A definition and how its closed and half days are found: the spec's lists, or an exchange's rules. */
typedef struct definition {
    const as_calendar_spec *spec;
    bool (*closed)(int32_t date);   /* NULL: spec->holiday */
    bool (*half_day)(int32_t date); /* NULL: spec->half_day */
} definition;

static int compare_dates(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static bool contains(const int32_t *list, uint32_t list_count, int32_t date)
{
    return list_count && bsearch(&date, list, list_count, sizeof *list, compare_dates);
}

static bool is_closed(const definition *def, int32_t date)
{
    if (!(def->spec->weekdays >> as_date_weekday(date) & 1u))
        return true;
    return def->closed ? def->closed(date) : contains(def->spec->holiday, def->spec->holiday_count, date);
}

static bool is_half_day(const definition *def, int32_t date)
{
    return def->half_day ? def->half_day(date) : contains(def->spec->half_day, def->spec->half_day_count, date);
}

static uint64_t local_to_ns(const as_timezone *zone, int32_t date, int minute)
{
    int64_t s = as_timezone_to_utc(zone, as_date_year(date), as_date_month(date), as_date_day(date), minute / 60,
                                   minute % 60, 0);
    return (uint64_t)s * AS_NS_PER_S;
}

static void fill_sessions(as_calendar *calendar, const definition *def, const as_timezone *zone)
{
    const as_calendar_spec *spec = def->spec;
    int64_t last = as_date_to_days(LAST_DATE);
    for (int64_t days = as_date_to_days(FIRST_DATE); days <= last; days++) {
        int32_t date = as_date_from_days(days);
        if (is_closed(def, date))
            continue;
        uint32_t idx = calendar->session_count++;
        as_session *session = &calendar->session[idx];
        session->index = (int64_t)idx;
        session->date = date;
        session->open = local_to_ns(zone, date, spec->open_min);
        session->close = local_to_ns(zone, date, is_half_day(def, date) ? spec->half_close_min : spec->close_min);
        session->prev_close = idx ? calendar->session[idx - 1].close : session->close - AS_NS_PER_DAY;
    }
}

static int check_spec(const as_calendar_spec *spec)
{
    if (!spec->name || !*spec->name || strlen(spec->name) >= NAME_BYTES)
        return as_error_set(-EINVAL, "calendar: found the name '%s', allowed 1 to %d characters",
                            spec->name ? spec->name : "", NAME_BYTES - 1);
    if (spec->open_min < 0 || spec->close_min > MINUTES_A_DAY || spec->close_min <= spec->open_min)
        return as_error_set(-EINVAL,
                            "calendar '%s': found open at minute %d and close at minute %d, allowed "
                            "0 <= open < close <= %d",
                            spec->name, spec->open_min, spec->close_min, MINUTES_A_DAY);
    if (!(spec->weekdays & WEEKDAYS_ALL) || spec->weekdays & ~(unsigned)WEEKDAYS_ALL)
        return as_error_set(-EINVAL, "calendar '%s': found weekdays 0x%x, allowed bits 0 (Monday) to 6, at least one",
                            spec->name, spec->weekdays);
    if (spec->half_day_count && (spec->half_close_min <= spec->open_min || spec->half_close_min > spec->close_min))
        return as_error_set(-EINVAL,
                            "calendar '%s': found a half day's close at minute %d, allowed after the open "
                            "(%d) and not after the close (%d)",
                            spec->name, spec->half_close_min, spec->open_min, spec->close_min);
    return 0;
}

static int check_dates(const as_calendar_spec *spec, const char *what, const int32_t *date, uint32_t date_count)
{
    for (uint32_t i = 0; i < date_count; i++) {
        if (!as_date_valid(date[i]))
            return as_error_set(-EINVAL, "calendar '%s': found the %s %d, allowed a date YYYYMMDD", spec->name, what,
                                date[i]);
        if (i && date[i - 1] >= date[i])
            return as_error_set(-EINVAL, "calendar '%s': found the %s %d after %d, allowed ascending dates, each once",
                                spec->name, what, date[i], date[i - 1]);
    }
    return 0;
}

static int build(const definition *def, as_calendar **out)
{
    const as_calendar_spec *spec = def->spec;
    int rc = check_spec(spec);
    if (!rc)
        rc = check_dates(spec, "holiday", spec->holiday, spec->holiday_count);
    if (!rc)
        rc = check_dates(spec, "half day", spec->half_day, spec->half_day_count);
    if (rc)
        return rc;
    as_timezone *zone;
    if (!spec->zone || as_timezone_new(spec->zone, &zone)) {
        if (!spec->zone)
            as_error_set(-EINVAL, "found no zone, allowed an IANA name");
        as_error_add("calendar '%s'", spec->name);
        return -EINVAL;
    }
    size_t days = (size_t)(as_date_to_days(LAST_DATE) - as_date_to_days(FIRST_DATE) + 1);
    as_calendar *calendar = calloc(1, sizeof *calendar);
    if (calendar)
        calendar->session = malloc(days * sizeof *calendar->session);
    if (!calendar || !calendar->session) {
        as_timezone_free(zone);
        as_calendar_free(calendar);
        return as_error_set(-ENOMEM, "calendar '%s': out of memory", spec->name);
    }
    memcpy(calendar->name, spec->name, strlen(spec->name) + 1);
    fill_sessions(calendar, def, zone);
    as_timezone_free(zone);
    if (!calendar->session_count) {
        as_calendar_free(calendar);
        return as_error_set(-EINVAL, "calendar '%s': found no session at all, allowed at least one", spec->name);
    }
    *out = calendar;
    return 0;
}

int as_calendar_new(const as_calendar_spec *spec, as_calendar **calendar)
{
    return build(&(definition){.spec = spec}, calendar);
}

static bool never(int32_t date)
{
    (void)date;
    return false;
}

int as_calendar_new_shipped(const char *name, as_calendar **calendar)
{
    static const as_calendar_spec xnys = {.name = "XNYS",
                                          .zone = "America/New_York",
                                          .open_min = 9 * 60 + 30,
                                          .close_min = 16 * 60,
                                          .half_close_min = 13 * 60,
                                          .weekdays = WEEKDAYS_MON_FRI};
    static const as_calendar_spec xkrx = {.name = "XKRX",
                                          .zone = "Asia/Seoul",
                                          .open_min = 9 * 60,
                                          .close_min = 15 * 60 + 30,
                                          .weekdays = WEEKDAYS_MON_FRI};
    static const as_calendar_spec always = {
        .name = "ALWAYS", .zone = "UTC", .open_min = 0, .close_min = MINUTES_A_DAY, .weekdays = WEEKDAYS_ALL};
    static const definition shipped[] = {
        {&xnys, as_calendar_rules_xnys_closed, as_calendar_rules_xnys_half_day},
        {&xkrx, as_calendar_rules_xkrx_closed, never},
        {&always, never, never},
    };
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        if (strcmp(shipped[i].spec->name, name) == 0)
            return build(&shipped[i], calendar);
    return as_error_set(-ENOENT,
                        "found the calendar '%s', allowed XNYS, XKRX, ALWAYS, or one that the configuration's "
                        "'calendars' defines",
                        name);
}

void as_calendar_free(as_calendar *calendar)
{
    if (!calendar)
        return;
    free(calendar->session);
    free(calendar);
}

const char *as_calendar_name(const as_calendar *calendar)
{
    return calendar->name;
}

const as_session *as_calendar_session(const as_calendar *calendar, uint64_t ts)
{
    uint32_t low = 0, high = calendar->session_count - 1; /* the answer: first session with close >= ts, or the last */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (calendar->session[middle].close >= ts)
            high = middle;
        else
            low = middle + 1;
    }
    return &calendar->session[low];
}

const as_session *as_calendar_session_on(const as_calendar *calendar, int32_t date)
{
    uint32_t low = 0, high = calendar->session_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (calendar->session[middle].date < date)
            low = middle + 1;
        else
            high = middle;
    }
    return low < calendar->session_count && calendar->session[low].date == date ? &calendar->session[low] : NULL;
}

static double share(uint64_t from, uint64_t to, uint64_t ts)
{
    return (double)(ts - from) / (double)(to - from);
}

double as_session_clock(const as_session *session, uint64_t ts, double overnight_share)
{
    double begin = (double)session->index;
    if (ts <= session->prev_close)
        return begin;
    if (ts >= session->close)
        return begin + 1.0;
    if (session->open <= session->prev_close)
        return begin + share(session->prev_close, session->close, ts);
    if (ts < session->open)
        return begin + overnight_share * share(session->prev_close, session->open, ts);
    double within = as_seasonality_cumulative(share(session->open, session->close, ts));
    return begin + (overnight_share + (1.0 - overnight_share) * within);
}
