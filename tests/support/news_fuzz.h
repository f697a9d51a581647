/*
 * What the fuzz targets of news formats have in common: a universe of two names, and what must hold for any bytes.
 */
#ifndef AST_SUPPORT_NEWS_FUZZ_H
#define AST_SUPPORT_NEWS_FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/stream.h"

static inline void ast_news_check(const as_event *event, const as_headline *headline, const as_ndjson_context *ctx)
{
    static as_headline again;
    as_event event_again;
    char line[AS_NDJSON_LINE_BYTES];
    if (event->kind != AS_EVENT_HEADLINE || event->ts_event != headline->ts_event || headline->id[0] == 0 ||
        headline->text_bytes == 0 || headline->text_bytes != strlen(headline->text) || headline->revision == 0)
        abort();
    size_t n = as_ndjson_encode(event, headline, ctx, line, sizeof line);
    if (n == 0 || as_ndjson_decode(line, n - 1, ctx, &event_again, &again) != AS_NDJSON_OK)
        abort();
    again.cut = headline->cut; /* what was cut is not cut again */
    if (memcmp(event, &event_again, sizeof *event) != 0 || memcmp(headline, &again, sizeof again) != 0)
        abort();
}

static inline int ast_news_fuzz(as_feed_format format, const uint8_t *data, size_t bytes)
{
    static as_symbols symbols;
    static as_headline headline;
    uint32_t idx;
    if (!symbols.slot && (as_symbols_init(&symbols, 2) < 0 || as_symbols_add(&symbols, "NVDA", 4, &idx) < 0 ||
                          as_symbols_add(&symbols, "META", 4, &idx) < 0))
        abort();
    const as_news_context news = {.symbols = &symbols, .publisher = "wire", .source = 1};
    const as_ndjson_context ndjson = {.symbols = &symbols, .source = 1};
    static as_news_stream stream;
    as_event event;
    if (stream.seen == NULL && as_news_stream_init(&stream, format, &news, &ndjson) < 0)
        abort();
    stream.news = news;
    stream.ndjson = ndjson;
    char *text = malloc(bytes + 1); /* of this length, so that reading beyond it is seen */
    if (text == NULL)
        abort();
    memcpy(text, data, bytes);
    text = realloc(text, bytes ? bytes : 1);
    as_news_step step;
    unsigned headlines = 0, other = 0, again = 0;
    as_news_stream_begin(&stream, text, bytes);
    while ((step = as_news_stream_next(&stream, &event, &headline)) != AS_NEWS_STEP_END) {
        if (step == AS_NEWS_STEP_HEADLINE)
            ast_news_check(&event, &headline, &ndjson);
        headlines += step == AS_NEWS_STEP_HEADLINE;
        other += step != AS_NEWS_STEP_HEADLINE && step != AS_NEWS_STEP_DUPLICATE;
    }
    as_news_stream_begin(&stream, text, bytes); /* whatever came is known now */
    while ((step = as_news_stream_next(&stream, &event, &headline)) != AS_NEWS_STEP_END) {
        if (step == AS_NEWS_STEP_HEADLINE)
            abort();
        again += step != AS_NEWS_STEP_DUPLICATE;
    }
    if (again != other && headlines == 0)
        abort();
    free(text);
    if (headlines > 0) /* the next text meets a memory of nothing */
        as_news_stream_fini(&stream);
    return 0;
}

#endif
