/*
 * The ZMTP greeting: the first 64 bytes of either side (RFC 37, "The ZMTP Greeting").
 *
 *   FF  8 bytes of padding  7F | major minor | mechanism, 20 bytes, zero-padded | as-server | 31 zeroes
 *
 * We say 3.1 and take any peer from 3.0 on. Earlier ones are told apart by what they send in place of it: ZMTP 1.0 no
 * signature, 2.0 the revision 1.
 *
 * Threads: any. Memory: the caller's. Pure.
 */
#ifndef AS_IPC_ZMTP_GREETING_H
#define AS_IPC_ZMTP_GREETING_H

#include <stddef.h>
#include <stdint.h>

enum { AS_ZMTP_GREETING_BYTES = 64 };

typedef enum as_zmtp_mechanism { AS_ZMTP_NULL, AS_ZMTP_CURVE } as_zmtp_mechanism;

/* Ours: the CURVE side is the server's. */
void as_zmtp_greeting_encode(as_zmtp_mechanism mechanism, uint8_t out[AS_ZMTP_GREETING_BYTES]);

/* Look at the first `bytes` (0 .. 64) of a peer's greeting. NULL if they are right so far, else what is wrong. */
const char *as_zmtp_greeting_check(as_zmtp_mechanism mechanism, const uint8_t *greeting, size_t bytes);

#endif
