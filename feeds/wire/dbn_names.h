/*
 * Names of DBN instrument ids: which instrument of ours a record is about.
 *
 * An id's name comes from, in this order: the latest symbol-mapping record for it, the metadata's mapping that covers
 * the record's date (from or to instrument ids, whichever side they are on), the raw symbol of a definition record, and
 * else the id itself in decimal. A name that is too long for a symbol counts as none. Ids are those of one dataset;
 * metadata in the middle of a stream begin anew.
 *
 *   id -> slot of a hash table -> entry {instrument, valid from, until} -> (outside of that) mappings by date
 *
 * Threads: the feed's. Memory: 3 MiB at new; mappings grow while metadata are read, up to AS_DBN_MAPPING_MAX of 48
 * bytes. as_dbn_names_find: no allocation; O(1), and a binary search when an id's name may have changed (at most once
 * an id and day).
 */
#ifndef AS_FEEDS_DBN_NAMES_H
#define AS_FEEDS_DBN_NAMES_H

#include <stdint.h>

#include "core/symbols.h"
#include "feeds/decode/dbn_metadata.h"

typedef struct as_dbn_names_options {
    const as_symbols *symbols; /* outlives the names; may grow between calls */
    /* Without a universe: number a symbol when it is met (it must then be in symbols). NULL: look up only. */
    uint32_t (*resolve)(void *arg, const char *symbol, size_t symbol_bytes);
    void *arg;
} as_dbn_names_options;

typedef struct as_dbn_names_counters {
    uint64_t mappings;        /* kept */
    uint64_t bad_mapping;     /* no instrument id on either side, or no interval of dates */
    uint64_t mapping_full;    /* dropped: AS_DBN_MAPPING_MAX are kept */
    uint64_t long_symbol;     /* names of AS_SYMBOL_BYTES or more: not used */
    uint64_t instrument_full; /* lookups of ids beyond AS_INSTRUMENT_MAX */
} as_dbn_names_counters;

/* An id that was met. */
typedef struct as_dbn_name {
    uint64_t from_ns, until_ns; /* the instrument is this one in [from, until) */
    uint32_t id;
    uint32_t instrument; /* AS_INSTRUMENT_NONE: not in the universe */
    uint8_t origin;      /* internal: where the name is from */
} as_dbn_name;

typedef struct as_dbn_names as_dbn_names;

/* 0 or -ENOMEM. */
int as_dbn_names_new(const as_dbn_names_options *options, as_dbn_names **names);
void as_dbn_names_free(as_dbn_names *names); /* NULL is allowed */

/* Metadata begin: all names and mappings are void. Counters go on. */
void as_dbn_names_begin(as_dbn_names *names, const as_dbn_metadata *metadata);

/* One of their mappings. 0, -ENOMEM; what cannot be used is counted. */
int as_dbn_names_add(as_dbn_names *names, const as_dbn_interval *interval);

/* They have ended: lookups may begin. */
void as_dbn_names_ready(as_dbn_names *names);

/* A symbol-mapping record; the raw symbol of a definition. */
void as_dbn_names_map(as_dbn_names *names, const as_dbn *record);
void as_dbn_names_define(as_dbn_names *names, const as_dbn *record);

/* Number of the id's entry, 0 from the first id met on; UINT32_MAX if there is no room. ts_ns: of the record. */
uint32_t as_dbn_names_find(as_dbn_names *names, uint32_t id, uint64_t ts_ns);
const as_dbn_name *as_dbn_names_entry(const as_dbn_names *names, uint32_t entry);

const as_dbn_names_counters *as_dbn_names_counters_get(const as_dbn_names *names);

#endif
