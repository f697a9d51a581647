#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/plan.h"
#include "core/logexp.h"

enum { SESSIONS = 400 };

static as_sim_market market;
static as_sim_plan plan;

static void sessions_of_all_calendars_come_in_order(void **state)
{
    (void)state;
    uint32_t calendars = 0, history = 0;
    assert_int_equal(plan.session_count, SESSIONS);
    assert_int_equal(plan.history_count, market.history_count);
    assert_int_equal(plan.session[0]->date, 20250203);
    assert_int_equal(plan.history[plan.history_count - 1]->close, plan.session[0]->prev_close);
    for (uint32_t i = 0; i < plan.slot_count; i++) {
        assert_true(i == 0 || plan.slot[i].session->open >= plan.slot[i - 1].session->open);
        calendars |= 1u << plan.slot[i].calendar;
        history += plan.slot[i].calendar == market.sim[0].calendar &&
                   plan.slot[i].session->close <= plan.session[0]->prev_close;
    }
    assert_int_equal(__builtin_popcount(calendars), 2);
    assert_int_equal(history, market.history_count);
}

static void events_come_as_often_and_of_the_kinds_as_stated(void **state)
{
    (void)state;
    double kind[AS_PLANT_KIND_COUNT] = {0}, priced = 0, early = 0, weight = 0;
    for (uint32_t i = 0; i < plan.event_count; i++) {
        const as_plan_event *e = &plan.event[i];
        kind[e->kind]++;
        assert_true(i == 0 || e->t0 >= plan.event[i - 1].t0);
        const as_session *session = plan.session[e->session];
        assert_true(e->t0 > session->prev_close && e->t0 < session->close);
        if (e->kind >= AS_PLANT_PRICED)
            continue;
        priced++;
        early += e->t0 < session->open;
    }
    for (unsigned k = 0; k < AS_PLANT_PRICED; k++)
        weight += market.plant.kind[k];
    assert_true(fabs(priced - SESSIONS / market.plant.every) < 35);
    assert_true(fabs(kind[AS_PLANT_NOISE] - SESSIONS / market.plant.noise_every) < 45);
    assert_true(fabs(kind[AS_PLANT_UNRELATED] / SESSIONS / market.plant.unrelated - 1) < 0.05);
    assert_true(fabs(early / priced - market.plant.before_open) < 0.15);
    for (unsigned k = 0; k < AS_PLANT_PRICED; k++)
        if (fabs(kind[k] / priced - market.plant.kind[k] / weight) > 0.12)
            fail_msg("%s: %g of %g", as_plant_kind_text((as_plant_kind)k), kind[k], priced);
}

/* Else the desk would hang the second event on the first one's fact. */
static void no_family_comes_twice_on_an_issuer_while_its_fact_is_open(void **state)
{
    (void)state;
    const as_calendar *calendar = market.universe.calendar[market.sim[0].calendar];
    for (uint32_t i = 0; i < plan.event_count; i++) {
        const as_plan_event *a = &plan.event[i];
        uint64_t last = a->answered_at > a->t0 ? a->answered_at : a->t0;
        for (uint32_t k = i + 1; a->kind != AS_PLANT_UNRELATED && k < plan.event_count; k++) {
            const as_plan_event *b = &plan.event[k];
            if (b->kind == AS_PLANT_UNRELATED || b->issuer != a->issuer || strcmp(a->family, b->family) != 0)
                continue;
            int64_t apart = as_calendar_session(calendar, b->t0)->index - as_calendar_session(calendar, last)->index;
            assert_true(apart >= AS_PLAN_GAP_SESSIONS);
        }
    }
}

static void headlines_are_in_order_and_events_know_theirs(void **state)
{
    (void)state;
    uint32_t listed = 0;
    for (uint32_t i = 0; i < plan.headline_count; i++) {
        assert_true(i == 0 || plan.headline[i].ts >= plan.headline[i - 1].ts);
        assert_true(plan.headline[i].ts <= plan.session[SESSIONS - 1]->close);
        assert_null(strpbrk(plan.headline[i].text, "\"\\%"));
    }
    for (uint32_t i = 0; i < plan.event_count; i++) {
        const as_plan_event *e = &plan.event[i];
        listed += e->headline_count;
        assert_true(e->headline_count >= 1);
        uint32_t first = (uint32_t)strtoul(strchr(e->headline[0], '-') + 1, NULL, 10) - 1;
        assert_int_equal(plan.headline[first].ts, e->t0);
        assert_string_equal(plan.headline[first].id, e->headline[0]);
        assert_int_equal(plan.headline[first].issuer, e->issuer);
        bool answers = e->kind == AS_PLANT_DENIAL || e->kind == AS_PLANT_RUMOUR_CONFIRMED;
        assert_true(answers || !e->answered_at);
        assert_true(!e->answered_at || e->answered_at > e->t_ref);
        assert_true(!answers || e->status <= AS_PLANT_RUMOUR_T2);
    }
    assert_int_equal(listed, plan.headline_count);
}

/* Weights are N(w, s_w); excesses lie in their range, on the chain's side, on the share that was stated. */
static void planted_sizes_are_as_stated(void **state)
{
    (void)state;
    double sum = 0, squares = 0, names = 0, over = 0, chosen = 0;
    for (uint32_t i = 0; i < plan.event_count; i++) {
        const as_plan_event *e = &plan.event[i];
        for (uint32_t k = 0; k < e->planted_count; k++) {
            const as_planted *p = &e->planted[k];
            if (e->kind >= AS_PLANT_PRICED) {
                assert_true(p->e_true == 0 && p->excess == 0);
                continue;
            }
            assert_true(p->h_ref > 0.02 && p->h_ref < 2);
            if (p->epicentre) {
                assert_true(fabs(p->e_true) >= 3 && fabs(p->e_true) <= 6 && fabs(fabs(p->e_true) - e->m) < 1e-12);
                continue;
            }
            double noise = (p->w_true - p->w) / p->s_w;
            sum += noise;
            squares += noise * noise;
            names++;
            assert_true(fabs(fabs(p->e) - fabs(p->w) * e->g * e->m) < 1e-12);
            assert_true(fabs(fabs(p->e_true) - fabs(p->w_true) * e->g * e->m) < 1e-12);
            bool can = e->kind == AS_PLANT_OVERREACTION || e->kind == AS_PLANT_NO_REVERSION;
            over += can;
            chosen += p->excess != 0;
            assert_true(can || p->excess == 0);
            if (p->excess == 0)
                continue;
            double den = sqrt(1 + pow(p->s_w * e->g * e->m, 2));
            assert_true(fabs(p->excess / den - p->planted_os) < 1e-9);
            assert_true(fabs(p->planted_os) >= 2.5 && fabs(p->planted_os) <= 5);
            assert_true(p->e == 0 || p->e * p->excess > 0);
            assert_true(e->kind == AS_PLANT_OVERREACTION ? p->half_life >= 0.25 && p->half_life <= 3
                                                         : p->half_life == 0);
        }
    }
    assert_true(names > 1000);
    assert_true(fabs(sum / names) < 0.1 && fabs(squares / names - 1) < 0.1);
    assert_true(fabs(chosen / over - 0.5) < 0.08);
}

static void a_planted_move_is_whole_at_t_ref_and_its_excess_halves(void **state)
{
    (void)state;
    as_planted p = {.e_true = -1.5,
                    .excess = -3,
                    .half_life = 0.5,
                    .v_anchor = 100,
                    .v_start = 100.1,
                    .v_ref = 100.4,
                    .h_ref = 0.4,
                    .sigma = 0.02};
    double scale = 0.02 * sqrt(0.4);
    assert_true(as_sim_planted_move(&p, AS_PLANT_OVERREACTION, 100.05) == 0);
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_OVERREACTION, 100.1) + 4.5 * scale / 2) < 1e-12);
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_OVERREACTION, 100.4) + 4.5 * scale) < 1e-12);
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_OVERREACTION, 100.9) + (1.5 + 1.5) * scale) < 1e-12);
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_OVERREACTION, 101.4) + (1.5 + 0.75) * scale) < 1e-12);
    p.half_life = 0;
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_NO_REVERSION, 109) + 4.5 * scale) < 1e-12);
    assert_true(as_sim_planted_move(&p, AS_PLANT_NOISE, 109) == 0);
}

static void a_denial_takes_it_back_and_a_confirmation_adds(void **state)
{
    (void)state;
    as_planted p = {.e_true = 2,
                    .e_confirmed = 1,
                    .v_anchor = 100,
                    .v_start = 100,
                    .v_ref = 100.4,
                    .h_ref = 0.4,
                    .v_answer = 101,
                    .sigma = 0.02};
    double scale = 0.02 * sqrt(0.4);
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_DENIAL, 101) - 2 * scale) < 1e-12);
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_DENIAL, 101.04) - scale) < 1e-12);
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_DENIAL, 101.08)) < 1e-12);
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_RUMOUR_CONFIRMED, 101) - 2 * scale) < 1e-12);
    assert_true(fabs(as_sim_planted_move(&p, AS_PLANT_RUMOUR_CONFIRMED, 102) - 3 * scale) < 1e-12);
}

static void the_seed_decides(void **state)
{
    (void)state;
    as_sim_plan a, b;
    assert_int_equal(as_sim_plan_make(&a, &market, 9, 30), 0);
    assert_int_equal(as_sim_plan_make(&b, &market, 10, 30), 0);
    assert_true(a.event_count != b.event_count || a.event[0].t0 != b.event[0].t0);
    as_sim_plan_fini(&b);
    assert_int_equal(as_sim_plan_make(&b, &market, 9, 30), 0);
    assert_int_equal(a.event_count, b.event_count);
    assert_int_equal(a.headline_count, b.headline_count);
    for (uint32_t i = 0; i < a.headline_count; i++) {
        assert_string_equal(a.headline[i].text, b.headline[i].text);
        assert_int_equal(a.headline[i].ts, b.headline[i].ts);
    }
    as_sim_plan_fini(&a);
    as_sim_plan_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_of_all_calendars_come_in_order),
        cmocka_unit_test(events_come_as_often_and_of_the_kinds_as_stated),
        cmocka_unit_test(no_family_comes_twice_on_an_issuer_while_its_fact_is_open),
        cmocka_unit_test(headlines_are_in_order_and_events_know_theirs),
        cmocka_unit_test(planted_sizes_are_as_stated),
        cmocka_unit_test(a_planted_move_is_whole_at_t_ref_and_its_excess_halves),
        cmocka_unit_test(a_denial_takes_it_back_and_a_confirmation_adds),
        cmocka_unit_test(the_seed_decides),
    };
    if (as_sim_market_load(&market, "examples/market/market.yaml") < 0 ||
        as_sim_plan_make(&plan, &market, 1, SESSIONS) < 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    as_sim_plan_fini(&plan);
    as_sim_market_fini(&market);
    return failed;
}
