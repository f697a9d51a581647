/*
 * Any bytes as a document of RSS or Atom, and then once more after it: what is read is the same, every headline has an
 * id, a text and a time, every string is UTF-8 and ends, and the order is one of all items.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/json.h"
#include "feeds/news/rss.h"
#include "tests/support/news_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_text(const char *text, size_t field_bytes)
{
    size_t text_bytes = strnlen(text, field_bytes);
    if (text_bytes == field_bytes)
        abort();
    for (const char *p = text; p < text + text_bytes;) {
        unsigned length = as_utf8_length(p, text + text_bytes);
        if (length == 0)
            abort();
        p += length;
    }
}

static void check(as_news_items *items)
{
    uint64_t sum = 0;
    as_news_items_sort(items);
    for (uint32_t i = 0; i < items->count; i++) {
        const as_news_item *item = &items->item[i];
        const as_headline *h = &item->headline;
        sum += items->order[i];
        if ((item->result == AS_NEWS_OK) == (item->event.kind == AS_EVENT_NONE))
            abort();
        if (item->event.kind == AS_EVENT_HEADLINE &&
            (h->id[0] == 0 || h->text_bytes == 0 || h->ts_event == 0 || h->text_bytes != strlen(h->text)))
            abort();
        check_text(h->id, sizeof h->id);
        check_text(h->source, sizeof h->source);
        check_text(h->url, sizeof h->url);
        check_text(h->text, sizeof h->text);
    }
    if (items->count > 0 && sum != (uint64_t)items->count * (items->count - 1) / 2)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static ast_news news;
    if (!news.xml && ast_news_init(&news) != 0)
        abort();
    as_rss_kind kind;
    as_xml_result first = as_rss_decode(news.xml, data, bytes, &news.context, &news.items, &kind, &news.fault);
    uint32_t count = news.items.count;
    check(&news.items);
    as_xml_result again = as_rss_decode(news.xml, data, bytes, &news.context, &news.items, &kind, &news.fault);
    if (again != first || news.items.count != count)
        abort();
    return 0;
}
