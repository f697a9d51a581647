/*
 * A backtest's report: report.json for programs, report.html for people, report.md for documents,
 * signals.csv for whoever wants to count again.
 *
 * docs/SCORING.md explains every number. Undefined numbers are null. The JSON's first key is "schema": 1.
 *
 * Cold path, one thread.
 */
#ifndef AS_APPS_SCORE_REPORT_H
#define AS_APPS_SCORE_REPORT_H

#include <stdio.h>

#include "apps/score/book.h"
#include "apps/score/group.h"
#include "apps/score/truth.h"

enum { AS_SCORE_SECTION_MAX = 64, AS_SCORE_FAMILY_MAX = 64 };

/* A strategy's signals of one kind, with their families. */
typedef struct as_score_section {
    char strategy[AS_STRATEGY_NAME_BYTES];
    int kind, lane;
    as_score_group group;
    as_score_path path;
    char family[AS_SCORE_FAMILY_MAX][AS_EVENT_NAME_BYTES];
    as_score_group of_family[AS_SCORE_FAMILY_MAX];
    unsigned family_count;
    as_score_group of_status[AS_PROBABILITY_STATUSES]; /* [AS_STATUS_ANY] is empty */
} as_score_section;

typedef struct as_score_report {
    const as_score_book *book;
    as_score_group overall;
    as_score_path overall_path;
    as_score_section *section;
    unsigned section_count;
    double tries, tries_variance; /* what DSR was told */
    bool has_detection;
    as_truth_detection detection;
} as_score_report;

/* Score everything. truth may be NULL; tries and variance as for as_score_path_of. Free with as_score_report_fini. */
as_score_report as_score_report_of(const as_score_book *book, const as_truth *truth, double tries, double variance);
void as_score_report_fini(as_score_report *report);

void as_score_report_json(const as_score_report *report, FILE *file);
void as_score_report_signals(const as_score_report *report, FILE *file);

/* All of it into a folder, made if it is not there. 0, or a negative errno with the error chain set. */
int as_score_report_write(const as_score_report *report, const char *folder);

#endif
