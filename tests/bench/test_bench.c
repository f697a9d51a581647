/* The harness: medians, limits, schedules and the two reports. The benchmarks themselves run in tests/system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/environment.h"
#include "bench/schedule.h"

static int ast_run(as_bench_context *ctx)
{
    (void)ctx;
    return 0;
}

static const as_bench ast_bench = {"probe", "a \"quoted\" question", ast_run};

static void every_listed_benchmark_is_found_by_its_own_name(void **state)
{
    (void)state;
    unsigned count = 0;
    for (const as_bench *const *bench = as_benches; *bench; bench++, count++) {
        assert_ptr_equal(as_bench_find((*bench)->name), *bench);
        assert_non_null((*bench)->run);
        assert_true(strlen((*bench)->what) > 0);
        assert_string_not_equal((*bench)->name, "all");
        assert_int_equal(strspn((*bench)->name, "abcdefghijklmnopqrstuvwxyz_0123456789"), strlen((*bench)->name));
    }
    assert_true(count >= 1);
    assert_null(as_bench_find("no_such_benchmark"));
    assert_null(as_bench_find(""));
}

static void the_median_is_the_middle_value_or_the_mean_of_two(void **state)
{
    (void)state;
    double odd[] = {5, 1, 3};
    double even[] = {4, 1, 3, 2};
    assert_true(as_bench_median(odd, 3) == 3);
    assert_true(as_bench_median(even, 4) == 2.5);
    assert_true(as_bench_median(odd, 1) == 1);
    assert_true(as_bench_median(odd, 0) == 0);
}

static void a_ratio_is_held_to_its_limits(void **state)
{
    (void)state;
    as_bench_ratio_result ratio = {.value = 1.1};
    assert_true(as_bench_ratio_holds(&ratio));
    ratio.at_most = 1.1;
    assert_true(as_bench_ratio_holds(&ratio));
    ratio.at_most = 1.05;
    assert_false(as_bench_ratio_holds(&ratio));
    ratio.at_most = 0;
    ratio.at_least = 1.2;
    assert_false(as_bench_ratio_holds(&ratio));
    ratio.at_least = 1.0;
    assert_true(as_bench_ratio_holds(&ratio));
}

static void a_steady_schedule_keeps_its_rate_without_drift(void **state)
{
    (void)state;
    as_bench_schedule schedule;
    as_bench_schedule_steady(&schedule, 250000);
    assert_true(as_bench_schedule_offered_hz(&schedule) == 250000);
    for (uint64_t i = 0; i < 1000000; i++) {
        uint64_t due_ns = as_bench_schedule_next_ns(&schedule);
        if (due_ns != i * 4000)
            fail_msg("message %llu is due at %llu", (unsigned long long)i, (unsigned long long)due_ns);
    }
}

/* Base rate 100,000/s: a burst is 1 ms at a million a second, then 99 ms at the base rate. */
static void a_bursty_schedule_sends_ten_times_the_rate_for_a_millisecond(void **state)
{
    (void)state;
    as_bench_schedule schedule;
    uint64_t in_burst = 0, outside = 0, last_ns = 0;
    as_bench_schedule_bursty(&schedule, 100000);
    assert_true(as_bench_schedule_offered_hz(&schedule) > 108999);
    assert_true(as_bench_schedule_offered_hz(&schedule) < 109001);
    for (;;) {
        uint64_t due_ns = as_bench_schedule_next_ns(&schedule);
        assert_true(due_ns >= last_ns);
        last_ns = due_ns;
        if (due_ns >= 10 * AS_BENCH_BURST_PERIOD_NS)
            break;
        if (due_ns % AS_BENCH_BURST_PERIOD_NS < AS_BENCH_BURST_NS)
            in_burst++;
        else
            outside++;
    }
    assert_in_range(in_burst, 9990, 10010);
    assert_in_range(outside, 98990, 99010);
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *stream = open_memstream(&text, &text_bytes);
    assert_non_null(stream);
    as_bench_print_json_string("a \"b\" \\ \n\t\x01 \xc3\xa9", stream);
    fclose(stream);
    assert_string_equal(text, "\"a \\\"b\\\" \\\\ \\u000a\\u0009\\u0001 \xc3\xa9\"");
    free(text);
}

static void ast_fill(as_bench_context *ctx)
{
    *ctx = (as_bench_context){.name = ast_bench.name, .seconds = 1, .cpu = {-1, -1}};
    as_bench_stage *ns = as_bench_stage_add(
        ctx, &(as_bench_stage_info){.name = "one", .inside = "x", .unit = AS_BENCH_NS, .offered_hz = 1000});
    as_bench_stage *ps =
        as_bench_stage_add(ctx, &(as_bench_stage_info){.name = "two", .inside = "y", .unit = AS_BENCH_PS});
    for (uint64_t v = 1; v <= 100; v++)
        as_bench_record(ns, v);
    ns->achieved_hz = 999.5;
    as_bench_record(ps, 250);
    as_bench_round(ps, 3);
    as_bench_round(ps, 1);
    as_bench_round(ps, 2);
    as_bench_ratio(ctx, &(as_bench_ratio_info){.name = "two : one", .value = 1.25, .at_most = 1.2});
    as_bench_note(ctx, "%d rounds", 3);
}

static void the_json_report_has_every_key_in_ns(void **state)
{
    (void)state;
    static as_bench_context ctx;
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *stream = open_memstream(&text, &text_bytes);
    assert_non_null(stream);
    ast_fill(&ctx);
    as_bench_print_json(&ctx, &ast_bench, stream);
    fclose(stream);
    assert_string_equal(
        text, "{\"name\":\"probe\",\"what\":\"a \\\"quoted\\\" question\",\"seconds\":1,\"stages\":["
              "{\"name\":\"one\",\"inside\":\"x\",\"count\":100,\"min\":1,\"p50\":50,\"p90\":90,\"p99\":99,"
              "\"p99.9\":100,\"p99.99\":100,\"max\":100,\"offered_hz\":1000,\"achieved_hz\":999.5,"
              "\"rounds_ns\":[],\"median_of_rounds_ns\":null},"
              "{\"name\":\"two\",\"inside\":\"y\",\"count\":1,\"min\":0.25,\"p50\":0.25,\"p90\":0.25,\"p99\":0.25,"
              "\"p99.9\":0.25,\"p99.99\":0.25,\"max\":0.25,\"offered_hz\":null,\"achieved_hz\":null,"
              "\"rounds_ns\":[3,1,2],\"median_of_rounds_ns\":2}],"
              "\"ratios\":[{\"name\":\"two : one\",\"value\":1.25,\"at_most\":1.2,\"holds\":false}],"
              "\"notes\":[\"3 rounds\"]}");
    free(text);
    as_bench_context_fini(&ctx);
}

static void the_text_report_shows_stages_missed_limits_and_notes(void **state)
{
    (void)state;
    static as_bench_context ctx;
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *stream = open_memstream(&text, &text_bytes);
    assert_non_null(stream);
    ast_fill(&ctx);
    as_bench_print_text(&ctx, &ast_bench, stream);
    fclose(stream);
    assert_non_null(strstr(text, "probe: a \"quoted\" question\n"));
    assert_non_null(strstr(text, "p99.99"));
    assert_non_null(strstr(text, "hold <= 1.20  MISSED"));
    assert_non_null(strstr(text, "inside \"two\": y\n"));
    assert_non_null(strstr(text, "note: 3 rounds\n"));
    free(text);
    as_bench_context_fini(&ctx);
}

static void the_environment_names_the_machine_and_what_a_timer_costs(void **state)
{
    (void)state;
    as_bench_environment environment;
    as_bench_environment_read(&environment);
    assert_true(strlen(environment.kernel) > 0);
    assert_true(strlen(environment.compiler) > 0);
    assert_true(environment.cpus_allowed >= 1);
    assert_true(environment.ticks_hz >= 1000000);
    assert_true(environment.ticks_cost_ns > 0 && environment.ticks_cost_ns < 100000);
    bool told = false;
    for (unsigned i = 0; as_bench_environment_note(&environment, i); i++)
        told |= strstr(as_bench_environment_note(&environment, i), "fewer than 4 CPUs") != NULL;
    assert_int_equal(told, environment.cpus_allowed < 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_listed_benchmark_is_found_by_its_own_name),
        cmocka_unit_test(the_median_is_the_middle_value_or_the_mean_of_two),
        cmocka_unit_test(a_ratio_is_held_to_its_limits),
        cmocka_unit_test(a_steady_schedule_keeps_its_rate_without_drift),
        cmocka_unit_test(a_bursty_schedule_sends_ten_times_the_rate_for_a_millisecond),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(the_json_report_has_every_key_in_ns),
        cmocka_unit_test(the_text_report_shows_stages_missed_limits_and_notes),
        cmocka_unit_test(the_environment_names_the_machine_and_what_a_timer_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
