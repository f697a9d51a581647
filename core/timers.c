#include "core/timers.h"

#include <errno.h>
#include <stdlib.h>

static bool before(const as_timer *a, const as_timer *b)
{
    if (a->deadline != b->deadline)
        return a->deadline < b->deadline;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->key < b->key;
}

int as_timers_init(as_timers *timers, uint32_t count_max)
{
    *timers = (as_timers){.heap = calloc(count_max, sizeof *timers->heap), .count_max = count_max};
    return timers->heap ? 0 : -ENOMEM;
}

void as_timers_fini(as_timers *timers)
{
    free(timers->heap);
    *timers = (as_timers){0};
}

bool as_timers_add(as_timers *timers, as_timer timer)
{
    if (timers->count == timers->count_max) {
        timers->refused++;
        return false;
    }
    uint32_t hole = timers->count++;
    while (hole > 0) {
        uint32_t parent = (hole - 1) / 2;
        if (!before(&timer, &timers->heap[parent]))
            break;
        timers->heap[hole] = timers->heap[parent];
        hole = parent;
    }
    timers->heap[hole] = timer;
    return true;
}

as_timer as_timers_take(as_timers *timers)
{
    as_timer first = timers->heap[0];
    as_timer last = timers->heap[--timers->count];
    uint32_t hole = 0;
    for (;;) {
        uint32_t child = 2 * hole + 1;
        if (child >= timers->count)
            break;
        if (child + 1 < timers->count && before(&timers->heap[child + 1], &timers->heap[child]))
            child++;
        if (!before(&timers->heap[child], &last))
            break;
        timers->heap[hole] = timers->heap[child];
        hole = child;
    }
    timers->heap[hole] = last;
    return first;
}
