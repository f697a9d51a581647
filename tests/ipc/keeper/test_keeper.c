#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "ipc/keeper/keeper.h"
#include "tests/support/keeper_stream.h"

static uint8_t record[sizeof(as_message) + AST_STREAM_BYTES_MAX];
static char folder[64];

static bool take(as_keeper *k, uint64_t gseq)
{
    as_message message = ast_stream_message(gseq, record + sizeof(as_message));
    memcpy(record, &message, sizeof message);
    return as_keeper_take(k, record, (uint32_t)sizeof message + message.topic_bytes + message.payload_bytes);
}

static void start(as_keeper *k, uint64_t disk_bytes)
{
    (void)snprintf(folder, sizeof folder, "/tmp/ast_keeper_XXXXXX");
    assert_non_null(mkdtemp(folder));
    const as_keeper_options options = {
        .memory_bytes = 1 << 18, .disk_dir = folder, .disk_bytes = disk_bytes, .epoch = 5};
    assert_int_equal(as_keeper_init(k, &options), 0);
}

static void finish(as_keeper *k)
{
    char command[128];
    as_keeper_fini(k);
    as_keeper_fini(k); /* twice is safe */
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* All from oldest to the end, by following what scan returns. */
static void follow(as_keeper *k)
{
    uint64_t next = as_keeper_oldest(k);
    ast_check c = {.next = next, .step = 1, .count_max = UINT64_MAX};
    while (next <= k->gseq) {
        uint64_t before = next;
        next = as_keeper_scan(k, next, k->gseq, ast_check_message, &c);
        assert_true(next > before);
    }
    assert_int_equal(c.count, k->gseq + 1 - as_keeper_oldest(k));
}

static void a_wrong_record_is_not_kept(void **state)
{
    (void)state;
    as_keeper k;
    start(&k, 0);
    assert_false(as_keeper_take(&k, record, 10));
    assert_true(take(&k, 3));
    assert_false(take(&k, 3)); /* does not rise */
    assert_false(as_keeper_take(&k, record, 60));
    assert_int_equal(k.messages, 1);
    assert_int_equal(as_keeper_oldest(&k), 3);
    finish(&k);
}

static void memory_and_disk_are_one_sequence(void **state)
{
    (void)state;
    as_keeper k;
    start(&k, 8 << 20);
    for (uint64_t gseq = 1; gseq <= 4000; gseq++) {
        assert_true(take(&k, gseq));
        if (gseq == 100 || gseq == 1000)
            follow(&k);
    }
    assert_int_equal(as_keeper_oldest(&k), 1);
    follow(&k);
    uint64_t begin = as_clock_monotonic_ns();
    for (uint64_t gseq = 4001; gseq <= 30000; gseq++)
        take(&k, gseq);
    print_message("%.0f ns a message, with making it\n", (double)(as_clock_monotonic_ns() - begin) / 26000);
    assert_true(as_keeper_oldest(&k) > 10000 && as_keeper_oldest(&k) < as_backlog_from(k.backlog));
    follow(&k);
    finish(&k);
}

/* The disk stops: what it has counts as long as memory goes on where it ends. */
static void a_disk_that_fell_behind_is_not_counted(void **state)
{
    (void)state;
    as_keeper k;
    struct rlimit limit, before;
    start(&k, 8 << 20);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 600000;
    setrlimit(RLIMIT_FSIZE, &limit);
    uint64_t gseq = 1;
    for (; !as_disk_failed(k.disk); gseq++)
        assert_true(take(&k, gseq));
    bool joined = as_disk_to(k.disk) + 1 >= as_backlog_from(k.backlog);
    assert_int_equal(as_keeper_oldest(&k), joined ? 1 : as_backlog_from(k.backlog));
    follow(&k);
    for (uint64_t end = gseq + 1000; gseq < end; gseq++)
        assert_true(take(&k, gseq));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(as_keeper_oldest(&k), as_backlog_from(k.backlog));
    follow(&k);
    finish(&k);
}

int main(void)
{
    as_message_level(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_record_is_not_kept),
        cmocka_unit_test(memory_and_disk_are_one_sequence),
        cmocka_unit_test(a_disk_that_fell_behind_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
