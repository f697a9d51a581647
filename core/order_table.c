#include "core/order_table.h"

#include <errno.h>

#include "core/error.h"
#include "core/pages.h"

static size_t near_bytes(const as_order_table *table)
{
    return (table->near_mask + 1) * sizeof *table->near;
}

static size_t far_bytes(const as_order_table *table)
{
    return (table->far_mask + 1) * sizeof *table->far;
}

int as_order_table_init(as_order_table *table, uint32_t orders_max)
{
    AS_ASSERT(orders_max >= 1 && orders_max <= UINT32_C(1) << 31);
    uint32_t near_bits = 4, far_bits = 3;
    while (UINT64_C(1) << near_bits < 2 * (uint64_t)orders_max)
        near_bits++;
    while (((uint64_t)AS_ORDER_BUCKET << far_bits) / 3 * 2 < orders_max)
        far_bits++;
    *table = (as_order_table){.near_mask = (UINT64_C(1) << near_bits) - 1,
                              .far_mask = (UINT64_C(1) << far_bits) - 1,
                              .far_shift = 64 - far_bits,
                              .used_max = orders_max};
    table->near = as_pages_new(near_bytes(table));
    table->far = as_pages_new(far_bytes(table));
    if (table->near && table->far)
        return 0;
    as_order_table_fini(table);
    return -ENOMEM;
}

void as_order_table_fini(as_order_table *table)
{
    as_pages_free(table->near, near_bytes(table));
    as_pages_free(table->far, far_bytes(table));
    *table = (as_order_table){0};
}

void as_order_table_prefault(as_order_table *table)
{
    as_pages_touch(table->near, near_bytes(table));
    as_pages_touch(table->far, far_bytes(table));
}

/* ---- far ---- */

static uint64_t passed(const as_order_bucket *bucket)
{
    return bucket->order[0].id >> AS_ORDER_PASSED_SHIFT;
}

as_order *as_order_find_far(const as_order_table *table, uint64_t ref, uint64_t id)
{
    uint64_t home = as_order_home(table, ref, id), i = home;
    do {
        as_order_bucket *bucket = &table->far[i];
        for (unsigned k = 0; k < AS_ORDER_BUCKET; k++)
            if (as_order_is(&bucket->order[k], ref, id))
                return &bucket->order[k];
        if (passed(bucket) == 0)
            return NULL;
        i = (i + 1) & table->far_mask;
    } while (i != home); /* every bucket may have been passed over, one part at a time */
    return NULL;
}

/* Keeps how often the place was passed over. */
static void write_far(as_order *place, const as_order *order)
{
    uint64_t count = place->id >> AS_ORDER_PASSED_SHIFT << AS_ORDER_PASSED_SHIFT;
    *place = *order;
    place->id |= count;
}

static void insert_far(as_order_table *table, const as_order *order)
{
    table->far_ref_max = order->ref > table->far_ref_max ? order->ref : table->far_ref_max;
    table->far_used++;
    for (uint64_t i = as_order_home(table, order->ref, order->id);; i = (i + 1) & table->far_mask) {
        as_order_bucket *bucket = &table->far[i];
        for (unsigned k = 0; k < AS_ORDER_BUCKET; k++) {
            if (bucket->order[k].qty == 0) {
                write_far(&bucket->order[k], order);
                return;
            }
        }
        if (passed(bucket) < AS_ORDER_PASSED_MAX)
            bucket->order[0].id += UINT64_C(1) << AS_ORDER_PASSED_SHIFT;
    }
}

/* The order, known to stand in bucket at, no longer passes over those before it. */
static void unpass(as_order_table *table, const as_order *order, uint64_t at)
{
    for (uint64_t i = as_order_home(table, order->ref, order->id); i != at; i = (i + 1) & table->far_mask) {
        as_order_bucket *bucket = &table->far[i];
        if (passed(bucket) < AS_ORDER_PASSED_MAX)
            bucket->order[0].id -= UINT64_C(1) << AS_ORDER_PASSED_SHIFT;
    }
}

/* ---- both ---- */

void as_order_evict(as_order_table *table, as_order *place)
{
    insert_far(table, place);
    place->qty = 0;
    place->id = 0;
}

void as_order_insert(as_order_table *table, const as_order *order)
{
    as_order *place = as_order_near(table, order->ref);
    if (place->qty)
        as_order_evict(table, place);
    *place = *order;
    table->used++;
}

void as_order_erase(as_order_table *table, as_order *order)
{
    uintptr_t offset = (uintptr_t)order - (uintptr_t)table->far;
    if (offset < far_bytes(table)) {
        unpass(table, order, offset / sizeof *table->far);
        if (--table->far_used == 0)
            table->far_ref_max = 0;
    }
    order->qty = 0;
    order->id = order->id >> AS_ORDER_PASSED_SHIFT << AS_ORDER_PASSED_SHIFT;
    table->used--;
}

static void sweep(as_order_table *table, as_order *order, bool (*stale)(const as_order *order, const void *context),
                  const void *context)
{
    if (order->qty && stale(order, context))
        as_order_erase(table, order);
}

void as_order_table_sweep(as_order_table *table, bool (*stale)(const as_order *order, const void *context),
                          const void *context)
{
    for (uint64_t i = 0; i <= table->near_mask; i++)
        sweep(table, &table->near[i], stale, context);
    for (uint64_t i = 0; i <= table->far_mask && table->far_used; i++)
        for (unsigned k = 0; k < AS_ORDER_BUCKET; k++)
            sweep(table, &table->far[i].order[k], stale, context);
}
