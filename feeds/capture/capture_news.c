/*
 * Codecs: recorded messages of WebSocket feeds (alpaca, benzinga, ndjson) and the answers to their backfills, as
 * feed_websocket.c reads them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/capture/capture_codec.h"
#include "feeds/news/stream.h"

typedef struct news_state {
    as_input *input;
    bool trust_r;
    bool reading; /* a message has been begun and not been read to its end */
    uint64_t ts_ns;
    char publisher[sizeof((as_capture_line *)0)->publisher];
    as_news_stream stream;
} news_state;

static void news_close(void *state)
{
    news_state *s = state;
    if (!s)
        return;
    as_news_stream_fini(&s->stream);
    free(s);
}

static int news_open(as_input *input, const as_capture_line *line, void **state)
{
    news_state *made = calloc(1, sizeof *made);
    const as_universe *universe = input->options.universe;
    if (!made)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    made->input = input;
    made->trust_r = line->trust_r;
    strcpy(made->publisher, line->publisher[0] ? line->publisher : line->feed);
    const as_news_context news = {.symbols = as_input_symbols(input),
                                  .resolve = universe ? NULL : as_input_resolve,
                                  .arg = input,
                                  .publisher = made->publisher,
                                  .source = input->options.source};
    const as_ndjson_context ndjson = {.symbols = as_input_symbols(input),
                                      .instrument = universe ? universe->instrument : NULL,
                                      .resolve = universe ? NULL : as_input_resolve,
                                      .arg = input,
                                      .source = input->options.source};
    if (as_news_stream_init(&made->stream, line->format, &news, &ndjson) < 0) {
        news_close(made);
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    }
    *state = made;
    return 0;
}

static void news_begin(void *state, const uint8_t *data, size_t data_bytes, bool end, uint64_t ts_ns)
{
    news_state *s = state;
    (void)end;
    s->ts_ns = ts_ns;
    s->reading = data_bytes > 0;
    if (s->reading)
        as_news_stream_begin(&s->stream, (const char *)data, data_bytes);
}

static int give(news_state *s, as_event *event, as_headline *headline)
{
    if (!s->trust_r)
        event->ts_recv = s->ts_ns;
    if (event->kind == AS_EVENT_HEADLINE)
        headline->ts_recv = event->ts_recv;
    s->input->stats->rows++;
    s->input->kind_count[event->kind]++;
    return 1;
}

static int news_next(void *state, as_event *event, as_headline *headline)
{
    news_state *s = state;
    as_input *input = s->input;
    while (s->reading) {
        int code = 0;
        switch (as_news_stream_next(&s->stream, event, headline)) {
        case AS_NEWS_STEP_HEADLINE:
        case AS_NEWS_STEP_MARKET:
            return give(s, event, headline);
        case AS_NEWS_STEP_DUPLICATE:
            input->stats->rows++;
            input->stats->duplicates++;
            break;
        case AS_NEWS_STEP_UNKNOWN:
            input->stats->rows++;
            input->stats->unknown_symbol++;
            break;
        case AS_NEWS_STEP_BAD:
            input->stats->rows++;
            code = as_input_bad_line(input, as_news_stream_bad_name(s->stream.reason), "", 0);
            break;
        case AS_NEWS_STEP_CONTROL:
            break;
        case AS_NEWS_STEP_END:
            s->reading = false;
        }
        if (code < 0)
            return code;
    }
    return 0;
}

/* Messages are whole: nothing is left over of one that was lost. */
static void news_lost(void *state)
{
    (void)state;
}

const as_capture_codec as_capture_alpaca = {.framing = AS_FRAMING_WEBSOCKET,
                                            .format = AS_FORMAT_ALPACA,
                                            .messages = true,
                                            .shared = true,
                                            .open = news_open,
                                            .begin = news_begin,
                                            .next = news_next,
                                            .lost = news_lost,
                                            .close = news_close};

const as_capture_codec as_capture_benzinga = {.framing = AS_FRAMING_WEBSOCKET,
                                              .format = AS_FORMAT_BENZINGA,
                                              .messages = true,
                                              .shared = true,
                                              .open = news_open,
                                              .begin = news_begin,
                                              .next = news_next,
                                              .lost = news_lost,
                                              .close = news_close};

const as_capture_codec as_capture_ws_ndjson = {.framing = AS_FRAMING_WEBSOCKET,
                                               .format = AS_FORMAT_NDJSON,
                                               .messages = true,
                                               .shared = true,
                                               .open = news_open,
                                               .begin = news_begin,
                                               .next = news_next,
                                               .lost = news_lost,
                                               .close = news_close};
