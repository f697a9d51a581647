#include "ipc/keeper/prefixes.h"

#include <string.h>

bool as_prefixes_add(as_prefixes *prefixes, const void *text, size_t text_bytes)
{
    size_t used = prefixes->count ? prefixes->end[prefixes->count - 1] : 0;
    if (prefixes->count == AS_PREFIXES_MAX || text_bytes >= AS_TOPIC_BYTES || text_bytes > AS_PREFIXES_BYTES - used)
        return false;
    if (text_bytes)
        memcpy(prefixes->text + used, text, text_bytes);
    prefixes->end[prefixes->count++] = (uint16_t)(used + text_bytes);
    return true;
}

const uint8_t *as_prefixes_at(const as_prefixes *prefixes, uint32_t idx, size_t *text_bytes)
{
    size_t begin = idx ? prefixes->end[idx - 1] : 0;
    *text_bytes = prefixes->end[idx] - begin;
    return prefixes->text + begin;
}

bool as_prefixes_match(const as_prefixes *prefixes, const uint8_t *topic, size_t topic_bytes)
{
    size_t begin = 0;
    for (uint32_t i = 0; i < prefixes->count; i++) {
        size_t bytes = prefixes->end[i] - begin;
        if (bytes <= topic_bytes && memcmp(prefixes->text + begin, topic, bytes) == 0)
            return true;
        begin = prefixes->end[i];
    }
    return false;
}

bool as_prefixes_equal(const as_prefixes *a, const as_prefixes *b)
{
    if (a->count != b->count || memcmp(a->end, b->end, a->count * sizeof *a->end) != 0)
        return false;
    return a->count == 0 || memcmp(a->text, b->text, a->end[a->count - 1]) == 0;
}

void as_prefixes_copy(as_prefixes *to, const as_prefixes *from)
{
    to->count = from->count;
    memcpy(to->end, from->end, from->count * sizeof *from->end);
    memcpy(to->text, from->text, from->count ? from->end[from->count - 1] : 0);
}

bool as_prefixes_allowed(const as_prefixes *prefixes, const as_grant *grant, uint32_t *first)
{
    for (uint32_t i = 0; i < prefixes->count; i++) {
        size_t bytes;
        const uint8_t *text = as_prefixes_at(prefixes, i, &bytes);
        if (as_grant_allows(grant, (const char *)text, bytes))
            continue;
        *first = i;
        return false;
    }
    return true;
}
