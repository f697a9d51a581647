#include "core/anchor.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/logexp.h"

static const double z_max = 20;         /* SCIENCE 6, numeric notes */
static const double sigma_floor = 1e-6; /* the variance floor of SCIENCE 6: below it nothing was ever seen to move */

int as_levels_init(as_levels *levels, uint32_t instrument_count)
{
    levels->level = calloc(instrument_count, sizeof *levels->level);
    return levels->level || instrument_count == 0 ? 0 : -ENOMEM;
}

void as_levels_fini(as_levels *levels)
{
    free(levels->level);
    levels->level = NULL;
}

/* ln(px / reference), kept until the price moves. */
static double level_of(as_levels *levels, uint32_t instrument, int64_t px)
{
    as_level *level = &levels->level[instrument];
    if (px == level->px)
        return level->log;
    if (level->reference == 0)
        level->reference = px;
    level->px = px;
    level->log = as_log_ratio(px, level->reference);
    return level->log;
}

/* Of an earlier price, which is not to take the place of the latest. */
static double level_before(as_levels *levels, uint32_t instrument, int64_t px)
{
    as_level *level = &levels->level[instrument];
    if (level->reference == 0)
        level->reference = px;
    return as_log_ratio(px, level->reference);
}

static double clock_of(as_levels *levels, as_market *market, const as_thresholds *th, uint32_t instrument, uint64_t now)
{
    as_level *level = &levels->level[instrument];
    if (level->clock_at != now) {
        level->clock = as_market_clock(market, th, instrument, now);
        level->clock_at = now;
    }
    return level->clock;
}

uint64_t as_anchor_limit(const as_headline *headline, const as_thresholds *th, bool *late)
{
    uint64_t recv = headline->ts_recv;
    uint64_t source = headline->ts_event < recv ? headline->ts_event : recv;
    *late = (double)(recv - source) > th->lookback_s * 1e9;
    return *late ? recv : source;
}

/* The mid at limit; where the history does not reach back so far, at the headline's receipt, which is late news. */
static bool mark_at(const as_market *market, uint32_t instrument, uint64_t limit, uint64_t t0, as_mark *mark,
                    bool *late)
{
    if (as_market_mark_at(market, instrument, limit, mark))
        return true;
    if (mark->mid == AS_PX_UNDEFINED || limit >= t0 || market->name[instrument].mid_since <= limit)
        return false;
    *late = true;
    return as_market_mark_at(market, instrument, t0, mark);
}

as_anchor as_anchor_set(as_levels *levels, as_market *market, const as_thresholds *th, uint32_t instrument,
                        uint64_t limit, uint64_t t0, bool *late)
{
    const as_daily *daily = &market->daily[instrument];
    as_anchor anchor = {.instrument = instrument, .factor = market->universe->instrument[instrument].factor};
    as_mark mark;
    if (!mark_at(market, instrument, limit, t0, &mark, late))
        mark.mid = AS_PX_UNDEFINED;
    anchor.px = mark.mid;
    anchor.ts = mark.ts;
    anchor.seq = mark.seq;
    anchor.factor_px = AS_PX_UNDEFINED;
    anchor.car = anchor.h = anchor.z = (double)NAN;
    if (anchor.px != AS_PX_UNDEFINED)
        anchor.log = level_before(levels, instrument, anchor.px);
    if (anchor.factor != AS_INSTRUMENT_NONE && mark_at(market, anchor.factor, limit, t0, &mark, late)) {
        anchor.factor_px = mark.mid;
        anchor.factor_log = level_before(levels, anchor.factor, mark.mid);
    }

    anchor.clock = as_market_clock(market, th, instrument, anchor.ts);
    anchor.beta = as_market_model_beta(&daily->model);
    anchor.sigma = as_sqrt(as_market_model_variance(&daily->model));
    if (!(anchor.sigma > sigma_floor))
        anchor.sigma = (double)NAN;
    if ((double)daily->model.n < th->warmup_sessions)
        anchor.blocks |= AS_REASON_BIT(WARMUP);
    if (anchor.factor_px == AS_PX_UNDEFINED)
        anchor.blocks |= AS_REASON_BIT(NO_FACTOR);
    return anchor;
}

bool as_anchor_measure(as_anchor *anchor, as_levels *levels, as_market *market, const as_thresholds *th, uint64_t t0,
                       uint64_t now)
{
    const as_name *name = &market->name[anchor->instrument];
    if (anchor->px == AS_PX_UNDEFINED || name->mark.mid == AS_PX_UNDEFINED || anchor->factor_px == AS_PX_UNDEFINED ||
        name->mark.ts <= t0 || name->state != AS_STATE_TRADING || isnan(anchor->sigma))
        return false;
    if (!as_market_is_whole(market, anchor->instrument) || !as_market_is_whole(market, anchor->factor))
        return false;
    double factor_move = level_of(levels, anchor->factor, market->name[anchor->factor].mark.mid) - anchor->factor_log;
    double move = level_of(levels, anchor->instrument, name->mark.mid) - anchor->log;
    double car = move - anchor->beta * factor_move;
    if (isnan(car))
        return false;
    double h = clock_of(levels, market, th, anchor->instrument, now) - anchor->clock;
    double root_h = as_sqrt(h > th->h_floor ? h : th->h_floor);
    double z = car / (anchor->sigma * root_h);
    anchor->move = move;
    anchor->car = car;
    anchor->h = h > 0 ? h : 0;
    anchor->root_h = root_h;
    anchor->z = z > z_max ? z_max : z < -z_max ? -z_max : z;
    anchor->measured = true;
    return true;
}
