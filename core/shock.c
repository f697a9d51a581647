#include "core/shock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/logexp.h"
#include "core/score.h"
#include "core/stats/ou.h"

enum {
    OU_SESSIONS = 60,      /* SCIENCE 4.2 */
    OU_SESSIONS_MIN = 40,
    CONTROL_SESSIONS = 120, /* SCIENCE 3.5 */
    VARIANCE_RATIO_Q = 5    /* one-minute returns, SCIENCE 4.4 */
};

static const double z_max = 20;              /* SCIENCE 6, numeric notes */
static const double sum_scale = 1e12;        /* CAR and z in the integer sums */
static const double sessions_per_year = 252;
static const double contradicted_widening = 1.5; /* ours: a contradicted basket makes the weights less certain */

/* ---- table ---- */

int as_shock_table_init(as_shock_table *table, uint32_t instrument_count)
{
    *table = (as_shock_table){
        .shock = calloc(AS_FACT_MAX, sizeof *table->shock),
        .refs = calloc(instrument_count, sizeof *table->refs),
        .linked_max = instrument_count < AS_LINKED_MAX ? instrument_count : AS_LINKED_MAX,
    };
    bool complete = table->shock && table->refs;
    for (unsigned i = 0; complete && i < AS_FACT_MAX; i++) {
        table->shock[i].linked = calloc(table->linked_max, sizeof(as_linked));
        complete = table->shock[i].linked != NULL;
    }
    if (!complete) {
        as_shock_table_fini(table);
        return -ENOMEM;
    }
    return 0;
}

void as_shock_table_fini(as_shock_table *table)
{
    for (unsigned i = 0; table->shock && i < AS_FACT_MAX; i++)
        free(table->shock[i].linked);
    free(table->shock);
    free(table->refs);
    *table = (as_shock_table){0};
}

as_shock *as_shock_of(as_shock_table *table, uint64_t fact_serial)
{
    for (unsigned i = 0; i < AS_FACT_MAX; i++)
        if (fact_serial && table->shock[i].fact == fact_serial)
            return &table->shock[i];
    return NULL;
}

as_shock *as_shock_oldest(as_shock_table *table)
{
    as_shock *oldest = NULL;
    for (unsigned i = 0; i < AS_FACT_MAX; i++) {
        as_shock *shock = &table->shock[i];
        if (shock->fact && (!oldest || shock->fact < oldest->fact))
            oldest = shock;
    }
    return oldest;
}

static bool add_ref(as_shock_table *table, uint32_t instrument, const as_shock *shock, unsigned linked)
{
    as_shock_refs *refs = &table->refs[instrument];
    if (refs->count == AS_ANCHOR_MAX) {
        table->refused_refs++;
        return false;
    }
    refs->ref[refs->count++] = (as_shock_ref){.shock = (uint16_t)(shock - table->shock), .linked = (uint16_t)linked};
    return true;
}

static void drop_refs(as_shock_table *table, uint32_t instrument, const as_shock *shock)
{
    as_shock_refs *refs = &table->refs[instrument];
    uint8_t kept = 0;
    for (uint8_t i = 0; i < refs->count; i++)
        if (refs->ref[i].shock != shock - table->shock)
            refs->ref[kept++] = refs->ref[i];
    refs->count = kept;
}

void as_shock_retire(as_shock_table *table, as_shock *shock)
{
    drop_refs(table, shock->issuer, shock);
    for (uint32_t i = 0; i < shock->linked_count; i++)
        drop_refs(table, shock->linked[i].anchor.instrument, shock);
    for (uint32_t i = 0; i < shock->control_count; i++)
        drop_refs(table, shock->control[i].anchor.instrument, shock);
    shock->fact = 0;
    table->open_count--;
}

/* ---- anchors ---- */

/* When the anchor has to lie before: the source's time, unless that is too long ago to be looked up (DESIGN 6.13). */
static uint64_t anchor_limit(const as_headline *headline, const as_thresholds *th, bool *late)
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

static as_anchor set_anchor(as_shock *shock, as_market *market, const as_thresholds *th, uint32_t instrument,
                            uint64_t limit)
{
    const as_daily *daily = &market->daily[instrument];
    as_anchor anchor = {.instrument = instrument, .factor = market->universe->instrument[instrument].factor};
    as_mark mark;
    if (!mark_at(market, instrument, limit, shock->t0, &mark, &shock->late))
        mark.mid = AS_PX_UNDEFINED;
    anchor.px = mark.mid;
    anchor.ts = mark.ts;
    anchor.seq = mark.seq;
    anchor.factor_px = anchor.moved_px = anchor.moved_factor_px = AS_PX_UNDEFINED;
    anchor.car = anchor.h = anchor.z = (double)NAN;
    if (anchor.factor != AS_INSTRUMENT_NONE && mark_at(market, anchor.factor, limit, shock->t0, &mark, &shock->late))
        anchor.factor_px = mark.mid;

    const as_calendar *calendar = as_universe_calendar(market->universe, instrument);
    anchor.clock = as_session_clock(as_calendar_session(calendar, anchor.ts), anchor.ts, th->overnight_share);
    anchor.beta = as_market_model_beta(&daily->model);
    anchor.sigma = as_sqrt(as_market_model_variance(&daily->model));
    if (!(anchor.sigma > 1e-6)) /* the variance floor of SCIENCE 6: below it nothing was ever seen to move */
        anchor.sigma = (double)NAN;
    if ((double)daily->model.n < th->warmup_sessions)
        anchor.blocks |= AS_REASON_BIT(WARMUP);
    if (anchor.factor_px == AS_PX_UNDEFINED)
        anchor.blocks |= AS_REASON_BIT(NO_FACTOR);
    return anchor;
}

/* CAR, H and z of an anchor at now. A price that is no newer than the headline measures nothing. */
static void measure(as_anchor *anchor, as_market *market, const as_thresholds *th, uint64_t t0, uint64_t now)
{
    const as_mark *mark = &market->name[anchor->instrument].mark;
    int64_t mid = mark->mid;
    if (anchor->px == AS_PX_UNDEFINED || mid == AS_PX_UNDEFINED || anchor->factor_px == AS_PX_UNDEFINED ||
        mark->ts <= t0)
        return;
    int64_t factor_mid = market->name[anchor->factor].mark.mid;
    if (factor_mid != anchor->moved_factor_px) {
        anchor->factor_move = as_log_ratio(factor_mid, anchor->factor_px);
        anchor->moved_factor_px = factor_mid;
    }
    if (mid != anchor->moved_px) {
        anchor->move = as_log_ratio(mid, anchor->px);
        anchor->moved_px = mid;
    }
    double car = anchor->move - anchor->beta * anchor->factor_move;
    if (isnan(car) || isnan(anchor->sigma))
        return;
    const as_session *session = as_market_session(market, anchor->instrument, now);
    double h = as_session_clock(session, now, th->overnight_share) - anchor->clock;
    double z = car / (anchor->sigma * as_sqrt(h > th->h_floor ? h : th->h_floor));
    anchor->car = car;
    anchor->h = h > 0 ? h : 0;
    anchor->z = z > z_max ? z_max : z < -z_max ? -z_max : z;
    anchor->measured = true;
}

/* ---- opening ---- */

/* The pre-event OU fit of the cumulated sector-hedged residual (SCIENCE 4.1 to 4.3). */
static void fit_reversion(as_linked *linked, const as_market *market, int64_t session)
{
    double residual[OU_SESSIONS], level[OU_SESSIONS];
    unsigned count = 0;
    linked->ou_b = linked->ou_k = linked->s_eq = (double)NAN;
    as_market_residuals(market, linked->anchor.instrument, session, true, OU_SESSIONS, residual);
    double sum = 0;
    for (unsigned i = 0; i < OU_SESSIONS; i++) {
        if (isnan(residual[i]))
            continue;
        sum += residual[i];
        level[count++] = sum;
    }
    as_ou fit;
    if (count < OU_SESSIONS_MIN || as_ou_fit(level, count, 1 / sessions_per_year, &fit) != AS_OU_OK)
        return;
    linked->ou_b = fit.b;
    linked->ou_k = fit.k_corrected;
    linked->s_eq = fit.s_eq;
}

static int64_t last_session_before(const as_market *market, uint32_t instrument, uint64_t t0)
{
    return as_calendar_session(as_universe_calendar(market->universe, instrument), t0)->index - 1;
}

static bool is_control(const as_playbook *playbook, int control, uint32_t instrument)
{
    for (uint32_t i = 0; control >= 0 && i < playbook->control[control].member_count; i++)
        if (playbook->control[control].member[i] == instrument)
            return true;
    return false;
}

static bool is_index(const as_universe *universe, uint32_t instrument)
{
    uint8_t bucket = universe->instrument[instrument].bucket;
    return bucket != AS_BUCKET_NONE && strcmp(universe->bucket[bucket], "index") == 0;
}

/* Membership (DESIGN 6.17): a channel and a valid mid at t0, less epicentre, controls and indices. */
static void link_names(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                       uint64_t limit)
{
    const as_universe *universe = market->universe;
    const as_event_family *family = &playbook->family[shock->event_type];
    for (uint32_t i = 0; i < universe->symbols.count; i++) {
        if (i == shock->issuer || is_index(universe, i) || is_control(playbook, family->control, i))
            continue;
        as_channel channel = as_playbook_channel(playbook, universe, shock->event_type, shock->issuer, i);
        if (!channel.set || market->name[i].mark.mid == AS_PX_UNDEFINED)
            continue;
        if (shock->linked_count == table->linked_max) {
            table->refused_refs++;
            continue;
        }
        as_linked *linked = &shock->linked[shock->linked_count];
        memset(linked, 0, sizeof *linked);
        linked->anchor = set_anchor(shock, market, &playbook->thresholds, i, limit);
        if (linked->anchor.px == AS_PX_UNDEFINED || !add_ref(table, i, shock, shock->linked_count))
            continue;
        linked->w = channel.w;
        linked->s_w = channel.s;
        linked->bucket = universe->instrument[i].bucket;
        linked->sector_beta = as_market_sector_beta(market, i);
        linked->e = linked->os = linked->x = linked->x_mean = linked->s = (double)NAN;
        linked->extreme_at = shock->t0;
        as_variance_ratio_run_init(&linked->minutes, VARIANCE_RATIO_Q);
        fit_reversion(linked, market, last_session_before(market, i, shock->t0));
        shock->usable_count += linked->anchor.blocks == 0;
        shock->linked_count++;
    }
}

/* Mean residual of the linked names, session by session: what the controls are regressed on. */
static void basket_residuals(const as_shock *shock, const as_market *market, double *basket)
{
    double one[CONTROL_SESSIONS];
    unsigned count[CONTROL_SESSIONS] = {0};
    memset(basket, 0, CONTROL_SESSIONS * sizeof *basket);
    for (uint32_t i = 0; i < shock->linked_count; i++) {
        uint32_t instrument = shock->linked[i].anchor.instrument;
        as_market_residuals(market, instrument, last_session_before(market, instrument, shock->t0), false,
                            CONTROL_SESSIONS, one);
        for (unsigned t = 0; t < CONTROL_SESSIONS; t++) {
            if (isnan(one[t]))
                continue;
            basket[t] += one[t];
            count[t]++;
        }
    }
    for (unsigned t = 0; t < CONTROL_SESSIONS; t++)
        basket[t] = count[t] ? basket[t] / count[t] : (double)NAN;
}

static void set_controls(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                         uint64_t limit)
{
    int index = playbook->family[shock->event_type].control;
    if (index < 0)
        return;
    const as_control *group = &playbook->control[index];
    const as_thresholds *th = &playbook->thresholds;
    double basket[CONTROL_SESSIONS], residual[CONTROL_SESSIONS];
    basket_residuals(shock, market, basket);

    for (uint32_t i = 0; i < group->member_count; i++) {
        uint32_t member = group->member[i];
        const as_name *name = &market->name[member];
        bool own_news = name->own_news_at && name->own_news_fact != shock->fact &&
                        (double)shock->t0 - (double)name->own_news_at < th->control_news_days * 86400e9;
        if (member == shock->issuer || !add_ref(table, member, shock, AS_REF_CONTROL + shock->control_count))
            continue;
        as_control_state *control = &shock->control[shock->control_count++];
        *control = (as_control_state){.anchor = set_anchor(shock, market, th, member, limit)};
        control->q = own_news ? 0 : group->q[i];
        as_market_residuals(market, member, last_session_before(market, member, shock->t0), false, CONTROL_SESSIONS,
                            residual);
        control->fit = as_control_fit_residuals(residual, basket, CONTROL_SESSIONS);
    }
}

as_shock *as_shock_open(as_shock_table *table, as_market *market, const as_playbook *playbook, const as_fact *fact,
                        const as_headline *headline)
{
    const as_event_family *family = &playbook->family[fact->event_type];
    as_shock *shock = NULL;
    for (unsigned i = 0; i < AS_FACT_MAX && !shock; i++)
        if (!table->shock[i].fact)
            shock = &table->shock[i];
    if (!shock)
        return NULL;

    as_linked *linked = shock->linked;
    *shock = (as_shock){
        .fact = fact->serial,
        .t0 = fact->t0,
        .issuer = fact->issuer,
        .event_type = fact->event_type,
        .polarity = fact->polarity,
        .dir = fact->polarity,
        .is_signed = family->is_signed,
        .fade = family->fade,
        .default_m = family->default_m,
        .m = family->default_m,
        .g = as_fact_gate(fact, &playbook->gate),
        .k = (double)NAN,
        .linked = linked,
    };
    uint64_t limit = anchor_limit(headline, &playbook->thresholds, &shock->late);
    table->open_count++;
    shock->epicentre = set_anchor(shock, market, &playbook->thresholds, shock->issuer, limit);
    add_ref(table, shock->issuer, shock, AS_REF_EPICENTRE);
    link_names(table, shock, market, playbook, limit);
    set_controls(table, shock, market, playbook, limit);
    table->late_news += shock->late;

    /* Event freeze (SCIENCE 2.1): the session of t0 trains no model of a name in the event. */
    uint64_t close = as_market_session(market, shock->issuer, shock->t0)->close;
    market->daily[shock->issuer].frozen_until = close;
    for (uint32_t i = 0; i < shock->linked_count; i++) {
        uint32_t instrument = shock->linked[i].anchor.instrument;
        market->daily[instrument].frozen_until = as_market_session(market, instrument, shock->t0)->close;
    }
    return shock;
}

/* ---- measures ---- */

void as_shock_measure_epicentre(as_shock *shock, as_market *market, const as_playbook *playbook, uint64_t now)
{
    const as_thresholds *th = &playbook->thresholds;
    measure(&shock->epicentre, market, th, shock->t0, now);
    if (!shock->epicentre.measured || shock->epicentre.blocks || shock->frozen)
        return;
    double size = shock->epicentre.z < 0 ? -shock->epicentre.z : shock->epicentre.z;
    shock->m = size < th->m_min ? th->m_min : size > th->m_max ? th->m_max : size;
    shock->dir = (int8_t)as_sign(shock->epicentre.z);
    if (shock->dir == 0)
        shock->dir = shock->polarity;
    shock->frozen = (double)(now - shock->t0) >= th->m_freeze_min * 60e9;
}

/* One-minute returns of the mid since t0, for the variance ratio: previous tick at each minute's end. */
static void sample_minute(as_linked *linked, double level, uint64_t now)
{
    enum { QUIET_MINUTES_MAX = 60 };
    uint64_t minute = now / AS_NS_PER_MIN;
    if (linked->minute == 0)
        linked->minute_level = level; /* the jump from the anchor is the shock itself, not a minute's return */
    if (linked->minute != 0 && minute != linked->minute) {
        as_variance_ratio_run_update(&linked->minutes, linked->minute_last - linked->minute_level);
        linked->minute_level = linked->minute_last;
        uint64_t quiet = minute - linked->minute - 1;
        for (uint64_t i = 0; i < quiet && i < QUIET_MINUTES_MAX; i++)
            as_variance_ratio_run_update(&linked->minutes, 0);
    }
    linked->minute = minute;
    linked->minute_last = level;
}

void as_shock_measure_linked(as_shock *shock, as_linked *linked, as_market *market, const as_playbook *playbook,
                             uint64_t now)
{
    as_anchor *anchor = &linked->anchor;
    bool was_measured = anchor->measured;
    measure(anchor, market, &playbook->thresholds, shock->t0, now);
    if (!anchor->measured)
        return;
    if (anchor->blocks)
        return; /* a volatility of a few sessions is no ruler: it is shown, but moves no sum */
    if (!was_measured) {
        shock->measured_count++;
        if (linked->bucket != AS_BUCKET_NONE)
            shock->bucket_names[linked->bucket]++;
    }
    int64_t car_q = (int64_t)(anchor->car * sum_scale);
    int64_t z_q = (int64_t)(anchor->z * sum_scale);
    shock->car_sum += car_q - linked->car_q;
    shock->z_sum += z_q - linked->z_q;
    if (linked->bucket != AS_BUCKET_NONE)
        shock->bucket_car[linked->bucket] += car_q - linked->car_q;
    linked->car_q = car_q;
    linked->z_q = z_q;

    const as_session *session = as_market_session(market, anchor->instrument, now);
    if (session->index != linked->session) {
        linked->session_base = linked->session ? linked->latest_car : 0;
        linked->session = session->index;
    }
    linked->latest_car = anchor->car;
    bool further =
        linked->extreme_car * anchor->car >= 0 ? fabs(anchor->car) > fabs(linked->extreme_car) : fabs(anchor->car) > 0;
    if (further) {
        linked->extreme_car = anchor->car;
        linked->extreme_at = now;
    }
    sample_minute(linked, anchor->move, now);
}

void as_shock_count_linked(as_shock *shock, as_linked *linked, const as_thresholds *th)
{
    if (!linked->anchor.measured || linked->anchor.blocks)
        return;
    double limit = linked->consistent_move ? th->z_breadth - th->z_hysteresis : th->z_breadth;
    double along = linked->anchor.z * as_shock_chain_sign(shock, linked->w);
    bool counts = along >= limit;
    if (counts && !linked->consistent_move)
        shock->breadth_count++;
    if (!counts && linked->consistent_move)
        shock->breadth_count--;
    linked->consistent_move = counts;
}

void as_shock_measure_control(as_shock *shock, as_market *market, const as_playbook *playbook, uint64_t now)
{
    const as_thresholds *th = &playbook->thresholds;
    int index = playbook->family[shock->event_type].control;
    double basket = as_shock_basket_car(shock);
    double q[AS_CONTROL_MAX], kappa[AS_CONTROL_MAX];
    for (uint32_t i = 0; i < shock->control_count; i++) {
        as_control_state *control = &shock->control[i];
        as_anchor *anchor = &control->anchor;
        measure(anchor, market, th, shock->t0, now);
        q[i] = control->q;
        kappa[i] = (double)NAN;
        bool usable = anchor->measured && !anchor->blocks && (double)control->fit.count >= th->warmup_sessions &&
                      as_market_condition(market, th, anchor->instrument, now) == 0;
        if (!usable)
            continue;
        double scale = as_sqrt(anchor->h > th->h_floor ? anchor->h : th->h_floor); /* a day's variance over H */
        kappa[i] = as_control_kappa(&control->fit, anchor->car, basket) / scale;
    }
    as_control_verdict verdict = as_control_combine(q, kappa, shock->control_count);
    bool enough = index >= 0 && verdict.used >= playbook->control[index].needs;
    shock->k = enough ? verdict.k : (double)NAN;
    shock->contradicted = enough && fabs(shock->k) >= th->control_k && as_sign(shock->k) == -as_sign(basket);
}

double as_shock_s_w(const as_shock *shock, const as_linked *linked)
{
    return shock->contradicted ? linked->s_w * contradicted_widening : linked->s_w;
}

void as_shock_score(as_shock *shock, as_linked *linked, const as_playbook *playbook)
{
    const as_anchor *anchor = &linked->anchor;
    double h_floor = playbook->thresholds.h_floor;
    if (!anchor->measured)
        return;
    double s_w = as_shock_s_w(shock, linked);
    int dir = shock->is_signed ? 1 : shock->dir;
    as_score score = as_score_compute(
        &(as_score_input){.z = anchor->z, .w = linked->w, .s_w = s_w, .g = shock->g, .m = shock->m, .dir = dir});
    linked->e = score.e;
    linked->os = score.os;

    double others = 0;
    if (linked->bucket != AS_BUCKET_NONE && shock->bucket_names[linked->bucket] > 1)
        others = (double)(shock->bucket_car[linked->bucket] - linked->car_q) / sum_scale /
                 (shock->bucket_names[linked->bucket] - 1);
    double h = anchor->h > h_floor ? anchor->h : h_floor;
    linked->x = anchor->car - linked->sector_beta * others;
    linked->x_mean = linked->e * anchor->sigma * as_sqrt(h);
    linked->s = (linked->x - linked->x_mean) / linked->s_eq;
}

double as_shock_breadth(const as_shock *shock)
{
    return shock->usable_count ? (double)shock->breadth_count / shock->usable_count : 0;
}

double as_shock_basket_car(const as_shock *shock)
{
    return shock->measured_count ? (double)shock->car_sum / sum_scale / shock->measured_count : 0;
}

int as_shock_chain_sign(const as_shock *shock, double w)
{
    int along = shock->is_signed ? as_sign(w) : as_sign(w) * shock->dir;
    return along ? along : (shock->z_sum > 0) - (shock->z_sum < 0);
}

double as_shock_flagged_mean(as_shock *shock, const as_playbook *playbook)
{
    double sum = 0, os_open = playbook->thresholds.os_open;
    unsigned count = 0;
    for (uint32_t i = 0; i < shock->linked_count; i++) {
        as_linked *linked = &shock->linked[i];
        as_shock_score(shock, linked, playbook); /* all of this instant, whatever has been decided already */
        if (!linked->anchor.measured || linked->anchor.blocks || !(fabs(linked->os) >= os_open))
            continue;
        sum += linked->latest_car - linked->session_base;
        count++;
    }
    return count ? sum / count : (double)NAN;
}
