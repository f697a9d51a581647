/*
 * report.html: the tables of a report and its plots (reliability, daily result, delay), in one self-contained page.
 *
 * No scripts, no addresses: the page opens from a disk, a mail or a web server alike. Cold path, one thread.
 */
#ifndef AS_APPS_SCORE_PAGE_H
#define AS_APPS_SCORE_PAGE_H

#include <stdio.h>

#include "apps/score/report.h"

void as_score_page(const as_score_report *report, FILE *file);

#endif
