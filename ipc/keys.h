/*
 * CURVE keys: the text form Z85, key pairs, and the files that hold them.
 *
 * Z85 (ZeroMQ RFC 32) writes 4 bytes as 5 characters. A key of 32 bytes is 40 characters.
 *
 * A key file has the layout of ZeroMQ's certificates (zcert), which czmq and pyzmq (zmq.auth.load_certificate) read:
 *
 *     #   Aftershock CURVE key pair of "bot-1": secret, keep it to yourself
 *     metadata
 *         name = "bot-1"
 *     curve
 *         public-key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
 *         secret-key = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
 *
 * Read is what those programs read: lines that begin with `#` are comments, of the others those that begin with
 * `public-key` or `secret-key` count, with the value after `=`, with or without quotes. A line of either key twice, a
 * value that is no key, or a public key that does not belong to the secret one is an error. A public file lacks the
 * secret line. A secret file is made with mode 0600; one that group or others can read or write is refused.
 *
 * Threads: any; no shared state. Memory: a file is at most AS_KEY_FILE_BYTES and lives on the stack, wiped after use.
 */
#ifndef AS_IPC_KEYS_H
#define AS_IPC_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AS_KEY_BYTES = 32,
    AS_KEY_TEXT_BYTES = 41, /* Z85 with its zero */
    AS_KEY_FILE_BYTES = 8192
};

typedef struct as_key_pair {
    uint8_t public_key[AS_KEY_BYTES];
    uint8_t secret_key[AS_KEY_BYTES];
} as_key_pair;

/* byte_count is a multiple of 4; text gets byte_count / 4 * 5 characters and a zero. The number of characters. */
size_t as_z85_encode(const uint8_t *bytes, size_t byte_count, char *text);

/*
 * char_count is a multiple of 5; bytes gets char_count / 5 * 4. 0, or -EINVAL: another length, a character that is not
 * Z85's, or five that stand for more than 32 bits.
 */
int as_z85_decode(const char *text, size_t char_count, uint8_t *bytes);

/* A whole zero-terminated text as a key; -EINVAL: not 40 characters of Z85. */
int as_key_from_text(const char *text, uint8_t key[AS_KEY_BYTES]);
void as_key_to_text(const uint8_t key[AS_KEY_BYTES], char text[AS_KEY_TEXT_BYTES]);

/* A new pair from the system's randomness. 0, or -EIO with the error chain set. */
int as_keys_generate(as_key_pair *pair);
/* Wipe the memory. */
void as_keys_forget(as_key_pair *pair);

/*
 * Write a file; name goes into its metadata. Without replace an existing file is -EEXIST and stays as it is; with
 * it the new file takes its place at once or not at all. 0, or a negative errno with the error chain set.
 */
int as_keys_write_secret(const char *path, const char *name, const as_key_pair *pair, bool replace);
int as_keys_write_public(const char *path, const char *name, const uint8_t public_key[AS_KEY_BYTES], bool replace);

/* Read a file. 0, or a negative errno with the error chain set: file, line, what was found, what is allowed. */
int as_keys_read_secret(const char *path, as_key_pair *pair);
/* Of a public or a secret file (which must not be readable by others, either). */
int as_keys_read_public(const char *path, uint8_t public_key[AS_KEY_BYTES]);

#endif
