/*
 * Market state: one record an instrument, brought up to date by events, read by shocks.
 *
 * Holds the last valid mid and what is wrong with it (stale, halted, crossed, gapped), a chain of past mids to look
 * anchors up, and the daily model: market beta and residual variance, sector coefficient, and the residuals of the last
 * sessions. A session's close is taken when the calendar's timer fires, so every estimate is lagged by one session
 * (SCIENCE 2.4: no look-ahead).
 *
 * Threads: the core. Memory: fixed at init. Cost per event: O(1).
 */
#ifndef AS_CORE_MARKET_H
#define AS_CORE_MARKET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/book.h"
#include "core/config.h"
#include "core/decision.h"
#include "core/event.h"
#include "core/intraday.h"
#include "core/playbook.h"
#include "core/stats/beta.h"
#include "core/stats/quantile.h"
#include "core/universe.h"

/* What the mid is made of: staleness limits belong to the class (DESIGN 6.20). */
typedef enum as_mid_class { AS_MID_NONE = 0, AS_MID_BAR = 1, AS_MID_QUOTE = 2 } as_mid_class;

enum { AS_NAME_LINE_BYTES = 64 };

/* A mid at a moment: what an anchor needs. */
typedef struct as_mark {
    int64_t mid;  /* AS_PX_UNDEFINED: none */
    uint64_t ts;  /* logical time of the mid */
    uint64_t seq; /* instant it was seen in */
} as_mark;

/*
 * What a price or a quote touches, on three cache lines, the first of which is all that most readers need; the daily
 * model is apart, so that ticks on many names do not fetch it. Measured by bench/bench_engine.c, "uniform quotes, 0
 * facts, 10000 symbols".
 */
typedef struct as_name {
    _Alignas(AS_NAME_LINE_BYTES) as_mark mark; /* last valid mid */
    int64_t bid_px, ask_px;                    /* of the last valid quote */
    uint32_t chain;                            /* newest entry of this name in the history of mids */
    uint32_t gap_epoch;                        /* of the source, when the price was last rebuilt */
    uint32_t resume_quotes;                    /* valid quotes since trading resumed */
    uint32_t bar_seconds;                      /* of the last bar */
    uint16_t source;                           /* of the last update */
    uint8_t mid_class;                         /* as_mid_class */
    uint8_t state;                             /* as_trading_state */
    bool invalid;                              /* the latest quote was crossed, locked, empty or too wide */
    bool resuming;                             /* a halt ended and the wait is not over */
    bool broken;                               /* the book is inconsistent until a clear */
    bool unsettled; /* the book is within a transaction (AS_EVENT_MORE): see as_market.settled */
    _Alignas(AS_NAME_LINE_BYTES) as_quantile spread; /* running median of spread/mid */
    uint64_t mid_since; /* when the mark's mid was first seen; mark.ts is when it was last confirmed */
    uint64_t resumed_at;
    uint64_t own_news_at;   /* last strong item about this name, 0 none */
    uint64_t own_news_fact; /* serial of the fact it belongs to */
} as_name;

_Static_assert(sizeof(as_name) == 3 * AS_NAME_LINE_BYTES, "a name is three cache lines");

/* What a session's close brings up to date. */
typedef struct as_daily {
    as_market_model model;
    int64_t close_px;            /* at the last session that had one; AS_PX_UNDEFINED */
    int64_t close_factor_px;     /* the factor's mid at that moment */
    uint64_t close_ts;           /* the close of that session: the next return spans from here */
    int64_t session;             /* index of that session */
    double sector_xx, sector_xy; /* EWMA sums of residual on the bucket's residual without itself */
    uint64_t frozen_until;       /* event freeze: sessions that begin before this moment do not train the model */
} as_daily;

typedef struct as_market_counters {
    uint64_t trades, quotes, bars, orders, levels, statuses, gaps, sessions;
    uint64_t invalid_quotes, book_errors, unknown_instrument;
} as_market_counters;

typedef struct as_market {
    const as_universe *universe;
    as_name *name;                /* one an instrument */
    as_daily *daily;              /* one an instrument */
    double *residual;             /* [instrument][AS_RESIDUAL_SESSIONS], by session index; market model */
    double *hedged;               /* the same less the sector's part */
    int64_t *residual_session;    /* [instrument][AS_RESIDUAL_SESSIONS]: which session a value is of */
    struct as_mid_entry *history; /* ring of past mids, chained per name */
    uint64_t history_count;
    as_book_set *books;   /* NULL until a feed by order or level is configured */
    as_intraday intraday; /* variance profiles, jumps, depth: what the minute clock knows */
    as_top *settled;      /* with books: what was published last, of names whose book is within a transaction */
    uint32_t gap_epoch[UINT16_MAX + 1];
    const as_session *session[AS_CALENDAR_MAX]; /* the one that holds the latest moment asked for */
    double *bucket_sum;                         /* scratch of a roll */
    uint32_t *bucket_count;
    as_market_counters counters;
} as_market;

/* with_books: orders_max live orders and books for every instrument (0: no by-order feed is configured). */
int as_market_init(as_market *market, const as_universe *universe, uint32_t orders_max);
void as_market_fini(as_market *market);
/* The daily models start from these parameters; call before the first event. */
void as_market_start(as_market *market, const as_thresholds *thresholds);

/*
 * Apply a market event at logical time event->ts_recv in instant seq. Returns true when the instrument's mid or its
 * condition may have changed, so that whatever is anchored on it is to be evaluated.
 *
 * AS_EVENT_MORE: the book takes the event, and what was published stands, over as many instants as it takes. The first
 * event of the book without MORE compares the best prices with those published last and publishes them if they differ,
 * whether it touched them or not. CLEAR publishes at once that there is no price, and begins anew. GAP needs nothing:
 * the name is stale until its book is rebuilt, and the next event without MORE ends what was open. A QUOTE with MORE
 * (what a feed catches up with) is not used.
 */
bool as_market_apply(as_market *market, const as_thresholds *thresholds, const as_event *event, uint64_t seq);

/*
 * The last valid mid not after ts (an anchor, DESIGN 6.13), and when it was last known to be so. false when the
 * history does not reach back, or holds none:
 * *mark is then the latest valid mid, or undefined.
 */
bool as_market_mark_at(const as_market *market, uint32_t instrument, uint64_t ts, as_mark *mark);

/*
 * Take the close of a calendar's session: daily returns into models, residuals into rings. session is the one that
 * ends.
 */
void as_market_roll(as_market *market, const as_thresholds *thresholds, uint32_t calendar, const as_session *session);

/*
 * What keeps signals on this name from opening now: AS_REASON_BIT set of HALT, LULD (a volatility
 * pause; a HALT as well), STALE. The condition of the market
 * factor is included (a stale factor makes every CAR stale).
 */
uint64_t as_market_condition(const as_market *market, const as_thresholds *thresholds, uint32_t instrument,
                             uint64_t now);

/* Nothing of its source is known to be missing, and its book is consistent: its mid may be measured. */
bool as_market_is_whole(const as_market *market, uint32_t instrument);

/* The session of the name's calendar that holds now, and its session clock. O(1) while time moves forward. */
const as_session *as_market_session(as_market *market, uint32_t instrument, uint64_t now);

/*
 * The name's session clock: core/calendar.h's along the name's own variance profile and overnight share, once they are
 * known (core/intraday.h). For a moment of any session; O(1) while time moves forward.
 */
double as_market_clock(as_market *market, const as_thresholds *thresholds, uint32_t instrument, uint64_t ts);

/* Size at the best prices over its running median; NAN without quotes. */
double as_market_depth_ratio(const as_market *market, uint32_t instrument);

/* Half the spread in bps of mid: the quote's, or the configured one for bars. */
double as_market_half_spread_bps(const as_market *market, const as_costs_config *costs, uint32_t instrument);

/* Spread over its running median; NAN without quotes. */
double as_market_spread_ratio(const as_market *market, uint32_t instrument);

/*
 * The residuals of an instrument over the last count_max sessions up to and including session, oldest first, NAN where
 * missing. hedged: less the sector's part (for OU), else the market model's (for controls).
 */
void as_market_residuals(const as_market *market, uint32_t instrument, int64_t session, bool hedged, uint32_t count,
                         double *out);

/* Coefficient of the name's residual on its bucket's (SCIENCE 4.3's c), 0 without history. */
double as_market_sector_beta(const as_market *market, uint32_t instrument);

#endif
