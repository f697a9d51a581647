/*
 * The signal bus: the publisher, the server of requests and what joins them, in one life.
 *
 *     core -- ring -- publisher -- fan-out -> subscribers
 *                         +------- byte ring -- server (keeper) <-> requests, control
 *
 * The daemon, `replay --publish` and the tests start and stop it as a whole. The publisher never waits for a client; it
 * waits for the server's ring to have room, because the server is ours and its work a turn is bounded: a message that
 * subscribers saw is one that a replay has.
 */
#ifndef AS_IPC_BUS_H
#define AS_IPC_BUS_H

#include "core/config.h"
#include "ipc/publisher.h"
#include "ipc/server.h"

typedef struct as_bus as_bus;

typedef struct as_bus_options {
    const as_config *config;     /* publish, control, journal.dir, wait, cpu_ipc */
    bool replay;
    bool no_control;             /* a replay has nothing to command */
    as_ring *decisions;          /* as in ipc/publisher.h */
    as_histogram *handed;        /* likewise */
    uint32_t (*feeds)(void *context, as_feed_view *view, uint32_t count_max);
    void *feeds_context;
    const _Atomic(uint64_t) *ts_now;
    as_control_fn control_op;
    void *control_context;
} as_bus_options;

int as_bus_start(const as_bus_options *options, as_bus **bus);
/* Publish what is still in the ring, say bye, close. Safe on NULL. */
void as_bus_stop(as_bus *bus, const char *reason);

/* Read the allow-list again. 0 (also without one), or a negative errno with the error chain set. */
int as_bus_reload(as_bus *bus);

as_publisher *as_bus_publisher(as_bus *bus);
as_server *as_bus_server(as_bus *bus);

#endif
