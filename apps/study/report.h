/*
 * A study as one self-contained HTML page: mean CAR with its band, names, placebo histograms, tables. The plots are
 * those of apps/common/plot.h. One thread.
 */
#ifndef AS_APPS_STUDY_REPORT_H
#define AS_APPS_STUDY_REPORT_H

#include "apps/study/run.h"

/* Makes DIR if needed. Asked before the study, which may take long. 0, or a negative errno with the chain set. */
int as_study_report_check(const char *folder);

/* Writes DIR/study.html, making DIR if needed; an older one is replaced. 0, or a negative errno with the chain set. */
int as_study_report_write(const char *folder, const as_study_run *run);

#endif
