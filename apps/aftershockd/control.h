/*
 * The operator's commands: what `aftershock ctl` asks a running daemon, answered on the server's thread.
 *
 *   status       who it is, what it reads and publishes, what is open
 *   stats        every counter, and the latency of the core
 *   subscribers  who is connected, and who lags
 *   reload       as SIGHUP
 *   halt, resume bots are told to stop, to go on
 *   drain        as SIGTERM, with the reason "drain"
 *
 * An answer is built from atomics, and from copies that other threads give out under locks of their own: the core never
 * waits for it. reload, halt, resume and drain only ask: `ctl` looks at `status` for what became of it.
 *
 * Threads: op on the server's; the rest on the supervisor's. One lock, between the two: an operation finds the whole
 * daemon or none of it, and as_console_close waits for one that is under way.
 */
#ifndef AS_APPS_AFTERSHOCKD_CONTROL_H
#define AS_APPS_AFTERSHOCKD_CONTROL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "ipc/writer.h"

enum { AS_CONTROL_ERROR_BYTES = 512 };

typedef struct as_console {
    pthread_mutex_t lock;
    bool open, drain;
    uint64_t opened_at; /* monotonic */
    as_tick_rate rate;  /* of the core's histogram */
    uint64_t reloads_failed;
    char reload_error[AS_CONTROL_ERROR_BYTES]; /* of the latest one that failed; "" */
} as_console;

/* Before the bus starts. */
void as_console_init(as_console *console);
/* The daemon runs: operations are answered from now on, with -EAGAIN before. */
void as_console_open(as_console *console);
/* Before anything that an operation looks at ends. */
void as_console_close(as_console *console);

/* A reload was refused: count it, keep what the error chain says. */
void as_console_reload_failed(as_console *console);
uint64_t as_console_reloads_failed(as_console *console);
/* Was the end asked for by `drain`? */
bool as_console_drains(as_console *console);

/* as_control_fn of ipc/server.h; daemon is an as_daemon. */
int as_control_op(void *daemon, const char *op, as_writer *result);

#endif
