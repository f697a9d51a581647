/*
 * Symbols: text to dense instrument index and back.
 *
 * Open addressing over XXH3, filled at start, read-only afterwards, so any thread may look up without a lock.
 * Index i is the i-th row of universe.csv. Memory: caller's struct, tables on the heap, no allocation after start.
 */
#ifndef AS_CORE_SYMBOLS_H
#define AS_CORE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

typedef struct as_symbols {
    uint32_t count;
    uint32_t count_max; /* room for this many */
    uint32_t mask;      /* slots - 1 */
    uint32_t *slot;     /* instrument + 1, 0 is empty */
    char (*name)[AS_SYMBOL_BYTES];
} as_symbols;

/* Room for count_max symbols (1..AS_INSTRUMENT_MAX). 0, -EINVAL (count_max out of range) or -ENOMEM. */
int as_symbols_init(as_symbols *symbols, uint32_t count_max);
void as_symbols_fini(as_symbols *symbols);

/* Append a symbol; its index in *instrument. -EEXIST if it is there, -ENAMETOOLONG, -ENOSPC,
 * -EINVAL if empty or with a zero byte inside. Equal means equal bytes: symbols differ by case. */
int as_symbols_add(as_symbols *symbols, const char *name, size_t name_bytes, uint32_t *instrument);

/* Index of a symbol, AS_INSTRUMENT_NONE if unknown. Hot path: no allocation. */
uint32_t as_symbols_find(const as_symbols *symbols, const char *name, size_t name_bytes);

/* The same for a fixed-width field padded with blanks on the right (ITCH, IEX). */
uint32_t as_symbols_find_padded(const as_symbols *symbols, const char *field, size_t field_bytes);

static inline const char *as_symbols_name(const as_symbols *symbols, uint32_t instrument)
{
    return instrument < symbols->count ? symbols->name[instrument] : "?";
}

#endif
