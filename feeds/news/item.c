#include "feeds/news/item.h"

#include <string.h>

#include "feeds/decode/headline_record.h"
#include "feeds/news/html.h"
#include "feeds/news/stamp.h"

enum { STRING_BYTES = 4096, STAMP_BYTES = 48, ID_BYTES = 1024 };

const char *as_news_result_name(as_news_result result)
{
    static const char *const name[] = {"ok",          "control",  "bad_json",  "bad_utf8", "too_complex",
                                       "missing_key", "bad_time", "bad_value", "no_text"};
    _Static_assert(sizeof name / sizeof *name == AS_NEWS_RESULT_COUNT, "every result has a name");
    return (unsigned)result < AS_NEWS_RESULT_COUNT ? name[result] : "?";
}

as_news_result as_news_from_json(as_json_result result)
{
    switch (result) {
    case AS_JSON_OK:
        return AS_NEWS_OK;
    case AS_JSON_UTF8:
        return AS_NEWS_BAD_UTF8;
    case AS_JSON_DEPTH:
    case AS_JSON_MEMBERS:
        return AS_NEWS_TOO_COMPLEX;
    default:
        return AS_NEWS_BAD_JSON;
    }
}

as_news_result as_news_object_read(const as_json_value *value, as_news_object *object)
{
    return as_news_from_json(as_json_object(value->text, value->text_bytes, object->member, &object->count));
}

const as_json_value *as_news_get(const as_news_object *object, const char *key)
{
    const as_json_value *value = as_json_find(object->member, object->count, key);
    return value != NULL && value->type == AS_JSON_NULL ? NULL : value;
}

bool as_news_text(const as_json_value *value, char *field, size_t field_bytes, bool *cut)
{
    char text[STRING_BYTES];
    bool string_cut, text_cut;
    field[0] = 0;
    if (value == NULL)
        return true;
    if (value->type != AS_JSON_STRING)
        return false;
    size_t text_bytes = as_json_string_copy(value, text, sizeof text, &string_cut);
    as_html_text(text, text_bytes, field, field_bytes, &text_cut);
    if (cut != NULL)
        *cut = string_cut || text_cut;
    return true;
}

bool as_news_plain(const as_json_value *value, char *field, size_t field_bytes)
{
    field[0] = 0;
    if (value == NULL)
        return true;
    if (value->type != AS_JSON_STRING)
        return false;
    as_json_string_copy(value, field, field_bytes, NULL);
    return true;
}

as_news_result as_news_finish(as_headline *headline, const as_json_value *id)
{
    char whole[ID_BYTES];
    bool cut = false;
    if (id == NULL)
        return AS_NEWS_MISSING_KEY;
    if (id->type != AS_JSON_STRING && id->type != AS_JSON_NUMBER)
        return AS_NEWS_BAD_VALUE;
    if (as_json_string_copy(id, headline->id, sizeof headline->id, &cut) == 0)
        return AS_NEWS_BAD_VALUE;
    size_t whole_bytes = cut ? as_json_string_copy(id, whole, sizeof whole, NULL) : 0;
    return as_headline_finish(headline, cut ? whole : NULL, whole_bytes) ? AS_NEWS_OK : AS_NEWS_NO_TEXT;
}

as_news_result as_news_time(const as_json_value *value, uint64_t *ts)
{
    char text[STAMP_BYTES];
    bool cut;
    if (value == NULL)
        return AS_NEWS_MISSING_KEY;
    if (value->type != AS_JSON_STRING)
        return AS_NEWS_BAD_TIME;
    size_t text_bytes = as_json_string_copy(value, text, sizeof text, &cut);
    if (cut || (!as_stamp_rfc3339(text, text_bytes, ts) && !as_stamp_rfc822(text, text_bytes, ts)))
        return AS_NEWS_BAD_TIME;
    return AS_NEWS_OK;
}

uint32_t as_news_revision(uint64_t created, uint64_t updated)
{
    if (updated <= created)
        return 1;
    uint64_t apart_ms = (updated - created - 1) / AS_NS_PER_MS + 1;
    return apart_ms >= AS_NEWS_REVISION_MAX ? AS_NEWS_REVISION_MAX : (uint32_t)apart_ms + 1;
}

void as_news_tag(const as_news_context *ctx, const as_json_value *symbol, as_headline *headline)
{
    char name[AS_SYMBOL_BYTES];
    bool cut;
    if (symbol == NULL || symbol->type != AS_JSON_STRING)
        return;
    size_t name_bytes = as_json_string_copy(symbol, name, sizeof name, &cut);
    if (cut || name_bytes == 0)
        return;
    uint32_t instrument = ctx->resolve != NULL ? ctx->resolve(ctx->arg, name, name_bytes)
                                               : as_symbols_find(ctx->symbols, name, name_bytes);
    if (instrument != AS_INSTRUMENT_NONE)
        as_headline_add_tag(headline, instrument);
}

as_event as_news_event(const as_news_context *ctx, const as_headline *headline)
{
    return (as_event){.ts_event = headline->ts_event,
                      .ts_recv = headline->ts_recv,
                      .instrument = AS_INSTRUMENT_NONE,
                      .kind = AS_EVENT_HEADLINE,
                      .source = ctx->source};
}
