#include "strategies/overreaction.h"

#include <math.h>

#include "strategies/stated.h"

static const double moved_share = 0.75; /* ours: of shock_z, M from which an epicentre has something to transmit */

/* What can be said about the channel and the fact behind a diagnosis. */
static uint64_t reasons(const as_view *view)
{
    bool direct = fabs(view->w) > view->thresholds->weak_w;
    uint64_t set = view->context;
    set |= direct ? AS_REASON_BIT(DIRECT_CHANNEL) : AS_REASON_BIT(NO_CHANNEL);
    set |= view->breadth >= view->thresholds->breadth_gate ? AS_REASON_BIT(BREADTH_HIGH) : 0;
    set |= view->contradicted ? AS_REASON_BIT(CONTRADICTED) : 0;
    return set;
}

static void diagnose_epicentre(const as_view *view, as_verdict *verdict)
{
    verdict->kind = AS_SIGNAL_CONTRADICTION;
    if (view->contradicted) {
        verdict->want = AS_WANT_OPEN; /* the controls' own conditions are in K; the epicentre may have no price */
        verdict->strength = fabs(view->control_k);
        verdict->reasons = view->context | AS_REASON_BIT(CONTRADICTED);
        verdict->horizon_sessions = (uint32_t)view->thresholds->horizon_days;
        if (!view->open && view->cooldown_until > view->now)
            verdict->vetoes = AS_REASON_BIT(COOLDOWN);
    } else if (view->open) {
        verdict->want = AS_WANT_CLOSE;
        verdict->cooldown = true; /* K that sways about its limit says so once in a while */
        verdict->reasons = AS_REASON_BIT(FADED);
    }
}

static bool overreacts(const as_view *view)
{
    bool held = view->open && view->open_kind == AS_SIGNAL_OVERREACTION && view->open_side == -as_sign(view->os);
    double limit = held ? view->thresholds->os_close : view->thresholds->os_open;
    return fabs(view->os) >= limit && as_sign(view->z) == view->chain_sign && as_sign(view->os) == view->chain_sign;
}

/* z fades as time passes and E does not: a move is compared by the time at which M froze, when E was made. */
static bool underreacts(const as_view *view)
{
    const as_thresholds *th = view->thresholds;
    bool held = view->open && view->open_kind == AS_SIGNAL_UNDERREACTION;
    double ratio = held ? AS_UNDER_CLOSE_MULTIPLE * th->under_ratio : th->under_ratio;
    if (view->transmitted && !held)
        return false; /* it did react */
    double z = fabs(view->z_held) > fabs(view->z) ? view->z_held : view->z;
    return view->frozen && fabs(view->e) >= th->under_e && fabs(z) < ratio * fabs(view->e);
}

static void propose(const as_view *view, as_verdict *verdict, as_signal_kind kind, int side)
{
    verdict->want = AS_WANT_OPEN;
    verdict->kind = (uint8_t)kind;
    verdict->side = (int8_t)side;
    verdict->vetoes = view->blocks;
    verdict->near_miss = true;
    verdict->strength = fabs(view->os);
    verdict->reasons = reasons(view);
    verdict->horizon_sessions = (uint32_t)view->thresholds->horizon_days;
}

/* What begins so long after the news is no miss of this fact: it is counted only. */
static void veto_late(const as_view *view, as_verdict *verdict)
{
    if (view->open || view->since_news <= view->thresholds->react_sessions)
        return;
    verdict->vetoes |= AS_REASON_BIT(LATE_MOVE);
    verdict->near_miss = false;
}

static void evaluate(const as_view *view, void *state, as_verdict *verdict)
{
    if (view->role == AS_ROLE_EPICENTRE) {
        diagnose_epicentre(view, verdict);
        return;
    }
    if (view->role != AS_ROLE_LINKED || isnan(view->os))
        return;
    if (overreacts(view)) {
        propose(view, verdict, AS_SIGNAL_OVERREACTION, -as_sign(view->os));
        if (!view->shocked)
            verdict->vetoes |= AS_REASON_BIT(NO_SHOCK);
        veto_late(view, verdict);
        verdict->p = as_stated_p(view, state, AS_SIGNAL_OVERREACTION, verdict->vetoes != 0);
    } else if (underreacts(view)) {
        propose(view, verdict, AS_SIGNAL_UNDERREACTION, as_sign(view->e));
        verdict->reasons |= AS_REASON_BIT(LATE_TRANSMISSION);
        bool quiet = !isnan(view->z_epicentre) && view->m < moved_share * view->thresholds->shock_z;
        veto_late(view, verdict);
        if (!view->shocked && quiet) /* an epicentre that has not moved transmits nothing */
            verdict->vetoes |= AS_REASON_BIT(NO_SHOCK);
    } else if (view->open) {
        verdict->want = AS_WANT_CLOSE;
        verdict->side = view->open_side;
        verdict->strength = fabs(view->os);
        verdict->reasons = reasons(view) | AS_REASON_BIT(FADED);
    }
}

const as_strategy as_strategy_overreaction = AS_STRATEGY_SCORED("overreaction", evaluate, sizeof(as_stated));
