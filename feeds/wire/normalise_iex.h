/*
 * Normalising IEX: decoded messages of TOPS and DEEP to as_event.
 *
 *   Q -> QUOTE; a side of no price and no shares is undefined, and so are both while the symbol is UNAVAILABLE
 *   T -> TRADE; NO_PRINT unless it may set the last sale price: neither in extended hours nor an odd lot
 *   8 5 -> LEVEL (5: SELL); MORE until the event is complete
 *   H O -> STATUS           S -> SESSION, R (regular hours begin) as AS_PHASE_START_MARKET
 *   D -> STATUS (halted) if nothing is known of the symbol yet, otherwise nothing
 *   B (a trade is broken; no price or book changes), X A P I E are counted by type and give no event.
 *
 * The effective state of a symbol is the stricter of the trading status (H) and the operational halt (O). A symbol
 * that has been announced, by D or by O, but has no H yet is halted until H says otherwise: IEX says that absence
 * from the spin of H before the open means just that. Order acceptance (H's O) is quote_only: orders are taken,
 * none is executed.
 *
 * Every message has its symbol in it, 8 bytes: a table from these bytes to the instrument saves the hashing of text. It
 * holds every symbol of the universe and up to AS_IEX_FOREIGN_MAX others; further ones are looked up again each time.
 *
 * Prices: 1e-4 units times 1e5. One that is 0, negative or too large where a price is due becomes AS_PX_UNDEFINED
 * and is counted; a book refuses such a level, and a trade without a price is dropped. A stamp that is not after
 * 1970 is replaced by the receive time (with trust_r: by the latest good stamp, if there is one). Trades carry no
 * aggressor.
 *
 * Threads: the feed's. Memory: 16 bytes a slot, up to 2 MiB, allocated at init and touched as it is used. Cost: O(1).
 */
#ifndef AS_FEEDS_NORMALISE_IEX_H
#define AS_FEEDS_NORMALISE_IEX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/symbols.h"
#include "feeds/decode/iex.h"

enum { AS_IEX_FOREIGN_MAX = 16384 }; /* symbols outside the universe that are remembered; IEX has about 11,000 */

typedef struct as_iex_normaliser_options {
    const as_symbols *symbols; /* must outlive the normaliser; may grow between calls, within its count_max */
    /* Without a universe: number a symbol when it is met (it must then be in symbols). NULL: look up only. */
    uint32_t (*resolve)(void *arg, const char *symbol, size_t symbol_bytes);
    void *arg;
    uint16_t source;           /* as_event.source */
    bool trust_r;              /* ts_recv := ts_event: the receive time comes from the data */
} as_iex_normaliser_options;

typedef struct as_iex_normaliser_counters {
    uint64_t by_type[256];     /* messages by the type's byte */
    uint64_t events;
    uint64_t unknown_symbol;   /* events dropped: the symbol is not in the universe */
    uint64_t bad_ts;           /* stamps of events that are not after 1970 */
    uint64_t bad_px;           /* no price where one is due, or one that does not fit */
    uint64_t bad_code;         /* state or phase that the specification does not know */
    uint64_t empty_trades;     /* T of no shares or no price */
    uint64_t unavailable;      /* Q while the symbol is not to be traded */
} as_iex_normaliser_counters;

/* What is known of a symbol. */
typedef struct as_iex_slot {
    uint64_t key;              /* the symbol's bytes */
    uint32_t instrument;       /* or how many symbols there were when this one was not among them */
    uint8_t kind;              /* empty, known or foreign */
    uint8_t state;             /* as_trading_state of H, whether O has halted it, what has been heard */
} as_iex_slot;

typedef struct as_iex_normaliser {
    as_iex_normaliser_options options;
    as_iex_slot *slot;
    uint32_t slot_mask;        /* slots - 1 */
    uint32_t hash_shift;       /* 64 - log2(slots) */
    uint32_t known_max, known; /* slots for symbols of the universe: room and use */
    uint32_t foreign;          /* slots used for others */
    as_iex_slot spare;         /* for a symbol that is not remembered */
    uint64_t ts_last;          /* the latest good stamp */
    as_iex_normaliser_counters counters;
} as_iex_normaliser;

/* 0 or -ENOMEM. */
int as_iex_normaliser_init(as_iex_normaliser *normaliser, const as_iex_normaliser_options *options);
void as_iex_normaliser_fini(as_iex_normaliser *normaliser);

/* A new session of the source: states are void, nothing has been met. Counters go on. */
void as_iex_normaliser_reset(as_iex_normaliser *normaliser);

/*
 * Number of events written to *out: 0 (its content is then unspecified) or 1. Every byte of an event is set.
 * ts_recv: of the packet, ns UTC; not used with trust_r.
 */
int as_normalise_iex(as_iex_normaliser *normaliser, const as_iex *message, uint64_t ts_recv, as_event *out);

/* Call fn for every instrument that has been met since the last reset. */
void as_iex_each_instrument(const as_iex_normaliser *normaliser, void (*fn)(void *arg, uint32_t instrument), void *arg);

#endif
