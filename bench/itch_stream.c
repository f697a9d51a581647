#include "bench/itch_stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/be.h"
#include "feeds/decode/itch50_encode.h"

enum {
    LIVE_TARGET = 100, /* orders of a symbol; fewer: more adds, more: more deletions */
    LIVE_MAX = 200,
    YOUNG = 8,         /* what is changed is one of this many newest orders in two cases of three */
    TICK_PX4 = 100
};

typedef struct maker_order {
    uint64_t ref;
    uint32_t shares;
    uint32_t px4;
    char side;
} maker_order;

typedef struct maker_symbol {
    maker_order live[LIVE_MAX];
    uint32_t count;
    uint32_t mid_px4;
} maker_symbol;

typedef struct maker {
    as_itch_stream *stream;
    maker_symbol *symbol;
    uint32_t symbol_count;
    size_t room;
    uint64_t seed;
    uint64_t ref, match, ts_ns;
    uint64_t live;
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

static void put(maker *m, const as_itch50 *message)
{
    as_itch_stream *s = m->stream;
    AS_ASSERT(m->room - s->bytes >= 2 + AS_ITCH50_BYTES_MAX);
    size_t n = as_itch50_encode(message, s->data + s->bytes + 2, AS_ITCH50_BYTES_MAX);
    as_be16_put(s->data + s->bytes, (uint16_t)n);
    s->bytes += 2 + n;
}

static as_itch50 message_of(maker *m, char type, uint32_t symbol)
{
    m->ts_ns += 1 + below(m, 4000);
    return (as_itch50){.type = type, .locate = (uint16_t)(symbol + 1), .ts_ns = m->ts_ns};
}

/* Distance from the mid: near the best price mostly, sometimes far, now and then between two ticks. */
static uint32_t choose_px4(maker *m, const maker_symbol *s, char side)
{
    uint32_t ticks = 1;
    while (ticks < 120 && below(m, 8) != 0)
        ticks++;
    uint32_t away = ticks * TICK_PX4 - (below(m, 200) == 0 ? TICK_PX4 / 2 : 0);
    return side == 'B' ? s->mid_px4 - away : s->mid_px4 + away;
}

static void stock_of(uint32_t symbol, char stock[8])
{
    char text[16];
    (void)snprintf(text, sizeof text, "S%06u ", symbol % 1000000);
    memcpy(stock, text, 8);
}

static void add(maker *m, uint32_t symbol)
{
    maker_symbol *s = &m->symbol[symbol];
    char side = below(m, 2) ? 'B' : 'S';
    maker_order order = {
        .ref = ++m->ref, .shares = 100 * (1 + below(m, 9)), .px4 = choose_px4(m, s, side), .side = side};
    as_itch50 a = message_of(m, below(m, 20) ? 'A' : 'F', symbol);
    a.add.ref = order.ref;
    a.add.side = side;
    a.add.shares = order.shares;
    a.add.px4 = order.px4;
    memcpy(a.add.mpid, "TEST", 4);
    stock_of(symbol, a.add.stock);
    put(m, &a);
    s->live[s->count++] = order;
    m->live++;
    if (m->live > m->stream->order_max)
        m->stream->order_max = (uint32_t)m->live;
}

static void forget(maker *m, maker_symbol *s, uint32_t at)
{
    memmove(&s->live[at], &s->live[at + 1], (s->count - at - 1) * sizeof *s->live);
    s->count--;
    m->live--;
}

static void remove_order(maker *m, uint32_t symbol, uint32_t at)
{
    as_itch50 d = message_of(m, 'D', symbol);
    d.remove.ref = m->symbol[symbol].live[at].ref;
    put(m, &d);
    forget(m, &m->symbol[symbol], at);
}

static void replace(maker *m, uint32_t symbol, uint32_t at)
{
    maker_symbol *s = &m->symbol[symbol];
    maker_order order = s->live[at];
    as_itch50 u = message_of(m, 'U', symbol);
    u.replace.ref = order.ref;
    order.ref = u.replace.new_ref = ++m->ref;
    order.px4 = u.replace.px4 = choose_px4(m, s, order.side);
    order.shares = u.replace.shares = 100 * (1 + below(m, 9));
    put(m, &u);
    forget(m, s, at);
    s->live[s->count++] = order;
    m->live++;
}

/* Execute or reduce: a part, or an executed order as a whole. */
static void shrink(maker *m, uint32_t symbol, uint32_t at, char type)
{
    maker_order *order = &m->symbol[symbol].live[at];
    uint32_t shares = below(m, 2) ? order->shares : order->shares / 2;
    as_itch50 e = message_of(m, type, symbol);
    if (type == 'X') {
        shares = order->shares / 2;
        e.cancel.ref = order->ref;
        e.cancel.shares = shares;
    } else {
        e.execute.ref = order->ref;
        e.execute.shares = shares;
        e.execute.match = ++m->match;
        e.execute.px4 = order->px4;
        e.execute.printable = 'Y';
    }
    put(m, &e);
    order->shares -= shares;
    if (order->shares == 0)
        forget(m, &m->symbol[symbol], at);
}

static void trade(maker *m, uint32_t symbol)
{
    as_itch50 p = message_of(m, 'P', symbol);
    p.trade.shares = 100;
    p.trade.side = 'B';
    p.trade.px4 = m->symbol[symbol].mid_px4;
    p.trade.match = ++m->match;
    stock_of(symbol, p.trade.stock);
    put(m, &p);
}

static uint32_t choose_symbol(maker *m)
{
    double u = (double)(next_random(m) >> 11) * 0x1p-53;
    return (uint32_t)(u * u * (double)m->symbol_count);
}

static void one_message(maker *m)
{
    uint32_t symbol = choose_symbol(m);
    maker_symbol *s = &m->symbol[symbol];
    if (below(m, 50) == 0)
        s->mid_px4 += TICK_PX4 * below(m, 3) - TICK_PX4;
    uint32_t what = below(m, 1000);
    uint32_t reach = below(m, 3) && s->count > YOUNG ? YOUNG : s->count;
    uint32_t at = s->count ? s->count - 1 - below(m, reach) : 0;
    if (s->count == 0 || (what < 840 && s->count < LIVE_MAX - 1 && below(m, 2 * LIVE_TARGET) >= s->count))
        add(m, symbol);
    else if (what < 840)
        remove_order(m, symbol, at);
    else if (what < 920)
        replace(m, symbol, at);
    else if (what < 970)
        shrink(m, symbol, at, what < 968 ? 'E' : 'C');
    else if (what < 990 && s->live[at].shares > 1)
        shrink(m, symbol, at, 'X');
    else
        trade(m, symbol);
}

static int announce(maker *m, uint32_t symbol)
{
    as_itch50 r = message_of(m, 'R', symbol);
    as_itch50 h = message_of(m, 'H', symbol);
    uint32_t instrument;
    char stock[8];
    stock_of(symbol, stock);
    memcpy(r.directory.stock, stock, 8);
    memcpy(h.action.stock, stock, 8);
    h.action.state = 'T';
    put(m, &r);
    put(m, &h);
    m->symbol[symbol].mid_px4 = 200000 + TICK_PX4 * below(m, 40000);
    return as_symbols_add(&m->stream->symbols, stock, 7, &instrument);
}

int as_itch_stream_init(as_itch_stream *stream, uint64_t seed, uint32_t symbol_count, uint64_t message_count)
{
    AS_ASSERT(symbol_count >= 1 && symbol_count < AS_INSTRUMENT_MAX);
    *stream = (as_itch_stream){.message_count = message_count};
    uint64_t warm_count = (uint64_t)symbol_count * (2 + LIVE_TARGET);
    maker m = {.stream = stream, .symbol_count = symbol_count, .seed = seed, .ts_ns = UINT64_C(34200000000000)};
    m.room = (size_t)(warm_count + message_count + 1) * (2 + AS_ITCH50_BYTES_MAX);
    m.symbol = calloc(symbol_count, sizeof *m.symbol);
    stream->data = malloc(m.room);
    if (!m.symbol || !stream->data || as_symbols_init(&stream->symbols, symbol_count) < 0) {
        free(m.symbol);
        as_itch_stream_fini(stream);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < symbol_count; i++)
        AS_ASSERT(announce(&m, i) == 0);
    for (uint32_t i = 0; i < symbol_count * LIVE_TARGET; i++)
        add(&m, i % symbol_count);
    stream->warm_bytes = stream->bytes;
    for (uint64_t i = 0; i < message_count; i++)
        one_message(&m);
    free(m.symbol);
    return 0;
}

void as_itch_stream_fini(as_itch_stream *stream)
{
    free(stream->data);
    as_symbols_fini(&stream->symbols);
    stream->data = NULL;
}
