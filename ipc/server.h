/*
 * The server of requests: snapshots, replays, ping and schema for clients (ipc/requests.h); the operator's commands on
 * a Unix socket; both for the daemon itself on inproc. On a thread of its own, off the live path (docs/WIRE.md,
 * "Requests").
 *
 * It takes every published message from a byte ring and keeps them (ipc/keeper): the latest ones in memory, more of
 * them on disk, and the state that they add up to. A client's request costs a bounded amount of work and one bounded
 * answer; a client that does not read its answers loses them.
 *
 * Edges: SV1 .oldest, relaxed: a number shown in heartbeats.
 */
#ifndef AS_IPC_SERVER_H
#define AS_IPC_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/byte_ring.h"
#include "core/config.h"
#include "ipc/audit.h"
#include "ipc/auth.h"
#include "ipc/writer.h"

#define AS_SERVER_INSIDE "inproc://aftershock" /* in as_server_context: trusted, all operations */

/*
 * An operator's command: write one value, the answer's `result`. 0, or a negative errno with the error chain set, which
 * becomes the answer's `error` and `detail`. -ENOSYS: unknown. On the server's thread; must be quick.
 */
typedef int (*as_control_fn)(void *context, const char *op, as_writer *result);

typedef struct as_server_options {
    const char *requests;  /* endpoint */
    const char *control;   /* path of the Unix socket; "": none */
    bool control_required; /* it was asked for: a failure to bind is an error, else a warning */
    uint64_t epoch;
    as_byte_ring *messages; /* as_message records from the publisher */
    uint64_t memory_bytes;  /* kept in memory */
    const char *disk_dir;   /* "": none */
    uint64_t disk_bytes;
    uint32_t clients_max; /* connections, and clients whose reports are remembered */
    uint32_t rate;        /* requests a second of one connection, and of all of a key's */
    as_auth *auth;        /* NULL: no CURVE */
    as_audit *audit;
    as_control_fn control_op; /* may be NULL */
    void *control_context;
    int cpu;
    as_wait wait;
} as_server_options;

typedef struct as_server as_server;

int as_server_start(const as_server_options *options, as_server **server);
/* Take what is left in the ring, answer what waits, close. Safe on NULL. */
void as_server_stop(as_server *server);

void *as_server_context(as_server *server);
const char *as_server_endpoint(const as_server *server);
/* Oldest gseq that a replay can give; 0: nothing yet. Any thread. */
uint64_t as_server_oldest(const as_server *server);

/* What a client has last said of itself (`ping`), any thread. */
typedef struct as_report_view {
    char client[AS_GRANT_NAME_BYTES];
    uint64_t seen, lost; /* gseq, messages */
    uint64_t at;         /* monotonic ns of its last request */
    uint64_t requests, refused;
} as_report_view;
uint32_t as_server_reports(as_server *server, as_report_view *view, uint32_t count_max);

typedef struct as_server_counters {
    uint64_t requests, snapshots, replays, pings, errors, malformed, busy, denied;
    uint64_t answers_lost; /* a client's queue was full */
    uint64_t messages, memory_messages, memory_bytes, disk_bytes;
    uint64_t signals, facts, shocks, feeds; /* entries of the state */
    uint64_t connections;                   /* of clients, now */
    uint64_t connections_refused;           /* no place, no key, or not in time */
    uint64_t connections_evicted;           /* malformed, did not read, or their key was taken away */
} as_server_counters;
as_server_counters as_server_counters_get(const as_server *server);

#endif
