#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/csv.h"
#include "tests/support/random.h"

static as_csv_record record;
static char *copy;

/* The text in a block of its own size, so that a sanitizer sees a read beyond it. */
static as_csv_result split(const char *text, size_t bytes, bool final)
{
    free(copy);
    copy = malloc(bytes ? bytes : 1);
    assert_non_null(copy);
    memcpy(copy, text, bytes);
    return as_csv_split(copy, bytes, final, &record);
}

static void assert_field(uint32_t i, const char *want)
{
    char out[256];
    bool cut;
    assert_true(i < record.count);
    assert_int_equal(as_csv_field_copy(&record.field[i], out, sizeof out, &cut), strlen(want));
    assert_string_equal(out, want);
    assert_false(cut);
}

static void fields_are_slices_between_commas(void **state)
{
    (void)state;
    assert_int_equal(split("a,bc,,\"d\"\r\nnext", 15, false), AS_CSV_RECORD);
    assert_int_equal(record.count, 4);
    assert_int_equal(record.used_bytes, 11);
    assert_int_equal(record.line_count, 1);
    assert_field(0, "a");
    assert_field(1, "bc");
    assert_field(2, "");
    assert_field(3, "d");
    assert_int_equal(split(",\n", 2, false), AS_CSV_RECORD);
    assert_int_equal(record.count, 2);
    assert_int_equal(split("x", 1, true), AS_CSV_RECORD);
    assert_int_equal(record.count, 1);
    assert_int_equal(record.used_bytes, 1);
    assert_int_equal(split("x\r", 2, true), AS_CSV_RECORD);
    assert_field(0, "x");
    assert_int_equal(split("\"x\"\r", 4, true), AS_CSV_RECORD);
    assert_int_equal(record.used_bytes, 4);
}

static void quoted_fields_hold_anything(void **state)
{
    (void)state;
    const char *text = "\"a,b\",\"say \"\"no\"\"\",\"two\r\nlines\n\",\"\"\"\",\"\"\n";
    assert_int_equal(split(text, strlen(text), false), AS_CSV_RECORD);
    assert_int_equal(record.count, 5);
    assert_int_equal(record.line_count, 3);
    assert_int_equal(record.used_bytes, strlen(text));
    assert_field(0, "a,b");
    assert_field(1, "say \"no\"");
    assert_field(2, "two\r\nlines\n");
    assert_field(3, "\"");
    assert_field(4, "");
    assert_int_equal(split("AB\"C,5\" disk\n", 13, false), AS_CSV_RECORD); /* a quote that opens nothing */
    assert_field(0, "AB\"C");
    assert_field(1, "5\" disk");
}

static void blank_lines_are_told_apart_from_empty_fields(void **state)
{
    (void)state;
    assert_int_equal(split("\na", 2, false), AS_CSV_BLANK);
    assert_int_equal(record.used_bytes, 1);
    assert_int_equal(split("\r\na", 3, false), AS_CSV_BLANK);
    assert_int_equal(record.used_bytes, 2);
    assert_int_equal(split("\"\"\n", 3, false), AS_CSV_RECORD);
    assert_int_equal(split("", 0, true), AS_CSV_NEED_MORE);
}

static void faults_cost_one_line(void **state)
{
    (void)state;
    assert_int_equal(split("\"a\"b,c\nd,e\n", 11, false), AS_CSV_BAD_QUOTE);
    assert_int_equal(record.used_bytes, 7);
    assert_int_equal(split("\"a,b\nc,d\n", 9, true), AS_CSV_BAD_QUOTE); /* never closed */
    assert_int_equal(record.used_bytes, 5);
    assert_int_equal(split("\"a,b\nc,d\n", 9, false), AS_CSV_NEED_MORE);

    char many[2 * AS_CSV_FIELD_MAX + 2];
    memset(many, ',', sizeof many);
    many[AS_CSV_FIELD_MAX - 1] = '\n';
    assert_int_equal(split(many, AS_CSV_FIELD_MAX, false), AS_CSV_RECORD);
    assert_int_equal(record.count, AS_CSV_FIELD_MAX);
    many[AS_CSV_FIELD_MAX - 1] = ',';
    many[AS_CSV_FIELD_MAX] = '\n';
    assert_int_equal(split(many, AS_CSV_FIELD_MAX + 1, false), AS_CSV_TOO_MANY);
    assert_int_equal(record.used_bytes, AS_CSV_FIELD_MAX + 1);

    static char line[AS_LINE_BYTES + 10];
    memset(line, 'x', sizeof line);
    line[AS_LINE_BYTES - 1] = '\n';
    assert_int_equal(split(line, sizeof line, false), AS_CSV_RECORD);
    line[AS_LINE_BYTES - 1] = 'x';
    line[AS_LINE_BYTES + 5] = '\n';
    assert_int_equal(split(line, sizeof line, false), AS_CSV_TOO_LONG);
    assert_int_equal(record.used_bytes, AS_LINE_BYTES + 6);
    line[AS_LINE_BYTES + 5] = 'x';
    assert_int_equal(split(line, sizeof line, true), AS_CSV_TOO_LONG);
    assert_int_equal(record.used_bytes, sizeof line);
    assert_int_equal(record.line_count, 0);
}

static void every_cut_asks_for_more(void **state)
{
    (void)state;
    const char *text = "a,\"b\"\"\r\nc\",d\r\n";
    for (size_t n = 0; n < strlen(text); n++)
        assert_int_equal(split(text, n, false), AS_CSV_NEED_MORE);
    assert_int_equal(split(text, strlen(text), false), AS_CSV_RECORD);
}

static void copies_are_cut_at_the_end_of_the_room(void **state)
{
    (void)state;
    char out[4];
    bool cut;
    assert_int_equal(split("\"a\"\"b\"\"\"\n", 9, false), AS_CSV_RECORD); /* a"b" */
    assert_int_equal(as_csv_field_copy(&record.field[0], out, 4, &cut), 3);
    assert_string_equal(out, "a\"b");
    assert_true(cut);
    assert_int_equal(split("\"a\"\"b\"\n", 7, false), AS_CSV_RECORD);
    assert_int_equal(as_csv_field_copy(&record.field[0], out, 4, &cut), 3);
    assert_false(cut);
}

/* Random fields, written and split again, whatever the room. */
static void fields_come_back(void **state)
{
    (void)state;
    static const char letters[] = "ab,\"\n\r ;";
    uint64_t seed = 3;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 20000; round++) {
        char field[6][12], line[512];
        size_t n = 0, count = 1 + ast_random(&seed) % 6;
        for (size_t i = 0; i < count; i++) {
            size_t bytes = ast_random(&seed) % 12;
            for (size_t k = 0; k < bytes; k++)
                field[i][k] = letters[ast_random(&seed) % (sizeof letters - 1)];
            field[i][bytes ? bytes - 1 : 0] = 0;
            if (i > 0)
                line[n++] = ',';
            size_t wrote = as_csv_field_write(field[i], strlen(field[i]), line + n, sizeof line - n);
            assert_true(wrote != SIZE_MAX);
            if (wrote > 0)
                assert_int_equal(as_csv_field_write(field[i], strlen(field[i]), copy, 0), SIZE_MAX);
            n += wrote;
        }
        line[n++] = '\n';
        as_csv_result result = split(line, n, false);
        if (count == 1 && field[0][0] == 0) {
            assert_int_equal(result, AS_CSV_BLANK);
            continue;
        }
        assert_int_equal(result, AS_CSV_RECORD);
        assert_int_equal(record.used_bytes, n);
        assert_int_equal(record.count, count);
        for (uint32_t i = 0; i < count; i++)
            assert_field(i, field[i]);
    }
    free(copy);
    copy = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_slices_between_commas),
        cmocka_unit_test(quoted_fields_hold_anything),
        cmocka_unit_test(blank_lines_are_told_apart_from_empty_fields),
        cmocka_unit_test(faults_cost_one_line),
        cmocka_unit_test(every_cut_asks_for_more),
        cmocka_unit_test(copies_are_cut_at_the_end_of_the_room),
        cmocka_unit_test(fields_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
