#include "core/shock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/logexp.h"
#include "core/membership.h"
#include "core/score.h"

enum { CONTROLS_AFTER_NS = 1000000000 }; /* age of the controls' part of K at which it is taken anew */

static const double sum_scale = 1e12;         /* CAR and z in the integer sums */
static const double least_part = 0.25;        /* ours: of shock_z that epicentre and basket have each to contribute */
static const double alone_multiple = 1.5;     /* ours: of shock_z that makes the epicentre enough by itself */
static const double contradicted_held = 0.75; /* ours: of control_k, down to which a contradiction is held */
static const double contradicted_widening = 1.5; /* ours: a contradicted basket makes the weights less certain */

/* ---- table ---- */

int as_shock_table_init(as_shock_table *table, uint32_t instrument_count)
{
    *table = (as_shock_table){
        .shock = calloc(AS_FACT_MAX, sizeof *table->shock),
        .refs = calloc(instrument_count, sizeof *table->refs),
        .linked_max = instrument_count < AS_LINKED_MAX ? instrument_count : AS_LINKED_MAX,
    };
    bool complete = as_levels_init(&table->levels, instrument_count) == 0 && table->shock && table->refs;
    for (unsigned i = 0; complete && i < AS_FACT_MAX; i++) {
        table->shock[i].linked = calloc(table->linked_max, sizeof(as_linked));
        complete = table->shock[i].linked != NULL;
        if (complete) /* touched now: the first shocks of a day find their pages */
            memset(table->shock[i].linked, 0, table->linked_max * sizeof(as_linked));
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
    as_levels_fini(&table->levels);
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

/* A place of a name that can be given up: linked to a shock, nothing open, and the older the better. */
static bool may_give_up(const as_shock_table *table, const as_shock_ref *ref, bool only_quiet)
{
    const as_shock *shock = &table->shock[ref->shock];
    if (ref->linked >= AS_REF_CONTROL || (only_quiet && (!shock->weighed || shock->shocked)))
        return false;
    for (unsigned i = 0; i < AS_STRATEGY_MAX; i++)
        if (shock->linked[ref->linked].signal[i].open)
            return false;
    return true;
}

/* Facts live for weeks: the newest news of a name does not find all places taken by headlines that moved nothing. */
static bool displace(as_shock_table *table, as_shock_refs *refs, bool epicentre)
{
    for (unsigned only_quiet = 2; only_quiet-- > (epicentre ? 0U : 1U);) {
        int oldest = -1;
        for (uint8_t r = 0; r < refs->count; r++)
            if (may_give_up(table, &refs->ref[r], only_quiet) &&
                (oldest < 0 || table->shock[refs->ref[r].shock].fact < table->shock[refs->ref[oldest].shock].fact))
                oldest = r;
        if (oldest < 0)
            continue;
        refs->count--;
        for (uint8_t r = (uint8_t)oldest; r < refs->count; r++)
            refs->ref[r] = refs->ref[r + 1];
        table->displaced_refs++;
        return true;
    }
    return false;
}

bool as_shock_table_link(as_shock_table *table, uint32_t instrument, const as_shock *shock, unsigned place)
{
    as_shock_refs *refs = &table->refs[instrument];
    if (refs->count == AS_ANCHOR_MAX && !displace(table, refs, place == AS_REF_EPICENTRE)) {
        table->refused_refs++;
        return false;
    }
    refs->ref[refs->count++] = (as_shock_ref){.shock = (uint16_t)(shock - table->shock), .linked = (uint16_t)place};
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
    drop_refs(table, shock->epicentre.instrument, shock);
    for (uint32_t i = 0; i < shock->linked_count; i++)
        drop_refs(table, shock->linked[i].anchor.instrument, shock);
    for (uint32_t i = 0; i < shock->control_count; i++)
        drop_refs(table, shock->control[i].anchor.instrument, shock);
    shock->fact = 0;
    table->open_count--;
}

/* ---- opening ---- */

/* Event freeze (SCIENCE 2.1): the session of t0 trains no model of a name in the event. */
static void freeze(as_market *market, uint32_t instrument, uint64_t t0)
{
    market->daily[instrument].frozen_until = as_market_session(market, instrument, t0)->close;
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
        .basket_sd = (double)NAN,
        .vol_ratio = (double)NAN,
        .linked = linked,
    };
    uint64_t limit = as_anchor_limit(headline, &playbook->thresholds, &shock->late);
    table->open_count++;
    as_membership_fix(table, shock, market, playbook, limit);
    table->late_news += shock->late;

    const as_session *session = as_market_session(market, shock->issuer, shock->t0);
    uint64_t begin = session->open > shock->t0 ? session->open : shock->t0;
    shock->evidence_until = begin + (uint64_t)(playbook->thresholds.m_freeze_min * 60e9);
    shock->evidence_end = session->close;
    freeze(market, shock->issuer, shock->t0);
    freeze(market, shock->epicentre.instrument, shock->t0);
    for (uint32_t i = 0; i < shock->linked_count; i++)
        freeze(market, shock->linked[i].anchor.instrument, shock->t0);
    for (uint32_t i = 0; i < shock->control_count; i++)
        freeze(market, shock->control[i].anchor.instrument, shock->t0);
    return shock;
}

/* ---- measures ---- */

/* Another fact of the same epicentre that may have moved it in the same hour: whose move it is cannot be told. */
static bool epicentre_is_shared(const as_shock_table *table, const as_shock *shock)
{
    const as_shock_refs *refs = &table->refs[shock->epicentre.instrument];
    for (uint8_t r = 0; r < refs->count; r++) {
        const as_shock *other = &table->shock[refs->ref[r].shock];
        if (refs->ref[r].linked == AS_REF_EPICENTRE && other != shock && other->epicentre.ts >= shock->epicentre.ts)
            return true;
    }
    return false;
}

void as_shock_measure_epicentre(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                                uint64_t now)
{
    const as_thresholds *th = &playbook->thresholds;
    bool measured = as_anchor_measure(&shock->epicentre, &table->levels, market, th, shock->t0, now);
    if (!measured || shock->epicentre.blocks || shock->frozen)
        return; /* one that is halted freezes nothing: M waits for its first price */
    double size = shock->epicentre.z < 0 ? -shock->epicentre.z : shock->epicentre.z;
    bool shared = epicentre_is_shared(table, shock);
    if (shared && size > shock->default_m)
        size = shock->default_m;
    shock->m = size < th->m_min ? th->m_min : size > th->m_max ? th->m_max : size;
    shock->dir = (int8_t)as_sign(shock->epicentre.z);
    if (shock->dir == 0 || (shared && shock->polarity != 0))
        shock->dir = shock->polarity;
    shock->frozen = (double)(now - shock->t0) >= th->m_freeze_min * 60e9;
}

/* One-minute returns of the mid since t0, for the variance ratio: previous tick at each minute's end. */
static void sample_minute(as_linked *linked, double level, uint64_t now)
{
    enum { HOLE_MINUTES = 5 }; /* as core/intraday.h: a night or a halt is no minute's return */
    uint64_t minute = now / AS_NS_PER_MIN;
    uint64_t passed = linked->minute ? minute - linked->minute : 0;
    if (linked->minute == 0 || passed > HOLE_MINUTES)
        linked->minute_level = level; /* nor is the jump from the anchor, which is the shock itself */
    if (passed > 0) {
        if (passed <= HOLE_MINUTES) {
            as_variance_ratio_run_update(&linked->minutes, linked->minute_last - linked->minute_level);
            linked->minute_level = linked->minute_last;
        }
        for (uint64_t i = 1; i < passed && passed <= HOLE_MINUTES; i++)
            as_variance_ratio_run_update(&linked->minutes, 0);
        linked->variance_ratio = as_variance_ratio_run_value(&linked->minutes).vr;
    }
    linked->minute = minute;
    linked->minute_last = level;
}

void as_shock_measure_linked(as_shock_table *table, as_shock *shock, as_linked *linked, as_market *market,
                             const as_playbook *playbook, uint64_t now)
{
    as_anchor *anchor = &linked->anchor;
    bool was_measured = anchor->measured;
    if (!as_anchor_measure(anchor, &table->levels, market, &playbook->thresholds, shock->t0, now))
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
    int64_t z_square_q = (int64_t)(anchor->z * anchor->z * sum_scale);
    shock->car_sum += car_q - linked->car_q;
    shock->z_sum += z_q - linked->z_q;
    shock->z_square_sum += z_square_q - linked->z_square_q;
    shock->basket_root_h = anchor->root_h;
    if (linked->bucket != AS_BUCKET_NONE)
        shock->bucket_car[linked->bucket] += car_q - linked->car_q;
    linked->car_q = car_q;
    linked->z_q = z_q;
    linked->z_square_q = z_square_q;

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

void as_shock_recount(as_shock *shock, const as_thresholds *th)
{
    /* the basket's sign is a chain's sign only where a weight is 0 */
    int8_t sign = (int8_t)(shock->has_flat ? (shock->z_sum > 0) - (shock->z_sum < 0) : 0);
    if (shock->counted_dir == shock->dir && shock->counted_sign == sign)
        return;
    shock->counted_dir = shock->dir;
    shock->counted_sign = sign;
    for (uint32_t i = 0; i < shock->linked_count; i++)
        as_shock_count_linked(shock, &shock->linked[i], th);
}

/* Strong news of its own since control_news_days before the shock. */
static bool has_own_news(const as_shock *shock, const as_name *name, const as_thresholds *th)
{
    return name->own_news_at && name->own_news_fact != shock->fact &&
           (double)shock->t0 - (double)name->own_news_at < th->control_news_days * 86400e9;
}

/* The controls' part of K, which is linear in the basket's move: taken at a basket of 0 and of 1. */
static void take_controls(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                          uint64_t now)
{
    const as_thresholds *th = &playbook->thresholds;
    int group = playbook->family[shock->event_type].control;
    double q[AS_CONTROL_MAX], still[AS_CONTROL_MAX], slope[AS_CONTROL_MAX];
    for (uint32_t i = 0; i < shock->control_count; i++) {
        as_control_state *control = &shock->control[i];
        as_anchor *anchor = &control->anchor;
        (void)as_anchor_measure(anchor, &table->levels, market, th, shock->t0, now);
        q[i] = has_own_news(shock, &market->name[anchor->instrument], th) ? 0 : control->q;
        still[i] = slope[i] = (double)NAN;
        bool usable = anchor->measured && !anchor->blocks && (double)control->fit.count >= th->warmup_sessions &&
                      as_market_condition(market, th, anchor->instrument, now) == 0;
        if (!usable)
            continue;
        still[i] = as_control_kappa(&control->fit, anchor->car, 0) / anchor->root_h; /* a day's variance over H */
        slope[i] = as_control_kappa(&control->fit, 0, 1) / anchor->root_h;
    }
    as_control_verdict level = as_control_combine(q, still, shock->control_count);
    shock->k_known = group >= 0 && level.used >= playbook->control[group].needs;
    shock->k_level = level.k;
    shock->k_slope = as_control_combine(q, slope, shock->control_count).k;
    shock->k_at = now;
}

void as_shock_measure_control(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                              uint64_t now, bool moved)
{
    if (shock->control_count == 0)
        return;
    if (moved || now - shock->k_at >= CONTROLS_AFTER_NS)
        take_controls(table, shock, market, playbook, now);
    double basket = as_shock_basket_car(shock);
    shock->k = shock->k_known ? shock->k_level + shock->k_slope * basket : (double)NAN;
    double limit = playbook->thresholds.control_k * (shock->contradicted ? contradicted_held : 1);
    shock->contradicted = shock->k_known && fabs(shock->k) >= limit && as_sign(shock->k) == -as_sign(basket);
}

void as_shock_weigh_evidence(as_shock *shock, const as_thresholds *th, uint64_t now)
{
    const as_anchor *epicentre = &shock->epicentre;
    bool priced = epicentre->px != AS_PX_UNDEFINED && !epicentre->blocks;
    if (shock->weighed || (!epicentre->measured && shock->measured_count == 0))
        return;
    double own = priced && epicentre->measured ? fabs(epicentre->z) : 0;
    double basket = fabs(as_shock_basket_z(shock));
    if (isnan(basket))
        basket = 0;
    bool both = !priced || (own >= least_part * th->shock_z && basket >= least_part * th->shock_z);
    bool joint = own * own + basket * basket >= th->shock_z * th->shock_z;
    shock->shocked = (both && joint) || own >= alone_multiple * th->shock_z;
    bool waits = priced && !epicentre->measured && now < shock->evidence_end;
    shock->weighed = shock->shocked || (now >= shock->evidence_until && !waits);
}

double as_shock_s_w(const as_shock *shock, const as_linked *linked)
{
    return shock->contradicted ? linked->s_w * contradicted_widening : linked->s_w;
}

/* E and its uncertainty move with M and G only, not with the name's ticks. */
static void weigh(const as_shock *shock, as_linked *linked)
{
    double s_w = as_shock_s_w(shock, linked);
    if (linked->weighed_m == shock->m && linked->weighed_g == shock->g && linked->weighed_s_w == s_w &&
        linked->weighed_dir == shock->dir)
        return;
    int dir = shock->is_signed ? 1 : shock->dir;
    as_score score = as_score_compute(
        &(as_score_input){.z = 0, .w = linked->w, .s_w = s_w, .g = shock->g, .m = shock->m, .dir = dir});
    linked->e = score.e;
    linked->den = score.den;
    linked->weighed_m = shock->m;
    linked->weighed_g = shock->g;
    linked->weighed_s_w = s_w;
    linked->weighed_dir = shock->dir;
}

static void score(const as_shock *shock, as_linked *linked)
{
    double excess = linked->anchor.z - linked->e;
    linked->os = excess / linked->den;
    if (linked->later_var > 0 || linked->later > 0 || linked->later < 0) {
        double rest = (excess - linked->later) / as_sqrt(linked->den * linked->den + linked->later_var);
        if (as_sign(rest) != as_sign(linked->os))
            linked->os = 0;
        else if (fabs(rest) < fabs(linked->os))
            linked->os = rest;
    }
    if (shock->frozen && linked->frozen_root_h <= 0)
        linked->frozen_root_h = linked->anchor.root_h;
}

void as_shock_hedge(const as_shock *shock, as_linked *linked)
{
    const as_anchor *anchor = &linked->anchor;
    double others = 0;
    if (linked->bucket != AS_BUCKET_NONE && shock->bucket_names[linked->bucket] > 1)
        others = (double)(shock->bucket_car[linked->bucket] - linked->car_q) / sum_scale /
                 (shock->bucket_names[linked->bucket] - 1);
    linked->x = anchor->car - linked->sector_beta * others;
    linked->x_mean = (linked->e + linked->later) * anchor->sigma * anchor->root_h;
    linked->s = (linked->x - linked->x_mean) / linked->s_eq;
}

/* What the other facts of a name, anchored at the same moment or later, justify of this one's move. */
static void take_later(const as_shock_table *table, const as_shock_refs *refs, uint8_t self)
{
    as_linked *linked = &table->shock[refs->ref[self].shock].linked[refs->ref[self].linked];
    double ruler = linked->anchor.sigma * linked->anchor.root_h;
    linked->later = linked->later_var = 0;
    for (uint8_t r = 0; r < refs->count; r++) {
        if (r == self || refs->ref[r].linked >= AS_REF_CONTROL)
            continue;
        const as_shock *shock = &table->shock[refs->ref[r].shock];
        const as_linked *other = &shock->linked[refs->ref[r].linked];
        if (!shock->shocked || !other->anchor.measured || other->anchor.blocks || other->anchor.ts < linked->anchor.ts)
            continue;
        double scale = other->anchor.sigma * other->anchor.root_h / ruler;
        linked->later += other->e * scale;
        linked->later_var += (other->den * other->den - 1) * scale * scale;
    }
}

void as_shock_score_name(as_shock_table *table, uint32_t instrument)
{
    const as_shock_refs *refs = &table->refs[instrument];
    for (uint8_t r = 0; r < refs->count; r++)
        if (refs->ref[r].linked < AS_REF_CONTROL)
            weigh(&table->shock[refs->ref[r].shock], &table->shock[refs->ref[r].shock].linked[refs->ref[r].linked]);
    for (uint8_t r = 0; r < refs->count; r++) {
        if (refs->ref[r].linked >= AS_REF_CONTROL)
            continue;
        as_shock *shock = &table->shock[refs->ref[r].shock];
        as_linked *linked = &shock->linked[refs->ref[r].linked];
        if (!linked->anchor.measured)
            continue;
        take_later(table, refs, r); /* also of a name alone: another fact may have ended */
        score(shock, linked);
    }
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

double as_shock_basket_z(const as_shock *shock)
{
    if (shock->measured_count == 0)
        return (double)NAN;
    double mean = (double)shock->car_sum / sum_scale / shock->usable_count; /* what has not traded yet has not moved */
    return mean / (shock->basket_sd * shock->basket_root_h);
}

double as_shock_dispersion(const as_shock *shock)
{
    double n = (double)shock->measured_count;
    if (shock->measured_count < 2)
        return (double)NAN;
    double mean = (double)shock->z_sum / sum_scale / n;
    double variance = ((double)shock->z_square_sum / sum_scale - n * mean * mean) / (n - 1);
    return as_sqrt(variance > 0 ? variance : 0);
}

double as_shock_flagged_mean(as_shock_table *table, as_shock *shock, as_market *market, const as_thresholds *th,
                             uint64_t now, uint64_t seq)
{
    if (shock->flagged_seq == seq)
        return shock->flagged_mean; /* all of an instant has been measured before the first question */
    double sum = 0;
    unsigned count = 0;
    for (uint32_t i = 0; i < shock->linked_count; i++) {
        as_linked *linked = &shock->linked[i];
        uint32_t instrument = linked->anchor.instrument;
        as_shock_score_name(table, instrument);
        bool today = linked->session == as_market_session(market, instrument, now)->index &&
                     market->name[instrument].state == AS_STATE_TRADING;
        if (!today || !linked->anchor.measured || linked->anchor.blocks || !(fabs(linked->os) >= th->os_open))
            continue;
        sum += linked->latest_car - linked->session_base;
        count++;
    }
    shock->flagged_seq = seq;
    shock->flagged_mean = count ? sum / count : (double)NAN;
    return shock->flagged_mean;
}
