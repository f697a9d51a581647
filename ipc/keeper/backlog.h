/*
 * The backlog: the latest messages in memory, by gseq, for replays.
 *
 * A ring of bytes and an index into it; a new message takes the place of as many of the oldest as it needs. gseq rises
 * from message to message and may have holes (decisions that never became messages).
 *
 * Threads: one, the server's. Memory: allocated by new: memory_bytes and 16 bytes for each AS_BACKLOG_MEAN_BYTES of it.
 */
#ifndef AS_IPC_KEEPER_BACKLOG_H
#define AS_IPC_KEEPER_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/keeper/message_view.h"
#include "ipc/message.h"

enum {
    AS_BACKLOG_BYTES_MIN = 1 << 18, /* less is raised to it: any message fits */
    AS_BACKLOG_MEAN_BYTES = 128     /* shorter messages fill the index first */
};

typedef struct as_backlog as_backlog;

int as_backlog_new(uint64_t memory_bytes, as_backlog **backlog);
void as_backlog_free(as_backlog *backlog);

/* A message that makes room for a newer one: the last that is heard of it here. */
typedef void (*as_backlog_leave)(void *context, const as_message *message, const uint8_t *bytes);
void as_backlog_on_leave(as_backlog *backlog, as_backlog_leave leave, void *context);

/* bytes: topic and payload. */
void as_backlog_append(as_backlog *backlog, const as_message *message, const uint8_t *bytes);

/*
 * The first gseq from which on everything is here: the first message's, or the one after the last that made room.
 * 0: nothing came yet.
 */
uint64_t as_backlog_from(const as_backlog *backlog);
uint64_t as_backlog_count(const as_backlog *backlog);
uint64_t as_backlog_bytes(const as_backlog *backlog);

/*
 * Visit the messages with from <= gseq <= to, in order, until visit says stop or bytes_max bytes were looked at (at
 * least one message is). Returns the first gseq that was not looked at: to + 1 if none.
 */
uint64_t as_backlog_scan(const as_backlog *backlog, uint64_t from, uint64_t to, uint64_t bytes_max,
                         as_message_visit visit, void *context);

#endif
