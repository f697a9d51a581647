/*
 * Any bytes as a document of NewsML-G2, twice: what is read is the same, every headline has an id, a text and a time,
 * none is known before it was made, and every string is UTF-8 and ends.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/json.h"
#include "feeds/news/newsml.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static ast_news news;
    if (!news.xml && ast_news_init(&news) != 0)
        abort();
    as_xml_result first = as_newsml_decode(news.xml, data, bytes, &news.context, &news.items, &news.fault);
    uint32_t count = news.items.count;
    for (uint32_t i = 0; i < count; i++) {
        const as_news_item *item = &news.items.item[i];
        const as_headline *h = &item->headline;
        if ((item->result == AS_NEWS_OK) == (item->event.kind == AS_EVENT_NONE))
            abort();
        if (item->result == AS_NEWS_OK && (h->id[0] == 0 || h->text_bytes == 0 || h->text_bytes != strlen(h->text) ||
                                           h->revision == 0 || item->event.ts_recv < item->event.ts_event))
            abort();
        check_text(h->id, sizeof h->id);
        check_text(h->source, sizeof h->source);
        check_text(h->text, sizeof h->text);
    }
    as_xml_result again = as_newsml_decode(news.xml, data, bytes, &news.context, &news.items, &news.fault);
    if (again != first || news.items.count != count)
        abort();
    return 0;
}
