#include "apps/sim/prices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/logexp.h"
#include "core/stats/seasonality.h"

enum { JUMP_MAX = 8 };

static const double h_min = 0.05, h_max = 25; /* no day is 5 times as wild as usual, none dead */

typedef struct as_jump {
    double at, size; /* share of the day's variance; daily sigmas */
} as_jump;

static uint32_t bucket_series(uint8_t bucket)
{
    return 1u + bucket;
}

static uint32_t own_series(uint32_t name)
{
    return 1u + AS_BUCKET_MAX + name;
}

/* Grid points of the longest session: one in the middle of the week and of the year is no half day. */
static uint32_t points_of(const as_sim_market *market)
{
    const int32_t ordinary = 20240612;
    uint64_t longest = 0;
    for (uint32_t i = 0; i < market->count; i++) {
        const as_calendar *calendar = market->universe.calendar[market->sim[i].calendar];
        const as_session *session = as_calendar_session_on(calendar, ordinary);
        uint64_t length = session ? session->close - session->open : 0;
        longest = length > longest ? length : longest;
    }
    return (uint32_t)(longest / (AS_SIM_STEP_S * AS_NS_PER_S)) + 1;
}

int as_sim_prices_init(as_sim_prices *prices, const as_sim_market *market, uint64_t seed)
{
    uint32_t count = own_series(market->count);
    *prices = (as_sim_prices){.market = market, .point_max = points_of(market)};
    prices->series = calloc(count, sizeof *prices->series);
    prices->elapsed = calloc(prices->point_max, sizeof *prices->elapsed);
    prices->path = calloc((size_t)count * prices->point_max, sizeof *prices->path);
    if (!prices->series || !prices->elapsed || !prices->path) {
        as_sim_prices_fini(prices);
        return as_error_set(-ENOMEM, "out of memory for the prices of %u names", market->count);
    }
    for (uint32_t i = 0; i < count; i++) {
        char label[64];
        if (i >= own_series(0))
            (void)snprintf(label, sizeof label, "prices/name/%s", market->sim[i - own_series(0)].symbol);
        else if (i > 0 && i - 1 < market->universe.bucket_count)
            (void)snprintf(label, sizeof label, "prices/bucket/%s", market->universe.bucket[i - 1]);
        else
            (void)snprintf(label, sizeof label, "prices/factor/%u", i);
        as_sim_random_init(&prices->series[i].random, seed, label);
        prices->series[i].h = 1;
        prices->series[i].path = prices->path + (size_t)i * prices->point_max;
    }
    return 0;
}

void as_sim_prices_fini(as_sim_prices *prices)
{
    free(prices->series);
    free(prices->elapsed);
    free(prices->path);
    *prices = (as_sim_prices){0};
}

/* k of the day: (v - 2) / chi^2_v, mean 1. */
static double mixing(as_sim_random *random, uint32_t tails)
{
    double sum = 0;
    for (uint32_t i = 0; i < tails; i++) {
        double x = as_sim_random_normal(random);
        sum += x * x;
    }
    return (double)(tails - 2) / (sum > 1e-3 ? sum : 1e-3);
}

static uint32_t draw_jumps(as_sim_series *series, const as_volatility *v, double scale, as_jump *jump)
{
    uint32_t count = 0;
    double left = v->jump_rate;
    while (count < JUMP_MAX && left > 0 && as_sim_random_uniform(&series->random) < left) {
        jump[count].at = as_sim_random_uniform(&series->random);
        jump[count++].size = scale * v->jump_size * as_sim_random_normal(&series->random);
        left -= 1;
    }
    return count;
}

/* Sum of the jumps in (from, to]. */
static double jumped(const as_jump *jump, uint32_t count, double from, double to)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += jump[i].at > from && jump[i].at <= to ? jump[i].size : 0;
    return sum;
}

/* One session of one series, on points of elapsed share of the regular session's variance. */
static void make_path(as_sim_series *series, const as_volatility *v, const double *elapsed, uint32_t points)
{
    as_jump jump[JUMP_MAX];
    double before = series->level * (1 - AS_SIM_PULL);
    double calm = as_sqrt(series->h * mixing(&series->random, v->tails));
    uint32_t jumps = draw_jumps(series, v, as_sqrt(series->h), jump);
    double diffusion = calm * as_sqrt(1 - v->jump_rate * v->jump_size * v->jump_size);
    double at = v->overnight;
    double level = before + diffusion * as_sqrt(v->overnight) * as_sim_random_normal(&series->random) +
                   jumped(jump, jumps, -1, at);
    series->path[0] = level;
    for (uint32_t k = 1; k < points; k++) {
        double step = (1 - v->overnight) * (elapsed[k] - elapsed[k - 1]);
        level += diffusion * as_sqrt(step) * as_sim_random_normal(&series->random);
        if (jumps)
            level += jumped(jump, jumps, at, at + step);
        at += step;
        series->path[k] = level;
    }
    double move = level - before;
    double h = 1 - v->arch - v->garch + v->arch * move * move + v->garch * series->h;
    series->h = h < h_min ? h_min : h > h_max ? h_max : h;
    series->level = level;
}

void as_sim_prices_session(as_sim_prices *prices, uint32_t calendar, const as_session *session, bool fine)
{
    const as_sim_market *m = prices->market;
    uint64_t points = (session->close - session->open) / (AS_SIM_STEP_S * AS_NS_PER_S) + 1;
    points = points < prices->point_max ? points : prices->point_max;
    prices->point_count = fine ? (uint32_t)points : 2;
    prices->session = session;
    for (uint32_t k = 0; k < prices->point_count; k++)
        prices->elapsed[k] = as_seasonality_cumulative((double)k / (double)(prices->point_count - 1));
    bool factors = calendar == m->sim[0].calendar;
    prices->factor_points = factors ? prices->point_count : 0;
    if (factors) {
        make_path(&prices->series[0], &m->volatility, prices->elapsed, prices->point_count);
        for (uint8_t b = 0; b < m->universe.bucket_count; b++)
            make_path(&prices->series[bucket_series(b)], &m->volatility, prices->elapsed, prices->point_count);
    }
    for (uint32_t i = 1; i < m->count; i++)
        if (m->sim[i].calendar == calendar)
            make_path(&prices->series[own_series(i)], &m->volatility, prices->elapsed, prices->point_count);
}

static double factor_at(const as_sim_prices *prices, uint32_t series, uint32_t point)
{
    const as_sim_series *s = &prices->series[series];
    return prices->factor_points ? s->path[point] : s->level;
}

double as_sim_prices_at(const as_sim_prices *prices, uint32_t name, uint32_t point)
{
    const as_market_name *n = &prices->market->sim[name];
    double market = prices->market->sim[0].sigma * factor_at(prices, 0, point);
    if (name == 0)
        return market;
    double own = prices->series[own_series(name)].path[point];
    if (n->bucket != AS_BUCKET_NONE)
        own = n->common * factor_at(prices, bucket_series(n->bucket), point) + as_sqrt(1 - n->common * n->common) * own;
    return n->beta * market + n->sigma * own;
}

double as_sim_prices_sigma(const as_sim_prices *prices, uint32_t name)
{
    const as_market_name *n = &prices->market->sim[name];
    double own = prices->series[own_series(name)].h, common = n->common * n->common;
    if (name == 0)
        return n->sigma * as_sqrt(prices->series[0].h);
    if (n->bucket == AS_BUCKET_NONE)
        return n->sigma * as_sqrt(own);
    return n->sigma * as_sqrt(common * prices->series[bucket_series(n->bucket)].h + (1 - common) * own);
}
