#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/error.h"
#include "feeds/files/byte_stream.h"

enum { TEXT_BYTES = 700000 };

static char path[64];
static uint8_t text[TEXT_BYTES];
static uint8_t packed[TEXT_BYTES + 4096], unpacked[TEXT_BYTES + 4096];

static int make(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/as_byte_stream_%d", (int)getpid());
    uint64_t seed = 42;
    for (size_t i = 0; i < TEXT_BYTES; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        text[i] = (uint8_t)("0123456789,\nABC\x00"[seed >> 60]);
    }
    return 0;
}

static int clean(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void write_file(const void *data, size_t bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, bytes, f), bytes);
    assert_int_equal(fclose(f), 0);
}

static size_t gzip_to(uint8_t *out, const uint8_t *data, size_t bytes)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)bytes;
    z.next_out = out;
    z.avail_out = (uInt)(TEXT_BYTES);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = z.total_out;
    deflateEnd(&z);
    return n;
}

/* Reads the whole file in steps; returns the bytes, or the negative error met after them in *error. */
static size_t read_all(size_t step, as_compression compression, bool *truncated, int *error)
{
    as_byte_stream *s = NULL;
    assert_int_equal(as_byte_stream_open(path, &s), 0);
    assert_int_equal(as_byte_stream_compression(s), compression);
    size_t total = 0;
    const uint8_t *data;
    int64_t have;
    while ((have = as_byte_stream_peek(s, step, &data)) > 0) {
        size_t take = (size_t)have < step ? (size_t)have : step;
        assert_true(total + take <= sizeof unpacked);
        memcpy(unpacked + total, data, take);
        assert_int_equal(as_byte_stream_offset(s), total);
        as_byte_stream_skip(s, take);
        total += take;
        assert_true(as_byte_stream_file_offset(s) <= as_byte_stream_file_bytes(s));
    }
    *error = (int)have;
    if (truncated)
        *truncated = as_byte_stream_truncated(s);
    if (have == 0)
        assert_int_equal(as_byte_stream_peek(s, 1, &data), 0); /* the end stays the end */
    as_byte_stream_close(s);
    return total;
}

static void missing_files_and_folders_are_named(void **state)
{
    (void)state;
    as_byte_stream *s = NULL;
    assert_int_equal(as_byte_stream_open("/nonexistent/x", &s), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "/nonexistent/x"));
    assert_int_equal(as_byte_stream_open("/tmp", &s), -EISDIR);
    assert_null(s);
    as_byte_stream_close(NULL);
}

static void an_empty_file_ends_at_once(void **state)
{
    (void)state;
    bool truncated;
    int error;
    write_file("", 0);
    assert_int_equal(read_all(10, AS_COMPRESSION_NONE, &truncated, &error), 0);
    assert_false(truncated);
    assert_int_equal(error, 0);
}

static void the_head_is_the_file_itself_not_what_is_in_it(void **state)
{
    (void)state;
    as_byte_stream *s = NULL;
    size_t bytes;
    for (size_t file_bytes = 0; file_bytes < 20; file_bytes++) {
        write_file("0123456789abcdefghij", file_bytes);
        assert_int_equal(as_byte_stream_open(path, &s), 0);
        const uint8_t *head = as_byte_stream_head(s, &bytes);
        assert_int_equal(bytes, file_bytes < AS_BYTE_STREAM_HEAD_BYTES ? file_bytes : AS_BYTE_STREAM_HEAD_BYTES);
        assert_memory_equal(head, "0123456789abcdefghij", bytes);
        as_byte_stream_close(s);
    }
    write_file("\x50\x2a\x4d\x18\x03\0\0\0abc", 11); /* a frame that zstd skips */
    assert_int_equal(as_byte_stream_open(path, &s), 0);
    assert_memory_equal(as_byte_stream_head(s, &bytes), "\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
    const uint8_t *data;
    assert_int_equal(as_byte_stream_peek(s, 1, &data), 0);
    as_byte_stream_close(s);
}

static void every_step_gives_the_same_bytes(void **state)
{
    (void)state;
    const size_t steps[] = {1, 7, 4096, 65536, 100001, AS_BYTE_STREAM_PEEK_MAX};
    size_t zipped = gzip_to(packed, text, TEXT_BYTES);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        bool truncated;
        int error;
        write_file(text, TEXT_BYTES);
        assert_int_equal(read_all(steps[i], AS_COMPRESSION_NONE, &truncated, &error), TEXT_BYTES);
        assert_memory_equal(unpacked, text, TEXT_BYTES);
        write_file(packed, zipped);
        memset(unpacked, 0, sizeof unpacked);
        assert_int_equal(read_all(steps[i], AS_COMPRESSION_GZIP, &truncated, &error), TEXT_BYTES);
        assert_memory_equal(unpacked, text, TEXT_BYTES);
        assert_false(truncated);
        assert_int_equal(error, 0);
    }
}

static void gzip_members_follow_each_other_and_padding_is_ignored(void **state)
{
    (void)state;
    size_t n = gzip_to(packed, text, 1000);
    n += gzip_to(packed + n, text + 1000, 0);
    n += gzip_to(packed + n, text + 1000, 200000);
    memset(packed + n, 0, 512);
    bool truncated;
    int error;
    write_file(packed, n + 512);
    assert_int_equal(read_all(5000, AS_COMPRESSION_GZIP, &truncated, &error), 201000);
    assert_memory_equal(unpacked, text, 201000);
    assert_false(truncated);

    memcpy(packed + n, "rubbish", 7);
    write_file(packed, n + 7);
    as_byte_stream *s = NULL;
    const uint8_t *data;
    assert_int_equal(as_byte_stream_open(path, &s), 0);
    uint64_t total = 0;
    int64_t have;
    while ((have = as_byte_stream_peek(s, 1000, &data)) > 0) {
        as_byte_stream_skip(s, (size_t)have);
        total += (uint64_t)have;
    }
    assert_int_equal(have, 0);
    assert_int_equal(total, 201000);
    assert_int_equal(as_byte_stream_trailing_bytes(s), 7);
    as_byte_stream_close(s);
}

static void zstd_frames_follow_each_other(void **state)
{
    (void)state;
    size_t n = ZSTD_compress(packed, sizeof packed, text, 300000, 1);
    assert_false(ZSTD_isError(n));
    memcpy(packed + n, "\x53\x2a\x4d\x18\x03\x00\x00\x00xyz", 11); /* a skippable frame */
    n += 11;
    n += ZSTD_compress(packed + n, sizeof packed - n, text + 300000, 100000, 1);
    bool truncated;
    int error;
    write_file(packed, n);
    assert_int_equal(read_all(3333, AS_COMPRESSION_ZSTD, &truncated, &error), 400000);
    assert_memory_equal(unpacked, text, 400000);
    assert_false(truncated);
    assert_int_equal(error, 0);
}

static void a_cut_compressed_file_delivers_what_it_holds(void **state)
{
    (void)state;
    size_t gz = gzip_to(packed, text, 50000), whole = gz;
    for (size_t cut = 3; cut < whole; cut += cut < 40 || cut > whole - 12 ? 1 : 997) {
        bool truncated;
        int error;
        write_file(packed, cut);
        size_t got = read_all(1000, AS_COMPRESSION_GZIP, &truncated, &error);
        assert_true(truncated);
        assert_int_equal(error, 0);
        assert_memory_equal(unpacked, text, got);
        if (cut > whole - 9)
            assert_int_equal(got, 50000); /* only the trailer is missing */
    }
    whole = ZSTD_compress(packed, sizeof packed, text, 400000, 1);
    size_t most = 0;
    for (size_t cut = 4; cut < whole; cut += cut < 40 || cut > whole - 12 ? 1 : 4999) {
        bool truncated;
        int error;
        write_file(packed, cut);
        size_t got = read_all(1000, AS_COMPRESSION_ZSTD, &truncated, &error);
        assert_true(truncated);
        assert_int_equal(error, 0);
        assert_memory_equal(unpacked, text, got);
        most = got > most ? got : most;
    }
    assert_true(most > 200000);
}

static void damage_is_an_error_after_what_came_before_it(void **state)
{
    (void)state;
    size_t n = gzip_to(packed, text, 600000);
    bool truncated;
    int error;
    packed[n - 5] ^= 0x40; /* the checksum */
    write_file(packed, n);
    as_error_clear();
    size_t got = read_all(1000, AS_COMPRESSION_GZIP, &truncated, &error);
    assert_int_equal(error, -EBADMSG);
    assert_int_equal(got, 600000);
    assert_non_null(strstr(as_error_message(0), "incorrect data check"));
    assert_non_null(strstr(as_error_message(0), path));
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    assert_non_null(zstd);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    n = ZSTD_compress2(zstd, packed, sizeof packed, text, 600000);
    ZSTD_freeCCtx(zstd);
    packed[n - 2] ^= 0x40;
    write_file(packed, n);
    got = read_all(1000, AS_COMPRESSION_ZSTD, &truncated, &error);
    assert_int_equal(error, -EBADMSG);
    assert_true(got > 0 && got <= 600000);
    assert_memory_equal(unpacked, text, got);
}

/* ---- beyond the first mebibyte: a thread unpacks ---- */

enum { BIG_BYTES = 9 * 1024 * 1024 + 77 };

static uint8_t *big, *big_packed;

static size_t big_gzip(void)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = big;
    z.avail_in = BIG_BYTES;
    z.next_out = big_packed;
    z.avail_out = BIG_BYTES;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return BIG_BYTES - z.avail_out;
}

static size_t big_zstd(void)
{
    size_t n = ZSTD_compress(big_packed, BIG_BYTES, big, BIG_BYTES, 1);
    assert_false(ZSTD_isError(n));
    return n;
}

static int make_big(void **state)
{
    (void)state;
    big = malloc(BIG_BYTES);
    big_packed = malloc(BIG_BYTES);
    if (!big || !big_packed)
        return -1;
    uint64_t seed = 7;
    for (size_t i = 0; i < BIG_BYTES; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        big[i] = (uint8_t)("0123456789,\nABC\x00"[seed >> 60]);
    }
    return 0;
}

static int drop_big(void **state)
{
    (void)state;
    free(big);
    free(big_packed);
    return 0;
}

/* Reads to the end in steps of odd sizes, compared as they come; the result is what peek said last. */
static int64_t compare_big(as_byte_stream *s, uint64_t *total)
{
    const uint8_t *data;
    int64_t have;
    *total = 0;
    for (size_t step = 1; (have = as_byte_stream_peek(s, step, &data)) > 0; step = step * 3 % 65537) {
        size_t take = (size_t)have < step ? (size_t)have : step;
        assert_true(*total + take <= BIG_BYTES);
        assert_memory_equal(data, big + *total, take);
        as_byte_stream_skip(s, take);
        *total += take;
        step += step == 0;
    }
    return have;
}

static bool has_two_cpus(void)
{
    cpu_set_t cpus;
    return sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) >= 2;
}

static void large_files_are_unpacked_on_a_thread_and_small_ones_are_not(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        as_byte_stream *s = NULL;
        uint64_t total;
        if (kind == 0)
            write_file(big, BIG_BYTES);
        else
            write_file(big_packed, kind == 1 ? big_gzip() : big_zstd());
        assert_int_equal(as_byte_stream_open(path, &s), 0);
        assert_false(as_byte_stream_threaded(s));
        assert_int_equal(compare_big(s, &total), 0);
        assert_int_equal(total, BIG_BYTES);
        assert_int_equal(as_byte_stream_offset(s), BIG_BYTES);
        assert_int_equal(as_byte_stream_file_offset(s), as_byte_stream_file_bytes(s));
        assert_int_equal(as_byte_stream_threaded(s), kind > 0 && has_two_cpus());
        assert_false(as_byte_stream_truncated(s));
        as_byte_stream_close(s);
    }
    write_file(packed, gzip_to(packed, text, TEXT_BYTES));
    as_byte_stream *s = NULL;
    const uint8_t *data;
    assert_int_equal(as_byte_stream_open(path, &s), 0);
    while (as_byte_stream_peek(s, 1, &data) > 0)
        as_byte_stream_skip(s, 1);
    assert_false(as_byte_stream_threaded(s));
    as_byte_stream_close(s);
}

static void cuts_and_damage_are_told_by_a_thread_as_without_one(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        size_t n = kind ? big_zstd() : big_gzip();
        for (size_t cut = n / 3; cut < n; cut += n / 7) {
            as_byte_stream *s = NULL;
            uint64_t total;
            write_file(big_packed, cut);
            assert_int_equal(as_byte_stream_open(path, &s), 0);
            assert_int_equal(compare_big(s, &total), 0);
            assert_in_range(total, 1 << 20, BIG_BYTES - 1);
            assert_true(as_byte_stream_truncated(s));
            as_byte_stream_close(s);
        }
        if (kind == 1)
            continue; /* a frame without a checksum does not know */
        as_byte_stream *s = NULL;
        uint64_t total;
        big_packed[n - 5] ^= 0x40;
        write_file(big_packed, n);
        as_error_clear();
        assert_int_equal(as_byte_stream_open(path, &s), 0);
        assert_int_equal(compare_big(s, &total), -EBADMSG);
        assert_int_equal(total, BIG_BYTES);
        assert_non_null(strstr(as_error_message(0), "incorrect data check"));
        as_byte_stream_close(s);
    }
}

static void closing_ends_the_thread_wherever_it_is(void **state)
{
    (void)state;
    write_file(big_packed, big_gzip());
    for (uint64_t stop = 0; stop < BIG_BYTES; stop += 300001) {
        as_byte_stream *s = NULL;
        const uint8_t *data;
        assert_int_equal(as_byte_stream_open(path, &s), 0);
        for (uint64_t total = 0; total < stop; total += 50000) {
            assert_true(as_byte_stream_peek(s, 50000, &data) >= 50000);
            as_byte_stream_skip(s, 50000);
        }
        as_byte_stream_close(s);
    }
}

static void *write_pipe(void *pipe_path)
{
    FILE *f = fopen(pipe_path, "wb");
    assert_non_null(f);
    size_t n = big_zstd();
    fwrite(big_packed, 1, n, f);
    fclose(f);
    return NULL;
}

static void pipes_are_unpacked_too_and_left_when_they_are_silent(void **state)
{
    (void)state;
    char name[80];
    (void)snprintf(name, sizeof name, "%s.fifo", path);
    assert_int_equal(mkfifo(name, 0600), 0);
    alarm(60);
    pthread_t writer;
    as_byte_stream *s = NULL;
    uint64_t total;
    assert_int_equal(pthread_create(&writer, NULL, write_pipe, name), 0);
    assert_int_equal(as_byte_stream_open(name, &s), 0);
    assert_int_equal(as_byte_stream_mode(s), AS_FILE_STREAM);
    assert_int_equal(compare_big(s, &total), 0);
    assert_int_equal(total, BIG_BYTES);
    as_byte_stream_close(s);
    pthread_join(writer, NULL);

    int end = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC); /* a writer that stays and says nothing more */
    assert_true(end >= 0);
    size_t n = big_gzip(), sent = 0;
    ssize_t put = write(end, big_packed, 4096);
    assert_int_equal(put, 4096);
    sent += (size_t)put;
    assert_int_equal(as_byte_stream_open(name, &s), 0);
    const uint8_t *data;
    total = 0;
    while (total < 3 * AS_BYTE_STREAM_AHEAD_BYTES) {
        put = write(end, big_packed + sent, n - sent);
        sent += put > 0 ? (size_t)put : 0;
        int64_t have = as_byte_stream_peek(s, 1, &data);
        assert_true(have > 0);
        assert_memory_equal(data, big + total, (size_t)have);
        as_byte_stream_skip(s, (size_t)have);
        total += (uint64_t)have;
    }
    as_byte_stream_close(s); /* the thread waits for the pipe now, or will soon */
    close(end);
    unlink(name);
    alarm(0);
}

static uint64_t resident_most_bytes(void)
{
    char line[256];
    unsigned long long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %llu", &kib) == 1)
            break;
    fclose(f);
    return kib * 1024;
}

/* 400 MB of zeros in 100 frames: what is resident does not grow with what is read. */
static void memory_does_not_grow_with_the_file(void **state)
{
    (void)state;
    enum { FRAME = 4000000 };
    memset(big, 0, FRAME);
    size_t n = ZSTD_compress(big_packed, BIG_BYTES, big, FRAME, 1);
    assert_false(ZSTD_isError(n));
    uint64_t before = 0;
    for (int frames = 4; frames <= 100; frames += 96) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        for (int i = 0; i < frames; i++)
            assert_int_equal(fwrite(big_packed, 1, n, f), n);
        fclose(f);
        as_byte_stream *s = NULL;
        const uint8_t *data;
        uint64_t total = 0;
        assert_int_equal(as_byte_stream_open(path, &s), 0);
        for (int64_t have; (have = as_byte_stream_peek(s, 65536, &data)) > 0; total += (uint64_t)have)
            as_byte_stream_skip(s, (size_t)have);
        assert_int_equal(total, (uint64_t)frames * FRAME);
        as_byte_stream_close(s);
        if (before)
            assert_true(resident_most_bytes() - before < 4 << 20);
        before = resident_most_bytes();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_files_and_folders_are_named),
        cmocka_unit_test(an_empty_file_ends_at_once),
        cmocka_unit_test(the_head_is_the_file_itself_not_what_is_in_it),
        cmocka_unit_test(every_step_gives_the_same_bytes),
        cmocka_unit_test(gzip_members_follow_each_other_and_padding_is_ignored),
        cmocka_unit_test(zstd_frames_follow_each_other),
        cmocka_unit_test(a_cut_compressed_file_delivers_what_it_holds),
        cmocka_unit_test(damage_is_an_error_after_what_came_before_it),
        cmocka_unit_test_setup_teardown(large_files_are_unpacked_on_a_thread_and_small_ones_are_not, make_big,
                                        drop_big),
        cmocka_unit_test_setup_teardown(cuts_and_damage_are_told_by_a_thread_as_without_one, make_big, drop_big),
        cmocka_unit_test_setup_teardown(closing_ends_the_thread_wherever_it_is, make_big, drop_big),
        cmocka_unit_test_setup_teardown(pipes_are_unpacked_too_and_left_when_they_are_silent, make_big, drop_big),
        cmocka_unit_test_setup_teardown(memory_does_not_grow_with_the_file, make_big, drop_big),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
