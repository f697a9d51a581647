/*
 * NDJSON: one line of normalised market data or news to an event, and back (DESIGN 4.2).
 *
 *   {"k":"trade","t":..,"r":..,"s":"NVDA","p":"157.25","q":100}
 *   {"k":"quote","t":..,"s":"NVDA","b":"157.24","bs":300,"a":"157.26","as":200}
 *   {"k":"bar","t":<END>,"d":60000000000,"s":"NVDA","o":"..","h":"..","l":"..","c":"..","v":12345}
 *   {"k":"status","t":..,"s":"NVDA","state":"halted"}                halted | paused | quote_only | trading
 *   {"k":"headline","t":..,"id":"bbg-1","src":"Bloomberg","tier":1,"text":"..","symbols":["META"],"rev":1}
 *
 * t (source time) and r (receive time, by default t) are integer ns UTC. Prices are decimal strings or numbers,
 * exact to 1e-9; a finer one is rounded half to even. A price is positive, except that a side of a quote which is
 * absent, null or zero is a side without an offer. Quantities are decimal strings or numbers too, in shares (coins,
 * contracts), and must be whole units of the instrument's 10^-qty_exp; a trade's q may be absent (0), a quote's bs
 * and as too (undefined). A bar's d is a whole number of seconds; absent, o is c, h and l are the higher and the
 * lower of the two, and v is 0. "seq" on a trade or a quote is the source's own number. A headline needs text,
 * but for a retraction that names the item's id; id,
 * src, tier (1..4), class (official, press, aggregator, social), symbols, rev, url and status ("retracted" takes it
 * back) are optional, null counts as absent, and so is body, which is checked and not kept. "news" is another word
 * for "headline". Unknown keys are ignored.
 *
 * A pure function of the line and the context: no allocation, no clock, no state. Threads: any. Limits: AS_LINE_BYTES.
 */
#ifndef AS_FEEDS_DECODE_NDJSON_H
#define AS_FEEDS_DECODE_NDJSON_H

#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/headline.h"
#include "core/symbols.h"
#include "core/universe.h"

/* Enough for any line that as_ndjson_encode writes, its LF included. */
enum { AS_NDJSON_LINE_BYTES = 8192 };

/* Why a line was refused. UNKNOWN_SYMBOL is no fault of the line: it is dropped and counted apart. */
typedef enum as_ndjson_result {
    AS_NDJSON_OK = 0,
    AS_NDJSON_UNKNOWN_SYMBOL,
    AS_NDJSON_LINE_TOO_LONG,
    AS_NDJSON_BAD_JSON,      /* not one JSON object */
    AS_NDJSON_BAD_UTF8,
    AS_NDJSON_DUPLICATE_KEY,
    AS_NDJSON_TOO_COMPLEX,   /* more members or deeper than json.h allows */
    AS_NDJSON_MISSING_KEY,   /* k, t, s, p, c, d, state, text */
    AS_NDJSON_UNKNOWN_KIND,
    AS_NDJSON_BAD_TIME,      /* not an integer number of ns, or beyond 2^63-1 */
    AS_NDJSON_BAD_PRICE,     /* no decimal, not positive, or beyond 9.2e9 */
    AS_NDJSON_BAD_QTY,       /* no decimal, negative, or not a whole number of units */
    AS_NDJSON_BAD_DURATION,  /* not a whole number of seconds in 1..AS_BAR_SECONDS_MAX */
    AS_NDJSON_BAD_STATE,
    AS_NDJSON_BAD_VALUE,     /* another key's value has the wrong type or is out of range */
    AS_NDJSON_RESULT_COUNT
} as_ndjson_result;

/* The result as a word for counters and messages: "ok", "unknown_symbol", "bad_json", ... */
const char *as_ndjson_result_name(as_ndjson_result result);

/*
 * How symbols become instruments. resolve, if given, is asked instead of symbols: inspect numbers them as it meets
 * them. It returns an index or AS_INSTRUMENT_NONE.
 */
typedef struct as_ndjson_context {
    const as_symbols *symbols;
    const as_instrument *instrument; /* of the universe, for qty_exp; NULL: 0 for all */
    uint32_t (*resolve)(void *arg, const char *symbol, size_t symbol_bytes);
    void *arg;
    uint16_t source;                 /* as_event.source */
} as_ndjson_context;

/*
 * Decode a line (without its LF; blanks around the object are allowed). *ev is written on OK; on UNKNOWN_SYMBOL its
 * kind and times are. *hl is written if the event is AS_EVENT_HEADLINE (its reading is zero); it may be overwritten
 * on any result. Tags that are not in the universe are left out of the headline.
 */
as_ndjson_result as_ndjson_decode(const char *line, size_t line_bytes, const as_ndjson_context *ctx, as_event *ev,
                                  as_headline *hl);

/*
 * Write an event as a line with its LF. hl is needed for AS_EVENT_HEADLINE. Returns the bytes written, 0 for a kind
 * that has no NDJSON form (orders, levels, timers, ...) or if out_bytes are too few; AS_NDJSON_LINE_BYTES always
 * suffice. Decoding the line gives the same event; flags, a trade's match and the source are not part of it.
 */
size_t as_ndjson_encode(const as_event *ev, const as_headline *hl, const as_ndjson_context *ctx, char *out,
                        size_t out_bytes);

/* "trading" "quote_only" "paused" "halted" */
const char *as_trading_state_name(as_trading_state state);

#endif
