/*
 * A study's answers as JSON (DESIGN 4.1 and docs/STUDY.md, schema 1) and as tables for people.
 * Numbers in JSON are %.17g, undefined ones null. Errors are those of the stream. One thread.
 */
#ifndef AS_APPS_STUDY_WRITE_H
#define AS_APPS_STUDY_WRITE_H

#include <stdio.h>

#include "apps/study/run.h"

void as_study_write_json(FILE *stream, const as_study_run *run);
void as_study_write_text(FILE *stream, const as_study_run *run);

/* "2026-07-01 20:00 UTC"; text has room for 32 bytes. */
const char *as_study_moment_text(uint64_t ts, char text[32]);
/* "market" "mean" "sector" */
const char *as_study_model_name(as_study_model model);

#endif
