/*
 * A published message as it goes from the publisher to the keeper (ipc/keeper): the bytes that subscribers see, and
 * what they do to the state that a late joiner is told.
 *
 * One record of a byte ring: this header, then topic_bytes of topic (no zero), then payload_bytes of payload.
 */
#ifndef AS_IPC_MESSAGE_H
#define AS_IPC_MESSAGE_H

#include <stdint.h>

typedef enum as_message_kind {
    AS_MESSAGE_OTHER = 0, /* hb., sys. */
    AS_MESSAGE_SIGNAL,    /* key: the signal's id */
    AS_MESSAGE_SHOCK,     /* key: 128-bit XXH3 of the fact's key */
    AS_MESSAGE_FACT,      /* key: the same */
    AS_MESSAGE_FEED       /* key: 128-bit XXH3 of the topic */
} as_message_kind;

/* docs/WIRE.md, "State": what a message does to the entry of its kind and key. */
typedef enum as_message_effect {
    AS_EFFECT_NONE = 0,
    AS_EFFECT_SET,    /* make or replace the entry: an opened signal, a shock, a fact, a feed's state */
    AS_EFFECT_RENEW,  /* replace the entry if there is one: an update, which of an unknown id is a near miss */
    AS_EFFECT_REMOVE  /* a close, an expiry; an expired fact takes the shock of the same key with it */
} as_message_effect;

typedef struct as_message {
    uint64_t gseq;
    uint64_t ts_now;        /* the publisher's logical clock, 0 until it has begun */
    uint8_t kind, effect;   /* as_message_kind, as_message_effect */
    uint8_t halted;         /* after this message */
    uint8_t unused;
    uint16_t topic_bytes;
    uint16_t unused2;
    uint32_t payload_bytes;
    uint32_t unused3;
    uint8_t key[16];
} as_message;

_Static_assert(sizeof(as_message) == 48, "no padding: a ring's record has no undefined bytes");

#endif
