#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "feeds/decode/lobster.h"

static as_lobster_result parse(const char *line, as_lobster_message *m)
{
    return as_lobster_parse(line, strlen(line), m);
}

/* Rows of LOBSTER's own description of the format. */
static void published_rows_are_read_exactly(void **state)
{
    (void)state;
    as_lobster_message m;
    assert_int_equal(parse("34713.685155243,1,206833312,100,118600,-1", &m), AS_LOBSTER_OK);
    assert_int_equal(m.ns, UINT64_C(34713685155243));
    assert_int_equal(m.type, AS_LOBSTER_ADD);
    assert_int_equal(m.order_id, 206833312);
    assert_int_equal(m.size, 100);
    assert_int_equal(m.px, INT64_C(11860000000)); /* 11.86 */
    assert_true(m.sell);
    assert_int_equal(parse("34714.133632201,3,206833312,100,118600,-1", &m), AS_LOBSTER_OK);
    assert_int_equal(m.type, AS_LOBSTER_DELETE);
    assert_int_equal(parse("34200,7,0,0,-1,-1", &m), AS_LOBSTER_OK);
    assert_int_equal(m.px, -100000);
}

static void every_cut_of_a_row_is_another_row_or_refused(void **state)
{
    (void)state;
    const char *line = "34713.685155243,4,206833312,100,118600,1";
    as_lobster_message m;
    for (size_t n = 0; n < strlen(line); n++)
        assert_true(as_lobster_parse(line, n, &m) < 0);
}

static void what_is_not_right_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        as_lobster_result result;
    } bad[] = {
        {"", AS_LOBSTER_COLUMNS},
        {"34200.1,1,1,1,1", AS_LOBSTER_COLUMNS},
        {"34200.1,1,1,1,1,1,1", AS_LOBSTER_COLUMNS},
        {"86400,1,1,1,1,1", AS_LOBSTER_TIME},
        {"-1,1,1,1,1,1", AS_LOBSTER_TIME},
        {"34200.1234567891,1,1,1,1,1", AS_LOBSTER_TIME}, /* ten places: not exact in ns */
        {"34200.1,0,1,1,1,1", AS_LOBSTER_TYPE},
        {"34200.1,8,1,1,1,1", AS_LOBSTER_TYPE},
        {"34200.1,1,x,1,1,1", AS_LOBSTER_NUMBER},
        {"34200.1,1,1,-1,1,1", AS_LOBSTER_NUMBER},
        {"34200.1,1,1,1,10000000000,1", AS_LOBSTER_NUMBER},
        {"34200.1,1,1,1,1,0", AS_LOBSTER_NUMBER},
        {"34200.1,1,9999999999999999999,1,1,1", AS_LOBSTER_NUMBER},
    };
    as_lobster_message m;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i].line, &m) != bad[i].result)
            fail_msg("%s: %d", bad[i].line, (int)parse(bad[i].line, &m));
    assert_string_equal(as_lobster_result_name(AS_LOBSTER_TIME), "bad_time");
}

static void the_first_level_is_the_quote_and_an_empty_one_is_no_side(void **state)
{
    (void)state;
    as_event q = {0};
    const char *row = "5859400,200,5853300,18,5859800,200,5853000,150";
    assert_true(as_lobster_parse_top(row, strlen(row), &q));
    assert_int_equal(q.quote.ask_px, INT64_C(585940000000));
    assert_int_equal(q.quote.bid_px, INT64_C(585330000000));
    assert_int_equal(q.quote.ask_qty, 200);
    assert_int_equal(q.quote.bid_qty, 18);
    row = "9999999999,0,-9999999999,0";
    assert_true(as_lobster_parse_top(row, strlen(row), &q));
    assert_true(q.quote.ask_px == AS_PX_UNDEFINED && q.quote.bid_px == AS_PX_UNDEFINED);
    assert_int_equal(q.quote.ask_qty + q.quote.bid_qty, 0);
    assert_false(as_lobster_parse_top("1,2,3", 5, &q));
    assert_false(as_lobster_parse_top("1,2,3,4,5", 9, &q));
    assert_false(as_lobster_parse_top("1,2,3,x", 7, &q));
}

static void files_are_known_by_their_first_row(void **state)
{
    (void)state;
    const char *message = "34200.017459617,5,0,1,2238200,-1\r\n34200.2,1,1,1,1,1\n";
    const char *book = "5859400,200,5853300,18\n";
    assert_true(as_lobster_sniff(message, strlen(message)));
    assert_false(as_lobster_sniff_book(message, strlen(message)));
    assert_true(as_lobster_sniff_book(book, strlen(book)));
    assert_false(as_lobster_sniff(book, strlen(book)));
    assert_false(as_lobster_sniff("34200,5,0,1,2238200,-1", 22)); /* any six whole numbers */
    assert_false(as_lobster_sniff("time,type,id,size,price,direction", 33));
    assert_false(as_lobster_sniff("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_rows_are_read_exactly),
        cmocka_unit_test(every_cut_of_a_row_is_another_row_or_refused),
        cmocka_unit_test(what_is_not_right_is_named),
        cmocka_unit_test(the_first_level_is_the_quote_and_an_empty_one_is_no_side),
        cmocka_unit_test(files_are_known_by_their_first_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
