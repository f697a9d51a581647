#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "core/playbook.h"

/*
 * The table only grows. Entries are written under the lock and published by the count; whoever has read a count that
 * covers an entry may read the entry for ever (edge T1: intern publishes to find, name and count).
 */
static struct {
    pthread_mutex_t lock; /* between writers: start, and reloads */
    atomic_uint count;    /* 0 until the guide's names are in */
    char name[AS_EVENT_TYPE_MAX][AS_EVENT_NAME_BYTES];
} types = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* clang-format off */
static const char *const guide_names[] = {
    "other", /* index 0: AS_EVENT_TYPE_OTHER */
    "compute_supply_entry", "capex_cut", "capex_raise", "export_control", "tariff", "model_efficiency_shock",
    "datacenter_contract", "earnings_guidance", "memory_price", "analyst_rating", "m_and_a", "legal_regulatory",
    "product_launch", "executive_change", "capital_return", "labour", "outage_cyber", "insider_13f", "macro",
    "price_move", "ai_adoption", "commentary",
};
/* In the order of guide_names. A family of the playbook's own has one claim at a time. */
static const bool guide_concurrent[] = {
    true,
    false, false, false, true, true, false,
    true, false, false, true, true, true,
    true, false, false, false, false, true, true,
    true, true, true,
};
/* clang-format on */

enum { GUIDE_COUNT = sizeof guide_names / sizeof *guide_names };

_Static_assert(sizeof guide_concurrent == GUIDE_COUNT, "a flag a name");
_Static_assert((int)GUIDE_COUNT <= (int)AS_EVENT_TYPE_MAX, "the guide's names fit");

static unsigned filled(void)
{
    unsigned count = atomic_load_explicit(&types.count, memory_order_acquire); /* edge T1 */
    if (count)
        return count;
    pthread_mutex_lock(&types.lock);
    count = atomic_load_explicit(&types.count, memory_order_relaxed); /* relaxed: under the lock */
    if (!count) {
        for (count = 0; count < GUIDE_COUNT; count++)
            memcpy(types.name[count], guide_names[count], strlen(guide_names[count]) + 1);
        atomic_store_explicit(&types.count, count, memory_order_release); /* edge T1 */
    }
    pthread_mutex_unlock(&types.lock);
    return count;
}

static int find_among(const char *name, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(types.name[i], name) == 0)
            return (int)i;
    return -1;
}

int as_event_type_find(const char *name)
{
    return find_among(name, filled());
}

uint16_t as_event_type_intern(const char *name)
{
    int found = as_event_type_find(name);
    if (found >= 0)
        return (uint16_t)found;
    if (!*name || strlen(name) >= AS_EVENT_NAME_BYTES)
        return UINT16_MAX;
    pthread_mutex_lock(&types.lock);
    unsigned count = atomic_load_explicit(&types.count, memory_order_relaxed); /* relaxed: under the lock */
    found = find_among(name, count);
    if (found < 0 && count < AS_EVENT_TYPE_MAX) {
        memcpy(types.name[count], name, strlen(name) + 1);
        atomic_store_explicit(&types.count, count + 1, memory_order_release); /* edge T1 */
        found = (int)count;
    }
    pthread_mutex_unlock(&types.lock);
    return found < 0 ? UINT16_MAX : (uint16_t)found;
}

const char *as_event_type_name(uint16_t event_type)
{
    return event_type < filled() ? types.name[event_type] : "?";
}

bool as_event_type_concurrent(uint16_t event_type)
{
    return event_type < GUIDE_COUNT && guide_concurrent[event_type];
}

uint16_t as_event_type_count(void)
{
    return (uint16_t)filled();
}
