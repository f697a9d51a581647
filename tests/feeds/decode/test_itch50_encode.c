#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "feeds/decode/itch50.h"
#include "feeds/decode/itch50_encode.h"
#include "tests/support/hex.h"
#include "tests/support/random.h"

/* PROTOCOLS A11 */
static void the_published_vectors_are_written_from_their_fields(void **state)
{
    (void)state;
    static const char *const golden[] = {
        "41000700021f1aced9f07b112233445566778842000000644141504c20202020001d0290",
        "45000700021f1aced9f07b112233445566778800000028000000003ade68b1",
        "55000700021f1aced9f07b112233445566778811223344556677990000003c001d02f4",
    };
    as_itch50 m[3];
    for (size_t i = 0; i < 3; i++)
        m[i] = (as_itch50){.ts_ns = UINT64_C(34200000000123), .locate = 7, .tracking = 2, .type = "AEU"[i]};
    m[0].add.ref = m[1].execute.ref = m[2].replace.ref = UINT64_C(0x1122334455667788);
    memcpy(m[0].add.stock, "AAPL    ", 8);
    m[0].add.shares = 100;
    m[0].add.px4 = 1901200;
    m[0].add.side = 'B';
    m[1].execute.shares = 40;
    m[1].execute.match = 987654321;
    m[2].replace.new_ref = UINT64_C(0x1122334455667799);
    m[2].replace.shares = 60;
    m[2].replace.px4 = 1901300;
    for (size_t i = 0; i < 3; i++) {
        uint8_t expected[64], out[64];
        size_t n = ast_hex(golden[i], expected, sizeof expected);
        assert_int_equal(as_itch50_encode(&m[i], out, sizeof out), n);
        assert_memory_equal(out, expected, n);
    }
}

static void nothing_is_written_for_an_unknown_type_or_without_room(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        as_itch50 m = {.type = (char)type};
        uint8_t out[64];
        size_t length = as_itch50_length((uint8_t)type);
        for (size_t room = 0; room <= sizeof out; room++) {
            memset(out, 0xee, sizeof out);
            size_t written = as_itch50_encode(&m, out, room);
            assert_int_equal(written, length && room >= length ? length : 0);
            if (written < sizeof out)
                assert_int_equal(out[written], 0xee);
        }
    }
}

static void random_bytes_round_trip(void **state)
{
    (void)state;
    static const char types[] = "SRHYLVWKJhAFECXDUPQBINO";
    uint64_t seed = 50;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 100000; round++) {
        uint8_t m[64], again[64];
        for (size_t i = 0; i < sizeof m; i++)
            m[i] = (uint8_t)ast_random(&seed);
        m[0] = (uint8_t)types[ast_random(&seed) % AS_ITCH50_TYPE_COUNT];
        size_t length = as_itch50_length(m[0]);
        as_itch50 out;
        assert_int_equal(as_itch50_decode(m, length, &out), AS_ITCH50_OK);
        assert_int_equal(as_itch50_encode(&out, again, sizeof again), length);
        assert_memory_equal(again, m, length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_are_written_from_their_fields),
        cmocka_unit_test(nothing_is_written_for_an_unknown_type_or_without_room),
        cmocka_unit_test(random_bytes_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
