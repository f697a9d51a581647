/*
 * Filling the raw half of an as_headline, the same way for every format.
 *
 * A decoder clears the record, sets its fields and calls as_headline_finish. Afterwards every string is UTF-8 without
 * control characters, cut at a whole character, and the id is never empty, so that an encoder can write the record back
 * and get the same record from it. Threads: any (pure functions). Memory: the caller's.
 */
#ifndef AS_FEEDS_DECODE_HEADLINE_RECORD_H
#define AS_FEEDS_DECODE_HEADLINE_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/headline.h"

/* Clears the raw half. The reading is cleared too. */
void as_headline_clear(as_headline *headline);

/*
 * Copy text into a field of field_bytes, zero-terminated, cut at a whole character: *cut, if not NULL, says so.
 * False, with the field emptied, if the text is not UTF-8.
 */
bool as_headline_set(char *field, size_t field_bytes, const char *text, size_t text_bytes, bool *cut);

/* Add a ticker tag; repeated ones and those beyond AS_HEADLINE_TAG_MAX are left out. */
void as_headline_add_tag(as_headline *headline, uint32_t instrument);

/*
 * Put the record's strings in order: blanks for control characters, text trimmed, text_bytes counted. A missing id
 * becomes "<source>-<16 hex digits of XXH3-64 over time, url and text>"; one that is too long for the field
 * (id_whole: the whole of it, else NULL) becomes "<source>-<16 hex digits of XXH3-64 over the id>".
 * False if the text is empty.
 */
bool as_headline_finish(as_headline *headline, const char *id_whole, size_t id_whole_bytes);

/* "official" "press" "aggregator" "social"; AS_CLASS_UNKNOWN for anything else. */
as_source_class as_source_class_parse(const char *text);
/* The same words back, "" for AS_CLASS_UNKNOWN. */
const char *as_source_class_word(as_source_class source_class);

#endif
