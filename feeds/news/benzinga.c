#include "feeds/news/benzinga.h"

#include <string.h>
#include <strings.h>

#include "feeds/decode/headline_record.h"

typedef enum action { CREATED, UPDATED, DELETED } action;

static as_news_result read_action(const as_news_object *data, action *out)
{
    static const char *const word[] = {[CREATED] = "created", [UPDATED] = "updated", [DELETED] = "deleted"};
    const as_json_value *value = as_news_get(data, "action");
    char text[16];
    if (value == NULL)
        return AS_NEWS_MISSING_KEY;
    if (!as_news_plain(value, text, sizeof text))
        return AS_NEWS_BAD_VALUE;
    for (unsigned i = 0; i < sizeof word / sizeof *word; i++) {
        if (strcasecmp(text, word[i]) == 0) {
            *out = (action)i;
            return AS_NEWS_OK;
        }
    }
    return AS_NEWS_BAD_VALUE;
}

/* A stamp that may be missing. */
static as_news_result read_time(const as_news_object *object, const char *key, uint64_t *ts)
{
    const as_json_value *value = as_news_get(object, key);
    return value != NULL ? as_news_time(value, ts) : AS_NEWS_OK;
}

static as_news_result read_times(const as_news_object *data, const as_news_object *content, action act,
                                 as_headline *headline)
{
    uint64_t said = 0, created = 0, updated = 0;
    as_news_result result = read_time(data, "timestamp", &said);
    if (result == AS_NEWS_OK)
        result = read_time(content, "created", &created);
    if (result == AS_NEWS_OK)
        result = read_time(content, "updated", &updated);
    if (result != AS_NEWS_OK)
        return result;
    uint64_t ts = updated > created ? updated : created;
    if (ts == 0 || (act == DELETED && said != 0))
        ts = said;
    if (ts == 0)
        return AS_NEWS_MISSING_KEY;
    headline->ts_event = headline->ts_recv = ts;
    headline->retracted = act == DELETED;
    headline->revision = act == DELETED ? AS_NEWS_REVISION_DELETED : as_news_revision(created ? created : ts, ts);
    return AS_NEWS_OK;
}

static as_news_result read_stocks(const as_news_object *content, const as_news_context *ctx, as_headline *headline)
{
    const as_json_value *stocks = as_news_get(content, "stocks");
    as_json_value stock;
    as_news_object object;
    if (stocks == NULL)
        return AS_NEWS_OK;
    if (stocks->type != AS_JSON_ARRAY)
        return AS_NEWS_BAD_VALUE;
    for (uint32_t at = 0; as_json_array_next(stocks, &at, &stock);) {
        if (stock.type == AS_JSON_STRING) {
            as_news_tag(ctx, &stock, headline);
            continue;
        }
        as_news_result result = as_news_object_read(&stock, &object);
        if (result != AS_NEWS_OK)
            return result;
        as_news_tag(ctx, as_news_get(&object, "name"), headline);
    }
    return AS_NEWS_OK;
}

static as_news_result read_content(const as_news_object *content, const as_news_context *ctx, as_headline *headline)
{
    bool cut = false;
    if (!as_news_text(as_news_get(content, "title"), headline->text, sizeof headline->text, &cut) ||
        !as_news_plain(as_news_get(content, "url"), headline->url, sizeof headline->url))
        return AS_NEWS_BAD_VALUE;
    headline->cut = cut;
    return read_stocks(content, ctx, headline);
}

static as_news_result read_data(const as_json_value *value, const as_news_context *ctx, as_headline *headline)
{
    as_news_object data, content = {.count = 0};
    action act;
    as_news_result result = as_news_object_read(value, &data);
    if (result == AS_NEWS_OK)
        result = read_action(&data, &act);
    if (result != AS_NEWS_OK)
        return result;
    const as_json_value *inner = as_news_get(&data, "content"), *id = as_news_get(&data, "id");
    if (inner != NULL)
        result = as_news_object_read(inner, &content);
    else if (act != DELETED)
        result = AS_NEWS_MISSING_KEY;
    if (result == AS_NEWS_OK)
        result = read_times(&data, &content, act, headline);
    if (result == AS_NEWS_OK)
        result = read_content(&content, ctx, headline);
    if (result != AS_NEWS_OK)
        return result;
    as_headline_set(headline->source, sizeof headline->source, ctx->publisher, strlen(ctx->publisher), NULL);
    return as_news_finish(headline, id != NULL ? id : as_news_get(&content, "id"));
}

static bool is_news(const as_json_value *kind)
{
    char text[8];
    if (kind == NULL)
        return true;
    return as_news_plain(kind, text, sizeof text) && strncasecmp(text, "news", 4) == 0;
}

as_news_result as_benzinga_decode(const char *text, size_t text_bytes, const as_news_context *ctx, as_event *event,
                                  as_headline *headline)
{
    as_news_object object;
    as_news_result result = as_news_from_json(as_json_object(text, text_bytes, object.member, &object.count));
    if (result != AS_NEWS_OK)
        return result;
    const as_json_value *data = as_news_get(&object, "data");
    if (data == NULL || !is_news(as_news_get(&object, "kind")))
        return AS_NEWS_CONTROL;
    as_headline_clear(headline);
    result = read_data(data, ctx, headline);
    if (result == AS_NEWS_OK || result == AS_NEWS_NO_TEXT)
        *event = as_news_event(ctx, headline);
    return result;
}
