#include "feeds/files/clean.h"

#include <errno.h>
#include <stdlib.h>

#include "core/limits.h"
#include "core/stats/quantile.h"

/* Spreads of one name within one session. */
typedef struct spreads {
    uint64_t session_close;
    as_quantile median;
} spreads;

struct as_cleaner {
    as_clean_rules rules;
    const as_calendar *(*calendar_of)(void *arg, uint32_t instrument);
    void *arg;
    as_clean_counters counters;
    spreads **name; /* [AS_INSTRUMENT_MAX], each made when it is met */
    /* events of one stamp, and those of them that pop will give */
    as_event *held;
    int64_t *sorted; /* prices of one group */
    uint32_t held_count, ready, given;
    as_event next; /* the event that ended the stamp; kind NONE: none */
    bool flushing;
};

bool as_clean_rules_any(const as_clean_rules *rules)
{
    return rules->regular || rules->merge || rules->crossed || rules->both_sides || rules->max_spread > 0;
}

int as_cleaner_new(const as_clean_rules *rules, const as_calendar *(*calendar_of)(void *arg, uint32_t instrument),
                   void *arg, as_cleaner **cleaner)
{
    as_cleaner *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->rules = *rules;
    made->calendar_of = calendar_of;
    made->arg = arg;
    made->name = calloc(AS_INSTRUMENT_MAX, sizeof(spreads *));
    made->held = malloc(AS_CLEAN_HELD_MAX * sizeof *made->held);
    made->sorted = malloc(AS_CLEAN_HELD_MAX * sizeof *made->sorted);
    if (!made->name || !made->held || !made->sorted) {
        as_cleaner_free(made);
        return -ENOMEM;
    }
    *cleaner = made;
    return 0;
}

void as_cleaner_free(as_cleaner *cleaner)
{
    if (!cleaner)
        return;
    for (uint32_t i = 0; cleaner->name && i < AS_INSTRUMENT_MAX; i++)
        free(cleaner->name[i]);
    free(cleaner->name);
    free(cleaner->held);
    free(cleaner->sorted);
    free(cleaner);
}

/* ---- rules on one event ---- */

static bool in_session(const as_cleaner *c, const as_event *ev)
{
    const as_session *session = as_calendar_session(c->calendar_of(c->arg, ev->instrument), ev->ts_event);
    return ev->ts_event >= session->open && ev->ts_event <= session->close;
}

/* Wider than so many medians of the session so far; the quote counts in the median only if it is not. */
static bool is_wide(as_cleaner *c, const as_event *ev)
{
    if (ev->instrument >= AS_INSTRUMENT_MAX)
        return false;
    spreads *name = c->name[ev->instrument];
    if (!name && !(name = c->name[ev->instrument] = calloc(1, sizeof *name)))
        return false;
    const as_session *session = as_calendar_session(c->calendar_of(c->arg, ev->instrument), ev->ts_event);
    if (name->session_close != session->close) {
        name->session_close = session->close;
        as_quantile_init(&name->median, 0.5);
    }
    double spread = (double)(ev->quote.ask_px - ev->quote.bid_px);
    double median = as_quantile_value(&name->median);
    /* a median of 0 (locked quotes) says nothing of what is wide */
    bool wide =
        as_quantile_count(&name->median) >= AS_CLEAN_SPREADS_MIN && median > 0 && spread > c->rules.max_spread * median;
    if (!wide)
        as_quantile_update(&name->median, spread);
    return wide;
}

static bool passes(as_cleaner *c, const as_event *ev)
{
    bool quote = ev->kind == AS_EVENT_QUOTE;
    bool whole = quote && ev->quote.bid_px != AS_PX_UNDEFINED && ev->quote.ask_px != AS_PX_UNDEFINED;
    if (!quote && ev->kind != AS_EVENT_TRADE)
        return true;
    if (quote && !whole && c->rules.both_sides) {
        c->counters.one_sided++;
        return false;
    }
    if (c->rules.regular && !in_session(c, ev)) {
        c->counters.out_of_session++;
        return false;
    }
    if (whole && c->rules.crossed && ev->quote.bid_px >= ev->quote.ask_px) {
        c->counters.crossed++;
        return false;
    }
    if (whole && c->rules.max_spread > 0 && is_wide(c, ev)) {
        c->counters.wide++;
        return false;
    }
    return true;
}

/* ---- one record a stamp ---- */

static int compare_px(const void *a, const void *b)
{
    int64_t x, y;
    __builtin_memcpy(&x, a, sizeof x);
    __builtin_memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* The middle one, or the mean of the two in the middle, rounded down. */
static int64_t median_of(int64_t *px, uint32_t count)
{
    qsort(px, count, sizeof *px, compare_px);
    int64_t low = px[(count - 1) / 2], high = px[count / 2];
    return low + (int64_t)(((uint64_t)high - (uint64_t)low) / 2);
}

static int64_t *field_px(as_event *ev, unsigned field)
{
    if (ev->kind == AS_EVENT_TRADE)
        return &ev->trade.px;
    return field == 0 ? &ev->quote.bid_px : &ev->quote.ask_px;
}

static uint64_t *field_qty(as_event *ev, unsigned field)
{
    if (ev->kind == AS_EVENT_TRADE)
        return &ev->trade.qty;
    return field == 0 ? &ev->quote.bid_qty : &ev->quote.ask_qty;
}

static bool same_group(const as_event *a, const as_event *b)
{
    return a->kind == b->kind && a->instrument == b->instrument && a->source == b->source &&
           (a->kind == AS_EVENT_TRADE || a->kind == AS_EVENT_QUOTE);
}

/* A price of the group in held[first..]: the median of those that are defined, and the sum of their quantities. */
static void merge_field(as_cleaner *c, uint32_t first, unsigned field)
{
    as_event *into = &c->held[first];
    uint32_t count = 0;
    uint64_t qty = 0;
    for (uint32_t i = first; i < c->held_count; i++) {
        as_event *ev = &c->held[i];
        if (!same_group(into, ev) || *field_px(ev, field) == AS_PX_UNDEFINED)
            continue;
        c->sorted[count++] = *field_px(ev, field);
        qty += *field_qty(ev, field);
    }
    if (count > 0) {
        *field_px(into, field) = median_of(c->sorted, count);
        *field_qty(into, field) = qty;
    }
}

/* Every group becomes its first event; the groups keep the order of their first events. */
static void merge(as_cleaner *c)
{
    for (uint32_t first = 0; first < c->held_count; first++) {
        const as_event *into = &c->held[first];
        uint32_t kept = first + 1;
        merge_field(c, first, 0);
        if (into->kind == AS_EVENT_QUOTE)
            merge_field(c, first, 1);
        for (uint32_t i = first + 1; i < c->held_count; i++) {
            if (same_group(into, &c->held[i]))
                c->counters.merged++;
            else
                c->held[kept++] = c->held[i];
        }
        c->held_count = kept;
    }
}

static void flush(as_cleaner *c)
{
    if (c->rules.merge && c->held_count > 1)
        merge(c);
    c->ready = c->held_count;
    c->given = 0;
    c->flushing = true;
}

void as_cleaner_push(as_cleaner *cleaner, const as_event *event)
{
    if (!passes(cleaner, event))
        return;
    bool full = cleaner->held_count == AS_CLEAN_HELD_MAX;
    bool same = cleaner->held_count > 0 && cleaner->held[0].ts_event == event->ts_event;
    if (cleaner->held_count == 0 || (same && !full)) {
        cleaner->held[cleaner->held_count++] = *event;
        if (!cleaner->rules.merge)
            flush(cleaner);
        return;
    }
    cleaner->counters.overfull += same;
    cleaner->next = *event;
    flush(cleaner);
}

void as_cleaner_end(as_cleaner *cleaner)
{
    if (cleaner->held_count > 0)
        flush(cleaner);
}

bool as_cleaner_pop(as_cleaner *cleaner, as_event *event)
{
    if (!cleaner->flushing)
        return false;
    if (cleaner->given < cleaner->ready) {
        *event = cleaner->held[cleaner->given++];
        return true;
    }
    cleaner->flushing = false;
    cleaner->held_count = 0;
    if (cleaner->next.kind != AS_EVENT_NONE) {
        cleaner->held[cleaner->held_count++] = cleaner->next;
        cleaner->next.kind = AS_EVENT_NONE;
    }
    return false;
}

const as_clean_counters *as_cleaner_counters_get(const as_cleaner *cleaner)
{
    return &cleaner->counters;
}
