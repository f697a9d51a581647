#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "feeds/decode/csv_keep.h"

static as_csv_record record;

static const as_csv_record *row(const char *text)
{
    assert_int_equal(as_csv_split(text, strlen(text), true, &record), AS_CSV_RECORD);
    return &record;
}

static const as_csv_mapping mapping = {.name = "m",
                                       .line = 7,
                                       .column = {.venue = "ex"},
                                       .keep = {{"cond", {"", "FI"}, 2}, {"corr", {"0"}, 1}},
                                       .keep_count = 2};

static void columns_are_found_in_the_header_or_named_by_place(void **state)
{
    (void)state;
    as_csv_columns columns;
    assert_int_equal(as_csv_columns_bind(&mapping, "f.csv", row("ex, corr ,cond"), &columns), 0);
    assert_int_equal(columns.venue, 0);
    assert_int_equal(columns.keep[0], 2);
    assert_int_equal(columns.keep[1], 1);
    as_csv_mapping by_place = {.keep = {{"#3", {"x"}, 1}}, .keep_count = 1};
    assert_int_equal(as_csv_columns_bind(&by_place, "f.csv", NULL, &columns), 0);
    assert_int_equal(columns.keep[0], 2);
    assert_int_equal(columns.venue, -1);
}

static void a_column_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    as_csv_columns columns;
    assert_int_equal(as_csv_columns_bind(&mapping, "f.csv", row("ex,cond"), &columns), -EINVAL);
    assert_string_equal(as_error_message(0),
                        "f.csv: mapping \"m\" (line 7 of the configuration): keep: there is no column \"corr\"");
    as_csv_mapping place = {.name = "p", .keep = {{"#0", {"x"}, 1}}, .keep_count = 1};
    assert_int_equal(as_csv_columns_bind(&place, "f.csv", NULL, &columns), -EINVAL);
}

static void a_row_is_kept_if_every_column_has_one_of_its_values(void **state)
{
    (void)state;
    as_csv_columns columns;
    assert_int_equal(as_csv_columns_bind(&mapping, "f.csv", row("ex,corr,cond"), &columns), 0);
    assert_int_equal(as_csv_columns_keep(&columns, row("N,0,")), AS_CSV_KEPT);
    assert_int_equal(as_csv_columns_keep(&columns, row("N, 0 , F  I ")), AS_CSV_KEPT);
    assert_int_equal(as_csv_columns_keep(&columns, row("N,0,F")), 0);
    assert_int_equal(as_csv_columns_keep(&columns, row("N,8,")), 1);
    assert_int_equal(as_csv_columns_keep(&columns, row("N,0")), AS_CSV_KEEP_MISSING);
    assert_int_equal(as_csv_columns_keep(&columns, row("N,0,FIFIFIFIFIFIFIFIFIFIFIFIFIFI")), 0);
}

static void exchanges_are_told_apart_by_their_first_eight_bytes(void **state)
{
    (void)state;
    as_csv_columns columns;
    assert_int_equal(as_csv_columns_bind(&mapping, "f.csv", row("ex,corr,cond"), &columns), 0);
    uint64_t p = as_csv_columns_venue(&columns, row(" P ,0,"));
    assert_int_equal(p, as_csv_columns_venue(&columns, row("P,0,")));
    assert_int_not_equal(p, as_csv_columns_venue(&columns, row("Q,0,")));
    assert_int_equal(as_csv_columns_venue(&columns, row("NASDAQ-A1,0,")),
                     as_csv_columns_venue(&columns, row("NASDAQ-A2,0,")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_in_the_header_or_named_by_place),
        cmocka_unit_test(a_column_that_is_not_there_is_an_error),
        cmocka_unit_test(a_row_is_kept_if_every_column_has_one_of_its_values),
        cmocka_unit_test(exchanges_are_told_apart_by_their_first_eight_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
