#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/error.h"
#include "core/event.h"
#include "core/journal.h"
#include "tests/support/golden.h"

static char path[64];

static int fresh(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/ast-journal-%d", (int)getpid());
    unlink(path);
    return 0;
}

static int remove_it(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static long write_three(void)
{
    as_journal_writer *writer;
    assert_int_equal(as_journal_create(path, 7, 9, &writer), 0);
    assert_int_equal(as_journal_append(writer, AS_RECORD_EVENT, "0123456789", 10, NULL, 0), 0);
    assert_int_equal(as_journal_append(writer, AS_RECORD_HEADLINE, "head", 4, "tail", 4), 0);
    assert_int_equal(as_journal_append(writer, AS_RECORD_DECISION, "{}", 2, NULL, 0), 0);
    assert_int_equal(as_journal_records(writer), 3);
    assert_int_equal(as_journal_close(writer), 0);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file);
    fclose(file);
    return bytes;
}

static void what_is_appended_is_read_back(void **state)
{
    (void)state;
    as_journal_reader *reader;
    as_record record;
    long bytes = write_three();
    assert_int_equal(bytes, AS_JOURNAL_HEADER_BYTES + 4 * AS_RECORD_HEADER_BYTES + 10 + 8 + 2 + 8);
    assert_int_equal(as_journal_open(path, &reader), 0);
    assert_int_equal(as_journal_config_hash(reader), 7);
    assert_int_equal(as_journal_epoch(reader), 9);
    assert_int_equal(as_journal_next(reader, &record), 1);
    assert_int_equal(record.type, AS_RECORD_EVENT);
    assert_int_equal(record.bytes, 10);
    assert_int_equal(as_journal_next(reader, &record), 1);
    assert_memory_equal(record.payload, "headtail", 8);
    assert_int_equal(as_journal_next(reader, &record), 1);
    assert_false(as_journal_complete(reader));
    assert_int_equal(as_journal_next(reader, &record), 1);
    assert_int_equal(record.type, AS_RECORD_END);
    assert_int_equal(as_journal_next(reader, &record), 0);
    assert_true(as_journal_complete(reader));
    assert_false(as_journal_truncated(reader));
    as_journal_reader_close(reader);
}

static void a_cut_anywhere_is_read_to_the_last_whole_record(void **state)
{
    (void)state;
    static const long end[] = {32, 32 + 19, 32 + 19 + 17, 32 + 19 + 17 + 11, 32 + 19 + 17 + 11 + 17};
    long bytes = write_three();
    assert_int_equal(bytes, end[4]);
    for (long cut = bytes - 1; cut >= AS_JOURNAL_HEADER_BYTES; cut--) {
        as_journal_reader *reader;
        as_record record;
        int whole = 0, read = 0, rc;
        assert_int_equal(truncate(path, cut), 0);
        while (end[whole + 1] <= cut)
            whole++;
        assert_int_equal(as_journal_open(path, &reader), 0);
        while ((rc = as_journal_next(reader, &record)) > 0)
            read++;
        assert_int_equal(rc, 0);
        assert_int_equal(read, whole);
        assert_int_equal(as_journal_truncated(reader), cut != end[whole]);
        assert_false(as_journal_complete(reader));
        as_journal_reader_close(reader);
    }
}

static void a_flipped_bit_is_found_with_its_offset(void **state)
{
    (void)state;
    as_journal_reader *reader;
    as_record record;
    write_three();
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "X", 1, 32 + 19 + 9), 1);
    close(fd);
    assert_int_equal(as_journal_open(path, &reader), 0);
    assert_int_equal(as_journal_next(reader, &record), 1);
    assert_int_equal(as_journal_next(reader, &record), -EBADMSG);
    assert_non_null(strstr(as_error_message(0), "offset 51"));
    as_journal_reader_close(reader);
}

static void a_foreign_file_and_another_version_are_refused(void **state)
{
    (void)state;
    as_journal_reader *reader;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs("PK\003\004 not a journal at all, but long enough to hold a header", file);
    fclose(file);
    assert_int_equal(as_journal_open(path, &reader), -EBADMSG);
    unlink(path);
    write_three();
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "\x63", 1, 4), 1);
    close(fd);
    assert_int_equal(as_journal_open(path, &reader), -EBADMSG);
    assert_non_null(strstr(as_error_message(0), "version 99"));
}

static void an_existing_file_is_never_overwritten(void **state)
{
    (void)state;
    as_journal_writer *writer;
    write_three();
    assert_int_equal(as_journal_create(path, 1, 1, &writer), -EEXIST);
}

static void a_failed_write_poisons_the_journal(void **state)
{
    (void)state;
    as_journal_writer *writer;
    static char chunk[1 << 17];
    int rc = 0;
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(symlink("/dev/full", path), 0);
    /* O_EXCL refuses links, so the descriptor is swapped underneath instead */
    unlink(path);
    assert_int_equal(as_journal_create(path, 1, 1, &writer), 0);
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0);
    int *fd = (int *)writer; /* the first member, as laid out in journal.c */
    assert_int_equal(dup2(full, *fd), *fd);
    close(full);
    for (unsigned i = 0; i < 8 && rc == 0; i++)
        rc = as_journal_append(writer, AS_RECORD_EVENT, chunk, sizeof chunk, NULL, 0);
    assert_int_equal(rc, -ENOSPC);
    assert_int_equal(as_journal_append(writer, AS_RECORD_EVENT, chunk, 1, NULL, 0), -ENOSPC);
    assert_int_equal(as_journal_close(writer), -ENOSPC);
}

static void the_example_of_the_documentation_is_right_to_the_byte(void **state)
{
    (void)state;
    static const char line[] = "{\"v\":1,\"kind\":\"fact\"}";
    as_journal_writer *writer;
    as_event quote = {
        .kind = AS_EVENT_QUOTE,
        .flags = AS_EVENT_LAST,
        .instrument = 5,
        .ts_event = UINT64_C(1782912600000000000),
        .ts_recv = UINT64_C(1782912600000041000),
        .quote = {.bid_px = 157240000000, .bid_qty = 300, .ask_px = 157260000000, .ask_qty = 200, .seq = 12},
    };
    assert_int_equal(as_journal_create(path, UINT64_C(0x0123456789abcdef), 7, &writer), 0);
    assert_int_equal(as_journal_append(writer, AS_RECORD_EVENT, &quote, sizeof quote, NULL, 0), 0);
    assert_int_equal(as_journal_append(writer, AS_RECORD_DECISION, line, sizeof line - 1, NULL, 0), 0);
    assert_int_equal(as_journal_close(writer), 0);
    uint8_t bytes[256];
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t byte_count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    ast_golden("tests/core/golden/journal.hex", "docs/JOURNAL.md", bytes, byte_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_appended_is_read_back, fresh, remove_it),
        cmocka_unit_test_setup_teardown(a_cut_anywhere_is_read_to_the_last_whole_record, fresh, remove_it),
        cmocka_unit_test_setup_teardown(a_flipped_bit_is_found_with_its_offset, fresh, remove_it),
        cmocka_unit_test_setup_teardown(a_foreign_file_and_another_version_are_refused, fresh, remove_it),
        cmocka_unit_test_setup_teardown(an_existing_file_is_never_overwritten, fresh, remove_it),
        cmocka_unit_test_setup_teardown(a_failed_write_poisons_the_journal, fresh, remove_it),
        cmocka_unit_test_setup_teardown(the_example_of_the_documentation_is_right_to_the_byte, fresh, remove_it),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
