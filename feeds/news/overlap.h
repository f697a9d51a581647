/*
 * Overlap: which features of a fingerprint say nothing about which story of the issuer it is.
 *
 * "Apple sued by Epic over fees" and "Apple sued over a battery" share the company and the word that makes both
 * lawsuits. Features made of such words alone (the issuers' names, the phrase that gave the family, small words) are
 * marked, so that a story is recognised by the others (core/story.h). Pure, no allocation.
 */
#ifndef AS_FEEDS_NEWS_OVERLAP_H
#define AS_FEEDS_NEWS_OVERLAP_H

#include "feeds/news/link.h"
#include "feeds/news/text.h"

/* text must be marked. phrase: the playbook's, NULL none. Bit i: feature[i] (ascending) is common. */
uint64_t as_overlap_common(const as_text *text, const as_links *links, const char *phrase, const uint32_t *feature,
                           unsigned feature_count);

#endif
