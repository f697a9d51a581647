#include "feeds/news/alpaca.h"

#include <string.h>

#include "feeds/decode/headline_record.h"

/* ---- messages ---- */

static as_news_result open_object(const as_json_value *value, as_alpaca_message *message)
{
    as_news_object object;
    as_news_result result = as_news_object_read(value, &object);
    if (result != AS_NEWS_OK)
        return result;
    const as_json_value *news = as_news_get(&object, "news");
    const as_json_value *token = as_news_get(&object, "next_page_token");
    if (news == NULL) {
        message->single = true;
        message->items = *value;
        return AS_NEWS_OK;
    }
    bool cut = false;
    if (news->type != AS_JSON_ARRAY || (token != NULL && token->type != AS_JSON_STRING))
        return AS_NEWS_BAD_VALUE;
    if (token != NULL)
        as_json_string_copy(token, message->next_page_token, sizeof message->next_page_token, &cut);
    message->items = *news;
    return cut ? AS_NEWS_BAD_VALUE : AS_NEWS_OK;
}

as_news_result as_alpaca_open(const char *text, size_t text_bytes, as_alpaca_message *message)
{
    as_alpaca_message opened = {.at = 0};
    as_json_value value;
    as_news_result result = as_news_from_json(as_json_check(text, text_bytes, &value));
    if (result != AS_NEWS_OK)
        return result;
    if (value.type == AS_JSON_ARRAY)
        opened.items = value;
    else if (value.type == AS_JSON_OBJECT)
        result = open_object(&value, &opened);
    else
        result = AS_NEWS_BAD_JSON;
    if (result == AS_NEWS_OK)
        *message = opened;
    return result;
}

bool as_alpaca_next(as_alpaca_message *message, as_json_value *item)
{
    if (!message->single)
        return as_json_array_next(&message->items, &message->at, item);
    if (message->at > 0)
        return false;
    message->at = 1;
    *item = message->items;
    return true;
}

/* ---- items ---- */

static as_news_result read_control(const as_news_object *object, const as_json_value *type, as_alpaca_control *control)
{
    const as_json_value *msg = as_news_get(object, "msg"), *code = as_news_get(object, "code");
    *control = (as_alpaca_control){.kind = AS_ALPACA_OTHER};
    if (!as_news_plain(msg, control->msg, sizeof control->msg) || (code != NULL && code->type != AS_JSON_NUMBER))
        return AS_NEWS_BAD_VALUE;
    for (uint32_t i = 0; code != NULL && i < code->text_bytes && i < 9 && code->text[i] >= '0' && code->text[i] <= '9';
         i++)
        control->code = control->code * 10 + (uint32_t)(code->text[i] - '0');
    if (as_json_string_is(type, "error"))
        control->kind = AS_ALPACA_ERROR;
    else if (as_json_string_is(type, "subscription"))
        control->kind = AS_ALPACA_SUBSCRIPTION;
    else if (as_json_string_is(type, "success") && strcmp(control->msg, "connected") == 0)
        control->kind = AS_ALPACA_CONNECTED;
    else if (as_json_string_is(type, "success") && strcmp(control->msg, "authenticated") == 0)
        control->kind = AS_ALPACA_AUTHENTICATED;
    return AS_NEWS_CONTROL;
}

static as_news_result read_times(const as_news_object *object, as_headline *headline)
{
    const as_json_value *changed = as_news_get(object, "updated_at");
    uint64_t created, updated;
    as_news_result result = as_news_time(as_news_get(object, "created_at"), &created);
    if (result != AS_NEWS_OK)
        return result;
    updated = created;
    if (changed != NULL)
        result = as_news_time(changed, &updated);
    if (result != AS_NEWS_OK)
        return result;
    headline->ts_event = headline->ts_recv = updated > created ? updated : created;
    headline->revision = as_news_revision(created, updated);
    return AS_NEWS_OK;
}

static as_news_result read_symbols(const as_news_object *object, const as_news_context *ctx, as_headline *headline)
{
    const as_json_value *symbols = as_news_get(object, "symbols");
    as_json_value symbol;
    if (symbols == NULL)
        return AS_NEWS_OK;
    if (symbols->type != AS_JSON_ARRAY)
        return AS_NEWS_BAD_VALUE;
    for (uint32_t at = 0; as_json_array_next(symbols, &at, &symbol);) {
        if (symbol.type != AS_JSON_STRING)
            return AS_NEWS_BAD_VALUE;
        as_news_tag(ctx, &symbol, headline);
    }
    return AS_NEWS_OK;
}

static as_news_result read_news(const as_news_object *object, const as_news_context *ctx, as_headline *headline)
{
    const as_json_value *text = as_news_get(object, "headline");
    as_headline_clear(headline);
    if (text == NULL)
        return AS_NEWS_MISSING_KEY;
    bool cut = false;
    if (!as_news_text(text, headline->text, sizeof headline->text, &cut) ||
        !as_news_plain(as_news_get(object, "source"), headline->source, sizeof headline->source) ||
        !as_news_plain(as_news_get(object, "url"), headline->url, sizeof headline->url))
        return AS_NEWS_BAD_VALUE;
    headline->cut = cut;
    if (headline->source[0] == 0)
        as_headline_set(headline->source, sizeof headline->source, ctx->publisher, strlen(ctx->publisher), NULL);
    as_news_result result = read_times(object, headline);
    if (result == AS_NEWS_OK)
        result = read_symbols(object, ctx, headline);
    return result == AS_NEWS_OK ? as_news_finish(headline, as_news_get(object, "id")) : result;
}

as_news_result as_alpaca_decode(const as_json_value *item, const as_news_context *ctx, as_alpaca_control *control,
                                as_event *event, as_headline *headline)
{
    as_news_object object;
    as_news_result result = as_news_object_read(item, &object);
    if (result != AS_NEWS_OK)
        return result;
    const as_json_value *type = as_news_get(&object, "T");
    if (type != NULL && type->type != AS_JSON_STRING)
        return AS_NEWS_BAD_VALUE;
    if (type != NULL && !as_json_string_is(type, "n"))
        return read_control(&object, type, control);
    result = read_news(&object, ctx, headline);
    if (result == AS_NEWS_OK)
        *event = as_news_event(ctx, headline);
    return result;
}
