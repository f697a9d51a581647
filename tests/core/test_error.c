#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/error.h"

static void a_chain_keeps_the_cause_and_its_contexts(void **state)
{
    (void)state;
    assert_int_equal(as_error_set(-ENOENT, "%s: not there", "a.yaml"), -ENOENT);
    assert_int_equal(as_error_add("playbook"), -ENOENT);
    assert_string_equal(as_error_message(0), "a.yaml: not there");
    assert_string_equal(as_error_message(1), "playbook");
    assert_null(as_error_message(2));
    as_error_clear();
    assert_int_equal(as_error_code(), 0);
    assert_null(as_error_message(0));
}

static void a_new_cause_starts_a_new_chain(void **state)
{
    (void)state;
    as_error_set(-EIO, "first");
    as_error_add("context");
    as_error_set(-EINVAL, "second");
    assert_string_equal(as_error_message(0), "second");
    assert_null(as_error_message(1));
}

static void too_many_contexts_and_long_messages_are_cut(void **state)
{
    (void)state;
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    as_error_set(-E2BIG, "%s", longer);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(as_error_add("context %u", i), -E2BIG);
    assert_true(strlen(as_error_message(0)) < 600);
    assert_null(as_error_message(8));
}

static void a_stderr_that_nobody_reads_stops_nobody(void **state)
{
    (void)state;
    static char text[1 << 17];
    int ends[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[0], F_SETPIPE_SZ, 4096) >= 0);
    dup2(ends[1], STDERR_FILENO);
    as_message_never_wait();
    for (unsigned i = 0; i < 100; i++)
        as_warn("%0500u", i); /* waits for ever if it waits */
    ssize_t got = read(ends[0], text, sizeof text);
    as_note("again");
    ssize_t last = read(ends[0], text + got, sizeof text - 1 - (size_t)got);
    dup2(before, STDERR_FILENO);
    close(before);
    close(ends[0]);
    close(ends[1]);
    assert_true(got > 500 && last > 0);
    assert_non_null(strstr(text + got, "again ("));
    assert_non_null(strstr(text + got, " lines before it were lost"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_keeps_the_cause_and_its_contexts),
        cmocka_unit_test(a_new_cause_starts_a_new_chain),
        cmocka_unit_test(too_many_contexts_and_long_messages_are_cut),
        cmocka_unit_test(a_stderr_that_nobody_reads_stops_nobody),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
