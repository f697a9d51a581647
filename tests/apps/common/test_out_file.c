#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "apps/common/out_file.h"
#include "core/error.h"
#include "feeds/files/byte_stream.h"
#include "tests/support/random.h"
#include "tests/support/recording.h"

static char folder[AST_FOLDER_BYTES];
static char path[AST_FOLDER_BYTES + 32];

static int make(void **state)
{
    (void)state;
    ast_folder_make(folder);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    ast_folder_remove(folder);
    return 0;
}

static const char *in_folder(const char *name)
{
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static unsigned file_count(void)
{
    unsigned count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void expect(const char *name, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(in_folder(name), "rb");
    assert_non_null(file);
    size_t n = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    assert_int_equal(n, strlen(text));
    assert_string_equal(found, text);
}

static void a_file_appears_when_it_is_committed(void **state)
{
    (void)state;
    as_out_file *out;
    assert_int_equal(as_out_file_open(in_folder("a"), false, false, &out), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(access(as_out_file_temporary(out), F_OK), 0);
    fputs("hello", as_out_file_stream(out));
    assert_int_equal(as_out_file_commit(out), 0);
    expect("a", "hello");
    assert_int_equal(file_count(), 1);
}

static void an_abandoned_one_leaves_nothing(void **state)
{
    (void)state;
    as_out_file *out;
    unsigned before = file_count();
    assert_int_equal(as_out_file_open(in_folder("b"), false, false, &out), 0);
    fputs("hello", as_out_file_stream(out));
    as_out_file_abandon(out);
    as_out_file_abandon(NULL);
    assert_int_equal(file_count(), before);
}

static void what_exists_stays_unless_asked_for(void **state)
{
    (void)state;
    as_out_file *out;
    ast_text_file(folder, "c", "old");
    assert_int_equal(as_out_file_open(in_folder("c"), false, false, &out), -EEXIST);
    assert_non_null(strstr(as_error_message(0), "-f"));
    as_error_clear();
    assert_int_equal(as_out_file_open(in_folder("c"), true, false, &out), 0);
    fputs("new", as_out_file_stream(out));
    expect("c", "old");
    assert_int_equal(as_out_file_commit(out), 0);
    expect("c", "new");
}

static void what_comes_into_being_meanwhile_stays(void **state)
{
    (void)state;
    as_out_file *out;
    assert_int_equal(as_out_file_open(in_folder("d"), false, false, &out), 0);
    fputs("mine", as_out_file_stream(out));
    ast_text_file(folder, "d", "theirs");
    assert_int_equal(as_out_file_commit(out), -EEXIST);
    as_error_clear();
    expect("d", "theirs");
}

static void a_name_is_reserved_for_who_writes_the_file_itself(void **state)
{
    (void)state;
    as_out_file *out;
    assert_int_equal(as_out_file_open(in_folder("e"), false, true, &out), 0);
    assert_null(as_out_file_stream(out));
    FILE *file = fopen(as_out_file_temporary(out), "wbx");
    assert_non_null(file);
    fputs("own", file);
    fclose(file);
    assert_int_equal(as_out_file_commit(out), 0);
    expect("e", "own");
    assert_int_equal(as_out_file_open("-", false, true, &out), -EINVAL);
    assert_int_equal(as_out_file_open(folder, true, false, &out), -EISDIR);
    as_error_clear();
}

static void a_failed_write_is_told_and_a_device_is_written_in_place(void **state)
{
    (void)state;
    as_out_file *out;
    assert_int_equal(as_out_file_open("/dev/null", false, false, &out), 0);
    fputs("hello", as_out_file_stream(out));
    assert_int_equal(as_out_file_commit(out), 0);
    assert_int_equal(as_out_file_open("/dev/full", false, false, &out), 0);
    fputs("hello", as_out_file_stream(out));
    assert_int_equal(as_out_file_commit(out), -EIO);
    assert_non_null(strstr(as_error_message(0), "No space left"));
    as_error_clear();
}

/* More than every buffer on the way; bytes that do not compress and bytes that do. */
static void compressed_names_read_back_as_what_was_written(void **state)
{
    (void)state;
    static const char *const name[] = {"f.gz", "f.zst", "f"};
    static const as_compression compression[] = {AS_COMPRESSION_GZIP, AS_COMPRESSION_ZSTD, AS_COMPRESSION_NONE};
    enum { BYTES = 3000001 };
    for (int i = 0; i < 3; i++) {
        as_out_file *out;
        as_byte_stream *back;
        const uint8_t *data;
        uint64_t seed = 3, check = 3;
        assert_int_equal(as_out_file_open(in_folder(name[i]), false, false, &out), 0);
        for (int k = 0; k < BYTES; k++)
            fputc(k % 7 ? (int)(ast_random(&seed) & 0xff) : 'x', as_out_file_stream(out));
        assert_int_equal(as_out_file_commit(out), 0);
        assert_int_equal(as_byte_stream_open(path, &back), 0);
        assert_int_equal(as_byte_stream_compression(back), compression[i]);
        int k = 0;
        for (int64_t have; (have = as_byte_stream_peek(back, 1, &data)) > 0; as_byte_stream_skip(back, (size_t)have))
            for (int64_t b = 0; b < have; b++, k++)
                assert_int_equal(data[b], k % 7 ? ast_random(&check) & 0xff : 'x');
        assert_int_equal(k, BYTES);
        assert_false(as_byte_stream_truncated(back));
        as_byte_stream_close(back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_when_it_is_committed),
        cmocka_unit_test(an_abandoned_one_leaves_nothing),
        cmocka_unit_test(what_exists_stays_unless_asked_for),
        cmocka_unit_test(what_comes_into_being_meanwhile_stays),
        cmocka_unit_test(a_name_is_reserved_for_who_writes_the_file_itself),
        cmocka_unit_test(a_failed_write_is_told_and_a_device_is_written_in_place),
        cmocka_unit_test(compressed_names_read_back_as_what_was_written),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
