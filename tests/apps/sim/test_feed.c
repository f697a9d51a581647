#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/feed.h"

static as_sim_market market;

static uint32_t name_of(const char *symbol)
{
    uint32_t instrument = as_symbols_find(&market.universe.symbols, symbol, strlen(symbol));
    return (uint32_t)as_sim_market_find(&market, instrument);
}

typedef struct world {
    as_sim_plan plan;
    as_sim_feed feed;
    as_sim_tick *tick;
} world;

static void begin(world *w, uint64_t seed, uint32_t sessions)
{
    assert_int_equal(as_sim_plan_make(&w->plan, &market, seed, sessions), 0);
    assert_int_equal(as_sim_feed_init(&w->feed, &w->plan, seed), 0);
    w->tick = calloc(as_sim_feed_tick_max(&w->feed), sizeof *w->tick);
    assert_non_null(w->tick);
}

static void end(world *w)
{
    free(w->tick);
    as_sim_feed_fini(&w->feed);
    as_sim_plan_fini(&w->plan);
}

/* Roll 1984: prices of trades have a negative first autocovariance, about -half_spread^2; mids have none. */
static void trades_bounce_and_mids_do_not(void **state)
{
    (void)state;
    world w;
    const uint32_t name = name_of("CIEN");
    double bounce = 0, mids = 0, half_squared = 0, count = 0;
    begin(&w, 2, 20);
    while (as_sim_feed_next(&w.feed)) {
        if (w.feed.history || !as_sim_feed_trades(&w.feed, name))
            continue;
        uint32_t n = as_sim_feed_ticks(&w.feed, name, false, w.tick) - 1; /* without the auction */
        for (uint32_t i = 2; i < n; i++) {
            const as_sim_tick *a = &w.tick[i - 2], *b = &w.tick[i - 1], *c = &w.tick[i];
            if (a->ts < w.feed.slot->session->open + 1800 * AS_NS_PER_S)
                continue; /* wide */
            bounce += log((double)b->px / (double)a->px) * log((double)c->px / (double)b->px);
            mids += log((double)b->mid_px / (double)a->mid_px) * log((double)c->mid_px / (double)b->mid_px);
            half_squared += pow((double)(c->ask_px - c->bid_px) / (double)(c->ask_px + c->bid_px), 2);
            count++;
        }
    }
    end(&w);
    assert_true(count > 1000);
    if (bounce / half_squared > -0.5 || bounce / half_squared < -1.5)
        fail_msg("autocovariance of trades is %g half-spreads squared", bounce / half_squared);
    if (fabs(mids / half_squared) > 0.5)
        fail_msg("autocovariance of mids is %g half-spreads squared", mids / half_squared);
}

static void ticks_are_in_order_and_quotes_enclose_the_mid(void **state)
{
    (void)state;
    world w;
    begin(&w, 3, 2);
    double spread_open = 0, spread_midday = 0, opens = 0, middays = 0;
    while (as_sim_feed_next(&w.feed)) {
        const as_session *session = w.feed.slot->session;
        for (uint32_t name = 0; !w.feed.history && name < market.count; name++) {
            if (!as_sim_feed_trades(&w.feed, name))
                continue;
            uint32_t count = as_sim_feed_ticks(&w.feed, name, true, w.tick);
            assert_true(count <= as_sim_feed_tick_max(&w.feed));
            for (uint32_t i = 0; i < count; i++) {
                const as_sim_tick *t = &w.tick[i];
                assert_true(t->ts > session->open && t->ts < session->close);
                assert_true(i == 0 || t->ts >= w.tick[i - 1].ts);
                assert_true(t->bid_px < t->ask_px && t->bid_px > 0);
                assert_int_equal(t->bid_px % market.sim[name].tick_px, 0);
                assert_true(t->bid_px - market.sim[name].tick_px <= t->mid_px &&
                            t->mid_px <= t->ask_px + market.sim[name].tick_px);
                assert_true(t->qty > 0 && (!t->trade || (t->px >= t->bid_px && t->px <= t->ask_px)));
                double spread = (double)(t->ask_px - t->bid_px) / (double)t->mid_px / market.sim[name].spread_bps;
                bool midday = t->ts > session->open + 3 * 3600 * AS_NS_PER_S;
                spread_open += t->ts < session->open + 60 * AS_NS_PER_S ? spread : 0;
                opens += t->ts < session->open + 60 * AS_NS_PER_S;
                spread_midday += midday ? spread : 0;
                middays += midday;
            }
            assert_true(w.tick[count - 1].ts > session->close - AS_NS_PER_S); /* the auction */
        }
    }
    assert_true(spread_open / opens > 1.2 * spread_midday / middays);
    end(&w);
}

static void thin_names_are_silent_for_whole_bars_and_liquid_ones_are_not(void **state)
{
    (void)state;
    world w;
    uint32_t silent[2] = {0}, names[2] = {name_of("HUT"), name_of("NVDA")};
    begin(&w, 4, 5);
    while (as_sim_feed_next(&w.feed))
        for (unsigned k = 0; k < 2 && !w.feed.history && as_sim_feed_trades(&w.feed, names[k]); k++) {
            bool bar[80] = {false};
            uint32_t count = as_sim_feed_ticks(&w.feed, names[k], false, w.tick);
            for (uint32_t i = 0; i < count; i++)
                bar[(w.tick[i].ts - w.feed.slot->session->open) / (300 * AS_NS_PER_S)] = true;
            for (unsigned b = 0; b < 78; b++)
                silent[k] += !bar[b];
        }
    end(&w);
    assert_true(silent[0] > 5 * 78 / 4);
    assert_true(silent[1] < 5);
}

static void trades_are_the_same_with_and_without_quotes(void **state)
{
    (void)state;
    world a, b;
    begin(&a, 5, 2);
    begin(&b, 5, 2);
    while (as_sim_feed_next(&a.feed)) {
        assert_true(as_sim_feed_next(&b.feed));
        for (uint32_t name = 0; !a.feed.history && name < 8; name++) {
            if (!as_sim_feed_trades(&a.feed, name))
                continue;
            uint32_t plain = as_sim_feed_ticks(&a.feed, name, false, a.tick), next = 0;
            uint32_t all = as_sim_feed_ticks(&b.feed, name, true, b.tick);
            for (uint32_t i = 0; i < all; i++) {
                if (!b.tick[i].trade)
                    continue;
                assert_int_equal(b.tick[i].ts, a.tick[next].ts);
                assert_int_equal(b.tick[i].px, a.tick[next++].px);
            }
            assert_int_equal(next, plain);
        }
    }
    assert_false(as_sim_feed_next(&b.feed));
    end(&a);
    end(&b);
}

/* Against the same prices without events: the difference is what was planted, nothing before t0, and nothing else. */
static void what_is_planted_is_in_the_prices(void **state)
{
    (void)state;
    world with;
    enum { SESSIONS = 12 };
    as_sim_prices prices;
    begin(&with, 6, SESSIONS);
    assert_int_equal(as_sim_prices_init(&prices, &market, 6), 0);
    uint32_t seen = 0, over = 0;
    double noon = 0.6, share = market.volatility.overnight;
    while (as_sim_feed_next(&with.feed)) {
        const as_session *session = with.feed.slot->session;
        as_sim_prices_session(&prices, with.feed.slot->calendar, session, !with.feed.history);
        if (with.feed.history)
            continue;
        uint64_t points = prices.point_count - 1, at = (uint64_t)(noon * (double)points);
        at -= at % (60 / AS_SIM_STEP_S);
        uint64_t ts = session->open + at * AS_SIM_STEP_S * AS_NS_PER_S;
        double clock = as_session_clock(session, ts, share);
        for (uint32_t name = 1; name < market.count; name++) {
            if (!as_sim_feed_trades(&with.feed, name))
                continue;
            double planted = 0;
            for (uint32_t i = 0; i < with.plan.event_count; i++) {
                const as_plan_event *e = &with.plan.event[i];
                for (uint32_t k = 0; e->t0 < session->close && k < e->planted_count; k++) {
                    const as_planted *p = &e->planted[k];
                    if (p->name != name || e->kind >= AS_PLANT_PRICED)
                        continue;
                    assert_true(p->sigma > 0);
                    assert_true(ts > e->t0 || as_sim_planted_move(p, (as_plant_kind)e->kind, clock) == 0);
                    planted += as_sim_planted_move(p, (as_plant_kind)e->kind, clock);
                    over += p->excess != 0 && ts > e->t0;
                }
            }
            double mid = as_sim_feed_mid(&with.feed, name, ts);
            double without = market.sim[name].close * exp(as_sim_prices_at(&prices, name, (uint32_t)at));
            if (fabs(log(mid / without) - planted) > 2e-4 + 0.012 * fabs(planted)) /* twelve nights of the pull */
                fail_msg("%s: moved %g, planted %g", market.sim[name].symbol, log(mid / without), planted);
            seen += planted != 0;
        }
    }
    as_sim_prices_fini(&prices);
    end(&with);
    assert_true(seen > 50 && over > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trades_bounce_and_mids_do_not),
        cmocka_unit_test(ticks_are_in_order_and_quotes_enclose_the_mid),
        cmocka_unit_test(thin_names_are_silent_for_whole_bars_and_liquid_ones_are_not),
        cmocka_unit_test(trades_are_the_same_with_and_without_quotes),
        cmocka_unit_test(what_is_planted_is_in_the_prices),
    };
    if (as_sim_market_load(&market, "examples/market/market.yaml") < 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    as_sim_market_fini(&market);
    return failed;
}
