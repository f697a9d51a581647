/*
 * One published message: checked, its envelope read, its place in the state known. Immutable and counted by references,
 * so that the buffer, the state and the queue to the bot hold the same bytes. One thread.
 *
 * The state (docs/WIRE.md, "State") is a set of entries by kind and key; a message's effect is what it does to its
 * entry.
 */
#ifndef ASC_MESSAGE_H
#define ASC_MESSAGE_H

#include <msgpack.h>

#include "aftershock_client.h"

enum { ASC_TOPIC_BYTES_MAX = 191, ASC_PAYLOAD_BYTES_MAX = 65536, ASC_DECISION_BYTES_MAX = 4096 };

typedef enum asc_effect {
    ASC_EFFECT_NONE,
    ASC_EFFECT_SET,
    ASC_EFFECT_RENEW, /* replaces an entry that is there */
    ASC_EFFECT_REMOVE /* of a fact: the shock of the same key too */
} asc_effect;

typedef struct asc_message {
    uint32_t refs;
    uint8_t kind, effect; /* as_client_kind, asc_effect */
    bool replay, halts, resumes, bye;
    int64_t side;         /* of a signal */
    uint64_t epoch, gseq, tseq, prev, ts_pub;
    uint64_t valid_until; /* of a signal */
    const char *topic;    /* ends with a zero */
    const uint8_t *payload;
    const char *key;      /* a letter for the kind, then the key; empty: no part of the state */
    size_t topic_bytes, payload_bytes, key_bytes;
} asc_message;

/* Is it 1 to 191 bytes of UTF-8? */
bool asc_topic_check(const void *topic, size_t topic_bytes);
/*
 * NULL: not one readable message of schema 1 (docs/WIRE.md; ipc/client/conformance/README.md, 3), or no memory (then
 * *no_memory).
 */
asc_message *asc_message_new(const void *topic, size_t topic_bytes, const void *payload, size_t payload_bytes,
                             bool *no_memory);
asc_message *asc_message_ref(asc_message *message);
void asc_message_unref(asc_message *message); /* NULL is allowed */

/* A memory of fixed use: texts of the message that was decoded last. Zeroes are empty. */
typedef struct asc_arena {
    char *bytes;
    size_t bytes_max, used;
} asc_arena;
void asc_arena_fini(asc_arena *arena);

/* All fields. Texts are copied to the arena, whose former texts are gone. false: no memory. */
bool asc_message_body(const asc_message *message, asc_arena *arena, as_client_body *body);

/* What a heartbeat says of sequences. tails points into zone's memory: a map of text to unsigned integers. */
typedef struct asc_heartbeat {
    uint64_t interval_ms, missed;
    uint64_t ts_now; /* AS_CLIENT_NIL_UINT if nil */
    bool halted;
    msgpack_object_map tails;
} asc_heartbeat;
/* false: no memory. The caller makes the zone, and destroys it in either case. */
bool asc_message_heartbeat(const asc_message *message, msgpack_zone *zone, asc_heartbeat *heartbeat);

/*
 * A checked frame as objects in zone (initialised by the caller). false: not accepted by asc_frame_check, or no memory.
 */
bool asc_unpack(const uint8_t *frame, size_t frame_bytes, bool binary, msgpack_zone *zone, msgpack_object *root);
/* Is this object the text? */
bool asc_text_is(const msgpack_object *object, const char *text);

#endif
