#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/membership.h"
#include "tests/support/world.h"

enum { DATE = 20260630, SESSIONS = 80 };

static ast_world world;

static as_shock *open_on(uint32_t issuer, uint64_t close)
{
    as_headline rumour = ast_headline("rumour-1", "Wire", issuer, close + AS_NS_PER_HOUR);
    ast_say(&world, &rumour);
    return as_shock_oldest(&world.engine->shocks);
}

static void what_is_frozen_does_not_move_afterwards(void **state)
{
    (void)state;
    ast_world_init(&world);
    uint64_t close = ast_history(&world, DATE, SESSIONS);
    as_shock *shock = open_on(AST_EPI, close);
    assert_int_equal(shock->linked_count, 5);
    double beta = shock->linked[1].anchor.beta, sigma = shock->linked[1].anchor.sigma, sd = shock->basket_sd;
    double speed = shock->linked[1].ou_k;
    assert_true(beta > 0.5 && beta < 2 && sigma > 0.005 && sigma < 0.02);
    for (unsigned i = 0; i < 4; i++) {
        close = as_calendar_session(world.universe.calendar[0], close + 1)->close;
        ast_day(&world, close, NULL, NULL);
    }
    assert_true(shock->linked[1].anchor.beta == beta && shock->linked[1].anchor.sigma == sigma);
    assert_true(shock->basket_sd == sd && (shock->linked[1].ou_k == speed || isnan(speed)));
    ast_world_fini(&world);
}

/* Residuals are uniform on +-0.02: standard deviation 0.02/sqrt(3). Their mean over four names has half of it. */
static void the_basket_is_measured_by_its_own_residuals(void **state)
{
    (void)state;
    ast_world_init(&world);
    uint64_t close = ast_history(&world, DATE, 128);
    const as_shock *shock = open_on(AST_EPI, close);
    double expected = 0.02 / sqrt(3.0) / 2;
    assert_true(shock->basket_sd > 0.8 * expected && shock->basket_sd < 1.2 * expected);
    assert_true(shock->vol_ratio > 0.5 && shock->vol_ratio < 1.5);
    ast_world_fini(&world);
}

static void a_volatile_fortnight_shows_in_the_ratio(void **state)
{
    (void)state;
    ast_world_init(&world);
    uint64_t close = ast_history(&world, DATE, SESSIONS);
    for (unsigned i = 0; i < 10; i++) {
        double wild[AST_NAMES] = {0};
        for (unsigned k = AST_NEAR; k <= AST_FAR3; k++)
            wild[k] = i % 2 ? 0.03 : -0.03;
        close = as_calendar_session(world.universe.calendar[0], close + 1)->close;
        ast_day(&world, close, wild, NULL);
    }
    assert_true(open_on(AST_EPI, close)->vol_ratio > 2);
    ast_world_fini(&world);
}

static void a_short_history_gives_no_ruler(void **state)
{
    (void)state;
    ast_world_init(&world);
    uint64_t close = ast_history(&world, DATE, 20);
    assert_true(isnan(open_on(AST_EPI, close)->basket_sd));
    ast_world_fini(&world);
}

/* LONE has no factor but a price; an issuer that was never quoted takes the family's stand-in. */
static void an_issuer_without_a_price_takes_the_stand_in(void **state)
{
    (void)state;
    ast_world_init(&world);
    int type = as_event_type_find("compute_supply_entry");
    world.playbook->family[type].epicentre = AST_NEAR;
    uint64_t close = ast_history(&world, DATE, SESSIONS);
    world.engine->market.name[AST_EPI].mark.mid = AS_PX_UNDEFINED;
    as_shock *shock = open_on(AST_EPI, close);
    assert_int_equal(shock->issuer, AST_EPI);
    assert_int_equal(shock->epicentre.instrument, AST_NEAR);
    assert_int_equal(shock->linked_count, 4); /* and it is linked no longer */
    assert_int_equal(world.engine->shocks.refs[AST_NEAR].ref[0].linked, AS_REF_EPICENTRE);
    double day[AST_NAMES] = {[AST_NEAR] = -0.05, [AST_FAR1] = -0.05};
    close = as_calendar_session(world.universe.calendar[0], close + 1)->close;
    ast_day(&world, close, day, NULL);
    assert_true(shock->shocked && shock->frozen && shock->m > 2 && shock->dir == -1);
    as_shock_retire(&world.engine->shocks, shock);
    assert_int_equal(world.engine->shocks.refs[AST_NEAR].count, 0);
    ast_world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_frozen_does_not_move_afterwards),
        cmocka_unit_test(the_basket_is_measured_by_its_own_residuals),
        cmocka_unit_test(a_volatile_fortnight_shows_in_the_ratio),
        cmocka_unit_test(a_short_history_gives_no_ruler),
        cmocka_unit_test(an_issuer_without_a_price_takes_the_stand_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
