/*
 * A set of books as plain as it can be made: orders in a list, levels in sorted arrays. What core/book.h
 * says, the rules of room included, without any of what makes that one fast: a model to compare it with,
 * event by event.
 */
#ifndef AST_SUPPORT_SORTED_BOOK_H
#define AST_SUPPORT_SORTED_BOOK_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/book.h"
#include "core/level_pool.h"

enum { AST_EPOCH_MAX = 0x7fff };

typedef struct ast_order {
    uint64_t ref;
    int64_t px;
    uint64_t qty;
    uint32_t instrument;
    uint16_t source, epoch;
    bool sell;
} ast_order;

typedef struct ast_sorted_side {
    as_book_level *level; /* the best first */
    uint32_t count;
    uint32_t block; /* of the pool, which is only asked for room */
    int class_idx;  /* -1: no block */
} ast_sorted_side;

typedef struct ast_sorted_book {
    ast_sorted_side side[2];
    uint32_t order_count;
    uint32_t epoch;
    int mode;
    bool inconsistent, broken;
} ast_sorted_book;

typedef struct ast_sorted_set {
    ast_sorted_book *book;
    uint32_t book_count;
    ast_order *order;
    uint32_t used, used_max; /* with the orders of cleared books, until a sweep */
    as_level_pool pool;
    as_book_counters counters;
} ast_sorted_set;

static inline void ast_sorted_init(ast_sorted_set *set, uint32_t book_count, uint32_t orders_max, uint64_t levels_max)
{
    *set = (ast_sorted_set){.book_count = book_count, .used_max = orders_max};
    set->book = calloc(book_count, sizeof *set->book);
    set->order = calloc(orders_max, sizeof *set->order);
    if (!set->book || !set->order || as_level_pool_init(&set->pool, levels_max) < 0)
        abort();
    for (uint32_t i = 0; i < book_count; i++) {
        set->book[i].epoch = 1;
        for (unsigned side = 0; side < 2; side++) {
            set->book[i].side[side].level = calloc(2 * levels_max, sizeof(as_book_level));
            set->book[i].side[side].class_idx = -1;
        }
    }
}

static inline void ast_sorted_fini(ast_sorted_set *set)
{
    for (uint32_t i = 0; i < set->book_count; i++)
        for (unsigned side = 0; side < 2; side++)
            free(set->book[i].side[side].level);
    as_level_pool_fini(&set->pool);
    free(set->order);
    free(set->book);
}

/* ---- levels ---- */

static inline uint32_t ast_sorted_find(const ast_sorted_side *s, bool sell, int64_t px)
{
    uint32_t i = 0;
    while (i < s->count && (sell ? s->level[i].px < px : s->level[i].px > px))
        i++;
    return i;
}

static inline bool ast_sorted_room(ast_sorted_set *set, ast_sorted_side *s)
{
    if (s->class_idx >= 0 && s->count < (uint32_t)AS_LEVEL_BLOCK_MIN << s->class_idx)
        return true;
    uint32_t block = as_level_pool_take(&set->pool, (uint8_t)(s->class_idx + 1));
    if (block == AS_LEVEL_BLOCK_NONE)
        return false;
    if (s->class_idx >= 0)
        as_level_pool_give(&set->pool, s->block, (uint8_t)s->class_idx);
    s->block = block;
    s->class_idx++;
    return true;
}

static inline as_book_result ast_sorted_put(ast_sorted_set *set, ast_sorted_side *s, bool sell, int64_t px,
                                            uint64_t qty, bool add)
{
    uint32_t i = ast_sorted_find(s, sell, px);
    bool found = i < s->count && s->level[i].px == px;
    if (found && add && qty > UINT64_MAX - s->level[i].qty)
        return AS_BOOK_INVALID;
    if (found) {
        s->level[i].qty = add ? s->level[i].qty + qty : qty;
        return AS_BOOK_UNCHANGED;
    }
    if (!ast_sorted_room(set, s))
        return AS_BOOK_FULL;
    memmove(&s->level[i + 1], &s->level[i], (s->count - i) * sizeof *s->level);
    s->level[i] = (as_book_level){.px = px, .qty = qty};
    s->count++;
    return AS_BOOK_UNCHANGED;
}

static inline void ast_sorted_take(ast_sorted_side *s, bool sell, int64_t px, uint64_t qty)
{
    uint32_t i = ast_sorted_find(s, sell, px);
    if (i == s->count || s->level[i].px != px || s->level[i].qty < qty)
        abort();
    s->level[i].qty -= qty;
    if (s->level[i].qty == 0) {
        s->count--;
        memmove(&s->level[i], &s->level[i + 1], (s->count - i) * sizeof *s->level);
    }
}

/* ---- orders ---- */

static inline ast_order *ast_sorted_order(ast_sorted_set *set, const as_event *event, uint64_t ref)
{
    for (uint32_t i = 0; i < set->used; i++) {
        ast_order *o = &set->order[i];
        if (o->ref == ref && o->instrument == event->instrument && o->source == event->source &&
            o->epoch == set->book[event->instrument].epoch)
            return o;
    }
    return NULL;
}

static inline void ast_sorted_sweep(ast_sorted_set *set)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->used; i++)
        if (set->order[i].epoch == set->book[set->order[i].instrument].epoch)
            set->order[kept++] = set->order[i];
    set->used = kept;
    set->counters.sweeps++;
}

static inline as_book_result ast_sorted_add(ast_sorted_set *set, ast_sorted_book *b, const as_event *event)
{
    bool sell = (event->flags & AS_EVENT_SELL) != 0;
    if (event->order.px == AS_PX_UNDEFINED || event->order.px == INT64_MIN || event->order.qty == 0)
        return AS_BOOK_INVALID;
    if (set->used == set->used_max)
        ast_sorted_sweep(set);
    if (ast_sorted_order(set, event, event->order.ref))
        return AS_BOOK_DUPLICATE_REF;
    if (set->used == set->used_max)
        return AS_BOOK_FULL;
    as_book_result result = ast_sorted_put(set, &b->side[sell], sell, event->order.px, event->order.qty, true);
    if (result < 0)
        return result;
    set->order[set->used++] = (ast_order){.ref = event->order.ref,
                                          .px = event->order.px,
                                          .qty = event->order.qty,
                                          .instrument = event->instrument,
                                          .source = event->source,
                                          .epoch = (uint16_t)b->epoch,
                                          .sell = sell};
    b->order_count++;
    return result;
}

static inline as_book_result ast_sorted_shrink(ast_sorted_set *set, ast_sorted_book *b, const as_event *event)
{
    ast_order *o = ast_sorted_order(set, event, event->order.ref);
    if (!o)
        return AS_BOOK_UNKNOWN_REF;
    uint64_t qty = event->kind == AS_EVENT_ORDER_DELETE ? o->qty : event->order.qty;
    if (qty == 0)
        return AS_BOOK_INVALID;
    if (qty > o->qty)
        return AS_BOOK_OVER_EXECUTION;
    ast_sorted_take(&b->side[o->sell], o->sell, o->px, qty);
    o->qty -= qty;
    if (o->qty == 0) {
        *o = set->order[--set->used];
        b->order_count--;
    }
    return AS_BOOK_UNCHANGED;
}

static inline as_book_result ast_sorted_replace(ast_sorted_set *set, ast_sorted_book *b, const as_event *event)
{
    ast_order *o = ast_sorted_order(set, event, event->order.ref);
    if (!o)
        return AS_BOOK_UNKNOWN_REF;
    if (event->order.px == AS_PX_UNDEFINED || event->order.px == INT64_MIN || event->order.qty == 0)
        return AS_BOOK_INVALID;
    if (event->order.new_ref != o->ref && ast_sorted_order(set, event, event->order.new_ref))
        return AS_BOOK_DUPLICATE_REF;
    as_book_result result = ast_sorted_put(set, &b->side[o->sell], o->sell, event->order.px, event->order.qty, true);
    if (result < 0)
        return result;
    ast_sorted_take(&b->side[o->sell], o->sell, o->px, o->qty);
    o->ref = event->order.new_ref;
    o->px = event->order.px;
    o->qty = event->order.qty;
    return result;
}

static inline as_book_result ast_sorted_level(ast_sorted_set *set, ast_sorted_book *b, const as_event *event)
{
    bool sell = (event->flags & AS_EVENT_SELL) != 0;
    ast_sorted_side *s = &b->side[sell];
    if (event->level.px == AS_PX_UNDEFINED || event->level.px == INT64_MIN)
        return AS_BOOK_INVALID;
    if (event->level.qty > 0)
        return ast_sorted_put(set, s, sell, event->level.px, event->level.qty, false);
    uint32_t i = ast_sorted_find(s, sell, event->level.px);
    if (i < s->count && s->level[i].px == event->level.px)
        ast_sorted_take(s, sell, event->level.px, s->level[i].qty);
    else
        set->counters.absent_levels++;
    return AS_BOOK_UNCHANGED;
}

/* ---- books ---- */

static inline void ast_sorted_empty(ast_sorted_set *set, ast_sorted_book *b)
{
    for (unsigned side = 0; side < 2; side++) {
        if (b->side[side].class_idx >= 0)
            as_level_pool_give(&set->pool, b->side[side].block, (uint8_t)b->side[side].class_idx);
        b->side[side].class_idx = -1;
        b->side[side].count = 0;
    }
    if (b->order_count == 0)
        return;
    b->order_count = 0;
    if (++b->epoch > AST_EPOCH_MAX) {
        b->epoch = 0;
        ast_sorted_sweep(set);
        b->epoch = 1;
    }
}

static inline as_top ast_sorted_top(const ast_sorted_set *set, uint32_t instrument)
{
    const ast_sorted_side *side = set->book[instrument].side;
    as_top top = {.bid_px = AS_PX_UNDEFINED, .ask_px = AS_PX_UNDEFINED};
    if (side[0].count) {
        top.bid_px = side[0].level[0].px;
        top.bid_qty = side[0].level[0].qty;
    }
    if (side[1].count) {
        top.ask_px = side[1].level[0].px;
        top.ask_qty = side[1].level[0].qty;
    }
    return top;
}

static inline as_book_result ast_sorted_refuse(ast_sorted_set *set, ast_sorted_book *b, as_book_result reason)
{
    as_book_counters *c = &set->counters;
    uint64_t *const counter[] = {NULL,        &c->unknown_ref, &c->duplicate_ref, &c->over_execution,
                                 &c->invalid, &c->mixed,       &c->full,          &c->broken};
    ++*counter[-(int)reason];
    b->inconsistent = true;
    if (reason == AS_BOOK_FULL) {
        b->broken = true;
        ast_sorted_empty(set, b);
    }
    return reason;
}

static inline as_book_result ast_sorted_dispatch(ast_sorted_set *set, ast_sorted_book *b, const as_event *event)
{
    switch (event->kind) {
    case AS_EVENT_CLEAR:
        ast_sorted_empty(set, b);
        b->mode = 0;
        b->inconsistent = b->broken = false;
        set->counters.clears++;
        return AS_BOOK_UNCHANGED;
    case AS_EVENT_LEVEL:
        return ast_sorted_level(set, b, event);
    case AS_EVENT_ORDER_ADD:
        return ast_sorted_add(set, b, event);
    case AS_EVENT_ORDER_REPLACE:
        return ast_sorted_replace(set, b, event);
    default:
        return ast_sorted_shrink(set, b, event);
    }
}

/* A book event of an instrument of the set. */
static inline as_book_result ast_sorted_apply(ast_sorted_set *set, const as_event *event)
{
    ast_sorted_book *b = &set->book[event->instrument];
    if (event->kind != AS_EVENT_CLEAR) {
        int mode = event->kind == AS_EVENT_LEVEL ? 2 : 1;
        if (b->broken)
            return ast_sorted_refuse(set, b, AS_BOOK_BROKEN);
        if (b->mode != mode && b->mode != 0)
            return ast_sorted_refuse(set, b, AS_BOOK_MIXED);
        b->mode = mode;
    }
    as_top before = ast_sorted_top(set, event->instrument);
    as_book_result result = ast_sorted_dispatch(set, b, event);
    if (result < 0)
        return ast_sorted_refuse(set, b, result);
    as_top after = ast_sorted_top(set, event->instrument);
    bool changed = memcmp(&before, &after, sizeof before) != 0;
    set->counters.applied++;
    set->counters.bbo_changes += changed;
    return changed ? AS_BOOK_BBO_CHANGED : AS_BOOK_UNCHANGED;
}

#endif
