#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "core/error.h"
#include "ipc/keys.h"
#include "tests/support/config_folder.h"
#include "tests/support/random.h"

/* The keys of ZeroMQ's manual (zmq_curve). */
#define PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define OTHER "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

static void z85_is_that_of_rfc_32(void **state)
{
    (void)state;
    static const uint8_t bytes[8] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};
    static const uint8_t key[AS_KEY_BYTES] = {0x8e, 0x0b, 0xdd, 0x69, 0x76, 0x28, 0xb9, 0x1d, 0x8f, 0x24, 0x55,
                                              0x87, 0xee, 0x95, 0xc5, 0xb0, 0x4d, 0x48, 0x96, 0x3f, 0x79, 0x25,
                                              0x98, 0x77, 0xb4, 0x9c, 0xd9, 0x06, 0x3a, 0xea, 0xd3, 0xb7};
    char text[AS_KEY_TEXT_BYTES];
    uint8_t back[AS_KEY_BYTES];
    assert_int_equal(as_z85_encode(bytes, 8, text), 10);
    assert_string_equal(text, "HelloWorld");
    assert_int_equal(as_z85_decode("HelloWorld", 10, back), 0);
    assert_memory_equal(back, bytes, 8);
    as_key_to_text(key, text);
    assert_string_equal(text, SECRET);
    assert_int_equal(as_key_from_text(SECRET, back), 0);
    assert_memory_equal(back, key, sizeof key);
}

static void z85_agrees_with_libzmq(void **state)
{
    (void)state;
    uint64_t random = 85;
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t bytes[AS_KEY_BYTES], back[AS_KEY_BYTES];
        char ours[AS_KEY_TEXT_BYTES], theirs[AS_KEY_TEXT_BYTES];
        for (unsigned k = 0; k < sizeof bytes; k++)
            bytes[k] = i < 2 ? (uint8_t)(i ? 0xff : 0) : (uint8_t)ast_random(&random);
        as_z85_encode(bytes, sizeof bytes, ours);
        assert_non_null(zmq_z85_encode(theirs, bytes, sizeof bytes));
        assert_string_equal(ours, theirs);
        assert_int_equal(as_key_from_text(ours, back), 0);
        assert_memory_equal(back, bytes, sizeof bytes);
    }
}

static void z85_that_stands_for_nothing_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[AS_KEY_BYTES];
    memset(bytes, 7, sizeof bytes);
    assert_int_equal(as_z85_decode("%nSc0", 5, bytes), 0); /* 2^32 - 1 */
    static const uint8_t full[4] = {0xff, 0xff, 0xff, 0xff};
    assert_memory_equal(bytes, full, 4);
    assert_int_equal(as_z85_decode("%nSc1", 5, bytes), -EINVAL); /* 2^32 */
    assert_int_equal(as_z85_decode("#####", 5, bytes), -EINVAL);
    assert_int_equal(as_z85_decode("Hello\0orld", 10, bytes), -EINVAL);
    assert_int_equal(as_z85_decode("Hell", 4, bytes), -EINVAL);
    assert_int_equal(as_z85_decode("He lo", 5, bytes), -EINVAL);
    assert_int_equal(as_z85_decode("He\"lo", 5, bytes), -EINVAL);
    assert_int_equal(as_z85_decode("He\xc3\xa4o", 5, bytes), -EINVAL);
    memset(bytes, 7, sizeof bytes);
    assert_int_equal(as_key_from_text("", bytes), -EINVAL);
    assert_int_equal(as_key_from_text(PUBLIC "0", bytes), -EINVAL);
    assert_int_equal(as_key_from_text("#####47E1%kR.o@n%FcmmsL/@{H8]yf7rq:rM>}U", bytes), -EINVAL);
    assert_int_equal(bytes[0], 7); /* untouched */
}

static void pairs_differ_and_belong_together(void **state)
{
    (void)state;
    as_key_pair one, two;
    char secret[AS_KEY_TEXT_BYTES], public[AS_KEY_TEXT_BYTES], derived[AS_KEY_TEXT_BYTES];
    assert_int_equal(as_keys_generate(&one), 0);
    assert_int_equal(as_keys_generate(&two), 0);
    assert_memory_not_equal(one.secret_key, two.secret_key, AS_KEY_BYTES);
    as_key_to_text(one.secret_key, secret);
    as_key_to_text(one.public_key, public);
    assert_int_equal(zmq_curve_public(derived, secret), 0); /* libzmq's word */
    assert_string_equal(public, derived);
    static const as_key_pair zero;
    as_keys_forget(&one);
    assert_memory_equal(&one, &zero, sizeof zero);
}

static void written_files_are_read_back(void **state)
{
    (void)state;
    as_key_pair pair, back;
    uint8_t public[AS_KEY_BYTES];
    struct stat info;
    char path[1024];
    assert_int_equal(as_keys_generate(&pair), 0);
    snprintf(path, sizeof path, "%s/one.key", ast_config_folder());
    mode_t mask = umask(0);
    assert_int_equal(as_keys_write_secret(path, "one", &pair, false), 0);
    umask(mask);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(as_keys_read_secret(path, &back), 0);
    assert_memory_equal(&back, &pair, sizeof pair);
    assert_int_equal(as_keys_read_public(path, public), 0);
    assert_memory_equal(public, pair.public_key, sizeof public);

    as_key_pair other;
    assert_int_equal(as_keys_generate(&other), 0);
    assert_int_equal(as_keys_write_secret(path, "one", &other, false), -EEXIST);
    assert_int_equal(as_keys_read_secret(path, &back), 0);
    assert_memory_equal(&back, &pair, sizeof pair); /* as it was */
    assert_int_equal(chmod(path, 0644), 0);         /* a new file takes its place: its mode too */
    assert_int_equal(as_keys_write_secret(path, "one", &other, true), 0);
    assert_int_equal(as_keys_read_secret(path, &back), 0);
    assert_memory_equal(&back, &other, sizeof other);

    snprintf(path, sizeof path, "%s/one.pub", ast_config_folder());
    assert_int_equal(as_keys_write_public(path, "one", pair.public_key, false), 0);
    assert_int_equal(as_keys_read_public(path, public), 0);
    assert_memory_equal(public, pair.public_key, sizeof public);
    assert_int_equal(as_keys_read_secret(path, &back), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "has no secret-key"));
    assert_int_equal(as_keys_write_secret("/nonexistent/x.key", "x", &pair, false), -ENOENT);
}

static void what_others_can_reach_is_refused(void **state)
{
    (void)state;
    static const mode_t mode[] = {0640, 0604, 0620, 0602, 0610, 0644, 0666};
    const char *path = ast_config_path("open.key");
    as_key_pair pair;
    uint8_t public[AS_KEY_BYTES];
    ast_config_write("open.key", "secret-key = " SECRET "\n");
    for (unsigned i = 0; i < sizeof mode / sizeof *mode; i++) {
        assert_int_equal(chmod(path, mode[i]), 0);
        assert_int_equal(as_keys_read_secret(path, &pair), -EACCES);
        assert_non_null(strstr(as_error_message(0), "allowed: 0600"));
        assert_int_equal(as_keys_read_public(path, public), -EACCES);
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(as_keys_read_secret(path, &pair), 0); /* the public half follows from it */
    char text[AS_KEY_TEXT_BYTES];
    as_key_to_text(pair.public_key, text);
    assert_string_equal(text, PUBLIC);
}

static void refused(const char *text, int code, const char *message)
{
    as_key_pair pair;
    ast_config_write("bad.key", text);
    chmod(ast_config_path("bad.key"), 0600);
    assert_int_equal(as_keys_read_secret(ast_config_path("bad.key"), &pair), code);
    if (!strstr(as_error_message(0), message))
        fail_msg("found: %s", as_error_message(0));
    assert_null(strstr(as_error_message(0), "JTKVSB")); /* never the secret */
}

static void errors_name_file_and_line_but_no_secret(void **state)
{
    (void)state;
    refused("", -EINVAL, "bad.key: has no secret-key");
    refused("curve\n  public-key = \"" OTHER "\"\n  secret-key = \"" SECRET "\"\n", -EINVAL,
            "bad.key:2: the public key does not belong to the secret key of line 3");
    refused("# x\nsecret-key = \"" SECRET "0\"\n", -EINVAL, "bad.key:2: secret-key: found 41 characters");
    refused("secret-key " SECRET "\n", -EINVAL, "bad.key:1: secret-key without '='");
    refused("secret-key = " SECRET "\nsecret-key = " SECRET "\n", -EINVAL,
            "bad.key:2: secret-key twice, first on line 1");
    static char long_text[AS_KEY_FILE_BYTES + 2];
    memset(long_text, '#', sizeof long_text - 1);
    refused(long_text, -EFBIG, "more than 8192 bytes");
    as_key_pair pair;
    assert_int_equal(as_keys_read_secret(ast_config_folder(), &pair), -EINVAL);
    assert_int_equal(as_keys_read_secret("/nonexistent", &pair), -ENOENT);
}

static void layouts_of_other_programs_are_read(void **state)
{
    (void)state;
    as_key_pair pair;
    ast_config_write("zcert.key", "#   a comment\r\n\r\nmetadata\r\n    email = \"public-key\"\r\ncurve\r\n"
                                  "\tpublic-key='" PUBLIC "'\r\n\tsecret-key\t=  " SECRET "  \r\n");
    chmod(ast_config_path("zcert.key"), 0600);
    assert_int_equal(as_keys_read_secret(ast_config_path("zcert.key"), &pair), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z85_is_that_of_rfc_32),
        cmocka_unit_test(z85_agrees_with_libzmq),
        cmocka_unit_test(z85_that_stands_for_nothing_is_refused),
        cmocka_unit_test(pairs_differ_and_belong_together),
        cmocka_unit_test(written_files_are_read_back),
        cmocka_unit_test(what_others_can_reach_is_refused),
        cmocka_unit_test(errors_name_file_and_line_but_no_secret),
        cmocka_unit_test(layouts_of_other_programs_are_read),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
