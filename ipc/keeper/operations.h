/*
 * The operations: from a parsed request to the bytes of its answer (docs/WIRE.md, "Requests").
 *
 * Knows nothing of sockets, clients or time limits: a request that has to wait is asked again.
 *
 * Threads: one, the server's. Memory: two buffers of an answer's size.
 */
#ifndef AS_IPC_KEEPER_OPERATIONS_H
#define AS_IPC_KEEPER_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/auth.h"
#include "ipc/keeper/answer.h"
#include "ipc/keeper/keeper.h"
#include "ipc/keeper/request.h"
#include "ipc/keeper/snapshot.h"

/* An operator's command, as as_control_fn of ipc/server.h. */
typedef int (*as_operation_fn)(void *context, const char *op, as_writer *result);

typedef struct as_operations {
    as_keeper *keeper;
    uint64_t epoch;
    as_operation_fn control_op; /* NULL: none */
    void *control_context;
    as_snapshots *snapshots;
    uint8_t *answer;   /* AS_ANSWER_BYTES_MAX */
    uint8_t *messages; /* likewise: those of a replay, before their number is known */
} as_operations;

int as_operations_init(as_operations *operations, as_keeper *keeper, uint64_t epoch);
void as_operations_fini(as_operations *operations);

/* A request under way: what is asked, of whom, and how far a replay that waits has looked. */
typedef struct as_task {
    as_request request;
    uint64_t next; /* 0 at first */
} as_task;

typedef struct as_outcome {
    size_t answer_bytes; /* in operations->answer; 0: it has to wait */
    const char *error;   /* NULL: none */
    uint64_t work_bytes; /* written, and a quarter of what a replay looked at and did not want */
} as_outcome;

/*
 * Answer a request that was parsed, right or wrong. grant: of the client, NULL: everything. may_wait: it need not be
 * answered now. now: monotonic ns.
 */
as_outcome as_operations_do(as_operations *operations, as_task *task, const as_grant *grant, bool may_wait,
                            uint64_t now);
/* An answer with an error and nothing else. */
as_outcome as_operations_refuse(as_operations *operations, const as_request *request, const char *error,
                                const char *detail);

#endif
