#include "apps/study/events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/moment.h"
#include "core/csv_line.h"
#include "core/error.h"
#include "core/text_file.h"

static int append(as_study_events *events, const as_study_event *event)
{
    if (events->count == AS_STUDY_EVENT_MAX)
        return as_error_set(-E2BIG, "more than %d events; allowed: %d in one study", AS_STUDY_EVENT_MAX,
                            AS_STUDY_EVENT_MAX);
    if (events->count == events->room) {
        size_t room = events->room ? 2 * events->room : 16;
        as_study_event *grown = realloc(events->event, room * sizeof *grown);
        if (!grown)
            return as_error_set(-ENOMEM, "out of memory after %zu events", events->count);
        events->event = grown;
        events->room = room;
    }
    events->event[events->count++] = *event;
    return 0;
}

void as_study_events_fini(as_study_events *events)
{
    free(events->event);
    *events = (as_study_events){0};
}

static bool is_date(const char *text)
{
    size_t bytes = strlen(text);
    return (bytes == 8 && strspn(text, "0123456789") == 8) ||
           (bytes == 10 && text[4] == '-' && text[7] == '-' && strspn(text, "0123456789-") == 10);
}

static int parse_row(char **field, size_t field_count, const as_universe *universe, as_study_event *event)
{
    if (field_count < 2 || field_count > 3)
        return as_error_set(-EINVAL, "found %zu fields; allowed: date_or_ts,symbol or date_or_ts,symbol,type",
                            field_count);
    size_t bytes = strlen(field[0]);
    if (!is_date(field[0]) && strchr(field[0], ':') && field[0][bytes - 1] != 'Z')
        return as_error_set(-EINVAL, "date_or_ts: found '%s', which has no zone; allowed: UTC, ending in Z", field[0]);
    int rc = is_date(field[0]) ? as_date_parse("date_or_ts", field[0], &event->date)
                               : as_moment_parse("date_or_ts", field[0], &event->ts);
    if (rc < 0)
        return rc;
    event->instrument = as_symbols_find(&universe->symbols, field[1], strlen(field[1]));
    if (event->instrument == AS_INSTRUMENT_NONE)
        return as_error_set(-EINVAL, "symbol: found '%s', which is not in the universe", field[1]);
    int type = field_count == 3 && field[2][0] ? as_event_type_find(field[2]) : AS_EVENT_TYPE_OTHER;
    if (type < 0)
        return as_error_set(-EINVAL, "type: found '%s'; allowed: an event family of the playbook, or nothing",
                            field[2]);
    event->type = (uint16_t)type;
    return 0;
}

/* The same event in another line; NULL: none. */
static const as_study_event *twin_of(const as_study_events *events, const as_study_event *event)
{
    for (size_t i = 0; i < events->count; i++) {
        const as_study_event *other = &events->event[i];
        if (other->ts == event->ts && other->date == event->date && other->instrument == event->instrument &&
            other->type == event->type)
            return other;
    }
    return NULL;
}

static bool is_header(const char *field)
{
    return strcmp(field, "date_or_ts") == 0 || strcmp(field, "date") == 0 || strcmp(field, "ts") == 0;
}

static int load_text(as_study_events *events, const char *path, char *text, const as_universe *universe)
{
    char *cursor = text;
    int line = 0;
    for (char *row; (row = as_csv_line_next(&cursor)) != NULL;) {
        char *field[8];
        size_t field_count = 0;
        line++;
        if (*row == 0 || *row == '#')
            continue;
        if (as_csv_line_split(row, field, 8, &field_count) != AS_CSV_LINE_OK)
            return as_error_set(-EINVAL, "%s:%d: not a line of CSV: a quote that does not end, or too many fields",
                                path, line);
        if (line == 1 && is_header(field[0]))
            continue;
        as_study_event event = {.gate = 1, .line = line};
        int rc = parse_row(field, field_count, universe, &event);
        if (rc < 0)
            return as_error_add("%s:%d", path, line);
        const as_study_event *twin = twin_of(events, &event);
        if (twin)
            return as_error_set(-EINVAL, "%s:%d: the same event as line %d: %s %s; allowed: each once", path, line,
                                twin->line, field[0], field[1]);
        snprintf(event.id, sizeof event.id, "%s %s", field[0], field[1]);
        rc = append(events, &event);
        if (rc < 0)
            return as_error_add("%s:%d", path, line);
    }
    return events->count ? 0 : as_error_set(-EINVAL, "%s: no event in it; a line each: date_or_ts,symbol[,type]", path);
}

int as_study_events_load(as_study_events *events, const char *path, const as_universe *universe)
{
    char *text;
    size_t text_bytes;
    int rc = as_text_file_read(path, AS_TEXT_FILE_BYTES_MAX, &text, &text_bytes);
    if (rc < 0)
        return rc;
    static const char bom[] = "\xEF\xBB\xBF";
    bool has_bom = strncmp(text, bom, sizeof bom - 1) == 0;
    rc = load_text(events, path, text + (has_bom ? sizeof bom - 1 : 0), universe);
    free(text);
    return rc;
}

/* G of what this headline alone says: its fact has just begun. */
static double gate_of(const as_playbook *playbook, const as_reading *reading)
{
    switch (reading->cue) {
    case AS_CUE_CONFIRMED:
        return playbook->gate.confirmed;
    case AS_CUE_DEVELOPING:
        return playbook->gate.developing;
    case AS_CUE_DENIED:
        return playbook->gate.denied;
    default:
        return playbook->gate.rumour[reading->tier <= 4 ? reading->tier : 4];
    }
}

int as_study_events_headline(as_study_events *events, as_fact_table *facts, const as_playbook *playbook,
                             const as_universe *universe, const as_headline *headline)
{
    const as_reading *reading = &headline->reading;
    bool opened = false;
    for (unsigned i = 0; i < reading->issuer_count; i++) {
        as_fact_change change = as_fact_apply(facts, playbook, &universe->symbols, headline, i);
        if (opened || !change.created || !change.fact || change.fact->status == AS_FACT_PRIOR_DISCLOSURE)
            continue;
        opened = true; /* one event a headline: of the first issuer whose fact it opens */
        as_study_event event = {.ts = headline->ts_recv, .instrument = reading->issuer[i], .type = reading->event_type};
        event.gate = gate_of(playbook, reading);
        snprintf(event.id, sizeof event.id, "%s", headline->id);
        snprintf(event.text, sizeof event.text, "%s", headline->text);
        int rc = append(events, &event);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The session of a date, or the first one after it. */
static const as_session *session_from(const as_calendar *calendar, int32_t date)
{
    for (int days = 0; days < 31; days++) {
        const as_session *session = as_calendar_session_on(calendar, date);
        if (session)
            return session;
        int32_t day = date % 100;
        int32_t month = date / 100 % 100;
        date = day < 31 ? date + 1 : month < 12 ? (date / 100 + 1) * 100 + 1 : (date / 10000 + 1) * 10000 + 101;
    }
    return NULL;
}

void as_study_events_resolve(as_study_events *events, const as_universe *universe, bool intraday)
{
    for (size_t i = 0; i < events->count; i++) {
        as_study_event *event = &events->event[i];
        if (!event->date)
            continue;
        const as_session *session = session_from(as_universe_calendar(universe, event->instrument), event->date);
        event->ts = !session ? AS_TS_UNDEFINED : intraday ? session->open : session->close;
        event->date = 0;
    }
}
