/*
 * A collected case for people and for programs: from the headline to the ticks to each decision and its end.
 *
 * Text: aligned, at most 100 columns. JSON: one object, {"schema":1,..}; every decision in it is the line that `--out`
 * and the journal have. Undefined numbers are "-" and null. One thread.
 */
#ifndef AS_APPS_COMMON_EXPLAIN_PAGE_H
#define AS_APPS_COMMON_EXPLAIN_PAGE_H

#include <stdio.h>

#include "apps/common/explain_case.h"

enum { AS_EXPLAIN_SCHEMA = 1 };

/*
 * where: the recording that was replayed. all: every decision in full; without it the first and the last, and those
 * that open, close and expire. 0, or -EIO.
 */
int as_explain_print_text(const as_explain_case *c, const char *where, bool all, FILE *out);
int as_explain_print_json(const as_explain_case *c, const char *where, FILE *out);

/* What a headline's reading says, in words: "rumour", "press", marks; "" for none. */
const char *as_explain_cue(const as_headline *headline);
const char *as_explain_class(const as_headline *headline);
void as_explain_marks(const as_headline *headline, char *text, size_t text_bytes);

#endif
