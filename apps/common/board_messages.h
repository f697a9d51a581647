/*
 * What the page shows of the wire: the state (open signals, facts, shocks) and the latest messages, as the server of
 * requests tells them (docs/WIRE.md, Requests): the daemon asks itself as any client would.
 *
 * A state machine without a socket: as_board_messages_ask gives the next request of a round, as_board_messages_take is
 * given its answer, until there is nothing more to ask. An answer is checked (ipc/frame_check.h) before it is read.
 * Messages are kept as the JSON that the page gets: the topic, and the payload's keys with times in ms (a double),
 * identifiers beyond 2^53 as text.
 *
 * Threads: one. Memory: bounded by AS_PAGE_MESSAGE_MAX messages and AS_PAGE_STATE_MAX entries.
 */
#ifndef AS_APPS_COMMON_BOARD_MESSAGES_H
#define AS_APPS_COMMON_BOARD_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/limits.h"

/* A message as the page gets it. */
typedef struct as_board_entry {
    char *json; /* heap */
    uint64_t gseq;
    char kind; /* first letter of the topic's first component, 'h'b, 's'ig; '!' shock, 'y' sys, 'f'act, 'F'eed */
    char fact[AS_FACT_KEY_BYTES];
    char headline[AS_FACT_HEADLINE_MAX][AS_HEADLINE_ID_BYTES];
    uint8_t headline_count;
} as_board_entry;

typedef struct as_board_state {
    as_board_entry *entry; /* AS_PAGE_STATE_MAX */
    uint32_t count;
    uint64_t gseq, total; /* total: as the publisher counts them */
    bool halted;
} as_board_state;

typedef struct as_board_messages {
    as_board_state state[2]; /* shown, and the one that is coming in parts */
    unsigned shown;
    bool known;                         /* a state has been received */
    as_board_entry *latest;             /* ring of AS_PAGE_MESSAGE_MAX */
    uint64_t latest_count;              /* ever */
    uint64_t epoch, gseq, oldest, next; /* next: first gseq not looked at */
    uint64_t skipped;                   /* messages that were too many to be looked at */
    uint64_t errors;                    /* answers that were none */
    char last_error[128];
    /* of the round */
    unsigned step, asked;
    uint64_t token;
    uint32_t part, parts;
} as_board_messages;

/* 0 or -ENOMEM with the error chain set. */
int as_board_messages_init(as_board_messages *messages);
void as_board_messages_fini(as_board_messages *messages);

/* Begin a round. */
void as_board_messages_begin(as_board_messages *messages);
/* The next request, its length; 0: the round is over. */
size_t as_board_messages_ask(as_board_messages *messages, uint8_t *request, size_t request_bytes);
/* Its answer. */
void as_board_messages_take(as_board_messages *messages, const uint8_t *answer, size_t answer_bytes);
/* There was none in time: the round is over. */
void as_board_messages_give_up(as_board_messages *messages, const char *why);

static inline const as_board_state *as_board_messages_state(const as_board_messages *messages)
{
    return &messages->state[messages->shown];
}

/* The idx-th latest message, 0 the newest; NULL beyond. */
const as_board_entry *as_board_messages_latest(const as_board_messages *messages, uint32_t idx);

/*
 * One published message as the page's JSON object. 0, or -EPROTO: the payload is not one map within the limits. Fills
 * entry but for .json.
 */
int as_board_message_json(const char *topic, size_t topic_bytes, const uint8_t *payload, size_t payload_bytes,
                          as_board_entry *entry, FILE *out);

#endif
