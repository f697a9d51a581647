#include "feeds/files/input_merge.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/error.h"

enum { RANKS = 4 };
#define NO_HEADLINE UINT32_MAX

/* An input and the event it will give next. */
typedef struct source {
    as_input *input;
    as_event event;
    as_headline headline;
} source;

/* One receive instant. */
typedef struct instant {
    as_event event[AS_INPUT_MERGE_EVENTS];
    uint32_t headline_of[AS_INPUT_MERGE_EVENTS];
    uint32_t order[AS_INPUT_MERGE_EVENTS];
    as_headline headline[AS_REORDER_EVENTS];
} instant;

struct as_input_merge {
    source *source;
    uint32_t *heap; /* sources that have an event, the earliest first; ties: order of the inputs */
    uint32_t heap_count, source_count;
    uint64_t from, to;
    instant *now;
    uint32_t event_count, headline_count, delivered;
    int failed;     /* an input's error, reported when the instant in hand has been delivered */
};

static bool before(const as_input_merge *m, uint32_t a, uint32_t b)
{
    uint64_t x = m->source[a].event.ts_recv, y = m->source[b].event.ts_recv;
    return x != y ? x < y : a < b;
}

static void heap_push(as_input_merge *m, uint32_t idx)
{
    uint32_t i = m->heap_count++;
    for (; i > 0 && before(m, idx, m->heap[(i - 1) / 2]); i = (i - 1) / 2)
        m->heap[i] = m->heap[(i - 1) / 2];
    m->heap[i] = idx;
}

static uint32_t heap_pop(as_input_merge *m)
{
    uint32_t top = m->heap[0], last = m->heap[--m->heap_count], i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= m->heap_count)
            break;
        if (child + 1 < m->heap_count && before(m, m->heap[child + 1], m->heap[child]))
            child++;
        if (!before(m, m->heap[child], last))
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = last;
    return top;
}

/* The source's next event within the bounds. False at its end or on an error. */
static bool advance(as_input_merge *m, source *s)
{
    int result;
    while ((result = as_input_next(s->input, &s->event, &s->headline)) > 0)
        if (s->event.ts_recv >= m->from)
            return s->event.ts_recv < m->to;
    if (result < 0 && !m->failed)
        m->failed = result;
    return false;
}

static bool room(const as_input_merge *m)
{
    return m->event_count < AS_INPUT_MERGE_EVENTS && m->headline_count < AS_REORDER_EVENTS;
}

static void append(as_input_merge *m, const source *s)
{
    instant *now = m->now;
    uint32_t i = m->event_count++;
    now->event[i] = s->event;
    now->event[i].flags &= (uint8_t)~AS_EVENT_LAST;
    now->headline_of[i] = NO_HEADLINE;
    if (s->event.kind == AS_EVENT_HEADLINE) {
        now->headline_of[i] = m->headline_count;
        now->headline[m->headline_count++] = s->headline;
    }
}

/* Everything that has the earliest time: sources come off the heap in the order of the inputs. */
static void gather(as_input_merge *m)
{
    uint64_t ts = m->source[m->heap[0]].event.ts_recv;
    m->event_count = m->headline_count = m->delivered = 0;
    while (m->heap_count > 0 && room(m) && !m->failed && m->source[m->heap[0]].event.ts_recv == ts) {
        uint32_t idx = heap_pop(m);
        source *s = &m->source[idx];
        bool more;
        do {
            append(m, s);
            more = advance(m, s);
        } while (more && s->event.ts_recv == ts && room(m));
        if (more)
            heap_push(m, idx);
    }
}

/* Stable by rank; the last of ranks 0 and 1 closes the instant's market events. */
static void put_in_order(as_input_merge *m)
{
    instant *now = m->now;
    uint32_t place[RANKS + 1] = {0};
    for (uint32_t i = 0; i < m->event_count; i++)
        place[as_event_rank(&now->event[i]) + 1]++;
    for (unsigned rank = 1; rank <= RANKS; rank++)
        place[rank] += place[rank - 1];
    uint32_t market_count = place[2];
    for (uint32_t i = 0; i < m->event_count; i++)
        now->order[place[as_event_rank(&now->event[i])]++] = i;
    if (market_count > 0)
        now->event[now->order[market_count - 1]].flags |= AS_EVENT_LAST;
}

int as_input_merge_open(as_input **inputs, uint32_t count, uint64_t from, uint64_t to, as_input_merge **merge)
{
    if (count == 0 || count > AS_INPUT_MAX)
        return as_error_set(-EINVAL, "%u inputs were given; 1 to %d are allowed", count, AS_INPUT_MAX);
    as_input_merge *m = calloc(1, sizeof *m);
    if (!m)
        return as_error_set(-ENOMEM, "out of memory for %u inputs", count);
    m->source = calloc(count, sizeof *m->source);
    m->heap = calloc(count, sizeof *m->heap);
    void *map = mmap(NULL, sizeof *m->now, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    m->now = map == MAP_FAILED ? NULL : map;
    m->from = from;
    m->to = to;
    bool memory = m->source && m->heap && m->now;
    int code = memory ? 0 : as_error_set(-ENOMEM, "out of memory for %u inputs", count);
    for (uint32_t i = 0; memory && i < count && code == 0; i++) {
        m->source[i].input = inputs[i];
        if (advance(m, &m->source[i]))
            heap_push(m, i);
        code = m->failed;
    }
    if (code < 0) {
        as_input_merge_close(m);
        return code;
    }
    *merge = m;
    return 0;
}

int as_input_merge_next(as_input_merge *merge, const as_event **event, const as_headline **headline)
{
    as_input_merge *m = merge;
    if (m->delivered == m->event_count) {
        if (m->failed || m->heap_count == 0)
            return m->failed;
        gather(m);
        put_in_order(m);
    }
    uint32_t i = m->now->order[m->delivered++];
    *event = &m->now->event[i];
    *headline = m->now->headline_of[i] == NO_HEADLINE ? NULL : &m->now->headline[m->now->headline_of[i]];
    return 1;
}

void as_input_merge_close(as_input_merge *merge)
{
    if (!merge)
        return;
    if (merge->now)
        munmap(merge->now, sizeof *merge->now);
    free(merge->heap);
    free(merge->source);
    free(merge);
}
