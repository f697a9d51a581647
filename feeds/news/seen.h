/*
 * Seen: which headlines a live feed has already given to the core, by source, id and revision.
 *
 * News comes more than once: replayed after a reconnect, filled in from another interface, sent again by the vendor.
 * Each revision of an item is let through once, and never one that is older than what has gone through; a retraction is
 * newer than the same revision of the item it takes back. It also keeps the latest texts, because a source may take an
 * item back by its id alone, and the desk finds the issuers by the text.
 *
 * Bounded: the last AS_SEEN_MAX items or so by 64-bit hashes (XXH3) in sets of AS_SEEN_WAYS, of which the one that has
 * not been seen for longest makes room, and AS_SEEN_TEXT_MAX texts likewise. What is forgotten counts as new.
 *
 * Threads: one. Memory: one allocation at new, some 2 MiB. see and recall allocate nothing.
 */
#ifndef AS_FEEDS_NEWS_SEEN_H
#define AS_FEEDS_NEWS_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/headline.h"

enum { AS_SEEN_WAYS = 8, AS_SEEN_TEXT_MAX = 1024 };

typedef enum as_seen_result {
    AS_SEEN_NEW = 0, /* not known, or a higher revision than before */
    AS_SEEN_AGAIN,   /* this revision has gone through */
    AS_SEEN_OLDER    /* a higher one has */
} as_seen_result;

typedef struct as_seen as_seen;

/* NULL: out of memory. */
as_seen *as_seen_new(void);
void as_seen_free(as_seen *seen); /* NULL is allowed */

/* A headline that is finished (its id is never empty): what it is. If it is NEW it is remembered. */
as_seen_result as_seen_see(as_seen *seen, const as_headline *headline);

/* It did not go through after all: the next time it is new. */
void as_seen_forget(as_seen *seen, const as_headline *headline);

/*
 * Fill in text, address and tags of a headline that has none, from the latest one of its source and id. False if they
 * are not known any more.
 */
bool as_seen_recall(const as_seen *seen, as_headline *headline);

#endif
