#include "strategies/residual_reversion.h"

#include <math.h>

#include "strategies/reversion.h"

typedef struct memory {
    double stop_distance; /* of x from its entry */
    bool resting;         /* stopped, and |s| has not been small since */
} memory;

static int64_t price_away(int64_t mid, double move)
{
    return mid + (int64_t)((double)mid * move);
}

static void fill(const as_view *view, const memory *m, as_verdict *verdict, int side)
{
    verdict->kind = AS_SIGNAL_MEAN_REVERSION;
    verdict->side = (int8_t)side;
    verdict->strength = fabs(view->s);
    verdict->cost_bps = as_round_trip_bps(view, 1);
    verdict->horizon_sessions = as_reversion_sessions(view->ou_k);
    verdict->half_life_ns = as_reversion_half_life_ns(view->ou_k);
    verdict->stop = price_away(view->open ? view->open_px : view->mid, -side * m->stop_distance);
    if (isnan(view->s)) /* an open position in a residual that no longer reverts */
        return;
    verdict->rev_bps = as_reversion_bps(view, side);
    verdict->target = price_away(view->mid, side * verdict->rev_bps / 1e4);
}

/* Why an open position ends now; 0: it does not. */
static uint64_t exit_reason(const as_view *view, const memory *m)
{
    const as_thresholds *th = view->thresholds;
    if (-view->open_side * (view->x - view->open_x) >= m->stop_distance)
        return AS_REASON_BIT(STOP);
    if (view->own_news)
        return AS_REASON_BIT(OWN_NEWS);
    if (view->open_side > 0 ? view->s > -th->s_close_long : view->s < th->s_close_short)
        return AS_REASON_BIT(TARGET);
    return 0;
}

static void hold(const as_view *view, memory *m, as_verdict *verdict)
{
    uint64_t why = exit_reason(view, m);
    fill(view, m, verdict, view->open_side);
    verdict->want = why ? AS_WANT_CLOSE : AS_WANT_OPEN;
    verdict->cooldown = m->resting = why == AS_REASON_BIT(STOP);
    verdict->reasons = why;
}

static void evaluate(const as_view *view, void *state, as_verdict *verdict)
{
    memory *m = state;
    if (view->role != AS_ROLE_OUTSIDE)
        return;
    if (view->open) {
        hold(view, m, verdict);
        return;
    }
    if (isnan(view->s)) { /* nothing to say about it, but why not is counted */
        verdict->kind = AS_SIGNAL_MEAN_REVERSION;
        verdict->vetoes = as_reversion_vetoes(view);
        verdict->want = AS_WANT_OPEN;
        return;
    }
    if (!(fabs(view->s) > view->thresholds->s_open)) {
        m->resting = false;
        return;
    }
    int side = view->s < 0 ? 1 : -1;
    m->stop_distance = view->s_eq;
    fill(view, m, verdict, side);
    verdict->want = AS_WANT_OPEN;
    verdict->near_miss = true;
    verdict->vetoes = as_reversion_vetoes(view);
    if (verdict->rev_bps < view->thresholds->edge_cost_multiple * verdict->cost_bps)
        verdict->vetoes |= AS_REASON_BIT(NO_EDGE);
    if (side < 0 && !view->costs->borrow)
        verdict->vetoes |= AS_REASON_BIT(NO_BORROW);
    if (m->resting)
        verdict->vetoes |= AS_REASON_BIT(COOLDOWN);
}

_Static_assert(sizeof(memory) <= AS_STRATEGY_STATE_BYTES, "a signal holds it");

const as_strategy as_strategy_residual_reversion =
    AS_STRATEGY_OUTSIDE("residual_reversion", evaluate, sizeof(memory), AS_ROLE_OUTSIDE);
