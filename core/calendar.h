/*
 * Trading calendars: which session a moment belongs to, and how far into it.
 *
 * Session k of a calendar covers (close of k-1, close of k]: the closed market before the open belongs to the session
 * it leads to. So a daily bar that ends at the close, and a headline before the open, lie in the right session.
 * Everything is precomputed at start (1990..2050) and constant afterwards: lookups are pure, thread-safe, O(log n),
 * or O(1) with the caller's cached session.
 *
 * Shipped: XNYS (America/New_York, 09:30-16:00, holidays and 13:00 half days), XKRX (Asia/Seoul, 09:00-15:30),
 * ALWAYS (every UTC day, for assets that never close). Others come from the configuration's `calendars`.
 */
#ifndef AS_CORE_CALENDAR_H
#define AS_CORE_CALENDAR_H

#include <stdint.h>

typedef struct as_session {
    int64_t index;       /* counts sessions of this calendar; consecutive */
    int32_t date;        /* YYYYMMDD of the session, in the calendar's zone */
    uint64_t prev_close; /* ns UTC: the session begins just after it */
    uint64_t open;       /* ns UTC */
    uint64_t close;      /* ns UTC: the last instant of the session */
} as_session;

typedef struct as_calendar as_calendar;

/* A calendar's definition. Times are minutes after local midnight. dates are YYYYMMDD, ascending. */
typedef struct as_calendar_spec {
    const char *name;
    const char *zone;              /* IANA name */
    int open_min, close_min;
    unsigned weekdays;             /* bit 0 Monday .. bit 6 Sunday */
    const int32_t *holiday;
    uint32_t holiday_count;
    const int32_t *half_day;       /* sessions that close at half_close_min */
    uint32_t half_day_count;
    int half_close_min;
} as_calendar_spec;

/* 0; -EINVAL with the error chain set (unknown zone, close before open, ...). */
int as_calendar_new(const as_calendar_spec *spec, as_calendar **calendar);
/* A shipped calendar by name: "XNYS", "XKRX", "ALWAYS". -ENOENT if there is none of that name. */
int as_calendar_new_shipped(const char *name, as_calendar **calendar);
void as_calendar_free(as_calendar *calendar);

const char *as_calendar_name(const as_calendar *calendar);

/* The session that holds ts. Never NULL: beyond the table the first or last session is given. */
const as_session *as_calendar_session(const as_calendar *calendar, uint64_t ts);

/* The session of a local date YYYYMMDD, or NULL if the market is closed on it. For "stamps: session_close". */
const as_session *as_calendar_session_on(const as_calendar *calendar, int32_t date);

/*
 * The session clock: session-aligned time V(ts). V grows by exactly 1 from one close to the next: by overnight_share
 * (default 0.30, SCIENCE 2.5) linearly from close to open, and by the rest from open to close along the U-shaped
 * variance curve of core/stats/seasonality.h. H between two moments is V(b) - V(a). The cached form takes the session
 * that holds ts, found before.
 */
double as_session_clock(const as_session *session, uint64_t ts, double overnight_share);

#endif
