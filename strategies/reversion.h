/*
 * What the strategies that trade reversion outside events share: costs, horizon, prices. Pure functions.
 */
#ifndef AS_STRATEGIES_REVERSION_H
#define AS_STRATEGIES_REVERSION_H

#include "core/logexp.h"
#include "strategies/strategy.h"

enum { AS_REVERSION_SESSIONS_MAX = 60 }; /* of a time stop: the window that the reversion was estimated on */

/* Sessions of a year, by which speeds are told (Avellaneda and Lee). */
#define AS_REVERSION_YEAR 252.0

/* Is the speed k (per year) of an AR(1) with coefficient b a reversion that is quick enough? false where NAN. */
static inline bool as_reversion_fits(const as_view *view)
{
    return view->ou_b > 0 && view->ou_b < 1 && view->ou_k > view->thresholds->k_min;
}

/* Time stop: two half-lives (SCIENCE 4.5), in whole sessions, 1 to the most; the most without a reversion. */
static inline uint32_t as_reversion_sessions(double k)
{
    double sessions = 2 * AS_LN2 / k * AS_REVERSION_YEAR;
    if (!(sessions < AS_REVERSION_SESSIONS_MAX))
        return AS_REVERSION_SESSIONS_MAX;
    uint32_t whole = (uint32_t)sessions;
    return whole + ((double)whole < sessions) > 0 ? whole + ((double)whole < sessions) : 1;
}

/* Half-life in ns of sessions taken as days; AS_TS_UNDEFINED without a reversion. */
static inline uint64_t as_reversion_half_life_ns(double k)
{
    return k > 0 ? (uint64_t)(AS_LN2 / k * AS_REVERSION_YEAR * 86400e9) : AS_TS_UNDEFINED;
}

/* Expected way of x toward x_mean over the time stop, for a position of side: (m - X)(1 - exp(-k h)), bps, signed. */
static inline double as_reversion_bps(const as_view *view, int side)
{
    double years = as_reversion_sessions(view->ou_k) / AS_REVERSION_YEAR;
    return 1e4 * side * (view->x_mean - view->x) * (1 - as_exp(-view->ou_k * years));
}

/* Round trip in one name, or in size of it: half-spread, fees and impact both ways (SCIENCE 4.5 f). */
static inline double as_round_trip_bps(const as_view *view, double size)
{
    double thin =
        view->depth_ratio > 0 && view->depth_ratio < 1 ? 1 / view->depth_ratio : 1; /* impact per size shown */
    return 2 * (view->half_spread_bps + size * (view->costs->fees_bps + view->costs->impact_bps * thin));
}

/* What keeps any such trade from opening, whatever its side. */
static inline uint64_t as_reversion_vetoes(const as_view *view)
{
    uint64_t set = view->blocks;
    if (!as_reversion_fits(view))
        set |= AS_REASON_BIT(NO_OU);
    if (view->spread_ratio > view->thresholds->trade_spread_multiple)
        set |= AS_REASON_BIT(WIDE_SPREAD);
    if (view->depth_ratio < view->thresholds->depth_min)
        set |= AS_REASON_BIT(THIN);
    if (view->own_news)
        set |= AS_REASON_BIT(OWN_NEWS);
    if (view->cooldown_until > view->now)
        set |= AS_REASON_BIT(COOLDOWN);
    return set;
}

#endif
