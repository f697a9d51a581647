/*
 * Who may connect, and to which topics: CURVE keys of the server and the allow-list of its clients.
 *
 * Server key: the file `aftershock keygen` writes, mode 0600 (group or others readable: refused). Allow-list: text,
 *     <public key, Z85, 40 characters> <name> <prefix>[,<prefix>...]
 * one client a line; a prefix is a topic prefix (`sig.`, `fact.META.`), `*` is everything. A line that is empty or
 * begins with "#", which no key does, is a comment. `hb.` and `sys.` are granted to everybody. Keys and names are
 * unique. A name is made of letters, digits and `_.-`; a prefix begins as a topic does, and '%' in it is `%2E` or
 * `%25`, as in a topic. A prefix without its last dot reaches further than it seems: `fact.A` is AA's facts too. A
 * list that its group or others can write is refused.
 *
 * Threads: new, reload and free on the supervisor's; find on any: tables are immutable, the current one is reached
 * through an atomic pointer (edge AU1, release by reload -> acquire by find), older ones live until free,
 * AS_AUTH_RELOAD_MAX of them.
 */
#ifndef AS_IPC_AUTH_H
#define AS_IPC_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/codec.h"
#include "ipc/keys.h"

enum { AS_GRANT_MAX = 1024, AS_GRANT_PREFIX_MAX = 16, AS_GRANT_NAME_BYTES = 32, AS_AUTH_RELOAD_MAX = 256 };

typedef struct as_grant {
    uint8_t key[AS_KEY_BYTES];
    char name[AS_GRANT_NAME_BYTES];
    char prefix[AS_GRANT_PREFIX_MAX][AS_TOPIC_BYTES]; /* "": everything */
    uint32_t prefix_count;
} as_grant;

typedef struct as_auth as_auth;

/*
 * Read both files. 0, or a negative errno with the error chain set: file, line, what was found, what is allowed. A list
 * without any client is an error here, and a warning in a reload.
 */
int as_auth_new(const char *server_key_path, const char *allow_path, as_auth **auth);
/* Read the allow-list again; one with an error changes nothing. Sessions of keys that are gone are to be ended. */
int as_auth_reload(as_auth *auth);
void as_auth_free(as_auth *auth);

/* The current grant of a public key; NULL: not on the list. Valid until as_auth_free. */
const as_grant *as_auth_find(const as_auth *auth, const uint8_t key[AS_KEY_BYTES]);
/* The same by name, which is unique in the list (the User-Id of a request). */
const as_grant *as_auth_find_name(const as_auth *auth, const char *name);
/* Grows with each reload: a session asks again when it has changed. */
uint64_t as_auth_generation(const as_auth *auth);
const uint8_t *as_auth_secret_key(const as_auth *auth);
const uint8_t *as_auth_public_key(const as_auth *auth);

/* May a client be called so? */
bool as_grant_name_is_valid(const char *name);

/* Does everything that begins with prefix lie within the grant? NULL (no authentication) allows all. */
bool as_grant_allows(const as_grant *grant, const char *prefix, size_t prefix_bytes);

#endif
