#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/text_file.h"
#include "ipc/audit.h"
#include "tests/support/config_folder.h"

static char *read_log(const char *name)
{
    char *text;
    size_t bytes;
    assert_int_equal(as_text_file_read(ast_config_path(name), 1 << 20, &text, &bytes), 0);
    return text;
}

static unsigned lines_of(const char *text)
{
    unsigned lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* Lines are counted by the second: a test that needs two of them in one waits for its beginning. */
static void wait_for_next_second(void)
{
    uint64_t second = as_clock_monotonic_ns() / 1000000000u;
    while (as_clock_monotonic_ns() / 1000000000u == second)
        usleep(1000);
}

static void a_line_is_one_json_object(void **state)
{
    (void)state;
    as_audit *audit;
    assert_int_equal(as_audit_open(ast_config_path("one.log"), &audit), 0);
    as_audit_write(audit, "refused", "live", "127.0.0.1:40112", "bot-1", "say \"no\"");
    as_audit_write(audit, "joined", "requests", NULL, NULL, NULL);
    as_audit_close(audit);
    char *text = read_log("one.log");
    assert_int_equal(lines_of(text), 2);
    assert_memory_equal(text, "{\"ts\":\"20", 9);
    assert_non_null(
        strstr(text, "Z\",\"what\":\"refused\",\"where\":\"live\",\"peer\":\"127.0.0.1:40112\",\"client\":\"bot-1\","
                     "\"reason\":\"say \\\"no\\\"\"}\n"));
    assert_non_null(
        strstr(text, "\"what\":\"joined\",\"where\":\"requests\",\"peer\":null,\"client\":null,\"reason\":null}\n"));
    unsigned year, month, day, hour, minute, second;
    unsigned long ns;
    assert_int_equal(
        sscanf(text, "{\"ts\":\"%4u-%2u-%2uT%2u:%2u:%2u.%9luZ\"", &year, &month, &day, &hour, &minute, &second, &ns),
        7);
    free(text);
    struct stat info;
    assert_int_equal(stat(ast_config_path("one.log"), &info), 0);
    assert_int_equal(info.st_mode & 07, 0); /* not for everybody */
}

static void lines_are_appended(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        as_audit *audit;
        assert_int_equal(as_audit_open(ast_config_path("more.log"), &audit), 0);
        as_audit_write(audit, "left", "latest", "p", "c", "r");
        as_audit_close(audit);
    }
    char *text = read_log("more.log");
    assert_int_equal(lines_of(text), 3);
    free(text);
}

static void text_of_a_peer_cannot_forge_a_line(void **state)
{
    (void)state;
    char long_text[5000];
    as_audit *audit;
    memset(long_text, '"', sizeof long_text - 1); /* the longest: each becomes two */
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(as_audit_open(ast_config_path("forge.log"), &audit), 0);
    as_audit_write(audit, "refused", "live", "x\"}\n{\"ts\":1}\x1b[2J\xff\x7f", "\\", "r");
    as_audit_write(audit, long_text, long_text, long_text, long_text, long_text);
    as_audit_close(audit);
    char *text = read_log("forge.log");
    assert_int_equal(lines_of(text), 2);
    assert_non_null(strstr(text, "\"peer\":\"x\\\"}?{\\\"ts\\\":1}?[2J??\",\"client\":\"\\\\\""));
    assert_true(strlen(text) < 6000);
    for (const char *at = text; *at; at++)
        assert_true(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
    free(text);
}

static void beyond_the_rate_lines_are_counted_and_the_next_one_says_so(void **state)
{
    (void)state;
    as_audit *audit;
    assert_int_equal(as_audit_open(ast_config_path("rate.log"), &audit), 0);
    wait_for_next_second();
    for (int i = 0; i < AS_AUDIT_RATE + 50; i++)
        as_audit_write(audit, "refused", "live", "p", NULL, "r");
    assert_int_equal(as_audit_suppressed(audit), 50);
    wait_for_next_second();
    as_audit_write(audit, "refused", "live", "p", NULL, "r");
    as_audit_write(audit, "refused", "live", "p", NULL, "r");
    as_audit_close(audit);
    char *text = read_log("rate.log");
    assert_int_equal(lines_of(text), AS_AUDIT_RATE + 2);
    const char *said = strstr(text, "\"suppressed\":50}\n");
    assert_non_null(said);
    assert_null(strstr(said + 5, "suppressed")); /* once */
    free(text);
}

static void *write_some(void *audit)
{
    for (int i = 0; i < 20; i++)
        as_audit_write(audit, "joined", "live", "a peer", "a client", "some reason");
    return NULL;
}

static void lines_of_threads_stay_whole(void **state)
{
    (void)state;
    as_audit *audit;
    pthread_t thread[4];
    assert_int_equal(as_audit_open(ast_config_path("threads.log"), &audit), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, write_some, audit), 0);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    as_audit_close(audit);
    char *text = read_log("threads.log"), *next;
    assert_int_equal(lines_of(text), 80);
    for (char *line = text; *line; line = next) {
        next = strchr(line, '\n') + 1;
        assert_memory_equal(line, "{\"ts\":\"", 7);
        assert_memory_equal(next - 14, "some reason\"}\n", 14);
    }
    free(text);
}

static void without_a_file_lines_go_to_the_log_and_without_an_audit_nowhere(void **state)
{
    (void)state;
    as_audit *audit;
    assert_int_equal(as_audit_open("", &audit), 0);
    as_message_level(0);
    as_audit_write(audit, "joined", "live", "p", "c", "r"); /* everyday: not in the log */
    as_audit_write(audit, "refused", "live", "p", "c", "r");
    assert_true(as_audit_flush(audit));
    as_message_level(2);
    assert_int_equal(as_audit_suppressed(audit), 0);
    as_audit_close(audit);
    as_audit_write(NULL, "joined", "live", "p", "c", "r");
    assert_int_equal(as_audit_suppressed(NULL), 0);
    as_audit_close(NULL);
}

static void a_file_that_cannot_be_written_is_an_error_or_a_count(void **state)
{
    (void)state;
    as_audit *audit = NULL;
    assert_int_equal(as_audit_open("/nonexistent/audit.log", &audit), -ENOENT);
    assert_null(audit);
    assert_non_null(strstr(as_error_message(0), "/nonexistent/audit.log: audit log cannot be opened"));
    if (access("/dev/full", W_OK) < 0)
        skip();
    assert_int_equal(as_audit_open("/dev/full", &audit), 0);
    as_message_level(0);
    unsigned warned = as_warn_count();
    as_audit_write(audit, "joined", "live", "p", "c", "r");
    as_audit_write(audit, "joined", "live", "p", "c", "r");
    assert_true(as_audit_flush(audit));
    as_message_level(2);
    assert_int_equal(as_audit_suppressed(audit), 2);
    assert_int_equal(as_warn_count() - warned, 1);
    as_audit_close(audit);
}

/* A reader that sleeps, or a disk that hangs: the publisher says things all the same. */
static void who_says_something_waits_for_nobody(void **state)
{
    (void)state;
    as_audit *audit;
    const char *path = ast_config_path("stuck.fifo");
    char reason[250], line[8192];
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_true(fcntl(reader, F_SETPIPE_SZ, 4096) >= 0);
    assert_int_equal(as_audit_open(path, &audit), 0);
    memset(reason, 'r', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    uint64_t longest = 0, until = as_clock_monotonic_ns() + 5200000000u;
    while (as_audit_suppressed(audit) == 0 && as_clock_monotonic_ns() < until) {
        uint64_t began = as_clock_monotonic_ns();
        as_audit_write(audit, "refused", "live", reason, reason, reason);
        uint64_t took = as_clock_monotonic_ns() - began;
        longest = took > longest ? took : longest;
        usleep(10500); /* below the rate: what is lost is lost for want of room */
    }
    assert_true(as_audit_suppressed(audit) > 0);
    assert_true(longest < 200000000u);
    for (unsigned empty = 0; empty < 100; usleep(500)) /* it wakes up */
        empty = read(reader, line, sizeof line) > 0 ? 0 : empty + 1;
    assert_true(as_audit_flush(audit));
    uint64_t lost = as_audit_suppressed(audit);
    as_audit_write(audit, "left", "live", "p", "c", "r");
    assert_true(as_audit_flush(audit));
    ssize_t got = read(reader, line, sizeof line - 1);
    assert_true(got > 0);
    line[got] = '\0';
    char said[64];
    snprintf(said, sizeof said, "\"suppressed\":%" PRIu64 "}", lost);
    assert_non_null(strstr(line, said));
    as_audit_close(audit);
    close(reader);
}

static void what_is_stuck_is_given_up_at_the_end(void **state)
{
    (void)state;
    as_audit *audit;
    const char *path = ast_config_path("end.fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    char block[4096] = {0};
    while (write(reader, block, sizeof block) > 0) {}
    assert_int_equal(as_audit_open(path, &audit), 0);
    as_audit_write(audit, "refused", "live", "p", "c", "r");
    uint64_t began = as_clock_monotonic_ns();
    as_audit_close(audit);
    assert_in_range(as_clock_monotonic_ns() - began, 500000000u, 3000000000u);
    close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object),
        cmocka_unit_test(lines_are_appended),
        cmocka_unit_test(text_of_a_peer_cannot_forge_a_line),
        cmocka_unit_test(beyond_the_rate_lines_are_counted_and_the_next_one_says_so),
        cmocka_unit_test(lines_of_threads_stay_whole),
        cmocka_unit_test(without_a_file_lines_go_to_the_log_and_without_an_audit_nowhere),
        cmocka_unit_test(who_says_something_waits_for_nobody),
        cmocka_unit_test(what_is_stuck_is_given_up_at_the_end),
        cmocka_unit_test(a_file_that_cannot_be_written_is_an_error_or_a_count),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
