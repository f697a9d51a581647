#include "feeds/news/rss_reader.h"

#include <errno.h>
#include <string.h>

#include "core/error.h"

#define HALT_ZONE "America/New_York"

int as_rss_reader_init(as_rss_reader *reader, const as_news_context *news)
{
    *reader = (as_rss_reader){.status_due_ns = UINT64_MAX};
    reader->seen = as_seen_new();
    if (reader->seen == NULL || as_xml_new(&reader->xml) < 0 || as_news_items_init(&reader->items) < 0)
        return as_error_set(-ENOMEM, "out of memory");
    int result = as_timezone_new(HALT_ZONE, &reader->zone);
    if (result < 0)
        return as_error_add("the zone of trading halts");
    reader->context = (as_news_items_context){.news = *news, .zone = reader->zone};
    return 0;
}

void as_rss_reader_fini(as_rss_reader *reader)
{
    as_news_items_fini(&reader->items);
    as_xml_free(reader->xml);
    as_seen_free(reader->seen);
    as_timezone_free(reader->zone);
    *reader = (as_rss_reader){.status_due_ns = UINT64_MAX};
}

as_xml_result as_rss_reader_begin(as_rss_reader *reader, const void *document, size_t document_bytes, uint64_t now_ns,
                                  as_xml_fault *fault)
{
    reader->context.now_ns = now_ns;
    as_xml_result result =
        as_rss_decode(reader->xml, document, document_bytes, &reader->context, &reader->items, NULL, fault);
    if (result != AS_XML_OK)
        as_news_items_clear(&reader->items);
    as_news_items_sort(&reader->items);
    as_rss_reader_wake(reader);
    reader->headlines = true;
    return result;
}

void as_rss_reader_wake(as_rss_reader *reader)
{
    reader->status_due_ns = UINT64_MAX;
    reader->at = 0;
    reader->statuses = true;
    reader->headlines = false;
}

static bool next_status(as_rss_reader *reader, uint64_t now_ns, as_event *event)
{
    while (reader->at < reader->items.count) {
        const as_news_item *item = &reader->items.item[reader->items.order[reader->at++]];
        if (item->event.kind != AS_EVENT_STATUS)
            continue;
        if (item->event.ts_event > now_ns) {
            if (item->event.ts_event < reader->status_due_ns)
                reader->status_due_ns = item->event.ts_event;
        } else if (as_seen_see(reader->seen, &item->headline) == AS_SEEN_NEW) {
            *event = item->event;
            return true;
        }
    }
    return false;
}

static bool says_the_same(const as_seen *seen, const as_headline *headline)
{
    as_headline before = *headline;
    return !headline->retracted && as_seen_recall(seen, &before) && before.text_bytes == headline->text_bytes &&
           memcmp(before.text, headline->text, headline->text_bytes) == 0;
}

static as_rss_step next_headline(as_rss_reader *reader, as_event *event, as_headline *headline)
{
    while (reader->at < reader->items.count) {
        const as_news_item *item = &reader->items.item[reader->items.order[reader->at++]];
        if (item->event.kind == AS_EVENT_NONE) {
            reader->result = (as_news_result)item->result;
            reader->line = item->line;
            return AS_RSS_BAD;
        }
        if (item->event.kind != AS_EVENT_HEADLINE)
            continue;
        bool same = says_the_same(reader->seen, &item->headline);
        if (as_seen_see(reader->seen, &item->headline) != AS_SEEN_NEW || same)
            return AS_RSS_DUPLICATE;
        *event = item->event;
        *headline = item->headline;
        return AS_RSS_HEADLINE;
    }
    return AS_RSS_END;
}

as_rss_step as_rss_reader_next(as_rss_reader *reader, uint64_t now_ns, as_event *event, as_headline *headline)
{
    if (reader->statuses) {
        if (next_status(reader, now_ns, event))
            return AS_RSS_STATUS;
        reader->statuses = false;
        reader->at = 0;
    }
    return reader->headlines ? next_headline(reader, event, headline) : AS_RSS_END;
}
