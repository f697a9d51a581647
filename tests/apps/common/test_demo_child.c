#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apps/common/demo_child.h"

static void status_is_that_of_the_program(void **state)
{
    (void)state;
    char *good[] = {"sh", "-c", "exit 0", NULL};
    char *bad[] = {"sh", "-c", "exit 3", NULL};
    char *none[] = {"/nowhere/program", NULL};
    assert_int_equal(as_child_run(good, "/dev/null"), 0);
    assert_int_equal(as_child_run(bad, "/dev/null"), 3);
    assert_int_equal(as_child_run(none, "/dev/null"), 127);
}

static void its_lines_come_whole(void **state)
{
    (void)state;
    char *argv[] = {"sh", "-c", "printf 'one\\ntw'; sleep 0.1; printf 'o\\nrest'; sleep 5", NULL};
    char line[16], all[64] = "";
    as_child child;
    assert_int_equal(as_child_start(&child, argv, "/dev/null", true), 0);
    for (unsigned i = 0; i < 200; i++) {
        if (as_child_line(&child, line, sizeof line))
            strcat(strcat(all, line), "|");
        if (strcmp(all, "one|two|") == 0)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_string_equal(all, "one|two|");
    assert_true(as_child_running(&child));
    assert_int_equal(as_child_end(&child, SIGTERM, 2000), 128 + SIGTERM);
    assert_false(as_child_running(&child));
    close(child.out);
}

static void one_that_does_not_listen_is_killed(void **state)
{
    (void)state;
    char *argv[] = {"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done", NULL};
    char line[16];
    as_child child;
    assert_int_equal(as_child_start(&child, argv, "/dev/null", true), 0);
    while (!as_child_line(&child, line, sizeof line))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(as_child_end(&child, SIGTERM, 50), 128 + SIGKILL);
    close(child.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_is_that_of_the_program),
        cmocka_unit_test(its_lines_come_whole),
        cmocka_unit_test(one_that_does_not_listen_is_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
