#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/error.h"
#include "core/probability.h"

#define HEAD                                                                                                           \
    "version: 1\noutcome: net residual reversion over the horizon above zero\nsource: \"two seeds\"\n"                 \
    "period: {from: 2026-01-05, to: 2026-03-31}\nsignals: 300\nshrinkage: 50\nbreadth_gate: 0.3\ncells:\n"
#define ROOT "  - {kind: overreaction, breadth: any, status: any, signals: 300, hits: 150, os: [2, 4], p: [0.4, 0.6]}\n"
#define LOW "  - {kind: overreaction, breadth: low, status: any, signals: 90, hits: 40, os: [2, 3], p: [0.3, 0.5]}\n"
#define RUMOUR "  - {kind: overreaction, breadth: low, status: open, signals: 10, hits: 9, os: [3], p: [0.9]}\n"

static as_probability *table_of(const char *text)
{
    as_probability *table = NULL;
    if (as_probability_read("c.yaml", text, strlen(text), &table) != 0)
        fail_msg("%s", as_error_message(0));
    return table;
}

static double ask(const as_probability *table, uint8_t kind, uint8_t status, double os, double breadth)
{
    as_probability_input in = {.kind = kind, .status = status, .os = os, .breadth = breadth};
    return as_probability_of(table, &in);
}

static void close_to(double got, double want)
{
    if (!(fabs(got - want) < 1e-12))
        fail_msg("%.17g, expected %.17g", got, want);
}

static void between_the_knots_it_is_a_line_and_beyond_them_level(void **state)
{
    (void)state;
    as_probability *table = table_of(HEAD ROOT);
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_RUMOUR, 3, 0.1), 0.5);
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_RUMOUR, -2.5, 0.1), 0.45);
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_RUMOUR, 1, 0.1), 0.4);
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_RUMOUR, 9, 0.1), 0.6);
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_RUMOUR, 4, 0.1), 0.6);
    as_probability_free(table);
}

static void the_nearest_cell_answers(void **state)
{
    (void)state;
    as_probability *table = table_of(HEAD ROOT LOW RUMOUR);
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_RUMOUR, 2, 0.29), 0.9);
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_DENIED, 2, 0.29), 0.9);
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_CONFIRMED, 2, 0.29), 0.3); /* no cell: low, any */
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_UPDATED, 2, 0.29), 0.3);
    close_to(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_RUMOUR, 2, 0.3), 0.4); /* no cell high: any */
    as_probability_free(table);
}

static void what_has_no_probability(void **state)
{
    (void)state;
    as_probability *table = table_of(HEAD ROOT);
    assert_true(isnan(ask(NULL, AS_SIGNAL_OVERREACTION, AS_FACT_RUMOUR, 3, 0.1)));
    assert_true(isnan(ask(table, AS_SIGNAL_MEAN_REVERSION, AS_FACT_RUMOUR, 3, 0.1)));
    assert_true(isnan(ask(table, AS_SIGNAL_UNDERREACTION, AS_FACT_RUMOUR, 3, 0.1)));
    assert_true(isnan(ask(table, AS_SIGNAL_OVERREACTION, AS_FACT_RUMOUR, (double)NAN, 0.1)));
    as_probability_free(table);
}

static void the_head_is_kept(void **state)
{
    (void)state;
    as_probability *table = table_of(HEAD ROOT);
    assert_string_equal(table->source, "two seeds");
    assert_int_equal(table->from, 20260105);
    assert_int_equal(table->to, 20260331);
    assert_int_equal(table->signals, 300);
    as_probability_cell *cell = &table->cell[AS_PROBABILITY_OVERREACTION][AS_BREADTH_ANY][AS_STATUS_ANY];
    assert_int_equal(cell->signals, 300);
    assert_int_equal(cell->hits, 150);
    as_probability_free(table);
}

static void a_table_that_is_not_right_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"version: 2\n", "c.yaml:1: key 'version'"},
        {HEAD "  - {kind: contradiction, breadth: any, status: any, signals: 1, hits: 1, os: [1], p: [1]}\n",
         "c.yaml:9: key 'cells[0].kind'"},
        {HEAD "  - {kind: overreaction, breadth: any, status: any, signals: 1, hits: 1, os: [2, 2], p: [0, 1]}\n",
         "more than the one before"},
        {HEAD "  - {kind: overreaction, breadth: any, status: any, signals: 1, hits: 1, os: [1, 2], p: [0.5, 0.4]}\n",
         "not less than the one before"},
        {HEAD "  - {kind: overreaction, breadth: any, status: any, signals: 1, hits: 1, os: [1, 2], p: [0.5]}\n",
         "found 1 values for 2 of os"},
        {HEAD "  - {kind: overreaction, breadth: any, status: any, signals: 1, hits: 1, os: [1], p: [1.5]}\n", "p[0]"},
        {HEAD "  - {kind: overreaction, breadth: any, status: open, signals: 1, hits: 1, os: [1], p: [1]}\n",
         "breadth any goes with status any"},
        {HEAD ROOT ROOT, "a second cell"},
        {HEAD "  - {kind: overreaction, breadth: any, status: any, signals: 1, hits: 1, os: [1], p: [1], q: 1}\n", "q"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        as_probability *table = NULL;
        assert_int_not_equal(as_probability_read("c.yaml", bad[i][0], strlen(bad[i][0]), &table), 0);
        assert_null(table);
        if (!strstr(as_error_message(0), bad[i][1]))
            fail_msg("%s: expected %s", as_error_message(0), bad[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(between_the_knots_it_is_a_line_and_beyond_them_level),
        cmocka_unit_test(the_nearest_cell_answers),
        cmocka_unit_test(what_has_no_probability),
        cmocka_unit_test(the_head_is_kept),
        cmocka_unit_test(a_table_that_is_not_right_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
