#include "core/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

#include "core/error.h"

int as_digest_init(as_digest *digest)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        return as_error_set(-ENOMEM, "sha256: no memory for a context");
    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        return as_error_set(-EIO, "sha256: libcrypto does not offer it");
    }
    digest->context = context;
    return 0;
}

void as_digest_fini(as_digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}

void as_digest_update(as_digest *digest, const void *data, size_t data_bytes)
{
    if (data_bytes == 0)
        return;
    int updated = EVP_DigestUpdate(digest->context, data, data_bytes);
    AS_ASSERT(updated == 1);
}

void as_digest_final_hex(as_digest *digest, char hex[AS_DIGEST_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned raw_bytes = 0;
    int finished = EVP_DigestFinal_ex(digest->context, raw, &raw_bytes);
    AS_ASSERT(finished == 1 && raw_bytes == (AS_DIGEST_HEX_BYTES - 1) / 2);
    for (unsigned i = 0; i < raw_bytes; i++) {
        hex[2 * i] = digits[raw[i] >> 4];
        hex[2 * i + 1] = digits[raw[i] & 15];
    }
    hex[2 * raw_bytes] = '\0';
    as_digest_fini(digest);
}

uint32_t as_crc32c_table(uint32_t crc, const void *data, size_t data_bytes)
{
    /* Remainders of the sixteen values of four bits modulo the reflected polynomial 0x82f63b78. */
    static const uint32_t remainder[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                           0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                           0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    const unsigned char *byte = data;
    crc = ~crc;
    for (size_t i = 0; i < data_bytes; i++) {
        crc ^= byte[i];
        crc = (crc >> 4) ^ remainder[crc & 15];
        crc = (crc >> 4) ^ remainder[crc & 15];
    }
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_instruction(uint32_t crc, const unsigned char *byte,
                                                                     size_t byte_count)
{
    uint64_t state = (uint32_t)~crc;
    for (; byte_count >= 8; byte += 8, byte_count -= 8) {
        uint64_t word;
        memcpy(&word, byte, 8);
        state = _mm_crc32_u64(state, word);
    }
    uint32_t tail = (uint32_t)state;
    for (; byte_count > 0; byte++, byte_count--)
        tail = _mm_crc32_u8(tail, *byte);
    return ~tail;
}

static int has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2");
}
#elif defined(__ARM_FEATURE_CRC32)
static uint32_t crc32c_instruction(uint32_t crc, const unsigned char *byte, size_t byte_count)
{
    crc = ~crc;
    for (; byte_count >= 8; byte += 8, byte_count -= 8) {
        uint64_t word;
        memcpy(&word, byte, 8);
        crc = __crc32cd(crc, word);
    }
    for (; byte_count > 0; byte++, byte_count--)
        crc = __crc32cb(crc, *byte);
    return ~crc;
}

static int has_instruction(void)
{
    return 1;
}
#else
static uint32_t crc32c_instruction(uint32_t crc, const unsigned char *byte, size_t byte_count)
{
    return as_crc32c_table(crc, byte, byte_count);
}

static int has_instruction(void)
{
    return 0;
}
#endif

uint32_t as_crc32c(uint32_t crc, const void *data, size_t data_bytes)
{
    return has_instruction() ? crc32c_instruction(crc, data, data_bytes) : as_crc32c_table(crc, data, data_bytes);
}
