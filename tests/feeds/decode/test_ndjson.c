#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/ndjson.h"

static as_symbols symbols;
static as_instrument instrument[3]; /* META, NVDA, BTC with units of 1e-8 */
static as_ndjson_context ctx;
static as_event ev;
static as_headline hl;

static int make(void **state)
{
    (void)state;
    uint32_t idx;
    assert_int_equal(as_symbols_init(&symbols, 16), 0);
    assert_int_equal(as_symbols_add(&symbols, "META", 4, &idx), 0);
    assert_int_equal(as_symbols_add(&symbols, "NVDA", 4, &idx), 0);
    assert_int_equal(as_symbols_add(&symbols, "BTC", 3, &idx), 0);
    instrument[2].qty_exp = 8;
    ctx = (as_ndjson_context){.symbols = &symbols, .instrument = instrument, .source = 7};
    return 0;
}

static int clean(void **state)
{
    (void)state;
    as_symbols_fini(&symbols);
    return 0;
}

/* The line in a block of its own size, so that a sanitizer sees a read beyond it. */
static as_ndjson_result decode(const char *line, size_t bytes)
{
    char *copy = malloc(bytes ? bytes : 1);
    assert_non_null(copy);
    memcpy(copy, line, bytes);
    as_ndjson_result result = as_ndjson_decode(copy, bytes, &ctx, &ev, &hl);
    free(copy);
    return result;
}

static as_ndjson_result decode_text(const char *line)
{
    return decode(line, strlen(line));
}

#define T "1751376600000000000"

static void the_lines_of_the_contract_are_read(void **state)
{
    (void)state;
    assert_int_equal(decode_text("{\"k\":\"trade\",\"t\":" T
                                 ",\"r\":1751376600000041000,\"s\":\"NVDA\",\"p\":\"157.25\","
                                 "\"q\":100}"),
                     AS_NDJSON_OK);
    assert_int_equal(ev.kind, AS_EVENT_TRADE);
    assert_int_equal(ev.ts_event, UINT64_C(1751376600000000000));
    assert_int_equal(ev.ts_recv, UINT64_C(1751376600000041000));
    assert_int_equal(ev.instrument, 1);
    assert_int_equal(ev.source, 7);
    assert_int_equal(ev.trade.px, INT64_C(157250000000));
    assert_int_equal(ev.trade.qty, 100);

    assert_int_equal(decode_text("{\"k\":\"quote\",\"t\":" T ",\"s\":\"NVDA\",\"b\":157.24,\"bs\":300,\"a\":\"157.26\","
                                 "\"as\":\"200\",\"seq\":9}\r"),
                     AS_NDJSON_OK);
    assert_int_equal(ev.ts_recv, ev.ts_event);
    assert_int_equal(ev.quote.bid_px, INT64_C(157240000000));
    assert_int_equal(ev.quote.bid_qty, 300);
    assert_int_equal(ev.quote.ask_px, INT64_C(157260000000));
    assert_int_equal(ev.quote.ask_qty, 200);
    assert_int_equal(ev.quote.seq, 9);

    assert_int_equal(decode_text("{\"k\":\"bar\",\"t\":" T ",\"d\":60000000000,\"s\":\"META\",\"o\":\"1\",\"h\":\"4\","
                                 "\"l\":\"0.5\",\"c\":\"3\",\"v\":12345}"),
                     AS_NDJSON_OK);
    assert_int_equal(ev.kind, AS_EVENT_BAR);
    assert_int_equal(ev.bar.open, AS_PX_ONE);
    assert_int_equal(ev.bar.high, 4 * AS_PX_ONE);
    assert_int_equal(ev.bar.low, AS_PX_ONE / 2);
    assert_int_equal(ev.bar.close, 3 * AS_PX_ONE);
    assert_int_equal(as_bar_volume(&ev), 12345);
    assert_int_equal(as_bar_duration_ns(&ev), 60 * AS_NS_PER_S);

    const char *states[] = {"trading", "quote_only", "paused", "halted"};
    for (unsigned i = 0; i < 4; i++) {
        char line[128];
        snprintf(line, sizeof line, "{\"k\":\"status\",\"t\":1,\"s\":\"NVDA\",\"state\":\"%s\"}", states[i]);
        assert_int_equal(decode_text(line), AS_NDJSON_OK);
        assert_int_equal(ev.kind, AS_EVENT_STATUS);
        assert_int_equal(ev.status.state, i);
    }
}

static void headlines_are_read_with_all_that_is_optional(void **state)
{
    (void)state;
    assert_int_equal(
        decode_text("{\"k\":\"headline\",\"t\":5,\"r\":6,\"id\":\"bbg-1\",\"src\":\"Bloomberg\",\"tier\":1,"
                    "\"class\":\"press\",\"text\":\" Meta\\tPlans to Sell \\u201cExcess\\u201d AI Compute \","
                    "\"symbols\":[\"META\",\"ZZZ\",\"NVDA\",\"META\"],\"rev\":2,\"status\":\"retracted\","
                    "\"url\":\"https://x.example/a\",\"body\":\"<p>\",\"other\":[{}]}"),
        AS_NDJSON_OK);
    assert_int_equal(ev.kind, AS_EVENT_HEADLINE);
    assert_int_equal(ev.instrument, AS_INSTRUMENT_NONE);
    assert_int_equal(hl.ts_event, 5);
    assert_int_equal(hl.ts_recv, 6);
    assert_string_equal(hl.id, "bbg-1");
    assert_string_equal(hl.source, "Bloomberg");
    assert_string_equal(hl.url, "https://x.example/a");
    assert_string_equal(hl.text, "Meta Plans to Sell \xe2\x80\x9c"
                                 "Excess\xe2\x80\x9d AI Compute");
    assert_int_equal(hl.text_bytes, strlen(hl.text));
    assert_int_equal(hl.tier_given, 1);
    assert_int_equal(hl.class_given, AS_CLASS_PRESS);
    assert_int_equal(hl.revision, 2);
    assert_int_equal(hl.retracted, 1);
    assert_int_equal(hl.tag_count, 2);
    assert_int_equal(hl.tag[0], 0);
    assert_int_equal(hl.tag[1], 1);
    assert_int_equal(hl.cut, 0);

    assert_int_equal(
        decode_text("{\"k\":\"news\",\"t\":5,\"id\":42,\"text\":\"x\",\"tier\":null,\"status\":\"confirmed\"}"),
        AS_NDJSON_OK);
    assert_string_equal(hl.id, "42");
    assert_int_equal(hl.tier_given, 0);
    assert_int_equal(hl.retracted, 0);
}

static void missing_and_long_ids_become_hashes(void **state)
{
    (void)state;
    char first[AS_HEADLINE_ID_BYTES], line[1200];
    assert_int_equal(decode_text("{\"k\":\"headline\",\"t\":5,\"src\":\"Wire\",\"text\":\"x\"}"), AS_NDJSON_OK);
    strcpy(first, hl.id);
    assert_int_equal(strlen(first), 5 + 16);
    assert_memory_equal(first, "Wire-", 5);
    assert_int_equal(strspn(first + 5, "0123456789abcdef"), 16);
    assert_int_equal(decode_text("{\"k\":\"headline\",\"t\":5,\"src\":\"Wire\",\"text\":\"x\"}"), AS_NDJSON_OK);
    assert_string_equal(hl.id, first);
    const char *others[] = {"{\"k\":\"headline\",\"t\":6,\"src\":\"Wire\",\"text\":\"x\"}",
                            "{\"k\":\"headline\",\"t\":5,\"src\":\"Wire\",\"text\":\"y\"}",
                            "{\"k\":\"headline\",\"t\":5,\"src\":\"Wire\",\"text\":\"x\",\"url\":\"u\"}"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(decode_text(others[i]), AS_NDJSON_OK);
        assert_string_not_equal(hl.id, first);
    }
    for (int bytes = AS_HEADLINE_ID_BYTES - 1; bytes <= AS_HEADLINE_ID_BYTES; bytes++) {
        snprintf(line, sizeof line, "{\"k\":\"headline\",\"t\":5,\"src\":\"S\",\"text\":\"x\",\"id\":\"%0*d\"}", bytes,
                 1);
        assert_int_equal(decode_text(line), AS_NDJSON_OK);
        assert_int_equal(strlen(hl.id), bytes < AS_HEADLINE_ID_BYTES ? bytes : 18);
    }
    snprintf(line, sizeof line, "{\"k\":\"headline\",\"t\":5,\"src\":\"%0200d\",\"text\":\"x\"}", 1);
    assert_int_equal(decode_text(line), AS_NDJSON_OK);
    assert_int_equal(strlen(hl.id), AS_HEADLINE_ID_BYTES - 1);
}

static void a_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    char line[2000] = "{\"k\":\"headline\",\"t\":5,\"text\":\"";
    for (int i = 0; i < 300; i++)
        strcat(line, "\xe2\x82\xac");
    strcat(line, "\"}");
    assert_int_equal(decode_text(line), AS_NDJSON_OK);
    assert_int_equal(hl.cut, 1);
    assert_int_equal(hl.text_bytes, 510); /* 170 characters of three bytes */
}

static void sides_and_quantities_may_be_absent(void **state)
{
    (void)state;
    assert_int_equal(decode_text("{\"k\":\"quote\",\"t\":1,\"s\":\"NVDA\",\"b\":null,\"a\":\"2\"}"), AS_NDJSON_OK);
    assert_int_equal(ev.quote.bid_px, AS_PX_UNDEFINED);
    assert_int_equal(ev.quote.bid_qty, 0);
    assert_int_equal(ev.quote.ask_px, 2 * AS_PX_ONE);
    assert_int_equal(ev.quote.ask_qty, AS_QTY_UNDEFINED);
    assert_int_equal(decode_text("{\"k\":\"quote\",\"t\":1,\"s\":\"NVDA\",\"b\":\"1\",\"bs\":4,\"a\":0.00,\"as\":5}"),
                     AS_NDJSON_OK);
    assert_int_equal(ev.quote.bid_qty, 4);
    assert_int_equal(ev.quote.ask_px, AS_PX_UNDEFINED);
    assert_int_equal(ev.quote.ask_qty, 0);
    assert_int_equal(decode_text("{\"k\":\"bar\",\"t\":1,\"d\":1000000000,\"s\":\"NVDA\",\"c\":7}"), AS_NDJSON_OK);
    assert_int_equal(ev.bar.low, 7 * AS_PX_ONE);
    assert_int_equal(as_bar_volume(&ev), 0);
    assert_int_equal(decode_text("{\"k\":\"trade\",\"t\":1,\"s\":\"BTC\",\"p\":60000,\"q\":0.00000001}"), AS_NDJSON_OK);
    assert_int_equal(ev.trade.qty, 1);
    assert_int_equal(decode_text("{\"k\":\"trade\",\"t\":1,\"s\":\"BTC\",\"p\":60000,\"q\":\"1.5\"}"), AS_NDJSON_OK);
    assert_int_equal(ev.trade.qty, 150000000);
}

static void each_fault_has_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        as_ndjson_result want;
    } cases[] = {
        {"", AS_NDJSON_BAD_JSON},
        {"null", AS_NDJSON_BAD_JSON},
        {"{\"k\":\"trade\"", AS_NDJSON_BAD_JSON},
        {"{\"k\":\"trade\"} {}", AS_NDJSON_BAD_JSON},
        {"{\"k\":\"\xff\"}", AS_NDJSON_BAD_UTF8},
        {"{\"k\":\"trade\",\"k\":\"trade\"}", AS_NDJSON_DUPLICATE_KEY},
        {"{\"k\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}", AS_NDJSON_TOO_COMPLEX},
        {"{}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":null}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":1,\"t\":1}", AS_NDJSON_UNKNOWN_KIND},
        {"{\"k\":\"Trade\",\"t\":1}", AS_NDJSON_UNKNOWN_KIND},
        {"{\"k\":\"trade\",\"s\":\"NVDA\",\"p\":1,\"q\":1}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":\"trade\",\"t\":1,\"p\":1,\"q\":1}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"q\":1}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":\"trade\",\"t\":-1,\"s\":\"NVDA\",\"p\":1,\"q\":1}", AS_NDJSON_BAD_TIME},
        {"{\"k\":\"trade\",\"t\":1.5,\"s\":\"NVDA\",\"p\":1,\"q\":1}", AS_NDJSON_BAD_TIME},
        {"{\"k\":\"trade\",\"t\":1e9,\"s\":\"NVDA\",\"p\":1,\"q\":1}", AS_NDJSON_BAD_TIME},
        {"{\"k\":\"trade\",\"t\":\"1\",\"s\":\"NVDA\",\"p\":1,\"q\":1}", AS_NDJSON_BAD_TIME},
        {"{\"k\":\"trade\",\"t\":9223372036854775808,\"s\":\"NVDA\",\"p\":1,\"q\":1}", AS_NDJSON_BAD_TIME},
        {"{\"k\":\"trade\",\"t\":99999999999999999999,\"s\":\"NVDA\",\"p\":1,\"q\":1}", AS_NDJSON_BAD_TIME},
        {"{\"k\":\"trade\",\"t\":1,\"r\":-2,\"s\":\"NVDA\",\"p\":1,\"q\":1}", AS_NDJSON_BAD_TIME},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"XYZ\",\"p\":1,\"q\":1}", AS_NDJSON_UNKNOWN_SYMBOL},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"\",\"p\":1,\"q\":1}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"trade\",\"t\":1,\"s\":5,\"p\":1,\"q\":1}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":0,\"q\":1}", AS_NDJSON_BAD_PRICE},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":-1,\"q\":1}", AS_NDJSON_BAD_PRICE},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":\"1,5\",\"q\":1}", AS_NDJSON_BAD_PRICE},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":\"NaN\",\"q\":1}", AS_NDJSON_BAD_PRICE},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":\"\",\"q\":1}", AS_NDJSON_BAD_PRICE},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":1e10,\"q\":1}", AS_NDJSON_BAD_PRICE},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":true,\"q\":1}", AS_NDJSON_BAD_PRICE},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":1,\"q\":-1}", AS_NDJSON_BAD_QTY},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":1,\"q\":1.5}", AS_NDJSON_BAD_QTY},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"BTC\",\"p\":1,\"q\":0.000000001}", AS_NDJSON_BAD_QTY},
        {"{\"k\":\"trade\",\"t\":1,\"s\":\"NVDA\",\"p\":1,\"q\":1,\"seq\":\"x\"}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"quote\",\"t\":1,\"s\":\"NVDA\"}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":\"quote\",\"t\":1,\"s\":\"NVDA\",\"b\":\"x\"}", AS_NDJSON_BAD_PRICE},
        {"{\"k\":\"quote\",\"t\":1,\"s\":\"NVDA\",\"b\":1,\"bs\":[]}", AS_NDJSON_BAD_QTY},
        {"{\"k\":\"bar\",\"t\":1,\"s\":\"NVDA\",\"c\":1}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":\"bar\",\"t\":1,\"d\":0,\"s\":\"NVDA\",\"c\":1}", AS_NDJSON_BAD_DURATION},
        {"{\"k\":\"bar\",\"t\":1,\"d\":1500000000,\"s\":\"NVDA\",\"c\":1}", AS_NDJSON_BAD_DURATION},
        {"{\"k\":\"bar\",\"t\":1,\"d\":1048576000000000,\"s\":\"NVDA\",\"c\":1}", AS_NDJSON_BAD_DURATION},
        {"{\"k\":\"bar\",\"t\":1,\"d\":1000000000,\"s\":\"NVDA\",\"o\":0,\"c\":1}", AS_NDJSON_BAD_PRICE},
        {"{\"k\":\"bar\",\"t\":1,\"d\":1000000000,\"s\":\"NVDA\",\"o\":1}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":\"status\",\"t\":1,\"s\":\"NVDA\"}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":\"status\",\"t\":1,\"s\":\"NVDA\",\"state\":\"open\"}", AS_NDJSON_BAD_STATE},
        {"{\"k\":\"headline\",\"t\":1}", AS_NDJSON_MISSING_KEY},
        {"{\"k\":\"headline\",\"t\":1,\"text\":\"  \"}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"headline\",\"t\":1,\"text\":5}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"headline\",\"t\":1,\"text\":\"x\",\"tier\":5}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"headline\",\"t\":1,\"text\":\"x\",\"class\":\"blog\"}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"headline\",\"t\":1,\"text\":\"x\",\"symbols\":\"META\"}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"headline\",\"t\":1,\"text\":\"x\",\"symbols\":[1]}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"headline\",\"t\":1,\"text\":\"x\",\"rev\":-1}", AS_NDJSON_BAD_VALUE},
        {"{\"k\":\"headline\",\"t\":1,\"text\":\"x\",\"id\":[1]}", AS_NDJSON_BAD_VALUE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        as_ndjson_result result = decode_text(cases[i].line);
        if (result != cases[i].want)
            print_error("%s: %s\n", cases[i].line, as_ndjson_result_name(result));
        assert_int_equal(result, cases[i].want);
    }
}

static void the_length_of_a_line_is_limited(void **state)
{
    (void)state;
    char *line = malloc(AS_LINE_BYTES + 1);
    assert_non_null(line);
    memset(line, ' ', AS_LINE_BYTES + 1);
    memcpy(line, "{}", 2);
    assert_int_equal(decode(line, AS_LINE_BYTES), AS_NDJSON_MISSING_KEY);
    assert_int_equal(decode(line, AS_LINE_BYTES + 1), AS_NDJSON_LINE_TOO_LONG);
    free(line);
    for (int i = 0; i < AS_NDJSON_RESULT_COUNT; i++)
        assert_true(strlen(as_ndjson_result_name((as_ndjson_result)i)) > 1);
}

static void every_cut_of_a_line_is_refused(void **state)
{
    (void)state;
    const char *lines[] = {
        "{\"k\":\"trade\",\"t\":" T ",\"s\":\"NVDA\",\"p\":\"157.25\",\"q\":100}",
        "{\"k\":\"headline\",\"t\":1,\"id\":\"a\",\"text\":\"\\u20ac \xe2\x82\xac\",\"symbols\":[\"META\"]}"};
    for (int i = 0; i < 2; i++)
        for (size_t n = 0; n < strlen(lines[i]); n++)
            assert_true(decode(lines[i], n) != AS_NDJSON_OK);
}

/* An item is taken back by its id: the text may be missing, empty or blank. Without an id nobody knows what it is. */
static void a_retraction_needs_no_text_but_an_id(void **state)
{
    (void)state;
#define BACK "{\"k\":\"headline\",\"t\":5,\"src\":\"S\",\"status\":\"retracted\""
    static const char *const good[] = {BACK ",\"id\":\"x\"}", BACK ",\"id\":\"x\",\"text\":\"\"}",
                                       BACK ",\"id\":7,\"text\":\" \"}", BACK ",\"id\":\"x\",\"text\":null}"};
    static const char *const bad[] = {BACK "}", BACK ",\"text\":\"\"}", BACK ",\"id\":\" \",\"text\":\"\"}",
                                      "{\"k\":\"headline\",\"t\":5,\"id\":\"x\",\"text\":\"\"}",
                                      "{\"k\":\"headline\",\"t\":5,\"id\":\"x\",\"status\":\"live\"}"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(decode_text(good[i]), AS_NDJSON_OK);
        assert_int_equal(hl.retracted, 1);
        assert_int_equal(hl.text_bytes, 0);
        assert_string_equal(hl.id, i == 2 ? "7" : "x");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(decode_text(bad[i]) == AS_NDJSON_MISSING_KEY || decode_text(bad[i]) == AS_NDJSON_BAD_VALUE);
#undef BACK
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lines_of_the_contract_are_read),
        cmocka_unit_test(headlines_are_read_with_all_that_is_optional),
        cmocka_unit_test(missing_and_long_ids_become_hashes),
        cmocka_unit_test(a_long_text_is_cut_at_a_character),
        cmocka_unit_test(sides_and_quantities_may_be_absent),
        cmocka_unit_test(each_fault_has_its_reason),
        cmocka_unit_test(the_length_of_a_line_is_limited),
        cmocka_unit_test(a_retraction_needs_no_text_but_an_id),
        cmocka_unit_test(every_cut_of_a_line_is_refused),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
