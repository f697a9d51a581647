/*
 * The probability that a signal states: asked of the table at the opening, kept while the signal is open.
 *
 * The table knows what became of signals that OPENED at |OS| and breadth, so both are held as they were then; otherwise
 * p would fall while a move comes back, which is what it promised. What may change it later is the fact's status alone:
 * a rumour that is confirmed is another kind of signal.
 *
 * A strategy keeps one as_stated as its own state and calls as_stated_p in every verdict that opens or holds, before
 * the vetoes are known: the latest call before the opening is the opening's.
 */
#ifndef AS_STRATEGIES_STATED_H
#define AS_STRATEGIES_STATED_H

#include <math.h>

#include "core/probability.h"
#include "core/view.h"

typedef struct as_stated {
    double os, breadth; /* when it opened */
} as_stated;

_Static_assert(sizeof(as_stated) <= AS_STRATEGY_STATE_BYTES, "it is a strategy's own state");

/* p for a signal of kind, NAN without a table. A near miss states none: the table is about what opened. */
static inline double as_stated_p(const as_view *view, as_stated *stated, as_signal_kind kind, bool vetoed)
{
    bool held = view->open && view->open_kind == kind;
    if (!held) {
        stated->os = view->os;
        stated->breadth = view->breadth;
    }
    as_probability_input in = {
        .kind = (uint8_t)kind, .status = view->status, .os = stated->os, .breadth = stated->breadth};
    return vetoed && !held ? (double)NAN : as_probability_of(view->probability, &in);
}

#endif
