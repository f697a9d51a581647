/* The server's half of CurveZMQ against a client that is written apart from it (tests/support/curve_client.h). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/zmtp/curve.h"
#include "tests/support/curve_client.h"

static uint8_t server_public[32], server_secret[32], bot_public[32], bot_secret[32];

static const char metadata[] = "\xbSocket-Type\0\0\0\3SUB";

static void welcome(as_zmtp_curve *curve, ast_curve_client *c)
{
    uint8_t hello[200], answer[AS_ZMTP_WELCOME_BYTES];
    memset(curve, 0, sizeof *curve);
    ast_curve_init(c, server_public, bot_public, bot_secret);
    ast_curve_hello(c, hello);
    assert_null(as_zmtp_curve_hello(curve, server_secret, hello, sizeof hello, answer));
    assert_true(ast_curve_welcome(c, answer, sizeof answer));
}

static const char *initiate(as_zmtp_curve *curve, const uint8_t *command, size_t bytes)
{
    uint8_t got[256];
    size_t got_bytes = 0;
    const char *why = as_zmtp_curve_initiate(curve, server_public, command, bytes, got, sizeof got, &got_bytes);
    if (!why) {
        assert_int_equal(got_bytes, sizeof metadata - 1);
        assert_memory_equal(got, metadata, got_bytes);
    }
    return why;
}

static void both_sides_understand_each_other(void **state)
{
    as_zmtp_curve curve;
    ast_curve_client c;
    uint8_t command[1024], body[1024], flags;
    size_t bytes;
    (void)state;
    welcome(&curve, &c);
    bytes = ast_curve_initiate(&c, metadata, sizeof metadata - 1, command);
    assert_null(initiate(&curve, command, bytes));
    assert_memory_equal(curve.client, bot_public, 32);
    bytes = as_zmtp_curve_ready(&curve, (const uint8_t *)"meta", 4, command);
    assert_int_equal(ast_curve_ready(&c, command, bytes, body), 4);
    assert_memory_equal(body, "meta", 4);
    for (unsigned i = 0; i < 3; i++) {
        bytes = as_zmtp_curve_seal(&curve, 1, "topic", 5, command);
        assert_int_equal(bytes, 5 + AS_ZMTP_BOX_BYTES);
        assert_int_equal(command[15], 2 + i); /* the counter rises */
        assert_int_equal(ast_curve_open(&c, command, bytes, &flags, body), 5);
        assert_int_equal(flags, 1);
        assert_memory_equal(body, "topic", 5);
        bytes = ast_curve_seal(&c, 10 + i, 2, "\6CANCEL", 7, command);
        size_t body_bytes;
        assert_null(as_zmtp_curve_open(&curve, command, bytes, &flags, body, &body_bytes));
        assert_int_equal(flags, 2);
        assert_int_equal(body_bytes, 7);
        assert_memory_equal(body, "\6CANCEL", 7);
        assert_non_null(as_zmtp_curve_open(&curve, command, bytes, &flags, body, &body_bytes)); /* again */
    }
    as_zmtp_curve_fini(&curve);
}

static void any_altered_byte_of_hello_is_found(void **state)
{
    as_zmtp_curve curve;
    ast_curve_client c;
    uint8_t hello[201] = {0}, answer[AS_ZMTP_WELCOME_BYTES];
    (void)state;
    ast_curve_init(&c, server_public, bot_public, bot_secret);
    ast_curve_hello(&c, hello);
    for (size_t i = 0; i < 200; i++) {
        if (i >= 8 && i < 80)
            continue; /* padding against amplification: any value */
        memset(&curve, 0, sizeof curve);
        hello[i] ^= 0x10;
        assert_non_null(as_zmtp_curve_hello(&curve, server_secret, hello, 200, answer));
        hello[i] ^= 0x10;
    }
    for (size_t bytes = 0; bytes <= 201; bytes++) {
        memset(&curve, 0, sizeof curve);
        assert_int_equal(as_zmtp_curve_hello(&curve, server_secret, hello, bytes, answer) == NULL, bytes == 200);
    }
}

static void any_altered_byte_of_initiate_is_found(void **state)
{
    as_zmtp_curve curve;
    ast_curve_client c;
    uint8_t command[1024];
    (void)state;
    for (size_t i = 0; i < 276; i += 3) {
        welcome(&curve, &c);
        size_t bytes = ast_curve_initiate(&c, metadata, sizeof metadata - 1, command);
        assert_int_equal(bytes, 276);
        command[i] ^= 1;
        assert_non_null(initiate(&curve, command, bytes));
    }
    welcome(&curve, &c);
    size_t bytes = ast_curve_initiate(&c, metadata, sizeof metadata - 1, command);
    assert_non_null(initiate(&curve, command, 256));
    welcome(&curve, &c);
    bytes = ast_curve_initiate(&c, metadata, sizeof metadata - 1, command);
    assert_non_null(initiate(&curve, command, bytes - 1));
}

static void a_cookie_is_good_for_one_connection(void **state)
{
    as_zmtp_curve curve, other;
    ast_curve_client c, d;
    uint8_t command[1024];
    (void)state;
    welcome(&curve, &c);
    welcome(&other, &d);
    size_t bytes = ast_curve_initiate(&c, metadata, sizeof metadata - 1, command);
    assert_non_null(initiate(&other, command, bytes));
    assert_null(initiate(&curve, command, bytes));
    curve.nonce_in = 0;
    assert_non_null(initiate(&curve, command, bytes)); /* its key is gone */
}

static void nothing_secret_is_left(void **state)
{
    static const uint8_t zero[sizeof(as_zmtp_curve)];
    as_zmtp_curve curve;
    ast_curve_client c;
    uint8_t command[1024];
    (void)state;
    welcome(&curve, &c);
    assert_memory_not_equal(curve.cookie_key, zero, 32);
    assert_memory_equal(curve.shared, zero, 32);
    assert_null(initiate(&curve, command, ast_curve_initiate(&c, metadata, sizeof metadata - 1, command)));
    assert_memory_equal(curve.cookie_key, zero, 32);
    assert_memory_not_equal(curve.shared, zero, 32);
    as_zmtp_curve_fini(&curve);
    assert_memory_equal(&curve, zero, sizeof curve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_understand_each_other),
        cmocka_unit_test(any_altered_byte_of_hello_is_found),
        cmocka_unit_test(any_altered_byte_of_initiate_is_found),
        cmocka_unit_test(a_cookie_is_good_for_one_connection),
        cmocka_unit_test(nothing_secret_is_left),
    };
    if (as_zmtp_curve_start() < 0)
        return 1;
    crypto_box_keypair(server_public, server_secret);
    crypto_box_keypair(bot_public, bot_secret);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
