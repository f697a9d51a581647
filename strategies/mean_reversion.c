#include "strategies/mean_reversion.h"

#include <math.h>

#include "core/logexp.h"
#include "strategies/stated.h"

static const double session_start_ns = 5 * 60e9; /* SCIENCE 4.5 g */
static const double day_ns = 86400e9;

/* Round trip: half-spread, fees and impact both ways (SCIENCE 4.5 f). */
static double round_trip_bps(const as_view *view)
{
    double thin =
        view->depth_ratio > 0 && view->depth_ratio < 1 ? 1 / view->depth_ratio : 1; /* impact per size shown */
    return 2 * (view->half_spread_bps + view->costs->fees_bps + view->costs->impact_bps * thin);
}

/* Expected reversion over the horizon toward m, for a position of side: rho (m - X) (1 - 2^(-h/HL)); never below 0. */
static double reversion_bps(const as_view *view, int side)
{
    const as_thresholds *th = view->thresholds;
    double rho = view->breadth >= th->breadth_gate ? th->rho_breadth : th->rho_base;
    double share = 1 - as_half(th->horizon_days / th->half_life_days);
    double distance = side * (view->x_mean - view->x);
    return distance > 0 ? 1e4 * rho * distance * share : 0;
}

/* Confirmed news may be faded only where it has no channel. */
static bool confirmed_channel(const as_view *view)
{
    bool confirmed = view->status == AS_FACT_CONFIRMED || view->status == AS_FACT_UPDATED;
    return confirmed && fabs(view->w) > view->thresholds->weak_w;
}

static uint64_t veto_stabilisation(const as_view *view)
{
    if (view->session_bars) {
        double turned = -view->basket_sign * view->flagged_mean_ar;
        return turned > 0 ? 0 : AS_REASON_BIT(UNSTABLE);
    }
    uint64_t set = 0;
    if ((double)view->extreme_age_ns < view->thresholds->stabilisation_min * 60e9 || isnan(view->variance_ratio))
        set |= AS_REASON_BIT(UNSTABLE);
    if (view->variance_ratio > 1)
        set |= AS_REASON_BIT(VR_VETO);
    if ((double)view->jump_age_ns < view->thresholds->stabilisation_min * 60e9)
        set |= AS_REASON_BIT(JUMP);
    return set;
}

static uint64_t veto_tradable(const as_view *view, int side)
{
    const as_thresholds *th = view->thresholds;
    uint64_t set = view->blocks;
    if (view->spread_ratio > th->trade_spread_multiple)
        set |= AS_REASON_BIT(WIDE_SPREAD);
    if (view->depth_ratio < th->depth_min)
        set |= AS_REASON_BIT(THIN);
    if (!view->session_bars && (double)view->now < (double)view->session_open + session_start_ns)
        set |= AS_REASON_BIT(SESSION_START);
    if (side < 0 && !view->costs->borrow)
        set |= AS_REASON_BIT(NO_BORROW);
    return set;
}

/* SCIENCE 4.6: what is not faded while few other names have moved with it. */
static uint64_t veto_alone(const as_view *view)
{
    const as_thresholds *th = view->thresholds;
    if (view->breadth >= th->breadth_gate)
        return 0;
    uint64_t set = AS_REASON_BIT(BREADTH_LOW);
    set |= fabs(view->z) >= th->z_fade_max ? AS_REASON_BIT(EXTREME_Z) : 0;
    set |= view->vol_ratio >= th->vol_regime ? AS_REASON_BIT(VOL_REGIME) : 0;
    return set;
}

static uint64_t vetoes(const as_view *view, int side, double expected_bps, double cost_bps)
{
    const as_thresholds *th = view->thresholds;
    uint64_t set = veto_tradable(view, side) | veto_stabilisation(view) | veto_alone(view);
    if (!view->shocked)
        set |= AS_REASON_BIT(NO_SHOCK);
    if (!view->in_time)
        set |= AS_REASON_BIT(LATE_MOVE);
    if ((double)view->stops >= th->kill_stops)
        set |= AS_REASON_BIT(KILLED);
    if (isnan(view->s) || !(view->ou_b > 0 && view->ou_b < 1) || !(view->ou_k > th->k_min))
        set |= AS_REASON_BIT(NO_OU);
    else if (-side * view->s < th->s_open) /* X must lie on the side that reverts this way */
        set |= AS_REASON_BIT(S_SMALL);
    if (!view->fade)
        set |= AS_REASON_BIT(NO_FADE);
    if (confirmed_channel(view))
        set |= AS_REASON_BIT(CONFIRMED);
    if (view->own_news)
        set |= AS_REASON_BIT(OWN_NEWS);
    if (expected_bps < th->edge_cost_multiple * cost_bps)
        set |= AS_REASON_BIT(NO_EDGE);
    if (view->cooldown_until > view->now)
        set |= AS_REASON_BIT(COOLDOWN);
    return set;
}

/* A price that is move (log) away from mid, for small moves: mid (1 + move). */
static int64_t price_away(int64_t mid, double move)
{
    return mid + (int64_t)((double)mid * move);
}

static void fill(const as_view *view, as_verdict *verdict, int side)
{
    const as_thresholds *th = view->thresholds;
    verdict->kind = AS_SIGNAL_MEAN_REVERSION;
    verdict->side = (int8_t)side;
    verdict->strength = fabs(view->os);
    verdict->rev_bps = reversion_bps(view, side);
    verdict->cost_bps = round_trip_bps(view);
    verdict->half_life_ns = (uint64_t)(th->half_life_days * day_ns);
    verdict->horizon_sessions = (uint32_t)th->horizon_days;
    verdict->target = price_away(view->mid, side * verdict->rev_bps / 1e4);
    verdict->stop = price_away(view->open ? view->open_px : view->mid, -side * view->sigma); /* fixed at the entry */
    verdict->reasons = view->context;
    verdict->reasons |= fabs(view->w) > th->weak_w ? AS_REASON_BIT(DIRECT_CHANNEL) : AS_REASON_BIT(NO_CHANNEL);
    verdict->reasons |= view->breadth >= th->breadth_gate ? AS_REASON_BIT(BREADTH_HIGH) : 0;
    verdict->reasons |= view->contradicted ? AS_REASON_BIT(CONTRADICTED) : 0;
}

/* Why an open position ends now; 0: it does not. */
static uint64_t exit_reason(const as_view *view)
{
    const as_thresholds *th = view->thresholds;
    double against = -view->open_side * (view->x - view->open_x);
    bool jumped_on = against > 0 && view->extreme_age_ns == 0 && (double)view->jump_age_ns < 60e9;
    if (against >= view->sigma || jumped_on)
        return AS_REASON_BIT(STOP);
    if (view->own_news)
        return AS_REASON_BIT(OWN_NEWS);
    if (confirmed_channel(view))
        return AS_REASON_BIT(CONFIRMED);
    if (view->open_side > 0 ? view->s > -th->s_close_long : view->s < th->s_close_short)
        return AS_REASON_BIT(TARGET);
    return 0;
}

static void evaluate(const as_view *view, void *state, as_verdict *verdict)
{
    if (view->role != AS_ROLE_LINKED || isnan(view->os))
        return;
    if (view->open) {
        fill(view, verdict, view->open_side);
        uint64_t why = exit_reason(view);
        verdict->want = why ? AS_WANT_CLOSE : AS_WANT_OPEN;
        verdict->cooldown = why == AS_REASON_BIT(STOP);
        verdict->reasons |= why;
        verdict->p = as_stated_p(view, state, AS_SIGNAL_MEAN_REVERSION, false);
        return;
    }
    if (fabs(view->os) < view->thresholds->os_open || as_sign(view->z) != view->chain_sign ||
        as_sign(view->os) != view->chain_sign)
        return;
    int side = -as_sign(view->os);
    fill(view, verdict, side);
    verdict->want = AS_WANT_OPEN;
    verdict->near_miss =
        view->shocked && view->in_time; /* else there was no overreaction to fade: it is counted only */
    verdict->vetoes = vetoes(view, side, verdict->rev_bps, verdict->cost_bps);
    verdict->p = as_stated_p(view, state, AS_SIGNAL_MEAN_REVERSION, verdict->vetoes != 0);
}

const as_strategy as_strategy_mean_reversion = AS_STRATEGY_SCORED("mean_reversion", evaluate, sizeof(as_stated));
