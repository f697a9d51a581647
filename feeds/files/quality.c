#include "feeds/files/quality.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "feeds/news/repeats.h"

enum {
    BATCH = 16, /* events that wait so that what they touch in the books can be fetched before (core/book.h) */
    STEP_MEAN = 64
};

static const double jump_min = 0.01; /* 1 %: what a price may always do */

typedef enum best_state { BEST_NORMAL = 0, BEST_LOCKED, BEST_CROSSED } best_state;

/* A symbol, and where it stands. */
typedef struct track {
    _Alignas(64) as_quality_symbol seen;
    uint64_t now_ts; /* of the event in hand */
    uint64_t minute;
    as_top best;
    uint64_t best_ts;  /* when the best prices last changed; AS_TS_UNDEFINED: not known in this session */
    uint64_t state_ts; /* since when they are locked or crossed */
    uint64_t halt_ts;  /* since when it is halted */
    uint64_t bar_end;  /* of the latest bar */
    int64_t px;        /* the latest price that is believed; 0: none in this session */
    int64_t jump_px;   /* a price that the next one has to confirm; 0: none */
    double step;       /* typical relative step */
    uint32_t step_count;
    uint8_t best_shape;    /* best_state of the best prices, trading or not */
    uint8_t best_state;    /* the same while it trades, else BEST_NORMAL */
    uint8_t trading_state; /* as_trading_state */
    bool is_stale;         /* within a stretch of trades at a stale quote */
    bool best_moved;       /* within a transaction of the source: not looked at yet */
} track;

struct as_quality {
    track *symbol; /* AS_INSTRUMENT_MAX of them */
    uint32_t symbol_end;
    bool with_books;
    as_book_set *books; /* NULL before the first order or level */
    as_event pending[BATCH];
    uint32_t pending_count;
    uint64_t last_minute;
    uint64_t event_ts_max, recv_ts_max;
    as_quality_summary count; /* what is known at any time; the rest is filled in by summarize */
    as_histogram latency, negative;
    as_repeats repeats;
    uint64_t minute_seen[AS_QUALITY_PERIOD_MIN / 64];
};

static void *map_zeroes(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

int as_quality_new(bool books, as_quality **quality)
{
    as_quality *q = map_zeroes(sizeof *q);
    if (!q)
        return -ENOMEM;
    q->symbol = map_zeroes(AS_INSTRUMENT_MAX * sizeof *q->symbol);
    if (!q->symbol) {
        as_quality_free(q);
        return -ENOMEM;
    }
    q->with_books = books;
    q->last_minute = UINT64_MAX;
    as_histogram_init(&q->latency);
    as_histogram_init(&q->negative);
    *quality = q;
    return 0;
}

void as_quality_free(as_quality *quality)
{
    if (!quality)
        return;
    as_book_set_free(quality->books);
    if (quality->symbol)
        munmap(quality->symbol, AS_INSTRUMENT_MAX * sizeof *quality->symbol);
    munmap(quality, sizeof *quality);
}

static uint64_t since(uint64_t now, uint64_t then)
{
    return now > then ? now - then : 0;
}

/* ---- best prices ---- */

static void end_state(track *t, uint64_t at)
{
    if (t->best_state == BEST_CROSSED)
        t->seen.crossed_ns += since(at, t->state_ts);
    else if (t->best_state == BEST_LOCKED)
        t->seen.locked_ns += since(at, t->state_ts);
    t->state_ts = at;
}

static best_state state_of(const as_top *best)
{
    if (best->bid_px == AS_PX_UNDEFINED || best->ask_px == AS_PX_UNDEFINED || best->bid_px < best->ask_px)
        return BEST_NORMAL;
    return best->bid_px == best->ask_px ? BEST_LOCKED : BEST_CROSSED;
}

static bool is_same(const as_top *a, const as_top *b)
{
    return a->bid_px == b->bid_px && a->bid_qty == b->bid_qty && a->ask_px == b->ask_px && a->ask_qty == b->ask_qty;
}

/* best is what the source says from now on. */
static void see_best(track *t, const as_top *best)
{
    best_state state = state_of(best);
    if (t->best_ts == AS_TS_UNDEFINED || !is_same(best, &t->best))
        t->best_ts = t->now_ts;
    t->best = *best;
    if (t->trading_state != AS_STATE_TRADING) {
        t->seen.crossed_halted += state != BEST_NORMAL && t->best_shape == BEST_NORMAL;
        t->best_shape = (uint8_t)state;
        state = BEST_NORMAL;
    } else {
        t->best_shape = (uint8_t)state;
    }
    if (state == t->best_state)
        return;
    end_state(t, t->now_ts);
    t->best_state = (uint8_t)state;
    t->seen.crossed += state == BEST_CROSSED;
    t->seen.locked += state == BEST_LOCKED;
}

/* A trade meets the best prices. */
static void meet_best(track *t, int64_t px)
{
    if (t->best_ts == AS_TS_UNDEFINED)
        return;
    uint64_t age = since(t->now_ts, t->best_ts);
    if (age >= AS_QUALITY_STALE_NS) {
        t->seen.stale_quotes += !t->is_stale;
        t->seen.stale_trades++;
        t->seen.stale_worst_ns = age > t->seen.stale_worst_ns ? age : t->seen.stale_worst_ns;
        t->is_stale = true;
        return;
    }
    t->is_stale = false;
    if (px == AS_PX_UNDEFINED || t->best.bid_px == AS_PX_UNDEFINED || t->best.ask_px == AS_PX_UNDEFINED)
        return;
    t->seen.outside += px < t->best.bid_px || px > t->best.ask_px;
}

/* ---- values ---- */

static void check_px(track *t, int64_t px)
{
    t->seen.bad_prices += px <= 0;
}

static void check_qty(track *t, uint64_t qty)
{
    t->seen.bad_sizes += qty == 0 || (qty > INT64_MAX && qty != AS_QTY_UNDEFINED);
}

static double relative(int64_t px, int64_t to)
{
    double difference = (double)px - (double)to;
    return (difference < 0 ? -difference : difference) / (double)to;
}

static bool is_far(const track *t, double step)
{
    return t->step_count >= AS_QUALITY_JUMP_AFTER && step > jump_min && step > AS_QUALITY_JUMP * t->step;
}

static void learn_step(track *t, double step)
{
    double limit = AS_QUALITY_JUMP * t->step;
    if (t->step_count >= AS_QUALITY_JUMP_AFTER && step > limit && step > jump_min)
        step = limit > jump_min ? limit : jump_min; /* one wild price does not hide the next */
    t->step_count += t->step_count < STEP_MEAN;
    t->step += (step - t->step) / t->step_count;
}

static bool is_nearer(int64_t px, int64_t to, int64_t than)
{
    uint64_t a = px > to ? (uint64_t)px - (uint64_t)to : (uint64_t)to - (uint64_t)px;
    uint64_t b = px > than ? (uint64_t)px - (uint64_t)than : (uint64_t)than - (uint64_t)px;
    return a < b;
}

/* A price that was paid. */
static void see_price(track *t, int64_t px)
{
    if (px <= 0 || px == AS_PX_UNDEFINED)
        return;
    if (t->jump_px) {
        if (is_nearer(px, t->px, t->jump_px))
            t->seen.suspect_prints++;
        else
            t->px = t->jump_px;
        t->jump_px = 0;
    }
    if (t->px == 0) {
        t->px = px;
        return;
    }
    double step = relative(px, t->px);
    if (is_far(t, step)) {
        t->seen.jumps++;
        t->jump_px = px;
    } else {
        t->px = px;
    }
    learn_step(t, step);
}

/* ---- kinds ---- */

static void see_trade(track *t, int64_t px, uint64_t qty)
{
    t->seen.trades++;
    t->seen.halted_trades += t->trading_state >= AS_STATE_PAUSED;
    check_px(t, px);
    check_qty(t, qty);
    meet_best(t, px);
    see_price(t, px);
}

static void see_quote(track *t, const as_event *ev)
{
    as_top best = {ev->quote.bid_px, ev->quote.bid_qty, ev->quote.ask_px, ev->quote.ask_qty};
    t->seen.quotes++;
    if (best.bid_px != AS_PX_UNDEFINED) {
        check_px(t, best.bid_px);
        check_qty(t, best.bid_qty);
    }
    if (best.ask_px != AS_PX_UNDEFINED) {
        check_px(t, best.ask_px);
        check_qty(t, best.ask_qty);
    }
    if (!(ev->flags & AS_EVENT_MORE))
        see_best(t, &best);
}

static void see_bar(track *t, const as_event *ev)
{
    int64_t open = ev->bar.open, high = ev->bar.high, low = ev->bar.low, close = ev->bar.close;
    int64_t top = open > close ? open : close, bottom = open < close ? open : close;
    t->seen.repeated_bars += t->seen.bars > 0 && ev->ts_event == t->bar_end;
    t->seen.bars++;
    t->bar_end = ev->ts_event;
    t->seen.bad_prices += open <= 0 || high <= 0 || low <= 0 || close <= 0;
    t->seen.bad_bars += high < low || high < top || low > bottom;
    if (bottom > 0 && high > top && high != AS_PX_UNDEFINED && is_far(t, relative(high, top)))
        t->seen.suspect_prints++;
    else if (bottom > 0 && low < bottom && is_far(t, relative(low, bottom)))
        t->seen.suspect_prints++;
    see_price(t, close);
}

static void see_status(track *t, const as_event *ev)
{
    bool was_halted = t->trading_state >= AS_STATE_PAUSED, was_trading = t->trading_state == AS_STATE_TRADING;
    t->trading_state = ev->status.state > AS_STATE_HALTED ? AS_STATE_HALTED : (uint8_t)ev->status.state;
    if (t->trading_state >= AS_STATE_PAUSED && !was_halted && t->seen.events > 1)
        t->seen.halts++; /* not if it is how the recording begins */
    if (was_trading)
        t->halt_ts = t->now_ts;
    else if (t->trading_state == AS_STATE_TRADING)
        t->seen.halted_ns += since(t->now_ts, t->halt_ts);
    if (t->best_ts != AS_TS_UNDEFINED) {
        uint64_t best_ts = t->best_ts;
        see_best(t, &t->best); /* what is crossed becomes so, or ceases to be, with the state */
        t->best_ts = best_ts;
    }
}

static void see_book(as_quality *q, track *t, const as_event *ev)
{
    t->seen.orders++;
    if (ev->kind == AS_EVENT_ORDER_ADD || ev->kind == AS_EVENT_ORDER_REPLACE) {
        check_px(t, ev->order.px);
        check_qty(t, ev->order.qty);
    } else if (ev->kind == AS_EVENT_LEVEL && ev->level.qty > 0) {
        check_px(t, ev->level.px);
    } else if (ev->kind == AS_EVENT_ORDER_EXECUTE && !(ev->flags & AS_EVENT_NO_PRINT)) {
        as_book_order order = {.px = ev->order.px};
        if (order.px == AS_PX_UNDEFINED && q->books)
            as_book_order_find(q->books, ev->instrument, ev->source, ev->order.ref, &order);
        t->seen.trades++;
        t->seen.halted_trades += t->trading_state >= AS_STATE_PAUSED;
        check_qty(t, ev->order.qty);
        see_price(t, order.px);
    }
    as_book_result result = q->books ? as_book_apply(q->books, ev) : AS_BOOK_UNCHANGED;
    t->best_moved = t->best_moved || result == AS_BOOK_BBO_CHANGED;
    if (!t->best_moved || ev->flags & AS_EVENT_MORE)
        return;
    as_top best;
    as_book_top(q->books, ev->instrument, &best);
    see_best(t, &best);
    t->best_moved = false;
}

/* ---- time ---- */

/* After a break the symbol begins anew: nothing is measured across it. */
static void take_break(track *t, uint64_t last_ts)
{
    t->seen.breaks++;
    end_state(t, last_ts);
    t->state_ts = t->now_ts;
    if (t->trading_state != AS_STATE_TRADING)
        t->seen.halted_ns += since(last_ts, t->halt_ts);
    t->halt_ts = t->now_ts;
    t->best_ts = AS_TS_UNDEFINED;
    t->is_stale = false;
    t->px = t->jump_px = 0;
}

static void see_time(track *t, uint64_t ts)
{
    as_quality_symbol *s = &t->seen;
    uint64_t minute = ts / AS_NS_PER_MIN;
    s->minutes += s->events == 0 || minute != t->minute;
    t->minute = minute;
    if (s->events++ == 0) {
        s->first_ts = s->last_ts = t->now_ts = ts;
        t->best_ts = AS_TS_UNDEFINED;
        return;
    }
    uint64_t last_ts = t->now_ts;
    t->now_ts = ts;
    s->disorder += ts < last_ts;
    s->first_ts = ts < s->first_ts ? ts : s->first_ts;
    s->last_ts = ts > s->last_ts ? ts : s->last_ts;
    uint64_t hole = since(ts, last_ts);
    if (hole >= AS_QUALITY_BREAK_NS) {
        take_break(t, last_ts);
    } else if (hole > s->hole_ns) {
        s->hole_ns = hole;
        s->hole_from_ts = last_ts;
    }
}

static void see_source_time(as_quality *q, const as_event *ev)
{
    as_quality_summary *c = &q->count;
    if (ev->ts_recv < ev->ts_event) {
        uint64_t ahead = ev->ts_event - ev->ts_recv;
        as_histogram_record(&q->negative, ahead);
        c->negative_worst_ns = ahead > c->negative_worst_ns ? ahead : c->negative_worst_ns;
    } else {
        uint64_t latency = ev->ts_recv - ev->ts_event;
        as_histogram_record(&q->latency, latency);
        c->latency_worst_ns = latency > c->latency_worst_ns ? latency : c->latency_worst_ns;
    }
    if (ev->ts_event < q->event_ts_max) {
        uint64_t late = q->event_ts_max - ev->ts_event;
        c->event_disorder++;
        c->event_disorder_worst_ns = late > c->event_disorder_worst_ns ? late : c->event_disorder_worst_ns;
    } else {
        q->event_ts_max = ev->ts_event;
    }
}

static void see_input_time(as_quality *q, const as_event *ev)
{
    as_quality_summary *c = &q->count;
    uint64_t minute = ev->ts_recv / AS_NS_PER_MIN;
    if (minute != q->last_minute) {
        uint64_t *word = &q->minute_seen[minute % AS_QUALITY_PERIOD_MIN / 64], bit = UINT64_C(1) << minute % 64;
        c->minutes += !(*word & bit);
        *word |= bit;
        q->last_minute = minute;
    }
    if (!(ev->flags & AS_EVENT_SNAPSHOT))
        see_source_time(q, ev);
    if (ev->ts_recv < q->recv_ts_max) {
        uint64_t late = q->recv_ts_max - ev->ts_recv;
        c->recv_disorder++;
        c->recv_disorder_worst_ns = late > c->recv_disorder_worst_ns ? late : c->recv_disorder_worst_ns;
    } else {
        q->recv_ts_max = ev->ts_recv;
    }
}

/* ---- events ---- */

static void see(as_quality *q, const as_event *ev)
{
    track *t = &q->symbol[ev->instrument];
    q->symbol_end = ev->instrument < q->symbol_end ? q->symbol_end : ev->instrument + 1;
    see_time(t, ev->ts_recv);
    switch (ev->kind) {
    case AS_EVENT_TRADE:
        see_trade(t, ev->trade.px, ev->trade.qty);
        break;
    case AS_EVENT_QUOTE:
        see_quote(t, ev);
        break;
    case AS_EVENT_BAR:
        see_bar(t, ev);
        break;
    case AS_EVENT_STATUS:
        see_status(t, ev);
        break;
    case AS_EVENT_LEVEL:
    case AS_EVENT_ORDER_ADD:
    case AS_EVENT_ORDER_EXECUTE:
    case AS_EVENT_ORDER_REDUCE:
    case AS_EVENT_ORDER_DELETE:
    case AS_EVENT_ORDER_REPLACE:
    case AS_EVENT_CLEAR:
        see_book(q, t, ev);
        break;
    default:
        break;
    }
}

static void flush(as_quality *q)
{
    if (q->books) {
        for (uint32_t i = 0; i < q->pending_count; i++) {
            as_book_prefetch(q->books, &q->pending[i]);
            __builtin_prefetch(&q->symbol[q->pending[i].instrument].now_ts);
        }
        for (uint32_t i = 0; i < q->pending_count; i++)
            as_book_prefetch_levels(q->books, &q->pending[i]);
    }
    for (uint32_t i = 0; i < q->pending_count; i++)
        see(q, &q->pending[i]);
    q->pending_count = 0;
}

static bool is_for_books(const as_event *ev)
{
    return ev->kind >= AS_EVENT_LEVEL && ev->kind <= AS_EVENT_CLEAR;
}

void as_quality_add(as_quality *quality, const as_event *event, const as_headline *headline)
{
    as_quality *q = quality;
    q->count.events++;
    q->count.kind[event->kind < AS_EVENT_KIND_COUNT ? event->kind : AS_EVENT_NONE]++;
    see_input_time(q, event);
    if (event->kind == AS_EVENT_HEADLINE) {
        as_repeat repeat = as_repeats_see(&q->repeats, headline);
        q->count.headlines++;
        q->count.duplicate_headlines += repeat == AS_REPEAT_NAME;
        q->count.repeated_headlines += repeat == AS_REPEAT_WORDS;
    }
    if (event->instrument >= AS_INSTRUMENT_MAX)
        return;
    if (q->with_books && !q->books && is_for_books(event) &&
        as_book_set_new(AS_INSTRUMENT_MAX, AS_QUALITY_ORDER_MAX, &q->books) < 0) {
        q->with_books = false;
        q->count.books_refused = true;
    }
    q->pending[q->pending_count++] = *event;
    if (q->pending_count == BATCH)
        flush(q);
}

void as_quality_end(as_quality *quality)
{
    as_quality *q = quality;
    flush(q);
    for (uint32_t i = 0; i < q->symbol_end; i++) {
        track *t = &q->symbol[i];
        if (t->seen.events == 0)
            continue;
        q->count.symbols++;
        end_state(t, t->now_ts);
        if (t->trading_state != AS_STATE_TRADING)
            t->seen.halted_ns += since(t->now_ts, t->halt_ts);
        if (q->books) {
            q->count.books_inconsistent += as_book_inconsistent(q->books, i);
            q->count.books_broken += as_book_broken(q->books, i);
        }
    }
}

/* ---- answers ---- */

static void add_up(as_quality_symbol *sum, const as_quality_symbol *s)
{
    sum->events += s->events;
    sum->trades += s->trades;
    sum->quotes += s->quotes;
    sum->bars += s->bars;
    sum->orders += s->orders;
    sum->first_ts = s->first_ts < sum->first_ts ? s->first_ts : sum->first_ts;
    sum->last_ts = sum->last_ts == AS_TS_UNDEFINED || s->last_ts > sum->last_ts ? s->last_ts : sum->last_ts;
    if (s->hole_ns > sum->hole_ns) {
        sum->hole_ns = s->hole_ns;
        sum->hole_from_ts = s->hole_from_ts;
    }
    sum->breaks += s->breaks;
    sum->minutes += s->minutes;
    sum->disorder += s->disorder;
    sum->crossed += s->crossed;
    sum->crossed_ns += s->crossed_ns;
    sum->locked += s->locked;
    sum->locked_ns += s->locked_ns;
    sum->crossed_halted += s->crossed_halted;
    sum->stale_quotes += s->stale_quotes;
    sum->stale_trades += s->stale_trades;
    sum->stale_worst_ns = s->stale_worst_ns > sum->stale_worst_ns ? s->stale_worst_ns : sum->stale_worst_ns;
    sum->outside += s->outside;
    sum->bad_prices += s->bad_prices;
    sum->bad_sizes += s->bad_sizes;
    sum->bad_bars += s->bad_bars;
    sum->repeated_bars += s->repeated_bars;
    sum->jumps += s->jumps;
    sum->suspect_prints += s->suspect_prints;
    sum->halts += s->halts;
    sum->halted_ns += s->halted_ns;
    sum->halted_trades += s->halted_trades;
}

void as_quality_summarize(const as_quality *quality, as_quality_summary *summary)
{
    *summary = quality->count;
    as_histogram_summarize(&quality->latency, &summary->latency);
    as_histogram_summarize(&quality->negative, &summary->negative);
    if (quality->books)
        summary->books = *as_book_counters_get(quality->books);
    summary->total = (as_quality_symbol){.first_ts = AS_TS_UNDEFINED, .last_ts = AS_TS_UNDEFINED};
    for (uint32_t i = 0; i < quality->symbol_end; i++)
        if (quality->symbol[i].seen.events)
            add_up(&summary->total, &quality->symbol[i].seen);
}

const as_quality_symbol *as_quality_symbol_get(const as_quality *quality, uint32_t instrument)
{
    bool met = instrument < quality->symbol_end && quality->symbol[instrument].seen.events > 0;
    return met ? &quality->symbol[instrument].seen : NULL;
}

static int by_events(const void *a, const void *b, void *context)
{
    const as_quality *q = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint64_t events_x = q->symbol[x].seen.events, events_y = q->symbol[y].seen.events;
    if (events_x != events_y)
        return events_x > events_y ? -1 : 1;
    return x < y ? -1 : x > y;
}

uint32_t as_quality_rank(const as_quality *quality, uint32_t *rank)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < quality->symbol_end; i++)
        if (quality->symbol[i].seen.events)
            rank[count++] = i;
    qsort_r(rank, count, sizeof *rank, by_events, (void *)(uintptr_t)quality);
    return count;
}

double as_quality_coverage(const as_quality_summary *summary, const as_quality_symbol *symbol)
{
    if (summary->minutes == 0)
        return 0;
    return symbol->minutes >= summary->minutes ? 1.0 : (double)symbol->minutes / (double)summary->minutes;
}
