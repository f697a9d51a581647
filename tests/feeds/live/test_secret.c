#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "feeds/live/secret.h"

static char path[64];

static void file_of(const char *content, size_t bytes, mode_t mode)
{
    strcpy(path, "/tmp/as_secret_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, bytes), bytes);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void the_first_line_is_the_secret(void **state)
{
    (void)state;
    static const char *const content[] = {"pass word", "pass word\n", "pass word\r\nanother line\n"};
    char text[10];
    for (size_t i = 0; i < 3; i++) {
        file_of(content[i], strlen(content[i]), 0600);
        memset(text, 'x', sizeof text);
        assert_int_equal(as_secret_read(path, text, sizeof text), 0);
        assert_string_equal(text, "pass word");
        unlink(path);
    }
    file_of("x\n", 2, 0400);
    assert_int_equal(as_secret_read(path, text, sizeof text), 0);
    unlink(path);
    as_secret_wipe(text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++)
        assert_int_equal(text[i], 0);
}

static void a_file_that_others_can_use_is_refused_by_its_mode(void **state)
{
    (void)state;
    char text[16] = "untouched";
    for (mode_t bit = 1; bit <= 040; bit <<= 1) {
        char mode[16];
        file_of("secret\n", 7, 0600 | bit);
        assert_int_equal(as_secret_read(path, text, sizeof text), -EACCES);
        snprintf(mode, sizeof mode, "mode 06%02o;", (unsigned)bit);
        assert_non_null(strstr(as_error_message(0), mode));
        assert_non_null(strstr(as_error_message(0), path));
        assert_non_null(strstr(as_error_message(0), "chmod 600"));
        assert_null(strstr(as_error_message(0), "secret\n"));
        as_error_clear();
        unlink(path);
    }
    assert_string_equal(text, "untouched");
}

static void lines_that_are_no_secret_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        size_t bytes;
    } bad[] = {{"", 0}, {"\nsecond", 7}, {"\r\n", 2}, {"toolong\n", 8}, {"a\tb\n", 4}, {"a\0b\n", 4}, {"a\x7f", 2}};
    char text[7] = "before";
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        file_of(bad[i].content, bad[i].bytes, 0600);
        assert_int_equal(as_secret_read(path, text, sizeof text), -EINVAL);
        assert_null(strstr(as_error_message(0), "toolong"));
        as_error_clear();
        unlink(path);
    }
    assert_string_equal(text, "before");
    assert_int_equal(as_secret_read("/nonexistent/secret", text, sizeof text), -ENOENT);
    as_error_clear();
    assert_int_equal(as_secret_read("/tmp", text, sizeof text), -EINVAL);
    as_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_is_the_secret),
        cmocka_unit_test(a_file_that_others_can_use_is_refused_by_its_mode),
        cmocka_unit_test(lines_that_are_no_secret_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
