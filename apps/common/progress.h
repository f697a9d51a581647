/*
 * A progress bar on standard error: only on a terminal, only for what takes longer than a second.
 *
 *   day.itch.gz [##############                          ]  35 %  8.1 M/s  14 s left
 *
 * One thread. as_progress_step costs an addition; the clock is read every AS_PROGRESS_STEPS steps.
 */
#ifndef AS_APPS_COMMON_PROGRESS_H
#define AS_APPS_COMMON_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { AS_PROGRESS_STEPS = 8192 };

typedef struct as_progress {
    FILE *stream; /* NULL: nothing is shown */
    bool shown;
    uint64_t steps;
    struct timespec start, last;
} as_progress;

/* Begin; shows nothing unless standard error is a terminal. */
void as_progress_begin(as_progress *progress);

/* Remove the bar. */
void as_progress_end(as_progress *progress);

/* What follows is for as_progress_step. share: of the work, 0..1, or below 0 if nobody knows. */
void as_progress_show(as_progress *progress, const char *name, double share);

/* The line as it would be shown after seconds of work, without control characters. Returns its length. */
int as_progress_line(char *line, size_t line_bytes, const char *name, double share, uint64_t steps, double seconds);

/* One more event; true every AS_PROGRESS_STEPS of them: time to call as_progress_show. */
static inline bool as_progress_step(as_progress *progress)
{
    return ++progress->steps % AS_PROGRESS_STEPS == 0 && progress->stream != NULL;
}

#endif
