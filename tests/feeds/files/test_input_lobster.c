#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "feeds/files/input.h"
#include "tests/support/recording.h"

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static as_event events[64];
static uint32_t count;

static int make(void **state)
{
    (void)state;
    ast_folder_make(folder);
    ast_universe(folder, &universe);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    as_universe_fini(&universe);
    ast_folder_remove(folder);
    return 0;
}

static as_input *open_text(const char *name, const char *text, bool known)
{
    as_input_options options = {.universe = known ? &universe : NULL};
    as_input *input = NULL;
    if (as_input_open(ast_text_file(folder, name, text), &options, &input) < 0)
        as_error_print(stderr, name);
    assert_non_null(input);
    return input;
}

#define NAME(what) "NVDA_2012-06-21_34200000_57600000_" what "_1.csv"

/* Midnight of 2012-06-21 in New York is 04:00 UTC. */
#define MIDNIGHT_NS (UINT64_C(1340251200) * AS_NS_PER_S)

static const char messages[] = "34200.000000001,1,11,100,2238200,1\n"
                               "34200.5,4,11,40,2238200,1\n"
                               "34201,5,0,7,2238300,-1\n"
                               "34202,2,11,10,2238200,1\n"
                               "34203,3,11,50,2238200,1\n"
                               "34204,6,0,500,2238000,-1\n"
                               "34205,7,0,0,-1,-1\n"
                               "34206,7,0,0,0,-1\n"
                               "34207,7,0,0,1,-1\n";

static void messages_alone_are_orders_and_trades(void **state)
{
    (void)state;
    as_input *input = open_text(NAME("message"), messages, true);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 9);
    static const uint8_t kind[] = {AS_EVENT_ORDER_ADD,    AS_EVENT_ORDER_EXECUTE, AS_EVENT_TRADE,
                                   AS_EVENT_ORDER_REDUCE, AS_EVENT_ORDER_DELETE,  AS_EVENT_TRADE,
                                   AS_EVENT_STATUS,       AS_EVENT_STATUS,        AS_EVENT_STATUS};
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(events[i].kind, kind[i]);
        assert_int_equal(events[i].instrument, 1);
    }
    assert_int_equal(events[0].ts_event, MIDNIGHT_NS + 34200 * AS_NS_PER_S + 1);
    assert_int_equal(events[0].order.px, INT64_C(223820000000));
    assert_int_equal(events[1].order.qty, 40);
    assert_int_equal(events[2].flags & AS_EVENT_SELL, 0); /* a resting sell order was lifted */
    assert_int_equal(events[6].status.state, AS_STATE_HALTED);
    assert_int_equal(events[7].status.state, AS_STATE_QUOTE_ONLY);
    assert_int_equal(events[8].status.state, AS_STATE_TRADING);
    assert_int_equal(as_input_stats_get(input)->messages, 9);
    assert_int_equal(ast_type_count(input, "7"), 3);
    as_input_close(input);
}

static void with_the_book_every_change_of_the_best_is_a_quote(void **state)
{
    (void)state;
    ast_text_file(folder, NAME("orderbook"),
                  "2238300,5,2238200,100\n"
                  "2238300,5,2238200,60\n"
                  "2238300,5,2238200,60\n" /* hidden: the book stays */
                  "2238300,5,2238200,50\n"
                  "2238300,5,-9999999999,0\n"
                  "2238300,5,-9999999999,0\n"
                  "2238300,5,-9999999999,0\n"
                  "2238300,5,-9999999999,0\n"
                  "broken\n");
    as_input *input = open_text(NAME("message"), messages, true);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    static const uint8_t kind[] = {AS_EVENT_QUOTE, AS_EVENT_TRADE, AS_EVENT_QUOTE,  AS_EVENT_TRADE,  AS_EVENT_QUOTE,
                                   AS_EVENT_QUOTE, AS_EVENT_TRADE, AS_EVENT_STATUS, AS_EVENT_STATUS, AS_EVENT_STATUS};
    assert_int_equal(count, sizeof kind);
    for (unsigned i = 0; i < sizeof kind; i++)
        assert_int_equal(events[i].kind, kind[i]);
    assert_int_equal(events[1].flags & AS_EVENT_SELL, AS_EVENT_SELL); /* a resting buy order was hit */
    assert_int_equal(events[2].quote.bid_qty, 60);
    assert_int_equal(events[2].ts_event, events[1].ts_event);
    assert_int_equal(events[5].quote.bid_px, AS_PX_UNDEFINED);
    assert_int_equal(ast_error_count(input, "bad_book_row"), 1);
    as_input_close(input);
    assert_int_equal(remove(ast_file(folder, NAME("orderbook"), "", 0)), 0);
}

/* Message and book row stay side by side behind a row of either that is too long. */
static void a_row_that_is_too_long_costs_nothing_but_itself(void **state)
{
    (void)state;
    static const unsigned excess[] = {1, 200, 70000};
    static char book[3 * AS_LINE_BYTES], message[3 * AS_LINE_BYTES];
    for (size_t i = 0; i < sizeof excess / sizeof *excess; i++)
        for (int in_book = 0; in_book < 2; in_book++) {
            size_t n[2] = {(size_t)sprintf(book, "2238300,5,2238200,1\n"),
                           (size_t)sprintf(message, "34200.1,1,11,100,2238200,1\n")};
            memset((in_book ? book : message) + n[!in_book], 'x', AS_LINE_BYTES + excess[i]);
            n[!in_book] += AS_LINE_BYTES + excess[i];
            n[in_book] += (size_t)sprintf((in_book ? message : book) + n[in_book],
                                          in_book ? "34200.1,1,12,100,2238200,1" : "2238300,5,2238200,9");
            strcpy(book + n[0], "\n2238300,5,2238200,2\n2238300,5,2238200,3\n");
            strcpy(message + n[1], "\n34200.2,1,12,100,2238200,1\n34200.3,1,13,100,2238200,1\n");
            ast_text_file(folder, NAME("orderbook"), book);
            as_input *input = open_text(NAME("message"), message, true);
            assert_int_equal(ast_read_all(input, events, 64, &count), 0);
            assert_int_equal(count, 3);
            assert_int_equal(events[1].quote.bid_qty, 2);
            assert_int_equal(events[2].quote.bid_qty, 3);
            assert_int_equal(as_input_stats_get(input)->bad, 1);
            as_input_close(input);
        }
    assert_int_equal(remove(ast_file(folder, NAME("orderbook"), "", 0)), 0);
}

static void bad_rows_are_counted_and_a_cut_one_is_no_bad_row(void **state)
{
    (void)state;
    as_input *input = open_text(NAME("message"), "34200.1,1,11,100,2238200,1\n34200.2,9,1,1,1,1\n34200.3,1,1", true);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(ast_error_count(input, "bad_type"), 1);
    assert_true(as_input_stats_get(input)->truncated);
    assert_int_equal(as_input_stats_get(input)->bad, 1);
    as_input_close(input);
}

static void the_symbol_and_the_day_come_from_the_name(void **state)
{
    (void)state;
    as_input *input = open_text("XYZ_2012-06-21_message_1.csv", messages, true);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(as_input_stats_get(input)->unknown_symbol, 9);
    as_input_close(input);
    as_input_options options = {.universe = &universe};
    assert_int_equal(as_input_open(ast_text_file(folder, "20120621.csv", messages), &options, &input), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "does not begin with SYMBOL_"));
    assert_int_equal(as_input_open(ast_text_file(folder, "NVDA_message.csv", messages), &options, &input), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "--date"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_alone_are_orders_and_trades),
        cmocka_unit_test(with_the_book_every_change_of_the_best_is_a_quote),
        cmocka_unit_test(a_row_that_is_too_long_costs_nothing_but_itself),
        cmocka_unit_test(bad_rows_are_counted_and_a_cut_one_is_no_bad_row),
        cmocka_unit_test(the_symbol_and_the_day_come_from_the_name),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
