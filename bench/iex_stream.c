#include "bench/iex_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/decode/deep.h"
#include "feeds/decode/tops.h"
#include "feeds/le.h"

enum {
    TICKS = 64,      /* prices of a symbol's book */
    MID_MIN = 24,    /* the mid stays among them */
    MID_MAX = 40,
    WARM_LEVELS = 10,
    TICK_PX4 = 100,
    ROOM_STEP = 1 << 24
};

typedef struct maker_symbol {
    char name[8];
    int64_t base_px4;      /* of tick 0 */
    uint32_t mid;          /* ticks below it are bids, ticks above it asks */
    uint32_t shares[TICKS];/* DEEP: at each price */
} maker_symbol;

typedef struct maker {
    as_iex_stream *stream;
    maker_symbol *symbol;
    uint32_t symbol_count;
    size_t room;
    uint64_t seed;
    uint64_t left; /* messages to be made */
    int64_t ts_ns, trade_id;
    bool failed;
} maker;

static uint64_t next_random(maker *m)
{
    uint64_t z = (m->seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint32_t below(maker *m, uint32_t n)
{
    return (uint32_t)(next_random(m) % n);
}

static bool make_room(maker *m)
{
    as_iex_stream *s = m->stream;
    if (m->room - s->bytes >= 2 + AS_IEX_BYTES_MAX)
        return true;
    size_t room = m->room + m->room / 2 + ROOM_STEP;
    uint8_t *data = realloc(s->data, room);
    if (!data) {
        m->failed = true;
        return false;
    }
    s->data = data;
    m->room = room;
    return true;
}

static bool gives_event(char type)
{
    return memchr("Q85THOS", type, 7) != NULL;
}

static void put(maker *m, const as_iex *message)
{
    as_iex_stream *s = m->stream;
    if (!make_room(m))
        return;
    uint8_t *block = s->data + s->bytes;
    size_t n = s->format == AS_WIRE_TOPS ? as_tops_encode(message, block + 2, AS_IEX_BYTES_MAX)
                                         : as_deep_encode(message, block + 2, AS_IEX_BYTES_MAX);
    AS_ASSERT(n > 0);
    as_le16_put(block, (uint16_t)n);
    s->bytes += 2 + n;
    s->by_type[(uint8_t)message->type]++;
    s->event_count += gives_event(message->type);
    s->no_prints += message->type == 'T' && (message->flags & (AS_IEX_EXTENDED_HOURS | AS_IEX_ODD_LOT));
    s->incomplete += (message->type == '8' || message->type == '5') && !(message->flags & AS_IEX_EVENT_COMPLETE);
    m->left--;
}

static as_iex message_of(maker *m, char type, const maker_symbol *s, uint8_t flags)
{
    as_iex message = {.type = type, .flags = flags};
    m->ts_ns += 1 + below(m, 4000);
    message.ts_ns = m->ts_ns;
    memcpy(message.symbol, s->name, sizeof message.symbol);
    return message;
}

static void put_system(maker *m, char code)
{
    as_iex message = message_of(m, 'S', &m->symbol[0], (uint8_t)code);
    put(m, &message);
}

/* ---- what both feeds have ---- */

static void put_trade(maker *m, const maker_symbol *s, uint32_t tick, uint32_t shares)
{
    uint8_t flags = (uint8_t)((shares < 100 ? AS_IEX_ODD_LOT : 0) | (below(m, 3) ? 0 : AS_IEX_SWEEP) |
                              (below(m, 50) ? 0 : AS_IEX_EXTENDED_HOURS));
    as_iex t = message_of(m, 'T', s, flags);
    t.trade.px4 = s->base_px4 + TICK_PX4 * (int64_t)tick;
    t.trade.shares = shares;
    t.trade.trade_id = ++m->trade_id;
    put(m, &t);
}

/* States, reference data and auctions. */
static void put_rare(maker *m, const maker_symbol *s)
{
    static const char types[] = "HHHHOOPPPIDAAAAXB";
    char type = types[below(m, sizeof types - 1)];
    as_iex r = message_of(m, type, s, 0);
    int64_t px4 = s->base_px4 + TICK_PX4 * (int64_t)s->mid;
    switch (type) {
    case 'H':
        r.flags = below(m, 2) ? 'T' : 'H';
        memcpy(r.status.reason, r.flags == 'T' ? "    " : "T1  ", 4);
        break;
    case 'O':
        r.flags = below(m, 2) ? 'O' : 'N';
        break;
    case 'P':
        r.flags = (uint8_t)below(m, 2);
        r.short_sale.detail = r.flags ? 'A' : ' ';
        break;
    case 'I':
        r.flags = (uint8_t) " ABC"[below(m, 4)];
        break;
    case 'D':
        r.directory.round_lot = 100;
        r.directory.adjusted_px4 = px4;
        r.directory.luld_tier = 1;
        break;
    case 'A':
        r.flags = 'C';
        r.auction.paired = 100 * below(m, 100);
        r.auction.reference_px4 = r.auction.indicative_px4 = r.auction.book_px4 = r.auction.collar_px4 = px4;
        r.auction.lower_px4 = px4 - px4 / 10;
        r.auction.upper_px4 = px4 + px4 / 10;
        r.auction.imbalance = 100 * below(m, 50);
        r.auction.side = "BSN"[below(m, 3)];
        r.auction.scheduled_s = (uint32_t)(m->ts_ns / 1000000000);
        break;
    case 'X':
        r.flags = below(m, 2) ? 'Q' : 'M';
        r.official.px4 = px4;
        break;
    default: /* B: the latest trade */
        r.trade.px4 = px4;
        r.trade.shares = 100;
        r.trade.trade_id = m->trade_id;
        break;
    }
    put(m, &r);
}

static uint32_t choose_shares(maker *m)
{
    return below(m, 3) ? 100 * (1 + below(m, 9)) : 1 + below(m, 99);
}

/* ---- TOPS ---- */

static void put_quote(maker *m, const maker_symbol *s, bool empty)
{
    as_iex q = message_of(m, 'Q', s, 0);
    uint32_t wide = 1 + below(m, 3);
    if (!empty && below(m, 100)) {
        q.quote.bid_px4 = s->base_px4 + TICK_PX4 * (int64_t)(s->mid - wide);
        q.quote.bid_shares = choose_shares(m);
    }
    if (!empty && below(m, 100)) {
        q.quote.ask_px4 = s->base_px4 + TICK_PX4 * (int64_t)(s->mid + wide);
        q.quote.ask_shares = choose_shares(m);
    }
    put(m, &q);
}

static void tops_messages(maker *m, maker_symbol *s)
{
    uint32_t what = below(m, 1000);
    if (below(m, 50) == 0 && s->mid > MID_MIN && s->mid < MID_MAX)
        s->mid += below(m, 2) ? 1 : (uint32_t)-1;
    else if (s->mid == MID_MIN || s->mid == MID_MAX)
        s->mid = (MID_MIN + MID_MAX) / 2;
    if (what < 900)
        put_quote(m, s, false);
    else if (what < 995)
        put_trade(m, s, s->mid + below(m, 3) - 1, choose_shares(m));
    else
        put_rare(m, s);
}

/* ---- DEEP ---- */

static void put_level(maker *m, maker_symbol *s, uint32_t tick, uint32_t shares, bool complete)
{
    as_iex l = message_of(m, tick < s->mid ? '8' : '5', s, complete ? AS_IEX_EVENT_COMPLETE : 0);
    s->shares[tick] = shares;
    l.level.px4 = s->base_px4 + TICK_PX4 * (int64_t)tick;
    l.level.shares = shares;
    put(m, &l);
}

/* A tick with shares nearest to the mid; false if the side is empty. */
static bool best_tick(const maker_symbol *s, bool sell, uint32_t *tick)
{
    for (uint32_t away = 1; away <= (sell ? TICKS - 1 - s->mid : s->mid); away++) {
        *tick = sell ? s->mid + away : s->mid - away;
        if (s->shares[*tick])
            return true;
    }
    return false;
}

/* A trade at the best price and what it leaves there; a sweep takes the whole level first and goes on behind it. */
static bool take(maker *m, maker_symbol *s)
{
    bool sell = below(m, 2);
    bool sweep = below(m, 5) == 0 && m->left >= 4;
    uint32_t tick;
    if (m->left < 2 || !best_tick(s, sell, &tick))
        return false;
    uint32_t taken = sweep ? s->shares[tick] : 1 + below(m, s->shares[tick]);
    uint32_t rest = s->shares[tick] - taken;
    s->shares[tick] = 0;
    uint32_t behind = 0;
    sweep = sweep && best_tick(s, sell, &behind);
    put_trade(m, s, tick, taken);
    put_level(m, s, tick, rest, !sweep);
    if (sweep) {
        taken = 1 + below(m, s->shares[behind]);
        put_trade(m, s, behind, taken);
        put_level(m, s, behind, s->shares[behind] - taken, true);
    }
    return true;
}

/* The mid moves by a tick: the level that was there goes, and the other side steps up to it. */
static bool move(maker *m, maker_symbol *s)
{
    bool up = below(m, 2);
    if (m->left < 2 || s->mid == (up ? MID_MAX : MID_MIN))
        return false;
    uint32_t next = up ? s->mid + 1 : s->mid - 1;
    uint32_t left = s->mid;
    if (s->shares[next])
        put_level(m, s, next, 0, false);
    s->mid = next;
    put_level(m, s, left, choose_shares(m), true);
    return true;
}

static void change_level(maker *m, maker_symbol *s)
{
    uint32_t away = 1;
    while (away < MID_MIN - 1 && below(m, 4) != 0)
        away++;
    uint32_t tick = below(m, 2) ? s->mid + away : s->mid - away;
    bool remove = s->shares[tick] && below(m, 5) < 2;
    put_level(m, s, tick, remove ? 0 : choose_shares(m), true);
}

static void deep_messages(maker *m, maker_symbol *s)
{
    uint32_t what = below(m, 1000);
    if (what < 60 && take(m, s))
        return;
    if (what < 80 && move(m, s))
        return;
    if (what < 995)
        change_level(m, s);
    else
        put_rare(m, s);
}

/* ---- the stream ---- */

static maker_symbol *choose_symbol(maker *m)
{
    double u = (double)(next_random(m) >> 11) * 0x1p-53;
    return &m->symbol[(uint32_t)(u * u * (double)m->symbol_count)];
}

static int announce(maker *m, uint32_t number)
{
    maker_symbol *s = &m->symbol[number];
    uint32_t instrument;
    char text[16];
    (void)snprintf(text, sizeof text, "S%06u ", number % 1000000);
    memcpy(s->name, text, sizeof s->name);
    s->base_px4 = 200000 + (int64_t)TICK_PX4 * below(m, 40000);
    s->mid = (MID_MIN + MID_MAX) / 2;
    as_iex o = message_of(m, 'O', s, 'N');
    put(m, &o);
    as_iex h = message_of(m, 'H', s, 'T');
    memcpy(h.status.reason, "    ", sizeof h.status.reason);
    put(m, &h);
    if (m->stream->format == AS_WIRE_TOPS)
        put_quote(m, s, true);
    else
        for (uint32_t away = 1; away <= WARM_LEVELS; away++) {
            put_level(m, s, s->mid - away, choose_shares(m), true);
            put_level(m, s, s->mid + away, choose_shares(m), true);
        }
    return as_symbols_add(&m->stream->symbols, s->name, 7, &instrument);
}

static void make(maker *m, uint64_t message_count)
{
    as_iex_stream *s = m->stream;
    put_system(m, 'O');
    put_system(m, 'S');
    for (uint32_t i = 0; i < m->symbol_count && !m->failed; i++)
        AS_ASSERT(announce(m, i) == 0);
    put_system(m, 'R');
    s->warm_bytes = s->bytes;
    memset(s->by_type, 0, sizeof s->by_type);
    s->event_count = s->no_prints = s->incomplete = 0;
    for (m->left = message_count; m->left > 0 && !m->failed;)
        (s->format == AS_WIRE_TOPS ? tops_messages : deep_messages)(m, choose_symbol(m));
}

int as_iex_stream_init(as_iex_stream *stream, as_wire_format format, uint64_t seed, uint32_t symbol_count,
                       uint64_t message_count)
{
    AS_ASSERT(symbol_count >= 1 && symbol_count < AS_INSTRUMENT_MAX);
    AS_ASSERT(format == AS_WIRE_TOPS || format == AS_WIRE_DEEP);
    *stream = (as_iex_stream){.format = format, .message_count = message_count};
    maker m = {.stream = stream,
               .symbol_count = symbol_count,
               .seed = seed,
               .ts_ns = INT64_C(1782912600000000000),
               .symbol = calloc(symbol_count, sizeof *m.symbol)};
    m.failed = !m.symbol || as_symbols_init(&stream->symbols, symbol_count) < 0;
    if (!m.failed)
        make(&m, message_count);
    free(m.symbol);
    if (m.failed) {
        as_iex_stream_fini(stream);
        return -ENOMEM;
    }
    return 0;
}

void as_iex_stream_fini(as_iex_stream *stream)
{
    free(stream->data);
    as_symbols_fini(&stream->symbols);
    stream->data = NULL;
}
