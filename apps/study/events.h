/*
 * The events of a study: a CSV list, or the headlines of the inputs as the desk reads them.
 *
 * CSV: date_or_ts,symbol[,type], a header line allowed. A date is a session of the symbol's calendar (the next one
 * where the market is closed): its close in a study of sessions, its open in one of intervals. A ts is RFC 3339 in UTC
 * with its Z, or ns since 1970. type: an event family of the playbook. Errors name file and line;
 * the same event twice is an error that names both. A byte order mark is passed over.
 * Headlines: each one that opens a fact (core/fact.h): an issuer, a family that the playbook lists, not told before.
 * One thread. Memory: the list on the heap, at most AS_STUDY_EVENT_MAX.
 */
#ifndef AS_APPS_STUDY_EVENTS_H
#define AS_APPS_STUDY_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fact.h"
#include "core/headline.h"
#include "core/playbook.h"
#include "core/universe.h"

typedef struct as_study_event {
    uint64_t ts;
    int32_t date; /* YYYYMMDD of a date-only row until it is resolved, else 0 */
    uint32_t instrument;
    uint16_t type; /* AS_EVENT_TYPE_OTHER: none */
    double gate;   /* G(status): 1 for a listed event */
    int line;      /* of the list; 0 for a headline */
    char id[AS_HEADLINE_ID_BYTES];
    char text[AS_HEADLINE_TEXT_BYTES]; /* empty for a listed event */
} as_study_event;

typedef struct as_study_events {
    as_study_event *event;
    size_t count, room;
} as_study_events;

/* 0, or a negative errno with the error chain set. */
int as_study_events_load(as_study_events *events, const char *path, const as_universe *universe);

/* A headline that has been read: an event if it opens a fact. 0, or a negative errno with the error chain set. */
int as_study_events_headline(as_study_events *events, as_fact_table *facts, const as_playbook *playbook,
                             const as_universe *universe, const as_headline *headline);

/* Give the date-only rows their moments. */
void as_study_events_resolve(as_study_events *events, const as_universe *universe, bool intraday);

/* Safe on zeroes. */
void as_study_events_fini(as_study_events *events);

#endif
