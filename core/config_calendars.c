#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_schema.h"
#include "core/error.h"

enum { NAME_BYTES = 32, DATE_MAX = 4096, WEEKDAYS_MON_FRI = 0x1f };

static int compare_dates(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* A list of dates, sorted; on the heap. */
static int read_dates(const as_config_reader *r, int node, const int32_t **date, uint32_t *date_count)
{
    if (!node)
        return 0;
    int rc = as_yaml_expect_list(r->yaml, node, DATE_MAX);
    if (rc)
        return rc;
    uint32_t count = as_yaml_count(r->yaml, node);
    int32_t *list = calloc(count + 1, sizeof *list);
    if (!list)
        return as_error_set(-ENOMEM, "%s: out of memory", as_yaml_path(r->yaml));
    for (uint32_t i = 0; i < count && !rc; i++)
        rc = as_config_read_date(r, as_yaml_at(r->yaml, node, i, NULL), &list[i]);
    if (rc) {
        free(list);
        return rc;
    }
    qsort(list, count, sizeof *list, compare_dates);
    *date = list;
    *date_count = count;
    return 0;
}

static int read_weekdays(const as_config_reader *r, int node, unsigned *weekdays)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};
    *weekdays = WEEKDAYS_MON_FRI;
    if (!node)
        return 0;
    int rc = as_yaml_expect_list(r->yaml, node, 7);
    unsigned set = 0;
    for (uint32_t i = 0; i < as_yaml_count(r->yaml, node) && !rc; i++) {
        int day = 0;
        rc = as_yaml_choice(r->yaml, as_yaml_at(r->yaml, node, i, NULL), names, &day);
        set |= 1u << day;
    }
    if (!rc)
        *weekdays = set;
    return rc;
}

/* Does the definition make a calendar? The reason, if not, gets the place in the file. */
static int try_calendar(const as_config_reader *r, int node, const as_calendar_spec *spec)
{
    as_calendar *calendar;
    if (as_calendar_new(spec, &calendar)) {
        char why[256];
        snprintf(why, sizeof why, "%s", as_error_message(0));
        return as_yaml_error_text(r->yaml, node, "%s", why);
    }
    as_calendar_free(calendar);
    return 0;
}

static int read_calendar(const as_config_reader *r, const char *name, int node, as_calendar_spec *spec)
{
    as_config_calendar times = {0};
    if (!*name || strlen(name) >= NAME_BYTES)
        return as_yaml_error_text(r->yaml, node, "found a name of %zu bytes, allowed 1 to %d", strlen(name),
                                  NAME_BYTES - 1);
    if (as_yaml_kind_of(r->yaml, node) != AS_YAML_MAP)
        return as_yaml_error(r->yaml, node, "a map");
    int rc = as_config_read_map(r, node, "calendars.*.", &times);
    if (rc)
        return rc;
    spec->name = strdup(name);
    spec->zone = strdup(times.zone);
    if (!spec->name || !spec->zone)
        return as_error_set(-ENOMEM, "%s: out of memory", as_yaml_path(r->yaml));
    spec->open_min = times.open_min;
    spec->close_min = times.close_min;
    spec->half_close_min = times.half_close_min;
    rc = read_weekdays(r, as_yaml_get(r->yaml, node, "weekdays"), &spec->weekdays);
    if (!rc)
        rc = read_dates(r, as_yaml_get(r->yaml, node, "holidays"), &spec->holiday, &spec->holiday_count);
    if (!rc)
        rc = read_dates(r, as_yaml_get(r->yaml, node, "half_days"), &spec->half_day, &spec->half_day_count);
    return rc ? rc : try_calendar(r, node, spec);
}

int as_config_read_calendars(const as_config_reader *r, int node, as_config *config)
{
    if (!node)
        return 0;
    int rc = as_yaml_expect_map(r->yaml, node, NULL);
    if (rc)
        return rc;
    uint32_t count = as_yaml_count(r->yaml, node);
    if (count > AS_CALENDAR_MAX)
        return as_yaml_error_text(r->yaml, node, "found %u calendars, allowed %d", count, AS_CALENDAR_MAX);
    for (uint32_t i = 0; i < count && !rc; i++) {
        const char *name;
        int entry = as_yaml_at(r->yaml, node, i, &name);
        config->calendar_count++; /* before it is read: as_config_free takes what a broken one has */
        rc = read_calendar(r, name, entry, &config->calendar[i]);
    }
    return rc;
}
