/*
 * The universe: which instruments there are, what they are called, and who is linked to whom.
 *
 * universe.csv: symbol,name,bucket,factor,calendar,currency,qty_exp,aliases (DESIGN 6.24); columns by header name,
 * any order, name/aliases/factor/calendar/currency/qty_exp may be empty or absent (calendar XNYS, currency USD, 0).
 * aliases: text|SAFE;text|CASED;text|CONTEXT. links.csv beside it (optional): issuer,relation,symbol,weight with
 * relation supplier or customer. Built at start, read-only afterwards.
 */
#ifndef AS_CORE_UNIVERSE_H
#define AS_CORE_UNIVERSE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/calendar.h"
#include "core/event.h"
#include "core/limits.h"
#include "core/symbols.h"

typedef enum as_alias_class { AS_ALIAS_SAFE = 0, AS_ALIAS_CASED = 1, AS_ALIAS_CONTEXT = 2 } as_alias_class;

typedef struct as_alias {
    char *text;
    as_alias_class alias_class;
} as_alias;

typedef struct as_instrument {
    char name[AS_NAME_BYTES];
    as_alias *alias;      /* alias_count of them; the name itself is not repeated here */
    uint8_t alias_count;
    uint8_t bucket;       /* index into bucket[], AS_BUCKET_NONE */
    uint8_t calendar;     /* index into calendar[] */
    int8_t qty_exp;       /* quantity unit is 10^-qty_exp */
    char currency[4];
    uint32_t factor;      /* market factor's instrument, AS_INSTRUMENT_NONE */
} as_instrument;

#define AS_BUCKET_NONE UINT8_MAX

typedef enum as_relation { AS_RELATION_SUPPLIER = 0, AS_RELATION_CUSTOMER = 1 } as_relation;

typedef struct as_link {
    uint32_t issuer;
    uint32_t instrument; /* symbol is the issuer's supplier (customer) */
    as_relation relation;
    int line;            /* of links.csv, for messages */
    double weight;       /* multiplies the channel's w; 1 if not given */
} as_link;

typedef struct as_universe {
    as_symbols symbols;
    as_instrument *instrument; /* symbols.count of them */
    char bucket[AS_BUCKET_MAX][AS_BUCKET_BYTES];
    uint32_t bucket_count;
    as_calendar *calendar[AS_CALENDAR_MAX];
    uint32_t calendar_count;
    as_link *link;             /* sorted by issuer */
    uint32_t link_count;
} as_universe;

/*
 * Load path, and links.csv in the same folder if it is there. custom: calendars defined by the configuration
 * (custom_count of them), which may shadow the shipped ones. 0, or a negative errno with the error chain set.
 */
int as_universe_load(as_universe *universe, const char *path, const as_calendar_spec *custom, uint32_t custom_count);
void as_universe_fini(as_universe *universe);

/* Index of a bucket, -1 if there is none of that name. */
int as_universe_bucket(const as_universe *universe, const char *name);

static inline const as_calendar *as_universe_calendar(const as_universe *universe, uint32_t instrument)
{
    return universe->calendar[universe->instrument[instrument].calendar];
}

/* XXH3-64 over everything loaded: part of the configuration's hash. */
uint64_t as_universe_hash(const as_universe *universe);

#endif
