/*
 * The tape of a backtest: watches a replay, takes the signals out of it and finds the prices that they could have had.
 *
 * Which price counts, for an order that goes out at time `due` = decision + latency:
 *   quotes  the first valid quote received AFTER due, at the far side; mid for gross figures. Never the quote that the
 *           decision was made on, nor one that was received in the same instant.
 *   bars    the open of the first bar that begins at or after due, with the half-spread of `costs` against the order
 *           (DESIGN 6.20). A bar of a session or longer begins at its session's open. With 5-minute bars a delay of a
 *           millisecond costs a whole bar: the strict reading, because nobody knows the prices within a bar.
 * The hedge fills the same way at prices of its own. The end of the horizon is known beforehand: the last prices
 * received up to it count, as an order at the close would have had. A signal's own close and an expiry come as a
 * surprise: the first price after them counts. Positions that the data do not see to their end are `unfinished`.
 *
 * The tape stands between merge and engine (as_record_fn: before each step) and behind the engine (as_emit_fn). It
 * looks at the market's state only when the step is done, and at no event before its turn: nothing later than the
 * latest event can reach an outcome, and no outcome reaches the engine.
 *
 * Cold path; the thread that plays the core.
 */
#ifndef AS_APPS_SCORE_TAPE_H
#define AS_APPS_SCORE_TAPE_H

#include "apps/score/book.h"
#include "apps/common/setup.h"
#include "apps/common/sink.h"

/* The latest usable price of an instrument. */
typedef struct as_score_price {
    uint64_t ts;   /* received; 0: none yet */
    uint64_t from; /* bars: when it began */
    double mid;    /* bars: the close */
    double open;   /* bars only */
    double half;   /* half-spread over mid */
    bool bar;
} as_score_price;

typedef struct as_score_tape as_score_tape;

/*
 * A tape for one run of a setup whose engine is not made yet: pass as_score_tape_emit and the tape to as_setup_engine,
 * then call as_score_tape_attach. sink may be NULL; it gets every decision as well. label names the run.
 */
as_score_tape *as_score_tape_new(as_score_book *book, const char *label, as_sink *sink);
void as_score_tape_attach(as_score_tape *tape, as_setup *setup);

/* as_emit_fn and as_record_fn. */
void as_score_tape_emit(void *tape, const as_decision *decision);
void as_score_tape_record(void *tape, const as_event *event, const as_headline *headline, const as_playbook *playbook);

/* The inputs are at their end: settle what is due, count the rest as unfinished, add the engine's counters. */
void as_score_tape_finish(as_score_tape *tape);

void as_score_tape_free(as_score_tape *tape);

#endif
