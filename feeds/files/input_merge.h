/*
 * Several recorded inputs as one stream, in the order of their receive times (DESIGN 6.9, 6.10).
 *
 * All events of one receive instant, whichever input they come from, are gathered and put into the order status, market
 * data, headline; within these the order of the inputs, then the order of the file. The last market event (status or
 * market data) of the instant carries AS_EVENT_LAST, so that everything that is known at that instant is applied before
 * anything is evaluated. An event that its input delivers out of order stays where it is: the core's merge moves it up
 * to the logical time.
 *
 * One thread at a time; the inputs belong to the caller, who does not read from them while the merge is open. Memory: a
 * mapping for one instant, of which only what is used is touched. Limit: an instant of more than AS_INPUT_MERGE_EVENTS
 * events, or AS_REORDER_EVENTS headlines, is delivered in parts that are evaluated one by one.
 */
#ifndef AS_FEEDS_INPUT_MERGE_H
#define AS_FEEDS_INPUT_MERGE_H

#include <stdint.h>

#include "core/event.h"
#include "core/headline.h"
#include "feeds/files/input.h"

enum { AS_INPUT_MERGE_EVENTS = 4 * AS_REORDER_EVENTS };

typedef struct as_input_merge as_input_merge;

/*
 * Merge count inputs (1..AS_INPUT_MAX), events with from <= ts_recv < to only (0 and UINT64_MAX: all). An input is
 * read no further than its first event at or after `to`. 0; -EINVAL, -ENOMEM, or what an input says, with the error
 * chain set.
 */
int as_input_merge_open(as_input **inputs, uint32_t count, uint64_t from, uint64_t to, as_input_merge **merge);

/*
 * The next event. 1: *event, and *headline for an AS_EVENT_HEADLINE (else NULL), valid until the next call. 0 at the
 * end. A negative errno with the error chain set if an input cannot go on; what it gave before has been delivered.
 */
int as_input_merge_next(as_input_merge *merge, const as_event **event, const as_headline **headline);

/* Closes the merge, not the inputs. */
void as_input_merge_close(as_input_merge *merge);

#endif
