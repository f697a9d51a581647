#include "core/book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/book_side.h"
#include "core/limits.h"
#include "core/order_table.h"

enum { SIDE_BID = 0, SIDE_ASK = 1 };

typedef enum book_mode { MODE_NONE = 0, MODE_ORDER = 1, MODE_LEVEL = 2, MODE_BROKEN = 3 } book_mode;

/* What an event needs of a book besides its sides. */
typedef struct book {
    uint32_t order_count;
    uint16_t epoch; /* of its orders; 0 is used by none */
    uint8_t mode;
    bool inconsistent;
} book;

struct as_book_set {
    book *books;
    uint32_t count;
    as_order_table orders;
    as_sides sides; /* two an instrument: bid, ask */
    as_book_counters counters;
};

/* ---- life cycle ---- */

int as_book_set_new(uint32_t instrument_count, uint32_t orders_max, as_book_set **set)
{
    uint64_t levels_max = 2 * (uint64_t)orders_max + 2 * AS_LEVEL_BLOCK_MIN * (uint64_t)instrument_count;
    return as_book_set_new_sized(instrument_count, orders_max, levels_max, set);
}

int as_book_set_new_sized(uint32_t instrument_count, uint32_t orders_max, uint64_t levels_max, as_book_set **set)
{
    if (instrument_count == 0 || instrument_count > AS_INSTRUMENT_MAX || orders_max == 0 ||
        orders_max > UINT32_C(1) << 31 || levels_max == 0 ||
        levels_max > (uint64_t)UINT32_MAX * (AS_LEVEL_BLOCK_MIN / 2))
        return -EINVAL;
    as_book_set *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->books = calloc(instrument_count, sizeof *s->books);
    if (!s->books || as_order_table_init(&s->orders, orders_max) < 0 ||
        as_sides_init(&s->sides, 2 * instrument_count, levels_max) < 0) {
        as_book_set_free(s);
        return -ENOMEM;
    }
    s->count = instrument_count;
    for (uint32_t i = 0; i < instrument_count; i++)
        s->books[i].epoch = 1;
    *set = s;
    return 0;
}

void as_book_set_free(as_book_set *set)
{
    if (!set)
        return;
    as_sides_fini(&set->sides);
    as_order_table_fini(&set->orders);
    free(set->books);
    free(set);
}

void as_book_set_prefault(as_book_set *set)
{
    as_order_table_prefault(&set->orders);
    as_sides_prefault(&set->sides);
}

/* ---- sides ---- */

/* px for bids, -px for asks, and back; without a branch, because sides come in no order. */
static int64_t key_of(int64_t px, unsigned side)
{
    uint64_t turn = -(uint64_t)side;
    return (int64_t)(((uint64_t)px ^ turn) - turn); /* INT64_MIN stays what it is: refused later */
}

static uint32_t side_idx(uint32_t instrument, unsigned side)
{
    return 2 * instrument + side;
}

static unsigned side_of(const as_event *event)
{
    return (event->flags & AS_EVENT_SELL) != 0;
}

static as_book_result changed_if(bool changed)
{
    return changed ? AS_BOOK_BBO_CHANGED : AS_BOOK_UNCHANGED;
}

static as_book_result side_error(as_side_result result)
{
    return result == AS_SIDE_OVERFLOW ? AS_BOOK_INVALID : AS_BOOK_FULL;
}

/* ---- clearing ---- */

static bool order_is_stale(const as_order *order, const void *context)
{
    const as_book_set *set = context;
    return as_order_epoch(order) != set->books[as_order_instrument(order)].epoch;
}

static void sweep(as_book_set *set)
{
    set->counters.sweeps++;
    as_order_table_sweep(&set->orders, order_is_stale, set);
}

static void empty_book(as_book_set *set, uint32_t instrument)
{
    book *b = &set->books[instrument];
    as_side_clear(&set->sides, side_idx(instrument, SIDE_BID));
    as_side_clear(&set->sides, side_idx(instrument, SIDE_ASK));
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

static as_book_result clear(as_book_set *set, uint32_t instrument)
{
    const as_side *side = &set->sides.side[side_idx(instrument, SIDE_BID)];
    bool changed = side[SIDE_BID].count || side[SIDE_ASK].count;
    empty_book(set, instrument);
    set->books[instrument].mode = MODE_NONE;
    set->books[instrument].inconsistent = false;
    set->counters.clears++;
    return changed_if(changed);
}

/* ---- by order ---- */

static bool px_qty_valid(int64_t px, uint64_t qty)
{
    return px != AS_PX_UNDEFINED && px != INT64_MIN && qty > 0;
}

static as_book_result order_add(as_book_set *set, book *b, const as_event *event)
{
    uint64_t ref = event->order.ref, id = as_order_id(event->instrument, event->source, b->epoch);
    if (!px_qty_valid(event->order.px, event->order.qty))
        return AS_BOOK_INVALID;
    if (set->orders.used == set->orders.used_max)
        sweep(set);
    if (as_order_find(&set->orders, ref, id))
        return AS_BOOK_DUPLICATE_REF;
    if (set->orders.used == set->orders.used_max)
        return AS_BOOK_FULL;
    unsigned side = side_of(event);
    uint32_t idx = side_idx(event->instrument, side);
    int64_t best = set->sides.side[idx].best;
    as_order order = {
        .ref = ref,
        .key = key_of(event->order.px, side),
        .qty = event->order.qty,
        .id = id | (uint64_t)side << AS_ORDER_SIDE_SHIFT,
    };
    as_side_result result = as_side_add(&set->sides, idx, order.key, order.qty);
    if (result != AS_SIDE_OK)
        return side_error(result);
    as_order_insert(&set->orders, &order);
    b->order_count++;
    return changed_if(order.key >= best);
}

/* Execution and cancellation are the same to a book. */
static as_book_result order_take(as_book_set *set, book *b, const as_event *event)
{
    uint64_t id = as_order_id(event->instrument, event->source, b->epoch);
    as_order *order = as_order_find(&set->orders, event->order.ref, id);
    if (!order)
        return AS_BOOK_UNKNOWN_REF;
    uint64_t qty = event->kind == AS_EVENT_ORDER_DELETE ? order->qty : event->order.qty;
    if (qty == 0)
        return AS_BOOK_INVALID;
    if (qty > order->qty)
        return AS_BOOK_OVER_EXECUTION;
    uint32_t idx = side_idx(event->instrument, as_order_side(order));
    int64_t best = set->sides.side[idx].best, key = order->key;
    as_side_take(&set->sides, idx, key, qty);
    if (qty < order->qty) {
        order->qty -= qty;
    } else {
        as_order_erase(&set->orders, order);
        b->order_count--;
    }
    return changed_if(key == best);
}

static as_book_result order_replace(as_book_set *set, book *b, const as_event *event)
{
    uint64_t ref = event->order.ref, new_ref = event->order.new_ref;
    uint64_t id = as_order_id(event->instrument, event->source, b->epoch);
    as_order *order = as_order_find(&set->orders, ref, id);
    if (!order)
        return AS_BOOK_UNKNOWN_REF;
    if (!px_qty_valid(event->order.px, event->order.qty))
        return AS_BOOK_INVALID;
    if (new_ref != ref && as_order_find(&set->orders, new_ref, id))
        return AS_BOOK_DUPLICATE_REF;
    unsigned side = as_order_side(order);
    uint32_t idx = side_idx(event->instrument, side);
    const as_side *s = &set->sides.side[idx];
    as_order old = *order;
    as_order replaced = {
        .ref = new_ref,
        .key = key_of(event->order.px, side),
        .qty = event->order.qty,
        .id = id | (uint64_t)side << AS_ORDER_SIDE_SHIFT,
    };
    int64_t best = s->best;
    uint64_t best_qty = as_side_best_qty(&set->sides, idx);
    as_side_result result = as_side_add(&set->sides, idx, replaced.key, replaced.qty);
    if (result != AS_SIDE_OK)
        return side_error(result);
    as_side_take(&set->sides, idx, old.key, old.qty);
    as_order_erase(&set->orders, order);
    as_order_insert(&set->orders, &replaced);
    return changed_if(s->best != best || as_side_best_qty(&set->sides, idx) != best_qty);
}

/* ---- by level ---- */

static as_book_result level_set(as_book_set *set, const as_event *event)
{
    unsigned side = side_of(event);
    if (!px_qty_valid(event->level.px, 1))
        return AS_BOOK_INVALID;
    uint32_t idx = side_idx(event->instrument, side);
    int64_t key = key_of(event->level.px, side), best = set->sides.side[idx].best;
    uint64_t before;
    if (as_side_set(&set->sides, idx, key, event->level.qty, &before) != AS_SIDE_OK)
        return AS_BOOK_FULL;
    set->counters.absent_levels += (before | event->level.qty) == 0;
    return changed_if(key >= best && before != event->level.qty);
}

/* ---- applying ---- */

static as_book_result refuse(as_book_set *set, uint32_t instrument, as_book_result reason)
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
    if (reason == AS_BOOK_FOREIGN)
        return reason;
    set->books[instrument].inconsistent = true;
    if (reason == AS_BOOK_FULL) {
        set->books[instrument].mode = MODE_BROKEN;
        empty_book(set, instrument);
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
        return level_set(set, event);
    case AS_EVENT_CLEAR:
        return clear(set, event->instrument);
    default:
        return order_take(set, b, event);
    }
}

/* Apart from its caller, so that the caller saves no registers for it. */
#define OUT_OF_LINE __attribute__((noinline))

/* Any event, with every check. */
OUT_OF_LINE static as_book_result apply(as_book_set *set, const as_event *event)
{
    book_mode mode = (book_mode)mode_by_kind[event->kind];
    if (event->instrument >= set->count || (mode == MODE_NONE && event->kind != AS_EVENT_CLEAR))
        return refuse(set, event->instrument, AS_BOOK_FOREIGN);
    book *b = &set->books[event->instrument];
    if (mode != MODE_NONE) {
        if (b->mode == MODE_BROKEN)
            return refuse(set, event->instrument, AS_BOOK_BROKEN);
        if (b->mode != mode && b->mode != MODE_NONE)
            return refuse(set, event->instrument, AS_BOOK_MIXED);
        b->mode = (uint8_t)mode;
    }
    as_book_result result = dispatch(set, b, event);
    if (result < 0)
        return refuse(set, event->instrument, result);
    set->counters.applied++;
    set->counters.bbo_changes += (uint64_t)result;
    return result;
}

/* ---- the short way ---- */

/*
 * Nearly every event adds, takes from or replaces an order whose place in the table is its reference's own,
 * at a level in the window. For these there is no branch on what nobody can predict: which side, a new
 * level or an old one, the last of a level or not, the best or not. The branches that remain lead to
 * apply(), which asks again and decides; before them nothing is changed.
 */

/* A level and where it stands. */
typedef struct spot {
    as_side *side;
    uint64_t *qty;
    uint64_t slot;
} spot;

static inline spot spot_of(const as_book_set *set, uint32_t idx, int64_t key)
{
    spot at = {.side = &set->sides.side[idx]};
    at.slot = as_side_slot(at.side, key);
    at.qty = as_side_qty(&set->sides, idx, at.slot);
    return at;
}

/* a if mask is all ones, b if it is 0: chosen without a branch. */
static inline uint64_t pick(uint64_t mask, uint64_t a, uint64_t b)
{
    return b ^ ((a ^ b) & mask);
}

static inline as_book_result count_applied(as_book_set *set, bool changed)
{
    set->counters.applied++;
    set->counters.bbo_changes += changed;
    return (as_book_result)changed;
}

OUT_OF_LINE static as_book_result add(as_book_set *set, book *b, const as_event *event)
{
    as_order_table *t = &set->orders;
    uint64_t ref = event->order.ref, qty = event->order.qty, side = side_of(event);
    uint64_t id = as_order_id(event->instrument, event->source, b->epoch);
    as_order *order = as_order_near(t, ref);
    int64_t key = key_of(event->order.px, (unsigned)side);
    spot at = spot_of(set, side_idx(event->instrument, (unsigned)side), key);
    if (at.slot >= at.side->window || qty == 0 || as_order_may_be_far(t, ref) || t->used == t->used_max)
        return apply(set, event);
    uint64_t before = *at.qty, sum = before + qty;
    uint32_t count = at.side->count + (before == 0);
    if (sum < qty || count > at.side->capacity || as_order_is(order, ref, id))
        return apply(set, event);
    if (order->qty)
        as_order_evict(t, order);
    order->ref = ref;
    order->key = key;
    order->qty = qty;
    order->id = id | side << AS_ORDER_SIDE_SHIFT;
    t->used++;
    b->order_count++;
    *at.qty = sum;
    at.side->bits |= UINT64_C(1) << at.slot;
    at.side->count = count;
    bool changed = key >= at.side->best;
    as_side_refresh(at.side);
    return count_applied(set, changed);
}

/* EXECUTE, REDUCE, DELETE. */
OUT_OF_LINE static as_book_result take(as_book_set *set, book *b, const as_event *event)
{
    as_order_table *t = &set->orders;
    uint64_t ref = event->order.ref, id = as_order_id(event->instrument, event->source, b->epoch);
    as_order *order = as_order_near(t, ref);
    bool is_near = as_order_is(order, ref, id);
    if (!is_near)
        order = as_order_may_be_far(t, ref) ? as_order_find_far(t, ref, id) : NULL;
    if (!order)
        return apply(set, event);
    uint64_t all = -(uint64_t)(event->kind == AS_EVENT_ORDER_DELETE);
    uint64_t had = order->qty, qty = pick(all, had, event->order.qty);
    int64_t key = order->key;
    spot at = spot_of(set, side_idx(event->instrument, as_order_side(order)), key);
    if (at.slot >= at.side->window || qty == 0 || qty > had)
        return apply(set, event);
    bool done = qty == had;
    order->qty = had - qty;
    if (is_near) {
        order->id &= (uint64_t)done - 1;
        t->used -= done;
    } else if (done) {
        as_order_erase(t, order);
    }
    b->order_count -= done;
    uint64_t left = *at.qty - qty;
    bool gone = left == 0;
    *at.qty = left;
    at.side->bits &= ~((uint64_t)gone << at.slot);
    at.side->count -= gone;
    bool changed = key == at.side->best;
    as_side_refresh(at.side);
    return count_applied(set, changed);
}

/* REPLACE, under a new reference or the same. */
OUT_OF_LINE static as_book_result replace(as_book_set *set, book *b, const as_event *event)
{
    as_order_table *t = &set->orders;
    uint64_t ref = event->order.ref, new_ref = event->order.new_ref, qty = event->order.qty;
    uint64_t id = as_order_id(event->instrument, event->source, b->epoch);
    as_order *order = as_order_near(t, ref), *place = as_order_near(t, new_ref);
    bool is_free = new_ref == ref || (place->qty == 0 && !as_order_may_be_far(t, new_ref));
    if (!as_order_is(order, ref, id) || !is_free || qty == 0)
        return apply(set, event);
    unsigned side = as_order_side(order);
    uint32_t idx = side_idx(event->instrument, side);
    as_order old = *order;
    int64_t key = key_of(event->order.px, side);
    spot from = spot_of(set, idx, old.key), to = spot_of(set, idx, key);
    as_side *s = from.side;
    uint64_t sum = *to.qty + qty;
    uint32_t count = s->count + (*to.qty == 0);
    if (from.slot >= s->window || to.slot >= s->window || sum < qty || count > s->capacity)
        return apply(set, event);
    order->qty = 0;
    order->id = 0;
    *place = (as_order){.ref = new_ref, .key = key, .qty = qty, .id = old.id};
    *to.qty = sum;
    *from.qty -= old.qty;
    bool gone = *from.qty == 0;
    s->bits = (s->bits | UINT64_C(1) << to.slot) & ~((uint64_t)gone << from.slot);
    s->count = count - gone;
    bool changed = ((key >= s->best) | (old.key == s->best)) & ((key != old.key) | (qty != old.qty));
    as_side_refresh(s);
    return count_applied(set, changed);
}

/* LEVEL. */
OUT_OF_LINE static as_book_result level(as_book_set *set, const as_event *event)
{
    as_book_result result = level_set(set, event);
    return result < 0 ? refuse(set, event->instrument, result) : count_applied(set, result == AS_BOOK_BBO_CHANGED);
}

as_book_result as_book_apply(as_book_set *set, const as_event *event)
{
    if (event->instrument >= set->count)
        return apply(set, event);
    book *b = &set->books[event->instrument];
    if (b->mode == MODE_ORDER) {
        if (event->kind == AS_EVENT_ORDER_ADD)
            return add(set, b, event);
        if (event->kind == AS_EVENT_ORDER_REPLACE)
            return replace(set, b, event);
        if (event->kind - (unsigned)AS_EVENT_ORDER_EXECUTE <= AS_EVENT_ORDER_DELETE - AS_EVENT_ORDER_EXECUTE)
            return take(set, b, event);
    }
    if (b->mode == MODE_LEVEL && event->kind == AS_EVENT_LEVEL)
        return level(set, event);
    return apply(set, event);
}

/* ---- prefetching ---- */

/* gcc takes a function that only prefetches for one without effect, and leaves out calls where it sees the body. */
#define HAS_AN_EFFECT __asm__ __volatile__("")

void as_book_prefetch(const as_book_set *set, const as_event *event)
{
    HAS_AN_EFFECT;
    if (event->instrument >= set->count)
        return;
    const as_side *side = &set->sides.side[side_idx(event->instrument, SIDE_BID)];
    __builtin_prefetch(&side[SIDE_BID], 1);
    __builtin_prefetch(&side[SIDE_ASK], 1);
    __builtin_prefetch(as_order_near(&set->orders, event->order.ref), 1); /* for a level: some line, no harm */
}

void as_book_prefetch_levels(const as_book_set *set, const as_event *event)
{
    HAS_AN_EFFECT;
    if (event->instrument >= set->count)
        return;
    if (event->kind == AS_EVENT_LEVEL) {
        unsigned side = side_of(event);
        as_side_prefetch(&set->sides, side_idx(event->instrument, side), key_of(event->level.px, side));
        return;
    }
    /* The order mostly stands in near; if it does not, or comes with this batch, the guess costs nothing. A
     * branch on what it says would wait for it: everything is chosen without one. */
    const as_order *order = as_order_near(&set->orders, event->order.ref);
    uint64_t add = -(uint64_t)(event->kind == AS_EVENT_ORDER_ADD);
    unsigned side = (unsigned)pick(add, side_of(event), as_order_side(order));
    int64_t key = (int64_t)pick(add, (uint64_t)key_of(event->order.px, side), (uint64_t)order->key);
    as_side_prefetch(&set->sides, side_idx(event->instrument, side), key);
    if (event->kind == AS_EVENT_ORDER_REPLACE)
        as_side_prefetch(&set->sides, side_idx(event->instrument, side), key_of(event->order.px, side));
    /* far: where an order is that has left near, or where the one goes that a new one turns out */
    if (set->orders.far_used) {
        uint64_t id = as_order_id(event->instrument, event->source, 0);
        uint64_t home = as_order_home(&set->orders, pick(add, order->ref, event->order.ref), pick(add, order->id, id));
        uint64_t wanted = pick(add, order->qty, order->ref ^ event->order.ref);
        uint64_t far = (uintptr_t)&set->orders.far[home];
        __builtin_prefetch((const void *)(uintptr_t)pick(-((wanted | -wanted) >> 63), far, (uintptr_t)order), 1);
    }
}

/* ---- reading ---- */

static void best_of(const as_book_set *set, uint32_t instrument, unsigned side, int64_t *px, uint64_t *qty)
{
    *px = AS_PX_UNDEFINED;
    *qty = 0;
    if (instrument >= set->count)
        return;
    uint32_t idx = side_idx(instrument, side);
    int64_t best = set->sides.side[idx].best;
    if (best == AS_SIDE_EMPTY)
        return;
    *px = key_of(best, side);
    *qty = as_side_best_qty(&set->sides, idx);
}

void as_book_top(const as_book_set *set, uint32_t instrument, as_top *top)
{
    best_of(set, instrument, SIDE_BID, &top->bid_px, &top->bid_qty);
    best_of(set, instrument, SIDE_ASK, &top->ask_px, &top->ask_qty);
}

bool as_book_inconsistent(const as_book_set *set, uint32_t instrument)
{
    return instrument < set->count && set->books[instrument].inconsistent;
}

bool as_book_broken(const as_book_set *set, uint32_t instrument)
{
    return instrument < set->count && set->books[instrument].mode == MODE_BROKEN;
}

uint32_t as_book_depth(const as_book_set *set, uint32_t instrument, bool sell)
{
    return instrument < set->count ? set->sides.side[side_idx(instrument, sell)].count : 0;
}

bool as_book_level_at(const as_book_set *set, uint32_t instrument, bool sell, uint32_t depth, as_book_level *level)
{
    int64_t key;
    if (instrument >= set->count ||
        !as_side_level_at(&set->sides, side_idx(instrument, sell), depth, &key, &level->qty))
        return false;
    level->px = key_of(key, sell);
    return true;
}

bool as_book_order_find(const as_book_set *set, uint32_t instrument, uint16_t source, uint64_t ref,
                        as_book_order *order)
{
    if (instrument >= set->count)
        return false;
    uint64_t id = as_order_id(instrument, source, set->books[instrument].epoch);
    const as_order *found = as_order_find(&set->orders, ref, id);
    if (!found)
        return false;
    unsigned side = as_order_side(found);
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
