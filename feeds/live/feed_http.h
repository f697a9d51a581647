/*
 * Driver: documents that are asked for over HTTP at intervals. RSS and Atom (feeds/news/rss.h).
 *
 *   idle --interval, jittered--> connecting --> asked --answer--> idle
 *
 * What a poll does:
 *   200        the document is read. Items that are new go on, the oldest first; those that went through before, in the
 *              same revision or a later one, are duplicates, and so are revisions whose text is the same. The ETag and
 *              the Last-Modified of a document that was read are sent with the next request.
 *   304        nothing has changed
 *   301, 302, 303, 307, 308   followed, up to AS_FEED_HTTP_REDIRECTS, while scheme, host and port stay the same.
 *              Another server is refused: whom to believe is said by the configuration, not by a server.
 *   429, 503   the next poll waits for Retry-After (seconds or a date), AS_FEED_HTTP_RETRY_MAX_MS at most
 *   anything else, an answer that is no HTTP, a document that is not right or too long, a connection that fails:
 *              counted, told once for each cause, and tried again after a pause that doubles from the interval up to
 *              AS_FEED_HTTP_BACKOFF_MS or the interval, whichever is longer
 *
 * An answer, from the wish to connect to its last byte, has as long as the interval, but at least
 * AS_FEED_HTTP_ANSWER_MIN_MS and at most AS_FEED_HTTP_ANSWER_MAX_MS. With an interval of up to AS_FEED_HTTP_KEEP_MS the
 * connection is kept, if the server agrees; one that the server has closed in between is made again at once.
 *
 * The interval varies by a tenth either way, so that feeds do not stay in step. A document of which nothing was known,
 * after one that had items, is counted as a gap: more may have come than it holds. The feed is STALE from the second
 * failure in a row until an answer is right. The answers' bodies are captured (key `capture`).
 *
 * Trading halts are statuses: those of the document whose time has come go on at once, those in the future (a
 * resumption) when it comes, unless a later document says otherwise.
 *
 * Threads: the feed's. Memory: at open, AS_NEWS_DOCUMENT_BYTES for a body and a list of items, of which only what is
 * used is touched; expat allocates for itself.
 */
#ifndef AS_FEEDS_FEED_HTTP_H
#define AS_FEEDS_FEED_HTTP_H

#include "feeds/live/feed_parts.h"

enum {
    AS_FEED_HTTP_REDIRECTS = 5,
    AS_FEED_HTTP_KEEP_MS = 20000,
    AS_FEED_HTTP_ANSWER_MIN_MS = 5000,
    AS_FEED_HTTP_ANSWER_MAX_MS = 30000,
    AS_FEED_HTTP_BACKOFF_MS = 300000,
    AS_FEED_HTTP_RETRY_MAX_MS = 3600000
};

extern const as_feed_driver as_feed_http;

#endif
