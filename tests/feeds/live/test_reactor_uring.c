#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "feeds/live/reactor_backend.h"
#include "tests/support/refuse.h"

/* In a child, because a filter cannot be taken back. Writes what happened into text. */
static int open_refused(int call, int error, as_backend backend, char *text, size_t text_bytes)
{
    int fds[2], status = 0;
    assert_int_equal(pipe(fds), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(fds[1], STDERR_FILENO);
        ast_refuse(call, error);
        as_reactor *reactor = NULL;
        int result = as_reactor_open(&(as_reactor_options){.backend = backend}, &reactor);
        if (result < 0)
            as_error_print(stderr, "test");
        else
            fprintf(stderr, "reason: %s\nbackend: %s\n", as_reactor_reason_text(reactor),
                    as_reactor_backend_name(reactor));
        _exit(result < 0 ? 2 : 0);
    }
    close(fds[1]);
    size_t used_bytes = 0;
    for (ssize_t n; (n = read(fds[0], text + used_bytes, text_bytes - 1 - used_bytes)) > 0;)
        used_bytes += (size_t)n;
    text[used_bytes] = 0;
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void refused_io_uring_falls_back_with_the_cause(void **state)
{
    (void)state;
    static const struct {
        int call, error;
        const char *text;
    } cases[] = {
        {SYS_io_uring_setup, EPERM, "io_uring unavailable: io_uring_setup: EPERM. Cause: "},
        {SYS_io_uring_setup, ENOSYS, "io_uring unavailable: io_uring_setup: ENOSYS. Cause: a seccomp filter"},
        {SYS_io_uring_setup, EINVAL, "io_uring unavailable: io_uring_setup: EINVAL. Cause: "},
        {SYS_io_uring_register, EPERM, "io_uring unavailable: io_uring_register of a file table: EPERM. Cause: "},
        {SYS_io_uring_enter, EPERM, "multishot receive with provided buffers: EPERM. Cause: "},
    };
    char text[4096];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = open_refused(cases[i].call, cases[i].error, AS_BACKEND_AUTO, text, sizeof text);
        if (status == AST_REFUSE_NOT_ALLOWED) {
            print_message("skipped: seccomp filters are not allowed here\n");
            skip();
        }
        assert_int_equal(status, 0);
        assert_non_null(strstr(text, "backend: epoll"));
        assert_non_null(strstr(text, cases[i].text));
        assert_non_null(strstr(text, "warning: io_uring unavailable: "));
        assert_non_null(strstr(text, "Fix: "));
        assert_non_null(strstr(text, "Continuing with the epoll backend (set io.backend=uring to make this fatal)."));
    }
}

static void refused_io_uring_is_fatal_when_it_was_asked_for(void **state)
{
    (void)state;
    char text[4096];
    int status = open_refused(SYS_io_uring_setup, EPERM, AS_BACKEND_URING, text, sizeof text);
    if (status == AST_REFUSE_NOT_ALLOWED)
        skip();
    assert_int_equal(status, 2);
    assert_non_null(strstr(text, "io_uring unavailable: io_uring_setup: EPERM. Cause: "));
    assert_non_null(strstr(text, "io.backend is uring"));
    assert_null(strstr(text, "Continuing"));
}

static void the_diagnosis_names_call_error_cause_and_remedy(void **state)
{
    (void)state;
    static const struct {
        int error;
        const char *text;
    } cases[] = {
        {-ENOSYS, "io_uring unavailable: x: ENOSYS. Cause: "},
        {-ENOMEM, "io_uring unavailable: x: ENOMEM. Cause: the limit of locked memory. Fix: ulimit -l unlimited"},
        {-EMFILE, "io_uring unavailable: x: EMFILE. Cause: the limit of open files. Fix: a higher ulimit -n"},
        {-EINVAL, "io_uring unavailable: x: EINVAL. Cause: the kernel does not know it. Fix: Linux 6.0 or newer"},
    };
    char text[AS_REASON_TEXT_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        as_uring_diagnose("x", cases[i].error, text, sizeof text);
        assert_ptr_equal(strstr(text, cases[i].text), text);
    }
}

static void a_low_limit_of_open_files_is_no_reason_to_fall_back(void **state)
{
    (void)state;
    as_reactor *reactor = NULL;
    if (as_reactor_open(&(as_reactor_options){.backend = AS_BACKEND_URING}, &reactor) < 0) {
        print_message("skipped: %s\n", as_error_message(0));
        skip();
    }
    as_reactor_close(reactor);
    struct rlimit before, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 100;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    int result = as_reactor_open(&(as_reactor_options){.backend = AS_BACKEND_URING, .watch_max = 1024}, &reactor);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, 0);
    as_reactor_close(reactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_diagnosis_names_call_error_cause_and_remedy),
        cmocka_unit_test(a_low_limit_of_open_files_is_no_reason_to_fall_back),
        cmocka_unit_test(refused_io_uring_falls_back_with_the_cause),
        cmocka_unit_test(refused_io_uring_is_fatal_when_it_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
