/*
 * The items of a news document: what the decoders of RSS, Atom, NewsML-G2 and JSON documents give.
 *
 * A list in document order. An item is an event, of kind HEADLINE with its record, or of kind STATUS (trading halts);
 * or it is one that could not be used, of kind NONE, with the reason. A status has in its record's source and id what
 * it is known by, so that who reads a document twice can tell what is new.
 *
 * Threads: one at a time. Memory: one mapping, of which only what is used is ever touched; no allocation afterwards.
 * Limits: AS_NEWS_ITEM_MAX.
 */
#ifndef AS_FEEDS_NEWS_ITEMS_H
#define AS_FEEDS_NEWS_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/timezone.h"
#include "feeds/news/item.h"

typedef struct as_news_item {
    as_event event;
    uint8_t result; /* as_news_result; event.kind is AS_EVENT_NONE unless it is AS_NEWS_OK */
    uint32_t line;  /* in the document, where it ends; 0 if not known */
    as_headline headline;
} as_news_item;

typedef struct as_news_items {
    as_news_item *item;
    uint32_t count;
    uint32_t *order;         /* set by as_news_items_sort */
    uint64_t messages;       /* items of the document, good and bad: counted by its decoder */
    uint64_t too_many;       /* beyond AS_NEWS_ITEM_MAX: left out */
    uint64_t unknown_symbol; /* halts left out: not in the universe */
    uint64_t held;           /* left out: withheld by the source, or under an embargo without an end */
    uint64_t embargoed;      /* not known before the end of their embargo */
    uint64_t other;          /* left out: items of a kind that is no news (packages, concepts, ...) */
    size_t mapped_bytes;
} as_news_items;

typedef struct as_news_items_context {
    as_news_context news;    /* publisher NULL or "": what the document calls itself */
    uint64_t now_ns;         /* time of items that have none; 0: such items are faults */
    const as_timezone *zone; /* of trading halts: New York; NULL: they are read as headlines */
} as_news_items_context;

/* 0 or -ENOMEM. */
int as_news_items_init(as_news_items *items);
void as_news_items_fini(as_news_items *items); /* safe on zeroes */

/* A new document: nothing in the list, counters at zero. */
void as_news_items_clear(as_news_items *items);

/* Room for the next item, cleared; NULL, counted, if there is none. add adds it, add_bad adds it as a fault. */
as_news_item *as_news_items_room(as_news_items *items, const as_news_items_context *context);
void as_news_items_add(as_news_items *items);
void as_news_items_add_bad(as_news_items *items, as_news_result result, uint64_t line);

/*
 * Set items->order: the oldest first by ts_recv; of equal ones that which is further down, since documents begin with
 * the latest, but statuses as they stand. Time: n log n.
 */
void as_news_items_sort(as_news_items *items);

/* Instrument of a symbol, AS_INSTRUMENT_NONE if there is none; and a tag for it, if there is one. */
uint32_t as_news_items_symbol(const as_news_items_context *context, const char *symbol, size_t symbol_bytes);
void as_news_items_tag(const as_news_items_context *context, const char *symbol, size_t symbol_bytes,
                       as_headline *headline);

/* Line ends between two places of a document: how far its line number goes up. */
uint64_t as_news_line_ends(const char *from, const char *to);

#endif
