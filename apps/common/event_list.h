/*
 * Events as text, one a line, for people and for other tools: NDJSON or CSV.
 *
 * An event that NDJSON has a form for is written so that it can be read back (feeds/decode/ndjson.h). The others
 * (orders, levels, phases, gaps) are written in the same manner under their own kind: order_add, order_execute,
 * order_reduce, order_delete, order_replace, level, clear, session, gap.
 */
#ifndef AS_APPS_COMMON_EVENT_LIST_H
#define AS_APPS_COMMON_EVENT_LIST_H

#include <stdio.h>

#include "core/event.h"
#include "core/headline.h"
#include "feeds/decode/ndjson.h"

/* headline belongs to an AS_EVENT_HEADLINE. */
void as_event_list_ndjson(FILE *stream, const as_event *event, const as_headline *headline,
                          const as_ndjson_context *context);

/*
 * The header line of the CSV form, and an event's row: the same columns for all kinds, empty where they do not
 * apply.
 */
void as_event_list_csv_header(FILE *stream);
void as_event_list_csv(FILE *stream, const as_event *event, const as_headline *headline,
                       const as_ndjson_context *context);

/* "trade" "quote" "order_add" ... */
const char *as_event_kind_name(uint8_t kind);

#endif
