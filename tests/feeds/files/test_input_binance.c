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

static const char rows[] = "1,61837.60,0.001,61.8,1723161255208,True,True\n"
                           "2,61837.70,0.0000000019,61.8,1723161255209,False,True\n"
                           "x,61837.70,0.01,61.8,1723161255209,False,True\n"
                           "3,61837.80,2,61.8,1723161255210,False,Tr";

static void trades_have_the_units_of_the_universe(void **state)
{
    (void)state;
    as_input *input = open_text("BTC-trades-2024-08-08.csv", rows, true);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(events[0].kind, AS_EVENT_TRADE);
    assert_int_equal(events[0].instrument, 3);
    assert_int_equal(events[0].trade.px, INT64_C(61837600000000));
    assert_int_equal(events[0].trade.qty, 100000); /* 0.001 in units of 1e-8 */
    assert_int_equal(events[0].trade.match, 1);
    assert_int_equal(events[0].flags, AS_EVENT_SELL);
    assert_int_equal(events[0].ts_event, UINT64_C(1723161255208) * AS_NS_PER_MS);
    assert_int_equal(events[1].flags, 0);
    assert_int_equal(ast_error_count(input, "fractional_qty"), 1);
    assert_int_equal(ast_error_count(input, "bad_number"), 1);
    assert_true(as_input_stats_get(input)->truncated);
    assert_int_equal(as_input_stats_get(input)->messages, 2);
    assert_int_equal(ast_type_count(input, "trades"), 2);
    as_input_close(input);
}

static void a_header_is_passed_over_and_aggregates_are_told_apart(void **state)
{
    (void)state;
    as_input *input =
        open_text("BTC-aggTrades-2024-08.csv",
                  "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
                  "5,61837.6,3,7,9,1723161255208,false\n",
                  false);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 1);
    assert_string_equal(as_symbols_name(as_input_symbols(input), events[0].instrument), "BTC");
    assert_int_equal(ast_type_count(input, "aggTrades"), 1);
    as_input_close(input);
}

/* However much of it the view holds, a row that is too long costs nothing but itself. */
static void a_row_that_is_too_long_costs_nothing_but_itself(void **state)
{
    (void)state;
    static const unsigned excess[] = {1, 200, 70000};
    static char text[3 * AS_LINE_BYTES];
    for (size_t i = 0; i < sizeof excess / sizeof *excess; i++) {
        size_t n = (size_t)sprintf(text, "1,61837.60,0.001,61.8,1723161255208,True,True\n");
        memset(text + n, 'x', AS_LINE_BYTES + excess[i]);
        n += AS_LINE_BYTES + excess[i];
        sprintf(text + n, "\n2,61837.70,0.001,61.8,1723161255209,False,True\n"
                          "3,61837.70,0.001,61.8,1723161255210,False,True\n");
        as_input *input = open_text("BTC-trades-2024-08-08.csv", text, true);
        assert_int_equal(ast_read_all(input, events, 64, &count), 0);
        assert_int_equal(count, 3);
        assert_int_equal(events[1].trade.match, 2);
        assert_int_equal(as_input_stats_get(input)->bad, 1);
        as_input_close(input);
    }
}

static void without_a_symbol_in_its_name_the_file_is_refused(void **state)
{
    (void)state;
    as_input_options options = {.universe = &universe};
    as_input *input = NULL;
    assert_int_equal(as_input_open(ast_text_file(folder, "trades.csv", rows), &options, &input), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "does not begin with SYMBOL-"));
    input = open_text("ETH-trades-2024-08-08.csv", rows, true);
    assert_int_equal(ast_read_all(input, events, 64, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(as_input_stats_get(input)->unknown_symbol, 2);
    as_input_close(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trades_have_the_units_of_the_universe),
        cmocka_unit_test(a_header_is_passed_over_and_aggregates_are_told_apart),
        cmocka_unit_test(a_row_that_is_too_long_costs_nothing_but_itself),
        cmocka_unit_test(without_a_symbol_in_its_name_the_file_is_refused),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
