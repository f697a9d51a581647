/*
 * The best bid and offer over the exchanges that quote a name, from quotes of single exchanges or single sides.
 *
 * A quote of an exchange replaces that exchange's; the best of all is what becomes the event, with the quantities at
 * the best price added up. Consolidated files give one side a row (`one_side`): the side without a price stays as
 * it was. Exchanges may lock or cross each other: nothing is hidden. A side that its exchange has not touched for
 * AS_NBBO_AGE_S takes no part, because such files do not always say that an exchange has left.
 *
 * Threads: one at a time. Memory: a block a name, allocated when it is met. Limit: AS_NBBO_VENUES_MAX exchanges a name;
 * quotes of further ones are counted and change nothing.
 */
#ifndef AS_FEEDS_NBBO_H
#define AS_FEEDS_NBBO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"

enum { AS_NBBO_VENUES_MAX = 24, AS_NBBO_AGE_S = 60 };

typedef struct as_nbbo as_nbbo;

/* 0 or -ENOMEM. */
int as_nbbo_new(as_nbbo **nbbo);
void as_nbbo_free(as_nbbo *nbbo); /* NULL is allowed */

/*
 * quote is of one venue (any number that tells it from the others; 0 if there is only one) and becomes the best of all.
 * false: it could not be taken in, and is to be dropped.
 */
bool as_nbbo_update(as_nbbo *nbbo, uint64_t venue, bool one_side, as_event *quote);

/* Quotes dropped: too many venues, or no memory. */
uint64_t as_nbbo_dropped(const as_nbbo *nbbo);

#endif
