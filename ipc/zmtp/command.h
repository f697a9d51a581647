/*
 * ZMTP commands (RFC 37): a name with its length in one byte, then data; and the metadata of READY and INITIATE:
 * properties of name (length in 1 byte) and value (length in 4, big-endian).
 *
 * Threads: any. Memory: the caller's. Pure.
 */
#ifndef AS_IPC_ZMTP_COMMAND_H
#define AS_IPC_ZMTP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AS_ZMTP_METADATA_BYTES = 32 }; /* of ours, at most */

/* Is the body this command? Then *data is what follows its name. */
bool as_zmtp_command_is(const uint8_t *body, size_t body_bytes, const char *name, const uint8_t **data,
                        size_t *data_bytes);

/* Does the body begin with a command's name at all? */
bool as_zmtp_command_has_name(const uint8_t *body, size_t body_bytes);

/* name and data; returns the length. out holds 1 + strlen(name) + data_bytes. */
size_t as_zmtp_command_encode(const char *name, const void *data, size_t data_bytes, uint8_t *out);

/* Our metadata: Socket-Type XPUB. Returns the length. */
size_t as_zmtp_metadata_encode(uint8_t out[AS_ZMTP_METADATA_BYTES]);

/* A peer's metadata: NULL if well formed and its Socket-Type is SUB or XSUB, else what is wrong. */
const char *as_zmtp_metadata_check(const uint8_t *bytes, size_t bytes_left);

#endif
