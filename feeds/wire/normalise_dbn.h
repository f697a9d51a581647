/*
 * Normalising Databento DBN: decoded records to as_event.
 *
 *   mbo          A -> ORDER_ADD   C -> ORDER_REDUCE by its size   M -> ORDER_REPLACE under the same reference
 *                R -> CLEAR       T -> TRADE                      F N -> nothing
 *                all but the last of an instrument's transaction carry AS_EVENT_MORE (see below)
 *                with TOB: LEVEL events that make the price the only one of its side (no price: the side is empty)
 *                with MBP: A M -> LEVEL, C -> LEVEL of no quantity
 *   mbp-10       LEVEL events that turn the ten levels before into the ten of the record, AS_EVENT_MORE on all but the
 *                last; CLEAR first where what was before is not known. T -> TRADE before them
 *   mbp-1 cmbp-1 T -> TRADE, and always QUOTE      bbo-1s bbo-1m cbbo-1s cbbo-1m -> QUOTE as of ts_recv
 *   tcbbo        TRADE and QUOTE                   trades -> TRADE
 *   ohlcv        BAR; DBN stamps the START, the event its end          status -> STATUS
 *   symbol mapping and definition give names (dbn_names.h); everything else is counted by type and gives no event.
 *
 * M always gives REPLACE: a book of price levels cannot tell an order that kept its place from one that lost it.
 * A record of level or quote types is a whole picture, so it ends its own events whether it says LAST or not. In mbo
 * LAST may stand on a record that gives no event (F, N); therefore the latest book event of an open transaction is held
 * back until the next record shows whether more follow. as_dbn_flush delivers it at the end of the stream.
 *
 * MAYBE_BAD_BOOK: a GAP event of the source when an instrument's records begin to say so; quotes and levels that say so
 * are not used, orders go to the book, which is distrusted until CLEAR. GAP's numbers are the record's sequence: how
 * much was lost is not known. The sequence numbers of DBN are those of the publisher's messages and have holes by
 * nature; none is reported as a gap.
 *
 * A book has one source: of several record types that make books or quotes of an instrument, and of several publishers,
 * the first one met is followed; trades likewise come from the first type that brought one, from all publishers. The
 * rest is counted.
 *
 * Times: ts_recv of the record, its ts_event where there is none, and the reverse. Prices may be negative; an order
 * without a price or side has AS_PX_UNDEFINED, which the book refuses. Undefined quantities are 0.
 *
 * Threads: the feed's. Memory: 24 MiB of address space at new, touched as instruments are met, and dbn_names.h's.
 * as_normalise_dbn: no allocation, lock, system call or clock; O(1).
 */
#ifndef AS_FEEDS_NORMALISE_DBN_H
#define AS_FEEDS_NORMALISE_DBN_H

#include <stdint.h>

#include "core/event.h"
#include "feeds/wire/dbn_names.h"
#include "feeds/decode/dbn.h"
#include "feeds/decode/dbn_metadata.h"

/* Events of one record: one held back, GAP, TRADE, CLEAR, and each of 20 levels before and after. */
enum { AS_DBN_EVENTS_MAX = 4 + 4 * AS_DBN_LEVEL_MAX };

typedef struct as_dbn_normaliser_options {
    as_dbn_names_options names;
    uint16_t source; /* as_event.source */
} as_dbn_normaliser_options;

typedef struct as_dbn_normaliser_counters {
    uint64_t by_type[256]; /* records by rtype */
    uint64_t records;
    uint64_t events;
    uint64_t heartbeats;      /* of the live gateway */
    uint64_t unknown_symbol;  /* records that gave no event: the name is not in the universe */
    uint64_t bad_time;        /* records without any stamp, or beyond 2^63 - 1: no event */
    uint64_t bad_side;        /* orders on neither side */
    uint64_t bad_action;      /* actions that the specification does not know */
    uint64_t bad_interval;    /* bars whose duration is not said */
    uint64_t empty_trade;     /* trades of no quantity or no price */
    uint64_t maybe_bad_book;  /* records that say so */
    uint64_t bad_ts_recv;     /* records that say so, snapshots aside */
    uint64_t other_publisher; /* book records of a publisher that is not followed */
    uint64_t other_schema;    /* book records or trades of a type that is not followed */
    uint64_t mode_change;     /* an instrument's orders became levels or the reverse: its book is cleared */
} as_dbn_normaliser_counters;

typedef struct as_dbn_normaliser as_dbn_normaliser;

/* 0 or -ENOMEM. */
int as_dbn_normaliser_new(const as_dbn_normaliser_options *options, as_dbn_normaliser **normaliser);
void as_dbn_normaliser_free(as_dbn_normaliser *normaliser); /* NULL is allowed */

/* Metadata begin (for a fragment: none of them, schema AS_DBN_SCHEMA_MIXED): names and books' states are void. */
void as_dbn_normaliser_begin(as_dbn_normaliser *normaliser, const as_dbn_metadata *metadata);

/* For the mappings of the metadata: as_dbn_names_add, then as_dbn_names_ready. */
as_dbn_names *as_dbn_normaliser_names(as_dbn_normaliser *normaliser);

/* Events of one record into out; how many. Every byte of an event is set. */
unsigned as_normalise_dbn(as_dbn_normaliser *normaliser, const as_dbn *record, as_event out[AS_DBN_EVENTS_MAX]);

/* The stream has ended, or is idle: the event held back, 0 or 1. It carries AS_EVENT_MORE: its transaction is open. */
unsigned as_dbn_flush(as_dbn_normaliser *normaliser, as_event *out);

const as_dbn_normaliser_counters *as_dbn_normaliser_counters_get(const as_dbn_normaliser *normaliser);

#endif
