/*
 * Benzinga's news stream: one JSON object a message.
 *
 *   {"id":"..","api_version":"websocket/v1","kind":"News/v1","data":{"action":"Created","id":24424553,
 *    "timestamp":"2024-05-08T16:00:00.123Z","content":{"id":24424553,"author":"..","created":"..","updated":"..",
 *    "title":"..","teaser":"..","body":"..","url":"..","channels":[..],"stocks":[{"name":"AAPL","exchange":"..",..}],
 *    "tags":[..]}}}
 *
 * Names: the service's WebSocket reference. action is created, updated or deleted, in any case; a deletion retracts the
 * item, whatever its content, which may be missing: then the result is NO_TEXT with id, source, time and retracted set,
 * and whoever remembers the item fills in the rest (feeds/news/seen.h). A kind that is not news, and a message
 * without data, is CONTROL. The headline's time is updated, or created, or else timestamp; a deletion's is timestamp.
 * Revisions: feeds/news/item.h. stocks may be symbols as they are, too. author, teaser, body, channels, tags and images
 * are not kept.
 *
 * Pure, no allocation, any thread. Time: linear.
 */
#ifndef AS_FEEDS_NEWS_BENZINGA_H
#define AS_FEEDS_NEWS_BENZINGA_H

#include "feeds/news/item.h"

/* A whole message. OK: *event and *headline are written; *headline may be overwritten on any result. */
as_news_result as_benzinga_decode(const char *text, size_t text_bytes, const as_news_context *ctx, as_event *event,
                                  as_headline *headline);

#endif
