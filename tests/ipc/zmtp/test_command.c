#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/zmtp/command.h"

static void a_command_is_its_name_and_data(void **state)
{
    uint8_t body[16];
    const uint8_t *data;
    size_t data_bytes;
    (void)state;
    assert_int_equal(as_zmtp_command_encode("PONG", "xy", 2, body), 7);
    assert_memory_equal(body, "\4PONGxy", 7);
    assert_true(as_zmtp_command_is(body, 7, "PONG", &data, &data_bytes));
    assert_int_equal(data_bytes, 2);
    assert_memory_equal(data, "xy", 2);
    assert_true(as_zmtp_command_is(body, 5, "PONG", &data, &data_bytes));
    assert_int_equal(data_bytes, 0);
    assert_false(as_zmtp_command_is(body, 4, "PONG", &data, &data_bytes));
    assert_false(as_zmtp_command_is(body, 7, "PON", &data, &data_bytes));
    assert_false(as_zmtp_command_is(body, 7, "PING", &data, &data_bytes));
    assert_true(as_zmtp_command_has_name(body, 5));
    assert_false(as_zmtp_command_has_name(body, 4));
    assert_false(as_zmtp_command_has_name((const uint8_t *)"\0x", 2));
    assert_false(as_zmtp_command_has_name(body, 0));
}

static as_zmtp_role role = AS_ZMTP_XPUB;

static const char *check(const char *bytes, size_t count)
{
    uint8_t *copy = malloc(count + !count); /* so that the sanitizer sees a byte read beyond it */
    memcpy(copy, bytes, count);
    const char *why = as_zmtp_metadata_check(role, copy, count);
    free(copy);
    return why;
}

static void our_metadata_say_what_we_are(void **state)
{
    uint8_t out[AS_ZMTP_METADATA_BYTES];
    (void)state;
    assert_int_equal(as_zmtp_metadata_encode(AS_ZMTP_XPUB, out), 20);
    assert_memory_equal(out, "\xbSocket-Type\0\0\0\4XPUB", 20);
    assert_int_equal(as_zmtp_metadata_encode(AS_ZMTP_ROUTER, out), 22);
    assert_memory_equal(out, "\xbSocket-Type\0\0\0\6ROUTER", 22);
}

#define SUB "\xbSocket-Type\0\0\0\3SUB"
#define IDENTITY "\x8Identity\0\0\0\0"

static void subscribers_are_taken_and_nobody_else(void **state)
{
    (void)state;
    assert_null(check(SUB, 19));
    assert_null(check(SUB IDENTITY, 32));
    assert_null(check(IDENTITY "\xbsocket-type\0\0\0\4XSUB", 33));
    assert_non_null(check("", 0));
    assert_non_null(check(IDENTITY, 13));
    assert_non_null(check("\xbSocket-Type\0\0\0\3PUB", 19));
    assert_non_null(check("\xbSocket-Type\0\0\0\2SUB", 18));
    role = AS_ZMTP_ROUTER;
    assert_null(check("\xbSocket-Type\0\0\0\6DEALER", 22));
    assert_null(check("\xbSocket-Type\0\0\0\3REQ", 19));
    assert_non_null(check("\xbSocket-Type\0\0\0\6ROUTER", 22));
    assert_non_null(check(SUB, 19));
    role = AS_ZMTP_XPUB;
}

static void metadata_that_do_not_add_up_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 32; i++)
        if (i != 19)
            assert_non_null(check(SUB IDENTITY, i));
    assert_non_null(check("\0\0\0\0\0" SUB, 24));
    assert_non_null(check(SUB "\1X\xff\xff\xff\xff", 25));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_its_name_and_data),
        cmocka_unit_test(our_metadata_say_what_we_are),
        cmocka_unit_test(subscribers_are_taken_and_nobody_else),
        cmocka_unit_test(metadata_that_do_not_add_up_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
