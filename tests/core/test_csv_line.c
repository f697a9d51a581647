#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/csv_line.h"

static void a_csv_line_is_split_in_place(void **state)
{
    (void)state;
    char *field[4];
    size_t count = 0;
    char plain[] = "a,,c", quoted[] = "\"a,\"\"b\"\"\",\"\",c", empty[] = "";
    assert_int_equal(as_csv_line_split(plain, field, 4, &count), AS_CSV_LINE_OK);
    assert_int_equal(count, 3);
    assert_string_equal(field[1], "");
    assert_string_equal(field[2], "c");
    assert_int_equal(as_csv_line_split(quoted, field, 4, &count), AS_CSV_LINE_OK);
    assert_int_equal(count, 3);
    assert_string_equal(field[0], "a,\"b\"");
    assert_string_equal(field[1], "");
    assert_int_equal(as_csv_line_split(empty, field, 4, &count), AS_CSV_LINE_OK);
    assert_int_equal(count, 1);
    char open[] = "a,\"b", after[] = "\"a\"b,c", many[] = "1,2,3,4,5";
    assert_int_equal(as_csv_line_split(open, field, 4, &count), AS_CSV_LINE_QUOTE);
    assert_int_equal(as_csv_line_split(after, field, 4, &count), AS_CSV_LINE_QUOTE);
    assert_int_equal(as_csv_line_split(many, field, 4, &count), AS_CSV_LINE_MANY);
}

static void lines_end_with_lf_or_cr_lf(void **state)
{
    (void)state;
    char text[] = "one\r\ntwo\n\nlast", *cursor = text;
    assert_string_equal(as_csv_line_next(&cursor), "one");
    assert_string_equal(as_csv_line_next(&cursor), "two");
    assert_string_equal(as_csv_line_next(&cursor), "");
    assert_string_equal(as_csv_line_next(&cursor), "last");
    assert_null(as_csv_line_next(&cursor));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_csv_line_is_split_in_place),
        cmocka_unit_test(lines_end_with_lf_or_cr_lf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
