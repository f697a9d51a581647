/*
 * Normalising: a source's decoded messages to as_event.
 *
 * One as_normaliser a feed holds what ITCH spreads over messages: which instrument a stock_locate is (announced by
 * R, or by H where R was missed), what trading state it is in, and the midnight its stamps count from. A name that
 * has been announced but has no H yet is halted until H says otherwise (PROTOCOLS A1): R gives a STATUS event
 * saying so. The effective state is the stricter of the regulator's (H) and the operational halt (h).
 *
 *   A F -> ORDER_ADD       E -> ORDER_EXECUTE (the order's own price)   C -> ORDER_EXECUTE at a price, NO_PRINT if so
 *   X -> ORDER_REDUCE      D -> ORDER_DELETE                            U -> ORDER_REPLACE
 *   P Q -> TRADE           R H h -> STATUS                              S -> SESSION
 *   everything else is counted by type and gives no event.
 *
 * Messages are not judged beyond what an event can express: an order of no shares or unknown reference is the book's to
 * refuse. A price of 0, or that of an order on neither side, becomes AS_PX_UNDEFINED, which the book refuses. A stamp
 * beyond 24 h is replaced by the receive time (with trust_r: by the end of the day). All of it is counted.
 *
 * Prices: Price(4) times 1e5 gives 1e-9 units. Trades carry no aggressor: P's side has no information (always B).
 * Threads: the feed's. Memory: 320 KiB, allocated at init. Cost: O(1).
 */
#ifndef AS_FEEDS_NORMALISE_H
#define AS_FEEDS_NORMALISE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/symbols.h"
#include "feeds/decode/itch50.h"

#define AS_LOCATE_COUNT 65536u

typedef struct as_normaliser_options {
    const as_symbols *symbols; /* must outlive the normaliser; may grow between calls */
    uint64_t midnight_ns;      /* ns UTC of local midnight of the session's date in the exchange's zone */
    uint16_t source;           /* as_event.source */
    bool trust_r;              /* ts_recv := ts_event: the receive time comes from the data */
} as_normaliser_options;

typedef struct as_normaliser_counters {
    uint64_t by_type[256];     /* messages by the type's byte */
    uint64_t events;
    uint64_t unknown_symbol;   /* events dropped: the stock is not in the universe */
    uint64_t unknown_locate;   /* events dropped: the locate was never announced */
    uint64_t bad_ts;           /* stamps beyond 24 h */
    uint64_t bad_px;           /* prices of 0 where a price is due */
    uint64_t bad_code;         /* side, state or phase that the specification does not know */
    uint64_t empty_trades;     /* P and Q of no shares or no price: a cross that did not happen */
} as_normaliser_counters;

typedef struct as_normaliser {
    as_normaliser_options options;
    uint32_t *instrument;      /* [AS_LOCATE_COUNT]: instrument, or one of two marks */
    uint8_t *state;            /* [AS_LOCATE_COUNT]: as_trading_state of H, and whether h has halted it */
    as_normaliser_counters counters;
} as_normaliser;

/* 0 or -ENOMEM. */
int as_normaliser_init(as_normaliser *normaliser, const as_normaliser_options *options);
void as_normaliser_fini(as_normaliser *normaliser);

/* A new session of the source (new MoldUDP64 session, next file): locates and states are void. Counters go on. */
void as_normaliser_reset(as_normaliser *normaliser, uint64_t midnight_ns);

/*
 * Number of events written to *out: 0 (its content is then unspecified) or 1. Every byte of an event is set.
 * ts_recv: of the packet, ns UTC; not used with trust_r.
 */
int as_normalise_itch50(as_normaliser *normaliser, const as_itch50 *message, uint64_t ts_recv, as_event *out);

/*
 * as_itch50_decode and as_normalise_itch50 in one, the same in result, events and counters. What a book by order is
 * made of (A F E C X D U), nearly all of a day, takes a short way without a branch on the type. *result is decode's.
 */
int as_normalise_itch50_bytes(as_normaliser *normaliser, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                              as_event *out, as_itch50_result *result);

#endif
