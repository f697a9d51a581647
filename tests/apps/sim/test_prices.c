#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/prices.h"

enum { SESSIONS = 2000, FINE = 120, SEED = 3 };

static as_sim_market market;

static uint32_t name_of(const char *symbol)
{
    uint32_t instrument = as_symbols_find(&market.universe.symbols, symbol, strlen(symbol));
    return (uint32_t)as_sim_market_find(&market, instrument);
}

/* Daily returns of some names over many sessions of the market's calendar. */
static void daily_returns(uint64_t seed, const uint32_t *name, uint32_t names, double *out)
{
    as_sim_prices prices;
    const as_calendar *calendar = market.universe.calendar[market.sim[0].calendar];
    const as_session *session = as_calendar_session_on(calendar, 20100104);
    double before[8] = {0};
    assert_int_equal(as_sim_prices_init(&prices, &market, seed), 0);
    for (uint32_t t = 0; t < SESSIONS; t++, session = as_calendar_session(calendar, session->close + 1)) {
        as_sim_prices_session(&prices, market.sim[0].calendar, session, false);
        for (uint32_t i = 0; i < names; i++) {
            double level = as_sim_prices_at(&prices, name[i], 1);
            out[i * SESSIONS + t] = level - before[i];
            before[i] = level;
        }
    }
    as_sim_prices_fini(&prices);
}

static double mean_product(const double *x, const double *y, uint32_t count)
{
    double sum = 0;
    for (uint32_t t = 0; t < count; t++)
        sum += x[t] * y[t];
    return sum / count;
}

static double correlation(const double *x, const double *y, uint32_t count)
{
    return mean_product(x, y, count) / sqrt(mean_product(x, x, count) * mean_product(y, y, count));
}

static void daily_moves_have_the_stated_volatility_fat_tails_and_clusters(void **state)
{
    (void)state;
    static double r[3 * SESSIONS], square[SESSIONS];
    const uint32_t name[] = {0, name_of("NVDA"), name_of("XOM")};
    daily_returns(SEED, name, 3, r);
    double kurtosis_sum = 0, clustering_sum = 0;
    for (uint32_t i = 0; i < 3; i++) {
        const as_market_name *n = &market.sim[name[i]];
        double *x = r + i * SESSIONS;
        double factor = market.sim[0].sigma;
        double wanted = i == 0 ? factor : sqrt(n->sigma * n->sigma + n->beta * n->beta * factor * factor);
        double variance = mean_product(x, x, SESSIONS), fourth = 0;
        if (fabs(sqrt(variance) / wanted - 1) > 0.15)
            fail_msg("%s: daily volatility %g, stated %g", n->symbol, sqrt(variance), wanted);
        for (uint32_t t = 0; t < SESSIONS; t++) {
            fourth += x[t] * x[t] * x[t] * x[t] / SESSIONS;
            square[t] = x[t] * x[t] / variance;
            square[t] = (square[t] < 16 ? square[t] : 16) - 1; /* one wild day is not a cluster */
        }
        kurtosis_sum += fourth / variance / variance;
        for (uint32_t lag = 1; lag <= 5; lag++)
            clustering_sum += correlation(square, square + lag, SESSIONS - lag);
        assert_true(fourth / variance / variance > 3.5);
        assert_true(fabs(correlation(x, x + 1, SESSIONS - 1)) < 0.08); /* no memory in the moves themselves */
    }
    assert_true(kurtosis_sum / 3 > 4);
    if (clustering_sum / 15 < 0.05)
        fail_msg("autocorrelation of squares %g", clustering_sum / 15);
}

static void names_share_the_market_and_their_bucket(void **state)
{
    (void)state;
    static double r[4 * SESSIONS];
    const uint32_t name[] = {0, name_of("AMAT"), name_of("LRCX"), name_of("JPM")};
    daily_returns(SEED + 1, name, 4, r);
    const double *m = r, *amat = r + SESSIONS, *lrcx = r + 2 * SESSIONS;
    for (uint32_t i = 1; i < 4; i++) {
        double *x = r + i * SESSIONS;
        double beta = mean_product(x, m, SESSIONS) / mean_product(m, m, SESSIONS);
        if (fabs(beta - market.sim[name[i]].beta) > 0.25)
            fail_msg("%s: beta %g, stated %g", market.sim[name[i]].symbol, beta, market.sim[name[i]].beta);
        for (uint32_t t = 0; t < SESSIONS; t++)
            x[t] -= market.sim[name[i]].beta * m[t];
    }
    double stated = market.sim[name[1]].common * market.sim[name[2]].common;
    double same = correlation(amat, lrcx, SESSIONS), other = correlation(amat, r + 3 * SESSIONS, SESSIONS);
    if (fabs(same - stated) > 0.12 || fabs(other) > 0.08)
        fail_msg("residual correlation in a bucket %g, stated %g; across %g", same, stated, other);
}

static void the_day_is_u_shaped_and_part_of_it_is_overnight(void **state)
{
    (void)state;
    as_sim_prices prices;
    const uint32_t name = name_of("MSFT");
    const as_calendar *calendar = market.universe.calendar[market.sim[0].calendar];
    const as_session *session = as_calendar_session_on(calendar, 20240102);
    double part[13] = {0}, overnight = 0, all = 0, before = 0;
    assert_int_equal(as_sim_prices_init(&prices, &market, SEED), 0);
    for (uint32_t t = 0; t < FINE; t++, session = as_calendar_session(calendar, session->close + 1)) {
        as_sim_prices_session(&prices, market.sim[0].calendar, session, true);
        if (prices.point_count != 1561) { /* a half day */
            before = as_sim_prices_at(&prices, name, prices.point_count - 1);
            continue;
        }
        double open = as_sim_prices_at(&prices, name, 0), close = as_sim_prices_at(&prices, name, 1560);
        overnight += (open - before) * (open - before);
        all += (close - before) * (close - before);
        for (uint32_t k = 0; k < 13; k++)
            for (uint32_t i = 0; i < 120; i += 4) {
                double step =
                    as_sim_prices_at(&prices, name, k * 120 + i + 4) - as_sim_prices_at(&prices, name, k * 120 + i);
                part[k] += step * step;
            }
        before = close;
    }
    as_sim_prices_fini(&prices);
    double ends = part[0] + part[12], middle = part[5] + part[6] + part[7];
    if (ends / 2 < 1.8 * middle / 3)
        fail_msg("ends %g, middle %g", ends / 2, middle / 3);
    if (overnight / all < 0.15 || overnight / all > 0.5)
        fail_msg("overnight share %g", overnight / all);
}

static void seoul_answers_the_next_morning(void **state)
{
    (void)state;
    as_sim_prices prices;
    const uint32_t hynix = name_of("000660.KS");
    const as_calendar *us = market.universe.calendar[market.sim[0].calendar];
    const as_calendar *seoul = market.universe.calendar[market.sim[hynix].calendar];
    const as_session *session = as_calendar_session_on(us, 20240401);
    double xy_before = 0, xx_before = 0, yy = 0, last = 0, market_before = 0, market_last = 0;
    assert_int_equal(as_sim_prices_init(&prices, &market, SEED), 0);
    for (uint32_t t = 0; t < 1000; t++, session = as_calendar_session(us, session->close + 1)) {
        const as_session *morning = as_calendar_session(seoul, session->close);
        as_sim_prices_session(&prices, market.sim[0].calendar, session, false);
        double factor = as_sim_prices_at(&prices, 0, 1);
        market_before = factor - market_last;
        market_last = factor;
        as_sim_prices_session(&prices, market.sim[hynix].calendar, morning, false);
        double level = as_sim_prices_at(&prices, hynix, 1), r = level - last;
        last = level;
        xy_before += r * market_before;
        xx_before += market_before * market_before;
        yy += r * r;
    }
    as_sim_prices_fini(&prices);
    if (fabs(xy_before / xx_before - market.sim[hynix].beta) > 0.25)
        fail_msg("Seoul's beta to the session before is %g", xy_before / xx_before);
    assert_true(yy > 0);
}

static void the_seed_decides_and_a_name_more_changes_nobody_else(void **state)
{
    (void)state;
    static double a[2 * SESSIONS], b[2 * SESSIONS], c[2 * SESSIONS];
    const uint32_t name[] = {0, name_of("NVDA")};
    daily_returns(5, name, 2, a);
    daily_returns(5, name, 2, b);
    daily_returns(6, name, 2, c);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    uint32_t count = market.count;
    market.count = name[1] + 1; /* the names behind it are gone */
    daily_returns(5, name, 2, b);
    market.count = count;
    assert_memory_equal(a, b, sizeof a);
}

static void sigma_is_what_the_session_to_come_has(void **state)
{
    (void)state;
    as_sim_prices prices;
    const uint32_t name = name_of("NVDA");
    const as_calendar *calendar = market.universe.calendar[market.sim[0].calendar];
    const as_session *session = as_calendar_session_on(calendar, 20100104);
    double sum = 0, before = 0, factor_before = 0, low = 1, high = 0;
    assert_int_equal(as_sim_prices_init(&prices, &market, SEED), 0);
    assert_true(fabs(as_sim_prices_sigma(&prices, name) - market.sim[name].sigma) < 1e-12);
    for (uint32_t t = 0; t < SESSIONS; t++, session = as_calendar_session(calendar, session->close + 1)) {
        double sigma = as_sim_prices_sigma(&prices, name);
        as_sim_prices_session(&prices, market.sim[0].calendar, session, false);
        double level = as_sim_prices_at(&prices, name, 1), factor = as_sim_prices_at(&prices, 0, 1);
        double residual = level - before - market.sim[name].beta * (factor - factor_before);
        sum += residual * residual / sigma / sigma;
        low = sigma < low ? sigma : low;
        high = sigma > high ? sigma : high;
        before = level;
        factor_before = factor;
    }
    as_sim_prices_fini(&prices);
    assert_true(fabs(sum / SESSIONS - 1) < 0.15);
    assert_true(high > 1.5 * low);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(daily_moves_have_the_stated_volatility_fat_tails_and_clusters),
        cmocka_unit_test(names_share_the_market_and_their_bucket),
        cmocka_unit_test(the_day_is_u_shaped_and_part_of_it_is_overnight),
        cmocka_unit_test(seoul_answers_the_next_morning),
        cmocka_unit_test(the_seed_decides_and_a_name_more_changes_nobody_else),
        cmocka_unit_test(sigma_is_what_the_session_to_come_has),
    };
    if (as_sim_market_load(&market, "examples/market/market.yaml") < 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    as_sim_market_fini(&market);
    return failed;
}
