#include "core/cluster.h"

/* Take a slot's text out: features that no other text has go with it. */
static void drop(as_cluster *cluster, unsigned slot)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < cluster->member_count; i++) {
        uint8_t held = (uint8_t)(cluster->held[i] & ~(1U << slot));
        cluster->held[kept] = held;
        cluster->member[kept] = cluster->member[i];
        kept += held != 0;
    }
    cluster->member_count = (uint16_t)kept;
}

void as_cluster_add(as_cluster *cluster, const uint32_t *feature, unsigned feature_count, uint64_t ts)
{
    unsigned slot = cluster->next;
    uint64_t found = 0;
    as_print_index index;
    as_print_index_init(&index, feature, feature_count);
    if (cluster->text_count == AS_FACT_CLUSTER_MAX)
        drop(cluster, slot);
    else
        cluster->text_count++;
    for (unsigned i = 0; i < cluster->member_count; i++) {
        unsigned place = as_print_index_find(&index, cluster->member[i]);
        if (place < feature_count) {
            cluster->held[i] |= (uint8_t)(1U << slot);
            found |= UINT64_C(1) << place;
        }
    }
    for (unsigned i = 0; i < feature_count; i++)
        if (!(found >> i & 1)) {
            cluster->held[cluster->member_count] = (uint8_t)(1U << slot);
            cluster->member[cluster->member_count++] = feature[i];
        }
    cluster->ts[slot] = ts;
    cluster->feature_count[slot] = (uint8_t)feature_count;
    cluster->next = (uint8_t)((slot + 1) % AS_FACT_CLUSTER_MAX);
}

/* Bit s of a mask to byte s of a word, 0 or 1. */
static uint64_t spread(uint8_t mask)
{
    uint64_t bits = (mask * UINT64_C(0x0101010101010101)) & UINT64_C(0x8040201008040201);
    return (bits + UINT64_C(0x7F7F7F7F7F7F7F7F)) >> 7 & UINT64_C(0x0101010101010101);
}

static uint8_t latest_slots(const as_cluster *cluster, unsigned latest)
{
    unsigned slots = 0;
    for (unsigned age = 0; age < latest && age < cluster->text_count; age++)
        slots |= 1U << (cluster->next + AS_FACT_CLUSTER_MAX - 1U - age) % AS_FACT_CLUSTER_MAX;
    return (uint8_t)slots;
}

as_cluster_shared as_cluster_compare(const as_cluster *cluster, const as_print_index *index, unsigned latest)
{
    const uint8_t slots = latest_slots(cluster, latest);
    const unsigned count = cluster->member_count;
    uint16_t hit[AS_FACT_CLUSTER_MAX * AS_HEADLINE_FEATURE_MAX];
    as_cluster_shared shared = {0};
    unsigned hits = 0;
    for (unsigned i = 0; i < count; i++) { /* without a branch: nearly all miss */
        hit[hits] = (uint16_t)i;
        hits += as_print_index_maybe(index, cluster->member[i]);
    }
    for (unsigned h = 0; h < hits; h++) {
        unsigned i = hit[h];
        if (as_print_index_find(index, cluster->member[i]) == index->feature_count)
            continue;
        shared.counts += spread(cluster->held[i]);
        shared.covered += (cluster->held[i] & slots) != 0;
    }
    return shared;
}
