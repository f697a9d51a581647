/*
 * Digests: SHA-256 of a stream of bytes, and CRC32C of a block.
 *
 * SHA-256 (FIPS 180-4, through libcrypto) names a run: the hash over the decisions that `replay` prints and `--verify`
 * compares. CRC32C (Castagnoli polynomial 0x1EDC6F41, reflected; RFC 3720 appendix B.4 has the check values) guards
 * records of the journal against torn writes.
 *
 * Threads: an as_digest belongs to one thread; as_crc32c is pure. Memory: libcrypto's context, allocated by init.
 */
#ifndef AS_CORE_DIGEST_H
#define AS_CORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* 64 hexadecimal digits and a terminating zero. */
#define AS_DIGEST_HEX_BYTES 65

typedef struct as_digest {
    void *context; /* EVP_MD_CTX; NULL outside init..fini */
} as_digest;

/* Start a digest. 0, -ENOMEM, or -EIO when libcrypto has no SHA-256 (error chain set). */
int as_digest_init(as_digest *digest);

/* Free without a result. Safe on zeroes and after as_digest_final_hex. */
void as_digest_fini(as_digest *digest);

/* Append bytes. data may be NULL when data_bytes is 0. Cold path: a libcrypto failure ends the program. */
void as_digest_update(as_digest *digest, const void *data, size_t data_bytes);

/* The digest of all bytes so far in lower-case hexadecimal; ends the digest, like fini. */
void as_digest_final_hex(as_digest *digest, char hex[AS_DIGEST_HEX_BYTES]);

/*
 * CRC32C of data appended to what crc covers: 0 starts, and crc32c(crc32c(0, a), b) is the CRC of a then b.
 * Uses the processor's instruction where there is one. as_crc32c(0, "123456789", 9) is 0xe3069283.
 */
uint32_t as_crc32c(uint32_t crc, const void *data, size_t data_bytes);

/* The same from a table: what as_crc32c does without the instruction. Public so that a test compares the two. */
uint32_t as_crc32c_table(uint32_t crc, const void *data, size_t data_bytes);

#endif
