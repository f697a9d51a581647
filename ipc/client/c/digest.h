/* SHA-256, by libsodium or libcrypto, whichever the library was built with. */
#ifndef ASC_DIGEST_H
#define ASC_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* Room for libsodium's state; or libcrypto's context. */
typedef union asc_digest {
    uint64_t room[32];
    void *context;
} asc_digest;

void asc_digest_begin(asc_digest *digest);
void asc_digest_add(asc_digest *digest, const void *bytes, size_t bytes_count);
/* 64 lower-case hex digits and a zero. Ends the digest. */
void asc_digest_end(asc_digest *digest, char hex[65]);

#endif
