#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "feeds/files/file_reader.h"
#include "tests/support/recording.h"
#include "tests/support/refuse.h"

enum { BIG = 20 * AS_FILE_BLOCK_BYTES + 123 };

static char folder[AST_FOLDER_BYTES];
static uint8_t data[BIG];

static int make(void **state)
{
    (void)state;
    ast_folder_make(folder);
    uint64_t seed = 9;
    for (size_t i = 0; i < BIG; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        data[i] = (uint8_t)(seed >> 56);
    }
    return 0;
}

static int clean(void **state)
{
    (void)state;
    ast_folder_remove(folder);
    return 0;
}

/* Reads to the end, always holding a block beside the one that is waited for, and writing into its headroom. */
static uint64_t read_all(as_file_reader *r)
{
    uint8_t *block;
    uint64_t total = 0;
    unsigned held = 0;
    int64_t got;
    while ((got = as_file_reader_wait(r, &block)) > 0) {
        assert_in_range(got, 1, AS_FILE_BLOCK_BYTES);
        assert_true(total + (uint64_t)got <= BIG);
        assert_memory_equal(block, data + total, (size_t)got);
        memset(block - AS_FILE_HEADROOM_BYTES, 0xee, AS_FILE_HEADROOM_BYTES);
        total += (uint64_t)got;
        if (++held == 2) {
            as_file_reader_release(r);
            held = 1;
        }
    }
    assert_int_equal(got, 0);
    assert_int_equal(as_file_reader_wait(r, &block), 0); /* the end stays the end */
    return total;
}

static void every_mode_gives_every_byte_of_every_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,
                                   1,
                                   4095,
                                   4096,
                                   4097,
                                   AS_FILE_BLOCK_BYTES - 1,
                                   AS_FILE_BLOCK_BYTES,
                                   AS_FILE_BLOCK_BYTES + 1,
                                   8 * AS_FILE_BLOCK_BYTES,
                                   8 * AS_FILE_BLOCK_BYTES + 1,
                                   BIG};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *path = ast_file(folder, "sizes", data, sizes[i]);
        for (int mode = AS_FILE_AUTO; mode <= AS_FILE_STREAM; mode++) {
            as_file_reader *r;
            assert_int_equal(as_file_reader_open(path, (as_file_mode)mode, &r), 0);
            assert_int_equal(as_file_reader_file_bytes(r), sizes[i]);
            assert_int_equal(read_all(r), sizes[i]);
            as_file_reader_close(r);
        }
    }
}

static void small_files_are_read_without_a_ring_and_streams_as_they_come(void **state)
{
    (void)state;
    as_file_reader *r;
    assert_int_equal(as_file_reader_open(ast_file(folder, "small", data, 1000), AS_FILE_AUTO, &r), 0);
    assert_int_equal(as_file_reader_mode(r), AS_FILE_PREAD);
    as_file_reader_close(r);
    assert_int_equal(as_file_reader_open(ast_file(folder, "big", data, BIG), AS_FILE_AUTO, &r), 0);
    print_message("a file of 5 MB in the page cache is read %s\n", as_file_mode_name(as_file_reader_mode(r)));
    assert_int_not_equal(as_file_reader_mode(r), AS_FILE_STREAM);
    as_file_reader_close(r);
    assert_int_equal(as_file_reader_open("/proc/self/maps", AS_FILE_AUTO, &r), 0); /* a regular file without a size */
    assert_int_equal(as_file_reader_mode(r), AS_FILE_STREAM);
    uint8_t *block;
    assert_true(as_file_reader_wait(r, &block) > 0);
    as_file_reader_close(r);
}

static void rings_are_limited_and_given_back(void **state)
{
    (void)state;
    static as_file_reader *r[AS_FILE_RINGS_MAX + 2];
    const char *path = ast_file(folder, "many", data, BIG);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < AS_FILE_RINGS_MAX + 2; i++) {
            assert_int_equal(as_file_reader_open(path, AS_FILE_BUFFERED, &r[i]), 0);
            assert_int_equal(as_file_reader_mode(r[i]), i < AS_FILE_RINGS_MAX ? AS_FILE_BUFFERED : AS_FILE_PREAD);
        }
        assert_int_equal(read_all(r[AS_FILE_RINGS_MAX]), BIG);
        for (int i = 0; i < AS_FILE_RINGS_MAX + 2; i++)
            as_file_reader_close(r[i]);
    }
}

static void missing_files_and_folders_are_named(void **state)
{
    (void)state;
    as_file_reader *r = NULL;
    assert_int_equal(as_file_reader_open("/nonexistent/x", AS_FILE_AUTO, &r), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "/nonexistent/x"));
    assert_int_equal(as_file_reader_open("/tmp", AS_FILE_AUTO, &r), -EISDIR);
    assert_null(r);
    as_file_reader_close(NULL);
    as_error_clear();
}

static void closing_with_reads_under_way_is_orderly(void **state)
{
    (void)state;
    const char *path = ast_file(folder, "close", data, BIG);
    for (int mode = AS_FILE_DIRECT; mode <= AS_FILE_STREAM; mode++)
        for (unsigned blocks = 0; blocks < 12; blocks++) {
            as_file_reader *r;
            uint8_t *block;
            assert_int_equal(as_file_reader_open(path, (as_file_mode)mode, &r), 0);
            for (unsigned i = 0; i < blocks; i++) {
                assert_true(as_file_reader_wait(r, &block) > 0);
                if (i + 1 < blocks)
                    as_file_reader_release(r);
            }
            as_file_reader_close(r);
        }
}

static void a_file_that_shrinks_ends_early(void **state)
{
    (void)state;
    for (int mode = AS_FILE_DIRECT; mode <= AS_FILE_PREAD; mode++) {
        const char *path = ast_file(folder, "shrinks", data, BIG);
        as_file_reader *r;
        uint8_t *block;
        assert_int_equal(as_file_reader_open(path, (as_file_mode)mode, &r), 0);
        assert_int_equal(as_file_reader_wait(r, &block), AS_FILE_BLOCK_BYTES);
        assert_int_equal(truncate(path, 12 * AS_FILE_BLOCK_BYTES + 77), 0);
        as_file_reader_release(r);
        uint64_t total = AS_FILE_BLOCK_BYTES;
        int64_t got;
        while ((got = as_file_reader_wait(r, &block)) > 0) {
            total += (uint64_t)got;
            as_file_reader_release(r);
        }
        assert_int_equal(got, 0);
        assert_int_equal(total, 12 * AS_FILE_BLOCK_BYTES + 77);
        as_file_reader_close(r);
    }
}

/* In a child, whose filter cannot be taken back: 0 if everything came through in the mode that was expected. */
static int read_refused(const char *path, int call, int error, as_file_mode expected)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        as_file_reader *r;
        uint8_t *block;
        uint64_t total = 0;
        ast_refuse(call, error);
        if (as_file_reader_open(path, AS_FILE_BUFFERED, &r) < 0 || as_file_reader_mode(r) != expected)
            _exit(1);
        for (int64_t got; (got = as_file_reader_wait(r, &block)) > 0; as_file_reader_release(r)) {
            if (memcmp(block, data + total, (size_t)got) != 0)
                _exit(2);
            total += (uint64_t)got;
        }
        as_file_reader_close(r);
        _exit(total == BIG ? 0 : 3);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void what_the_kernel_refuses_is_done_without(void **state)
{
    (void)state;
    const char *path = ast_file(folder, "refused", data, BIG);
    int result = read_refused(path, __NR_io_uring_setup, EPERM, AS_FILE_PREAD);
    if (result == AST_REFUSE_NOT_ALLOWED)
        skip();
    assert_int_equal(result, 0);
    assert_int_equal(read_refused(path, __NR_io_uring_register, ENOMEM, AS_FILE_BUFFERED), 0); /* no locked memory */
}

static void *cancel_soon(void *reader)
{
    usleep(20000);
    as_file_reader_cancel(reader);
    return NULL;
}

static void a_silent_pipe_is_left_when_it_is_cancelled(void **state)
{
    (void)state;
    char path[AST_FOLDER_BYTES + 8];
    (void)snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    int writer = open(path, O_RDWR | O_CLOEXEC);
    assert_true(writer >= 0);
    as_file_reader *r;
    uint8_t *block;
    assert_int_equal(as_file_reader_open(path, AS_FILE_AUTO, &r), 0);
    assert_int_equal(as_file_reader_mode(r), AS_FILE_STREAM);
    assert_int_equal(write(writer, data, 100), 100);
    assert_int_equal(as_file_reader_wait(r, &block), 100);
    assert_memory_equal(block, data, 100);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, r), 0);
    alarm(20);
    assert_int_equal(as_file_reader_wait(r, &block), -ECANCELED);
    assert_int_equal(as_file_reader_wait(r, &block), -ECANCELED);
    alarm(0);
    pthread_join(thread, NULL);
    as_file_reader_close(r);
    close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_gives_every_byte_of_every_size),
        cmocka_unit_test(small_files_are_read_without_a_ring_and_streams_as_they_come),
        cmocka_unit_test(rings_are_limited_and_given_back),
        cmocka_unit_test(missing_files_and_folders_are_named),
        cmocka_unit_test(closing_with_reads_under_way_is_orderly),
        cmocka_unit_test(a_file_that_shrinks_ends_early),
        cmocka_unit_test(what_the_kernel_refuses_is_done_without),
        cmocka_unit_test(a_silent_pipe_is_left_when_it_is_cancelled),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
