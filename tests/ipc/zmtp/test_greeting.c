#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/zmtp/greeting.h"
#include "tests/support/hex.h"

#define SIGNATURE "ff 00 00 00 00 00 00 00 00 7f "
#define ZEROES_31 "00000000 00000000 00000000 00000000 00000000 00000000 00000000 000000"

static void ours_is_that_of_rfc_37(void **state)
{
    uint8_t golden[AS_ZMTP_GREETING_BYTES], greeting[AS_ZMTP_GREETING_BYTES];
    (void)state;
    ast_hex(SIGNATURE "03 01 4e554c4c 00000000 00000000 00000000 00000000 00" ZEROES_31, golden, sizeof golden);
    as_zmtp_greeting_encode(AS_ZMTP_NULL, greeting);
    assert_memory_equal(greeting, golden, sizeof golden);
    ast_hex(SIGNATURE "03 01 4355525645 000000 00000000 00000000 00000000 01" ZEROES_31, golden, sizeof golden);
    as_zmtp_greeting_encode(AS_ZMTP_CURVE, greeting);
    assert_memory_equal(greeting, golden, sizeof golden);
}

static void a_peer_of_3_0_and_later_is_right_at_every_length(void **state)
{
    uint8_t greeting[AS_ZMTP_GREETING_BYTES];
    (void)state;
    ast_hex("ff 00 00 00 00 00 00 00 01 7f 03 00 4e554c4c 00000000 00000000 00000000 00000000 01" ZEROES_31, greeting,
            sizeof greeting);
    for (unsigned major = 3; major < 6; major++) {
        greeting[10] = (uint8_t)major;
        for (size_t i = 0; i <= sizeof greeting; i++)
            assert_null(as_zmtp_greeting_check(AS_ZMTP_NULL, greeting, i));
    }
}

/* Wrong from the byte on that says so, not before. */
static void check_wrong(as_zmtp_mechanism mechanism, size_t at, uint8_t value, size_t known_at)
{
    uint8_t greeting[AS_ZMTP_GREETING_BYTES];
    as_zmtp_greeting_encode(mechanism, greeting);
    greeting[32] = 0; /* a client's */
    greeting[at] = value;
    for (size_t i = 0; i <= sizeof greeting; i++)
        assert_int_equal(as_zmtp_greeting_check(mechanism, greeting, i) != NULL, i >= known_at);
}

static void a_wrong_byte_is_known_when_it_comes(void **state)
{
    (void)state;
    check_wrong(AS_ZMTP_NULL, 0, 'G', 1);
    check_wrong(AS_ZMTP_NULL, 9, 0, 10);
    check_wrong(AS_ZMTP_NULL, 10, 1, 11); /* ZMTP 2.0 */
    check_wrong(AS_ZMTP_NULL, 10, 2, 11);
    check_wrong(AS_ZMTP_NULL, 12, 'P', 32);
    check_wrong(AS_ZMTP_NULL, 31, 'x', 32);
    check_wrong(AS_ZMTP_CURVE, 13, 'X', 32);
    check_wrong(AS_ZMTP_CURVE, 32, 1, 33); /* two servers */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_is_that_of_rfc_37),
        cmocka_unit_test(a_peer_of_3_0_and_later_is_right_at_every_length),
        cmocka_unit_test(a_wrong_byte_is_known_when_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
