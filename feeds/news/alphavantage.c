#include "feeds/news/alphavantage.h"

#include <string.h>

#include "feeds/decode/headline_record.h"
#include "feeds/news/stamp.h"

bool as_alphavantage_is(const as_json_member *member, uint32_t count)
{
    const as_json_value *feed = as_json_find(member, count, "feed");
    return feed && feed->type == AS_JSON_ARRAY;
}

static as_news_result read_time(const as_json_value *value, uint64_t *ts)
{
    if (!value)
        return AS_NEWS_MISSING_KEY;
    if (value->type != AS_JSON_STRING || value->escaped || !as_stamp_compact(value->text, value->text_bytes, ts))
        return AS_NEWS_BAD_TIME;
    return AS_NEWS_OK;
}

static as_news_result read_tickers(const as_json_value *array, const as_news_context *news, as_headline *headline)
{
    as_json_value item;
    as_news_object object;
    if (!array)
        return AS_NEWS_OK;
    if (array->type != AS_JSON_ARRAY)
        return AS_NEWS_BAD_VALUE;
    for (uint32_t at = 0; as_json_array_next(array, &at, &item);) {
        as_news_result result = as_news_object_read(&item, &object);
        if (result != AS_NEWS_OK)
            return result;
        as_news_tag(news, as_news_get(&object, "ticker"), headline);
    }
    return AS_NEWS_OK;
}

static as_news_result read_item(const as_json_value *value, const as_news_items_context *context, as_news_item *item)
{
    as_headline *headline = &item->headline;
    as_news_object object;
    bool cut = false;
    as_news_result result = as_news_object_read(value, &object);
    if (result == AS_NEWS_OK)
        result = read_time(as_news_get(&object, "time_published"), &headline->ts_event);
    if (result != AS_NEWS_OK)
        return result;
    headline->ts_recv = headline->ts_event;
    headline->revision = as_news_revision(headline->ts_event, headline->ts_event);
    if (!as_news_get(&object, "title"))
        return AS_NEWS_MISSING_KEY;
    if (!as_news_text(as_news_get(&object, "title"), headline->text, sizeof headline->text, &cut) ||
        !as_news_plain(as_news_get(&object, "url"), headline->url, sizeof headline->url) ||
        !as_news_plain(as_news_get(&object, "source"), headline->source, sizeof headline->source))
        return AS_NEWS_BAD_VALUE;
    headline->cut = cut;
    const char *publisher = context->news.publisher;
    if (!headline->source[0] && publisher)
        as_headline_set(headline->source, sizeof headline->source, publisher, strlen(publisher), NULL);
    result = read_tickers(as_news_get(&object, "ticker_sentiment"), &context->news, headline);
    if (result != AS_NEWS_OK)
        return result;
    if (!as_headline_finish(headline, NULL, 0))
        return AS_NEWS_NO_TEXT;
    item->event = as_news_event(&context->news, headline);
    return AS_NEWS_OK;
}

as_news_result as_alphavantage_decode(const char *text, size_t text_bytes, const as_news_items_context *context,
                                      as_news_items *items)
{
    as_json_member member[AS_JSON_MEMBER_MAX];
    uint32_t count;
    as_json_value value;
    as_news_items_clear(items);
    as_news_result result = as_news_from_json(as_json_object(text, text_bytes, member, &count));
    if (result != AS_NEWS_OK)
        return result;
    if (!as_alphavantage_is(member, count))
        return AS_NEWS_MISSING_KEY;
    const as_json_value *feed = as_json_find(member, count, "feed");
    const char *from = text;
    uint64_t line = 1;
    for (uint32_t at = 0; as_json_array_next(feed, &at, &value);) {
        line += as_news_line_ends(from, value.text);
        from = value.text;
        items->messages++;
        as_news_item *item = as_news_items_room(items, context);
        if (!item)
            continue;
        result = read_item(&value, context, item);
        if (result == AS_NEWS_OK)
            as_news_items_add(items);
        else
            as_news_items_add_bad(items, result, line);
    }
    return AS_NEWS_OK;
}
