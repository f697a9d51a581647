#include "apps/study/panel.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

#define DAILY_NS_MIN (20 * AS_NS_PER_HOUR)

int as_study_panel_init(as_study_panel *panel, const as_universe *universe, uint64_t bar_ns, bool all_hours,
                        double overnight_share)
{
    *panel = (as_study_panel){.universe = universe, .all_hours = all_hours, .overnight_share = overnight_share};
    panel->bar_chosen = bar_ns != AS_STUDY_BAR_AUTO;
    panel->bar_ns = panel->bar_chosen ? bar_ns : 0;
    panel->series = calloc(universe->symbols.count, sizeof *panel->series);
    return panel->series ? 0 : as_error_set(-ENOMEM, "out of memory for %u series", universe->symbols.count);
}

void as_study_panel_fini(as_study_panel *panel)
{
    for (uint32_t i = 0; panel->series && i < panel->universe->symbols.count; i++) {
        as_study_series *s = &panel->series[i];
        free(s->ts);
        free(s->px);
        free(s->period);
        free(s->y); /* market, sector and scale are behind it */
        free(s->sessions);
    }
    free(panel->series);
    *panel = (as_study_panel){0};
}

static size_t lower_bound(const int64_t *period, size_t count, int64_t wanted)
{
    size_t low = 0;
    while (low < count) {
        size_t middle = low + (count - low) / 2;
        if (period[middle] < wanted)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

static int make_room(as_study_series *s)
{
    if (s->count < s->room)
        return 0;
    size_t room = s->room ? 2 * s->room : 256;
    uint64_t *ts = realloc(s->ts, room * sizeof *ts);
    s->ts = ts ? ts : s->ts;
    double *px = realloc(s->px, room * sizeof *px);
    s->px = px ? px : s->px;
    int64_t *period = realloc(s->period, room * sizeof *period);
    s->period = period ? period : s->period;
    if (!ts || !px || !period)
        return as_error_set(-ENOMEM, "out of memory after %zu prices", s->count);
    s->room = room;
    return 0;
}

/* single: one row a moment is expected, as of bars. */
static int put(as_study_series *s, int64_t period, uint64_t ts, double px, bool single)
{
    size_t at = s->count && s->period[s->count - 1] < period ? s->count : lower_bound(s->period, s->count, period);
    if (at < s->count && s->period[at] == period) {
        if (ts == s->ts[at] && (px > s->px[at] || px < s->px[at]) && !s->quoted) {
            s->duplicates += single;
            s->duplicate_ts = ts;
        }
        if (ts >= s->ts[at]) {
            s->ts[at] = ts;
            s->px[at] = px;
        }
        return 0;
    }
    int rc = make_room(s);
    if (rc < 0)
        return rc;
    size_t after = s->count - at;
    memmove(s->ts + at + 1, s->ts + at, after * sizeof *s->ts);
    memmove(s->px + at + 1, s->px + at, after * sizeof *s->px);
    memmove(s->period + at + 1, s->period + at, after * sizeof *s->period);
    s->ts[at] = ts;
    s->px[at] = px;
    s->period[at] = period;
    s->count++;
    return 0;
}

/* The price that an event brings; 0 for none. */
static int64_t price_of(as_study_panel *panel, const as_event *event)
{
    switch (event->kind) {
    case AS_EVENT_BAR:
        return event->bar.close;
    case AS_EVENT_TRADE:
        return panel->series[event->instrument].quoted ? 0 : event->trade.px;
    case AS_EVENT_QUOTE:
        if (event->quote.bid_px == AS_PX_UNDEFINED || event->quote.ask_px == AS_PX_UNDEFINED ||
            event->quote.bid_px <= 0 || event->quote.bid_px >= event->quote.ask_px)
            return 0;
        panel->series[event->instrument].quoted = true;
        return event->quote.bid_px / 2 + event->quote.ask_px / 2;
    default:
        panel->order_book |= as_event_is_book(event) != 0;
        return 0;
    }
}

/* Does a bar's length fit? The first one says what a period is where the user has not. */
static bool bar_fits(as_study_panel *panel, const as_event *event)
{
    uint64_t length = as_bar_duration_ns(event);
    if (!panel->bar_chosen) {
        panel->bar_chosen = true;
        panel->bar_ns = length > 0 && length < DAILY_NS_MIN ? length : 0;
    }
    return panel->bar_ns == 0 || length <= panel->bar_ns;
}

int as_study_panel_add(as_study_panel *panel, const as_event *event)
{
    if (!as_event_is_market(event) || event->instrument >= panel->universe->symbols.count)
        return 0;
    int64_t px = price_of(panel, event);
    if (px <= 0 || px == AS_PX_UNDEFINED)
        return 0;
    if (event->kind == AS_EVENT_BAR && !bar_fits(panel, event)) {
        panel->passed_over++;
        return 0;
    }
    const as_session *session =
        as_calendar_session(as_universe_calendar(panel->universe, event->instrument), event->ts_event);
    int64_t period = session->index;
    uint64_t ts = event->ts_event;
    if (panel->bar_ns > 0) {
        if (!panel->all_hours && ts <= session->open) {
            panel->passed_over++;
            return 0;
        }
        period = (int64_t)((ts + panel->bar_ns - 1) / panel->bar_ns);
    }
    panel->prices++;
    return put(&panel->series[event->instrument], period, ts, (double)px / (double)AS_PX_ONE,
               event->kind == AS_EVENT_BAR);
}

size_t as_study_series_at(const as_study_series *series, uint64_t ts)
{
    size_t low = 0;
    size_t high = series->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (series->ts[middle] < ts)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- returns ---- */

static double return_of(double from, double to, bool simple)
{
    return simple ? to / from - 1 : log(to / from);
}

/* Another instrument's return over the span (from, to]; NAN if it has no new price in it. */
static double over_span(const as_study_series *s, uint64_t from, uint64_t to, bool simple)
{
    size_t begin = as_study_series_at(s, from + 1);
    size_t end = as_study_series_at(s, to + 1);
    if (begin == 0 || end <= begin)
        return NAN;
    return return_of(s->px[begin - 1], s->px[end - 1], simple);
}

static double sector_return(const as_study_panel *panel, uint32_t self, uint32_t market, uint64_t from, uint64_t to,
                            bool simple)
{
    const as_universe *universe = panel->universe;
    double sum = 0;
    unsigned members = 0;
    for (uint32_t j = 0; j < universe->symbols.count; j++) {
        if (j == self || j == market || universe->instrument[j].bucket != universe->instrument[self].bucket ||
            panel->series[j].count == 0)
            continue;
        double r = over_span(&panel->series[j], from, to, simple);
        if (isfinite(r)) {
            sum += r;
            members++;
        }
    }
    return members ? sum / members : (double)NAN;
}

/* The sessions of a calendar in which anything has a price, ascending. */
typedef struct traded {
    int64_t *period;
    size_t count;
} traded;

static int by_period(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static traded traded_of(const as_study_panel *panel, const as_calendar *calendar)
{
    traded t = {0};
    size_t room = 0;
    for (uint32_t i = 0; i < panel->universe->symbols.count; i++)
        room += as_universe_calendar(panel->universe, i) == calendar ? panel->series[i].count : 0;
    t.period = calloc(room + 1, sizeof *t.period);
    AS_ASSERT(t.period);
    size_t found = 0;
    for (uint32_t i = 0; i < panel->universe->symbols.count; i++)
        for (size_t k = 0; as_universe_calendar(panel->universe, i) == calendar && k < panel->series[i].count; k++)
            t.period[found++] = panel->series[i].period[k];
    qsort(t.period, found, sizeof *t.period, by_period);
    for (size_t k = 0; k < found; k++)
        if (t.count == 0 || t.period[k] != t.period[t.count - 1])
            t.period[t.count++] = t.period[k];
    return t;
}

/* sqrt of the span's share of variance over that of an average interval; of sessions, of their number. */
static double scale_of(const as_study_panel *panel, uint32_t instrument, uint64_t from, uint64_t to, uint32_t sessions)
{
    if (panel->bar_ns == 0)
        return panel->keep_gaps ? 1 : sqrt(sessions);
    const as_calendar *calendar = as_universe_calendar(panel->universe, instrument);
    const as_session *session = as_calendar_session(calendar, to);
    double share = panel->overnight_share;
    double h =
        as_session_clock(session, to, share) - as_session_clock(as_calendar_session(calendar, from), from, share);
    double mean = (1 - share) * (double)panel->bar_ns / (double)(session->close - session->open);
    return h > 0 && mean > 0 ? sqrt(h / mean) : 1;
}

/* Has the market, or whatever is its last price, come to something new in (from, to]? */
static bool has_new_price(const as_study_series *market, uint64_t from, uint64_t to)
{
    return as_study_series_at(market, to + 1) > as_study_series_at(market, from + 1);
}

static void make_returns(as_study_panel *panel, uint32_t instrument, uint32_t market, bool simple, const traded *t)
{
    as_study_series *s = &panel->series[instrument];
    bool peers = panel->universe->instrument[instrument].bucket != AS_BUCKET_NONE;
    size_t base = 0; /* the price that the next return is from */
    s->y[0] = s->market[0] = s->sector[0] = NAN;
    s->scale[0] = 1;
    for (size_t k = 1; k < s->count; k++) {
        uint64_t from = s->ts[base];
        uint64_t to = s->ts[k];
        s->y[k] = s->market[k] = s->sector[k] = NAN;
        s->scale[k] = 1;
        if (market != AS_INSTRUMENT_NONE && !has_new_price(&panel->series[market], from, to))
            continue;
        s->sessions[k] = 1;
        if (panel->bar_ns == 0)
            s->sessions[k] = (uint32_t)(lower_bound(t->period, t->count, s->period[k]) -
                                        lower_bound(t->period, t->count, s->period[base]));
        double scale = scale_of(panel, instrument, from, to, s->sessions[k]);
        s->scale[k] = scale;
        s->y[k] = return_of(s->px[base], s->px[k], simple) / scale;
        if (market != AS_INSTRUMENT_NONE)
            s->market[k] = over_span(&panel->series[market], from, to, simple) / scale;
        if (peers)
            s->sector[k] = sector_return(panel, instrument, market, from, to, simple) / scale;
        base = k;
    }
}

int as_study_panel_finish(as_study_panel *panel, uint32_t market, bool simple)
{
    for (uint32_t i = 0; i < panel->universe->symbols.count; i++) {
        as_study_series *s = &panel->series[i];
        if (s->count == 0)
            continue;
        s->y = malloc(4 * s->count * sizeof *s->y);
        s->sessions = calloc(s->count, sizeof *s->sessions);
        if (!s->y || !s->sessions)
            return as_error_set(-ENOMEM, "out of memory for %zu returns", s->count);
        s->market = s->y + s->count;
        s->sector = s->market + s->count;
        s->scale = s->sector + s->count;
    }
    const as_calendar *calendar = NULL;
    traded t = {0};
    for (uint32_t i = 0; i < panel->universe->symbols.count; i++) {
        if (panel->series[i].count == 0)
            continue;
        if (!t.period || as_universe_calendar(panel->universe, i) != calendar) {
            free(t.period);
            calendar = as_universe_calendar(panel->universe, i);
            t = traded_of(panel, calendar);
        }
        make_returns(panel, i, market, simple, &t);
    }
    free(t.period);
    return 0;
}
