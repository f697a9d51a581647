/*
 * A window that puts a recording's events into receive order and merges repeated headlines.
 *
 * Holds up to AS_REORDER_EVENTS events. Out comes always the earliest by (ts_recv, order of arrival). Events that come
 * in order already cost O(1) (a queue); the others go through a heap.
 *
 * Headlines that are in the window together and have the same source time and the same URL, or the same id, are one
 * headline (DESIGN 6.23): the later one's tags are added to the earlier one's. Revisions and retractions differ from
 * what they revise, whatever their id.
 *
 * One thread at a time. Memory: one mapping, about 100 MB of addresses, of which only what is used is ever touched (80
 * bytes an event, 1.4 KB a headline at the window's fullest).
 */
#ifndef AS_FEEDS_REORDER_H
#define AS_FEEDS_REORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/headline.h"

typedef struct as_reorder as_reorder;

/* 0 or -ENOMEM. */
int as_reorder_new(as_reorder **reorder);
void as_reorder_free(as_reorder *reorder);

uint32_t as_reorder_count(const as_reorder *reorder);
bool as_reorder_full(const as_reorder *reorder);

/* Put an event in; headline belongs to an AS_EVENT_HEADLINE. The window is not full. True if it was merged away. */
bool as_reorder_push(as_reorder *reorder, const as_event *event, const as_headline *headline);

/* Take the earliest event out; *headline is written for an AS_EVENT_HEADLINE. False if the window is empty. */
bool as_reorder_pop(as_reorder *reorder, as_event *event, as_headline *headline);

#endif
