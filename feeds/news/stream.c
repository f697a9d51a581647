#include "feeds/news/stream.h"

#include <errno.h>
#include <string.h>

#include "feeds/news/benzinga.h"

const char *as_news_stream_bad_name(unsigned reason)
{
    return reason < AS_NEWS_RESULT_COUNT ? as_news_result_name((as_news_result)reason)
                                         : as_ndjson_result_name((as_ndjson_result)(reason - AS_NEWS_RESULT_COUNT));
}

int as_news_stream_init(as_news_stream *stream, as_feed_format format, const as_news_context *news,
                        const as_ndjson_context *ndjson)
{
    *stream = (as_news_stream){.format = format, .news = *news, .ndjson = *ndjson, .ended = true};
    stream->seen = as_seen_new();
    return stream->seen != NULL ? 0 : -ENOMEM;
}

void as_news_stream_fini(as_news_stream *stream)
{
    as_seen_free(stream->seen);
    stream->seen = NULL;
}

void as_news_stream_begin(as_news_stream *stream, const char *text, size_t text_bytes)
{
    stream->text = text;
    stream->text_bytes = text_bytes;
    stream->ended = false;
    if (stream->format == AS_FORMAT_ALPACA)
        stream->opened = as_alpaca_open(text, text_bytes, &stream->message);
}

static as_news_step bad(as_news_stream *stream, unsigned reason)
{
    stream->reason = reason;
    return AS_NEWS_STEP_BAD;
}

/* A headline that could be read: is it to come out? */
static as_news_step sift(as_news_stream *stream, as_headline *headline)
{
    as_headline known = *headline;
    if (headline->retracted && as_seen_recall(stream->seen, &known))
        *headline = known;
    if (headline->text_bytes == 0)
        return bad(stream, AS_NEWS_NO_TEXT);
    return as_seen_see(stream->seen, headline) == AS_SEEN_NEW ? AS_NEWS_STEP_HEADLINE : AS_NEWS_STEP_DUPLICATE;
}

static as_news_step step(as_news_stream *stream, as_news_result result, as_headline *headline)
{
    if (result == AS_NEWS_CONTROL)
        return AS_NEWS_STEP_CONTROL;
    if (result == AS_NEWS_OK || (result == AS_NEWS_NO_TEXT && headline->retracted))
        return sift(stream, headline);
    return bad(stream, result);
}

static as_news_step next_alpaca(as_news_stream *stream, as_event *event, as_headline *headline)
{
    as_json_value item;
    if (stream->opened != AS_NEWS_OK) {
        stream->ended = true;
        return bad(stream, stream->opened);
    }
    if (!as_alpaca_next(&stream->message, &item)) {
        stream->ended = true;
        return AS_NEWS_STEP_END;
    }
    return step(stream, as_alpaca_decode(&item, &stream->news, &stream->control, event, headline), headline);
}

/* The service answers our text "ping" with "pong". */
static bool is_pong(const char *text, size_t text_bytes)
{
    return text_bytes == 4 && memcmp(text, "pong", 4) == 0;
}

static as_news_step next_benzinga(as_news_stream *stream, as_event *event, as_headline *headline)
{
    stream->ended = true;
    if (is_pong(stream->text, stream->text_bytes))
        return AS_NEWS_STEP_CONTROL;
    return step(stream, as_benzinga_decode(stream->text, stream->text_bytes, &stream->news, event, headline), headline);
}

static bool is_blank(const char *text, size_t text_bytes)
{
    for (size_t i = 0; i < text_bytes; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
            return false;
    }
    return true;
}

static as_news_step next_line(as_news_stream *stream, as_event *event, as_headline *headline)
{
    const char *line;
    size_t line_bytes;
    do {
        if (stream->text_bytes == 0) {
            stream->ended = true;
            return AS_NEWS_STEP_END;
        }
        line = stream->text;
        const char *end = memchr(line, '\n', stream->text_bytes);
        line_bytes = end != NULL ? (size_t)(end - line) : stream->text_bytes;
        size_t used_bytes = line_bytes + (end != NULL);
        stream->text += used_bytes;
        stream->text_bytes -= used_bytes;
    } while (is_blank(line, line_bytes));
    as_ndjson_result result = as_ndjson_decode(line, line_bytes, &stream->ndjson, event, headline);
    if (result == AS_NDJSON_UNKNOWN_SYMBOL)
        return AS_NEWS_STEP_UNKNOWN;
    if (result != AS_NDJSON_OK)
        return bad(stream, AS_NEWS_RESULT_COUNT + (unsigned)result);
    return event->kind == AS_EVENT_HEADLINE ? sift(stream, headline) : AS_NEWS_STEP_MARKET;
}

as_news_step as_news_stream_next(as_news_stream *stream, as_event *event, as_headline *headline)
{
    if (stream->ended)
        return AS_NEWS_STEP_END;
    if (stream->format == AS_FORMAT_ALPACA)
        return next_alpaca(stream, event, headline);
    return stream->format == AS_FORMAT_BENZINGA ? next_benzinga(stream, event, headline)
                                                : next_line(stream, event, headline);
}
