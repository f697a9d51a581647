/*
 * Quoting: does a headline repeat what another outlet reported?
 *
 * "Meta to sell compute, Bloomberg reports" from anyone but Bloomberg is a re-report, and so is "people familiar told
 * Reuters" from a portal: neither is sourcing of its own (SCIENCE 1.4). An outlet counts where it is attributed to
 * ("Reuters reports", "told the FT", "according to Bloomberg", "WSJ:", or last in the text), not where it is a company
 * ("Thomson Reuters raises its outlook").
 *
 * Immutable once made; reading is pure, linear in the words, without allocation.
 */
#ifndef AS_FEEDS_NEWS_QUOTING_H
#define AS_FEEDS_NEWS_QUOTING_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/news/text.h"

enum { AS_QUOTED_OUTLETS = 16, AS_ATTRIBUTIONS = 12 };

typedef struct as_quoting {
    uint64_t filter;                                             /* bit (hash mod 64) of each outlet's word */
    uint64_t word[AS_QUOTED_OUTLETS], before[AS_QUOTED_OUTLETS]; /* "journal" after "street"; 0: any */
    uint64_t news;
    uint64_t ahead[AS_ATTRIBUTIONS], behind[AS_ATTRIBUTIONS]; /* words that attribute */
} as_quoting;

void as_quoting_init(as_quoting *quoting);

/* Is another outlet credited at the very end: "... - WSJ", "... (Bloomberg)", "... -Bloomberg News"? */
bool as_quoting_trails(const as_quoting *quoting, const as_text *text, const char *source);

/* source: the headline's own, as the record names it. */
bool as_quoting_read(const as_quoting *quoting, const as_text *text, const char *source);

#endif
