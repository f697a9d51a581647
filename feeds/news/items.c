#include "feeds/news/items.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "core/error.h"
#include "core/limits.h"
#include "feeds/decode/headline_record.h"

/* The items, then two indexes of them: the order, and room to sort in. */
int as_news_items_init(as_news_items *items)
{
    size_t bytes = AS_NEWS_ITEM_MAX * (sizeof(as_news_item) + 2 * sizeof(uint32_t));
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    *items = (as_news_items){0};
    if (mapped == MAP_FAILED)
        return -ENOMEM;
    items->item = mapped;
    items->order = (uint32_t *)(void *)(items->item + AS_NEWS_ITEM_MAX);
    items->mapped_bytes = bytes;
    return 0;
}

void as_news_items_fini(as_news_items *items)
{
    if (items->item)
        munmap(items->item, items->mapped_bytes);
    *items = (as_news_items){0};
}

void as_news_items_clear(as_news_items *items)
{
    *items = (as_news_items){.item = items->item, .order = items->order, .mapped_bytes = items->mapped_bytes};
}

as_news_item *as_news_items_room(as_news_items *items, const as_news_items_context *context)
{
    if (items->count == AS_NEWS_ITEM_MAX) {
        items->too_many++;
        return NULL;
    }
    as_news_item *item = &items->item[items->count];
    memset(&item->event, 0, sizeof item->event);
    item->event.instrument = AS_INSTRUMENT_NONE;
    item->event.source = context->news.source;
    item->result = AS_NEWS_OK;
    item->line = 0;
    as_headline_clear(&item->headline);
    return item;
}

void as_news_items_add(as_news_items *items)
{
    AS_DCHECK(items->count < AS_NEWS_ITEM_MAX);
    items->count++;
}

void as_news_items_add_bad(as_news_items *items, as_news_result result, uint64_t line)
{
    as_news_item *item = &items->item[items->count];
    item->event.kind = AS_EVENT_NONE;
    item->result = (uint8_t)result;
    item->line = line > UINT32_MAX ? 0 : (uint32_t)line;
    as_news_items_add(items);
}

/* ---- order ---- */

static bool before(const as_news_items *items, uint32_t a, uint32_t b)
{
    const as_event *x = &items->item[a].event, *y = &items->item[b].event;
    if (x->ts_recv != y->ts_recv)
        return x->ts_recv < y->ts_recv;
    return x->kind == AS_EVENT_STATUS && y->kind == AS_EVENT_STATUS ? a < b : a > b;
}

void as_news_items_sort(as_news_items *items)
{
    uint32_t n = items->count, *from = items->order, *to = items->order + AS_NEWS_ITEM_MAX;
    for (uint32_t i = 0; i < n; i++)
        from[i] = i;
    for (uint32_t run = 1; run < n; run *= 2) {
        for (uint32_t left = 0; left < n; left += 2 * run) {
            uint32_t middle = left + run < n ? left + run : n, right = middle + run < n ? middle + run : n;
            uint32_t a = left, b = middle;
            for (uint32_t i = left; i < right; i++)
                to[i] = a < middle && (b == right || !before(items, from[b], from[a])) ? from[a++] : from[b++];
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != items->order)
        memcpy(items->order, from, n * sizeof *from);
}

/* ---- symbols ---- */

uint32_t as_news_items_symbol(const as_news_items_context *context, const char *symbol, size_t symbol_bytes)
{
    const as_news_context *news = &context->news;
    if (symbol_bytes == 0 || symbol_bytes >= AS_SYMBOL_BYTES)
        return AS_INSTRUMENT_NONE;
    return news->resolve ? news->resolve(news->arg, symbol, symbol_bytes)
                         : as_symbols_find(news->symbols, symbol, symbol_bytes);
}

void as_news_items_tag(const as_news_items_context *context, const char *symbol, size_t symbol_bytes,
                       as_headline *headline)
{
    uint32_t instrument = as_news_items_symbol(context, symbol, symbol_bytes);
    if (instrument != AS_INSTRUMENT_NONE)
        as_headline_add_tag(headline, instrument);
}

/* ---- lines ---- */

uint64_t as_news_line_ends(const char *from, const char *to)
{
    uint64_t ends = 0;
    while (from < to && (from = memchr(from, '\n', (size_t)(to - from))) != NULL) {
        ends++;
        from++;
    }
    return ends;
}
