#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <msgpack.h>

#include "core/error.h"
#include "ipc/frame_check.h"

#define CHECK(...) as_frame_check((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void one_value_of_each_format_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(CHECK(0x00), AS_FRAME_OK);
    assert_int_equal(CHECK(0xff), AS_FRAME_OK);
    assert_int_equal(CHECK(0xc0), AS_FRAME_OK);
    assert_int_equal(CHECK(0xc3), AS_FRAME_OK);
    assert_int_equal(CHECK(0xc4, 1, 9), AS_FRAME_OK);
    assert_int_equal(CHECK(0xc7, 1, 5, 9), AS_FRAME_OK);
    assert_int_equal(CHECK(0xca, 0, 0, 0, 0), AS_FRAME_OK);
    assert_int_equal(CHECK(0xcb, 0, 0, 0, 0, 0, 0, 0, 0), AS_FRAME_OK);
    assert_int_equal(CHECK(0xcd, 1, 2), AS_FRAME_OK);
    assert_int_equal(CHECK(0xd3, 0, 0, 0, 0, 0, 0, 0, 0), AS_FRAME_OK);
    assert_int_equal(CHECK(0xd4, 1, 2), AS_FRAME_OK);
    assert_int_equal(CHECK(0xa2, 'h', 'i'), AS_FRAME_OK);
    assert_int_equal(CHECK(0xda, 0, 2, 'h', 'i'), AS_FRAME_OK);
    assert_int_equal(CHECK(0x92, 0x01, 0x81, 0xa1, 'k', 0x90), AS_FRAME_OK);
    assert_int_equal(CHECK(0xde, 0, 1, 0x01, 0x02), AS_FRAME_OK);
}

static void bombs_cuts_and_rubbish_are_refused(void **state)
{
    (void)state;
    assert_int_equal(as_frame_check(NULL, 0), AS_FRAME_SHORT);
    assert_int_equal(CHECK(0xdd, 0x07, 0xff, 0xff, 0xff), AS_FRAME_SHORT); /* asks msgpack-c for 134 million objects */
    assert_int_equal(CHECK(0xdf, 0xff, 0xff, 0xff, 0xff), AS_FRAME_SHORT);
    assert_int_equal(CHECK(0xdb, 0xff, 0xff, 0xff, 0xff), AS_FRAME_SHORT);
    assert_int_equal(CHECK(0xda, 0x00), AS_FRAME_SHORT);
    assert_int_equal(CHECK(0xcf, 0, 0, 0), AS_FRAME_SHORT);
    assert_int_equal(CHECK(0x93, 0x01, 0x02), AS_FRAME_SHORT);
    assert_int_equal(CHECK(0x01, 0x02), AS_FRAME_TRAILING);
    assert_int_equal(CHECK(0xc1), AS_FRAME_RESERVED);
    assert_int_equal(CHECK(0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0xc0), AS_FRAME_OK);
    assert_int_equal(CHECK(0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0xc0), AS_FRAME_DEEP);
    uint8_t many[AS_FRAME_VALUES_MAX + 4] = {0xdd, 0x00, 0x01, 0x00, 0x00};
    assert_int_equal(as_frame_check(many, 5 + 65536 > sizeof many ? sizeof many : 5 + 65536), AS_FRAME_SHORT);
}

static void what_it_accepts_msgpack_c_unpacks_whole(void **state)
{
    (void)state;
    uint64_t seed = 4242;
    unsigned accepted = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 200000; round++) {
        uint8_t frame[24];
        size_t bytes = 1 + round % sizeof frame;
        for (size_t i = 0; i < bytes; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            frame[i] = (uint8_t)(seed >> 56);
            if (seed >> 40 & 1) /* more containers and short strings than chance would give */
                frame[i] = (uint8_t)(0x80 | (frame[i] & 0x33));
        }
        as_frame_result result = as_frame_check(frame, bytes);
        if (result == AS_FRAME_SHORT || result == AS_FRAME_DEEP)
            continue;
        msgpack_unpacked unpacked;
        size_t used = 0;
        msgpack_unpacked_init(&unpacked);
        msgpack_unpack_return rc = msgpack_unpack_next(&unpacked, (const char *)frame, bytes, &used);
        if (result == AS_FRAME_OK) {
            accepted++;
            assert_int_equal(rc, MSGPACK_UNPACK_SUCCESS);
            assert_int_equal(used, bytes);
        } else if (result == AS_FRAME_TRAILING) {
            assert_true(used < bytes);
        }
        msgpack_unpacked_destroy(&unpacked);
    }
    assert_true(accepted > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_of_each_format_is_accepted),
        cmocka_unit_test(bombs_cuts_and_rubbish_are_refused),
        cmocka_unit_test(what_it_accepts_msgpack_c_unpacks_whole),
    };
    return cmocka_run_group_tests_name("frame_check", tests, NULL, NULL);
}
