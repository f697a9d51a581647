/*
 * The codec's peer: the payloads of docs/WIRE.md packed by msgpack-c, call by call, as a program without a codec of its
 * own would. What `aftershock bench codec` compares with, and an independent encoder for tests/ipc/test_codec.c.
 */
#ifndef AS_BENCH_CODEC_PEER_H
#define AS_BENCH_CODEC_PEER_H

#include <msgpack.h>

#include "core/decision.h"
#include "ipc/codec.h"

/* Append the payload to the buffer, which the caller clears. */
void as_codec_peer_pack(const as_decision *decision, const as_envelope *envelope, msgpack_sbuffer *buffer);

#endif
