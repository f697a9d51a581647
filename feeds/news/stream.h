/*
 * A stream of news messages to headlines: the format, what has been seen, and in which order its parts are asked. The
 * live feed and the replay of its recording go through here, so that they say the same.
 *
 *   as_news_stream_begin (a whole message) -> as_news_stream_next ... until END
 *
 * Formats: alpaca (a message of the stream or an answer of REST), benzinga, ndjson (lines; market data passes). Of
 * headlines each revision comes out once (feeds/news/seen.h), and a retraction has the text that it takes back, if that
 * is remembered.
 *
 * Threads: one. Memory: allocated in new, 2 MiB. Nothing else allocates. Limits: those of the formats.
 */
#ifndef AS_FEEDS_NEWS_STREAM_H
#define AS_FEEDS_NEWS_STREAM_H

#include "core/config.h"
#include "feeds/decode/ndjson.h"
#include "feeds/news/alpaca.h"
#include "feeds/news/item.h"
#include "feeds/news/seen.h"

/* Reasons of BAD: those of as_news_result and as_ndjson_result. */
enum { AS_NEWS_STREAM_BAD_COUNT = AS_NEWS_RESULT_COUNT + AS_NDJSON_RESULT_COUNT };

typedef enum as_news_step {
    AS_NEWS_STEP_END = 0,   /* nothing is left of the message */
    AS_NEWS_STEP_HEADLINE,  /* event and headline */
    AS_NEWS_STEP_MARKET,    /* event (ndjson) */
    AS_NEWS_STEP_CONTROL,   /* talk of the connection: control, if the format is alpaca */
    AS_NEWS_STEP_DUPLICATE, /* a headline that has come out before, or is older than that */
    AS_NEWS_STEP_UNKNOWN,   /* an event of a symbol that is not in the universe (ndjson) */
    AS_NEWS_STEP_BAD        /* skipped: reason */
} as_news_step;

typedef struct as_news_stream {
    as_feed_format format;
    as_news_context news;
    as_ndjson_context ndjson;
    as_seen *seen;
    unsigned reason;           /* of BAD */
    as_alpaca_control control; /* of CONTROL */

    const char *text; /* unread */
    size_t text_bytes;
    as_alpaca_message message;
    as_news_result opened;
    bool ended;
} as_news_stream;

/* Contexts are copied; what they point to outlives the stream. 0 or -ENOMEM. */
int as_news_stream_init(as_news_stream *stream, as_feed_format format, const as_news_context *news,
                        const as_ndjson_context *ndjson);
void as_news_stream_fini(as_news_stream *stream); /* all zeroes are allowed */

/* A whole message; its bytes stay until END. */
void as_news_stream_begin(as_news_stream *stream, const char *text, size_t text_bytes);

as_news_step as_news_stream_next(as_news_stream *stream, as_event *event, as_headline *headline);

/* "bad_json", "missing_key", ... */
const char *as_news_stream_bad_name(unsigned reason);

#endif
