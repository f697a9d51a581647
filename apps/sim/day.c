#include "apps/sim/day.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/random.h"
#include "apps/sim/tape.h"
#include "core/error.h"
#include "core/logexp.h"
#include "core/stats/seasonality.h"

static const double near_threshold = 1.5; /* |z| from which a name must not pass its closing z on the way */

/* One name on its way. */
typedef struct as_sim_way {
    as_sim_random random;
    double first;       /* share of the closing z that the open shows */
    double settled;     /* share of the session after which all of it is there */
    double wander;      /* of z around the way, standard deviation at midday twice this */
    double at;          /* share of the session's variance at the latest step */
    double bridge;      /* Brownian bridge at that moment, 0 at both ends */
    double spread;      /* typical, share of the price */
    int64_t mid_cents2; /* as quoted, in half cents */
} as_sim_way;

typedef struct as_sim_moment {
    uint64_t ts; /* ns UTC */
    uint32_t name;
    uint32_t last; /* 1: the name's last quote of the session */
} as_sim_moment;

typedef struct as_sim_maker {
    const as_sim_scenario *scenario;
    as_sim_tape tape;
    as_sim_way *way;
    as_sim_moment *moment;
    size_t moment_count;
    double share_before; /* session clock at the close before */
} as_sim_maker;

/* ---- when ---- */

static int earlier(const void *a, const void *b)
{
    const as_sim_moment *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

/* Share of the session after which a share of its activity has passed: half of it even, half along the variance. */
static double time_of_activity(double activity)
{
    double low = 0, high = 1;
    for (unsigned i = 0; i < 48; i++) {
        double middle = (low + high) / 2;
        if (0.5 * middle + 0.5 * as_seasonality_cumulative(middle) < activity)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* Evenly spaced in activity, each moved at random within its place: no name is silent for much more than its share. */
static void schedule(as_sim_maker *maker, uint32_t i)
{
    const as_sim_scenario *s = maker->scenario;
    const as_session *session = s->session;
    as_sim_random *random = &maker->way[i].random;
    uint32_t count = s->sim[i].quote_count;
    double length = (double)(session->close - session->open);
    for (uint32_t k = 0; k < count; k++) {
        double place = ((double)k + 0.2 + 0.6 * as_sim_random_uniform(random)) / (double)count;
        uint64_t ts = session->open + (uint64_t)(time_of_activity(place) * length);
        if (k == 0) /* the market first, then the epicentre: nothing is measured against yesterday's market */
            ts = session->open + 1000000 * (uint64_t)(s->sim[i].role + 1) + as_sim_random_below(random, 900000);
        if (k + 1 == count)
            ts = session->close - AS_NS_PER_S * (i == 0 ? 3 : 1) + as_sim_random_below(random, 900000000);
        maker->moment[maker->moment_count++] = (as_sim_moment){.ts = ts, .name = i, .last = k + 1 == count};
    }
}

/* ---- how ---- */

static void start_way(as_sim_maker *maker, uint32_t i, uint64_t seed)
{
    const as_sim_name *name = &maker->scenario->sim[i];
    as_sim_way *way = &maker->way[i];
    char label[64];
    (void)snprintf(label, sizeof label, "day/%s", name->symbol);
    *way = (as_sim_way){.first = 1, .settled = 1, .mid_cents2 = 2 * name->close_cents};
    as_sim_random_init(&way->random, seed, label);
    double u = as_sim_random_uniform(&way->random), v = as_sim_random_uniform(&way->random);
    way->spread = i == 0 ? 0 : 5e-5 + 6e-3 * name->sigma * (0.8 + 0.4 * v);
    if (name->role == AS_SIM_EPICENTRE) {
        way->wander = 0.15;
    } else if (name->expected == AS_SIM_JUSTIFIED) {
        way->first = 0.92 + 0.06 * u;
        way->settled = 0.2 + 0.2 * v;
        way->wander = 0.06;
    } else if (i > 0) {
        way->first = 0.72 + 0.18 * u;
        way->settled = 0.35 + 0.5 * v;
        way->wander = 0.16;
    }
}

/* Step a Brownian bridge on [0, 1] to `to`. */
static void step_bridge(as_sim_way *way, double to)
{
    double left = 1 - way->at;
    double step = to - way->at;
    double noise = as_sim_random_normal(&way->random);
    if (step <= 0 || left <= 0)
        return;
    if (to >= 1) {
        way->bridge = 0;
    } else {
        way->bridge += -way->bridge * step / left + as_sqrt(step * (1 - to) / left) * noise;
    }
    way->at = to;
}

static double smooth(double x)
{
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return x * x * (3 - 2 * x);
}

/* z at a share of the session's variance. */
static double z_at(const as_sim_name *name, const as_sim_way *way)
{
    double share = way->first + (1 - way->first) * smooth(way->at / way->settled);
    double target = name->z * share;
    double wander = 2 * way->wander * way->bridge;
    if (fabs(name->z) < near_threshold && name->expected != AS_SIM_JUSTIFIED)
        return target + wander;
    double sign = name->z < 0 ? -1 : 1;
    return target - sign * fabs(wander);
}

/* Log distance from the close before. */
static double level_at(const as_sim_maker *maker, uint32_t i, double elapsed)
{
    const as_sim_name *name = &maker->scenario->sim[i], *market = &maker->scenario->sim[0];
    const as_sim_way *way = &maker->way[i];
    if (i == 0)
        return name->move * elapsed + 0.7 * name->sigma * way->bridge;
    double moved = as_log((double)maker->way[0].mid_cents2 / (2 * (double)market->close_cents));
    return name->beta * moved + name->sigma * as_sqrt(elapsed) * z_at(name, way);
}

/* ---- what ---- */

static uint64_t since_midnight(const as_sim_maker *maker, uint64_t ts)
{
    return ts - maker->scenario->midnight;
}

/* Ticks between bid and ask: wider in the first minutes, now and then one more. */
static int64_t spread_ticks(as_sim_maker *maker, as_sim_way *way, double price, uint64_t ts)
{
    double minutes = (double)(ts - maker->scenario->session->open) / 60e9;
    double wide = 1 + 1.2 * as_exp(-minutes / 4);
    int64_t ticks = (int64_t)(price * way->spread * wide * 100 + 0.5) +
                    (way->spread > 0 && as_sim_random_below(&way->random, 5) == 0);
    return ticks < 1 ? 1 : ticks;
}

static void quote(as_sim_maker *maker, const as_sim_moment *moment)
{
    const as_sim_scenario *s = maker->scenario;
    const as_sim_name *name = &s->sim[moment->name];
    as_sim_way *way = &maker->way[moment->name];
    double overnight = s->playbook->thresholds.overnight_share;
    double elapsed = moment->last ? 1 : as_session_clock(s->session, moment->ts, overnight) - maker->share_before;
    double regular = (elapsed - overnight) / (1 - overnight);
    step_bridge(way, regular < 0 ? 0 : regular);

    double price = (double)name->close_cents / 100 * as_exp(level_at(maker, moment->name, elapsed));
    int64_t ticks = spread_ticks(maker, way, price, moment->ts);
    int64_t bid = (int64_t)(price * 100 - 0.5 * (double)ticks + 0.5);
    bid = bid < 1 ? 1 : bid;
    way->mid_cents2 = 2 * bid + ticks;
    if (as_sim_random_below(&way->random, 10) < 3) /* somebody takes, and the quote moves on */
        as_sim_tape_trade(&maker->tape, since_midnight(maker, moment->ts), moment->name,
                          as_sim_random_below(&way->random, 2) != 0);
    as_sim_tape_quote(&maker->tape, since_midnight(maker, moment->ts), moment->name, (uint32_t)(bid * AS_SIM_TICK_PX4),
                      (uint32_t)((bid + ticks) * AS_SIM_TICK_PX4));
}

static void before_open(as_sim_maker *maker)
{
    as_sim_tape *tape = &maker->tape;
    const uint64_t hour = 3600 * AS_NS_PER_S;
    as_sim_tape_system(tape, 3 * hour, 'O');
    for (uint32_t i = 0; i < maker->scenario->count; i++)
        as_sim_tape_directory(tape, 3 * hour + 600 * AS_NS_PER_S + i, i);
    for (uint32_t i = 0; i < maker->scenario->count; i++)
        as_sim_tape_trading(tape, 3 * hour + 601 * AS_NS_PER_S + i, i);
    as_sim_tape_system(tape, 4 * hour, 'S');
    as_sim_tape_system(tape, since_midnight(maker, maker->scenario->session->open), 'Q');
}

static void after_close(as_sim_maker *maker)
{
    as_sim_tape *tape = &maker->tape;
    uint64_t close = since_midnight(maker, maker->scenario->session->close);
    as_sim_tape_system(tape, close, 'M');
    for (uint32_t i = 0; i < maker->scenario->count; i++) {
        as_sim_random *random = &maker->way[i].random;
        uint32_t px4 = (uint32_t)(maker->way[i].mid_cents2 * AS_SIM_TICK_PX4 / 2);
        as_sim_tape_cross(tape, close + AS_NS_PER_S / 2 + 1000 * i, i, 'C', px4,
                          1000 * (20 + as_sim_random_below(random, 400)));
    }
    as_sim_tape_system(tape, close + 4 * 3600 * AS_NS_PER_S, 'E');
    as_sim_tape_system(tape, close + (4 * 3600 + 300) * AS_NS_PER_S, 'C');
}

static int prepare(as_sim_maker *maker, uint64_t seed, const char *path)
{
    const as_sim_scenario *s = maker->scenario;
    size_t moments = 0;
    const char **symbol = calloc(s->count, sizeof *symbol);
    for (uint32_t i = 0; i < s->count; i++)
        moments += s->sim[i].quote_count;
    maker->way = calloc(s->count, sizeof *maker->way);
    maker->moment = calloc(moments, sizeof *maker->moment);
    if (!symbol || !maker->way || !maker->moment) {
        free(symbol);
        return as_error_set(-ENOMEM, "out of memory for %zu quotes", moments);
    }
    for (uint32_t i = 0; i < s->count; i++) {
        symbol[i] = s->sim[i].symbol;
        start_way(maker, i, seed);
        schedule(maker, i);
    }
    qsort(maker->moment, maker->moment_count, sizeof *maker->moment, earlier);
    const as_calendar *calendar = as_universe_calendar(&s->universe, s->sim[0].instrument);
    const as_session *before = as_calendar_session(calendar, s->session->prev_close);
    maker->share_before = as_session_clock(before, s->session->prev_close, s->playbook->thresholds.overnight_share);
    int rc = as_sim_tape_open(&maker->tape, path, seed, symbol, s->count);
    free(symbol);
    return rc;
}

int as_sim_day_write(const as_sim_scenario *scenario, uint64_t seed, const char *path, as_sim_day_counts *counts)
{
    as_sim_maker maker = {.scenario = scenario};
    int rc = prepare(&maker, seed, path);
    if (rc == 0) {
        before_open(&maker);
        for (size_t i = 0; i < maker.moment_count; i++)
            quote(&maker, &maker.moment[i]);
        after_close(&maker);
        *counts = (as_sim_day_counts){maker.tape.messages, maker.tape.quotes, maker.tape.trades};
        rc = as_sim_tape_close(&maker.tape);
    }
    free(maker.way);
    free(maker.moment);
    return rc;
}
