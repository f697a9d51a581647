/*
 * Codec: recorded documents of RSS and Atom, as feed_http.c reads them from a server. A resumption of trading that came
 * due between two documents comes with the later one, because nothing in the recording stands between them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/capture/capture_codec.h"
#include "feeds/news/rss_reader.h"

typedef struct rss_state {
    as_input *input;
    bool trust_r;
    uint64_t ts_ns;
    const uint8_t *document; /* not read yet: NULL if it is, or if there is none */
    size_t document_bytes;
    char publisher[sizeof((as_capture_line *)0)->publisher];
    as_rss_reader reader;
} rss_state;

static void rss_close(void *state)
{
    rss_state *s = state;
    if (!s)
        return;
    as_rss_reader_fini(&s->reader);
    free(s);
}

static int rss_open(as_input *input, const as_capture_line *line, void **state)
{
    rss_state *made = calloc(1, sizeof *made);
    if (!made)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    made->input = input;
    made->trust_r = line->trust_r;
    strcpy(made->publisher, line->publisher[0] ? line->publisher : line->feed);
    const as_news_context news = {.symbols = as_input_symbols(input),
                                  .resolve = input->options.universe ? NULL : as_input_resolve,
                                  .arg = input,
                                  .publisher = made->publisher,
                                  .source = input->options.source};
    int code = as_rss_reader_init(&made->reader, &news);
    if (code < 0) {
        rss_close(made);
        return as_error_add("%s", input->path);
    }
    *state = made;
    return 0;
}

static void rss_begin(void *state, const uint8_t *data, size_t data_bytes, bool end, uint64_t ts_ns)
{
    rss_state *s = state;
    (void)end;
    s->document = data;
    s->document_bytes = data_bytes;
    s->ts_ns = ts_ns;
    as_rss_reader_wake(&s->reader); /* what has come due since the document before */
}

/* The document of this record: 0, or a negative errno. */
static int read_document(rss_state *s)
{
    as_xml_fault fault = {0};
    as_xml_result result = as_rss_reader_begin(&s->reader, s->document, s->document_bytes, s->ts_ns, &fault);
    s->document = NULL;
    s->input->stats->rows += s->reader.items.messages;
    s->input->stats->unknown_symbol += s->reader.items.unknown_symbol;
    if (result == AS_XML_OK)
        return 0;
    s->input->stats->rows++;
    s->input->line_seq = fault.line;
    return as_input_bad_line(s->input, as_xml_result_name(result), fault.text, strlen(fault.text));
}

static int rss_next(void *state, as_event *event, as_headline *headline)
{
    rss_state *s = state;
    for (;;) {
        int code = 0;
        switch (as_rss_reader_next(&s->reader, s->ts_ns, event, headline)) {
        case AS_RSS_STATUS:
        case AS_RSS_HEADLINE:
            if (!s->trust_r)
                event->ts_recv = s->ts_ns;
            headline->ts_recv = event->ts_recv;
            s->input->kind_count[event->kind]++;
            return 1;
        case AS_RSS_DUPLICATE:
            s->input->stats->duplicates++;
            break;
        case AS_RSS_BAD:
            s->input->line_seq = s->reader.line;
            code = as_input_bad_line(s->input, as_news_result_name(s->reader.result), "", 0);
            break;
        case AS_RSS_END:
            if (!s->document)
                return 0;
            code = read_document(s);
        }
        if (code < 0)
            return code;
    }
}

/* Documents are whole: nothing is left over of one that was lost. */
static void rss_lost(void *state)
{
    (void)state;
}

const as_capture_codec as_capture_rss = {.framing = AS_FRAMING_HTTP,
                                         .format = AS_FORMAT_RSS,
                                         .messages = true,
                                         .open = rss_open,
                                         .begin = rss_begin,
                                         .next = rss_next,
                                         .lost = rss_lost,
                                         .close = rss_close};
