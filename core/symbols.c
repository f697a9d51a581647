#include "core/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/event.h"

/* At most half of the slots are taken, so that a probe for an unknown name ends soon. */
static uint32_t slots_for(uint32_t count_max)
{
    uint32_t slots = 4;
    while (slots < count_max * 2)
        slots *= 2;
    return slots;
}

int as_symbols_init(as_symbols *symbols, uint32_t count_max)
{
    if (count_max == 0 || count_max > AS_INSTRUMENT_MAX)
        return -EINVAL;
    uint32_t slots = slots_for(count_max);
    as_symbols made = {.count_max = count_max, .mask = slots - 1};
    made.slot = calloc(slots, sizeof *made.slot);
    made.name = calloc(count_max, sizeof *made.name);
    if (!made.slot || !made.name) {
        as_symbols_fini(&made);
        return -ENOMEM;
    }
    *symbols = made;
    return 0;
}

void as_symbols_fini(as_symbols *symbols)
{
    free(symbols->slot);
    free(symbols->name);
    *symbols = (as_symbols){0};
}

/* Stored names are zero beyond their end; the name's own last byte is not zero, so equal bytes are equal names. */
static int is_name(const char *stored, const char *name, size_t name_bytes)
{
    return memcmp(stored, name, name_bytes) == 0 && stored[name_bytes] == '\0';
}

/* The slot that holds the name, or the empty one where it belongs. */
static uint32_t probe(const as_symbols *symbols, const char *name, size_t name_bytes)
{
    uint32_t at = (uint32_t)XXH3_64bits(name, name_bytes) & symbols->mask;
    while (symbols->slot[at] != 0 && !is_name(symbols->name[symbols->slot[at] - 1], name, name_bytes))
        at = (at + 1) & symbols->mask;
    return at;
}

int as_symbols_add(as_symbols *symbols, const char *name, size_t name_bytes, uint32_t *instrument)
{
    if (name_bytes == 0 || memchr(name, '\0', name_bytes))
        return -EINVAL;
    if (name_bytes >= AS_SYMBOL_BYTES)
        return -ENAMETOOLONG;
    uint32_t at = probe(symbols, name, name_bytes);
    if (symbols->slot[at] != 0)
        return -EEXIST;
    if (symbols->count == symbols->count_max)
        return -ENOSPC;
    memcpy(symbols->name[symbols->count], name, name_bytes);
    *instrument = symbols->count++;
    symbols->slot[at] = symbols->count;
    return 0;
}

uint32_t as_symbols_find(const as_symbols *symbols, const char *name, size_t name_bytes)
{
    if (name_bytes == 0 || name_bytes >= AS_SYMBOL_BYTES || name[name_bytes - 1] == '\0')
        return AS_INSTRUMENT_NONE;
    uint32_t found = symbols->slot[probe(symbols, name, name_bytes)];
    return found == 0 ? AS_INSTRUMENT_NONE : found - 1;
}

uint32_t as_symbols_find_padded(const as_symbols *symbols, const char *field, size_t field_bytes)
{
    while (field_bytes > 0 && field[field_bytes - 1] == ' ')
        field_bytes--;
    return as_symbols_find(symbols, field, field_bytes);
}
