/*
 * The answer of AlphaVantage's NEWS_SENTIMENT function, as a file.
 *
 *   {"items":"50",..,"feed":[{"title":"..","url":"..","time_published":"20250312T155121","source":"Benzinga",
 *     "source_domain":"..","authors":[..],"summary":"..","topics":[..],
 *     "ticker_sentiment":[{"ticker":"GS","relevance_score":"0.102231",..},..]},..]}
 *
 * Stamps are UTC (an image of an item in the answer of 12 March 2025 carries the epoch second of its stamp). There is
 * no id: it is made of time, address and title. Tickers are tags; those of other markets ("CRYPTO:BTC", "FOREX:USD")
 * are none of a universe. Their scores are a vendor's opinion and are not kept.
 *
 * Pure, no allocation; threads: any.
 */
#ifndef AS_FEEDS_NEWS_ALPHAVANTAGE_H
#define AS_FEEDS_NEWS_ALPHAVANTAGE_H

#include "feeds/news/items.h"

/* Is this object, checked by as_json_object, such an answer: does it have an array "feed"? */
bool as_alphavantage_is(const as_json_member *member, uint32_t count);

/* Read a document. OK, or why it is none; faults of an item are in items. */
as_news_result as_alphavantage_decode(const char *text, size_t text_bytes, const as_news_items_context *context,
                                      as_news_items *items);

#endif
