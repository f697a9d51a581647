/*
 * Order books of all instruments, by order or by level, built from events.
 *
 * A set holds one book an instrument, all live orders in one table (core/order_table.h) and all price levels in one
 * pool (core/level_pool.h). A book is by order (ORDER_* events) or by level (LEVEL events): the first event after a
 * CLEAR decides. Prices are any int64 in 1e-9 units, on a tick or not, negative ones included.
 *
 * An event is applied as a whole or not at all. What cannot be right (unknown or repeated reference, more executed
 * than there is, no price, no quantity) changes nothing, is counted by reason and marks the book inconsistent until
 * CLEAR: a feed that contradicts itself has lost something. A book that finds no room breaks: it becomes empty,
 * gives its room back and refuses everything until CLEAR. A crossed or locked book is not an error here; its reader
 * sees it in the top.
 *
 * Threads: the owner's (core). Memory: fixed at new. as_book_apply: no allocation, no system call; cost is a cache miss
 * on the order, on the book and on its levels, which the prefetch functions hide when events are applied in batches:
 *
 *   for a batch of about 16: as_book_prefetch on each; as_book_prefetch_levels on each; as_book_apply on each.
 *
 * Limits: instruments, orders and levels are given at new (AS_ORDER_MAX below is the usual number of orders).
 */
#ifndef AS_CORE_BOOK_H
#define AS_CORE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"

#define AS_ORDER_MAX (UINT32_C(1) << 22) /* live orders of a set that follows a whole exchange */

typedef enum as_book_result {
    AS_BOOK_UNCHANGED = 0,       /* applied; best prices and quantities are what they were */
    AS_BOOK_BBO_CHANGED = 1,     /* applied; as_book_top gives something else than before */
    AS_BOOK_UNKNOWN_REF = -1,    /* no live order has this reference */
    AS_BOOK_DUPLICATE_REF = -2,  /* a live order has this reference already */
    AS_BOOK_OVER_EXECUTION = -3, /* more taken from an order than it has */
    AS_BOOK_INVALID = -4,        /* no price or no quantity, or the sum at a level passes 2^64 - 1 */
    AS_BOOK_MIXED = -5,          /* LEVEL for a book by order, or the reverse */
    AS_BOOK_FULL = -6,           /* no room: the book breaks */
    AS_BOOK_BROKEN = -7,         /* the book is broken: only CLEAR is accepted */
    AS_BOOK_FOREIGN = -8         /* an instrument that the set does not have, or not a book event */
} as_book_result;

typedef struct as_top {
    int64_t bid_px;              /* AS_PX_UNDEFINED with quantity 0: no bid */
    uint64_t bid_qty;
    int64_t ask_px;              /* likewise */
    uint64_t ask_qty;
} as_top;

typedef struct as_book_level {
    int64_t px;
    uint64_t qty;
} as_book_level;

typedef struct as_book_order {
    int64_t px;
    uint64_t qty;
    bool sell;
} as_book_order;

typedef struct as_book_counters {
    uint64_t applied;            /* events that were applied */
    uint64_t bbo_changes;
    uint64_t unknown_ref, duplicate_ref, over_execution, invalid, mixed, full, broken, foreign;
    uint64_t absent_levels;      /* LEVEL with quantity 0 for a price that was not there: applied, changes nothing */
    uint64_t clears;
    uint64_t sweeps;             /* times the order table was searched for entries of cleared books */
} as_book_counters;

typedef struct as_book_set as_book_set;

/*
 * Books for instruments 0..instrument_count-1 and up to orders_max (1..2^31) live orders; the level pool is sized for
 * twice as many levels as orders. 0, or -ENOMEM, -EINVAL. Memory is reserved, and touched as it is used.
 */
int as_book_set_new(uint32_t instrument_count, uint32_t orders_max, as_book_set **set);

/* The same with the pool's size given: at least 8 levels a side that is in use, twice the deepest book. */
int as_book_set_new_sized(uint32_t instrument_count, uint32_t orders_max, uint64_t levels_max, as_book_set **set);
void as_book_set_free(as_book_set *set);

/* Touch all memory, so that no page fault comes later. Only before the first event. */
void as_book_set_prefault(as_book_set *set);

/* Start fetching what event will touch first: its order's slot and its book. Changes nothing; any event is allowed. */
void as_book_prefetch(const as_book_set *set, const as_event *event);

/* Start fetching the levels event will touch; useful once what as_book_prefetch asked for has come. */
void as_book_prefetch_levels(const as_book_set *set, const as_event *event);

/*
 * Apply ORDER_ADD, _EXECUTE, _REDUCE, _DELETE, _REPLACE, LEVEL or CLEAR. Below 0: nothing has changed except the marks
 * and counters (and with FULL, that the book is broken). REPLACE keeps the side; new_ref may equal ref.
 */
as_book_result as_book_apply(as_book_set *set, const as_event *event);

/* Best bid and ask. */
void as_book_top(const as_book_set *set, uint32_t instrument, as_top *top);

/* The book has refused something since its last CLEAR: what it says is not to be relied on. */
bool as_book_inconsistent(const as_book_set *set, uint32_t instrument);

/* The book found no room and is empty until CLEAR. Broken implies inconsistent. */
bool as_book_broken(const as_book_set *set, uint32_t instrument);

/* Levels of a side, and one of them by depth (0 is the best); false beyond the last. */
uint32_t as_book_depth(const as_book_set *set, uint32_t instrument, bool sell);
bool as_book_level_at(const as_book_set *set, uint32_t instrument, bool sell, uint32_t depth, as_book_level *level);

/* A live order; false if there is none of that reference. */
bool as_book_order_find(const as_book_set *set, uint32_t instrument, uint16_t source, uint64_t ref,
                        as_book_order *order);

/* Live orders of an instrument. */
uint32_t as_book_order_count(const as_book_set *set, uint32_t instrument);

const as_book_counters *as_book_counters_get(const as_book_set *set);

#endif
