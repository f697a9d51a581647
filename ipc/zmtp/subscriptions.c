#include "ipc/zmtp/subscriptions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/clock.h"
#include "core/error.h"

#define PRIME ((UINT64_C(1) << 61) - 1)

enum { SLOTS_MIN = 16 };

__extension__ typedef unsigned __int128 wide;

struct as_zmtp_subscription {
    uint32_t times;
    uint8_t bytes;
    char text[];
};

_Static_assert(AS_TOPIC_BYTES % 64 == 0 && AS_TOPIC_BYTES <= 256, "lengths is a bitmap, bytes fits a byte");

uint64_t as_zmtp_prefixes_draw(void)
{
    uint64_t point;
    if (getrandom(&point, sizeof point, 0) != sizeof point)
        point = as_clock_now_ns() * UINT64_C(0x9e3779b97f4a7c15);
    return point % (PRIME - 1) + 1;
}

void as_zmtp_prefixes_make(uint64_t point, const char *text, size_t bytes, as_zmtp_prefixes *prefixes)
{
    AS_DCHECK(bytes < AS_TOPIC_BYTES);
    uint64_t hash = 0;
    prefixes->text = text;
    prefixes->bytes = bytes;
    prefixes->hash[0] = 0;
    for (size_t i = 0; i < bytes; i++) {
        wide product = (wide)hash * point;
        hash = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61) + (uint8_t)text[i] + 1;
        hash = (hash & PRIME) + (hash >> 61);
        if (hash >= PRIME)
            hash -= PRIME;
        prefixes->hash[i + 1] = hash;
    }
}

void as_zmtp_subscriptions_init(as_zmtp_subscriptions *set, uint32_t count_max)
{
    memset(set, 0, sizeof *set);
    set->count_max = count_max;
}

void as_zmtp_subscriptions_fini(as_zmtp_subscriptions *set)
{
    for (uint32_t i = 0; i < set->slot_count; i++)
        free(set->slot[i].entry);
    free(set->slot);
    as_zmtp_subscriptions_init(set, set->count_max);
}

/* The slot of the first n bytes: its own, or the free one where it would go. The table is never full. */
static struct as_zmtp_slot *find(const as_zmtp_subscriptions *set, const as_zmtp_prefixes *prefix, size_t n)
{
    uint32_t mask = set->slot_count - 1;
    uint64_t hash = prefix->hash[n];
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        struct as_zmtp_slot *slot = &set->slot[i];
        if (!slot->entry ||
            (slot->hash == hash && slot->entry->bytes == n && memcmp(slot->entry->text, prefix->text, n) == 0))
            return slot;
    }
}

static int resize(as_zmtp_subscriptions *set, uint32_t slot_count)
{
    struct as_zmtp_slot *slot = calloc(slot_count, sizeof *slot);
    if (!slot)
        return -ENOMEM;
    for (uint32_t i = 0; i < set->slot_count; i++) {
        if (!set->slot[i].entry)
            continue;
        uint32_t at = (uint32_t)set->slot[i].hash & (slot_count - 1);
        while (slot[at].entry)
            at = (at + 1) & (slot_count - 1);
        slot[at] = set->slot[i];
    }
    free(set->slot);
    set->slot = slot;
    set->slot_count = slot_count;
    return 0;
}

int as_zmtp_subscriptions_add(as_zmtp_subscriptions *set, const as_zmtp_prefixes *prefix)
{
    size_t n = prefix->bytes;
    if (set->slot_count > 0) {
        struct as_zmtp_subscription *held = find(set, prefix, n)->entry;
        if (held) {
            if (held->times == UINT32_MAX)
                return -ENOSPC;
            held->times++;
            return 0;
        }
    }
    if (set->count >= set->count_max)
        return -ENOSPC;
    if (set->slot_count < 2 * (set->count + 1)) {
        int rc = resize(set, set->slot_count ? 2 * set->slot_count : SLOTS_MIN);
        if (rc < 0)
            return rc;
    }
    struct as_zmtp_subscription *entry = malloc(sizeof *entry + n);
    if (!entry)
        return -ENOMEM;
    entry->times = 1;
    entry->bytes = (uint8_t)n;
    memcpy(entry->text, prefix->text, n);
    struct as_zmtp_slot *slot = find(set, prefix, n);
    slot->hash = prefix->hash[n];
    slot->entry = entry;
    set->count++;
    if (set->of_length[n]++ == 0)
        set->lengths[n / 64] |= UINT64_C(1) << n % 64;
    return 1;
}

/* Free a slot and move back those behind it that would not be found any more. */
static void drop(as_zmtp_subscriptions *set, uint32_t idx)
{
    uint32_t mask = set->slot_count - 1;
    size_t n = set->slot[idx].entry->bytes;
    free(set->slot[idx].entry);
    set->slot[idx].entry = NULL;
    set->count--;
    if (--set->of_length[n] == 0)
        set->lengths[n / 64] &= ~(UINT64_C(1) << n % 64);
    for (uint32_t i = (idx + 1) & mask; set->slot[i].entry; i = (i + 1) & mask) {
        uint32_t home = (uint32_t)set->slot[i].hash & mask;
        if (((i - home) & mask) < ((i - idx) & mask))
            continue;
        set->slot[idx] = set->slot[i];
        set->slot[i].entry = NULL;
        idx = i;
    }
}

static void give_back(as_zmtp_subscriptions *set)
{
    if (set->count == 0)
        as_zmtp_subscriptions_fini(set);
}

int as_zmtp_subscriptions_remove(as_zmtp_subscriptions *set, const as_zmtp_prefixes *prefix)
{
    if (set->slot_count == 0)
        return 0;
    struct as_zmtp_slot *slot = find(set, prefix, prefix->bytes);
    if (!slot->entry || --slot->entry->times > 0)
        return 0;
    drop(set, (uint32_t)(slot - set->slot));
    give_back(set);
    return 1;
}

bool as_zmtp_subscriptions_match(const as_zmtp_subscriptions *set, const as_zmtp_prefixes *topic)
{
    if (set->count == 0)
        return false;
    for (unsigned word = 0; word < AS_TOPIC_BYTES / 64; word++)
        for (uint64_t bits = set->lengths[word]; bits; bits &= bits - 1) {
            size_t n = 64 * word + (unsigned)__builtin_ctzll(bits);
            if (n > topic->bytes)
                return false;
            if (find(set, topic, n)->entry)
                return true;
        }
    return false;
}

uint32_t as_zmtp_subscriptions_sweep(as_zmtp_subscriptions *set,
                                     bool (*keep)(const void *context, const char *prefix, size_t prefix_bytes),
                                     const void *context)
{
    uint32_t removed = 0;
    for (uint32_t i = 0; i < set->slot_count;) {
        struct as_zmtp_subscription *entry = set->slot[i].entry;
        if (!entry || keep(context, entry->text, entry->bytes)) {
            i++;
            continue;
        }
        drop(set, i); /* another one may have moved into i: look again */
        removed++;
    }
    give_back(set);
    return removed;
}
