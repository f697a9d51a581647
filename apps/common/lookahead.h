/*
 * Looking ahead in a ring of events: the lines that the next events will touch are asked for before their turn.
 *
 * One as_lookahead a ring, with its consumer: as_lookahead_ask before an event is taken, as_lookahead_took after it was
 * released. Each event is asked for once, up to AS_ENGINE_AHEAD events before its turn, and its levels half as far
 * ahead (core/engine.h). It is useful when there is a backlog, which is when it matters.
 */
#ifndef AS_APPS_COMMON_LOOKAHEAD_H
#define AS_APPS_COMMON_LOOKAHEAD_H

#include <stdint.h>

#include "core/engine.h"
#include "core/ring.h"

typedef struct as_lookahead {
    uint32_t lines, levels; /* events at the ring's head that were asked for, by stage */
} as_lookahead;

void as_lookahead_ask(as_lookahead *look, const as_engine *engine, as_ring *events);

/* The oldest event was released. */
static inline void as_lookahead_took(as_lookahead *look)
{
    look->lines -= look->lines > 0;
    look->levels -= look->levels > 0;
}

#endif
