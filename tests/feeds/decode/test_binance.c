#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/event.h"
#include "feeds/decode/binance.h"

static const struct {
    as_binance_form form;
    const char *line;
    uint64_t ts;
} good[] = {
    {AS_BINANCE_TRADES, "28457,0.01633102,4.70443515,0.07682622,1499865549590,True,True",
     UINT64_C(1499865549590) * AS_NS_PER_MS},
    {AS_BINANCE_AGG_TRADES, "26129,0.01633102,4.70443515,27781,27781,1498793709153,true,true",
     UINT64_C(1498793709153) * AS_NS_PER_MS},
    {AS_BINANCE_AGG_TRADES, "26129,0.01633102,4.70443515,27781,27781,1735689600000123,true,true",
     UINT64_C(1735689600000123) * AS_NS_PER_US},
    {AS_BINANCE_FUTURES_TRADES, "5,61837.6,0.003,185.5,1723161255208,false", UINT64_C(1723161255208) * AS_NS_PER_MS},
    {AS_BINANCE_FUTURES_AGG_TRADES, "5,61837.6,0.003,7,9,1723161255208,false", UINT64_C(1723161255208) * AS_NS_PER_MS},
};

static void rows_of_all_forms_are_told_apart_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        as_binance_trade t;
        assert_int_equal(as_binance_form_of(good[i].line, strlen(good[i].line)), good[i].form);
        assert_int_equal(as_binance_parse(good[i].form, good[i].line, strlen(good[i].line), &t), AS_BINANCE_OK);
        assert_int_equal(t.ts, good[i].ts);
        assert_int_equal(t.seller_aggressor, i < 3);
    }
    as_binance_trade t;
    as_binance_parse(AS_BINANCE_TRADES, good[0].line, strlen(good[0].line), &t);
    assert_int_equal(t.id, 28457);
    assert_int_equal(t.px, 16331020);
    assert_memory_equal(t.qty, "4.70443515", t.qty_bytes);
}

static void every_cut_of_a_row_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        for (size_t n = 0; n < strlen(good[i].line); n++) {
            as_binance_trade t;
            assert_true(as_binance_parse(good[i].form, good[i].line, n, &t) < 0);
        }
}

static void what_is_not_right_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        as_binance_result result;
    } bad[] = {
        {"1,2,3", AS_BINANCE_COLUMNS},
        {"x,2,3,6,1499865549590,true,true", AS_BINANCE_NUMBER},
        {"1,0,3,6,1499865549590,true,true", AS_BINANCE_PRICE},
        {"1,-2,3,6,1499865549590,true,true", AS_BINANCE_PRICE},
        {"1,2,,6,1499865549590,true,true", AS_BINANCE_NUMBER},
        {"1,2,-3,6,1499865549590,true,true", AS_BINANCE_NUMBER},
        {"1,2,3,6,,true,true", AS_BINANCE_TIME},
        {"1,2,3,6,18446744073709552,true,true", AS_BINANCE_TIME}, /* microseconds beyond 2^64 ns */
        {"1,2,3,6,1499865549590,yes,true", AS_BINANCE_FLAG},
        {"1,2,3,6,1499865549590,true,1", AS_BINANCE_FLAG},
    };
    as_binance_trade t;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (as_binance_parse(AS_BINANCE_TRADES, bad[i].line, strlen(bad[i].line), &t) != bad[i].result)
            fail_msg("%s", bad[i].line);
    assert_string_equal(as_binance_result_name(AS_BINANCE_FLAG), "bad_flag");
}

static void a_file_is_known_with_and_without_its_header(void **state)
{
    (void)state;
    bool header;
    const char *with = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
                       "5,61837.6,0.003,7,9,1723161255208,false\n";
    assert_int_equal(as_binance_sniff(with, strlen(with), &header), AS_BINANCE_FUTURES_AGG_TRADES);
    assert_true(header);
    assert_int_equal(as_binance_sniff(good[0].line, strlen(good[0].line), &header), AS_BINANCE_TRADES);
    assert_false(header);
    assert_int_equal(as_binance_sniff("a,b\n1,2\n", 8, &header), AS_BINANCE_NONE);
    assert_int_equal(as_binance_sniff("", 0, &header), AS_BINANCE_NONE);
    assert_string_equal(as_binance_form_name(AS_BINANCE_AGG_TRADES), "aggTrades");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_all_forms_are_told_apart_and_read),
        cmocka_unit_test(every_cut_of_a_row_is_refused),
        cmocka_unit_test(what_is_not_right_is_named),
        cmocka_unit_test(a_file_is_known_with_and_without_its_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
