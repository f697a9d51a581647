#include "feeds/decode/dbn_metadata.h"

#include <string.h>

#include "feeds/le.h"

enum { PRELUDE_BYTES = 8, LISTS_AT = 112, LIST_MAPPINGS = 3, LIST_PADDING = 4, SYMBOL_BYTES_V1 = 22, COUNT_BYTES = 4 };

bool as_dbn_is_metadata(const uint8_t *data, size_t bytes)
{
    return bytes >= 4 && memcmp(data, "DBN", 3) == 0 && data[3] < 0x20;
}

/* Offsets count from "DBN". */
as_dbn_metadata_result as_dbn_metadata_decode(const uint8_t *data, size_t bytes, as_dbn_metadata *out)
{
    if (bytes == 0)
        return AS_DBN_METADATA_NEED_MORE;
    if (bytes < PRELUDE_BYTES)
        return memcmp(data, "DBN", bytes < 3 ? bytes : 3) ? AS_DBN_METADATA_FOREIGN : AS_DBN_METADATA_NEED_MORE;
    if (!as_dbn_is_metadata(data, bytes))
        return AS_DBN_METADATA_FOREIGN;
    as_dbn_metadata m = {.version = data[3], .total_bytes = PRELUDE_BYTES + (uint64_t)as_le32(data + 4)};
    if (m.version == 0 || m.version > AS_DBN_VERSION_MAX)
        return AS_DBN_METADATA_BAD_VERSION;
    if (m.total_bytes < AS_DBN_METADATA_BYTES_MIN)
        return AS_DBN_METADATA_BAD_LENGTH;
    if (bytes < AS_DBN_METADATA_BYTES_MIN)
        return AS_DBN_METADATA_NEED_MORE;
    const uint8_t *types = data + (m.version == 1 ? 58 : 50);
    memcpy(m.dataset, data + 8, AS_DBN_DATASET_BYTES - 1);
    m.schema = as_le16(data + 24);
    m.start = as_le64(data + 26);
    m.end = as_le64(data + 34);
    m.limit = as_le64(data + 42);
    m.record_count = m.version == 1 ? as_le64(data + 50) : 0;
    m.stype_in = types[0];
    m.stype_out = types[1];
    m.ts_out = types[2] != 0;
    m.symbol_bytes = m.version == 1 ? SYMBOL_BYTES_V1 : as_le16(data + 53);
    if (m.symbol_bytes == 0)
        return AS_DBN_METADATA_BAD_SYMBOLS;
    if (as_le32(data + 108) != 0)
        return AS_DBN_METADATA_BAD_SCHEMA;
    *out = m;
    return AS_DBN_METADATA_OK;
}

const char *as_dbn_metadata_text(as_dbn_metadata_result result)
{
    static const char *const text[] = {"",
                                       "cut",
                                       "they do not begin with DBN",
                                       "the version is not 1, 2 or 3",
                                       "their length is below 120",
                                       "symbols have no bytes",
                                       "a schema definition, which is not part of any version",
                                       "a list is longer than the metadata"};
    return text[-(int)result];
}

void as_dbn_walk_init(as_dbn_walk *walk, const as_dbn_metadata *metadata)
{
    *walk = (as_dbn_walk){.left_bytes = metadata->total_bytes - LISTS_AT, .symbol_bytes = metadata->symbol_bytes};
}

static void symbol(char out[AS_DBN_SYMBOL_BYTES], const uint8_t *data, size_t field_bytes)
{
    size_t n = field_bytes < AS_DBN_SYMBOL_BYTES - 1 ? field_bytes : AS_DBN_SYMBOL_BYTES - 1;
    memcpy(out, data, n);
    out[n] = 0;
}

/* The walk's next piece: a count, a symbol, a mapping's head or one of its intervals. */
static size_t piece_bytes(const as_dbn_walk *w)
{
    if (w->intervals)
        return 2 * COUNT_BYTES + (size_t)w->symbol_bytes;
    if (!w->counted)
        return COUNT_BYTES;
    return w->symbol_bytes + (w->list == LIST_MAPPINGS ? COUNT_BYTES : 0u);
}

/* What the entries that are announced need at least is there. */
static bool room_for(const as_dbn_walk *w, uint64_t count, size_t entry_bytes)
{
    return count * entry_bytes <= w->left_bytes;
}

static as_dbn_walk_result bad(as_dbn_walk *w)
{
    w->left_bytes = 0;
    w->list = LIST_PADDING;
    w->intervals = 0;
    return AS_DBN_WALK_BAD;
}

/* Use one piece, whose bytes are there. END means: go on. */
static as_dbn_walk_result take(as_dbn_walk *w, const uint8_t *data, as_dbn_interval *out)
{
    if (w->intervals) {
        w->intervals--;
        out->start_date = as_le32(data);
        out->end_date = as_le32(data + COUNT_BYTES);
        memcpy(out->in, w->in, sizeof out->in);
        symbol(out->out, data + 2 * COUNT_BYTES, w->symbol_bytes);
        return AS_DBN_WALK_INTERVAL;
    }
    if (!w->counted) {
        w->left = as_le32(data);
        w->counted = true;
        w->not_found = w->list == 2 ? w->left : w->not_found;
        return room_for(w, w->left, piece_bytes(w)) ? AS_DBN_WALK_END : bad(w);
    }
    w->left--;
    if (w->list != LIST_MAPPINGS)
        return AS_DBN_WALK_END;
    symbol(w->in, data, w->symbol_bytes);
    w->intervals = as_le32(data + w->symbol_bytes);
    return room_for(w, w->intervals, 2 * COUNT_BYTES + (size_t)w->symbol_bytes) ? AS_DBN_WALK_END : bad(w);
}

as_dbn_walk_result as_dbn_walk_next(as_dbn_walk *walk, const uint8_t *data, size_t bytes, size_t *consumed,
                                    as_dbn_interval *out)
{
    size_t at = 0;
    as_dbn_walk_result result = AS_DBN_WALK_END;
    while (walk->list < LIST_PADDING && result == AS_DBN_WALK_END) {
        if (walk->counted && walk->left == 0 && walk->intervals == 0) {
            walk->counted = false;
            walk->list++;
            continue;
        }
        size_t piece = piece_bytes(walk);
        if (piece > walk->left_bytes) {
            result = bad(walk);
        } else if (piece > bytes - at) {
            result = AS_DBN_WALK_NEED_MORE;
        } else {
            walk->left_bytes -= piece;
            at += piece;
            result = take(walk, data + at - piece, out);
        }
    }
    if (walk->list == LIST_PADDING && result == AS_DBN_WALK_END) {
        size_t padding = walk->left_bytes < bytes - at ? (size_t)walk->left_bytes : bytes - at;
        walk->left_bytes -= padding;
        at += padding;
        result = walk->left_bytes ? AS_DBN_WALK_NEED_MORE : AS_DBN_WALK_END;
    }
    *consumed = at;
    return result;
}
