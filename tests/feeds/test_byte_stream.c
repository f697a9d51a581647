#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/error.h"
#include "feeds/byte_stream.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_files_and_folders_are_named),
        cmocka_unit_test(an_empty_file_ends_at_once),
        cmocka_unit_test(every_step_gives_the_same_bytes),
        cmocka_unit_test(gzip_members_follow_each_other_and_padding_is_ignored),
        cmocka_unit_test(zstd_frames_follow_each_other),
        cmocka_unit_test(a_cut_compressed_file_delivers_what_it_holds),
        cmocka_unit_test(damage_is_an_error_after_what_came_before_it),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
