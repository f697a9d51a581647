#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/digest.h"

static void ast_assert_sha256(const char *text, size_t chunk_bytes, const char *expected)
{
    as_digest digest;
    char hex[AS_DIGEST_HEX_BYTES];
    size_t text_bytes = strlen(text);
    assert_int_equal(as_digest_init(&digest), 0);
    for (size_t at = 0; at < text_bytes; at += chunk_bytes)
        as_digest_update(&digest, text + at, text_bytes - at < chunk_bytes ? text_bytes - at : chunk_bytes);
    as_digest_final_hex(&digest, hex);
    assert_string_equal(hex, expected);
    assert_null(digest.context);
    as_digest_fini(&digest);
}

/* FIPS 180-4 example values (NIST, "Examples with Intermediate Values": SHA256). */
static void sha256_gives_the_published_values(void **state)
{
    (void)state;
    ast_assert_sha256("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ast_assert_sha256("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ast_assert_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 64,
                      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void sha256_does_not_depend_on_the_chunks(void **state)
{
    (void)state;
    for (size_t chunk_bytes = 1; chunk_bytes < 57; chunk_bytes++)
        ast_assert_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", chunk_bytes,
                          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void sha256_of_a_million_letters(void **state)
{
    (void)state;
    as_digest digest;
    char hex[AS_DIGEST_HEX_BYTES];
    char block[1000];
    memset(block, 'a', sizeof block);
    assert_int_equal(as_digest_init(&digest), 0);
    as_digest_update(&digest, NULL, 0);
    for (int i = 0; i < 1000; i++)
        as_digest_update(&digest, block, sizeof block);
    as_digest_final_hex(&digest, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void fini_is_safe_on_zeroes(void **state)
{
    (void)state;
    as_digest digest = {0};
    as_digest_fini(&digest);
    assert_int_equal(as_digest_init(&digest), 0);
    as_digest_fini(&digest);
    as_digest_fini(&digest);
}

/* RFC 3720 appendix B.4, and the check value of the CRC catalogue. */
static void crc32c_gives_the_published_values(void **state)
{
    (void)state;
    unsigned char block[32];
    assert_int_equal(as_crc32c(0, "123456789", 9), 0xe3069283u);
    assert_int_equal(as_crc32c_table(0, "123456789", 9), 0xe3069283u);
    memset(block, 0, sizeof block);
    assert_int_equal(as_crc32c(0, block, sizeof block), 0x8a9136aau);
    memset(block, 0xff, sizeof block);
    assert_int_equal(as_crc32c(0, block, sizeof block), 0x62a8ab43u);
    for (unsigned i = 0; i < sizeof block; i++)
        block[i] = (unsigned char)i;
    assert_int_equal(as_crc32c(0, block, sizeof block), 0x46dd794eu);
    for (unsigned i = 0; i < sizeof block; i++)
        block[i] = (unsigned char)(31 - i);
    assert_int_equal(as_crc32c(0, block, sizeof block), 0x113fdb5cu);
    assert_int_equal(as_crc32c(0, NULL, 0), 0);
}

static void crc32c_is_the_same_by_instruction_and_by_table_at_every_length_and_offset(void **state)
{
    (void)state;
    unsigned char data[160];
    uint32_t random = 20260701;
    for (size_t i = 0; i < sizeof data; i++) {
        random = random * 1664525u + 1013904223u;
        data[i] = (unsigned char)(random >> 24);
    }
    for (size_t offset = 0; offset < 8; offset++)
        for (size_t data_bytes = 0; data_bytes <= 150; data_bytes++)
            assert_int_equal(as_crc32c(7, data + offset, data_bytes), as_crc32c_table(7, data + offset, data_bytes));
}

static void crc32c_continues_from_a_prefix(void **state)
{
    (void)state;
    static const char check[] = "123456789";
    for (size_t cut = 0; cut <= 9; cut++)
        assert_int_equal(as_crc32c(as_crc32c(0, check, cut), &check[cut], 9 - cut), 0xe3069283u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_values),
        cmocka_unit_test(sha256_does_not_depend_on_the_chunks),
        cmocka_unit_test(sha256_of_a_million_letters),
        cmocka_unit_test(fini_is_safe_on_zeroes),
        cmocka_unit_test(crc32c_gives_the_published_values),
        cmocka_unit_test(crc32c_is_the_same_by_instruction_and_by_table_at_every_length_and_offset),
        cmocka_unit_test(crc32c_continues_from_a_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
