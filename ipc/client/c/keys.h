/*
 * A client's key pair from a file of `aftershock keygen` (ZPL, as ZeroMQ's own tools write it):
 *     public-key = "40 characters of Z85"
 *     secret-key = "40 characters of Z85"
 * What is not one of these lines is skipped. A file that others than its owner may read is refused.
 */
#ifndef ASC_KEYS_H
#define ASC_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum { ASC_KEY_BYTES = 41 };

typedef struct asc_keys {
    char public_key[ASC_KEY_BYTES], secret_key[ASC_KEY_BYTES];
} asc_keys;

/* false: error says why; the keys themselves are never part of it. */
bool asc_keys_read(const char *path, asc_keys *keys, char *error, size_t error_bytes);
/* Is it 40 characters of Z85 (ZeroMQ RFC 32)? */
bool asc_key_check(const char *key);

#endif
