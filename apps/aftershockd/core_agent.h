/*
 * The core stage: lanes in, decisions out. The only thread that touches the engine.
 *
 * Takes the earliest of the lanes' next events, in batches, through core/merge.h; takes commands (passing time,
 * reloads) from the supervisor's ring; copies decisions to the publisher's ring and to the recorder. Clocks: one
 * time-stamp counter read a batch and one a decision, for the latency histogram alone; no decision sees them.
 *
 * Edges:
 *   C1  .generation, release by the core after a reload -> acquire by the supervisor: the new playbook is in force
 */
#ifndef AS_APPS_AFTERSHOCKD_CORE_AGENT_H
#define AS_APPS_AFTERSHOCKD_CORE_AGENT_H

#include <stdatomic.h>

#include "apps/aftershockd/agent.h"
#include "apps/aftershockd/feed_agent.h"
#include "apps/aftershockd/recorder.h"
#include "apps/common/lookahead.h"
#include "core/glance.h"
#include "core/histogram.h"

enum { AS_COMMAND_SLOTS = 1024 };

/* A command of the supervisor: time passes (playbook NULL), or a reload. */
typedef struct as_command {
    uint64_t now;
    const as_playbook *playbook;
} as_command;

typedef struct as_core_agent {
    as_setup *setup;
    as_lane *lane;
    as_lookahead look[AS_FEED_MAX]; /* by lane */
    as_ring *commands;        /* as_command slots */
    as_ring *decisions;       /* as_stamped_decision slots, to the publisher */
    as_recorder *recorder;
    as_glance *glance;        /* what the page asks for; NULL: there is none */
    bool started;             /* history has been applied */
    uint64_t clock;           /* the supervisor's latest word on the time; 0 while the data bring it */
    uint64_t batch_ticks;     /* when the current batch was taken */
    as_histogram latency;     /* from taking a batch to a decision on the ring, in ticks */
    _Atomic(uint64_t) ts_now;     /* logical time, for heartbeats */
    _Atomic(uint64_t) dropped;    /* decisions without room in the publisher's ring */
    _Atomic(uint32_t) generation; /* of the playbook in force */
} as_core_agent;

as_agent as_core_agent_of(as_core_agent *self);

/* The engine's emit function. */
void as_core_agent_emit(void *self, const as_decision *decision);

#endif
