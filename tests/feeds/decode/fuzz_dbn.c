/*
 * Any bytes as DBN metadata and as records of every layout: results are within the contract, progress is always made,
 * what is decoded encodes to something that decodes to the same, and the normaliser keeps its promises about counts.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/symbols.h"
#include "feeds/decode/dbn_encode.h"
#include "feeds/decode/dbn_metadata.h"
#include "feeds/wire/normalise_dbn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static as_symbols symbols;
static as_dbn_normaliser *normaliser;

static uint32_t resolve(void *arg, const char *symbol, size_t symbol_bytes)
{
    uint32_t instrument = as_symbols_find(arg, symbol, symbol_bytes);
    if (instrument == AS_INSTRUMENT_NONE && as_symbols_add(arg, symbol, symbol_bytes, &instrument) < 0)
        return AS_INSTRUMENT_NONE;
    return instrument;
}

static void check(bool good)
{
    if (!good)
        abort();
}

/* Bytes of the metadata, 0 if there are none. */
static size_t read_metadata(const uint8_t *data, size_t bytes, as_dbn_layout *layout)
{
    as_dbn_metadata m;
    as_dbn_interval interval;
    as_dbn_walk walk;
    as_dbn_walk_result result;
    size_t at = 112, consumed;
    if (as_dbn_metadata_decode(data, bytes, &m) != AS_DBN_METADATA_OK)
        return 0;
    check(m.total_bytes >= AS_DBN_METADATA_BYTES_MIN && m.version >= 1 && m.version <= 3 && m.symbol_bytes > 0);
    as_dbn_normaliser_begin(normaliser, &m);
    as_dbn_walk_init(&walk, &m);
    do {
        result = as_dbn_walk_next(&walk, data + at, bytes - at, &consumed, &interval);
        check(consumed <= bytes - at);
        at += consumed;
        if (result == AS_DBN_WALK_INTERVAL)
            (void)as_dbn_names_add(as_dbn_normaliser_names(normaliser), &interval);
    } while (result == AS_DBN_WALK_INTERVAL);
    as_dbn_names_ready(as_dbn_normaliser_names(normaliser));
    check(result != AS_DBN_WALK_END || at == m.total_bytes);
    *layout = (as_dbn_layout){.version = m.version, .ts_out = m.ts_out};
    return result == AS_DBN_WALK_END ? at : 0;
}

static void again(const as_dbn_layout *layout, const as_dbn *r)
{
    uint8_t first[AS_DBN_RECORD_BYTES_MAX], second[AS_DBN_RECORD_BYTES_MAX];
    as_dbn_layout known = {.version = layout->version ? layout->version : 3, .ts_out = layout->ts_out};
    as_dbn decoded;
    size_t n = as_dbn_encode(&known, r, first, sizeof first);
    check(n == as_dbn_length(known.version, r->rtype) + (known.ts_out ? 8u : 0u));
    check(as_dbn_decode(&known, first, n, &decoded) == AS_DBN_OK);
    check(as_dbn_encode(&known, &decoded, second, sizeof second) == n && memcmp(first, second, n) == 0);
}

static void read_records(const uint8_t *data, size_t bytes, const as_dbn_layout *layout)
{
    as_event event[AS_DBN_EVENTS_MAX];
    size_t at = 0, n = 0;
    while (as_dbn_frame(data + at, bytes - at, &n) == AS_DBN_OK) {
        as_dbn r;
        check(n >= AS_DBN_HEADER_BYTES && n <= AS_DBN_RECORD_BYTES_MAX && n <= bytes - at);
        if (as_dbn_decode(layout, data + at, n, &r) >= 0) {
            check(as_dbn_rtype_name(r.rtype) != NULL);
            again(layout, &r);
            check(as_normalise_dbn(normaliser, &r, event) <= AS_DBN_EVENTS_MAX);
        }
        at += n;
    }
    check(as_dbn_flush(normaliser, event) <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const as_dbn_metadata none = {.schema = AS_DBN_SCHEMA_MIXED};
    as_dbn_layout layout = {0};
    if (!normaliser) {
        as_dbn_normaliser_options options = {.names = {.symbols = &symbols, .resolve = resolve, .arg = &symbols}};
        check(as_symbols_init(&symbols, AS_INSTRUMENT_MAX) == 0 && as_dbn_normaliser_new(&options, &normaliser) == 0);
    }
    as_dbn_normaliser_begin(normaliser, &none);
    size_t at = read_metadata(data, bytes, &layout);
    if (at == 0)
        (void)as_dbn_sniff_fragment(data, bytes, &layout);
    read_records(data + at, bytes - at, &layout);
    (void)as_dbn_is_dbz(data, bytes);
    return 0;
}
