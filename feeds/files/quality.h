/*
 * The quality of a recording: what to know before anyone trusts it.
 *
 * Fed with every event of an input, in the order of the file, it keeps per symbol and for the whole input what is
 * suspicious and how much of the time is covered. It judges nothing and drops nothing; what a number means is said
 * here, once, and shown by `aftershock inspect`. Times are receive times (ts_recv) unless said; durations are ns.
 *
 *   crossed, locked  best bid above, or at, the best ask while the symbol trades; from QUOTE events, and from books
 *                    built of ORDER_* and LEVEL events (core/book.h). Inside a transaction of the source
 *                    (AS_EVENT_MORE) the best prices are not looked at. While it does not trade, orders gather for an
 *                    auction and may cross: counted apart (crossed_halted), without a duration.
 *   stale quote      a trade that meets best prices which have not changed for AS_QUALITY_STALE_NS
 *   outside          a trade below the best bid or above the best ask that were not stale
 *   jump             a price further from the symbol's last one than AS_QUALITY_JUMP times its typical step (a running
 *                    mean of relative steps over some 64 prices, from the 17th price on) and than 1 %. A suspect print
 *                    is one that the next price does not confirm, because it is nearer to the price before the jump;
 *                    a bar whose high or low is that far from its open and close is one too.
 *   break            AS_QUALITY_BREAK_NS without an event of the symbol: a night, a weekend. Nothing is measured
 *                    across it: no hole, no stale quote, no crossed time, no jump.
 *   hole             the longest time without an event of the symbol that is no break
 *   latency          ts_recv - ts_event; like disorder of the source's times, without events of a snapshot
 *                    (AS_EVENT_SNAPSHOT), whose source times are those of the orders that it repeats
 *   minutes          minutes of the clock in which the symbol had an event; over the minutes in which any symbol had
 *                    one, it is the share of the recording that the symbol covers
 *
 * Threads: one. Memory: constant: about 400 bytes a symbol met (AS_INSTRUMENT_MAX of them), two histograms, the
 * memory of headlines, and, from the first order or level on, books for AS_QUALITY_ORDER_MAX live orders; only what is
 * used is touched. When the books are full the symbol that needed room is no longer followed, and books_broken says so.
 */
#ifndef AS_FEEDS_QUALITY_H
#define AS_FEEDS_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/book.h"
#include "core/event.h"
#include "core/headline.h"
#include "core/histogram.h"

#define AS_QUALITY_STALE_NS AS_NS_PER_MIN
#define AS_QUALITY_BREAK_NS (4 * AS_NS_PER_HOUR)

enum {
    AS_QUALITY_JUMP = 20,
    AS_QUALITY_JUMP_AFTER = 16,       /* prices that the typical step is learnt from before any is judged */
    AS_QUALITY_ORDER_MAX = 1 << 21,   /* live orders of all books together */
    AS_QUALITY_PERIOD_MIN = 1 << 22   /* minutes are told apart within this span: eight years */
};

/* What is known of one symbol; also the sum over all of them. */
typedef struct as_quality_symbol {
    uint64_t events;
    uint64_t trades;                /* TRADE, and executions of orders that print */
    uint64_t quotes, bars;
    uint64_t orders;                /* ORDER_*, LEVEL and CLEAR */
    uint64_t first_ts, last_ts;     /* the earliest and the latest; AS_TS_UNDEFINED without an event */
    uint64_t hole_ns, hole_from_ts; /* sum: the longest of all */
    uint64_t breaks;
    uint64_t minutes;
    uint64_t disorder;              /* events received before the symbol's previous one */
    /* best prices */
    uint64_t crossed, crossed_ns;   /* times they became so, and for how long altogether */
    uint64_t locked, locked_ns;
    uint64_t crossed_halted;        /* times they became crossed or locked while not trading */
    uint64_t stale_quotes;          /* stretches of trades that met a stale quote */
    uint64_t stale_trades;          /* those trades */
    uint64_t stale_worst_ns;        /* the oldest quote among them */
    uint64_t outside;
    /* values */
    uint64_t bad_prices;            /* zero or negative price of a trade, quote side, order, level or bar */
    uint64_t bad_sizes;             /* none, or 2^63 and more, where there is a price */
    uint64_t bad_bars;              /* high below low, or open or close outside of them */
    uint64_t repeated_bars;         /* a bar that ends when the symbol's previous one did */
    uint64_t jumps;
    uint64_t suspect_prints;
    uint64_t halts, halted_ns;      /* times it became halted or paused, and how long until it traded again */
    uint64_t halted_trades;         /* trades while halted or paused */
} as_quality_symbol;

typedef struct as_quality_summary {
    uint64_t events;
    uint64_t kind[AS_EVENT_KIND_COUNT];
    as_histogram_summary latency;   /* ts_recv - ts_event where it is not negative */
    as_histogram_summary negative;  /* ts_event - ts_recv where that is positive: received before it was sent */
    uint64_t latency_worst_ns, negative_worst_ns; /* exact, beyond the histograms' range too */
    uint64_t recv_disorder, recv_disorder_worst_ns;   /* events received before an earlier one of the file */
    uint64_t event_disorder, event_disorder_worst_ns; /* the same by the source's time */
    uint64_t minutes;               /* in which any symbol had an event */
    uint64_t symbols;               /* with an event */
    uint64_t headlines;
    uint64_t duplicate_headlines;   /* a name seen before: feeds/news/repeats.h */
    uint64_t repeated_headlines;    /* words seen before under another name */
    as_book_counters books;         /* all zero without orders and levels */
    uint64_t books_inconsistent;    /* symbols whose orders or levels contradicted themselves */
    uint64_t books_broken;          /* symbols given up for want of room */
    bool books_refused;             /* there was no memory for books: orders and levels are counted only */
    as_quality_symbol total;
} as_quality_summary;

typedef struct as_quality as_quality;

/* books: build books from orders and levels (false: those events are counted only). 0 or -ENOMEM. */
int as_quality_new(bool books, as_quality **quality);
void as_quality_free(as_quality *quality); /* NULL is allowed */

/* The next event of the input; headline belongs to an AS_EVENT_HEADLINE. Instruments are below AS_INSTRUMENT_MAX. */
void as_quality_add(as_quality *quality, const as_event *event, const as_headline *headline);

/* No more events: what is still crossed, locked or halted is so until the symbol's last one. Call once. */
void as_quality_end(as_quality *quality);

/* After end. */
void as_quality_summarize(const as_quality *quality, as_quality_summary *summary);

/* After end: NULL without an event. */
const as_quality_symbol *as_quality_symbol_get(const as_quality *quality, uint32_t instrument);

/* Instruments with events, those with the most first (ties: by number), into rank[AS_INSTRUMENT_MAX]; how many. */
uint32_t as_quality_rank(const as_quality *quality, uint32_t *rank);

/* Share of the recording's minutes that a symbol has an event in, 0..1. */
double as_quality_coverage(const as_quality_summary *summary, const as_quality_symbol *symbol);

#endif
