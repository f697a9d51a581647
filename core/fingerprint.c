#include "core/fingerprint.h"

#include <stdbool.h>
#include <string.h>

void as_print_index_init(as_print_index *index, const uint32_t *feature, unsigned feature_count)
{
    index->feature_count = feature_count;
    if (feature_count > 0)
        memcpy(index->feature, feature, feature_count * sizeof *feature);
    memset(index->place, 0, sizeof index->place);
    for (unsigned i = 0; i < feature_count; i++) {
        uint32_t at = feature[i] & AS_PRINT_PLACE_MASK;

        while (index->place[at] != 0)
            at = (at + 1) & AS_PRINT_PLACE_MASK;
        index->place[at] = (uint8_t)(i + 1);
    }
}

unsigned as_print_index_shared(const as_print_index *index, const uint32_t *set, unsigned member_count)
{
    unsigned shared = 0;

    for (unsigned i = 0; i < member_count; i++)
        if (as_print_index_maybe(index, set[i]) != 0)
            shared += as_print_index_find(index, set[i]) < index->feature_count;
    return shared;
}

unsigned as_shared(const uint32_t *a, unsigned a_count, const uint32_t *b, unsigned b_count)
{
    unsigned shared = 0;

    for (unsigned i = 0, j = 0; i < a_count && j < b_count;) {
        shared += a[i] == b[j];
        if (a[i] < b[j])
            i++;
        else if (a[i] > b[j])
            j++;
        else
            i++, j++;
    }
    return shared;
}

double as_jaccard(const uint32_t *a, unsigned a_count, const uint32_t *b, unsigned b_count)
{
    unsigned shared = as_shared(a, a_count, b, b_count);

    return shared == 0 ? 0 : (double)shared / (a_count + b_count - shared);
}

double as_containment(const uint32_t *a, unsigned a_count, const uint32_t *b, unsigned b_count)
{
    unsigned least = a_count < b_count ? a_count : b_count;

    return least == 0 ? 0 : (double)as_shared(a, a_count, b, b_count) / least;
}

static bool holds(const uint32_t *set, unsigned count, uint32_t member)
{
    unsigned low = 0, high = count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (set[middle] == member)
            return true;
        if (set[middle] < member)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

double as_cover(const uint32_t *a, unsigned a_count, const uint32_t *const *set, const unsigned *member_count,
                unsigned sets)
{
    unsigned covered = 0;

    for (unsigned i = 0; i < a_count; i++) {
        bool found = false;

        for (unsigned s = 0; s < sets && !found; s++)
            found = holds(set[s], member_count[s], a[i]);
        covered += found;
    }
    return a_count == 0 ? 0 : (double)covered / a_count;
}
