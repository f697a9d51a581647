/* Any bytes as an AlphaVantage answer, twice: the same items, each with an id, a text and a time or a reason. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/alphavantage.h"
#include "tests/support/news_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static ast_news news;
    if (!news.xml && ast_news_init(&news) != 0)
        abort();
    as_news_result first = as_alphavantage_decode((const char *)data, bytes, &news.context, &news.items);
    uint32_t count = news.items.count;
    for (uint32_t i = 0; i < count; i++) {
        const as_news_item *item = &news.items.item[i];
        const as_headline *h = &item->headline;
        if ((item->result == AS_NEWS_OK) == (item->event.kind == AS_EVENT_NONE))
            abort();
        if (item->result == AS_NEWS_OK && (h->id[0] == 0 || h->text_bytes == 0 || h->text_bytes != strlen(h->text)))
            abort();
    }
    if (as_alphavantage_decode((const char *)data, bytes, &news.context, &news.items) != first ||
        news.items.count != count)
        abort();
    return 0;
}
