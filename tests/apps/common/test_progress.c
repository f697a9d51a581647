#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "apps/common/progress.h"

static void the_bar_tells_share_rate_and_what_is_left(void **state)
{
    (void)state;
    char line[256];
    int n = as_progress_line(line, sizeof line, "/data/day.itch.gz", 0.25, 20000000, 10);
    assert_int_equal(n, strlen(line));
    assert_string_equal(line, "day.itch.gz [##########                              ]  25 %  2.0 M/s  30 s left");
    as_progress_line(line, sizeof line, "x", 1.5, 500, 1);
    assert_string_equal(line, "x [########################################] 100 %  500.0 /s  0 s left");
    as_progress_line(line, sizeof line, "x", 0, 5000, 1);
    assert_string_equal(line, "x [                                        ]   0 %  5.0 k/s");
}

static void what_has_no_end_shows_time_and_rate(void **state)
{
    (void)state;
    char line[256];
    as_progress_line(line, sizeof line, "-", -1, 3000, 2);
    assert_string_equal(line, "-  2 s  1.5 k/s");
}

static void a_small_buffer_is_never_left(void **state)
{
    (void)state;
    char line[64];
    for (size_t room = 1; room < sizeof line; room++) {
        memset(line, 'x', sizeof line);
        as_progress_line(line, room, "a name that goes on for longer than it is allowed to", 0.5, 1, 1);
        assert_true(strlen(line) < room);
        assert_int_equal(line[room], 'x');
    }
}

static void nothing_is_shown_where_there_is_no_terminal(void **state)
{
    (void)state;
    as_progress progress;
    as_progress_begin(&progress);
    if (progress.stream == NULL)
        for (int i = 0; i < 3 * AS_PROGRESS_STEPS; i++)
            assert_false(as_progress_step(&progress));
    progress.stream = stderr;
    unsigned due = 0;
    progress.steps = 0;
    for (int i = 0; i < 3 * AS_PROGRESS_STEPS; i++)
        due += as_progress_step(&progress);
    assert_int_equal(due, 3);
    as_progress_show(&progress, "x", 0.5); /* the first second is not over */
    assert_false(progress.shown);
    as_progress_end(&progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bar_tells_share_rate_and_what_is_left),
        cmocka_unit_test(what_has_no_end_shows_time_and_rate),
        cmocka_unit_test(a_small_buffer_is_never_left),
        cmocka_unit_test(nothing_is_shown_where_there_is_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
