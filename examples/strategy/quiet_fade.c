/*
 * quiet_fade: an example of a strategy in a shared object.
 *
 * Says "fade" only of names that have no channel to the news, moved at least three sigma with it, and have stopped
 * making new extremes for an hour. It shows the parts that every strategy has: what it asks of the view, what it says,
 * a small state of its own, and when it is done. It is an illustration, not advice.
 */
#include <math.h>

#include "strategies/strategy.h"

typedef struct quiet_fade_state {
    double farthest_z; /* of this name, in the direction of the shock */
} quiet_fade_state;

static const double z_open = 3.0, z_close = 1.0;
static const uint64_t quiet_ns = UINT64_C(3600) * 1000000000;

static void evaluate(const as_view *view, void *state, as_verdict *verdict)
{
    quiet_fade_state *mine = state;
    if (view->role != AS_ROLE_LINKED || isnan(view->z))
        return;
    double along = view->z * view->chain_sign;
    if (along > mine->farthest_z)
        mine->farthest_z = along;

    verdict->kind = AS_SIGNAL_CUSTOM;
    verdict->side = (int8_t)-view->chain_sign;
    verdict->strength = mine->farthest_z;
    verdict->horizon_sessions = 1;
    if (view->open && along < z_close) {
        verdict->want = AS_WANT_CLOSE;
        verdict->reasons = AS_REASON_BIT(TARGET);
    } else if (along >= z_open && fabs(view->w) <= view->thresholds->weak_w && view->extreme_age_ns >= quiet_ns) {
        verdict->want = AS_WANT_OPEN;
        verdict->reasons = AS_REASON_BIT(NO_CHANNEL) | AS_REASON_BIT(CUSTOM);
        verdict->vetoes = view->blocks;
    }
}

AS_STRATEGY_EXPORT const as_strategy *as_strategy_entry(void)
{
    static const as_strategy quiet_fade = AS_STRATEGY("quiet_fade", evaluate, sizeof(quiet_fade_state));
    return &quiet_fade;
}
