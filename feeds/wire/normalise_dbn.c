#include "feeds/wire/normalise_dbn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"

enum { TYPE_NONE = 0xff }; /* no record type has this number */

enum { SCHEMA_OHLCV_1S = 5, SCHEMA_OHLCV_1D = 8, SYSTEM_HEARTBEAT = 0 };

/* Status actions of DBN. */
enum {
    ACTION_PRE_OPEN = 1,
    ACTION_NEW_PRICE_INDICATION = 6,
    ACTION_TRADING = 7,
    ACTION_HALT = 8,
    ACTION_PAUSE = 9,
    ACTION_SUSPEND = 10,
    ACTION_PRE_CLOSE = 11,
    ACTION_CLOSE = 12,
    ACTION_POST_CLOSE = 13,
    ACTION_NOT_AVAILABLE = 15
};

/* What the book of an instrument is made of. */
enum { MODE_NONE = 0, MODE_ORDERS, MODE_LEVELS };

/* An instrument's state; its number is that of its entry in the names. */
typedef struct book_state {
    uint32_t instrument;
    uint16_t publisher; /* followed for the book */
    uint8_t book_type;  /* record type followed for book and quotes; TYPE_NONE: not met yet */
    uint8_t trade_type;
    uint8_t mode;
    bool known; /* levels: what the book holds is what we think it holds */
    bool maybe_bad;
    int64_t top_px[2]; /* TOB: the one price of a side, or AS_PX_UNDEFINED */
} book_state;

/* The ten levels that an instrument's book holds; count 0 or quantity 0: none. */
typedef struct side_level {
    int64_t px;
    uint32_t qty, order_count;
} side_level;

typedef struct depth_state {
    side_level side[2][AS_DBN_LEVEL_MAX];
} depth_state;

struct as_dbn_normaliser {
    as_dbn_normaliser_options options;
    as_dbn_names *names;
    book_state *book;    /* [AS_INSTRUMENT_MAX] */
    depth_state *depth;  /* [AS_INSTRUMENT_MAX], touched by mbp-10 only */
    uint32_t book_count; /* states that are initialised */
    uint16_t schema;
    bool holding;
    uint32_t held_id; /* DBN's instrument id of the event held back */
    as_event held;
    as_dbn_normaliser_counters counters;
};

/* A record on its way into events. */
typedef struct making {
    as_dbn_normaliser *n;
    const as_dbn *record;
    book_state *book;
    depth_state *depth;
    as_event base; /* stamps, instrument, source, flags */
    as_event *out;
    unsigned count;
} making;

int as_dbn_normaliser_new(const as_dbn_normaliser_options *options, as_dbn_normaliser **normaliser)
{
    as_dbn_normaliser *n = calloc(1, sizeof *n);
    if (!n)
        return -ENOMEM;
    n->options = *options;
    n->schema = AS_DBN_SCHEMA_MIXED;
    n->book = calloc(AS_INSTRUMENT_MAX, sizeof *n->book);
    n->depth = calloc(AS_INSTRUMENT_MAX, sizeof *n->depth);
    if (!n->book || !n->depth || as_dbn_names_new(&options->names, &n->names) < 0) {
        as_dbn_normaliser_free(n);
        return -ENOMEM;
    }
    *normaliser = n;
    return 0;
}

void as_dbn_normaliser_free(as_dbn_normaliser *normaliser)
{
    if (!normaliser)
        return;
    as_dbn_names_free(normaliser->names);
    free(normaliser->depth);
    free(normaliser->book);
    free(normaliser);
}

void as_dbn_normaliser_begin(as_dbn_normaliser *normaliser, const as_dbn_metadata *metadata)
{
    as_dbn_names_begin(normaliser->names, metadata);
    normaliser->schema = metadata->schema;
    normaliser->book_count = 0;
}

as_dbn_names *as_dbn_normaliser_names(as_dbn_normaliser *normaliser)
{
    return normaliser->names;
}

const as_dbn_normaliser_counters *as_dbn_normaliser_counters_get(const as_dbn_normaliser *normaliser)
{
    return &normaliser->counters;
}

/* ---- the event held back ---- */

static unsigned release(as_dbn_normaliser *n, as_event *out)
{
    if (!n->holding)
        return 0;
    n->holding = false;
    *out = n->held;
    return 1;
}

unsigned as_dbn_flush(as_dbn_normaliser *normaliser, as_event *out)
{
    unsigned count = release(normaliser, out);
    normaliser->counters.events += count;
    return count;
}

/* ---- parts of events ---- */

static as_event *emit(making *m, as_event_kind kind)
{
    as_event *event = &m->out[m->count++];
    *event = m->base;
    event->kind = (uint8_t)kind;
    return event;
}

static uint64_t qty_of(uint32_t qty)
{
    return qty == AS_DBN_QTY_UNDEFINED ? 0 : qty;
}

static void emit_trade(making *m, int64_t px, uint32_t qty, char side, uint32_t sequence)
{
    if (px == AS_PX_UNDEFINED || qty_of(qty) == 0) {
        m->n->counters.empty_trade++;
        return;
    }
    if (m->book->trade_type == TYPE_NONE)
        m->book->trade_type = m->record->rtype;
    if (m->book->trade_type != m->record->rtype) {
        m->n->counters.other_schema++;
        return;
    }
    as_event *event = emit(m, AS_EVENT_TRADE);
    event->flags = side == 'A' ? AS_EVENT_SELL : 0; /* the aggressor's */
    event->trade.px = px;
    event->trade.qty = qty;
    event->trade.seq = sequence;
}

static void emit_level(making *m, bool sell, int64_t px, uint32_t qty, uint32_t order_count, uint32_t sequence)
{
    as_event *event = emit(m, AS_EVENT_LEVEL);
    event->flags = (uint8_t)(m->base.flags | AS_EVENT_MORE | (sell ? AS_EVENT_SELL : 0));
    event->level.px = px;
    event->level.qty = qty_of(qty);
    event->level.order_count = order_count;
    event->level.seq = sequence;
}

static void emit_clear(making *m)
{
    emit(m, AS_EVENT_CLEAR)->flags |= AS_EVENT_MORE;
}

/* Is the book made from records like this one? The first ones decide. */
static bool follows(making *m)
{
    book_state *book = m->book;
    if (book->book_type == TYPE_NONE) {
        book->book_type = m->record->rtype;
        book->publisher = m->record->publisher;
    }
    if (book->book_type != m->record->rtype) {
        m->n->counters.other_schema++;
        return false;
    }
    if (book->publisher != m->record->publisher) {
        m->n->counters.other_publisher++;
        return false;
    }
    return true;
}

/* Flags that say how good the record is. */
static void judge(making *m, uint8_t flags, uint32_t sequence)
{
    bool bad = flags & AS_DBN_FLAG_MAYBE_BAD_BOOK;
    bool snapshot = flags & AS_DBN_FLAG_SNAPSHOT;
    m->n->counters.bad_ts_recv += !snapshot && (flags & AS_DBN_FLAG_BAD_TS_RECV);
    m->n->counters.maybe_bad_book += bad;
    if (bad && !m->book->maybe_bad) {
        as_event *gap = emit(m, AS_EVENT_GAP);
        gap->gap.from_seq = gap->gap.to_seq = sequence;
    }
    m->book->maybe_bad = bad;
    if (snapshot)
        m->base.flags |= AS_EVENT_SNAPSHOT;
}

/* ---- mbo ---- */

static void set_mode(making *m, uint8_t mode)
{
    book_state *book = m->book;
    if (book->mode != MODE_NONE && book->mode != mode) {
        m->n->counters.mode_change++;
        emit_clear(m);
    }
    if (book->mode != mode)
        book->top_px[0] = book->top_px[1] = AS_PX_UNDEFINED;
    book->mode = mode;
}

/* A record with TOB or MBP. */
static void mbo_level(making *m)
{
    const as_dbn *r = m->record;
    bool sell = r->mbo.side == 'A', removes = r->mbo.action == 'C' || r->mbo.px == AS_PX_UNDEFINED;
    bool has_qty = qty_of(r->mbo.qty) > 0 && !removes;
    if (r->mbo.side != 'A' && r->mbo.side != 'B') {
        m->n->counters.bad_side++;
        return;
    }
    set_mode(m, MODE_LEVELS);
    if (r->mbo.flags & AS_DBN_FLAG_TOB) {
        int64_t *top = &m->book->top_px[sell];
        if (*top != AS_PX_UNDEFINED && (!has_qty || *top != r->mbo.px))
            emit_level(m, sell, *top, 0, 0, r->mbo.sequence);
        *top = has_qty ? r->mbo.px : AS_PX_UNDEFINED;
    } else if (!has_qty && r->mbo.px != AS_PX_UNDEFINED) {
        emit_level(m, sell, r->mbo.px, 0, 0, r->mbo.sequence);
    }
    if (has_qty)
        emit_level(m, sell, r->mbo.px, r->mbo.qty, 0, r->mbo.sequence);
}

static void mbo_order(making *m, as_event_kind kind)
{
    const as_dbn *r = m->record;
    bool sided = r->mbo.side == 'A' || r->mbo.side == 'B';
    set_mode(m, MODE_ORDERS);
    as_event *event = emit(m, kind);
    event->flags = (uint8_t)(m->base.flags | AS_EVENT_MORE | (r->mbo.side == 'A' ? AS_EVENT_SELL : 0));
    event->order.ref = r->mbo.order_id;
    event->order.qty = qty_of(r->mbo.qty);
    event->order.px = kind == AS_EVENT_ORDER_REDUCE ? AS_PX_UNDEFINED : r->mbo.px;
    if (kind == AS_EVENT_ORDER_REPLACE)
        event->order.new_ref = r->mbo.order_id;
    if (!sided && kind == AS_EVENT_ORDER_ADD) {
        m->n->counters.bad_side++;
        event->order.px = AS_PX_UNDEFINED;
    }
}

/* Book events of the record, all with AS_EVENT_MORE. */
static void mbo_book(making *m)
{
    const as_dbn *r = m->record;
    bool level = r->mbo.flags & (AS_DBN_FLAG_TOB | AS_DBN_FLAG_MBP);
    if (r->mbo.action == 'R') {
        emit_clear(m);
        m->book->mode = MODE_NONE;
        m->book->top_px[0] = m->book->top_px[1] = AS_PX_UNDEFINED;
    } else if (level) {
        mbo_level(m);
    } else {
        mbo_order(m, r->mbo.action == 'A'   ? AS_EVENT_ORDER_ADD
                     : r->mbo.action == 'C' ? AS_EVENT_ORDER_REDUCE
                                            : AS_EVENT_ORDER_REPLACE);
    }
}

/* The record's book events; the latest of those that are open is held back. */
static void mbo_transaction(making *m, bool last)
{
    as_dbn_normaliser *n = m->n;
    unsigned before = m->count;
    m->count += release(n, m->out + m->count);
    mbo_book(m);
    if (m->count == before)
        return;
    if (last) {
        m->out[m->count - 1].flags &= (uint8_t)~AS_EVENT_MORE;
        return;
    }
    n->held = m->out[--m->count];
    n->held_id = m->record->instrument;
    n->holding = true;
}

static void mbo(making *m)
{
    const as_dbn *r = m->record;
    as_dbn_normaliser *n = m->n;
    bool last = r->mbo.flags & AS_DBN_FLAG_LAST;
    if (!follows(m))
        return;
    judge(m, r->mbo.flags, r->mbo.sequence);
    switch (r->mbo.action) {
    case 'A':
    case 'C':
    case 'M':
    case 'R':
        mbo_transaction(m, last);
        return;
    case 'T':
    case 'F':
    case 'N':
        break;
    default:
        n->counters.bad_action++;
    }
    if (last)
        n->held.flags &= (uint8_t)~AS_EVENT_MORE;
    if (last || r->mbo.action == 'T')
        m->count += release(n, m->out + m->count);
    if (r->mbo.action == 'T')
        emit_trade(m, r->mbo.px, r->mbo.qty, r->mbo.side, r->mbo.sequence);
}

/* ---- levels and quotes ---- */

static side_level level_of(const as_dbn_level *level, bool sell)
{
    side_level l = {.px = sell ? level->ask_px : level->bid_px,
                    .qty = sell ? level->ask_qty : level->bid_qty,
                    .order_count = sell ? level->ask_count : level->bid_count};
    if (l.px == AS_PX_UNDEFINED || qty_of(l.qty) == 0)
        l = (side_level){.px = AS_PX_UNDEFINED};
    return l;
}

static const side_level *level_at(const side_level *levels, int64_t px)
{
    for (unsigned i = 0; i < AS_DBN_LEVEL_MAX; i++)
        if (levels[i].px == px && levels[i].qty)
            return &levels[i];
    return NULL;
}

static void turn_side(making *m, bool sell)
{
    side_level now[AS_DBN_LEVEL_MAX], *before = m->depth->side[sell];
    uint32_t sequence = m->record->mbp.sequence;
    for (unsigned i = 0; i < AS_DBN_LEVEL_MAX; i++)
        now[i] = level_of(&m->record->mbp.level[i], sell);
    for (unsigned i = 0; i < AS_DBN_LEVEL_MAX; i++)
        if (before[i].qty && !level_at(now, before[i].px))
            emit_level(m, sell, before[i].px, 0, 0, sequence);
    for (unsigned i = 0; i < AS_DBN_LEVEL_MAX; i++) {
        const side_level *old = now[i].qty ? level_at(before, now[i].px) : NULL;
        if (now[i].qty && (!old || old->qty != now[i].qty || old->order_count != now[i].order_count))
            emit_level(m, sell, now[i].px, now[i].qty, now[i].order_count, sequence);
    }
    memcpy(before, now, sizeof now);
}

static void turn_levels(making *m)
{
    unsigned before = m->count;
    if (!m->book->known) {
        memset(m->depth, 0, sizeof *m->depth);
        emit_clear(m);
    }
    m->book->known = true;
    turn_side(m, false);
    turn_side(m, true);
    if (m->count > before)
        m->out[m->count - 1].flags &= (uint8_t)~AS_EVENT_MORE;
}

static void quote(making *m)
{
    side_level bid = level_of(&m->record->mbp.level[0], false), ask = level_of(&m->record->mbp.level[0], true);
    as_event *event = emit(m, AS_EVENT_QUOTE);
    event->quote.bid_px = bid.px;
    event->quote.bid_qty = bid.qty;
    event->quote.ask_px = ask.px;
    event->quote.ask_qty = ask.qty;
    event->quote.seq = m->record->mbp.sequence;
}

static void mbp(making *m)
{
    const as_dbn *r = m->record;
    bool sampled = r->rtype == AS_DBN_BBO_1S || r->rtype == AS_DBN_BBO_1M || r->rtype == AS_DBN_CBBO_1S ||
                   r->rtype == AS_DBN_CBBO_1M;
    if (sampled)
        m->base.ts_event = m->base.ts_recv; /* its ts_event is that of the last trade */
    else if (r->mbp.action == 'T')
        emit_trade(m, r->mbp.px, r->mbp.qty, r->mbp.side, r->mbp.sequence);
    if (r->rtype == AS_DBN_TRADES || !follows(m))
        return;
    judge(m, r->mbp.flags, r->mbp.sequence);
    if (m->book->maybe_bad)
        m->book->known = false;
    else if (r->rtype == AS_DBN_MBP_10)
        turn_levels(m);
    else
        quote(m);
}

/* ---- bars and states ---- */

static uint64_t bar_seconds(const as_dbn_normaliser *n, uint8_t rtype)
{
    static const uint32_t seconds[] = {1, 60, 3600, 86400, 86400};
    if (rtype >= AS_DBN_OHLCV_1S && rtype <= AS_DBN_OHLCV_EOD)
        return seconds[rtype - AS_DBN_OHLCV_1S];
    return n->schema >= SCHEMA_OHLCV_1S && n->schema <= SCHEMA_OHLCV_1D ? seconds[n->schema - SCHEMA_OHLCV_1S] : 0;
}

static void bar(making *m)
{
    const as_dbn *r = m->record;
    uint64_t seconds = bar_seconds(m->n, r->rtype);
    if (seconds == 0) {
        m->n->counters.bad_interval++;
        return;
    }
    as_event *event = emit(m, AS_EVENT_BAR);
    event->ts_event = event->ts_recv = r->ts_event + seconds * AS_NS_PER_S;
    event->bar.open = r->ohlcv.open;
    event->bar.high = r->ohlcv.high;
    event->bar.low = r->ohlcv.low;
    event->bar.close = r->ohlcv.close;
    event->bar.volume_duration = as_bar_pack(r->ohlcv.volume, seconds);
}

/* false: the action says nothing about the state. */
static bool state_of(const as_dbn *r, as_trading_state *state)
{
    uint16_t action = r->status.action;
    *state = r->status.is_trading == 'Y' ? AS_STATE_TRADING : AS_STATE_QUOTE_ONLY;
    if (action >= ACTION_PRE_OPEN && action <= ACTION_NEW_PRICE_INDICATION)
        return true;
    switch (action) {
    case ACTION_TRADING:
    case ACTION_PRE_CLOSE:
        *state = r->status.is_trading == 'N' ? AS_STATE_QUOTE_ONLY : AS_STATE_TRADING;
        return true;
    case ACTION_PAUSE:
        *state = AS_STATE_PAUSED;
        return true;
    case ACTION_HALT:
    case ACTION_SUSPEND:
    case ACTION_CLOSE:
    case ACTION_POST_CLOSE:
    case ACTION_NOT_AVAILABLE:
        *state = AS_STATE_HALTED;
        return true;
    default:
        return false;
    }
}

static void status(making *m)
{
    as_trading_state state;
    if (!state_of(m->record, &state))
        return;
    as_event *event = emit(m, AS_EVENT_STATUS);
    event->status.state = (uint64_t)state;
    /* DBN's number of the reason, in decimal */
    char text[sizeof event->status.reason];
    size_t at = sizeof text;
    unsigned rest = m->record->status.reason;
    for (; rest; rest /= 10)
        text[--at] = (char)('0' + rest % 10);
    memcpy(event->status.reason, text + at, sizeof text - at);
}

/* ---- one record ---- */

static bool heartbeat(const as_dbn *r)
{
    return r->message.code == SYSTEM_HEARTBEAT ||
           (r->message.code == UINT8_MAX && !strcmp(r->message.text, "Heartbeat"));
}

/* Stamps, instrument and state; false if the record can give no event. */
static bool begin(making *m)
{
    as_dbn_normaliser *n = m->n;
    const as_dbn *r = m->record;
    uint64_t ts_recv = r->ts_recv == AS_TS_UNDEFINED ? r->ts_event : r->ts_recv;
    if (ts_recv > INT64_MAX || (r->ts_event != AS_TS_UNDEFINED && r->ts_event > INT64_MAX)) {
        n->counters.bad_time++;
        return false;
    }
    uint32_t entry = as_dbn_names_find(n->names, r->instrument, ts_recv);
    uint32_t instrument = entry == UINT32_MAX ? AS_INSTRUMENT_NONE : as_dbn_names_entry(n->names, entry)->instrument;
    if (instrument == AS_INSTRUMENT_NONE) {
        n->counters.unknown_symbol++;
        return false;
    }
    for (; n->book_count <= entry; n->book_count++)
        n->book[n->book_count].instrument = AS_INSTRUMENT_NONE;
    m->book = &n->book[entry];
    m->depth = &n->depth[entry];
    if (m->book->instrument != instrument)
        *m->book = (book_state){.instrument = instrument,
                                .book_type = TYPE_NONE,
                                .trade_type = TYPE_NONE,
                                .top_px = {AS_PX_UNDEFINED, AS_PX_UNDEFINED}};
    m->base = (as_event){.ts_event = r->ts_event == AS_TS_UNDEFINED ? ts_recv : r->ts_event,
                         .ts_recv = ts_recv,
                         .instrument = instrument,
                         .source = n->options.source};
    return true;
}

static void make(making *m)
{
    const as_dbn *r = m->record;
    switch (r->rtype) {
    case AS_DBN_MBO:
        if (begin(m))
            mbo(m);
        break;
    case AS_DBN_SYSTEM:
        m->n->counters.heartbeats += heartbeat(r);
        break;
    case AS_DBN_ERROR:
        break;
    case AS_DBN_SYMBOL_MAPPING:
        as_dbn_names_map(m->n->names, r);
        break;
    case AS_DBN_DEFINITION:
        as_dbn_names_define(m->n->names, r);
        break;
    case AS_DBN_IMBALANCE:
    case AS_DBN_STATISTICS:
        (void)begin(m); /* the instrument was met */
        break;
    case AS_DBN_STATUS:
        if (begin(m))
            status(m);
        break;
    case AS_DBN_OHLCV_OLD:
    case AS_DBN_OHLCV_1S:
    case AS_DBN_OHLCV_1M:
    case AS_DBN_OHLCV_1H:
    case AS_DBN_OHLCV_1D:
    case AS_DBN_OHLCV_EOD:
        if (begin(m))
            bar(m);
        break;
    default:
        if (begin(m))
            mbp(m);
        break;
    }
}

unsigned as_normalise_dbn(as_dbn_normaliser *normaliser, const as_dbn *record, as_event out[AS_DBN_EVENTS_MAX])
{
    as_dbn_normaliser *n = normaliser;
    making m; /* begin sets the rest */
    m.n = n;
    m.record = record;
    m.out = out;
    m.count = 0;
    n->counters.records++;
    n->counters.by_type[record->rtype]++;
    if (n->holding && (record->rtype != AS_DBN_MBO || record->instrument != n->held_id))
        m.count = release(n, out);
    make(&m);
    n->counters.events += m.count;
    return m.count;
}
