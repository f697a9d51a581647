/*
 * /state.json: what the live page (ipc/http/page.html) shows, as one JSON object. Times are ms UTC, ages and latencies
 * have their unit in their key. The page and this file are one contract, private to the daemon: bots read docs/WIRE.md.
 */
#ifndef AS_APPS_COMMON_BOARD_JSON_H
#define AS_APPS_COMMON_BOARD_JSON_H

#include "apps/common/board_view.h"

void as_board_json(const as_board_view *view, FILE *out);

#endif
