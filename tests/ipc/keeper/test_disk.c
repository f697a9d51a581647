#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "ipc/keeper/disk.h"
#include "tests/support/keeper_stream.h"

static uint8_t bytes[AST_STREAM_BYTES_MAX];
static char folder[64];

static int fresh_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/ast_disk_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static as_disk *open_disk(uint64_t epoch, uint64_t disk_bytes, uint64_t segment_bytes)
{
    as_disk *disk;
    as_disk_options options = {.dir = folder, .disk_bytes = disk_bytes, .segment_bytes = segment_bytes, .epoch = epoch};
    assert_int_equal(as_disk_open(&options, &disk), 0);
    return disk;
}

static void append(as_disk *disk, uint64_t gseq)
{
    as_message message = ast_stream_message(gseq, bytes);
    as_disk_append(disk, &message, bytes);
}

static void path_of(char *path, size_t path_bytes, const char *name)
{
    (void)snprintf(path, path_bytes, "%s/%s", folder, name);
}

static bool exists(const char *name)
{
    char path[256];
    path_of(path, sizeof path, name);
    return access(path, F_OK) == 0;
}

static void make_file(const char *name, size_t file_bytes, long modified_at)
{
    char path[256];
    path_of(path, sizeof path, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)file_bytes), 0);
    const struct timespec times[2] = {{.tv_sec = modified_at}, {.tv_sec = modified_at}};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void it_gives_what_was_appended_across_segments(void **state)
{
    (void)state;
    as_disk *disk = open_disk(7, 1 << 24, 1 << 18);
    assert_int_equal(as_disk_from(disk), 0);
    for (uint64_t gseq = 5; gseq < 5 + 2 * 3000; gseq += 2)
        append(disk, gseq);
    assert_int_equal(as_disk_from(disk), 5);
    assert_int_equal(as_disk_to(disk), 6003);
    assert_true(exists("aftershock-0000000000000007-00000000000000000005.asw"));
    ast_check c = {.next = 5, .step = 2, .count_max = 100000};
    assert_int_equal(as_disk_scan(disk, 5, 6003, UINT64_MAX, ast_check_message, &c), 6004);
    assert_int_equal(c.count, 3000);
    uint64_t seed = 1;
    for (unsigned i = 0; i < 60; i++) { /* from anywhere to anywhere */
        uint64_t from = 5 + ast_random(&seed) % 5000, to = from + ast_random(&seed) % 600;
        c = (ast_check){.next = from | 1, .step = 2, .count_max = 100000};
        assert_int_equal(as_disk_scan(disk, from, to, UINT64_MAX, ast_check_message, &c), to + 1);
        assert_int_equal(c.count, (to + 1) / 2 - from / 2);
    }
    c = (ast_check){.next = 1001, .step = 2, .count_max = 4};
    assert_int_equal(as_disk_scan(disk, 1001, 6003, UINT64_MAX, ast_check_message, &c), 1009);
    c = (ast_check){.next = 1001, .step = 2, .count_max = 4};
    assert_int_equal(as_disk_scan(disk, 1000, 6003, 1, ast_check_message, &c), 1003);
    as_disk_close(disk);
}

static void the_oldest_segments_go(void **state)
{
    (void)state;
    as_disk *disk = open_disk(7, 1 << 20, 1 << 18);
    for (uint64_t gseq = 1; gseq <= 6000; gseq++) {
        append(disk, gseq);
        assert_true(as_disk_bytes(disk) <= 1 << 20);
    }
    uint64_t from = as_disk_from(disk);
    assert_in_range(from, 4000, 5200);
    assert_false(exists("aftershock-0000000000000007-00000000000000000001.asw"));
    ast_check c = {.next = from, .step = 1, .count_max = 100000};
    assert_int_equal(as_disk_scan(disk, from, 6000, UINT64_MAX, ast_check_message, &c), 6001);
    as_disk_close(disk);
}

static void files_of_dead_runs_go_first_and_others_stay(void **state)
{
    (void)state;
    static const char *const old = "aftershock-00000000000000aa-00000000000000000001.asw";
    static const char *const newer = "aftershock-0000000000000003-00000000000000000001.asw";
    static const char *const alive = "aftershock-0000000000000004-00000000000000000001.asw";
    static const char *const alive_too = "aftershock-0000000000000004-00000000000000000009.asw";
    static const char *const strangers[] = {"aftershock-00000000000000AA-00000000000000000001.asw", /* upper case */
                                            "aftershock-aa-1.asw", "aftershock-00000000000000aa.asj",
                                            "aftershock-00000000000000aa-00000000000000000001.asw.bak"};
    char path[256];
    make_file(old, 300000, 1000);
    make_file(newer, 300000, 2000);
    make_file(alive, 900000, 500);
    make_file(alive_too, 10, 600);
    for (unsigned i = 0; i < 4; i++)
        make_file(strangers[i], 900000, 100);
    path_of(path, sizeof path, alive_too);
    int lock = open(path, O_RDONLY);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    as_disk *disk = open_disk(7, 1 << 20, 1 << 18);
    assert_int_equal(as_disk_bytes(disk), 600000);
    append(disk, 1);
    assert_true(exists(old) && exists(newer));
    for (uint64_t gseq = 2; gseq <= 500; gseq++)
        append(disk, gseq);
    assert_true(!exists(old) && exists(newer)); /* the older one first */
    for (uint64_t gseq = 501; gseq <= 3000; gseq++)
        append(disk, gseq);
    assert_false(exists(newer));
    assert_true(exists(alive) && exists(alive_too));
    for (unsigned i = 0; i < 4; i++)
        assert_true(exists(strangers[i]));
    as_disk_close(disk);
    close(lock);
}

static void a_damaged_record_takes_what_is_older_with_it(void **state)
{
    (void)state;
    char path[256];
    as_disk *disk = open_disk(7, 1 << 24, 1 << 18);
    for (uint64_t gseq = 1; gseq <= 2000; gseq++)
        append(disk, gseq);
    as_disk_flush(disk);
    path_of(path, sizeof path, "aftershock-0000000000000007-00000000000000000001.asw");
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "\xff", 1, 100000), 1);
    close(fd);
    ast_check c = {.next = 1, .step = 1, .count_max = 100000};
    assert_int_equal(as_disk_scan(disk, 1, 2000, UINT64_MAX, ast_check_message, &c), 0);
    uint64_t from = as_disk_from(disk);
    assert_in_range(from, 300, 500);
    assert_int_equal(as_disk_damaged(disk), 1);
    c = (ast_check){.next = from, .step = 1, .count_max = 100000};
    assert_int_equal(as_disk_scan(disk, from, 2000, UINT64_MAX, ast_check_message, &c), 2001);
    as_disk_close(disk);
}

/* A limit on the size of files stands in for a full disk: write fails half-way. */
static void a_write_that_fails_ends_keeping_but_not_what_is_there(void **state)
{
    (void)state;
    struct rlimit limit, before;
    as_disk *disk = open_disk(7, 1 << 26, 1 << 24);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 1000000;
    setrlimit(RLIMIT_FSIZE, &limit);
    for (uint64_t gseq = 1; gseq <= 4000; gseq++)
        append(disk, gseq);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_true(as_disk_failed(disk));
    uint64_t to = as_disk_to(disk);
    assert_in_range(to, 800, 1700);
    ast_check c = {.next = 1, .step = 1, .count_max = 100000};
    assert_int_equal(as_disk_scan(disk, 1, to, UINT64_MAX, ast_check_message, &c), to + 1);
    assert_int_equal(c.count, to);
    append(disk, 4001);
    assert_int_equal(as_disk_to(disk), to);
    as_disk_close(disk);
}

/* From here on no descriptor can be had; the limit before is returned. */
static struct rlimit take_all_descriptors(void)
{
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    int next = open("/dev/null", O_RDONLY);
    assert_true(next >= 0);
    close(next);
    none.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return before;
}

static void without_descriptors_the_last_file_grows(void **state)
{
    (void)state;
    as_disk *disk = open_disk(7, 1 << 24, 1 << 18);
    for (uint64_t gseq = 1; gseq <= 400; gseq++)
        append(disk, gseq);
    struct rlimit before = take_all_descriptors();
    for (uint64_t gseq = 401; gseq <= 850; gseq++) /* a roll, and no second one */
        append(disk, gseq);
    assert_false(as_disk_failed(disk));
    assert_int_equal(as_disk_to(disk), 850);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (uint64_t gseq = 851; gseq <= 3000; gseq++)
        append(disk, gseq);
    assert_false(as_disk_failed(disk));
    ast_check c = {.next = 1, .step = 1, .count_max = 100000};
    assert_int_equal(as_disk_scan(disk, 1, 3000, UINT64_MAX, ast_check_message, &c), 3001);
    assert_int_equal(c.count, 3000); /* nothing is missing */
    as_disk_close(disk);
}

static void without_descriptors_for_long_a_new_beginning_is_made(void **state)
{
    (void)state;
    as_disk *disk = open_disk(7, 1 << 20, 1 << 18);
    struct rlimit before = take_all_descriptors();
    append(disk, 1);
    assert_int_equal(as_disk_from(disk), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (uint64_t gseq = 2; gseq <= 600; gseq++)
        append(disk, gseq);
    assert_in_range(as_disk_from(disk), 2, 300);
    before = take_all_descriptors();
    for (uint64_t gseq = 601; gseq <= 3000; gseq++) {
        append(disk, gseq);
        assert_true(as_disk_bytes(disk) <= (1 << 20) + (1 << 18));
    }
    uint64_t from = as_disk_from(disk), to = as_disk_to(disk);
    assert_in_range(to, 800, 2900);
    ast_check c = {.next = from, .step = 1, .count_max = 100000};
    assert_int_equal(as_disk_scan(disk, from, to, UINT64_MAX, ast_check_message, &c), from); /* no descriptor: later */
    assert_int_equal(as_disk_damaged(disk), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(as_disk_scan(disk, from, to, UINT64_MAX, ast_check_message, &c), to + 1);
    assert_int_equal(c.count, to + 1 - from);
    for (uint64_t gseq = 3001; gseq <= 4000; gseq++)
        append(disk, gseq);
    assert_in_range(as_disk_from(disk), 3001, 3300);
    assert_int_equal(as_disk_to(disk), 4000);
    from = as_disk_from(disk);
    c = (ast_check){.next = from, .step = 1, .count_max = 100000};
    assert_int_equal(as_disk_scan(disk, from, 4000, UINT64_MAX, ast_check_message, &c), 4001);
    assert_false(as_disk_failed(disk));
    as_disk_close(disk);
}

static void a_folder_that_cannot_be_written_keeps_nothing(void **state)
{
    (void)state;
    as_disk *disk = open_disk(7, 1 << 20, 1 << 18);
    assert_int_equal(rmdir(folder), 0);
    append(disk, 1);
    assert_true(as_disk_failed(disk));
    assert_true(as_disk_from(disk) > as_disk_to(disk) || as_disk_from(disk) == 0);
    as_disk_close(disk);
    as_disk_options options = {.dir = folder, .disk_bytes = 1 << 20, .epoch = 7};
    assert_int_equal(as_disk_open(&options, &disk), -ENOENT);
    assert_non_null(strstr(as_error_message(0), folder));
    as_error_clear();
}

/* docs/WIRE.md, "On disk". */
static void the_format_is_the_one_of_the_page(void **state)
{
    (void)state;
    char path[256];
    uint8_t file[256];
    static const uint8_t expected[] = {'A', 'S', 'W', '1', 1,    0,    0,    0,    7, 0,  0,  0,  0,  0,  0,  0,
                                       3,   0,   0,   0,   0,    0,    0,    0,    0, 0,  0,  0,  0,  0,  0,  0, /**/
                                       54,  0,   0,   0,   0x9a, 0x06, 0x44, 0x44, /* 48 + 3 + 3 */
                                       3,   0,   0,   0,   0,    0,    0,    0,    9, 0,  0,  0,  0,  0,  0,  0,
                                       4,   1,   1,   0,   3,    0,    0,    0,    3, 0,  0,  0,  0,  0,  0,  0,
                                       1,   2,   3,   4,   5,    6,    7,    8,    9, 10, 11, 12, 13, 14, 15, 16,
                                       'h', 'b', '.', 'x', 'y',  'z'};
    as_message message = {.gseq = 3,
                          .ts_now = 9,
                          .kind = 4,
                          .effect = 1,
                          .halted = 1,
                          .topic_bytes = 3,
                          .payload_bytes = 3,
                          .key = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    as_disk *disk = open_disk(7, 1 << 20, 1 << 18);
    as_disk_append(disk, &message, (const uint8_t *)"hb.xyz");
    as_disk_close(disk);
    path_of(path, sizeof path, "aftershock-0000000000000007-00000000000000000003.asw");
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, file, sizeof file), sizeof expected);
    close(fd);
    assert_memory_equal(file, expected, sizeof expected);
}

int main(void)
{
    as_message_level(0);
#define DISK(test) cmocka_unit_test_setup_teardown(test, fresh_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        DISK(it_gives_what_was_appended_across_segments),
        DISK(the_oldest_segments_go),
        DISK(files_of_dead_runs_go_first_and_others_stay),
        DISK(a_damaged_record_takes_what_is_older_with_it),
        DISK(a_write_that_fails_ends_keeping_but_not_what_is_there),
        DISK(without_descriptors_the_last_file_grows),
        DISK(without_descriptors_for_long_a_new_beginning_is_made),
        DISK(a_folder_that_cannot_be_written_keeps_nothing),
        DISK(the_format_is_the_one_of_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
