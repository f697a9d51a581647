#include "strategies/pairs.h"

#include <math.h>

#include "strategies/reversion.h"

static const double z_open = 2.0, z_close = 0.5; /* SCIENCE 4.4 */
static const double stop_deviations = 2.0;       /* ours: as far from the entry as the entry is from the line */

typedef struct memory {
    double stop_distance; /* of x from its entry */
    bool resting;         /* stopped, and |z| has not been small since */
} memory;

/* The pair's side is the first leg's; the second takes the other. */
static int pair_side(const as_view *view, int leg_side)
{
    return view->leg == 1 ? leg_side : -leg_side;
}

static void fill(const as_view *view, as_verdict *verdict, int side)
{
    verdict->kind = AS_SIGNAL_MEAN_REVERSION;
    verdict->side = (int8_t)pair_side(view, side); /* its own inverse */
    verdict->strength = fabs(view->z);
    verdict->cost_bps = as_round_trip_bps(view, 1 + fabs(view->beta));
    verdict->horizon_sessions = as_reversion_sessions(view->ou_k);
    verdict->half_life_ns = as_reversion_half_life_ns(view->ou_k);
    verdict->rev_bps = as_reversion_bps(view, side);
}

/* Why an open position of side ends now; 0: it does not. */
static uint64_t exit_reason(const as_view *view, const memory *m, int side)
{
    if (-side * (view->x - view->open_x) >= m->stop_distance)
        return AS_REASON_BIT(STOP);
    if (view->own_news)
        return AS_REASON_BIT(OWN_NEWS);
    return side * view->z > -z_close ? AS_REASON_BIT(TARGET) : 0;
}

static void hold(const as_view *view, memory *m, as_verdict *verdict)
{
    int side = pair_side(view, view->open_side);
    uint64_t why = exit_reason(view, m, side);
    fill(view, verdict, side);
    verdict->want = why ? AS_WANT_CLOSE : AS_WANT_OPEN;
    verdict->cooldown = m->resting = why == AS_REASON_BIT(STOP);
    verdict->reasons = why;
}

static uint64_t vetoes(const as_view *view, const memory *m, const as_verdict *verdict)
{
    uint64_t set = as_reversion_vetoes(view);
    if (!(view->beta > 0))
        set |= AS_REASON_BIT(NO_OU);
    if (verdict->rev_bps < view->thresholds->edge_cost_multiple * verdict->cost_bps)
        set |= AS_REASON_BIT(NO_EDGE);
    if (!view->costs->borrow)
        set |= AS_REASON_BIT(NO_BORROW);
    if (m->resting)
        set |= AS_REASON_BIT(COOLDOWN);
    return set;
}

static void evaluate(const as_view *view, void *state, as_verdict *verdict)
{
    memory *m = state;
    if (view->role != AS_ROLE_PAIR)
        return;
    if (view->open) {
        hold(view, m, verdict);
        return;
    }
    if (isnan(view->z)) { /* nothing to say about it, but why not is counted */
        verdict->kind = AS_SIGNAL_MEAN_REVERSION;
        verdict->vetoes = as_reversion_vetoes(view);
        verdict->want = AS_WANT_OPEN;
        return;
    }
    if (!(fabs(view->z) > z_open)) {
        m->resting = false;
        return;
    }
    m->stop_distance = stop_deviations * view->s_eq;
    fill(view, verdict, view->z < 0 ? 1 : -1);
    verdict->want = AS_WANT_OPEN;
    verdict->near_miss = true;
    verdict->vetoes = vetoes(view, m, verdict);
}

_Static_assert(sizeof(memory) <= AS_STRATEGY_STATE_BYTES, "a signal holds it");

const as_strategy as_strategy_pairs = AS_STRATEGY_OUTSIDE("pairs", evaluate, sizeof(memory), AS_ROLE_PAIR);
