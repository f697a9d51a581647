#include "core/signal.h"

#include <math.h>
#include <string.h>

static const double p_step = 0.05; /* SCIENCE 5.2 */

static bool p_moved(double before, double now)
{
    if (isnan(before) || isnan(now))
        return isnan(before) != isnan(now);
    double moved = now - before;
    return moved >= p_step || moved <= -p_step;
}

static bool overdue(const as_signal *signal, const as_view *view)
{
    return (double)(view->now - signal->said_at) >= view->thresholds->update_s * 1e9;
}

static void said(as_signal *signal, const as_view *view, const as_verdict *verdict)
{
    signal->said_at = view->now;
    signal->reasons = verdict->reasons;
    signal->p = verdict->p;
    signal->side = verdict->side;
    signal->status = view->status;
}

/* Another kind or side is another signal: the open one ends, and the next look opens the new one under its own id. */
static bool is_another(const as_signal *signal, const as_verdict *verdict)
{
    return verdict->want == AS_WANT_OPEN && (verdict->kind != signal->kind || verdict->side != signal->side);
}

static as_signal_step apply_open(as_signal *signal, const as_view *view, const as_verdict *verdict)
{
    as_signal_step step = {0};
    if (verdict->want == AS_WANT_CLOSE || is_another(signal, verdict)) {
        signal->open = false;
        signal->missed = false;
        signal->vetoes = 0;
        if (verdict->cooldown)
            signal->cooldown_until = view->now + (uint64_t)(view->thresholds->cooldown_min * 60e9);
        bool another = is_another(signal, verdict);
        int8_t side = signal->side;
        double p = signal->p;
        uint64_t reasons = signal->reasons;
        said(signal, view, verdict);
        signal->side = side; /* what closes is what was open */
        if (another) {
            signal->p = p;
            signal->reasons = reasons;
        }
        return (as_signal_step){.say = true, .action = AS_ACTION_CLOSE, .another = another};
    }
    if (verdict->want != AS_WANT_OPEN)
        return step;
    bool changed =
        verdict->reasons != signal->reasons || view->status != signal->status || p_moved(signal->p, verdict->p);
    if (changed || overdue(signal, view)) {
        said(signal, view, verdict);
        step = (as_signal_step){.say = true, .action = AS_ACTION_UPDATE};
    }
    return step;
}

static as_signal_step apply_near_miss(as_signal *signal, const as_view *view, const as_verdict *verdict,
                                      const uint8_t id[16])
{
    as_signal_step step = {.new_vetoes = verdict->vetoes & ~signal->vetoes};
    if (signal->missed && signal->kind != verdict->kind)
        signal->missed = false; /* another kind is another miss */
    bool news = verdict->vetoes != signal->vetoes;
    signal->vetoes = verdict->vetoes;
    if (!verdict->near_miss || !(news && (!signal->missed || overdue(signal, view))))
        return step;
    if (!signal->missed)
        memcpy(signal->id, id, sizeof signal->id);
    signal->missed = true;
    signal->kind = verdict->kind;
    said(signal, view, verdict);
    step.say = true;
    step.action = AS_ACTION_UPDATE;
    return step;
}

as_signal_step as_signal_apply(as_signal *signal, const as_view *view, const as_verdict *verdict, const uint8_t id[16],
                               uint64_t valid_until)
{
    if (signal->open)
        return apply_open(signal, view, verdict);
    if (verdict->want != AS_WANT_OPEN) {
        signal->vetoes = 0;
        signal->missed = false;
        signal->spent = false;
        return (as_signal_step){0};
    }
    if (signal->spent)
        return (as_signal_step){0};
    if (verdict->vetoes)
        return apply_near_miss(signal, view, verdict, id);

    signal->open = true;
    signal->missed = false;
    signal->vetoes = 0;
    signal->kind = verdict->kind;
    signal->opened_at = view->now;
    signal->open_px = view->mid;
    signal->open_x = view->x;
    signal->valid_until = valid_until;
    memcpy(signal->id, id, sizeof signal->id);
    said(signal, view, verdict);
    return (as_signal_step){.say = true, .action = AS_ACTION_OPEN, .opened = true};
}

bool as_signal_end(as_signal *signal, uint64_t now)
{
    if (!signal->open)
        return false;
    signal->open = false;
    signal->missed = false;
    signal->vetoes = 0;
    signal->spent = true;
    signal->said_at = now;
    return true;
}
