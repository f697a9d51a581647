#include "core/book_side.h"

#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "core/pages.h"

enum {
    SCAN = 16,      /* levels from the best that are counted through before the others are halved */
    REGION = 16,    /* levels around a key that the tick is learnt from */
    ABOVE = 16,     /* slots left above the best when the window is laid */
    FAR_TICKS = 32, /* levels within this many ticks of the key used are near it */
    PATIENCE_MIN = 16,
    PATIENCE_MAX = 240
};

static size_t side_bytes(const as_sides *sides)
{
    return sides->count * sizeof *sides->side;
}

static size_t window_bytes(const as_sides *sides)
{
    return (size_t)sides->count * AS_SIDE_WINDOW * sizeof *sides->window;
}

int as_sides_init(as_sides *sides, uint32_t side_count, uint64_t levels_max)
{
    *sides = (as_sides){.count = side_count};
    sides->side = as_pages_new(side_bytes(sides));
    sides->window = as_pages_new(window_bytes(sides));
    if (!sides->side || !sides->window || as_level_pool_init(&sides->pool, levels_max) < 0) {
        as_sides_fini(sides);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < side_count; i++)
        sides->side[i] = (as_side){.best = AS_SIDE_EMPTY,
                                   .tick = 1,
                                   .inverse = 1,
                                   .far_best = AS_SIDE_EMPTY,
                                   .block = AS_LEVEL_BLOCK_NONE,
                                   .patience = PATIENCE_MIN};
    return 0;
}

void as_sides_fini(as_sides *sides)
{
    as_level_pool_fini(&sides->pool);
    as_pages_free(sides->window, window_bytes(sides));
    as_pages_free(sides->side, side_bytes(sides));
    *sides = (as_sides){0};
}

void as_sides_prefault(as_sides *sides)
{
    as_pages_touch(sides->window, window_bytes(sides));
    as_pages_touch(sides->pool.word, as_level_pool_bytes(&sides->pool));
}

/* ---- the parts of a side ---- */

static int64_t *keys_of(const as_sides *sides, const as_side *s)
{
    return as_level_block(&sides->pool, s->block);
}

static uint64_t *qtys_of(const as_sides *sides, const as_side *s)
{
    return (uint64_t *)keys_of(sides, s) + s->capacity;
}

static uint32_t far_count(const as_side *s)
{
    return s->count - (uint32_t)__builtin_popcountll(s->bits);
}

static uint8_t class_of(const as_side *s)
{
    return (uint8_t)__builtin_ctz(s->capacity / AS_LEVEL_BLOCK_MIN);
}

static int64_t slot_key(const as_side *s, unsigned slot)
{
    return s->base + (int64_t)(slot * s->tick);
}

static unsigned top_slot(uint64_t bits)
{
    return 63 - (unsigned)__builtin_clzll(bits);
}

/* Room for one more level: a first block or one twice the size. */
static bool room(as_sides *sides, as_side *s)
{
    if (s->count < s->capacity)
        return true;
    uint8_t new_class = s->capacity ? (uint8_t)(class_of(s) + 1) : 0;
    uint32_t block = as_level_pool_take(&sides->pool, new_class);
    if (block == AS_LEVEL_BLOCK_NONE)
        return false;
    uint32_t capacity = (uint32_t)AS_LEVEL_BLOCK_MIN << new_class;
    if (s->capacity) {
        int64_t *keys = as_level_block(&sides->pool, block);
        memcpy(keys, keys_of(sides, s), far_count(s) * sizeof *keys);
        memcpy(keys + capacity, qtys_of(sides, s), far_count(s) * sizeof(uint64_t));
        as_level_pool_give(&sides->pool, s->block, class_of(s));
    }
    s->block = block;
    s->capacity = capacity;
    return true;
}

/* ---- the array ---- */

/*
 * Number of keys below key: where it is, or where it belongs. Where the answer is cannot be predicted, so
 * it is counted among the best levels and halved for among the others, both without a branch on a
 * comparison of keys.
 */
static uint32_t keys_below(const int64_t *keys, uint32_t count, int64_t key)
{
    uint32_t scanned = count < SCAN ? count : SCAN;
    uint32_t left = count - scanned, below = 0;
    for (uint32_t i = left; i < count; i++)
        below += keys[i] < key;
    if (below || left == 0)
        return left + below;
    uint32_t base = 0;
    while (left > 1) {
        uint32_t half = left / 2;
        base += half & -(uint32_t)(keys[base + half - 1] < key);
        left -= half;
    }
    return base + (keys[base] < key);
}

/* Where key is in the array, or belongs; *found says which. */
static uint32_t far_find(const as_sides *sides, const as_side *s, int64_t key, bool *found)
{
    uint32_t count = far_count(s);
    *found = false;
    if (count == 0)
        return 0;
    const int64_t *keys = keys_of(sides, s);
    uint32_t at = keys_below(keys, count, key);
    *found = at < count && keys[at] == key;
    return at;
}

static void far_refresh(const as_sides *sides, as_side *s)
{
    uint32_t count = far_count(s);
    s->far_best = count ? keys_of(sides, s)[count - 1] : AS_SIDE_EMPTY;
    as_side_refresh(s);
}

static void far_insert(const as_sides *sides, as_side *s, uint32_t at, int64_t key, uint64_t qty)
{
    int64_t *keys = keys_of(sides, s);
    uint64_t *qtys = qtys_of(sides, s);
    uint32_t after = far_count(s) - at;
    memmove(keys + at + 1, keys + at, after * sizeof *keys);
    memmove(qtys + at + 1, qtys + at, after * sizeof *qtys);
    keys[at] = key;
    qtys[at] = qty;
    s->count++;
}

static void far_remove(const as_sides *sides, as_side *s, uint32_t at)
{
    int64_t *keys = keys_of(sides, s);
    uint64_t *qtys = qtys_of(sides, s);
    s->count--;
    uint32_t after = far_count(s) - at;
    memmove(keys + at, keys + at + 1, after * sizeof *keys);
    memmove(qtys + at, qtys + at + 1, after * sizeof *qtys);
}

/* ---- laying the window ---- */

/* Everything into the array. */
static void pour(const as_sides *sides, uint32_t idx)
{
    as_side *s = &sides->side[idx];
    if (s->bits == 0)
        return;
    int64_t *keys = keys_of(sides, s);
    uint64_t *qtys = qtys_of(sides, s);
    uint32_t far = far_count(s), to = s->count;
    while (s->bits) {
        unsigned slot = top_slot(s->bits);
        int64_t key = slot_key(s, slot);
        to--;
        if (far && keys[far - 1] > key) {
            far--;
            keys[to] = keys[far];
            qtys[to] = qtys[far];
        } else {
            keys[to] = key;
            qtys[to] = *as_side_qty(sides, idx, slot);
            *as_side_qty(sides, idx, slot) = 0;
            s->bits &= ~((uint64_t)1 << slot);
        }
    }
}

/* What belongs into the window, out of the array. */
static void draw(const as_sides *sides, uint32_t idx)
{
    as_side *s = &sides->side[idx];
    int64_t *keys = keys_of(sides, s);
    uint64_t *qtys = qtys_of(sides, s);
    uint32_t from = keys_below(keys, s->count, s->base), to = from;
    uint64_t bits = 0;
    for (uint32_t i = from; i < s->count; i++) {
        uint64_t slot = as_side_slot(s, keys[i]);
        if (slot < s->window) {
            *as_side_qty(sides, idx, slot) = qtys[i];
            bits |= (uint64_t)1 << slot;
        } else {
            keys[to] = keys[i];
            qtys[to++] = qtys[i];
        }
    }
    s->bits = bits;
}

static uint64_t distance(int64_t a, int64_t b)
{
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* A grid of prices: all that are a multiple of tick from origin. */
typedef struct grid {
    uint64_t tick;
    int64_t origin;
} grid;

static bool on_grid(const grid *g, int64_t key)
{
    return distance(key, g->origin) % g->tick == 0;
}

/* How many keys are on the grid and near the key in use. */
static unsigned fitting(const grid *g, const int64_t *keys, uint32_t count, int64_t near)
{
    unsigned fits = 0;
    for (uint32_t i = 0; i < count; i++)
        fits += on_grid(g, keys[i]) && distance(keys[i], near) / g->tick < FAR_TICKS;
    return fits;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/*
 * The grid that most of the levels around fit on. Candidates are the distances of neighbours and of
 * neighbouring distances their greatest common divisors; a finer grid must fit a quarter more levels,
 * because its window reaches less far: a few prices between the ticks are to stay in the array.
 */
static grid learn_grid(const int64_t *keys, uint32_t count, int64_t near, const grid *now)
{
    grid best = *now;
    unsigned best_fits = fitting(now, keys, count, near);
    if (2 * best_fits > count)
        return best;
    for (uint32_t i = 1; i < count; i++) {
        uint64_t apart = distance(keys[i], keys[i - 1]);
        uint64_t common = i > 1 ? gcd(apart, distance(keys[i - 1], keys[i - 2])) : apart;
        for (unsigned which = 0; which < 2; which++) {
            grid g = {.tick = which ? common : apart, .origin = keys[i]};
            if (g.tick > AS_SIDE_TICK_MAX)
                continue;
            unsigned fits = fitting(&g, keys, count, near);
            bool better = g.tick >= best.tick ? 5 * fits >= 4 * best_fits : 4 * fits > 5 * best_fits;
            if (better && fits > 1) {
                best = g;
                best_fits = fits;
            }
        }
    }
    return best;
}

static void set_tick(as_side *s, uint64_t tick)
{
    s->tick = tick;
    s->tick_shift = (uint8_t)__builtin_ctzll(tick);
    uint64_t odd = tick >> s->tick_shift;
    s->inverse = odd; /* right in three bits; each step of Newton's doubles them */
    for (unsigned bits = 3; bits < 64; bits *= 2)
        s->inverse *= 2 - odd * s->inverse;
}

/* The window's base such that near, or the price of the grid before it, stands in slot; false where prices end. */
static bool set_base(as_side *s, const grid *g, int64_t near, unsigned slot)
{
    uint64_t whole = distance(near, g->origin) / g->tick * g->tick;
    int64_t origin = (int64_t)(near > g->origin ? (uint64_t)g->origin + whole : (uint64_t)g->origin - whole), end;
    bool fits = !__builtin_sub_overflow(origin, (int64_t)(slot * g->tick), &s->base) &&
                !__builtin_add_overflow(s->base, (int64_t)((AS_SIDE_WINDOW - 1) * g->tick), &end) &&
                s->base > INT64_MIN + 1 && end < INT64_MAX;
    s->window = fits ? AS_SIDE_WINDOW : 0;
    return fits;
}

/* Levels that the window would hold. */
static uint32_t held(const as_side *s, const int64_t *keys)
{
    uint32_t levels = 0;
    for (uint32_t i = keys_below(keys, s->count, s->base); i < s->count; i++)
        levels += as_side_slot(s, keys[i]) < s->window;
    return levels;
}

/* Below the best level, or around the key in use where the best level stands alone. All levels are in the array. */
static void lay(as_side *s, const grid *g, const int64_t *keys, int64_t near)
{
    int64_t best = s->count ? keys[s->count - 1] : near;
    set_tick(s, g->tick);
    uint32_t below_best = set_base(s, g, best, AS_SIDE_WINDOW - ABOVE) ? held(s, keys) : 0;
    if (as_side_slot(s, near) < s->window)
        return;
    if (!set_base(s, g, near, AS_SIDE_WINDOW / 2) || held(s, keys) <= below_best)
        (void)set_base(s, g, best, AS_SIDE_WINDOW - ABOVE);
}

/* Lay the window where key is in use. */
static void lay_again(const as_sides *sides, uint32_t idx, int64_t key)
{
    as_side *s = &sides->side[idx];
    s->far_uses = 0;
    pour(sides, idx);
    const int64_t *keys = keys_of(sides, s);
    uint32_t at = s->count ? keys_below(keys, s->count, key) : 0;
    uint32_t from = at > REGION / 2 ? at - REGION / 2 : 0;
    uint32_t to = from + REGION < s->count ? from + REGION : s->count;
    grid now = {.tick = s->window ? s->tick : (uint64_t)AS_SIDE_TICK_DEFAULT, .origin = s->window ? s->base : key};
    grid g = learn_grid(keys + from, to - from, key, &now);
    lay(s, &g, keys, key);
    draw(sides, idx);
    far_refresh(sides, s);
    bool helped = as_side_slot(s, key) < s->window;
    s->patience = helped ? PATIENCE_MIN : s->patience >= PATIENCE_MAX / 2 ? PATIENCE_MAX : (uint8_t)(2 * s->patience);
}

/* The array was used for key. */
static void used_far(const as_sides *sides, uint32_t idx, int64_t key)
{
    as_side *s = &sides->side[idx];
    far_refresh(sides, s);
    if (++s->far_uses >= s->patience || (s->count == 1 && s->bits == 0))
        lay_again(sides, idx, key);
}

/* ---- levels that are not in the window ---- */

as_side_result as_side_add_far(as_sides *sides, uint32_t idx, int64_t key, uint64_t qty)
{
    as_side *s = &sides->side[idx];
    if (as_side_slot(s, key) < s->window) {
        uint64_t level = *as_side_qty(sides, idx, as_side_slot(s, key));
        if (qty > UINT64_MAX - level)
            return AS_SIDE_OVERFLOW;
        return room(sides, s) ? as_side_add(sides, idx, key, qty) : AS_SIDE_FULL;
    }
    bool found;
    uint32_t at = far_find(sides, s, key, &found);
    if (found) {
        uint64_t *level = &qtys_of(sides, s)[at];
        if (qty > UINT64_MAX - *level)
            return AS_SIDE_OVERFLOW;
        *level += qty;
    } else {
        if (!room(sides, s))
            return AS_SIDE_FULL;
        far_insert(sides, s, at, key, qty);
    }
    used_far(sides, idx, key);
    return AS_SIDE_OK;
}

void as_side_take_far(as_sides *sides, uint32_t idx, int64_t key, uint64_t qty)
{
    as_side *s = &sides->side[idx];
    bool found;
    uint32_t at = far_find(sides, s, key, &found);
    AS_DCHECK(found);
    uint64_t *level = &qtys_of(sides, s)[at];
    AS_DCHECK(*level >= qty);
    *level -= qty;
    if (*level == 0)
        far_remove(sides, s, at);
    used_far(sides, idx, key);
}

as_side_result as_side_set_far(as_sides *sides, uint32_t idx, int64_t key, uint64_t qty, uint64_t *before)
{
    as_side *s = &sides->side[idx];
    if (as_side_slot(s, key) < s->window)
        return room(sides, s) ? as_side_set(sides, idx, key, qty, before) : AS_SIDE_FULL;
    bool found;
    uint32_t at = far_find(sides, s, key, &found);
    *before = found ? qtys_of(sides, s)[at] : 0;
    if (found && qty) {
        qtys_of(sides, s)[at] = qty;
    } else if (found) {
        far_remove(sides, s, at);
    } else if (qty) {
        if (!room(sides, s))
            return AS_SIDE_FULL;
        far_insert(sides, s, at, key, qty);
    } else {
        return AS_SIDE_OK;
    }
    used_far(sides, idx, key);
    return AS_SIDE_OK;
}

void as_side_clear(as_sides *sides, uint32_t idx)
{
    as_side *s = &sides->side[idx];
    for (; s->bits; s->bits &= s->bits - 1)
        *as_side_qty(sides, idx, (uint64_t)__builtin_ctzll(s->bits)) = 0;
    if (s->capacity)
        as_level_pool_give(&sides->pool, s->block, class_of(s));
    s->block = AS_LEVEL_BLOCK_NONE;
    s->capacity = s->count = 0;
    s->best = s->far_best = AS_SIDE_EMPTY;
}

/* ---- reading ---- */

uint64_t as_side_far_best_qty(const as_sides *sides, uint32_t idx)
{
    const as_side *s = &sides->side[idx];
    return s->count ? qtys_of(sides, s)[far_count(s) - 1] : 0;
}

bool as_side_level_at(const as_sides *sides, uint32_t idx, uint32_t depth, int64_t *key, uint64_t *qty)
{
    const as_side *s = &sides->side[idx];
    if (depth >= s->count)
        return false;
    const int64_t *keys = keys_of(sides, s);
    uint32_t far = far_count(s);
    uint64_t bits = s->bits;
    for (;; depth--) {
        bool from_window = bits && (far == 0 || slot_key(s, top_slot(bits)) > keys[far - 1]);
        if (depth == 0) {
            *key = from_window ? slot_key(s, top_slot(bits)) : keys[far - 1];
            *qty = from_window ? *as_side_qty(sides, idx, top_slot(bits)) : qtys_of(sides, s)[far - 1];
            return true;
        }
        if (from_window)
            bits &= ~((uint64_t)1 << top_slot(bits));
        else
            far--;
    }
}
