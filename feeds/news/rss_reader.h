/*
 * RSS reader: one document after the other of the same feed, to what is new in it. What the live driver
 * (feeds/live/feed_http.h) and the replay of its captures share.
 *
 *   as_rss_reader_begin -> as_rss_reader_next until END; when status_due_ns has come: as_rss_reader_wake -> next ...
 *
 * Statuses go first, in the order of their times: those whose time has come, each once; status_due_ns is then the time
 * of the next one, which a later document may take back. Headlines follow, the oldest first. A headline that went
 * through before, in the same revision or a later one, is a duplicate, and so is a revision whose text is the same: it
 * has nothing for the desk. A document that is not right gives nothing at all, and nothing of it counts as seen.
 *
 * Threads: one at a time. Memory: at init, a list of items of which only what is used is touched, and what
 * feeds/news/seen.h takes; expat allocates for itself.
 */
#ifndef AS_FEEDS_NEWS_RSS_READER_H
#define AS_FEEDS_NEWS_RSS_READER_H

#include "feeds/news/rss.h"
#include "feeds/news/seen.h"

typedef enum as_rss_step {
    AS_RSS_END = 0,
    AS_RSS_STATUS,    /* an event */
    AS_RSS_HEADLINE,  /* an event and its record */
    AS_RSS_DUPLICATE, /* a headline that is not new */
    AS_RSS_BAD        /* an item that cannot be used: result and line say why and where */
} as_rss_step;

typedef struct as_rss_reader {
    as_news_items items;    /* of the latest document */
    uint64_t status_due_ns; /* source time of the next status; UINT64_MAX: there is none */
    as_news_result result;
    uint32_t line;
    /* the reader's own */
    as_news_items_context context;
    as_xml *xml;
    as_seen *seen;
    as_timezone *zone;
    uint32_t at;
    bool statuses, headlines; /* still to be given */
} as_rss_reader;

/* news is copied; what it points to outlives the reader. 0, or a negative errno with the error chain set. */
int as_rss_reader_init(as_rss_reader *reader, const as_news_context *news);
void as_rss_reader_fini(as_rss_reader *reader); /* safe on zeroes */

/* A document received at now_ns. AS_XML_OK, or why it is none, with *fault. It may go away afterwards. */
as_xml_result as_rss_reader_begin(as_rss_reader *reader, const void *document, size_t document_bytes, uint64_t now_ns,
                                  as_xml_fault *fault);

/* The time of a status may have come: next gives those of the latest document that are due. */
void as_rss_reader_wake(as_rss_reader *reader);

/* What is new at now_ns. *event is written for STATUS and HEADLINE, *headline for HEADLINE. */
as_rss_step as_rss_reader_next(as_rss_reader *reader, uint64_t now_ns, as_event *event, as_headline *headline);

#endif
