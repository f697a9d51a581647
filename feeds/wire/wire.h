/*
 * A wire format's messages to events: one as_wire is what one stream of one format needs to know.
 *
 *   message bytes -> decode (feeds/decode/FORMAT.h, a pure function) -> normalise (state: names, phases) -> events
 *
 * Live feeds, captures and recorded files all go through it, so a recording gives the events that the line gave. The
 * formats are one table in wire.c; each has its decoder, its normaliser (normalise.h: ITCH, normalise_iex.h: TOPS and
 * DEEP) and what binds them (wire_itch.c, wire_iex.c) in files of their own.
 *
 * Threads: the feed's. Memory: allocated at new. as_wire_decode: no allocation, lock, system call or clock.
 */
#ifndef AS_FEEDS_WIRE_H
#define AS_FEEDS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/symbols.h"

enum { AS_WIRE_EVENTS_MAX = 4 }; /* events of one message */

typedef enum as_wire_format { AS_WIRE_ITCH50 = 0, AS_WIRE_TOPS, AS_WIRE_DEEP, AS_WIRE_FORMAT_COUNT } as_wire_format;

/* Why a message, or a part of it, gave nothing or less. */
typedef enum as_wire_bad {
    AS_WIRE_SHORT = 0,      /* shorter than its type's length: nothing of it is used */
    AS_WIRE_UNKNOWN_TYPE,   /* skipped by its length */
    AS_WIRE_EMPTY,          /* no bytes */
    AS_WIRE_GROWN,          /* longer than specified: the known part is used */
    AS_WIRE_UNKNOWN_LOCATE, /* of a stock that was never announced: no event */
    AS_WIRE_BAD_TIME,       /* a stamp outside its range: replaced */
    AS_WIRE_BAD_PRICE,      /* no price where one is due */
    AS_WIRE_BAD_CODE,       /* a side, state or phase that the specification does not know */
    AS_WIRE_EMPTY_TRADE,    /* a trade of no shares or no price: a cross that did not happen */
    AS_WIRE_BAD_COUNT,
    AS_WIRE_BAD_NONE = AS_WIRE_BAD_COUNT
} as_wire_bad;

typedef struct as_wire_options {
    as_wire_format format;
    const as_symbols *symbols; /* outlives the wire; may grow between calls */
    /* Without a universe: number a symbol when it is met (it must then be in symbols). NULL: look up only. */
    uint32_t (*resolve)(void *arg, const char *symbol, size_t symbol_bytes);
    void *arg;
    uint64_t midnight_ns; /* ns UTC of local midnight, for formats whose stamps count from it */
    uint16_t source;      /* as_event.source */
    bool trust_r;         /* ts_recv := the source's own time */
} as_wire_options;

typedef struct as_wire_counters {
    uint64_t messages;       /* decoded, good ones */
    uint64_t events;
    uint64_t unknown_symbol; /* events dropped: not in the universe */
    uint64_t bad[AS_WIRE_BAD_COUNT];
} as_wire_counters;

typedef struct as_wire as_wire;

/* 0 or -ENOMEM. */
int as_wire_new(const as_wire_options *options, as_wire **wire);
void as_wire_free(as_wire *wire); /* NULL is allowed */

/* A new session of the source: names and states are void; counters go on. */
void as_wire_reset(as_wire *wire, uint64_t midnight_ns);

/*
 * Events of one message into out[0..AS_WIRE_EVENTS_MAX); how many. Every byte of an event is set. ts_recv: of the
 * packet, ns UTC; not used with trust_r. A message that is too short for its type was something that is now not
 * known: a GAP of unknown size.
 */
unsigned as_wire_decode(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                        as_event out[AS_WIRE_EVENTS_MAX]);

/* Why the latest message was refused, or AS_WIRE_GROWN; AS_WIRE_BAD_NONE if it was neither. */
as_wire_bad as_wire_last_bad(const as_wire *wire);

const as_wire_counters *as_wire_counters_get(const as_wire *wire);

/* Good messages of a type, by its byte. */
uint64_t as_wire_type_count(const as_wire *wire, uint8_t type);

/* Call fn for every instrument that this stream has announced or named: a restart clears their books. */
void as_wire_each_instrument(const as_wire *wire, void (*fn)(void *arg, uint32_t instrument), void *arg);

/* "itch50" "tops" "deep"; "short_message" "unknown_type" ... */
const char *as_wire_format_name(as_wire_format format);
const char *as_wire_bad_name(as_wire_bad bad);

/* Is message of this format: a known type, and no shorter than that type? For recognising streams. */
bool as_wire_fits(as_wire_format format, const uint8_t *message, size_t message_bytes);

#endif
