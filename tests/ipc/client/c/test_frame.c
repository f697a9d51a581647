#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/client/c/frame.h"

#define CHECK(...) asc_frame_check((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), false)
#define BINARY(...) asc_frame_check((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), true)

static void one_map_of_each_format_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(CHECK(0x80), ASC_FRAME_OK);
    assert_int_equal(CHECK(0xde, 0, 1, 0xa1, 'k', 0xc0), ASC_FRAME_OK);
    assert_int_equal(CHECK(0xdf, 0, 0, 0, 1, 0xa1, 'k', 0xcb, 0, 0, 0, 0, 0, 0, 0, 0), ASC_FRAME_OK);
    assert_int_equal(CHECK(0x81, 0xd9, 1, 'k', 0xd3, 0, 0, 0, 0, 0, 0, 0, 0), ASC_FRAME_OK);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0x92, 0xcd, 1, 2, 0xe0), ASC_FRAME_OK);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xa2, 0xc3, 0xa4), ASC_FRAME_OK);
    assert_int_equal(BINARY(0x81, 0xa1, 'k', 0xc4, 2, 0xff, 0xff), ASC_FRAME_OK);
}

static void bombs_cuts_and_rubbish_are_refused(void **state)
{
    (void)state;
    assert_int_equal(asc_frame_check(NULL, 0, true), ASC_FRAME_SHORT);
    assert_int_equal(CHECK(0xdd, 0x07, 0xff, 0xff, 0xff), ASC_FRAME_TYPE);
    assert_int_equal(CHECK(0xdf, 0x07, 0xff, 0xff, 0xff), ASC_FRAME_SHORT);
    assert_int_equal(CHECK(0xde, 0), ASC_FRAME_SHORT);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xdd, 0x07, 0xff, 0xff, 0xff), ASC_FRAME_SHORT);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xdb, 0xff, 0xff, 0xff, 0xff), ASC_FRAME_SHORT);
    assert_int_equal(CHECK(0x81, 0xa1, 'k'), ASC_FRAME_SHORT);
    assert_int_equal(CHECK(0x80, 0x00), ASC_FRAME_TRAILING);
    assert_int_equal(CHECK(0x90), ASC_FRAME_TYPE);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xc1), ASC_FRAME_TYPE);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xd4, 1, 2), ASC_FRAME_TYPE);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xc7, 1, 5, 9), ASC_FRAME_TYPE);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xc4, 0), ASC_FRAME_TYPE);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xa1, 0xff), ASC_FRAME_TEXT);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xa2, 0xc0, 0x80), ASC_FRAME_TEXT);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0xa3, 0xed, 0xa0, 0x80), ASC_FRAME_TEXT);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0xc0), ASC_FRAME_OK);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0xc0), ASC_FRAME_DEEP);
    assert_int_equal(CHECK(0x81, 0xa1, 'k', 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x90), ASC_FRAME_DEEP);
}

static void more_values_than_the_limit_are_refused(void **state)
{
    (void)state;
    static uint8_t many[ASC_VALUES_MAX + 16] = {0x81, 0xa1, 'k', 0xdd, 0, 1, 0, 0};
    assert_int_equal(asc_frame_check(many, 8 + 65536, false), ASC_FRAME_MANY);
    many[5] = 0;
    many[6] = 0xff;
    many[7] = 0xf0;
    assert_int_equal(asc_frame_check(many, 8 + 0xfff0, false), ASC_FRAME_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_map_of_each_format_is_accepted),
        cmocka_unit_test(bombs_cuts_and_rubbish_are_refused),
        cmocka_unit_test(more_values_than_the_limit_are_refused),
    };
    return cmocka_run_group_tests_name("client frame", tests, NULL, NULL);
}
