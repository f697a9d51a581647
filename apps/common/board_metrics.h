/*
 * /metrics: the daemon's counters in Prometheus' text format 0.0.4. Every name begins with aftershock_ or process_;
 * docs/OPERATIONS.md lists them all, and a test compares the two.
 */
#ifndef AS_APPS_COMMON_BOARD_METRICS_H
#define AS_APPS_COMMON_BOARD_METRICS_H

#include "apps/common/board_view.h"

void as_board_metrics(const as_board_view *view, FILE *out);

#endif
