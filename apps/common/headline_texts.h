/*
 * What the headlines said: the latest AS_PAGE_TEXT_MAX of them by id, so that a fact can be shown with its story.
 *
 * Threads: any; a mutex. Put by the thread that writes the journal, got by those who look; never the core's.
 * Memory: fixed at start. A lookup walks over an array of hashes: microseconds.
 */
#ifndef AS_APPS_COMMON_HEADLINE_TEXTS_H
#define AS_APPS_COMMON_HEADLINE_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/headline.h"

typedef struct as_headline_text {
    uint64_t ts_event;
    char id[AS_HEADLINE_ID_BYTES];
    char source[AS_HEADLINE_SOURCE_BYTES];
    char text[AS_HEADLINE_TEXT_BYTES];
} as_headline_text;

typedef struct as_headline_texts as_headline_texts;

/* 0 or -ENOMEM with the error chain set. */
int as_headline_texts_new(as_headline_texts **texts);
void as_headline_texts_free(as_headline_texts *texts);

/* Of the headline only what stands before its reading is looked at. One of a known id takes its place. */
void as_headline_texts_put(as_headline_texts *texts, const as_headline *headline);

/* false: not known, or forgotten. */
bool as_headline_texts_get(as_headline_texts *texts, const char *id, as_headline_text *text);

#endif
