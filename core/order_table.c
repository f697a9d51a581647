#include "core/order_table.h"

#include <errno.h>
#include <sys/mman.h>

#include "core/error.h"

size_t as_order_table_bytes(const as_order_table *table)
{
    return table->slot ? (table->mask + 1) * sizeof(as_order) : 0;
}

int as_order_table_init(as_order_table *table, uint32_t orders_max)
{
    AS_ASSERT(orders_max >= 1 && orders_max <= UINT32_C(1) << 31);
    uint32_t bits = 4;
    while ((UINT64_C(1) << bits) / 3 * 2 < orders_max)
        bits++;
    *table = (as_order_table){.mask = (UINT64_C(1) << bits) - 1, .shift = 64 - bits, .used_max = orders_max};
    size_t bytes = (table->mask + 1) * sizeof(as_order);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        *table = (as_order_table){0};
        return -ENOMEM;
    }
    (void)madvise(memory, bytes, MADV_HUGEPAGE); /* random access: fewer TLB misses; refusal only costs speed */
    table->slot = memory;
    return 0;
}

void as_order_table_fini(as_order_table *table)
{
    if (table->slot)
        munmap(table->slot, as_order_table_bytes(table));
    *table = (as_order_table){0};
}

void as_order_table_sweep(as_order_table *table, bool (*stale)(const as_order *order, const void *context),
                          const void *context)
{
    /* Erasing pulls a later entry into slot i, so i is looked at again. Entries that wrap from the front of the table
     * to its end were looked at before and are not stale. */
    for (uint64_t i = 0; i <= table->mask;) {
        as_order *order = &table->slot[i];
        if (order->qty && stale(order, context))
            as_order_table_erase(table, order);
        else
            i++;
    }
}
