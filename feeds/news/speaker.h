/*
 * Speaker: is it a company itself that says what the headline says, on the record?
 *
 *   "Qualcomm denies ..", "Meta says in statement ..", "Intel CEO Lip-Bu Tan says ..", ".., Meta spokesperson says"
 *   ".., CFO Amy Hood tells Reuters" where the headline names one company
 *
 * Not "Meta said to plan ..", "Apple told to pay ..", "Apple Said in Talks": those are said of it. Whether the source
 * is good enough to be believed is not asked here (as_reading_official). Immutable once made; pure, no allocation.
 */
#ifndef AS_FEEDS_NEWS_SPEAKER_H
#define AS_FEEDS_NEWS_SPEAKER_H

#include "feeds/news/link.h"
#include "feeds/news/text.h"

/* 1 + place of the speaking company in links->issuer, 0 if none speaks. */
unsigned as_speaker_read(const as_text *text, const as_links *links);

#endif
