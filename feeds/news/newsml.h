/*
 * NewsML-G2 (IPTC): a newsItem, or a newsMessage with an itemSet of them, in a file.
 *
 *   newsItem @guid -> id, @version -> revision (1 if it is missing)
 *   itemMeta/versionCreated      time
 *   itemMeta/pubStatus @qcode    stat:canceled takes the item back; stat:withheld holds it: left out, counted
 *   itemMeta/embargoed           the item is not known (ts_recv) before; empty, it is held: left out, counted
 *   contentMeta/headline         text, the first one; else itemMeta/title. An item taken back may have neither: then it
 *                                is given as AS_NEWS_NO_TEXT with its record filled but for the text
 *   contentMeta/creditline       source; else the provider's name, literal or code; else the context's publisher
 *   subject @qcode               a tag, if its scheme is one of tickers: alias ticker, symbol, nasdaq, nyse, amex,
 *                                arca, xnas, xnys, xase, arcx or bats, the code as it is; alias R or ric (Reuters
 *                                codes): the code before its last point ("R:NVDA.OQ" is NVDA)
 *   hasInstrument @symbol        a tag, wherever it is in the item
 *
 * Aliases are a provider's own affair; those above are the usual ones, compared without case. Urgency is not kept: it
 * says how to lay a story out, and the desk judges headlines by their text and source. Other items of an itemSet
 * (packageItem, conceptItem, ...) are left out and counted.
 *
 * Threads: one at a time for an as_xml. Memory: the caller's; expat's as feeds/news/xml.h says.
 */
#ifndef AS_FEEDS_NEWS_NEWSML_H
#define AS_FEEDS_NEWS_NEWSML_H

#include "feeds/news/items.h"
#include "feeds/news/xml.h"

#define AS_NEWSML_NAMESPACE "http://iptc.org/std/nar/2006-10-01/"

/*
 * Read a document. What has been read stays in items whatever the result, which is AS_XML_OK, or a fault of the
 * document: AS_XML_ROOT names a root element that is neither newsItem nor newsMessage of the namespace.
 */
as_xml_result as_newsml_decode(as_xml *xml, const void *document, size_t document_bytes,
                               const as_news_items_context *context, as_news_items *items, as_xml_fault *fault);

#endif
