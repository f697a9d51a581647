/*
 * A generated day three times: the mbo stream of bench/dbn_stream.h, and the mbp-10 and mbp-1 streams that code of this
 * test's own makes of it. The book by order, the book by level and the quotes must agree after every record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bench/dbn_stream.h"
#include "core/book.h"
#include "feeds/decode/dbn_encode.h"
#include "feeds/le.h"
#include "feeds/wire/normalise_dbn.h"

enum { SYMBOLS = 5, RECORDS = 40000, ORDERS_MAX = 256, DEPTH = 10, MBO_BYTES = 56, MBP10_BYTES = 368, MBP1_BYTES = 80 };

/* ---- an independent book: a list of orders, searched from one end to the other ---- */

typedef struct plain_order {
    uint64_t id;
    int64_t px;
    uint32_t qty;
    char side;
} plain_order;

typedef struct plain_book {
    plain_order order[ORDERS_MAX];
    unsigned count;
} plain_book;

static void plain_apply(plain_book *book, char action, plain_order o)
{
    unsigned i = 0;
    while (i < book->count && book->order[i].id != o.id)
        i++;
    if (action == 'R')
        book->count = 0;
    else if (action == 'A')
        book->order[book->count++] = o;
    else if (action == 'M')
        book->order[i] = o;
    else if (action == 'C' && (book->order[i].qty -= o.qty) == 0)
        book->order[i] = book->order[--book->count];
    assert_true(book->count < ORDERS_MAX);
}

typedef struct plain_level {
    int64_t px;
    uint32_t qty, orders;
} plain_level;

/* The next level behind px on a side. */
static plain_level plain_next(const plain_book *book, char side, int64_t px, bool first)
{
    plain_level best = {.px = AS_PX_UNDEFINED};
    for (unsigned i = 0; i < book->count; i++) {
        const plain_order *o = &book->order[i];
        bool behind = first || (side == 'B' ? o->px < px : o->px > px);
        if (o->side != side || !behind)
            continue;
        bool better = best.orders == 0 || (side == 'B' ? o->px > best.px : o->px < best.px);
        if (better)
            best = (plain_level){.px = o->px};
        if (o->px == best.px) {
            best.qty += o->qty;
            best.orders++;
        }
    }
    return best;
}

static void plain_levels(const plain_book *book, char side, plain_level level[DEPTH])
{
    for (unsigned i = 0; i < DEPTH; i++)
        if (i && level[i - 1].orders == 0)
            level[i] = level[i - 1];
        else
            level[i] = plain_next(book, side, i ? level[i - 1].px : 0, i == 0);
}

/* ---- streams made of it, byte by byte after PROTOCOLS A7 ---- */

static void put_level(uint8_t *at, const plain_level *bid, const plain_level *ask)
{
    as_le64_put(at, (uint64_t)bid->px);
    as_le64_put(at + 8, (uint64_t)ask->px);
    as_le32_put(at + 16, bid->qty);
    as_le32_put(at + 20, ask->qty);
    as_le32_put(at + 24, bid->orders);
    as_le32_put(at + 28, ask->orders);
}

/* An mbo record and the levels after it as a record of so many levels. */
static void put_levels(uint8_t *out, const uint8_t *mbo, uint8_t rtype, unsigned levels, const plain_level *bid,
                       const plain_level *ask)
{
    memset(out, 0, 48);
    memcpy(out, mbo, 16);
    out[0] = (uint8_t)((48 + 32 * levels) / 4);
    out[1] = rtype;
    memcpy(out + 16, mbo + 24, 12); /* price and size */
    out[28] = mbo[38];
    out[29] = mbo[39];
    out[30] = mbo[36];
    memcpy(out + 32, mbo + 40, 8); /* ts_recv */
    memcpy(out + 44, mbo + 52, 4); /* sequence */
    for (unsigned i = 0; i < levels; i++)
        put_level(out + 48 + 32 * i, &bid[i], &ask[i]);
}

/* ---- three ways to the same book ---- */

typedef struct way {
    as_dbn_normaliser *normaliser;
    as_book_set *books;
    as_event event[AS_DBN_EVENTS_MAX];
    unsigned count;
} way;

static as_dbn_stream stream;
static way by_order, by_level, by_quote;
static plain_book plain[SYMBOLS];

static void way_init(way *w)
{
    const as_dbn_normaliser_options options = {.names = {.symbols = &stream.symbols}};
    as_dbn_metadata metadata;
    as_dbn_interval interval;
    as_dbn_walk walk;
    size_t at = 112, consumed;
    assert_int_equal(as_dbn_normaliser_new(&options, &w->normaliser), 0);
    assert_int_equal(as_book_set_new(SYMBOLS, SYMBOLS * ORDERS_MAX, &w->books), 0);
    assert_int_equal(as_dbn_metadata_decode(stream.data, stream.bytes, &metadata), AS_DBN_METADATA_OK);
    as_dbn_normaliser_begin(w->normaliser, &metadata);
    as_dbn_walk_init(&walk, &metadata);
    while (as_dbn_walk_next(&walk, stream.data + at, stream.bytes - at, &consumed, &interval) > 0) {
        assert_int_equal(as_dbn_names_add(as_dbn_normaliser_names(w->normaliser), &interval), 0);
        at += consumed;
    }
    as_dbn_names_ready(as_dbn_normaliser_names(w->normaliser));
}

static void way_fini(way *w)
{
    as_book_set_free(w->books);
    as_dbn_normaliser_free(w->normaliser);
}

static void take(way *w, const uint8_t *record, size_t record_bytes)
{
    const as_dbn_layout layout = {.version = 3};
    as_dbn decoded;
    assert_int_equal(as_dbn_decode(&layout, record, record_bytes, &decoded), AS_DBN_OK);
    w->count = as_normalise_dbn(w->normaliser, &decoded, w->event);
    for (unsigned i = 0; i < w->count; i++)
        if (w->event[i].kind != AS_EVENT_TRADE && w->event[i].kind != AS_EVENT_QUOTE)
            assert_true(as_book_apply(w->books, &w->event[i]) >= 0);
}

static void compare(const as_book_set *books, uint32_t instrument, bool sell, const plain_level *want, bool ten)
{
    uint32_t depth = as_book_depth(books, instrument, sell), n = 0;
    for (; n < DEPTH && want[n].orders; n++) {
        as_book_level have;
        assert_true(as_book_level_at(books, instrument, sell, n, &have));
        assert_int_equal(have.px, want[n].px);
        assert_int_equal(have.qty, want[n].qty);
    }
    assert_true(ten || n == DEPTH ? depth >= n : depth == n);
    if (ten)
        assert_int_equal(depth, n);
}

static void compare_quote(const way *w, const plain_level *bid, const plain_level *ask)
{
    const as_event *quote = &w->event[w->count - 1];
    assert_true(w->count >= 1);
    assert_int_equal(quote->kind, AS_EVENT_QUOTE);
    assert_true(quote->quote.bid_px == bid->px && quote->quote.bid_qty == bid->qty);
    assert_true(quote->quote.ask_px == ask->px && quote->quote.ask_qty == ask->qty);
}

static void one_record(const uint8_t *mbo)
{
    uint8_t ten[MBP10_BYTES], one[MBP1_BYTES];
    plain_level bid[DEPTH], ask[DEPTH];
    uint32_t instrument = as_le32(mbo + 4) - 1;
    plain_order order = {
        .id = as_le64(mbo + 16), .px = (int64_t)as_le64(mbo + 24), .qty = as_le32(mbo + 32), .side = (char)mbo[39]};
    plain_apply(&plain[instrument], (char)mbo[38], order);
    plain_levels(&plain[instrument], 'B', bid);
    plain_levels(&plain[instrument], 'A', ask);
    put_levels(ten, mbo, 0x0a, DEPTH, bid, ask);
    put_levels(one, mbo, 0x01, 1, bid, ask);
    take(&by_order, mbo, MBO_BYTES);
    take(&by_level, ten, sizeof ten);
    take(&by_quote, one, sizeof one);
    if (!(mbo[36] & AS_DBN_FLAG_LAST) && mbo[38] != 'T' && mbo[38] != 'F')
        return; /* of the snapshot: R, held back */
    compare(by_order.books, instrument, false, bid, false);
    compare(by_order.books, instrument, true, ask, false);
    compare(by_level.books, instrument, false, bid, true);
    compare(by_level.books, instrument, true, ask, true);
    compare_quote(&by_quote, bid, ask);
    assert_int_equal(as_book_order_count(by_order.books, instrument), plain[instrument].count);
}

static void the_day_is_the_same_by_order_by_level_and_by_quote(void **state)
{
    (void)state;
    const uint64_t seed = 20260701;
    print_message("seed %llu\n", (unsigned long long)seed);
    assert_int_equal(as_dbn_stream_init(&stream, seed, SYMBOLS, RECORDS), 0);
    way_init(&by_order);
    way_init(&by_level);
    way_init(&by_quote);
    size_t at = stream.records_at;
    uint64_t records = 0;
    for (; at < stream.bytes; at += MBO_BYTES, records++)
        one_record(stream.data + at);
    assert_int_equal(records, RECORDS + SYMBOLS * 101);
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        assert_false(as_book_inconsistent(by_order.books, i));
        assert_false(as_book_inconsistent(by_level.books, i));
    }
    assert_int_equal(as_book_counters_get(by_level.books)->absent_levels, 0);
    way_fini(&by_order);
    way_fini(&by_level);
    way_fini(&by_quote);
    as_dbn_stream_fini(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_day_is_the_same_by_order_by_level_and_by_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
