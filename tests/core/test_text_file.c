#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"
#include "core/text_file.h"

static void a_file_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    char path[] = "/tmp/as_test_yaml_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "12345", 5), 5);
    close(fd);
    char *text = NULL;
    size_t text_bytes = 0;
    assert_int_equal(as_text_file_read(path, 5, &text, &text_bytes), 0);
    assert_int_equal(text_bytes, 5);
    assert_string_equal(text, "12345");
    free(text);
    assert_int_equal(as_text_file_read(path, 4, &text, &text_bytes), -EFBIG);
    unlink(path);
    assert_int_equal(as_text_file_read("/nowhere/x.yaml", 5, &text, &text_bytes), -ENOENT);
    assert_string_equal(as_error_message(0), "/nowhere/x.yaml: cannot be opened: No such file or directory");
    assert_int_equal(as_text_file_read("/tmp", 5, &text, &text_bytes), -EISDIR);
    assert_string_equal(as_error_message(0), "/tmp: found a folder, allowed a file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
