/*
 * as_style: is a headline the news itself, or a column about it?
 *
 * News is told with a verb of what was done ("Intel cuts 5,000 jobs"). A column asks, advises, judges, counts its
 * arguments or names a theme after a colon ("Why Intel's cuts are not enough", "3 chip stocks to watch", "Intel: the
 * long road back"). Each such sign of form has points; they are added, and a reporting verb or an amount of money takes
 * some away. The signs are form, not subject, so they hold for headlines of companies and events never seen before.
 * Points are this project's own, set on its labelled headlines.
 *
 * Threads: rules are built at start and read-only afterwards; reading is pure, without allocation. Time: one pass over
 * the words.
 */
#ifndef AS_FEEDS_NEWS_STYLE_H
#define AS_FEEDS_NEWS_STYLE_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/news/text.h"

typedef enum as_style {
    AS_STYLE_NEWS,
    AS_STYLE_LEANS, /* a column, unless something is reported in it */
    AS_STYLE_COLUMN /* a column whatever its words */
} as_style;

/* Classes of vocabulary.h that the signs are made of, as bits. */
typedef struct as_style_rules {
    uint64_t talk, exec, done, moved;
} as_style_rules;

void as_style_rules_init(as_style_rules *rules);

/* Points of a headline; text must be marked (as_lexicon_mark). */
int as_style_points(const as_style_rules *rules, const as_text *text);

as_style as_style_of(int points);

/* Does it open with a plain report before a colon or a second sentence? "Intel ousts its CEO: is it time to buy?" */
bool as_style_leads_with_news(const as_style_rules *rules, const as_text *text);

#endif
