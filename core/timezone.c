#include "core/timezone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

#define ZONE_DIR "/usr/share/zoneinfo"
#define DAY_S INT64_C(86400)

struct as_timezone {
    char name[AS_TIMEZONE_NAME_BYTES];
    uint32_t count;
    int32_t offset_first; /* before the first transition */
    struct {
        int64_t at_s;
        int32_t offset_s; /* from at_s on */
    } transition[AS_TIMEZONE_TRANSITION_MAX];
};

/* ---- civil dates ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Years are counted from March, so that the leap day is a year's last; 400 years are 146,097 days. */
int64_t as_civil_days(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

as_civil as_civil_from_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    as_civil civil = {0};
    civil.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    civil.month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    civil.year = (int)(year_of_era + era * 400 + (civil.month <= 2));
    return civil;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int as_civil_date_valid(int year, int month, int day)
{
    static const uint8_t days_in_month[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
        return 0;
    return day <= days_in_month[month - 1] + (month == 2 && is_leap(year));
}

/* ---- the rule in a TZif footer: a POSIX TZ string ---- */

typedef struct tz_rule_date {
    char form; /* 'M' month.week.day, 'J' day 1..365 without leap day, 'N' day 0..365 */
    int month, week, day;
    int32_t time_s; /* local, after midnight; may be negative or beyond a day */
} tz_rule_date;

typedef struct tz_rule {
    int32_t std_offset, dst_offset;
    bool has_dst;
    tz_rule_date start, end;
} tz_rule;

static bool parse_name(const char **cursor)
{
    const char *p = *cursor;
    if (*p == '<') {
        p = strchr(p, '>');
        if (!p)
            return false;
        *cursor = p + 1;
        return true;
    }
    while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
        p++;
    if (p - *cursor < 3)
        return false;
    *cursor = p;
    return true;
}

static bool parse_uint(const char **cursor, int max, int *value)
{
    const char *p = *cursor;
    int v = 0;
    while (*p >= '0' && *p <= '9' && v <= max)
        v = v * 10 + (*p++ - '0');
    if (p == *cursor || v > max)
        return false;
    *cursor = p;
    *value = v;
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool parse_clock(const char **cursor, int32_t *seconds)
{
    int sign = 1, part[3] = {0, 0, 0};
    if (**cursor == '+' || **cursor == '-')
        sign = *(*cursor)++ == '-' ? -1 : 1;
    for (int i = 0; i < 3; i++) {
        if (i > 0) {
            if (**cursor != ':')
                break;
            (*cursor)++;
        }
        if (!parse_uint(cursor, i == 0 ? 167 : 59, &part[i]))
            return false;
    }
    *seconds = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
    return true;
}

static bool parse_rule_date(const char **cursor, tz_rule_date *date)
{
    date->time_s = 2 * 3600;
    if (**cursor == 'M') {
        date->form = 'M';
        (*cursor)++;
        if (!parse_uint(cursor, 12, &date->month) || *(*cursor)++ != '.')
            return false;
        if (!parse_uint(cursor, 5, &date->week) || *(*cursor)++ != '.')
            return false;
        if (!parse_uint(cursor, 6, &date->day) || date->month < 1 || date->week < 1)
            return false;
    } else {
        date->form = **cursor == 'J' ? 'J' : 'N';
        if (date->form == 'J')
            (*cursor)++;
        if (!parse_uint(cursor, 365, &date->day))
            return false;
    }
    if (**cursor == '/') {
        (*cursor)++;
        return parse_clock(cursor, &date->time_s);
    }
    return true;
}

static bool parse_rule(const char *text, tz_rule *rule)
{
    int32_t west;
    memset(rule, 0, sizeof *rule);
    if (!parse_name(&text) || !parse_clock(&text, &west))
        return false;
    rule->std_offset = -west;
    if (*text == 0)
        return true;
    rule->has_dst = true;
    rule->dst_offset = rule->std_offset + 3600;
    if (!parse_name(&text))
        return false;
    if (*text && *text != ',') {
        if (!parse_clock(&text, &west))
            return false;
        rule->dst_offset = -west;
    }
    if (*text++ != ',' || !parse_rule_date(&text, &rule->start))
        return false;
    return *text++ == ',' && parse_rule_date(&text, &rule->end) && *text == 0;
}

/* Local seconds since 1970 of a rule's date in a year. */
static int64_t rule_local(const tz_rule_date *date, int year)
{
    int64_t days;
    if (date->form == 'M') {
        int64_t first = as_civil_days(year, date->month, 1);
        int64_t weekday = floor_div(first + 4, 7) * -7 + first + 4; /* 1970-01-01 was a Thursday; 0 is Sunday */
        days = first + (date->day - weekday + 7) % 7 + (date->week - 1) * 7;
        while (!as_civil_date_valid(year, date->month, (int)(days - first) + 1))
            days -= 7;
    } else {
        days = as_civil_days(year, 1, 1) + date->day;
        if (date->form == 'J')
            days -= !(is_leap(year) && date->day >= 60);
    }
    return days * DAY_S + date->time_s;
}

/* ---- the table ---- */

static bool add_transition(as_timezone *zone, int64_t at_s, int32_t offset_s)
{
    int32_t before = zone->count ? zone->transition[zone->count - 1].offset_s : zone->offset_first;
    if (offset_s == before)
        return true;
    if (zone->count == AS_TIMEZONE_TRANSITION_MAX)
        return false;
    zone->transition[zone->count].at_s = at_s;
    zone->transition[zone->count++].offset_s = offset_s;
    return true;
}

static bool extend_by_rule(as_timezone *zone, const tz_rule *rule)
{
    int64_t last = zone->count ? zone->transition[zone->count - 1].at_s : INT64_MIN;
    if (!rule->has_dst)
        return zone->count ? true : (zone->offset_first = rule->std_offset, true);
    for (int year = 1970; year <= AS_TIMEZONE_YEAR_MAX; year++) {
        int64_t start = rule_local(&rule->start, year) - rule->std_offset;
        int64_t end = rule_local(&rule->end, year) - rule->dst_offset;
        bool start_first = start <= end;
        int64_t at[2] = {start_first ? start : end, start_first ? end : start};
        for (int i = 0; i < 2; i++) {
            bool to_dst = (i == 0) == start_first;
            if (at[i] > last && !add_transition(zone, at[i], to_dst ? rule->dst_offset : rule->std_offset))
                return false;
        }
    }
    return true;
}

static uint64_t be(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

typedef struct tzif_block {
    uint32_t isut, isstd, leap, time, type, chars;
    const uint8_t *data;
    size_t bytes; /* of the data */
} tzif_block;

/* A header at p and the size of its data; time_bytes is 4 in the first block, 8 in the second. */
static bool tzif_header(const uint8_t *p, size_t bytes, unsigned time_bytes, tzif_block *block)
{
    if (bytes < 44 || memcmp(p, "TZif", 4) != 0)
        return false;
    uint32_t *field[6] = {&block->isut, &block->isstd, &block->leap, &block->time, &block->type, &block->chars};
    for (unsigned i = 0; i < 6; i++) {
        *field[i] = (uint32_t)be(p + 20 + 4 * i, 4);
        if (*field[i] > AS_TIMEZONE_FILE_BYTES)
            return false;
    }
    block->data = p + 44;
    block->bytes = (size_t)block->time * (time_bytes + 1) + (size_t)block->type * 6 + block->chars +
                   (size_t)block->leap * (time_bytes + 4) + block->isstd + block->isut;
    return block->type > 0 && block->bytes <= bytes - 44;
}

static bool tzif_table(as_timezone *zone, const tzif_block *block, unsigned time_bytes)
{
    const uint8_t *times = block->data;
    const uint8_t *indices = times + (size_t)block->time * time_bytes;
    const uint8_t *types = indices + block->time;
    zone->offset_first = (int32_t)(uint32_t)be(types, 4);
    int64_t last = INT64_MIN;
    for (uint32_t i = 0; i < block->time; i++) {
        int64_t at = time_bytes == 8 ? (int64_t)be(times + (size_t)i * 8, 8)
                                     : (int64_t)(int32_t)(uint32_t)be(times + (size_t)i * 4, 4);
        if (indices[i] >= block->type || (i > 0 && at <= last))
            return false;
        last = at;
        if (!add_transition(zone, at, (int32_t)(uint32_t)be(types + (size_t)indices[i] * 6, 4)))
            return false;
    }
    return true;
}

static bool parse_tzif(as_timezone *zone, const uint8_t *data, size_t bytes)
{
    tzif_block block;
    if (!tzif_header(data, bytes, 4, &block))
        return false;
    if (data[4] < '2')
        return tzif_table(zone, &block, 4);
    const uint8_t *second = block.data + block.bytes;
    size_t left = bytes - (size_t)(second - data);
    if (!tzif_header(second, left, 8, &block) || !tzif_table(zone, &block, 8))
        return false;
    const uint8_t *footer = block.data + block.bytes;
    left = bytes - (size_t)(footer - data);
    char text[128];
    const uint8_t *end = left > 1 ? memchr(footer + 1, '\n', left - 1) : NULL;
    if (!end || footer[0] != '\n' || (size_t)(end - footer - 1) >= sizeof text)
        return false;
    memcpy(text, footer + 1, (size_t)(end - footer - 1));
    text[end - footer - 1] = 0;
    tz_rule rule;
    if (text[0] == 0) /* no rule: the last offset holds for ever */
        return true;
    return parse_rule(text, &rule) && extend_by_rule(zone, &rule);
}

static bool name_is_sane(const char *name)
{
    size_t bytes = strlen(name);
    if (bytes == 0 || bytes >= AS_TIMEZONE_NAME_BYTES || name[0] == '/' || strstr(name, ".."))
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == bytes;
}

static int read_zone(as_timezone *zone, const char *name)
{
    const char *dir = getenv("TZDIR");
    char path[512];
    if (!dir || !*dir)
        dir = ZONE_DIR;
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return as_error_set(-ENAMETOOLONG, "TZDIR: \"%s\" is longer than 448 bytes", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *data = malloc(AS_TIMEZONE_FILE_BYTES);
    ssize_t bytes = 0, got = 0;
    if (fd >= 0 && data)
        while ((got = read(fd, data + bytes, (size_t)(AS_TIMEZONE_FILE_BYTES - bytes))) > 0)
            bytes += got;
    int code = 0;
    if (!data)
        code = as_error_set(-ENOMEM, "time zone %s: out of memory", name);
    else if (fd < 0 || got < 0)
        code = as_error_set(-ENOENT,
                            "time zone \"%s\" is unknown: %s holds no such zone; an IANA name such as "
                            "America/New_York or UTC is expected",
                            name, dir);
    else if (!parse_tzif(zone, data, (size_t)bytes))
        code = as_error_set(-EINVAL, "%s: not a time zone file (TZif, RFC 8536)", path);
    free(data);
    if (fd >= 0)
        close(fd);
    return code;
}

int as_timezone_new(const char *name, as_timezone **timezone)
{
    if (!name_is_sane(name))
        return as_error_set(-ENOENT,
                            "time zone \"%s\" is unknown: an IANA name such as America/New_York or UTC is "
                            "expected",
                            name);
    as_timezone *zone = calloc(1, sizeof *zone);
    if (!zone)
        return as_error_set(-ENOMEM, "time zone %s: out of memory", name);
    memcpy(zone->name, name, strlen(name) + 1);
    if (strcmp(name, "UTC") != 0 && strcmp(name, "Etc/UTC") != 0) {
        int code = read_zone(zone, name);
        if (code < 0) {
            free(zone);
            return code;
        }
    }
    *timezone = zone;
    return 0;
}

void as_timezone_free(as_timezone *timezone)
{
    free(timezone);
}

const char *as_timezone_name(const as_timezone *timezone)
{
    return timezone->name;
}

/* Number of transitions at or before an instant: the index of the interval that holds it. */
static uint32_t interval_at(const as_timezone *zone, int64_t utc_s)
{
    uint32_t low = 0, high = zone->count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (zone->transition[mid].at_s <= utc_s)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static int32_t interval_offset(const as_timezone *zone, uint32_t interval)
{
    return interval ? zone->transition[interval - 1].offset_s : zone->offset_first;
}

int32_t as_timezone_offset_at(const as_timezone *timezone, int64_t utc_s)
{
    return interval_offset(timezone, interval_at(timezone, utc_s));
}

/*
 * Walk the intervals in time order from well before the instant. The first interval whose own offset puts the local
 * time before its end is the answer: if the local time lies in it, that is the (earlier) instant; and a skipped time
 * is beyond the end under the old offset and before the start under the new one.
 */
int64_t as_timezone_to_utc(const as_timezone *timezone, int year, int month, int day, int hour, int minute, int second)
{
    int64_t local = as_civil_days(year, month, day) * DAY_S + (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    uint32_t i = interval_at(timezone, local - 2 * DAY_S);
    for (; i < timezone->count; i++) {
        int64_t end = timezone->transition[i].at_s;
        int64_t utc = local - interval_offset(timezone, i);
        if (utc < end || local - interval_offset(timezone, i + 1) < end)
            return utc;
    }
    return local - interval_offset(timezone, i);
}

as_civil as_timezone_to_civil(const as_timezone *timezone, int64_t utc_s)
{
    int64_t local = utc_s + as_timezone_offset_at(timezone, utc_s);
    int64_t days = floor_div(local, DAY_S);
    int rest = (int)(local - days * DAY_S);
    as_civil civil = as_civil_from_days(days);
    civil.hour = rest / 3600;
    civil.minute = rest / 60 % 60;
    civil.second = rest % 60;
    return civil;
}

uint64_t as_timezone_midnight_ns(const as_timezone *timezone, int32_t date, uint64_t ts_ns)
{
    as_civil day = {.year = date / 10000, .month = date / 100 % 100, .day = date % 100};
    if (date == 0)
        day = as_timezone_to_civil(timezone, (int64_t)(ts_ns / 1000000000));
    return (uint64_t)as_timezone_to_utc(timezone, day.year, day.month, day.day, 0, 0, 0) * 1000000000;
}
