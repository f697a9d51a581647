#include "core/book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/level_pool.h"
#include "core/order_table.h"

enum { SIDE_BID = 0, SIDE_ASK = 1 };

typedef enum book_mode { MODE_NONE = 0, MODE_ORDER = 1, MODE_LEVEL = 2 } book_mode;

enum { FLAG_INCONSISTENT = 1, FLAG_BROKEN = 2 };

/* All that an event needs of a book besides its levels: one cache line. */
typedef struct book {
    _Alignas(64) as_book_level best[2];
    as_side side[2];
    uint32_t order_count;
    uint16_t epoch; /* of its orders; 0 is used by none */
    uint8_t class_idx[2];
    uint8_t mode;
    uint8_t flags;
} book;

_Static_assert(sizeof(book) == 64, "a book's head is one cache line");

struct as_book_set {
    book *books;
    uint32_t count;
    as_order_table orders;
    as_level_pool levels;
    as_book_counters counters;
};

static const as_book_level no_level = {.px = AS_PX_UNDEFINED};

/* ---- life cycle ---- */

int as_book_set_new(uint32_t instrument_count, uint32_t orders_max, as_book_set **set)
{
    uint64_t levels_max = 2 * (uint64_t)orders_max + 2 * AS_LEVEL_BLOCK_MIN * (uint64_t)instrument_count;
    return as_book_set_new_sized(instrument_count, orders_max, levels_max, set);
}

int as_book_set_new_sized(uint32_t instrument_count, uint32_t orders_max, uint64_t levels_max, as_book_set **set)
{
    if (instrument_count == 0 || orders_max == 0 || orders_max > UINT32_C(1) << 31 || levels_max == 0 ||
        levels_max > (uint64_t)UINT32_MAX * (AS_LEVEL_BLOCK_MIN / 2))
        return -EINVAL;
    as_book_set *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->books = aligned_alloc(_Alignof(book), instrument_count * sizeof *s->books);
    if (!s->books || as_order_table_init(&s->orders, orders_max) < 0 ||
        as_level_pool_init(&s->levels, levels_max) < 0) {
        as_book_set_free(s);
        return -ENOMEM;
    }
    s->count = instrument_count;
    for (uint32_t i = 0; i < instrument_count; i++)
        s->books[i] = (book){.best = {no_level, no_level},
                             .side = {{.block = AS_LEVEL_BLOCK_NONE}, {.block = AS_LEVEL_BLOCK_NONE}},
                             .epoch = 1};
    *set = s;
    return 0;
}

void as_book_set_free(as_book_set *set)
{
    if (!set)
        return;
    as_level_pool_fini(&set->levels);
    as_order_table_fini(&set->orders);
    free(set->books);
    free(set);
}

static void touch(void *memory, size_t bytes)
{
    unsigned char *p = memory;
    for (size_t i = 0; i < bytes; i += 4096)
        p[i] = 0;
}

void as_book_set_prefault(as_book_set *set)
{
    touch(set->orders.slot, as_order_table_bytes(&set->orders));
    touch(set->levels.word, as_level_pool_bytes(&set->levels));
}

/* ---- levels ---- */

/* px for bids, -px for asks, and back; without a branch, because sides come in no order. */
static int64_t key_of(int64_t px, unsigned side)
{
    return (px ^ -(int64_t)side) + (int64_t)side;
}

static void refresh_best(const as_book_set *set, book *b, unsigned side)
{
    const as_side *s = &b->side[side];
    as_book_level best = no_level;
    if (s->count) {
        best.px = key_of(as_side_keys(&set->levels, s)[s->count - 1], side);
        best.qty = as_side_qtys(&set->levels, s, b->class_idx[side])[s->count - 1];
    }
    b->best[side] = best;
}

static void level_insert(const as_book_set *set, book *b, unsigned side, uint32_t at, int64_t key, uint64_t qty)
{
    as_side *s = &b->side[side];
    int64_t *keys = as_side_keys(&set->levels, s);
    uint64_t *qtys = as_side_qtys(&set->levels, s, b->class_idx[side]);
    for (uint32_t i = s->count; i > at; i--) {
        keys[i] = keys[i - 1];
        qtys[i] = qtys[i - 1];
    }
    keys[at] = key;
    qtys[at] = qty;
    s->count++;
}

static void level_remove(const as_book_set *set, book *b, unsigned side, uint32_t at)
{
    as_side *s = &b->side[side];
    int64_t *keys = as_side_keys(&set->levels, s);
    uint64_t *qtys = as_side_qtys(&set->levels, s, b->class_idx[side]);
    s->count--;
    for (uint32_t i = at; i < s->count; i++) {
        keys[i] = keys[i + 1];
        qtys[i] = qtys[i + 1];
    }
}

/* Where key is on the side, or belongs; *found says which. */
static uint32_t level_find(const as_book_set *set, const book *b, unsigned side, int64_t key, bool *found)
{
    const as_side *s = &b->side[side];
    *found = false;
    if (s->count == 0)
        return 0;
    const int64_t *keys = as_side_keys(&set->levels, s);
    uint32_t at = as_side_find(keys, s->count, key);
    *found = at < s->count && keys[at] == key;
    return at;
}

static bool level_room(as_book_set *set, book *b, unsigned side)
{
    as_side *s = &b->side[side];
    if (s->block != AS_LEVEL_BLOCK_NONE && s->count < (uint32_t)AS_LEVEL_BLOCK_MIN << b->class_idx[side])
        return true;
    return as_side_grow(&set->levels, s, &b->class_idx[side]);
}

/* UNCHANGED, INVALID or FULL. */
static as_book_result level_add(as_book_set *set, book *b, unsigned side, int64_t key, uint64_t qty)
{
    bool found;
    uint32_t at = level_find(set, b, side, key, &found);
    if (found) {
        uint64_t *level_qty = &as_side_qtys(&set->levels, &b->side[side], b->class_idx[side])[at];
        if (qty > UINT64_MAX - *level_qty)
            return AS_BOOK_INVALID;
        *level_qty += qty;
    } else {
        if (!level_room(set, b, side))
            return AS_BOOK_FULL;
        level_insert(set, b, side, at, key, qty);
    }
    refresh_best(set, b, side);
    return AS_BOOK_UNCHANGED;
}

/* Take qty from a level that a live order stands on. */
static void level_take(as_book_set *set, book *b, unsigned side, int64_t key, uint64_t qty)
{
    bool found;
    uint32_t at = level_find(set, b, side, key, &found);
    AS_DCHECK(found);
    uint64_t *level_qty = &as_side_qtys(&set->levels, &b->side[side], b->class_idx[side])[at];
    AS_DCHECK(*level_qty >= qty);
    *level_qty -= qty;
    if (*level_qty == 0)
        level_remove(set, b, side, at);
    refresh_best(set, b, side);
}

/* ---- clearing ---- */

static bool order_is_stale(const as_order *order, const void *context)
{
    const as_book_set *set = context;
    return (order->side_epoch & AS_ORDER_EPOCH_MASK) != set->books[order->instrument].epoch;
}

static void sweep(as_book_set *set)
{
    set->counters.sweeps++;
    as_order_table_sweep(&set->orders, order_is_stale, set);
}

static void empty_book(as_book_set *set, book *b)
{
    for (unsigned side = 0; side < 2; side++) {
        if (b->side[side].block != AS_LEVEL_BLOCK_NONE)
            as_level_pool_give(&set->levels, b->side[side].block, b->class_idx[side]);
        b->side[side] = (as_side){.block = AS_LEVEL_BLOCK_NONE};
        b->class_idx[side] = 0;
    }
    b->best[SIDE_BID] = b->best[SIDE_ASK] = no_level;
    if (b->order_count) {
        b->order_count = 0;
        b->epoch++;
        if (b->epoch > AS_ORDER_EPOCH_MASK) { /* before a number is used again, no entry may bear it */
            b->epoch = 0;
            sweep(set);
            b->epoch = 1;
        }
    }
}

static as_book_result clear(as_book_set *set, book *b)
{
    empty_book(set, b);
    b->mode = MODE_NONE;
    b->flags = 0;
    set->counters.clears++;
    return AS_BOOK_UNCHANGED;
}

/* ---- by order ---- */

static unsigned side_of(const as_order *order)
{
    return order->side_epoch >> 15;
}

static as_order_key order_key(const book *b, const as_event *event, uint64_t ref)
{
    return (as_order_key){.ref = ref, .instrument = event->instrument, .source = event->source, .epoch = b->epoch};
}

static bool px_qty_valid(int64_t px, uint64_t qty)
{
    return px != AS_PX_UNDEFINED && px != INT64_MIN && qty > 0;
}

static as_book_result order_add(as_book_set *set, book *b, const as_event *event)
{
    as_order_key key = order_key(b, event, event->order.ref);
    if (!px_qty_valid(event->order.px, event->order.qty))
        return AS_BOOK_INVALID;
    if (set->orders.used == set->orders.used_max)
        sweep(set);
    as_order *slot = as_order_table_seek(&set->orders, &key);
    if (slot->qty)
        return AS_BOOK_DUPLICATE_REF;
    if (set->orders.used == set->orders.used_max)
        return AS_BOOK_FULL;
    unsigned side = event->flags & AS_EVENT_SELL ? SIDE_ASK : SIDE_BID;
    as_order order = {
        .ref = key.ref,
        .key = key_of(event->order.px, side),
        .qty = event->order.qty,
        .instrument = key.instrument,
        .source = key.source,
        .side_epoch = (uint16_t)(side << 15 | key.epoch),
    };
    as_book_result result = level_add(set, b, side, order.key, order.qty);
    if (result < 0)
        return result;
    as_order_table_insert(&set->orders, slot, &order);
    b->order_count++;
    return result;
}

/* Execution and cancellation are the same to a book. */
static as_book_result order_take(as_book_set *set, book *b, const as_event *event)
{
    as_order_key key = order_key(b, event, event->order.ref);
    as_order *order = as_order_table_find(&set->orders, &key);
    uint64_t qty = event->order.qty;
    if (!order)
        return AS_BOOK_UNKNOWN_REF;
    if (event->kind == AS_EVENT_ORDER_DELETE)
        qty = order->qty;
    if (qty == 0)
        return AS_BOOK_INVALID;
    if (qty > order->qty)
        return AS_BOOK_OVER_EXECUTION;
    level_take(set, b, side_of(order), order->key, qty);
    if (qty < order->qty) {
        order->qty -= qty;
    } else {
        as_order_table_erase(&set->orders, order);
        b->order_count--;
    }
    return AS_BOOK_UNCHANGED;
}

static as_book_result order_replace(as_book_set *set, book *b, const as_event *event)
{
    as_order_key key = order_key(b, event, event->order.ref);
    as_order_key new_key = order_key(b, event, event->order.new_ref);
    as_order *order = as_order_table_find(&set->orders, &key);
    if (!order)
        return AS_BOOK_UNKNOWN_REF;
    if (!px_qty_valid(event->order.px, event->order.qty))
        return AS_BOOK_INVALID;
    if (new_key.ref != key.ref && as_order_table_find(&set->orders, &new_key))
        return AS_BOOK_DUPLICATE_REF;
    as_order old = *order;
    as_order replaced = old;
    replaced.ref = new_key.ref;
    replaced.key = key_of(event->order.px, side_of(&old));
    replaced.qty = event->order.qty;
    as_book_result result = level_add(set, b, side_of(&old), replaced.key, replaced.qty);
    if (result < 0)
        return result;
    level_take(set, b, side_of(&old), old.key, old.qty);
    as_order_table_erase(&set->orders, order);
    as_order_table_insert(&set->orders, as_order_table_seek(&set->orders, &new_key), &replaced);
    return AS_BOOK_UNCHANGED;
}

/* ---- by level ---- */

static as_book_result level_set(as_book_set *set, book *b, const as_event *event)
{
    unsigned side = event->flags & AS_EVENT_SELL ? SIDE_ASK : SIDE_BID;
    if (!px_qty_valid(event->level.px, 1))
        return AS_BOOK_INVALID;
    int64_t key = key_of(event->level.px, side);
    bool found;
    uint32_t at = level_find(set, b, side, key, &found);
    if (event->level.qty == 0) {
        if (found)
            level_remove(set, b, side, at);
        else
            set->counters.absent_levels++;
    } else if (found) {
        as_side_qtys(&set->levels, &b->side[side], b->class_idx[side])[at] = event->level.qty;
    } else {
        if (!level_room(set, b, side))
            return AS_BOOK_FULL;
        level_insert(set, b, side, at, key, event->level.qty);
    }
    refresh_best(set, b, side);
    return AS_BOOK_UNCHANGED;
}

/* ---- applying ---- */

static as_book_result refuse(as_book_set *set, book *b, as_book_result reason)
{
    uint64_t *const counter[] = {
        [-AS_BOOK_UNKNOWN_REF] = &set->counters.unknown_ref,
        [-AS_BOOK_DUPLICATE_REF] = &set->counters.duplicate_ref,
        [-AS_BOOK_OVER_EXECUTION] = &set->counters.over_execution,
        [-AS_BOOK_INVALID] = &set->counters.invalid,
        [-AS_BOOK_MIXED] = &set->counters.mixed,
        [-AS_BOOK_FULL] = &set->counters.full,
        [-AS_BOOK_BROKEN] = &set->counters.broken,
        [-AS_BOOK_FOREIGN] = &set->counters.foreign,
    };
    ++*counter[-reason];
    if (b)
        b->flags |= FLAG_INCONSISTENT;
    if (reason == AS_BOOK_FULL) {
        b->flags |= FLAG_BROKEN;
        empty_book(set, b);
    }
    return reason;
}

static const uint8_t mode_by_kind[UINT8_MAX + 1] = {
    [AS_EVENT_LEVEL] = MODE_LEVEL,        [AS_EVENT_ORDER_ADD] = MODE_ORDER,    [AS_EVENT_ORDER_EXECUTE] = MODE_ORDER,
    [AS_EVENT_ORDER_REDUCE] = MODE_ORDER, [AS_EVENT_ORDER_DELETE] = MODE_ORDER, [AS_EVENT_ORDER_REPLACE] = MODE_ORDER,
};

static as_book_result dispatch(as_book_set *set, book *b, const as_event *event)
{
    switch (event->kind) {
    case AS_EVENT_ORDER_ADD:
        return order_add(set, b, event);
    case AS_EVENT_ORDER_REPLACE:
        return order_replace(set, b, event);
    case AS_EVENT_LEVEL:
        return level_set(set, b, event);
    case AS_EVENT_CLEAR:
        return clear(set, b);
    default:
        return order_take(set, b, event);
    }
}

static bool differ(const as_book_level *a, const as_book_level *b)
{
    return ((uint64_t)(a->px ^ b->px) | (a->qty ^ b->qty)) != 0;
}

as_book_result as_book_apply(as_book_set *set, const as_event *event)
{
    book_mode mode = (book_mode)mode_by_kind[event->kind];
    if (event->instrument >= set->count || (mode == MODE_NONE && event->kind != AS_EVENT_CLEAR))
        return refuse(set, NULL, AS_BOOK_FOREIGN);
    book *b = &set->books[event->instrument];
    if (mode != MODE_NONE) {
        if (b->flags & FLAG_BROKEN)
            return refuse(set, b, AS_BOOK_BROKEN);
        if (b->mode != mode && b->mode != MODE_NONE)
            return refuse(set, b, AS_BOOK_MIXED);
        b->mode = (uint8_t)mode;
    }
    as_book_level before[2] = {b->best[SIDE_BID], b->best[SIDE_ASK]};
    as_book_result result = dispatch(set, b, event);
    if (result < 0)
        return refuse(set, b, result);
    unsigned changed = (unsigned)differ(&before[SIDE_BID], &b->best[SIDE_BID]) |
                       (unsigned)differ(&before[SIDE_ASK], &b->best[SIDE_ASK]);
    set->counters.applied++;
    set->counters.bbo_changes += changed;
    return changed ? AS_BOOK_BBO_CHANGED : AS_BOOK_UNCHANGED;
}

/* ---- prefetching ---- */

void as_book_prefetch(const as_book_set *set, const as_event *event)
{
    if (event->instrument >= set->count)
        return;
    __builtin_prefetch(&set->books[event->instrument], 1);
    if (mode_by_kind[event->kind] != MODE_ORDER)
        return;
    const as_order_table *t = &set->orders;
    __builtin_prefetch(&t->slot[as_order_table_home(t, event->order.ref, event->instrument, event->source)], 1);
    if (event->kind == AS_EVENT_ORDER_REPLACE)
        __builtin_prefetch(&t->slot[as_order_table_home(t, event->order.new_ref, event->instrument, event->source)], 1);
}

void as_book_prefetch_levels(const as_book_set *set, const as_event *event)
{
    book_mode mode = (book_mode)mode_by_kind[event->kind];
    if (event->instrument >= set->count || mode == MODE_NONE)
        return;
    const book *b = &set->books[event->instrument];
    unsigned side = event->flags & AS_EVENT_SELL ? SIDE_ASK : SIDE_BID;
    if (mode == MODE_ORDER && event->kind != AS_EVENT_ORDER_ADD) {
        /* the order is mostly where it belongs; if it is not, or comes with this batch, the guess costs nothing */
        const as_order_table *t = &set->orders;
        side = side_of(&t->slot[as_order_table_home(t, event->order.ref, event->instrument, event->source)]);
    }
    const as_side *s = &b->side[side];
    if (s->count == 0)
        return;
    __builtin_prefetch(&as_side_keys(&set->levels, s)[s->count - 1], 1);
    __builtin_prefetch(&as_side_qtys(&set->levels, s, b->class_idx[side])[s->count - 1], 1);
}

/* ---- reading ---- */

void as_book_top(const as_book_set *set, uint32_t instrument, as_top *top)
{
    const as_book_level none[2] = {no_level, no_level};
    const as_book_level *best = instrument < set->count ? set->books[instrument].best : none;
    *top = (as_top){.bid_px = best[SIDE_BID].px,
                    .bid_qty = best[SIDE_BID].qty,
                    .ask_px = best[SIDE_ASK].px,
                    .ask_qty = best[SIDE_ASK].qty};
}

bool as_book_inconsistent(const as_book_set *set, uint32_t instrument)
{
    return instrument < set->count && (set->books[instrument].flags & FLAG_INCONSISTENT);
}

bool as_book_broken(const as_book_set *set, uint32_t instrument)
{
    return instrument < set->count && (set->books[instrument].flags & FLAG_BROKEN);
}

uint32_t as_book_depth(const as_book_set *set, uint32_t instrument, bool sell)
{
    return instrument < set->count ? set->books[instrument].side[sell].count : 0;
}

bool as_book_level_at(const as_book_set *set, uint32_t instrument, bool sell, uint32_t depth, as_book_level *level)
{
    if (depth >= as_book_depth(set, instrument, sell))
        return false;
    const book *b = &set->books[instrument];
    const as_side *s = &b->side[sell];
    uint32_t at = s->count - 1 - depth;
    level->px = key_of(as_side_keys(&set->levels, s)[at], sell);
    level->qty = as_side_qtys(&set->levels, s, b->class_idx[sell])[at];
    return true;
}

bool as_book_order_find(const as_book_set *set, uint32_t instrument, uint16_t source, uint64_t ref,
                        as_book_order *order)
{
    if (instrument >= set->count)
        return false;
    as_order_key key = {.ref = ref, .instrument = instrument, .source = source, .epoch = set->books[instrument].epoch};
    const as_order *found = as_order_table_find(&set->orders, &key);
    if (!found)
        return false;
    unsigned side = side_of(found);
    *order = (as_book_order){.px = key_of(found->key, side), .qty = found->qty, .sell = side == SIDE_ASK};
    return true;
}

uint32_t as_book_order_count(const as_book_set *set, uint32_t instrument)
{
    return instrument < set->count ? set->books[instrument].order_count : 0;
}

const as_book_counters *as_book_counters_get(const as_book_set *set)
{
    return &set->counters;
}
