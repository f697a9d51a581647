/*
 * What the news interfaces of vendors have in common (feeds/news/alpaca.h, benzinga.h): JSON values to the fields of a
 * headline.
 *
 * Revisions. A vendor's item keeps its id and says when it was made and when it was last changed; a headline's revision
 * is a number that grows. It is made from these two stamps alone, so that a replay, a backfill and another connection
 * say the same: 1 if the item is as it was made, else 1 + the milliseconds between the stamps, at most
 * AS_NEWS_REVISION_MAX (49 days); AS_NEWS_REVISION_DELETED if the source takes it back, which is the last word on it.
 *
 * Pure functions; any thread; no allocation.
 */
#ifndef AS_FEEDS_NEWS_ITEM_H
#define AS_FEEDS_NEWS_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/headline.h"
#include "core/symbols.h"
#include "feeds/decode/json.h"

#define AS_NEWS_REVISION_DELETED UINT32_MAX
#define AS_NEWS_REVISION_MAX (UINT32_MAX - 1)

/* What a message, or an item in it, was. From BAD_JSON on it is a fault and is skipped. */
typedef enum as_news_result {
    AS_NEWS_OK = 0,   /* a headline */
    AS_NEWS_CONTROL,  /* talk of the connection, no news */
    AS_NEWS_BAD_JSON, /* not JSON, not the expected object or array, or a repeated key */
    AS_NEWS_BAD_UTF8,
    AS_NEWS_TOO_COMPLEX, /* more members, or deeper, than feeds/decode/json.h allows */
    AS_NEWS_MISSING_KEY, /* id, headline, time, ... */
    AS_NEWS_BAD_TIME,
    AS_NEWS_BAD_VALUE, /* another key's value has the wrong type */
    AS_NEWS_NO_TEXT,   /* the headline is empty; a deletion may be, with its record filled but for the text */
    AS_NEWS_RESULT_COUNT
} as_news_result;

/* "ok" "control" "bad_json" ... */
const char *as_news_result_name(as_news_result result);

/* Symbols as in as_ndjson_context. */
typedef struct as_news_context {
    const as_symbols *symbols;
    uint32_t (*resolve)(void *arg, const char *symbol, size_t symbol_bytes);
    void *arg;
    const char *publisher; /* source of items that name none */
    uint16_t source;       /* as_event.source */
} as_news_context;

/* Members of an object, and the value of a key; null counts as absent. */
typedef struct as_news_object {
    as_json_member member[AS_JSON_MEMBER_MAX];
    uint32_t count;
} as_news_object;

as_news_result as_news_object_read(const as_json_value *value, as_news_object *object);
const as_json_value *as_news_get(const as_news_object *object, const char *key);

/* The result that stands for one of JSON. */
as_news_result as_news_from_json(as_json_result result);

/* A string, or nothing: text without HTML into a field. False if it is another type. */
bool as_news_text(const as_json_value *value, char *field, size_t field_bytes, bool *cut);

/* A string as it is. */
bool as_news_plain(const as_json_value *value, char *field, size_t field_bytes);

/* An id, a number or a string: into the record, which is finished with it. */
as_news_result as_news_finish(as_headline *headline, const as_json_value *id);

/* A stamp, as text of RFC 3339 or RFC 822. */
as_news_result as_news_time(const as_json_value *value, uint64_t *ts);

uint32_t as_news_revision(uint64_t created, uint64_t updated);

/* A tag for a symbol that is in the universe. */
void as_news_tag(const as_news_context *ctx, const as_json_value *symbol, as_headline *headline);

/* The event of a headline. Both times are the source's. */
as_event as_news_event(const as_news_context *ctx, const as_headline *headline);

#endif
