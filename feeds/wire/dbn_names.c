#include "feeds/wire/dbn_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/event.h"
#include "core/limits.h"

enum {
    SLOT_BITS = 17, /* twice AS_INSTRUMENT_MAX */
    SLOTS = 1 << SLOT_BITS,
    MAPPINGS_FIRST = 1024,
    DECIMAL_BYTES = 11
};

_Static_assert(SLOTS == 2 * AS_INSTRUMENT_MAX, "the table is at most half full");

/* Where an entry's name is from; a later one gives way to an earlier one. */
enum { ORIGIN_RECORD = 1, ORIGIN_METADATA, ORIGIN_DEFINITION, ORIGIN_NUMBER };

typedef struct mapping {
    uint64_t from_ns, until_ns;
    uint32_t id;
    char name[AS_SYMBOL_BYTES]; /* empty: too long */
} mapping;

struct as_dbn_names {
    as_dbn_names_options options;
    uint32_t *slot; /* entry + 1; 0: empty */
    as_dbn_name *entry;
    uint32_t count;
    mapping *mappings; /* by id and from_ns once they are ready */
    uint32_t mapping_count, mapping_room;
    uint8_t stype_in, stype_out;
    as_dbn_names_counters counters;
};

int as_dbn_names_new(const as_dbn_names_options *options, as_dbn_names **names)
{
    as_dbn_names *n = calloc(1, sizeof *n);
    if (!n)
        return -ENOMEM;
    n->options = *options;
    n->slot = calloc(SLOTS, sizeof *n->slot);
    n->entry = calloc(AS_INSTRUMENT_MAX, sizeof *n->entry);
    if (!n->slot || !n->entry) {
        as_dbn_names_free(n);
        return -ENOMEM;
    }
    *names = n;
    return 0;
}

void as_dbn_names_free(as_dbn_names *names)
{
    if (!names)
        return;
    free(names->mappings);
    free(names->entry);
    free(names->slot);
    free(names);
}

/* ---- mappings ---- */

void as_dbn_names_begin(as_dbn_names *names, const as_dbn_metadata *metadata)
{
    memset(names->slot, 0, SLOTS * sizeof *names->slot);
    names->count = 0;
    names->mapping_count = 0;
    names->stype_in = metadata->stype_in;
    names->stype_out = metadata->stype_out;
}

static bool parse_id(const char *text, uint32_t *id)
{
    uint64_t value = 0;
    size_t n = 0;
    for (; text[n] >= '0' && text[n] <= '9' && n < DECIMAL_BYTES; n++)
        value = value * 10 + (uint64_t)(text[n] - '0');
    *id = (uint32_t)value;
    return n > 0 && text[n] == 0 && value <= UINT32_MAX;
}

static bool parse_date(uint32_t date, uint64_t *ns)
{
    if (date > 99991231 || !as_date_valid((int32_t)date) || date < 19700101)
        return false;
    uint64_t days = (uint64_t)as_date_to_days((int32_t)date);
    *ns = days > UINT64_MAX / AS_NS_PER_DAY ? AS_TS_UNDEFINED : days * AS_NS_PER_DAY;
    return true;
}

static int grow(as_dbn_names *n)
{
    if (n->mapping_count < n->mapping_room)
        return 0;
    uint32_t room = n->mapping_room ? 2 * n->mapping_room : MAPPINGS_FIRST;
    mapping *more = realloc(n->mappings, room * sizeof *more);
    if (!more)
        return -ENOMEM;
    n->mappings = more;
    n->mapping_room = room;
    return 0;
}

int as_dbn_names_add(as_dbn_names *names, const as_dbn_interval *interval)
{
    bool reversed = names->stype_in == AS_DBN_STYPE_INSTRUMENT_ID;
    const char *id = reversed ? interval->in : interval->out;
    const char *name = reversed ? interval->out : interval->in;
    mapping m = {0};
    bool ids = reversed || names->stype_out == AS_DBN_STYPE_INSTRUMENT_ID;
    if (!ids || !parse_id(id, &m.id) || !name[0] || !parse_date(interval->start_date, &m.from_ns) ||
        !parse_date(interval->end_date, &m.until_ns) || m.from_ns >= m.until_ns) {
        names->counters.bad_mapping++;
        return 0;
    }
    if (names->mapping_count == AS_DBN_MAPPING_MAX) {
        names->counters.mapping_full++;
        return 0;
    }
    if (strlen(name) < AS_SYMBOL_BYTES)
        memcpy(m.name, name, strlen(name));
    else
        names->counters.long_symbol++;
    int code = grow(names);
    if (code < 0)
        return code;
    names->mappings[names->mapping_count++] = m;
    names->counters.mappings++;
    return 0;
}

static int compare(const void *left, const void *right)
{
    const mapping *a = left, *b = right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->from_ns < b->from_ns ? -1 : a->from_ns > b->from_ns;
}

void as_dbn_names_ready(as_dbn_names *names)
{
    if (names->mapping_count)
        qsort(names->mappings, names->mapping_count, sizeof *names->mappings, compare);
}

static const mapping *mapping_at(const as_dbn_names *n, uint32_t id, uint64_t ts_ns)
{
    uint32_t low = 0, high = n->mapping_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (n->mappings[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < n->mapping_count && n->mappings[low].id == id; low++)
        if (ts_ns >= n->mappings[low].from_ns && ts_ns < n->mappings[low].until_ns)
            return &n->mappings[low];
    return NULL;
}

/* ---- entries ---- */

static uint32_t instrument_of(as_dbn_names *n, const char *name, size_t name_bytes)
{
    if (n->options.resolve)
        return n->options.resolve(n->options.arg, name, name_bytes);
    return as_symbols_find(n->options.symbols, name, name_bytes);
}

static void name_by_number(as_dbn_names *n, as_dbn_name *entry)
{
    char text[DECIMAL_BYTES];
    size_t at = sizeof text;
    uint32_t rest = entry->id;
    do
        text[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    entry->instrument = instrument_of(n, text + at, sizeof text - at);
    entry->origin = ORIGIN_NUMBER;
}

/* What holds at ts_ns, and for how long. */
static void name_at(as_dbn_names *n, as_dbn_name *entry, uint64_t ts_ns)
{
    const mapping *m = mapping_at(n, entry->id, ts_ns);
    if (m) {
        entry->from_ns = m->from_ns;
        entry->until_ns = m->until_ns;
    } else {
        entry->from_ns = ts_ns - ts_ns % AS_NS_PER_DAY;
        entry->until_ns = entry->from_ns > UINT64_MAX - AS_NS_PER_DAY ? UINT64_MAX : entry->from_ns + AS_NS_PER_DAY;
    }
    if (m && m->name[0]) {
        entry->instrument = instrument_of(n, m->name, strlen(m->name));
        entry->origin = ORIGIN_METADATA;
    } else {
        name_by_number(n, entry);
    }
}

/* The id's entry, made if there is none; UINT32_MAX if there is no room. */
static uint32_t entry_of(as_dbn_names *n, uint32_t id)
{
    uint32_t at = id * UINT32_C(0x9e3779b1) >> (32 - SLOT_BITS);
    while (n->slot[at] && n->entry[n->slot[at] - 1].id != id)
        at = (at + 1) & (SLOTS - 1);
    if (n->slot[at])
        return n->slot[at] - 1;
    if (n->count == AS_INSTRUMENT_MAX) {
        n->counters.instrument_full++;
        return UINT32_MAX;
    }
    n->entry[n->count] = (as_dbn_name){.id = id, .instrument = AS_INSTRUMENT_NONE}; /* valid at no time */
    n->slot[at] = ++n->count;
    return n->count - 1;
}

uint32_t as_dbn_names_find(as_dbn_names *names, uint32_t id, uint64_t ts_ns)
{
    uint32_t number = entry_of(names, id);
    if (number == UINT32_MAX)
        return number;
    as_dbn_name *entry = &names->entry[number];
    if (ts_ns < entry->from_ns || ts_ns >= entry->until_ns)
        name_at(names, entry, ts_ns);
    return number;
}

const as_dbn_name *as_dbn_names_entry(const as_dbn_names *names, uint32_t entry)
{
    return &names->entry[entry];
}

/* ---- names that records bring ---- */

static void name_by_record(as_dbn_names *n, uint32_t id, const char *name, uint8_t origin, uint64_t from_ns,
                           uint64_t until_ns)
{
    uint32_t number = entry_of(n, id);
    size_t name_bytes = strlen(name);
    n->counters.long_symbol += name_bytes >= AS_SYMBOL_BYTES;
    if (number == UINT32_MAX || name_bytes == 0 || name_bytes >= AS_SYMBOL_BYTES)
        return;
    n->entry[number] = (as_dbn_name){.id = id,
                                     .instrument = instrument_of(n, name, name_bytes),
                                     .origin = origin,
                                     .from_ns = from_ns,
                                     .until_ns = until_ns};
}

void as_dbn_names_map(as_dbn_names *names, const as_dbn *record)
{
    uint64_t from = record->mapping.start_ts, until = record->mapping.end_ts;
    uint32_t id;
    /* of the two symbols the one that is no id: to instrument ids, it is the first */
    const char *name = record->mapping.out;
    if (!name[0] || (parse_id(name, &id) && id == record->instrument))
        name = record->mapping.in;
    name_by_record(names, record->instrument, name, ORIGIN_RECORD, from == AS_TS_UNDEFINED ? 0 : from, until);
}

void as_dbn_names_define(as_dbn_names *names, const as_dbn *record)
{
    uint64_t ts = record->ts_recv == AS_TS_UNDEFINED ? record->ts_event : record->ts_recv;
    uint32_t number = entry_of(names, record->instrument);
    if (number == UINT32_MAX)
        return;
    as_dbn_name *entry = &names->entry[number];
    bool holds = ts >= entry->from_ns && ts < entry->until_ns;
    const mapping *m = holds ? NULL : mapping_at(names, entry->id, ts);
    if (m && m->name[0])
        name_at(names, entry, ts);
    else if (!holds || entry->origin >= ORIGIN_DEFINITION)
        name_by_record(names, entry->id, record->definition.raw_symbol, ORIGIN_DEFINITION, 0, UINT64_MAX);
}

const as_dbn_names_counters *as_dbn_names_counters_get(const as_dbn_names *names)
{
    return &names->counters;
}
