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

/* What we are to the peer. */
typedef enum as_zmtp_role {
    AS_ZMTP_XPUB,  /* to SUB and XSUB */
    AS_ZMTP_ROUTER /* to DEALER and REQ */
} as_zmtp_role;

/* Is the body this command? Then *data is what follows its name. */
bool as_zmtp_command_is(const uint8_t *body, size_t body_bytes, const char *name, const uint8_t **data,
                        size_t *data_bytes);

/* Does the body begin with a command's name at all? */
bool as_zmtp_command_has_name(const uint8_t *body, size_t body_bytes);

/* name and data; returns the length. out holds 1 + strlen(name) + data_bytes. */
size_t as_zmtp_command_encode(const char *name, const void *data, size_t data_bytes, uint8_t *out);

/* Our metadata: the Socket-Type. Returns the length. */
size_t as_zmtp_metadata_encode(as_zmtp_role role, uint8_t out[AS_ZMTP_METADATA_BYTES]);

/* A peer's metadata: NULL if well formed and its Socket-Type is one that suits ours, else what is wrong. */
const char *as_zmtp_metadata_check(as_zmtp_role role, const uint8_t *bytes, size_t bytes_left);

#endif
