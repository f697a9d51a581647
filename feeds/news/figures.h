/*
 * Figures: the magnitudes that a headline gives, with what they count.
 *
 *   money      "$50 billion", "$1.25bn", "50 billion yuan"; not a price, nor a market's value: from one million on
 *   percent    "12%", "12 percent"
 *   gigawatts  "6 GW", "six gigawatts", "500 MW" (0.5)
 *   jobs       "15,000 jobs", "24,000 more workers"
 *   shares     "5 million shares"
 *
 * A number without such a unit (a year, a model) is no figure. Currencies are not told apart. Pure, no allocation.
 */
#ifndef AS_FEEDS_NEWS_FIGURES_H
#define AS_FEEDS_NEWS_FIGURES_H

#include "core/headline.h"
#include "feeds/news/text.h"

/* The first AS_HEADLINE_FIGURE_MAX figures, as written; returns how many. */
unsigned as_figures_read(const as_text *text, as_figure *figure);

#endif
