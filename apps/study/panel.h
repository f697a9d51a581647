/*
 * A study's prices and returns: one price a session, or one an interval, of every instrument that an input brings.
 *
 * Prices are closes of bars, mids of quotes, or trades (of an instrument without quotes); of all that fall into a
 * period the last one counts. Periods are the sessions of the instrument's own calendar, or intervals of bar_ns in
 * whole multiples since 1970; intervals outside regular hours are left out unless all_hours says otherwise.
 * Events may come in any order.
 *
 * Returns are from one price that is there to the next (trade to trade: Maynes and Rumsey 1993), and so are those of
 * the market and of the sector, over the very same span: the last prices known at both ends. Where the market has no
 * new price there is no return, of the name neither; the next one spans both, for name and market. A span of k
 * sessions (of those in which anything of the name's calendar has a price) is divided by sqrt(k), as its variance is
 * k sessions' (`keep_gaps`: it is not). Intraday returns, the market's and the sector's too, are divided by
 * sqrt(H / Hbar), H the share of a session's variance that the span covers (core/calendar.h, the U-shape of
 * core/stats/seasonality.h with the night's share) and Hbar that of an average interval of regular hours; `scale` is
 * what they were divided by, 1 for daily ones.
 *
 * One thread. Memory: 16 bytes a price while reading, 40 more a return.
 */
#ifndef AS_APPS_STUDY_PANEL_H
#define AS_APPS_STUDY_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/universe.h"

typedef struct as_study_series {
    uint64_t *ts; /* of the price, ns; rising */
    double *px;
    int64_t *period;
    size_t count, room;
    bool quoted;
    /* From here on: made by as_study_panel_finish, count values each; [0] is NAN. NAN where there is none. */
    double *y;      /* the name's return over the span that ends at [k], over scale */
    double *market; /* the market's, likewise */
    double *sector; /* mean of the bucket's other members, likewise */
    double *scale;
    uint32_t *sessions;  /* that the span takes; 1 for intervals, 0 where there is no return */
    uint32_t duplicates; /* prices of one moment that differ: the later one counts */
    uint64_t duplicate_ts;
} as_study_series;

typedef struct as_study_panel {
    const as_universe *universe;
    uint64_t bar_ns; /* 0: sessions */
    bool bar_chosen; /* by the user; else by the first bar: below 20 hours it is the interval, else sessions */
    bool all_hours;
    bool keep_gaps; /* returns over several sessions stay as they are */
    double overnight_share;
    as_study_series *series; /* by instrument */
    uint64_t prices;         /* taken */
    uint64_t passed_over;    /* bars of another length, prices outside regular hours */
    bool order_book;         /* an input brings orders or levels: not used */
} as_study_panel;

/* bar_ns: AS_STUDY_BAR_AUTO, 0 for sessions, or an interval. 0 or -ENOMEM with the error chain set. */
#define AS_STUDY_BAR_AUTO UINT64_MAX
int as_study_panel_init(as_study_panel *panel, const as_universe *universe, uint64_t bar_ns, bool all_hours,
                        double overnight_share);

/* A market event; others are passed over. 0 or -ENOMEM with the error chain set. */
int as_study_panel_add(as_study_panel *panel, const as_event *event);

/*
 * Everything is in: make the returns. market: AS_INSTRUMENT_NONE for none. simple: p1/p0 - 1 instead of the logarithm.
 * 0 or -ENOMEM with the error chain set.
 */
int as_study_panel_finish(as_study_panel *panel, uint32_t market, bool simple);

/* Index of the first price at or after ts; count if there is none. */
size_t as_study_series_at(const as_study_series *series, uint64_t ts);

/* Safe on zeroes. */
void as_study_panel_fini(as_study_panel *panel);

#endif
