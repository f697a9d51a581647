#include "apps/common/explain_terms.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const as_explain_reason reason_table[AS_REASON_COUNT] = {
    [AS_REASON_NO_CHANNEL] = {"no real channel from this news to this name", "SCIENCE 3.2", false},
    [AS_REASON_DIRECT_CHANNEL] = {"the news reaches this name by a channel of the playbook", "SCIENCE 3.2", false},
    [AS_REASON_RUMOUR_T1] = {"the news is a rumour of a tier 1 source", "SCIENCE 1.4", false},
    [AS_REASON_RUMOUR_T2] = {"the news is a rumour of a tier 2 source", "SCIENCE 1.4", false},
    [AS_REASON_RUMOUR_T3] = {"the news is a rumour of a tier 3, 4 or unknown source", "SCIENCE 1.4", false},
    [AS_REASON_DEVELOPING] = {"confirmed in part, plans may change", "SCIENCE 1.4", false},
    [AS_REASON_CONFIRMED] = {"confirmed; with a direct channel it is not faded", "SCIENCE 4.5 b", false},
    [AS_REASON_DENIED] = {"denied by the issuer", "SCIENCE 1.4", false},
    [AS_REASON_STALE_NEWS] = {"the item says little that was not known", "SCIENCE 1.3", false},
    [AS_REASON_RECOMBINED] = {"the item puts earlier ones together", "SCIENCE 1.3", false},
    [AS_REASON_LATE_NEWS] = {"older than the lookback: anchored when it was received", "DESIGN 6.13", false},
    [AS_REASON_BREADTH_HIGH] = {"many linked names moved along", "SCIENCE 3.4", false},
    [AS_REASON_BREADTH_LOW] = {"too few linked names moved along", "SCIENCE 4.5 d", true},
    [AS_REASON_CONTRADICTED] = {"the controls contradict the basket", "SCIENCE 3.5", false},
    [AS_REASON_VOL_REGIME] = {"the basket is in high volatility and few names moved", "SCIENCE 4.6", true},
    [AS_REASON_JUMP] = {"the name has just jumped", "SCIENCE 4.5 e", true},
    [AS_REASON_VR_VETO] = {"one-minute returns trend: variance ratio above 1", "SCIENCE 4.5 e", true},
    [AS_REASON_OWN_NEWS] = {"the name has news of its own", "SCIENCE 4.5 c", true},
    [AS_REASON_HALT] = {"halted, paused, or resumed a moment ago", "SCIENCE 4.5 g", true},
    [AS_REASON_LULD] = {"in a limit state", "SCIENCE 4.5 g", true},
    [AS_REASON_WIDE_SPREAD] = {"the spread is much wider than usual", "SCIENCE 4.5 g", true},
    [AS_REASON_STALE] = {"the book of the name or of its factor is old, crossed or gapped", "SCIENCE 4.5 g", true},
    [AS_REASON_WARMUP] = {"too few sessions of history", "SCIENCE 2.4", true},
    [AS_REASON_NO_FACTOR] = {"the market factor has no price", "SCIENCE 2.2", true},
    [AS_REASON_NO_EDGE] = {"the expected reversion does not pay its costs", "SCIENCE 4.5 f", true},
    [AS_REASON_NO_OU] = {"before the event it did not revert fast enough", "SCIENCE 4.5 a", true},
    [AS_REASON_S_SMALL] = {"the name is not far enough from its level", "SCIENCE 4.5 a", true},
    [AS_REASON_UNSTABLE] = {"the move has not settled yet", "SCIENCE 4.5 e", true},
    [AS_REASON_NO_FADE] = {"this family of news is never faded", "SCIENCE 4.5 b", true},
    [AS_REASON_COOLDOWN] = {"it rests after a stop", "ours", true},
    [AS_REASON_SESSION_START] = {"the first five minutes of the session", "SCIENCE 4.5 g", true},
    [AS_REASON_NO_BORROW] = {"a short, and nothing can be borrowed", "SCIENCE 4.5 g", true},
    [AS_REASON_TIME_STOP] = {"its time is over", "SCIENCE 4.5", false},
    [AS_REASON_STOP] = {"it moved one daily sigma against the position", "SCIENCE 4.5", false},
    [AS_REASON_TARGET] = {"it came back to its level", "SCIENCE 4.5", false},
    [AS_REASON_FADED] = {"the condition that opened it no longer holds", "DESIGN 6.18", false},
    [AS_REASON_FACT_EXPIRED] = {"the news is over", "SCIENCE 1.4", false},
    [AS_REASON_SESSION_END] = {"the session ended", "ours", false},
    [AS_REASON_LATE_TRANSMISSION] = {"the channel has not acted yet", "DESIGN 6.18", false},
    [AS_REASON_CUSTOM] = {"a loaded strategy's own reason", "the strategy", false},
    [AS_REASON_NO_SHOCK] = {"epicentre and basket have not moved beyond chance", "core/shock.h", true},
    [AS_REASON_EXTREME_Z] = {"too large a move of its own to fade", "SCIENCE 4.6", true},
    [AS_REASON_KILLED] = {"too many fades of this news were stopped", "SCIENCE 4.6", true},
    [AS_REASON_THIN] = {"little size at the best prices", "SCIENCE 4.5 g", true},
    [AS_REASON_EVENT] = {"the name is part of an open shock", "SCIENCE 4.2", true},
    [AS_REASON_OVERLAP] = {"facts anchored later justify a part of the move", "core/shock.h", false},
    [AS_REASON_LATE_MOVE] = {"it departs long after the headline", "core/shock.h", true},
};

const as_explain_reason *as_explain_reason_of(as_reason reason)
{
    return &reason_table[reason];
}

bool as_explain_near_miss(const as_decision *decision)
{
    return decision->action == AS_ACTION_UPDATE && decision->side == 0 && decision->horizon_ns == 0;
}

/* ---- conditions ---- */

typedef struct list {
    const as_explain_step *step;
    as_explain_check *check;
    unsigned count;
} list;

static as_explain_check *add(list *l, const char *name, const char *source)
{
    as_explain_check *check = &l->check[l->count++];
    *check = (as_explain_check){.name = name,
                                .source = source,
                                .relation = "is",
                                .found = (double)NAN,
                                .limit = (double)NAN,
                                .held = true,
                                .asked = true};
    return check;
}

/*
 * A number against a threshold; its veto decides whether it held, since that is what the strategy saw. Without the veto
 * although the number falls short, an earlier condition had failed already and this one was not asked.
 */
static void measure(list *l, const char *name, double found, const char *relation, double limit, const char *key,
                    const char *source, uint64_t veto)
{
    as_explain_check *check = add(l, name, source);
    check->found = found;
    check->relation = relation;
    check->limit = limit;
    check->key = key;
    bool short_of = *relation == '>' ? found < limit : found > limit;
    if (veto) {
        check->veto = as_reason_text((as_reason)__builtin_ctzll(veto));
        check->held = !(l->step->decision.reasons & veto);
        check->asked = !check->held || !short_of;
    } else {
        check->held = !short_of;
    }
}

/* A state in words. */
static void state(list *l, const char *name, const char *good, const char *bad, const char *source, uint64_t vetoes)
{
    as_explain_check *check = add(l, name, source);
    uint64_t said = l->step->decision.reasons & vetoes;
    check->held = !said;
    check->veto = as_reason_text((as_reason)__builtin_ctzll(said ? said : vetoes));
    (void)snprintf(check->found_text, sizeof check->found_text, "%s", said ? bad : good);
}

static const char *sign_text(double value)
{
    return value > 0 ? "up" : value < 0 ? "down" : "flat";
}

static double epicentre_z(const as_explain_step *step)
{
    return step->shock.epicentre.measured ? fabs(step->shock.epicentre.z) : 0;
}

static double basket_z(const as_explain_step *step)
{
    return isnan(step->basket_z) ? 0 : fabs(step->basket_z);
}

static double joint_z(const as_explain_step *step)
{
    return hypot(epicentre_z(step), basket_z(step));
}

static double smaller_z(const as_explain_step *step)
{
    return fmin(epicentre_z(step), basket_z(step));
}

static void check_common(list *l)
{
    const as_explain_step *step = l->step;
    const as_thresholds *th = &step->thresholds;
    bool one_sided = joint_z(step) >= th->shock_z && smaller_z(step) < th->shock_z / 4;
    if (one_sided && (step->decision.reasons & AS_REASON_BIT(NO_SHOCK)))
        measure(l, "shock: weaker, epicentre or basket", smaller_z(step), ">=", th->shock_z / 4, "shock_z / 4",
                "core/shock.h", AS_REASON_BIT(NO_SHOCK));
    else
        measure(l, "shock: epicentre and basket jointly", joint_z(step), ">=", th->shock_z, "shock_z", "core/shock.h",
                AS_REASON_BIT(NO_SHOCK));
    measure(l, "sessions since the news", step->linked.anchor.h - step->linked.news_h, "<=", th->react_sessions,
            "react_sessions", "core/shock.h", AS_REASON_BIT(LATE_MOVE));
    state(l, "trading and data", "fit", "not fit", "SCIENCE 4.5 g",
          AS_REASON_BIT(HALT) | AS_REASON_BIT(STALE) | AS_REASON_BIT(WARMUP) | AS_REASON_BIT(NO_FACTOR));
}

static void check_direction(list *l)
{
    const as_explain_step *step = l->step;
    as_explain_check *check = add(l, "direction: name against shock", "SCIENCE 3.3, DESIGN 6.18");
    (void)snprintf(check->found_text, sizeof check->found_text, "%s, pushed %s", sign_text(step->linked.anchor.z),
                   sign_text(step->chain_sign));
    check->held = step->linked.anchor.z * step->chain_sign > 0;
}

static void check_overreaction(list *l)
{
    const as_explain_step *step = l->step;
    const as_thresholds *th = &step->thresholds;
    bool held = step->decision.action == AS_ACTION_UPDATE && !as_explain_near_miss(&step->decision);
    measure(l, "overreaction score |OS|", fabs(step->decision.os), ">=", held ? th->os_close : th->os_open,
            held ? "os_close" : "os_open", "SCIENCE 3.3", 0);
    check_direction(l);
    check_common(l);
}

static void check_underreaction(list *l)
{
    const as_explain_step *step = l->step;
    const as_thresholds *th = &step->thresholds;
    measure(l, "justified move |E|", fabs(step->decision.e), ">=", th->under_e, "under_e", "DESIGN 6.18", 0);
    measure(l, "move as a share of it, z : E", fabs(step->decision.z) / fabs(step->decision.e), "<=",
            step->decision.action == AS_ACTION_UPDATE ? AS_UNDER_CLOSE_MULTIPLE * th->under_ratio : th->under_ratio,
            "under_ratio", "DESIGN 6.18", 0);
    check_common(l);
}

static void check_contradiction(list *l)
{
    const as_explain_step *step = l->step;
    measure(l, "control statistic |K|", fabs(step->decision.k), ">=", step->thresholds.control_k, "control_k",
            "SCIENCE 3.5", 0);
    state(l, "rest after the last one", "over", "rests", "ours", AS_REASON_BIT(COOLDOWN));
}

static void check_settled(list *l)
{
    const as_explain_step *step = l->step;
    const as_thresholds *th = &step->thresholds;
    if (step->view.session_bars) {
        state(l, "session turned against the shock", "yes", "no", "SCIENCE 4.5 e", AS_REASON_BIT(UNSTABLE));
        return;
    }
    double minutes = (double)(step->decision.ts_recv - step->linked.extreme_at) / 60e9;
    measure(l, "minutes since a new extreme", minutes, ">=", th->stabilisation_min, "stabilisation_min",
            "SCIENCE 4.5 e", AS_REASON_BIT(UNSTABLE));
    measure(l, "variance ratio of minutes", step->linked.variance_ratio, "<=", 1, NULL, "SCIENCE 4.5 e",
            AS_REASON_BIT(VR_VETO));
    double jump = step->view.jump_age_ns == AS_TS_UNDEFINED ? (double)NAN : (double)step->view.jump_age_ns / 60e9;
    measure(l, "minutes since a jump", jump, ">=", th->stabilisation_min, "stabilisation_min", "SCIENCE 4.5 e",
            AS_REASON_BIT(JUMP));
}

static void check_fade(list *l)
{
    const as_explain_step *step = l->step;
    const as_thresholds *th = &step->thresholds;
    const as_decision *d = &step->decision;
    measure(l, "overreaction score |OS|", fabs(d->os), ">=", th->os_open, "os_open", "SCIENCE 3.3", 0);
    measure(l, "a  distance from its level |s|", fabs(d->s), ">=", th->s_open, "s_open", "SCIENCE 4.5 a",
            AS_REASON_BIT(S_SMALL));
    measure(l, "a  speed of reversion, a year", step->linked.ou_k, ">=", th->k_min, "k_min", "SCIENCE 4.5 a",
            AS_REASON_BIT(NO_OU));
    state(l, "b  status and family", "may be faded", "not faded", "SCIENCE 4.5 b",
          AS_REASON_BIT(NO_FADE) | (fabs(step->linked.w) > th->weak_w ? AS_REASON_BIT(CONFIRMED) : 0));
    state(l, "c  news of its own", "none", "has some", "SCIENCE 4.5 c", AS_REASON_BIT(OWN_NEWS));
    measure(l, "d  breadth B", d->b, ">=", th->breadth_gate, "breadth_gate", "SCIENCE 4.5 d",
            AS_REASON_BIT(BREADTH_LOW));
    if (d->b < th->breadth_gate) {
        measure(l, "d  size of the move |z|", fabs(d->z), "<=", th->z_fade_max, "z_fade_max", "SCIENCE 4.6",
                AS_REASON_BIT(EXTREME_Z));
        measure(l, "d  recent : usual volatility", step->shock.vol_ratio, "<=", th->vol_regime, "vol_regime",
                "SCIENCE 4.6", AS_REASON_BIT(VOL_REGIME));
    }
    check_settled(l);
    measure(l, "f  expected reversion, bps", d->rev_bps, ">=", th->edge_cost_multiple * d->cost_bps,
            "edge_cost_multiple", "SCIENCE 4.5 f", AS_REASON_BIT(NO_EDGE));
    measure(l, "g  spread : its median", step->view.spread_ratio, "<=", th->trade_spread_multiple,
            "trade_spread_multiple", "SCIENCE 4.5 g", AS_REASON_BIT(WIDE_SPREAD));
    measure(l, "g  size shown : its median", step->view.depth_ratio, ">=", th->depth_min, "depth_min", "SCIENCE 4.5 g",
            AS_REASON_BIT(THIN));
    state(l, "g  session, borrow, rest", "fit", "not fit", "SCIENCE 4.5 g",
          AS_REASON_BIT(SESSION_START) | AS_REASON_BIT(NO_BORROW) | AS_REASON_BIT(COOLDOWN));
    check_common(l);
    measure(l, "h  stopped fades of this news", step->shock.stops, "<=", th->kill_stops - 1, "kill_stops",
            "SCIENCE 4.6", AS_REASON_BIT(KILLED));
}

unsigned as_explain_checks(const as_explain_step *step, as_explain_check *check)
{
    const as_decision *d = &step->decision;
    list l = {.step = step, .check = check};
    if (d->type != AS_DECISION_SIG || !step->has_shock || d->action == AS_ACTION_CLOSE || d->action == AS_ACTION_EXPIRE)
        return 0;
    if (strcmp(d->strategy, "mean_reversion") == 0 && step->is_linked) {
        if (d->action == AS_ACTION_OPEN || as_explain_near_miss(d))
            check_fade(&l);
    } else if (strcmp(d->strategy, "overreaction") == 0) {
        if (d->kind == AS_SIGNAL_CONTRADICTION)
            check_contradiction(&l);
        else if (step->is_linked && d->kind == AS_SIGNAL_UNDERREACTION)
            check_underreaction(&l);
        else if (step->is_linked)
            check_overreaction(&l);
    }
    return l.count;
}
