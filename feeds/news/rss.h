/*
 * RSS 2.0 and Atom 1.0 (RFC 4287): a document of headlines; and the halts feed of nasdaqtrader, which is RSS with a
 * namespace of its own.
 *
 *   RSS    rss/channel/item: title (else description), link, guid, pubDate (else dc:date), source;
 *          atom:updated or dcterms:modified if it is there
 *   Atom   feed/entry: title (else summary), link rel="alternate", id, published, updated, source/title
 *
 * HTML in a title is taken out: RSS always, Atom if its type is html. The id is guid or id, else the link, else made of
 * the title and its address. A category whose domain or scheme ends in "stock", "ticker" or "symbol" is a tag: what
 * follows its last colon ("Nasdaq:NVDA"). The source is the item's own, else the context's publisher, else the title of
 * the channel or feed.
 *
 * The time is that of the latest stamp. The revision, for items that say when they were published and when updated, is
 * that of feeds/news/item.h; for items with one stamp the seconds since 1970 of it, so that an item sent again with a
 * later stamp is a revision; 0 without any.
 *
 * Halts. An item with ndaq:IssueSymbol, HaltDate and HaltTime (New York) becomes statuses instead of a headline, since
 * its title is the symbol alone: halted (paused for reasons LUD* and M) at its time with the reason code, quote_only at
 * ResumptionQuoteTime, trading at ResumptionTradeTime, as far as these are given. Resumptions may lie in the future.
 *
 * Threads: one at a time for an as_xml. Memory: the caller's; expat's as feeds/news/xml.h says. Other elements are
 * skipped, of whatever namespace.
 */
#ifndef AS_FEEDS_NEWS_RSS_H
#define AS_FEEDS_NEWS_RSS_H

#include "feeds/news/items.h"
#include "feeds/news/xml.h"

typedef enum as_rss_kind { AS_RSS_RSS = 0, AS_RSS_ATOM = 1 } as_rss_kind;

/*
 * Read a document. What has been read stays in items whatever the result, which is AS_XML_OK, or a fault of the
 * document: AS_XML_ROOT names a root element that is neither rss nor Atom's feed. kind may be NULL.
 */
as_xml_result as_rss_decode(as_xml *xml, const void *document, size_t document_bytes,
                            const as_news_items_context *context, as_news_items *items, as_rss_kind *kind,
                            as_xml_fault *fault);

#endif
