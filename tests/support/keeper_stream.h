/*
 * A stream of messages whose bytes follow from their gseq, and a visit that checks them. Include cmocka.h first.
 */
#ifndef AST_SUPPORT_KEEPER_STREAM_H
#define AST_SUPPORT_KEEPER_STREAM_H

#include <string.h>

#include "ipc/keeper/message_view.h"
#include "ipc/message.h"
#include "tests/support/random.h"

enum { AST_STREAM_BYTES_MAX = 5000 };

/* The message of a gseq: header, and bytes (AST_STREAM_BYTES_MAX) of topic and payload. */
static inline as_message ast_stream_message(uint64_t gseq, uint8_t *bytes)
{
    uint64_t seed = gseq;
    as_message message = {.gseq = gseq,
                          .topic_bytes = (uint16_t)(3 + ast_random(&seed) % 40),
                          .payload_bytes = (uint32_t)(1 + ast_random(&seed) % 1200)};
    for (uint32_t i = 0; i < message.topic_bytes + message.payload_bytes; i++)
        bytes[i] = (uint8_t)ast_random(&seed);
    return message;
}

typedef struct ast_check {
    uint64_t next; /* expected */
    uint64_t step; /* between gseqs */
    uint64_t count, count_max;
} ast_check;

static inline bool ast_check_message(void *context, const as_message_view *view)
{
    static uint8_t bytes[AST_STREAM_BYTES_MAX];
    ast_check *c = context;
    if (c->count == c->count_max)
        return false;
    assert_int_equal(view->gseq, c->next);
    as_message message = ast_stream_message(view->gseq, bytes);
    assert_int_equal(view->topic_bytes, message.topic_bytes);
    assert_int_equal(view->payload_bytes, message.payload_bytes);
    assert_memory_equal(view->topic, bytes, message.topic_bytes);
    assert_memory_equal(view->payload, bytes + message.topic_bytes, message.payload_bytes);
    c->next += c->step;
    c->count++;
    return true;
}

#endif
