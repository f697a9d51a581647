#include "core/membership.h"

#include <math.h>
#include <string.h>

#include "core/logexp.h"
#include "core/stats/ou.h"

enum {
    OU_SESSIONS = 60, /* SCIENCE 4.2 */
    OU_SESSIONS_MIN = 40,
    CONTROL_SESSIONS = 120, /* SCIENCE 3.5 */
    RECENT_SESSIONS = 10,   /* whose volatility tells the regime (ours) */
    RECENT_SESSIONS_MIN = 5,
    VARIANCE_RATIO_Q = 5 /* one-minute returns, SCIENCE 4.4 */
};

static const double sessions_per_year = 252;

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
        if (i == shock->issuer || i == shock->epicentre.instrument || is_index(universe, i) ||
            is_control(playbook, family->control, i))
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
        linked->anchor =
            as_anchor_set(&table->levels, market, &playbook->thresholds, i, limit, shock->t0, &shock->late);
        if (linked->anchor.px == AS_PX_UNDEFINED || !as_shock_table_link(table, i, shock, shock->linked_count))
            continue;
        linked->w = channel.w;
        linked->s_w = channel.s;
        shock->has_flat |= as_sign(channel.w) == 0;
        linked->bucket = universe->instrument[i].bucket;
        linked->sector_beta = as_market_sector_beta(market, i);
        linked->e = linked->os = linked->x = linked->x_mean = linked->s = (double)NAN;
        linked->weighed_m = linked->variance_ratio = (double)NAN;
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

/* Root mean square of the latest count values that are there; NAN below least. */
static double root_mean_square(const double *value, unsigned count, unsigned least)
{
    double sum = 0;
    unsigned held = 0;
    for (unsigned i = CONTROL_SESSIONS - count; i < CONTROL_SESSIONS; i++) {
        if (isnan(value[i]))
            continue;
        sum += value[i] * value[i];
        held++;
    }
    return held >= least ? as_sqrt(sum / held) : (double)NAN;
}

static void fix_basket(as_shock *shock, const double *basket, const as_thresholds *th)
{
    shock->basket_sd = root_mean_square(basket, CONTROL_SESSIONS, (unsigned)th->warmup_sessions);
    shock->vol_ratio = root_mean_square(basket, RECENT_SESSIONS, RECENT_SESSIONS_MIN) / shock->basket_sd;
}

static void fix_controls(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                         const double *basket, uint64_t limit)
{
    int index = playbook->family[shock->event_type].control;
    if (index < 0)
        return;
    const as_control *group = &playbook->control[index];
    const as_thresholds *th = &playbook->thresholds;
    double residual[CONTROL_SESSIONS];
    for (uint32_t i = 0; i < group->member_count; i++) {
        uint32_t member = group->member[i];
        if (member == shock->issuer || member == shock->epicentre.instrument ||
            !as_shock_table_link(table, member, shock, AS_REF_CONTROL + shock->control_count))
            continue;
        as_control_state *control = &shock->control[shock->control_count++];
        *control = (as_control_state){
            .anchor = as_anchor_set(&table->levels, market, th, member, limit, shock->t0, &shock->late)};
        control->q = group->q[i];
        as_market_residuals(market, member, last_session_before(market, member, shock->t0), false, CONTROL_SESSIONS,
                            residual);
        control->fit = as_control_fit_residuals(residual, basket, CONTROL_SESSIONS);
    }
}

/* The issuer's own price; where it has none, the family's stand-in's (SCIENCE 8: M from NVDA). */
static void fix_epicentre(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                          uint64_t limit)
{
    const as_thresholds *th = &playbook->thresholds;
    uint32_t proxy = playbook->family[shock->event_type].epicentre;
    shock->epicentre = as_anchor_set(&table->levels, market, th, shock->issuer, limit, shock->t0, &shock->late);
    if (shock->epicentre.px == AS_PX_UNDEFINED && proxy != AS_INSTRUMENT_NONE && proxy != shock->issuer) {
        as_anchor stand_in = as_anchor_set(&table->levels, market, th, proxy, limit, shock->t0, &shock->late);
        if (stand_in.px != AS_PX_UNDEFINED)
            shock->epicentre = stand_in;
    }
    as_shock_table_link(table, shock->epicentre.instrument, shock, AS_REF_EPICENTRE);
}

void as_membership_fix(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                       uint64_t limit)
{
    double basket[CONTROL_SESSIONS];
    fix_epicentre(table, shock, market, playbook, limit);
    link_names(table, shock, market, playbook, limit);
    basket_residuals(shock, market, basket);
    fix_basket(shock, basket, &playbook->thresholds);
    fix_controls(table, shock, market, playbook, basket, limit);
}
