#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/history.h"
#include "core/logexp.h"
#include "core/stats/beta.h"

static as_sim_scenario scenario;

static int64_t close_at(const as_sim_history *h, uint32_t session, uint32_t name)
{
    return h->close_cents[(size_t)session * scenario.count + name];
}

/* The engine's own model over the closes as they are written. */
static void the_model_ends_at_beta_and_sigma(void **state)
{
    (void)state;
    const as_thresholds *th = &scenario.playbook->thresholds;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        as_sim_history h;
        assert_int_equal(as_sim_history_make(&h, &scenario, seed), 0);
        for (uint32_t i = 1; i < scenario.count; i++) {
            as_market_model model;
            as_market_model_init(&model, th->lambda_vol, th->beta_half_life_days);
            for (uint32_t t = 1; t < h.sessions; t++)
                as_market_model_update(&model, as_log_ratio(close_at(&h, t, 0), close_at(&h, t - 1, 0)),
                                       as_log_ratio(close_at(&h, t, i), close_at(&h, t - 1, i)));
            double beta = as_market_model_beta(&model), sigma = sqrt(as_market_model_variance(&model));
            if (fabs(beta - scenario.sim[i].beta) > 0.01 || fabs(sigma / scenario.sim[i].sigma - 1) > 0.005)
                fail_msg("seed %u: %s ends at beta %g, sigma %g", (unsigned)seed, scenario.sim[i].symbol, beta, sigma);
        }
        as_sim_history_fini(&h);
    }
}

static void it_ends_at_the_given_close_on_the_session_before(void **state)
{
    (void)state;
    as_sim_history h;
    assert_int_equal(as_sim_history_make(&h, &scenario, 1), 0);
    assert_int_equal(h.sessions, scenario.history_sessions);
    assert_true(h.sessions >= AS_SIM_SESSION_MIN);
    assert_int_equal(h.session[h.sessions - 1]->date, 20260630);
    for (uint32_t t = 1; t < h.sessions; t++)
        assert_int_equal(h.session[t]->index, h.session[t - 1]->index + 1);
    for (uint32_t i = 0; i < scenario.count; i++)
        assert_int_equal(close_at(&h, h.sessions - 1, i), scenario.sim[i].close_cents);
    as_sim_history_fini(&h);
}

static void the_seed_decides(void **state)
{
    (void)state;
    as_sim_history a, b, c;
    assert_int_equal(as_sim_history_make(&a, &scenario, 5), 0);
    assert_int_equal(as_sim_history_make(&b, &scenario, 5), 0);
    assert_int_equal(as_sim_history_make(&c, &scenario, 6), 0);
    size_t bytes = (size_t)a.sessions * scenario.count * sizeof *a.close_cents;
    assert_memory_equal(a.close_cents, b.close_cents, bytes);
    assert_memory_not_equal(a.close_cents, c.close_cents, bytes);
    as_sim_history_fini(&a);
    as_sim_history_fini(&b);
    as_sim_history_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_ends_at_beta_and_sigma),
        cmocka_unit_test(it_ends_at_the_given_close_on_the_session_before),
        cmocka_unit_test(the_seed_decides),
    };
    if (as_sim_scenario_load(&scenario, "examples/reference-day/scenario.yaml") < 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    as_sim_scenario_fini(&scenario);
    return failed;
}
