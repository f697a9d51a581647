/*
 * Intraday: what the minute clock knows of each name. How its variance lies over the day, how much of a day's variance
 * comes overnight, whether the price has just jumped, and whether today is unlike other days (SCIENCE 2.4-2.9).
 *
 * A session is cut into steps from its open on: a minute each for a name known by quotes, a bar each for one known by
 * bars of up to 15 minutes (longer ones are left alone); longer where a session would have over AS_INTRADAY_STEPS of
 * them. A step's price is the last mid in (begin, end]; its return is over when a mid beyond its end comes, a bar that
 * ends there, or the session's close. From the returns:
 *
 *   seasonality  the name's variance profile: weighted standard deviation over up to 78 bins of five minutes or more
 *                (core/stats/seasonality.h), from 20 sessions on; before that, and as its prior, the parabola
 *   clock        the session clock of core/calendar.h along that profile
 *   overnight    robust variance of close-to-open over that of close-to-close, drawn to the prior as if that had been
 *                seen in 20 sessions (ours); from 20 sessions on
 *   jumps        Lee and Mykland 2008 at 1 % a session (core/stats/jump.h), K = ceil(sqrt(252 steps)), on returns
 *                divided by sqrt(u); not the first step's return, which belongs to the opening
 *   realised     RV, bipower, MedRV and the ratio statistic of the session so far, and its volatility against what the
 *                daily sigma and the profile expect
 *   depth        size at the best prices over its running median (P-square), a minute's last one each
 *
 * Holes. Steps without a mid are returns of zero, up to five minutes of them (at least one step); after a longer hole
 * the chain begins anew at the end of the step that ends it, and no return spans the hole. What was left out is not
 * expected either. Prices at or before the open and after the close are not intraday; the return over the night is not
 * an intraday return.
 *
 * No look-ahead: profile, overnight share and usual volatility change in as_intraday_close only, and are constant
 * within a session. Nothing depends on when a reader asks, only on times and mids: the same mids give the same bytes.
 * Half days (any session shorter than the longest seen) train nothing; their clock is the profile over their own time.
 *
 * Times are logical and do not decrease for a name. Threads: one writer. Memory: about 10 KB a name, reserved at init,
 * touched when a name has its first mid. Cost: O(1); a mid within the step in hand costs a compare and a store, a
 * step's end 0.15 us, the clock 12 ns, a session's close 10 us a name with the profile.
 */
#ifndef AS_CORE_INTRADAY_H
#define AS_CORE_INTRADAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/calendar.h"
#include "core/event.h"
#include "core/limits.h"
#include "core/stats/jump.h"
#include "core/stats/quantile.h"
#include "core/stats/seasonality.h"

#define AS_INTRADAY_ALPHA 0.01 /* chance of a false jump a session */
#define AS_INTRADAY_BAR_MAX (15 * AS_NS_PER_MIN)
#define AS_INTRADAY_HOLE_NS (5 * AS_NS_PER_MIN)
#define AS_INTRADAY_LEAST 20         /* sessions before overnight share and usual volatility are used */
#define AS_INTRADAY_DEPTH_LEAST 30   /* minutes before the median of the depth is */
#define AS_INTRADAY_RETURNS_LEAST 10 /* of a session, before its volatility is said */

enum { AS_INTRADAY_LINE_BYTES = 64, AS_INTRADAY_RING = 362 - 2 /* ceil(sqrt(252 AS_INTRADAY_STEPS)) - 2 */ };

/* What a mid touches: one cache line. */
typedef struct as_intraday_now {
    _Alignas(AS_INTRADAY_LINE_BYTES) uint64_t step_end; /* mids up to here change nothing but mid */
    int64_t mid;                                        /* the latest */
    double depth;                                       /* the latest size at the best prices; 0 unknown */
    int64_t level;    /* price at the end of the last step that is over; 0: the chain is broken */
    int64_t session;  /* index of the session in hand */
    uint64_t step_ns; /* 0: nothing yet */
    uint32_t step;    /* the one in hand */
    uint32_t done;    /* steps that are over */
    bool pending;     /* the step in hand has a mid */
    bool fresh;       /* it is the first after a hole: no return */
    bool is_closed;   /* the session is over */
} as_intraday_now;

_Static_assert(sizeof(as_intraday_now) == AS_INTRADAY_LINE_BYTES, "one cache line");

typedef struct as_intraday_name {
    /* today */
    as_jump jump;       /* its ring is below */
    uint64_t jump_ts;   /* end of the step of the latest jump; 0 none */
    double jump_return; /* logarithmic, signed */
    as_realised realised;
    double smooth_variance; /* sum of squared returns that are no jumps */
    double expected;        /* share of the session's variance that the returns taken should have */
    int64_t open_mid;       /* first mid, if it came in the first step; else 0 */
    float bin_return[AS_SEASONALITY_BINS];
    uint8_t bin_steps[AS_SEASONALITY_BINS]; /* returns taken */
    as_quantile depth;
    /* of sessions past; the first slot of the rings is session 0's, AS_SEASONALITY_SESSIONS's, ... */
    int64_t close_mid; /* 0: none */
    int64_t close_session;
    uint64_t session_ns; /* of a regular session: the longest seen */
    uint32_t bin_width;  /* in steps */
    uint32_t night_count, variance_count;
    float night[AS_SEASONALITY_SESSIONS];    /* return over the night */
    float day[AS_SEASONALITY_SESSIONS];      /* open to close of the same session */
    float variance[AS_SEASONALITY_SESSIONS]; /* smooth_variance / expected */
    double night_share;                      /* robust estimate; used from AS_INTRADAY_LEAST on */
    double usual_variance;                   /* median of variance, likewise */
    as_seasonality seasonality;
    double ring[AS_INTRADAY_RING];
} as_intraday_name;

typedef struct as_intraday {
    uint32_t count;
    as_intraday_now *now;   /* one an instrument */
    as_intraday_name *name; /* likewise */
} as_intraday;

/* 0; -ENOMEM. instruments > 0. */
int as_intraday_init(as_intraday *intraday, uint32_t instruments);
void as_intraday_fini(as_intraday *intraday);
/* Touch all of it, so that no page is faulted in later. Right after init: before the first mid. */
void as_intraday_prefault(as_intraday *intraday);

/* A valid mid > 0 that crosses into another step. */
void as_intraday_step(as_intraday *intraday, uint32_t instrument, const as_session *session, int64_t mid, uint64_t ts);

/*
 * A valid mid of a quote at logical time ts, within the step in hand: kept, and all is done. false: it crosses into
 * another step, and as_intraday_step is to be called with its session, which nobody has to look up before.
 */
static inline bool as_intraday_within(as_intraday *intraday, uint32_t instrument, int64_t mid, uint64_t ts)
{
    as_intraday_now *now = &intraday->now[instrument];
    if (ts > now->step_end)
        return false;
    now->mid = mid;
    return true;
}

/* The same for who has the session at hand: the one that holds ts, before its close is taken. */
static inline void as_intraday_mid(as_intraday *intraday, uint32_t instrument, const as_session *session, int64_t mid,
                                   uint64_t ts)
{
    if (!as_intraday_within(intraday, instrument, mid, ts))
        as_intraday_step(intraday, instrument, session, mid, ts);
}

/*
 * A bar with a valid close, in the session that holds its END (ts_event): its close is the price there, and the open of
 * a session's first bar the price at the open. Bars over 15 minutes, and bars coarser than what the session is known
 * by, change nothing.
 */
void as_intraday_bar(as_intraday *intraday, uint32_t instrument, const as_session *session, const as_event *bar);

/*
 * Size at the best prices (the smaller side), in any unit that stays the same. After the mid of the same quote, which
 * may end a minute: the last size of a minute counts.
 */
static inline void as_intraday_depth(as_intraday *intraday, uint32_t instrument, double depth)
{
    intraday->now[instrument].depth = depth;
}

/*
 * The session is over, every mid of it has been seen. frozen (event freeze, SCIENCE 2.1): none of it trains the
 * profile, the overnight share or the usual volatility. A session that is not closed trains nothing either.
 */
void as_intraday_close(as_intraday *intraday, uint32_t instrument, const as_session *session, bool frozen);

/*
 * The session clock as as_session_clock (bit for bit while the name's own profile is unknown), along the name's own
 * profile between open and close. overnight_share is to be the same within a session: as_intraday_overnight's is.
 */
double as_intraday_clock(const as_intraday *intraday, uint32_t instrument, const as_session *session, uint64_t ts,
                         double overnight_share);

/* The name's share of a session's variance from close to open; prior (0..1) itself while it is unknown. */
double as_intraday_overnight(const as_intraday *intraday, uint32_t instrument, double prior);

/*
 * End of the step with the latest jump, 0 if there was none; *size (may be NULL) its logarithmic return, of any past
 * session. Compare the time with t0 or with now.
 */
uint64_t as_intraday_jump_at(const as_intraday *intraday, uint32_t instrument, double *size);

/* Measures of the session so far, of the steps' plain returns; all NAN before three, and of another session. */
as_realised_result as_intraday_realised(const as_intraday *intraday, uint32_t instrument, const as_session *session);

/*
 * Volatility of the session so far, jumps left out, over what sigma (of a day, close to close, > 0) and the profile
 * expect of the same minutes: 1 as always, 2 twice the volatility. sigma NAN: against the median of the name's own
 * last sessions. NAN while fewer than AS_INTRADAY_RETURNS_LEAST returns, or nothing to compare with, are known.
 */
double as_intraday_vol_ratio(const as_intraday *intraday, uint32_t instrument, const as_session *session, double sigma,
                             double overnight_share);

/* Depth over its running median; NAN until AS_INTRADAY_DEPTH_LEAST minutes are known, and without a depth. */
double as_intraday_depth_ratio(const as_intraday *intraday, uint32_t instrument);

#endif
