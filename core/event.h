/*
 * as_event: the one record that everything becomes.
 *
 * Feeds decode wire bytes into events, the merge puts them into one order, the engine consumes them. An event is one
 * cache line, a plain value: it is copied through rings, written to the journal byte for byte (little-endian hosts
 * only, see core/journal.h) and never points anywhere.
 *
 * Units: prices are int64 in 1e-9 of the instrument's currency (AS_PX_UNDEFINED where there is none), quantities are
 * uint64 in the instrument's own unit (10^-qty_exp), times are uint64 ns since 1970 UTC.
 */
#ifndef AS_CORE_EVENT_H
#define AS_CORE_EVENT_H

#include <stdint.h>

#define AS_PX_UNDEFINED INT64_MAX
#define AS_PX_ONE INT64_C(1000000000) /* the price 1.0 */
#define AS_TS_UNDEFINED UINT64_MAX
#define AS_QTY_UNDEFINED UINT64_MAX
#define AS_INSTRUMENT_NONE UINT32_MAX

#define AS_NS_PER_US UINT64_C(1000)
#define AS_NS_PER_MS UINT64_C(1000000)
#define AS_NS_PER_S UINT64_C(1000000000)
#define AS_NS_PER_MIN (UINT64_C(60) * AS_NS_PER_S)
#define AS_NS_PER_HOUR (UINT64_C(60) * AS_NS_PER_MIN)
#define AS_NS_PER_DAY (UINT64_C(24) * AS_NS_PER_HOUR)

/* What the event is. The numeric values are part of the journal's format. */
typedef enum as_event_kind {
    AS_EVENT_NONE = 0,
    AS_EVENT_STATUS = 1,        /* status: trading state of one instrument */
    AS_EVENT_TRADE = 2,         /* trade: a print; never moves the mid */
    AS_EVENT_QUOTE = 3,         /* quote: best bid and ask, replaces what was known */
    AS_EVENT_BAR = 4,           /* bar: ts_event is its END; known at its end */
    AS_EVENT_LEVEL = 5,         /* level: one price level set to a quantity (0 removes it) */
    AS_EVENT_ORDER_ADD = 6,     /* order: ref, px, qty, side */
    AS_EVENT_ORDER_EXECUTE = 7, /* order: ref, qty taken, px (undefined: the order's own), match */
    AS_EVENT_ORDER_REDUCE = 8,  /* order: ref, qty cancelled */
    AS_EVENT_ORDER_DELETE = 9,  /* order: ref */
    AS_EVENT_ORDER_REPLACE = 10,/* order: ref, new_ref, px, qty; loses time priority */
    AS_EVENT_CLEAR = 11,        /* the instrument's book is emptied (snapshot follows) */
    AS_EVENT_HEADLINE = 12,     /* headline: the text is in an as_headline record */
    AS_EVENT_TIMER = 13,        /* timer: a deadline of the engine's heap has been reached */
    AS_EVENT_GAP = 14,          /* gap: messages of a source were lost */
    AS_EVENT_SESSION = 15,      /* session: the source's trading phase changed */
    AS_EVENT_RELOAD = 16,       /* reload: the playbook is replaced by generation .generation */
    AS_EVENT_KIND_COUNT
} as_event_kind;

/* Flags. */
enum {
    AS_EVENT_LAST = 0x01,      /* last market event of one receive instant: evaluate after it (DESIGN 6.10) */
    AS_EVENT_SELL = 0x02,      /* order, level: the ask side; trade: the seller was the aggressor */
    AS_EVENT_SNAPSHOT = 0x04,  /* part of a snapshot, not an update */
    AS_EVENT_NO_PRINT = 0x08,  /* execution not to be counted in volume (ITCH C, printable N) */
    AS_EVENT_MORE = 0x10       /* the source's own transaction goes on: do not publish a best price yet (DEEP, DBN) */
};

/* Trading states, in the NDJSON's words. */
typedef enum as_trading_state {
    AS_STATE_TRADING = 0,
    AS_STATE_QUOTE_ONLY = 1,
    AS_STATE_PAUSED = 2,
    AS_STATE_HALTED = 3
} as_trading_state;

/* Trading phases of a source (ITCH system events). */
typedef enum as_phase {
    AS_PHASE_START_MESSAGES = 'O',
    AS_PHASE_START_SYSTEM = 'S',
    AS_PHASE_START_MARKET = 'Q',
    AS_PHASE_END_MARKET = 'M',
    AS_PHASE_END_SYSTEM = 'E',
    AS_PHASE_END_MESSAGES = 'C'
} as_phase;

typedef struct as_event {
    uint64_t ts_event; /* at the source; a bar's end */
    uint64_t ts_recv;  /* at our socket, or as recorded; the merge makes it monotone: the core's logical time */
    union {
        struct { int64_t px; uint64_t qty; uint64_t match; uint64_t seq; } trade;
        struct { int64_t bid_px; uint64_t bid_qty; int64_t ask_px; uint64_t ask_qty; uint64_t seq; } quote;
        struct { int64_t open, high, low, close; uint64_t volume_duration; } bar; /* see as_bar_* */
        struct { int64_t px; uint64_t qty; uint64_t order_count; uint64_t seq; } level;
        struct { uint64_t ref, new_ref; int64_t px; uint64_t qty; uint64_t match; } order;
        struct { uint64_t state; char reason[8]; } status;
        struct { uint64_t slot; uint64_t generation; } headline; /* ring slot; desk generation that read it */
        struct { uint64_t deadline; uint64_t key; uint64_t timer; } timer;
        struct { uint64_t from_seq, to_seq; } gap; /* first lost, first not lost */
        struct { uint64_t phase; } session;
        struct { uint64_t generation; } reload;
        uint64_t raw[5];
    };
    uint32_t instrument; /* index into the universe, or AS_INSTRUMENT_NONE */
    uint8_t kind;        /* as_event_kind */
    uint8_t flags;       /* AS_EVENT_* flags */
    uint16_t source;     /* feed or input index */
} as_event;

_Static_assert(sizeof(as_event) == 64, "an event is one cache line");

/*
 * A bar's volume and duration share one word: 44 bits of quantity, 20 bits of whole seconds (up to 12.1 days).
 * A volume beyond 2^44-1 saturates; decoders reject a duration that is not a whole number of seconds in range.
 */
#define AS_BAR_VOLUME_MAX ((UINT64_C(1) << 44) - 1)
#define AS_BAR_SECONDS_MAX ((UINT64_C(1) << 20) - 1)

static inline uint64_t as_bar_pack(uint64_t volume, uint64_t seconds)
{
    return ((volume > AS_BAR_VOLUME_MAX ? AS_BAR_VOLUME_MAX : volume) << 20) | (seconds & AS_BAR_SECONDS_MAX);
}

static inline uint64_t as_bar_volume(const as_event *ev)
{
    return ev->bar.volume_duration >> 20;
}

static inline uint64_t as_bar_duration_ns(const as_event *ev)
{
    return (ev->bar.volume_duration & AS_BAR_SECONDS_MAX) * AS_NS_PER_S;
}

/*
 * Rank at equal receive times: status, market data, headline, timer (DESIGN 6.9). Lower goes first.
 */
static inline unsigned as_event_rank(const as_event *ev)
{
    switch (ev->kind) {
    case AS_EVENT_STATUS:
    case AS_EVENT_SESSION:
    case AS_EVENT_GAP:
    case AS_EVENT_RELOAD:
        return 0;
    case AS_EVENT_HEADLINE:
        return 2;
    case AS_EVENT_TIMER:
        return 3;
    default:
        return 1;
    }
}

/* One that core/book.h applies. */
static inline int as_event_is_book(const as_event *ev)
{
    return ev->kind >= AS_EVENT_LEVEL && ev->kind <= AS_EVENT_CLEAR;
}

static inline int as_event_is_market(const as_event *ev)
{
    return as_event_rank(ev) < 2;
}

#endif
