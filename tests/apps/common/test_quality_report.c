#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/quality_report.h"

static char *output;
static size_t output_bytes;

static void durations_are_told_in_a_fitting_unit(void **state)
{
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        {0, "0 ns"},
        {999, "999 ns"},
        {12400, "12.4 us"},
        {3100000, "3.1 ms"},
        {83 * AS_NS_PER_S, "83.0 s"},
        {25 * AS_NS_PER_MIN + 18 * AS_NS_PER_S, "25.3 min"},
        {125 * AS_NS_PER_MIN, "2 h 5 min"},
        {3 * AS_NS_PER_DAY, "3 d"},
    };
    char text[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(as_quality_duration(cases[i].ns, text), cases[i].text);
}

static void write_with(void (*write)(FILE *, const as_quality_report *), const as_quality_report *report)
{
    free(output);
    output = NULL;
    FILE *stream = open_memstream(&output, &output_bytes);
    assert_non_null(stream);
    write(stream, report);
    fclose(stream);
}

static void names_are_quoted_as_each_form_asks_for(void **state)
{
    (void)state;
    static const char name[] = "A\"B,C";
    as_symbols symbols;
    uint32_t instrument;
    as_quality *quality;
    static as_input_stats stats = {.format = "csv", .compression = "none", .first_ts = AS_TS_UNDEFINED};
    assert_int_equal(as_symbols_init(&symbols, 4), 0);
    assert_int_equal(as_symbols_add(&symbols, name, strlen(name), &instrument), 0);
    assert_int_equal(as_quality_new(true, &quality), 0);
    as_event trade;
    memset(&trade, 0, sizeof trade);
    trade.kind = AS_EVENT_TRADE;
    trade.instrument = instrument;
    trade.trade.px = AS_PX_ONE;
    as_quality_add(quality, &trade, NULL);
    as_quality_end(quality);
    as_quality_report report = {
        .path = "a \"day\"", .stats = &stats, .quality = quality, .symbols = &symbols, .symbol_limit = UINT32_MAX};
    write_with(as_quality_report_json, &report);
    assert_non_null(strstr(output, "{\"path\":\"a \\\"day\\\"\",\"format\":\"csv\""));
    assert_non_null(strstr(output, "\"first_ts\":null"));
    assert_non_null(strstr(output, "\"coverage\":{\"A\\\"B,C\":{\"coverage\":1.000000,\"events\":1"));
    assert_non_null(strstr(output, "\"bad_sizes\":1"));
    write_with(as_quality_report_csv, &report);
    assert_non_null(strstr(output, "\"a \"\"day\"\"\",\"A\"\"B,C\",events,1\n"));
    assert_null(strstr(output, "first_ts,0"));
    write_with(as_quality_report_text, &report);
    assert_non_null(strstr(output, "sizes of zero"));
    report.symbol_limit = 0;
    write_with(as_quality_report_ndjson, &report);
    assert_ptr_equal(strchr(output, '\n'), output + output_bytes - 1);
    as_quality_free(quality);
    as_symbols_fini(&symbols);
    free(output);
    output = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_told_in_a_fitting_unit),
        cmocka_unit_test(names_are_quoted_as_each_form_asks_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
