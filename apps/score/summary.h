/*
 * A report in a few Markdown tables: on the terminal, in report.md, in docs/SCORING.md.
 *
 * Cold path, one thread.
 */
#ifndef AS_APPS_SCORE_SUMMARY_H
#define AS_APPS_SCORE_SUMMARY_H

#include <stdio.h>

#include "apps/score/report.h"

void as_score_summary(const as_score_report *report, FILE *file);

#endif
