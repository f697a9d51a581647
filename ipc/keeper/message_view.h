/*
 * A kept message as the keeper's parts show it to each other: bytes that stay valid only during the call.
 */
#ifndef AS_IPC_KEEPER_MESSAGE_VIEW_H
#define AS_IPC_KEEPER_MESSAGE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

typedef struct as_message_view {
    uint64_t gseq;
    const uint8_t *topic, *payload;
    uint32_t topic_bytes, payload_bytes;
} as_message_view;

/* Look at a message; false: stop, this one was not taken. */
typedef bool (*as_message_visit)(void *context, const as_message_view *message);

#endif
