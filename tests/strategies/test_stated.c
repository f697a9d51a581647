#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "strategies/stated.h"

/* p = 0.4 at |OS| 2, 0.8 at 4; confirmed 0.1 less; breadth at or above 0.3: 0.9. */
static as_probability table_of(void)
{
    as_probability table = {.breadth_gate = 0.3};
    table.cell[0][AS_BREADTH_ANY][AS_STATUS_ANY] = (as_probability_cell){.knots = 2, .os = {2, 4}, .p = {0.4, 0.8}};
    table.cell[0][AS_BREADTH_BELOW][AS_STATUS_CONFIRMED] =
        (as_probability_cell){.knots = 2, .os = {2, 4}, .p = {0.3, 0.7}};
    table.cell[0][AS_BREADTH_ABOVE][AS_STATUS_ANY] = (as_probability_cell){.knots = 1, .os = {2}, .p = {0.9}};
    return table;
}

static void close_to(double got, double want)
{
    if (!(fabs(got - want) < 1e-12))
        fail_msg("%.17g, expected %.17g", got, want);
}

static void what_was_stated_at_the_opening_stands(void **state)
{
    (void)state;
    as_probability table = table_of();
    as_stated stated = {0};
    as_view view = {.probability = &table, .os = -3, .breadth = 0.1, .status = AS_FACT_RUMOUR};
    close_to(as_stated_p(&view, &stated, AS_SIGNAL_OVERREACTION, false), 0.6);
    view.open = true;
    view.open_kind = AS_SIGNAL_OVERREACTION;
    view.os = -1.2; /* it comes back, and others move: p stands */
    view.breadth = 0.8;
    close_to(as_stated_p(&view, &stated, AS_SIGNAL_OVERREACTION, false), 0.6);
    view.status = AS_FACT_CONFIRMED;
    close_to(as_stated_p(&view, &stated, AS_SIGNAL_OVERREACTION, true), 0.5);
    view.open = false; /* a new opening is a new statement */
    view.status = AS_FACT_RUMOUR;
    close_to(as_stated_p(&view, &stated, AS_SIGNAL_OVERREACTION, false), 0.9);
}

static void an_open_signal_of_another_kind_is_no_opening_of_this_one(void **state)
{
    (void)state;
    as_probability table = table_of();
    as_stated stated = {.os = 2, .breadth = 0.1};
    as_view view = {.probability = &table, .os = 4, .breadth = 0.1, .open = true, .open_kind = AS_SIGNAL_UNDERREACTION};
    close_to(as_stated_p(&view, &stated, AS_SIGNAL_OVERREACTION, false), 0.8);
}

static void a_near_miss_and_a_missing_table_state_nothing(void **state)
{
    (void)state;
    as_probability table = table_of();
    as_stated stated = {0};
    as_view view = {.probability = &table, .os = 3, .breadth = 0.1};
    assert_true(isnan(as_stated_p(&view, &stated, AS_SIGNAL_OVERREACTION, true)));
    view.probability = NULL;
    assert_true(isnan(as_stated_p(&view, &stated, AS_SIGNAL_OVERREACTION, false)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_stated_at_the_opening_stands),
        cmocka_unit_test(an_open_signal_of_another_kind_is_no_opening_of_this_one),
        cmocka_unit_test(a_near_miss_and_a_missing_table_state_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
