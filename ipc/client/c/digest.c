#include "digest.h"

#ifdef ASC_WITH_SODIUM
#include <sodium.h>
#else
#include <openssl/evp.h>
#endif

static void to_hex(const uint8_t *hash, char hex[65])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    hex[64] = '\0';
}

#ifdef ASC_WITH_SODIUM
_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(asc_digest), "libsodium's state has its room");

void asc_digest_begin(asc_digest *digest)
{
    (void)crypto_hash_sha256_init((crypto_hash_sha256_state *)digest->room);
}

void asc_digest_add(asc_digest *digest, const void *bytes, size_t bytes_count)
{
    (void)crypto_hash_sha256_update((crypto_hash_sha256_state *)digest->room, bytes, bytes_count);
}

void asc_digest_end(asc_digest *digest, char hex[65])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256_final((crypto_hash_sha256_state *)digest->room, hash);
    to_hex(hash, hex);
}
#else
/* A digest that libcrypto cannot make (no memory) is all zeroes: it equals no hash of a snapshot. */
void asc_digest_begin(asc_digest *digest)
{
    digest->context = EVP_MD_CTX_new();
    if (digest->context && EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(digest->context);
        digest->context = NULL;
    }
}

void asc_digest_add(asc_digest *digest, const void *bytes, size_t bytes_count)
{
    if (digest->context)
        (void)EVP_DigestUpdate(digest->context, bytes, bytes_count);
}

void asc_digest_end(asc_digest *digest, char hex[65])
{
    uint8_t hash[EVP_MAX_MD_SIZE] = {0};
    if (digest->context)
        (void)EVP_DigestFinal_ex(digest->context, hash, NULL);
    EVP_MD_CTX_free(digest->context);
    to_hex(hash, hex);
}
#endif
