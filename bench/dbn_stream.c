#include "bench/dbn_stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/event.h"
#include "feeds/decode/dbn_encode.h"

enum {
    LIVE_TARGET = 100, /* orders of a symbol; fewer: more adds, more: more cancellations */
    LIVE_MAX = 200,
    YOUNG = 8, /* what is changed is one of this many newest orders in two cases of three */
    MBO_BYTES = 56,
    EXECUTION_RECORDS = 3,
    METADATA_BYTES = 512,
    MAPPING_BYTES = 256, /* more than a mapping and its symbol need */
    PUBLISHER = 1,
    START_DATE = 20260701,
    END_DATE = 20260702
};

#define TICK_PX INT64_C(10000000)                     /* 0.01 */
#define START_NS (UINT64_C(1782864000) * AS_NS_PER_S) /* 2026-07-01 00:00 UTC */

typedef struct maker_order {
    uint64_t id;
    int64_t px;
    uint32_t qty;
    char side;
} maker_order;

typedef struct maker_symbol {
    maker_order live[LIVE_MAX];
    uint32_t count;
    int64_t mid_px;
} maker_symbol;

typedef struct maker {
    as_dbn_stream *stream;
    maker_symbol *symbol;
    uint32_t symbol_count;
    size_t room;
    uint64_t seed, order_id, ts_ns, live, records;
    uint32_t sequence;
    uint8_t flags;
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

static void put(maker *m, uint32_t symbol, char action, const maker_order *order, uint32_t qty, uint8_t flags)
{
    static const as_dbn_layout layout = {.version = AS_DBN_VERSION_MAX};
    as_dbn_stream *s = m->stream;
    m->ts_ns += 1 + below(m, 4000);
    as_dbn r = {.rtype = AS_DBN_MBO,
                .publisher = PUBLISHER,
                .instrument = symbol + 1,
                .ts_event = m->ts_ns,
                .ts_recv = m->ts_ns + 20000,
                .mbo = {.order_id = order->id,
                        .px = order->px,
                        .qty = qty,
                        .sequence = ++m->sequence,
                        .flags = (uint8_t)(flags | m->flags),
                        .action = action,
                        .side = order->side}};
    size_t bytes = as_dbn_encode(&layout, &r, s->data + s->bytes, m->room - s->bytes);
    AS_ASSERT(bytes == MBO_BYTES);
    s->bytes += bytes;
    m->records++;
}

/* Distance from the mid: near the best price mostly, sometimes far, now and then between two ticks. */
static int64_t choose_px(maker *m, const maker_symbol *s, char side)
{
    int64_t ticks = 1;
    while (ticks < 120 && below(m, 8) != 0)
        ticks++;
    int64_t away = ticks * TICK_PX - (below(m, 200) == 0 ? TICK_PX / 2 : 0);
    return side == 'B' ? s->mid_px - away : s->mid_px + away;
}

static void add(maker *m, uint32_t symbol)
{
    maker_symbol *s = &m->symbol[symbol];
    char side = below(m, 2) ? 'B' : 'A';
    maker_order order = {.id = ++m->order_id, .px = choose_px(m, s, side), .qty = 1 + below(m, 20), .side = side};
    put(m, symbol, 'A', &order, order.qty, AS_DBN_FLAG_LAST);
    s->live[s->count++] = order;
    m->live++;
    if (m->live > m->stream->order_max)
        m->stream->order_max = (uint32_t)m->live;
}

/* Take qty from an order; nothing left: it is gone. */
static void take(maker *m, maker_symbol *s, uint32_t at, uint32_t qty)
{
    s->live[at].qty -= qty;
    if (s->live[at].qty)
        return;
    memmove(&s->live[at], &s->live[at + 1], (s->count - at - 1) * sizeof *s->live);
    s->count--;
    m->live--;
}

static void cancel(maker *m, uint32_t symbol, uint32_t at)
{
    maker_symbol *s = &m->symbol[symbol];
    uint32_t qty = below(m, 20) ? s->live[at].qty : 1;
    put(m, symbol, 'C', &s->live[at], qty, AS_DBN_FLAG_LAST);
    take(m, s, at, qty);
}

/* A new price, or a new quantity at the old one. */
static void modify(maker *m, uint32_t symbol, uint32_t at)
{
    maker_symbol *s = &m->symbol[symbol];
    maker_order *order = &s->live[at];
    if (below(m, 3))
        order->px = choose_px(m, s, order->side);
    else
        order->qty = 1 + below(m, 20);
    put(m, symbol, 'M', order, order->qty, AS_DBN_FLAG_LAST);
}

static void execute(maker *m, uint32_t symbol, uint32_t at)
{
    maker_symbol *s = &m->symbol[symbol];
    maker_order resting = s->live[at], aggressor = resting;
    uint32_t qty = below(m, 2) ? resting.qty : 1;
    aggressor.id = 0;
    aggressor.side = resting.side == 'B' ? 'A' : 'B';
    put(m, symbol, 'T', &aggressor, qty, 0);
    put(m, symbol, 'F', &resting, qty, 0);
    put(m, symbol, 'C', &resting, qty, AS_DBN_FLAG_LAST);
    take(m, s, at, qty);
}

static uint32_t choose_symbol(maker *m)
{
    double u = (double)(next_random(m) >> 11) * 0x1p-53;
    return (uint32_t)(u * u * (double)m->symbol_count);
}

/* One transaction of at most left records. */
static void transaction(maker *m, uint64_t left)
{
    uint32_t symbol = choose_symbol(m);
    maker_symbol *s = &m->symbol[symbol];
    if (below(m, 50) == 0)
        s->mid_px += TICK_PX * ((int64_t)below(m, 3) - 1);
    uint32_t what = below(m, 1000);
    uint32_t reach = below(m, 3) && s->count > YOUNG ? YOUNG : s->count;
    uint32_t at = s->count ? s->count - 1 - below(m, reach) : 0;
    if (s->count == 0 || (what < 900 && s->count < LIVE_MAX - 1 && below(m, 2 * LIVE_TARGET) >= s->count))
        add(m, symbol);
    else if (what < 900)
        cancel(m, symbol, at);
    else if (what < 980 || left < EXECUTION_RECORDS)
        modify(m, symbol, at);
    else
        execute(m, symbol, at);
}

static int put_metadata(maker *m)
{
    as_dbn_stream *s = m->stream;
    as_dbn_interval *interval = calloc(m->symbol_count, sizeof *interval);
    as_dbn_metadata metadata = {.version = AS_DBN_VERSION_MAX,
                                .stype_in = AS_DBN_STYPE_RAW_SYMBOL,
                                .stype_out = AS_DBN_STYPE_INSTRUMENT_ID,
                                .start = START_NS,
                                .end = START_NS + AS_NS_PER_DAY,
                                .dataset = "TEST.MBO"};
    if (!interval)
        return -ENOMEM;
    for (uint32_t i = 0; i < m->symbol_count; i++) {
        uint32_t instrument;
        interval[i].start_date = START_DATE;
        interval[i].end_date = END_DATE;
        (void)snprintf(interval[i].in, sizeof interval[i].in, "S%06u", i);
        (void)snprintf(interval[i].out, sizeof interval[i].out, "%u", i + 1);
        AS_ASSERT(as_symbols_add(&s->symbols, interval[i].in, strlen(interval[i].in), &instrument) == 0);
    }
    s->bytes = s->records_at = as_dbn_metadata_encode(&metadata, interval, m->symbol_count, s->data, m->room);
    AS_ASSERT(s->bytes > 0);
    free(interval);
    return 0;
}

static void put_snapshot(maker *m)
{
    static const maker_order none = {.px = AS_PX_UNDEFINED, .side = 'N'};
    m->flags = AS_DBN_FLAG_SNAPSHOT;
    for (uint32_t i = 0; i < m->symbol_count; i++) {
        m->symbol[i].mid_px = TICK_PX * (2000 + below(m, 40000));
        put(m, i, 'R', &none, 0, 0);
        for (unsigned k = 0; k < LIVE_TARGET; k++)
            add(m, i);
    }
    m->flags = 0;
}

int as_dbn_stream_init(as_dbn_stream *stream, uint64_t seed, uint32_t symbol_count, uint64_t record_count)
{
    AS_ASSERT(symbol_count >= 1 && symbol_count < AS_INSTRUMENT_MAX);
    *stream = (as_dbn_stream){.record_count = record_count};
    uint64_t warm_count = (uint64_t)symbol_count * (1 + LIVE_TARGET);
    maker m = {.stream = stream, .symbol_count = symbol_count, .seed = seed, .ts_ns = START_NS + AS_NS_PER_HOUR};
    m.room = METADATA_BYTES + (size_t)symbol_count * MAPPING_BYTES + (size_t)(warm_count + record_count) * MBO_BYTES;
    m.symbol = calloc(symbol_count, sizeof *m.symbol);
    stream->data = malloc(m.room);
    if (!m.symbol || !stream->data || as_symbols_init(&stream->symbols, symbol_count) < 0 || put_metadata(&m) < 0) {
        free(m.symbol);
        as_dbn_stream_fini(stream);
        return -ENOMEM;
    }
    put_snapshot(&m);
    stream->warm_bytes = stream->bytes;
    m.records = 0;
    while (m.records < record_count)
        transaction(&m, record_count - m.records);
    free(m.symbol);
    return 0;
}

void as_dbn_stream_fini(as_dbn_stream *stream)
{
    free(stream->data);
    as_symbols_fini(&stream->symbols);
    stream->data = NULL;
}
