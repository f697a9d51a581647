/*
 * The codec: decisions to bytes, in the two forms of the contract (DESIGN 4.3, 6.4).
 *
 *   payload  one MessagePack map a message: every key of its table, in the table's order, nil where undefined
 *   line     the same keys less the envelope, as one NDJSON object without its LF: `--out`, the journal, the hash
 *
 * docs/WIRE.md lists every message; tests/ipc/test_codec.c holds its golden bytes. Numbers: times integer ns, prices
 * integer 1e-9, doubles float64 (in a line: %.17g). Pure functions on (pointer, length): no allocation, no lock.
 */
#ifndef AS_IPC_CODEC_H
#define AS_IPC_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "core/decision.h"

#define AS_WIRE_VERSION 1
#define AS_MODEL_VERSION "aftershock-0.1"

enum {
    AS_PAYLOAD_BYTES = 4096, /* no payload is longer */
    AS_LINE_BYTES_OUT = 8192, /* nor a line */
    AS_TOPIC_BYTES = 192
};

/* What ipc adds to a message: no part of a decision, never hashed. */
typedef struct as_envelope {
    uint64_t epoch;  /* the publisher's boot id */
    uint64_t gseq;   /* over all messages, from 1 */
    uint64_t tseq;   /* in this topic, from 1 */
    uint64_t prev;   /* gseq of the message before it in this topic, 0: it is the first */
    uint64_t ts_pub; /* ns UTC */
    int replay;      /* the publisher is replaying */
} as_envelope;

/* "sig.<strategy>.<symbol>.", "shock.<issuer>.", "fact.<issuer>."; returns the length. topic holds AS_TOPIC_BYTES. */
size_t as_codec_topic(const as_decision *decision, char *topic);

/* One component of a topic, '.' and '%' percent-encoded; returns the length. */
size_t as_codec_component(const char *text, char *out, size_t out_bytes);

/* Payload; returns its length, 0 if it does not fit. */
size_t as_codec_payload(const as_decision *decision, const as_envelope *envelope, uint8_t *out, size_t out_bytes);

/* Line, zero-terminated; returns its length, 0 if it does not fit. */
size_t as_codec_line(const as_decision *decision, char *out, size_t out_bytes);

/* The id as 32 hex digits and a zero. */
void as_codec_id(const uint8_t id[16], char hex[33]);

#endif
