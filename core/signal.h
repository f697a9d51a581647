/*
 * Signals: from a strategy's verdicts to decisions with a life cycle.
 *
 *            want OPEN, no vetoes          |dp| >= 0.05, status or reasons changed, or update_s passed
 *   closed ------------------------> open ------------------------------------------------------------> open
 *     ^ |  want OPEN, vetoes               | want CLOSE, another side or kind: close; valid_until: expire
 *     | +-> near miss: an update           |
 *     +------------------------------------+
 *
 * One signal per (strategy, fact, name). Every open ends in a close or an expire; a strategy cannot forget it, because
 * the deadline is in the timer heap. Identity: 128-bit XXH3 of strategy, fact key, generation, symbol and opening
 * instant (DESIGN 6.7), so it is the same in replay.
 */
#ifndef AS_CORE_SIGNAL_H
#define AS_CORE_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/view.h"

typedef struct as_signal {
    bool open;
    int8_t side;
    uint8_t kind;
    uint8_t status; /* of the fact when last said */
    bool missed;    /* a near miss has been said under id */
    bool spent;     /* its time ran out: it does not open again before its condition has been false */
    uint64_t timed; /* the next deadline of it in the timer heap, 0: none */
    uint8_t id[16];
    uint64_t opened_at;
    uint64_t said_at; /* last decision */
    uint64_t valid_until;
    uint64_t reasons; /* as last said */
    uint64_t vetoes;  /* as last seen */
    uint64_t cooldown_until;
    double p; /* as last said */
    double open_x;
    int64_t open_px;
    uint64_t state[AS_STRATEGY_STATE_BYTES / 8]; /* the strategy's own */
} as_signal;

/* What a verdict does to a signal. */
typedef struct as_signal_step {
    bool say; /* a decision goes out with .action */
    as_action action;
    uint64_t new_vetoes; /* vetoes that were not there at the last look: count them */
    bool another;        /* it closes for another kind or side: what the verdict says is not of this signal */
    bool opened;         /* set an expiry timer at valid_until */
} as_signal_step;

/*
 * Decide what a verdict does. valid_until is the horizon's end if it opens now; id identifies an opening in this
 * instant. Updates the signal as if the decision had been said.
 */
as_signal_step as_signal_apply(as_signal *signal, const as_view *view, const as_verdict *verdict, const uint8_t id[16],
                               uint64_t valid_until);

/* The deadline passed, or the fact is over: close without asking the strategy. true if it was open. */
bool as_signal_end(as_signal *signal, uint64_t now);

#endif
