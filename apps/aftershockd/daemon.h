/*
 * The daemon: what the threads of topology.c share, and its life.
 */
#ifndef AS_APPS_AFTERSHOCKD_DAEMON_H
#define AS_APPS_AFTERSHOCKD_DAEMON_H

#include "apps/aftershockd/board.h"
#include "apps/aftershockd/control.h"
#include "apps/aftershockd/core_agent.h"
#include "apps/aftershockd/feed_agent.h"
#include "apps/aftershockd/recorder.h"
#include "apps/common/setup.h"
#include "ipc/bus.h"

enum { AS_DAEMON_THREADS_MAX = AS_FEED_MAX + 2, AS_DAEMON_GENERATIONS_MAX = 256 };

typedef struct as_daemon {
    as_setup setup;
    as_lane lane[AS_FEED_MAX];
    as_feed_agent feed_agent[AS_FEED_MAX];
    as_core_agent core;
    as_recorder recorder;
    as_ring *decisions;
    as_histogram handed; /* by the publisher: from the core's stamp until its fan-out had a decision, in ticks */
    as_bus *bus;
    as_thread thread[AS_DAEMON_THREADS_MAX]; /* in starting order: admin, core, feeds; or admin, compact */
    unsigned thread_count;
    bool data_clock; /* a feed's data carries the time (trust_r): the wall clock does not move the core */
    as_playbook *playbook[AS_DAEMON_GENERATIONS_MAX]; /* reloaded ones, kept while decisions may name them */
    as_desk *desk[AS_DAEMON_GENERATIONS_MAX];
    uint32_t generation;      /* of the latest compiled playbook */
    uint32_t desk_generation; /* of the desk that the feeds read by */
    as_board *board;          /* the page; NULL: not served */
    as_console console;
    char journal[AS_PATH_BYTES + 64]; /* its path; "": none */
    uint64_t epoch;                   /* of the bus, once it has started */
    bool served;                      /* the start has succeeded: the files stay */
    bool made_journal_folder;         /* by this start */
} as_daemon;

/* Fill daemon->thread from the configuration: the machine as one table. */
void as_topology_plan(as_daemon *daemon);

/* Everything up to the running threads. 0, or a negative errno with the error chain set; the daemon is to be freed. */
int as_daemon_start(as_daemon *daemon, const char *config_path);

/* Time passes: called by the supervisor every few milliseconds. */
void as_daemon_tick(as_daemon *daemon);

/* SIGHUP: compile the playbook's file again and swap it in, read the allow-list again. A file with an error changes
 * nothing, in the other one neither. */
void as_daemon_reload(as_daemon *daemon);

/* Drain in the data's direction: feeds, core, bus (which says bye with this reason), journal; print the account. */
void as_daemon_stop(as_daemon *daemon, const char *reason);

/* A journal was asked for, and it is not whole because it could not be written. */
bool as_daemon_failed(const as_daemon *daemon);

/* After a start that failed as well: then the files that it made are removed. */
void as_daemon_free(as_daemon *daemon);

#endif
