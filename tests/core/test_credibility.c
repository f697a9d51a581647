#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "core/credibility.h"
#include "core/limits.h"

#define YEAR_NS ((uint64_t)(365.25 * 86400e9))

static void ast_near(double got, double wanted)
{
    if (!(fabs(got - wanted) < 1e-12))
        fail_msg("found %.17g, wanted %.17g", got, wanted);
}

static void an_unknown_outlet_has_the_prior_of_its_tier(void **state)
{
    (void)state;
    as_credibility c;
    assert_int_equal(as_credibility_init(&c), 0);
    uint64_t outlet = as_outlet("Somebody");
    ast_near(as_credibility_p_true(&c, outlet, 1, YEAR_NS), 3.0 / 5);
    ast_near(as_credibility_p_true(&c, outlet, 2, YEAR_NS), 2.0 / 5);
    ast_near(as_credibility_p_true(&c, outlet, 3, YEAR_NS), 1.0 / 5);
    ast_near(as_credibility_p_true(&c, outlet, 4, YEAR_NS), 1.0 / 5);
    ast_near(as_credibility_p_true(&c, outlet, 9, YEAR_NS), 1.0 / 5);
    as_credibility_fini(&c);
}

static void outcomes_move_it_and_halve_in_two_years(void **state)
{
    (void)state;
    as_credibility c;
    assert_int_equal(as_credibility_init(&c), 0);
    uint64_t outlet = as_outlet("Wire"), ts = 40 * YEAR_NS;
    for (unsigned i = 0; i < 8; i++)
        as_credibility_count(&c, outlet, AS_OUTCOME_CONFIRMED, ts);
    as_credibility_count(&c, outlet, AS_OUTCOME_DENIED, ts);
    as_credibility_count(&c, outlet, AS_OUTCOME_EXPIRED, ts);
    ast_near(as_credibility_p_true(&c, outlet, 1, ts), 11.0 / 15);
    ast_near(as_credibility_p_true(&c, outlet, 1, ts + 2 * YEAR_NS), 7.0 / 10);
    ast_near(as_credibility_p_true(&c, outlet, 1, ts - YEAR_NS), 11.0 / 15); /* an earlier time is no time */
    ast_near(as_credibility_p_true(&c, outlet, 3, ts), 9.0 / 15);
    /* what is counted later finds the older counts worn: 8, 1, 1 -> 4, 0.5, 0.5, and one more denial */
    as_credibility_count(&c, outlet, AS_OUTCOME_DENIED, ts + 2 * YEAR_NS);
    ast_near(as_credibility_p_true(&c, outlet, 1, ts + 2 * YEAR_NS), 7.0 / 11);
    ast_near(as_credibility_p_true(&c, as_outlet("Other"), 1, ts), 3.0 / 5);
    as_credibility_fini(&c);
}

static void what_is_taken_back_leaves_the_rest(void **state)
{
    (void)state;
    as_credibility c;
    assert_int_equal(as_credibility_init(&c), 0);
    uint64_t outlet = as_outlet("Wire"), ts = 40 * YEAR_NS;
    as_credibility_take_back(&c, outlet, AS_OUTCOME_DENIED, ts, ts); /* nobody it knows */
    as_credibility_count(&c, outlet, AS_OUTCOME_CONFIRMED, ts);
    as_credibility_count(&c, outlet, AS_OUTCOME_DENIED, ts + YEAR_NS);
    as_credibility_take_back(&c, outlet, AS_OUTCOME_DENIED, ts + YEAR_NS, ts + 2 * YEAR_NS);
    ast_near(as_credibility_p_true(&c, outlet, 1, ts + 2 * YEAR_NS), 3.5 / 5.5);
    as_credibility_take_back(&c, outlet, AS_OUTCOME_DENIED, ts, ts + 2 * YEAR_NS); /* never below none */
    ast_near(as_credibility_p_true(&c, outlet, 1, ts + 2 * YEAR_NS), 3.5 / 5.5);
    as_credibility_fini(&c);
}

static void an_outlet_has_many_names(void **state)
{
    (void)state;
    uint64_t reuters = as_outlet("Reuters");
    assert_true(as_outlet("reuters.com") == reuters);
    assert_true(as_outlet("https://www.reuters.com/markets/x.html") == reuters);
    assert_true(as_outlet("REUTERS") == reuters);
    assert_true(as_outlet("Wall Street Journal") == as_outlet("wall street journal"));
    assert_true(as_outlet("bbc.co.uk") == as_outlet("BBC"));
    assert_true(as_outlet("Bloomberg") != reuters);
    assert_true(as_outlet("St. Louis Post") != as_outlet("St. Louis Star"));
    assert_true(as_outlet("") != 0 && as_outlet("...") != as_outlet("---"));
}

static void outlets_beyond_the_limit_are_counted_and_keep_their_prior(void **state)
{
    (void)state;
    as_credibility c;
    char name[32];
    assert_int_equal(as_credibility_init(&c), 0);
    for (unsigned i = 0; i < AS_OUTLET_MAX + 3; i++) {
        (void)snprintf(name, sizeof name, "outlet %u", i);
        as_credibility_count(&c, as_outlet(name), AS_OUTCOME_CONFIRMED, YEAR_NS);
    }
    assert_int_equal(c.outlet_count, AS_OUTLET_MAX);
    assert_int_equal(c.untracked, 3);
    ast_near(as_credibility_p_true(&c, as_outlet("outlet 7"), 2, YEAR_NS), 3.0 / 6);
    ast_near(as_credibility_p_true(&c, as_outlet(name), 2, YEAR_NS), 2.0 / 5);
    as_credibility_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_outlet_has_the_prior_of_its_tier),
        cmocka_unit_test(outcomes_move_it_and_halve_in_two_years),
        cmocka_unit_test(what_is_taken_back_leaves_the_rest),
        cmocka_unit_test(an_outlet_has_many_names),
        cmocka_unit_test(outlets_beyond_the_limit_are_counted_and_keep_their_prior),
    };
    return cmocka_run_group_tests_name("credibility", tests, NULL, NULL);
}
