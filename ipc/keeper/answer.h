/*
 * Answers: the header that all begin with, and the array of messages that some end with (docs/WIRE.md, "Requests").
 *
 * Written through ipc/writer.h into a buffer of the caller's. Pure functions.
 */
#ifndef AS_IPC_KEEPER_ANSWER_H
#define AS_IPC_KEEPER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/keeper/message_view.h"
#include "ipc/writer.h"

enum {
    AS_ANSWER_BYTES_MAX = 1 << 20,
    AS_ANSWER_HEAD_BYTES = 2048, /* room for the header and an operation's own keys; messages get the rest */
    AS_ANSWER_MESSAGE_BYTES = 11 /* what a message takes beside its topic and its payload, at most */
};

typedef struct as_answer_head {
    const char *op; /* NULL or "": nil */
    bool has_id;
    uint64_t id;
    const char *error;  /* NULL: none */
    const char *detail; /* with an error */
    uint64_t epoch, gseq, oldest;
    uint64_t ts_now; /* 0: nil */
    bool halted;
} as_answer_head;

/* Begin a map of the header's keys and keys more, and write the header's. */
void as_answer_begin(as_writer *writer, const as_answer_head *head, unsigned keys);
/* One [topic, payload]. */
void as_answer_message(as_writer *writer, const as_message_view *message);

#endif
