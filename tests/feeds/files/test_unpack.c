#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "feeds/files/unpack.h"
#include "tests/support/recording.h"

/* "hello, hello, hello\n" by Python's gzip and by the zstd program. */
static const uint8_t hello_gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                     0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa2,
                                     0xb8, 0x00, 0xe7, 0x42, 0x6e, 0x52, 0x14, 0x00, 0x00, 0x00};
static const uint8_t hello_zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x75, 0x00, 0x00, 0x40, 0x68, 0x65, 0x6c, 0x6c,
                                     0x6f, 0x2c, 0x20, 0x0a, 0x01, 0x00, 0xe2, 0x8a, 0x11, 0x21, 0x69, 0x9d, 0x87};
static const char hello[] = "hello, hello, hello\n";

static char folder[AST_FOLDER_BYTES];
static as_file_reader *file;
static as_unpack *unpack;

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

static void open_bytes(const void *bytes, size_t byte_count)
{
    assert_int_equal(as_file_reader_open(ast_file(folder, "x", bytes, byte_count), AS_FILE_AUTO, &file), 0);
    assert_int_equal(as_unpack_open(file, &unpack), 0);
}

static void close_both(void)
{
    as_unpack_close(unpack);
    as_file_reader_close(file);
}

/* Everything, room bytes at a time; returns how many. */
static size_t take_all(char *out, size_t out_bytes, size_t room)
{
    size_t total = 0, made;
    while ((made = as_unpack_more(unpack, (uint8_t *)out + total, room)) > 0) {
        assert_true(made <= room);
        total += made;
        assert_true(total + room <= out_bytes);
    }
    assert_true(as_unpack_state_get(unpack)->ended);
    assert_int_equal(as_unpack_more(unpack, (uint8_t *)out + total, room), 0); /* the end stays the end */
    return total;
}

static void golden_files_are_unpacked_in_any_room(void **state)
{
    (void)state;
    char out[64];
    for (size_t room = 1; room <= 30; room++) {
        open_bytes(hello_gzip, sizeof hello_gzip);
        assert_int_equal(as_unpack_compression(unpack), AS_COMPRESSION_GZIP);
        assert_int_equal(take_all(out, sizeof out, room), strlen(hello));
        assert_memory_equal(out, hello, strlen(hello));
        assert_false(as_unpack_state_get(unpack)->truncated);
        assert_int_equal(as_unpack_state_get(unpack)->file_offset, sizeof hello_gzip);
        close_both();
        open_bytes(hello_zstd, sizeof hello_zstd);
        assert_int_equal(as_unpack_compression(unpack), AS_COMPRESSION_ZSTD);
        assert_int_equal(take_all(out, sizeof out, room), strlen(hello));
        assert_memory_equal(out, hello, strlen(hello));
        assert_int_equal(as_unpack_state_get(unpack)->failed, 0);
        close_both();
    }
}

/* A member whose header holds a name that is long enough for the next member to begin with a block's last byte. */
static void a_member_may_begin_between_two_blocks(void **state)
{
    (void)state;
    static uint8_t two[AS_FILE_BLOCK_BYTES + 64];
    char out[64];
    for (size_t in_first = 0; in_first < 4; in_first++) {
        size_t first = AS_FILE_BLOCK_BYTES - in_first, name = first - sizeof hello_gzip;
        memset(two, 'n', sizeof two);
        memcpy(two, hello_gzip, 10);
        two[3] = 0x08; /* FNAME: RFC 1952, 2.3.1 */
        two[10 + name - 1] = 0;
        memcpy(two + 10 + name, hello_gzip + 10, sizeof hello_gzip - 10);
        memcpy(two + first, hello_gzip, sizeof hello_gzip);
        open_bytes(two, first + sizeof hello_gzip);
        assert_int_equal(take_all(out, sizeof out, 16), 2 * strlen(hello));
        assert_memory_equal(out + strlen(hello), hello, strlen(hello));
        assert_int_equal(as_unpack_state_get(unpack)->trailing_bytes, 0);
        close_both();
    }
}

/* Cut anywhere: a beginning of the text, then the end, and no error. Too short to be recognised: not compressed. */
static void cut_anywhere_it_ends_truncated(void **state)
{
    (void)state;
    char out[64];
    for (size_t cut = 2; cut < sizeof hello_gzip; cut++) {
        open_bytes(hello_gzip, cut);
        size_t n = take_all(out, sizeof out, 16);
        assert_memory_equal(out, hello, n);
        assert_true(as_unpack_state_get(unpack)->truncated);
        assert_int_equal(as_unpack_state_get(unpack)->failed, 0);
        close_both();
    }
    for (size_t cut = 4; cut < sizeof hello_zstd; cut++) {
        open_bytes(hello_zstd, cut);
        size_t n = take_all(out, sizeof out, 16);
        assert_memory_equal(out, hello, n);
        assert_true(as_unpack_state_get(unpack)->truncated);
        close_both();
    }
    open_bytes(hello_zstd, 3);
    assert_int_equal(as_unpack_compression(unpack), AS_COMPRESSION_NONE);
    close_both();
}

static void damage_has_a_code_a_reason_and_a_place(void **state)
{
    (void)state;
    char out[64];
    uint8_t damaged[sizeof hello_gzip];
    memcpy(damaged, hello_gzip, sizeof damaged);
    damaged[10] |= 0x06; /* a block type that does not exist */
    open_bytes(damaged, sizeof damaged);
    take_all(out, sizeof out, 16);
    const as_unpack_state *s = as_unpack_state_get(unpack);
    assert_int_equal(s->failed, -EBADMSG);
    assert_string_equal(s->reason, "invalid block type");
    assert_true(s->file_offset > 0 && s->file_offset <= sizeof damaged);
    close_both();
}

static void what_is_not_compressed_comes_in_blocks(void **state)
{
    (void)state;
    static char text[AS_FILE_BLOCK_BYTES * 2 + 5];
    memset(text, 'a', sizeof text);
    open_bytes(text, sizeof text);
    assert_int_equal(as_unpack_compression(unpack), AS_COMPRESSION_NONE);
    size_t head_bytes, total = 0, bytes;
    assert_memory_equal(as_unpack_head(unpack, &head_bytes), text, AS_UNPACK_HEAD_BYTES);
    assert_int_equal(head_bytes, AS_UNPACK_HEAD_BYTES);
    uint8_t *block;
    while ((bytes = as_unpack_block(unpack, &block)) > 0) {
        assert_memory_equal(block, text, bytes);
        total += bytes;
        as_file_reader_release(file);
    }
    assert_int_equal(total, sizeof text);
    assert_true(as_unpack_state_get(unpack)->ended);
    assert_int_equal(as_unpack_state_get(unpack)->file_offset, sizeof text);
    close_both();
    open_bytes("", 0);
    assert_int_equal(as_unpack_block(unpack, &block), 0);
    as_unpack_head(unpack, &head_bytes);
    assert_int_equal(head_bytes, 0);
    close_both();
    as_unpack_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_are_unpacked_in_any_room),
        cmocka_unit_test(a_member_may_begin_between_two_blocks),
        cmocka_unit_test(cut_anywhere_it_ends_truncated),
        cmocka_unit_test(damage_has_a_code_a_reason_and_a_place),
        cmocka_unit_test(what_is_not_compressed_comes_in_blocks),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
