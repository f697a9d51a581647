#include "feeds/files/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xxhash.h>

#include "core/error.h"
#include "core/limits.h"
#include "feeds/decode/headline_record.h"

/*
 *   slot[]      the events; free slots are chained through `free_slot`, never used ones lie from `fresh` on
 *   queue[]     ring of slots in order: each is not before the one in front of it
 *   heap[]      binary heap of slots that came too late for the queue
 *   headline[]  by slot
 *   bucket[]    of hashes of (time, URL) and (time, id): chains of nodes, 2 * slot + 1 for the URL, + 2 for the id
 */
enum { SLOTS = AS_REORDER_EVENTS, BUCKETS = 2 * AS_REORDER_EVENTS };

typedef struct window_slot {
    as_event event;
    uint64_t arrival;
    uint32_t next_free; /* slot + 1 */
} window_slot;

typedef struct window {
    window_slot slot[SLOTS];
    uint32_t queue[SLOTS];
    uint32_t heap[SLOTS];
    uint32_t bucket[BUCKETS]; /* node, 0 is none */
    uint32_t next[BUCKETS];   /* by node - 1 */
    as_headline headline[SLOTS];
} window;

struct as_reorder {
    window *w;
    uint64_t arrivals;
    uint32_t free_slot, fresh;
    uint32_t queue_first, queue_count; /* positions modulo SLOTS */
    uint32_t heap_count;
};

int as_reorder_new(as_reorder **reorder)
{
    as_reorder *r = calloc(1, sizeof *r);
    if (!r)
        return -ENOMEM;
    r->w = mmap(NULL, sizeof *r->w, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (r->w == MAP_FAILED) {
        free(r);
        return -ENOMEM;
    }
    *reorder = r;
    return 0;
}

void as_reorder_free(as_reorder *reorder)
{
    if (!reorder)
        return;
    munmap(reorder->w, sizeof *reorder->w);
    free(reorder);
}

uint32_t as_reorder_count(const as_reorder *reorder)
{
    return reorder->queue_count + reorder->heap_count;
}

bool as_reorder_full(const as_reorder *reorder)
{
    return as_reorder_count(reorder) == SLOTS;
}

static bool before(const window *w, uint32_t a, uint32_t b)
{
    const window_slot *x = &w->slot[a], *y = &w->slot[b];
    if (x->event.ts_recv != y->event.ts_recv)
        return x->event.ts_recv < y->event.ts_recv;
    return x->arrival < y->arrival;
}

static void heap_push(as_reorder *r, uint32_t slot)
{
    uint32_t *heap = r->w->heap, i = r->heap_count++;
    for (; i > 0 && before(r->w, slot, heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = slot;
}

static uint32_t heap_pop(as_reorder *r)
{
    uint32_t *heap = r->w->heap, top = heap[0], last = heap[--r->heap_count], i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= r->heap_count)
            break;
        if (child + 1 < r->heap_count && before(r->w, heap[child + 1], heap[child]))
            child++;
        if (!before(r->w, heap[child], last))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return top;
}

/* ---- repeated headlines ---- */

static uint32_t key_bucket(uint64_t ts, const char *text, bool is_id)
{
    return (uint32_t)(XXH3_64bits_withSeed(text, strlen(text), ts * 2 + is_id) % BUCKETS);
}

static const char *key_of(const as_headline *headline, bool is_id)
{
    return is_id ? headline->id : headline->url;
}

static as_headline *find_same(as_reorder *r, const as_headline *headline, bool is_id)
{
    window *w = r->w;
    const char *key = key_of(headline, is_id);
    if (!key[0])
        return NULL;
    for (uint32_t node = w->bucket[key_bucket(headline->ts_event, key, is_id)]; node; node = w->next[node - 1]) {
        as_headline *other = &w->headline[(node - 1) / 2];
        if ((node - 1) % 2 == is_id && other->ts_event == headline->ts_event &&
            strcmp(key_of(other, is_id), key) == 0 && other->revision == headline->revision &&
            other->retracted == headline->retracted)
            return other;
    }
    return NULL;
}

static void index_headline(as_reorder *r, uint32_t slot)
{
    window *w = r->w;
    for (uint32_t is_id = 0; is_id < 2; is_id++) {
        const char *key = key_of(&w->headline[slot], is_id);
        if (!key[0])
            continue;
        uint32_t node = 2 * slot + 1 + is_id, *head = &w->bucket[key_bucket(w->headline[slot].ts_event, key, is_id)];
        w->next[node - 1] = *head;
        *head = node;
    }
}

static void forget_headline(as_reorder *r, uint32_t slot)
{
    window *w = r->w;
    for (uint32_t is_id = 0; is_id < 2; is_id++) {
        const char *key = key_of(&w->headline[slot], is_id);
        if (!key[0])
            continue;
        uint32_t node = 2 * slot + 1 + is_id, *link = &w->bucket[key_bucket(w->headline[slot].ts_event, key, is_id)];
        while (*link != node)
            link = &w->next[*link - 1];
        *link = w->next[node - 1];
    }
}

static bool merge_headline(as_reorder *r, const as_headline *headline)
{
    as_headline *same = find_same(r, headline, false);
    if (!same)
        same = find_same(r, headline, true);
    if (!same)
        return false;
    for (unsigned i = 0; i < headline->tag_count; i++)
        as_headline_add_tag(same, headline->tag[i]);
    if (same->merged_count < UINT8_MAX)
        same->merged_count++;
    return true;
}

/* ---- in and out ---- */

bool as_reorder_push(as_reorder *reorder, const as_event *event, const as_headline *headline)
{
    as_reorder *r = reorder;
    window *w = r->w;
    AS_DCHECK(!as_reorder_full(r));
    if (event->kind == AS_EVENT_HEADLINE && merge_headline(r, headline))
        return true;
    uint32_t slot = r->free_slot ? r->free_slot - 1 : r->fresh++;
    if (r->free_slot)
        r->free_slot = w->slot[slot].next_free;
    w->slot[slot].event = *event;
    w->slot[slot].arrival = r->arrivals++;
    if (event->kind == AS_EVENT_HEADLINE) {
        w->headline[slot] = *headline;
        index_headline(r, slot);
    }
    uint32_t last = w->queue[(r->queue_first + r->queue_count - 1) % SLOTS];
    if (r->queue_count == 0 || !before(w, slot, last))
        w->queue[(r->queue_first + r->queue_count++) % SLOTS] = slot;
    else
        heap_push(r, slot);
    return false;
}

bool as_reorder_pop(as_reorder *reorder, as_event *event, as_headline *headline)
{
    as_reorder *r = reorder;
    window *w = r->w;
    uint32_t slot;
    if (as_reorder_count(r) == 0)
        return false;
    if (r->queue_count > 0 && (r->heap_count == 0 || before(w, w->queue[r->queue_first], w->heap[0]))) {
        slot = w->queue[r->queue_first];
        r->queue_first = (r->queue_first + 1) % SLOTS;
        r->queue_count--;
    } else {
        slot = heap_pop(r);
    }
    *event = w->slot[slot].event;
    if (event->kind == AS_EVENT_HEADLINE) {
        *headline = w->headline[slot];
        forget_headline(r, slot);
    }
    w->slot[slot].next_free = r->free_slot;
    r->free_slot = slot + 1;
    return true;
}
