#include "core/outside.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/decide.h"
#include "core/logexp.h"
#include "core/stats/kalman_pair.h"
#include "core/stats/ou.h"

enum {
    SESSIONS = 60,     /* Avellaneda and Lee's window */
    SESSIONS_MIN = 40, /* of them, with a residual of the name and of its sector */
    PAIR_MEMORY = 252, /* sessions, see core/stats/kalman_pair.h */
    PAIR_NOISE_HALF_LIFE = 60,
    PAIR_KEY_BYTES = 2 * AS_SYMBOL_BYTES + 1
};

#define SESSIONS_PER_YEAR 252.0
#define PAIR_KEY_BIT (UINT64_C(1) << 63) /* of a timer's key: the rest is a place among the pairs' signals */

_Static_assert((int)SESSIONS <= (int)AS_RESIDUAL_SESSIONS, "the market keeps the window");

typedef struct pair {
    uint32_t leg[2]; /* AS_INSTRUMENT_NONE: the slot is free */
    int64_t px0[2];  /* the first closes */
    bool begun;      /* the filter runs */
    as_kalman_pair_start start;
    as_kalman_pair filter;
    as_innovation latest;
    int64_t session; /* the last one in which both names had a price */
    uint32_t count;  /* values in x and y, at most SESSIONS; ring by total */
    uint64_t total;
    double x[SESSIONS], y[SESSIONS];
} pair;

struct as_outside {
    uint32_t name_count;
    uint32_t name_strategy[AS_STRATEGY_MAX], name_strategy_count; /* indexes of the engine's strategies */
    uint32_t pair_strategy[AS_STRATEGY_MAX], pair_strategy_count;
    as_signal *name_signal;              /* [strategy][name] */
    double *level;                       /* [name]: running sum of hedged residuals */
    as_signal *pair_signal;              /* [strategy][AS_PAIR_MAX][2] */
    pair *pair;                          /* AS_PAIR_MAX slots */
    double sum[AS_BUCKET_MAX][SESSIONS]; /* of residuals, scratch of a roll */
    uint32_t count[AS_BUCKET_MAX][SESSIONS];
};

/* ---- life ---- */

int as_outside_new(const as_engine *engine, as_outside **out)
{
    uint32_t n = engine->universe->symbols.count;
    uint32_t names = 0, pairs = 0;
    *out = NULL;
    for (uint32_t i = 0; i < engine->strategy_count; i++) {
        names += as_strategy_takes(engine->strategy[i], AS_ROLE_OUTSIDE);
        pairs += as_strategy_takes(engine->strategy[i], AS_ROLE_PAIR);
    }
    if (names + pairs == 0)
        return 0;
    as_outside *outside = calloc(1, sizeof *outside);
    if (!outside)
        return -ENOMEM;
    outside->name_count = n;
    outside->level = calloc(n, sizeof *outside->level);
    outside->name_signal = calloc((size_t)names * n + 1, sizeof *outside->name_signal);
    outside->pair_signal = calloc((size_t)pairs * AS_PAIR_MAX * 2 + 1, sizeof *outside->pair_signal);
    outside->pair = calloc(AS_PAIR_MAX, sizeof *outside->pair);
    if (!outside->level || !outside->name_signal || !outside->pair_signal || !outside->pair) {
        as_outside_free(outside);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < engine->strategy_count; i++) {
        if (as_strategy_takes(engine->strategy[i], AS_ROLE_OUTSIDE))
            outside->name_strategy[outside->name_strategy_count++] = i;
        if (as_strategy_takes(engine->strategy[i], AS_ROLE_PAIR))
            outside->pair_strategy[outside->pair_strategy_count++] = i;
    }
    for (uint32_t i = 0; i < AS_PAIR_MAX; i++)
        outside->pair[i].leg[0] = outside->pair[i].leg[1] = AS_INSTRUMENT_NONE;
    *out = outside;
    return 0;
}

void as_outside_free(as_outside *outside)
{
    if (!outside)
        return;
    free(outside->level);
    free(outside->name_signal);
    free(outside->pair_signal);
    free(outside->pair);
    free(outside);
}

/* ---- where a signal lives ---- */

static as_place name_place(const as_outside *outside, uint32_t row, uint32_t instrument)
{
    uint64_t at = (uint64_t)row * outside->name_count + instrument;
    return (as_place){.signal = &outside->name_signal[at],
                      .strategy = outside->name_strategy[row],
                      .key = "",
                      .anchor_seq = AS_TS_UNDEFINED,
                      .timer = AS_TIMER_OUTSIDE_EXPIRY,
                      .timer_key = at};
}

static as_place pair_place(const as_outside *outside, uint32_t row, uint32_t slot, uint32_t leg, const char *key)
{
    uint64_t at = ((uint64_t)row * AS_PAIR_MAX + slot) * 2 + leg;
    return (as_place){.signal = &outside->pair_signal[at],
                      .strategy = outside->pair_strategy[row],
                      .key = key,
                      .anchor_seq = AS_TS_UNDEFINED,
                      .timer = AS_TIMER_OUTSIDE_EXPIRY,
                      .timer_key = PAIR_KEY_BIT | at};
}

/* "A|B": what tells the signals of a name that is in several pairs apart. */
static void pair_key(const as_engine *engine, const pair *p, char key[PAIR_KEY_BYTES])
{
    const char *name[2] = {as_symbols_name(&engine->universe->symbols, p->leg[0]),
                           as_symbols_name(&engine->universe->symbols, p->leg[1])};
    size_t bytes = strlen(name[0]);
    memcpy(key, name[0], bytes);
    key[bytes] = '|';
    memcpy(key + bytes + 1, name[1], strlen(name[1]) + 1);
}

/* ---- views ---- */

static uint64_t event_block(const as_engine *engine, uint32_t instrument)
{
    const as_shock_refs *refs = &engine->shocks.refs[instrument];
    for (uint8_t r = 0; r < refs->count; r++)
        if (refs->ref[r].linked < AS_REF_CONTROL || refs->ref[r].linked == AS_REF_EPICENTRE)
            return AS_REASON_BIT(EVENT);
    return 0;
}

static uint64_t name_blocks(as_engine *engine, uint32_t instrument)
{
    const as_thresholds *th = &engine->playbook->thresholds;
    const as_daily *daily = &engine->market.daily[instrument];
    const as_session *session = as_market_session(&engine->market, instrument, engine->now);
    uint64_t blocks = event_block(engine, instrument);
    if (session->prev_close < daily->frozen_until)
        blocks |= AS_REASON_BIT(EVENT);
    if ((double)daily->model.n < th->warmup_sessions)
        blocks |= AS_REASON_BIT(WARMUP);
    return blocks;
}

static bool has_own_news(const as_engine *engine, uint32_t instrument)
{
    const as_name *name = &engine->market.name[instrument];
    return name->own_news_at &&
           (double)(engine->now - name->own_news_at) < engine->playbook->thresholds.own_news_hours * 3600e9;
}

/* What any name has; measures are undefined. */
static as_view view_of(as_engine *engine, as_role role, uint32_t instrument)
{
    const double none = (double)NAN;
    const as_daily *daily = &engine->market.daily[instrument];
    as_view view;
    as_decide_view(engine, instrument, &view);
    view.role = (uint8_t)role;
    view.m = view.g = view.breadth = view.control_k = view.flagged_mean_ar = none;
    view.z_epicentre = view.z_basket = view.dispersion = view.vol_ratio = view.credibility = none;
    view.beta = as_market_model_beta(&daily->model);
    view.sigma = as_sqrt(as_market_model_variance(&daily->model));
    view.car = view.h = view.z = view.e = view.os = view.variance_ratio = none;
    view.x = view.x_mean = view.s = view.s_mod = view.s_eq = view.ou_b = view.ou_k = none;
    view.partner = AS_INSTRUMENT_NONE;
    view.hedge = none;
    view.blocks |= name_blocks(engine, instrument);
    view.own_news = has_own_news(engine, instrument);
    return view;
}

/* ---- names ---- */

static void sum_buckets(as_outside *outside, const as_market *market, uint32_t calendar, int64_t session)
{
    const as_universe *universe = market->universe;
    double residual[SESSIONS];
    memset(outside->sum, 0, sizeof outside->sum);
    memset(outside->count, 0, sizeof outside->count);
    for (uint32_t i = 0; i < outside->name_count; i++) {
        uint8_t bucket = universe->instrument[i].bucket;
        if (universe->instrument[i].calendar != calendar || bucket == AS_BUCKET_NONE)
            continue;
        as_market_residuals(market, i, session, false, SESSIONS, residual);
        for (unsigned t = 0; t < SESSIONS; t++) {
            if (isnan(residual[t]))
                continue;
            outside->sum[bucket][t] += residual[t];
            outside->count[bucket][t]++;
        }
    }
}

/* The name's residuals and its sector's without it, of the sessions that have both; NO_FACTOR or WARMUP are blocks. */
static unsigned name_window(const as_outside *outside, const as_market *market, uint32_t instrument, int64_t session,
                            double own[SESSIONS], double others[SESSIONS], uint64_t *blocks)
{
    uint8_t bucket = market->universe->instrument[instrument].bucket;
    double residual[SESSIONS];
    unsigned count = 0, alone = 0;
    as_market_residuals(market, instrument, session, false, SESSIONS, residual);
    for (unsigned t = 0; t < SESSIONS; t++) {
        if (isnan(residual[t]))
            continue;
        if (bucket == AS_BUCKET_NONE || outside->count[bucket][t] < 2) {
            alone++;
            continue;
        }
        own[count] = residual[t];
        others[count++] = (outside->sum[bucket][t] - residual[t]) / (outside->count[bucket][t] - 1);
    }
    if (count < SESSIONS_MIN)
        *blocks |= count + alone < SESSIONS_MIN ? AS_REASON_BIT(WARMUP) : AS_REASON_BIT(NO_FACTOR);
    return count;
}

static void measure_name(const as_outside *outside, const as_market *market, int64_t session, as_view *view)
{
    double own[SESSIONS], others[SESSIONS];
    as_ou_pair fit;
    unsigned count = name_window(outside, market, view->instrument, session, own, others, &view->blocks);
    view->x = outside->level[view->instrument];
    if (count < SESSIONS_MIN || as_ou_fit_pair(own, others, count, 1 / SESSIONS_PER_YEAR, &fit) != AS_OU_OK)
        return;
    view->s = fit.score;
    view->s_mod = fit.score_drift;
    view->s_eq = fit.ou.s_eq;
    view->x_mean = view->x + fit.ou.m;
    view->ou_b = fit.ou.b;
    view->ou_k = fit.ou.k;
}

static void roll_names(as_engine *engine, uint32_t calendar, const as_session *session)
{
    as_outside *outside = engine->outside;
    const as_universe *universe = engine->universe;
    if (outside->name_strategy_count == 0)
        return;
    for (uint32_t i = 0; i < outside->name_count; i++) {
        double hedged;
        if (universe->instrument[i].calendar != calendar)
            continue;
        as_market_residuals(&engine->market, i, session->index, true, 1, &hedged);
        outside->level[i] += isnan(hedged) ? 0 : hedged;
    }
    if (engine->history)
        return;
    sum_buckets(outside, &engine->market, calendar, session->index);
    for (uint32_t i = 0; i < outside->name_count; i++) {
        bool priced = engine->market.daily[i].session == session->index;
        if (universe->instrument[i].calendar != calendar || !priced)
            continue;
        as_view view = view_of(engine, AS_ROLE_OUTSIDE, i);
        measure_name(outside, &engine->market, session->index, &view);
        for (uint32_t row = 0; row < outside->name_strategy_count; row++) {
            as_place place = name_place(outside, row, i);
            as_decide_signal(engine, &place, &view);
        }
    }
}

/* ---- pairs ---- */

/* A session's closes of both names into the filter; false where one of them had no price. */
static bool update_pair(const as_market *market, pair *p, int64_t session)
{
    const as_daily *first = &market->daily[p->leg[0]], *second = &market->daily[p->leg[1]];
    if (first->session != session || second->session != session)
        return false;
    if (p->total == 0) {
        p->px0[0] = first->close_px;
        p->px0[1] = second->close_px;
    }
    double y = as_log_ratio(first->close_px, p->px0[0]);
    double x = as_log_ratio(second->close_px, p->px0[1]);
    p->y[p->total % SESSIONS] = y;
    p->x[p->total % SESSIONS] = x;
    p->total++;
    p->count += p->count < SESSIONS;
    p->session = session;
    if (p->begun)
        p->latest = as_kalman_pair_update(&p->filter, x, y);
    else if (as_kalman_pair_start_add(&p->start, x, y))
        p->begun = as_kalman_pair_begin(&p->filter, &p->start, PAIR_MEMORY, as_half(1.0 / PAIR_NOISE_HALF_LIFE));
    return true;
}

/* Reversion of the spread at today's line over the window; NAN where it does not revert. */
static void fit_spread(const pair *p, as_view *view)
{
    double spread[SESSIONS];
    as_ou fit;
    for (uint32_t i = 0; i < p->count; i++) {
        size_t at = (size_t)((p->total - p->count + i) % SESSIONS);
        spread[i] = p->y[at] - p->filter.alpha - p->filter.beta * p->x[at];
    }
    if (as_ou_fit(spread, p->count, 1 / SESSIONS_PER_YEAR, &fit) != AS_OU_OK)
        return;
    view->ou_b = fit.b;
    view->ou_k = fit.k_corrected;
}

static as_view view_pair(as_engine *engine, const pair *p, uint32_t leg)
{
    as_view view = view_of(engine, AS_ROLE_PAIR, p->leg[leg]);
    as_view other = view_of(engine, AS_ROLE_PAIR, p->leg[1 - leg]);
    double beta = p->begun ? p->filter.beta : (double)NAN;
    const as_view *first = leg == 0 ? &view : &other, *second = leg == 0 ? &other : &view;
    double size = beta < 0 ? -beta : beta;
    view.half_spread_bps = first->half_spread_bps + size * second->half_spread_bps;
    view.partner = p->leg[1 - leg];
    view.leg = (uint8_t)(leg + 1);
    view.beta = beta;
    view.hedge = leg == 0 ? beta : 1 / beta;
    view.sigma = (double)NAN;
    view.blocks |= other.blocks;
    view.own_news |= other.own_news;
    if (other.spread_ratio > view.spread_ratio || isnan(view.spread_ratio))
        view.spread_ratio = other.spread_ratio;
    if (other.depth_ratio < view.depth_ratio || isnan(view.depth_ratio))
        view.depth_ratio = other.depth_ratio;
    return view;
}

static void measure_pair(const pair *p, as_view *view)
{
    if (!p->begun || !(p->latest.variance > 0)) {
        view->blocks |= AS_REASON_BIT(WARMUP);
        return;
    }
    view->z = p->latest.z;
    view->x = p->latest.residual;
    view->x_mean = 0;
    view->s_eq = as_sqrt(p->latest.variance);
    fit_spread(p, view);
}

/* Both legs see the same measures, blocks and costs, so that they open and close together; room for both, or none. */
static void ask_pair(as_engine *engine, uint32_t slot)
{
    const as_outside *outside = engine->outside;
    const pair *p = &outside->pair[slot];
    char key[PAIR_KEY_BYTES];
    as_view view[2];
    pair_key(engine, p, key);
    for (uint32_t leg = 0; leg < 2; leg++) {
        view[leg] = view_pair(engine, p, leg);
        measure_pair(p, &view[leg]);
    }
    for (uint32_t row = 0; row < outside->pair_strategy_count; row++) {
        as_place place[2] = {pair_place(outside, row, slot, 0, key), pair_place(outside, row, slot, 1, key)};
        if (!place[0].signal->open && engine->timers.count + 2 > engine->timers.count_max) {
            engine->timers.refused++;
            continue;
        }
        for (uint32_t leg = 0; leg < 2; leg++)
            as_decide_signal(engine, &place[leg], &view[leg]);
    }
}

static void roll_pairs(as_engine *engine, uint32_t calendar, const as_session *session)
{
    as_outside *outside = engine->outside;
    for (uint32_t slot = 0; slot < AS_PAIR_MAX; slot++) {
        pair *p = &outside->pair[slot];
        if (p->leg[0] == AS_INSTRUMENT_NONE || engine->universe->instrument[p->leg[0]].calendar != calendar)
            continue;
        if (update_pair(&engine->market, p, session->index) && !engine->history)
            ask_pair(engine, slot);
    }
}

void as_outside_roll(as_engine *engine, uint32_t calendar, const as_session *session)
{
    if (!engine->outside)
        return;
    roll_names(engine, calendar, session);
    if (engine->outside->pair_strategy_count)
        roll_pairs(engine, calendar, session);
}

/* ---- ends ---- */

static void end_name(as_engine *engine, uint32_t row, uint32_t instrument, uint64_t reasons, as_action action)
{
    as_place place = name_place(engine->outside, row, instrument);
    if (!place.signal->open)
        return;
    as_view view = view_of(engine, AS_ROLE_OUTSIDE, instrument);
    as_decide_finish(engine, &place, &view, reasons, action);
}

static void end_leg(as_engine *engine, uint32_t row, uint32_t slot, uint32_t leg, uint64_t reasons, as_action action)
{
    const pair *p = &engine->outside->pair[slot];
    char key[PAIR_KEY_BYTES];
    if (p->leg[0] == AS_INSTRUMENT_NONE)
        return;
    pair_key(engine, p, key);
    as_place place = pair_place(engine->outside, row, slot, leg, key);
    if (!place.signal->open)
        return;
    as_view view = view_pair(engine, p, leg);
    as_decide_finish(engine, &place, &view, reasons, action);
}

static void end_pair(as_engine *engine, uint32_t slot, uint64_t reasons)
{
    for (uint32_t row = 0; row < engine->outside->pair_strategy_count; row++)
        for (uint32_t leg = 0; leg < 2; leg++)
            end_leg(engine, row, slot, leg, reasons, AS_ACTION_CLOSE);
}

void as_outside_interrupt(as_engine *engine, uint32_t instrument, uint64_t reasons)
{
    const as_outside *outside = engine->outside;
    if (!outside)
        return;
    for (uint32_t row = 0; row < outside->name_strategy_count; row++)
        end_name(engine, row, instrument, reasons, AS_ACTION_CLOSE);
    for (uint32_t slot = 0; outside->pair_strategy_count && slot < AS_PAIR_MAX; slot++)
        if (outside->pair[slot].leg[0] == instrument || outside->pair[slot].leg[1] == instrument)
            end_pair(engine, slot, reasons);
}

void as_outside_event(as_engine *engine, const as_shock *shock)
{
    if (!engine->outside)
        return;
    as_outside_interrupt(engine, shock->issuer, AS_REASON_BIT(EVENT));
    if (shock->epicentre.instrument != shock->issuer)
        as_outside_interrupt(engine, shock->epicentre.instrument, AS_REASON_BIT(EVENT));
    for (uint32_t i = 0; i < shock->linked_count; i++)
        as_outside_interrupt(engine, shock->linked[i].anchor.instrument, AS_REASON_BIT(EVENT));
}

void as_outside_expire(as_engine *engine, uint64_t key)
{
    const as_outside *outside = engine->outside;
    bool is_pair = (key & PAIR_KEY_BIT) != 0;
    uint64_t at = key & ~PAIR_KEY_BIT;
    as_signal *signal = is_pair ? &outside->pair_signal[at] : &outside->name_signal[at];
    if (!as_decide_is_due(engine, signal, AS_TIMER_OUTSIDE_EXPIRY, key))
        return;
    if (is_pair)
        end_leg(engine, (uint32_t)(at / 2 / AS_PAIR_MAX), (uint32_t)(at / 2 % AS_PAIR_MAX), (uint32_t)(at % 2),
                AS_REASON_BIT(TIME_STOP), AS_ACTION_EXPIRE);
    else
        end_name(engine, (uint32_t)(at / outside->name_count), (uint32_t)(at % outside->name_count),
                 AS_REASON_BIT(TIME_STOP), AS_ACTION_EXPIRE);
}

/* ---- the playbook ---- */

static bool has_pair(const as_playbook *playbook, const pair *p)
{
    for (uint32_t i = 0; i < playbook->pair_count; i++)
        if (playbook->pair[i].leg[0] == p->leg[0] && playbook->pair[i].leg[1] == p->leg[1])
            return true;
    return false;
}

static bool is_held(const as_outside *outside, const as_pair *wanted)
{
    for (uint32_t slot = 0; slot < AS_PAIR_MAX; slot++)
        if (outside->pair[slot].leg[0] == wanted->leg[0] && outside->pair[slot].leg[1] == wanted->leg[1])
            return true;
    return false;
}

/* What a strategy has kept of a pair goes with it; a deadline that is still in the heap stays known. */
static void clear_signals(as_outside *outside, uint32_t slot)
{
    for (uint32_t row = 0; row < outside->pair_strategy_count; row++)
        for (uint32_t leg = 0; leg < 2; leg++) {
            as_signal *signal = pair_place(outside, row, slot, leg, "").signal;
            *signal = (as_signal){.timed = signal->timed};
        }
}

void as_outside_reload(as_engine *engine)
{
    as_outside *outside = engine->outside;
    const as_playbook *playbook = engine->playbook;
    if (!outside || outside->pair_strategy_count == 0)
        return;
    for (uint32_t slot = 0; slot < AS_PAIR_MAX; slot++) {
        pair *p = &outside->pair[slot];
        if (p->leg[0] == AS_INSTRUMENT_NONE || has_pair(playbook, p))
            continue;
        end_pair(engine, slot, AS_REASON_BIT(NO_CHANNEL));
        clear_signals(outside, slot);
        p->leg[0] = p->leg[1] = AS_INSTRUMENT_NONE;
    }
    uint32_t slot = 0;
    for (uint32_t i = 0; i < playbook->pair_count; i++) {
        if (is_held(outside, &playbook->pair[i]))
            continue;
        while (outside->pair[slot].leg[0] != AS_INSTRUMENT_NONE) /* there are as many slots as pairs in a playbook */
            slot++;
        outside->pair[slot] = (pair){.leg = {playbook->pair[i].leg[0], playbook->pair[i].leg[1]}, .session = INT64_MIN};
    }
}
