#include <stdlib.h>
#include <string.h>

#include "core_inside.h"

void asc_item_fini(asc_item *item)
{
    asc_message_unref(item->message);
    free(item->topic);
    *item = (asc_item){0};
}

static size_t bytes_of(const asc_item *item)
{
    return sizeof *item + (item->message ? sizeof *item->message + item->message->payload_bytes : 0);
}

static bool grow(asc_queue *queue)
{
    size_t slots = queue->slots ? 2 * queue->slots : 16;
    asc_item *item = malloc(slots * sizeof *item);
    if (!item)
        return false;
    for (size_t i = 0; i < queue->count; i++)
        item[i] = queue->item[(queue->head + i) & (queue->slots - 1)];
    free(queue->item);
    queue->item = item;
    queue->slots = slots;
    queue->head = 0;
    return true;
}

static bool push(asc_queue *queue, asc_item item, size_t count_max, size_t bytes_max)
{
    size_t bytes = bytes_of(&item);
    if (queue->count >= count_max || queue->bytes + bytes > bytes_max ||
        (queue->count == queue->slots && !grow(queue))) {
        asc_item_fini(&item);
        return false;
    }
    queue->item[(queue->head + queue->count++) & (queue->slots - 1)] = item;
    queue->bytes += bytes;
    return true;
}

bool asc_queue_push(asc_queue *queue, asc_item item)
{
    return push(queue, item, ASC_QUEUE_MAX, ASC_QUEUE_BYTES_MAX);
}

bool asc_queue_push_wide(asc_queue *queue, asc_item item)
{
    return push(queue, item, ASC_STATE_MAX, (size_t)512 << 20);
}

bool asc_queue_push_front(asc_queue *queue, asc_item item)
{
    if (queue->count == queue->slots && !grow(queue)) {
        asc_item_fini(&item);
        return false;
    }
    queue->head = (queue->head - 1) & (queue->slots - 1);
    queue->item[queue->head] = item;
    queue->count++;
    queue->bytes += bytes_of(&item);
    return true;
}

void asc_queue_truncate(asc_queue *queue, size_t count)
{
    while (queue->count > count) {
        asc_item *last = &queue->item[(queue->head + --queue->count) & (queue->slots - 1)];
        queue->bytes -= bytes_of(last);
        asc_item_fini(last);
    }
}

bool asc_queue_pop(asc_queue *queue, asc_item *item)
{
    if (queue->count == 0)
        return false;
    *item = queue->item[queue->head];
    queue->head = (queue->head + 1) & (queue->slots - 1);
    queue->count--;
    queue->bytes -= bytes_of(item);
    return true;
}

const asc_item *asc_queue_at(const asc_queue *queue, size_t idx)
{
    return &queue->item[(queue->head + idx) & (queue->slots - 1)];
}

void asc_queue_clear(asc_queue *queue)
{
    asc_item item;
    while (asc_queue_pop(queue, &item))
        asc_item_fini(&item);
    free(queue->item);
    *queue = (asc_queue){0};
}
