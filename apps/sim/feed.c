#include "apps/sim/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/arrivals.h"
#include "core/error.h"
#include "core/logexp.h"

enum { BURST = 4, SPARE = 512, SHARES_LOT = 100 };

static const uint64_t minute_ns = 60 * AS_NS_PER_S;
static const double wide_at_open = 1.2, wide_minutes = 4; /* spread: 2.2 times as wide at the open */

int as_sim_feed_init(as_sim_feed *feed, as_sim_plan *plan, uint64_t seed)
{
    const as_sim_market *m = plan->market;
    double most = 0;
    *feed = (as_sim_feed){.market = m, .plan = plan};
    for (uint32_t i = 0; i < m->count; i++)
        most = m->sim[i].trades + m->sim[i].quotes > most ? m->sim[i].trades + m->sim[i].quotes : most;
    feed->moment_max = (uint32_t)(BURST * most) + SPARE;
    int rc = as_sim_prices_init(&feed->prices, m, seed);
    if (rc < 0)
        return rc;
    feed->minute_max = feed->prices.point_max * AS_SIM_STEP_S / 60 + 2;
    feed->ticks = calloc(m->count, sizeof *feed->ticks);
    feed->quotes = calloc(m->count, sizeof *feed->quotes);
    feed->news = calloc((size_t)m->count * feed->minute_max, sizeof *feed->news);
    feed->moment = calloc(feed->moment_max, sizeof *feed->moment);
    feed->base = calloc(m->count, sizeof *feed->base);
    feed->pair = calloc(plan->event_count + 1, sizeof *feed->pair);
    if (!feed->ticks || !feed->quotes || !feed->news || !feed->moment || !feed->base || !feed->pair) {
        as_sim_feed_fini(feed);
        return as_error_set(-ENOMEM, "out of memory for the ticks of %u names", m->count);
    }
    for (uint32_t i = 0; i < m->count; i++) {
        char label[64];
        (void)snprintf(label, sizeof label, "ticks/%s", m->sim[i].symbol);
        as_sim_random_init(&feed->ticks[i], seed, label);
        (void)snprintf(label, sizeof label, "quotes/%s", m->sim[i].symbol);
        as_sim_random_init(&feed->quotes[i], seed, label);
    }
    return 0;
}

void as_sim_feed_fini(as_sim_feed *feed)
{
    as_sim_prices_fini(&feed->prices);
    free(feed->ticks);
    free(feed->quotes);
    free(feed->news);
    free(feed->moment);
    free(feed->base);
    free(feed->pair);
    *feed = (as_sim_feed){0};
}

bool as_sim_feed_trades(const as_sim_feed *feed, uint32_t name)
{
    return feed->market->sim[name].calendar == feed->slot->calendar;
}

/* ---- what the plan moves ---- */

/* Does it never change again? Of an excess less than a thousandth is left, and that is kept. */
static bool settled(const as_planted *planted, double clock)
{
    double since = clock - planted->v_ref;
    bool excess = planted->excess != 0 && planted->half_life > 0 && since < 12 * planted->half_life;
    bool answer = planted->v_answer > 0 && clock < planted->v_answer + 1;
    return since > 0 && !excess && !answer;
}

static void plan_moves(as_sim_feed *feed, uint32_t name)
{
    as_plan_pair *pair = feed->pair;
    const as_session *session = feed->slot->session;
    double share = feed->market->volatility.overnight;
    double *news = feed->news + (size_t)name * feed->minute_max;
    uint32_t minutes = (uint32_t)((session->close - session->open) / minute_ns) + 1, moving = 0;
    uint32_t count = as_sim_plan_of(feed->plan, name, session, pair);
    double open = as_session_clock(session, session->open, share);
    feed->base[name] *= 1 - AS_SIM_PULL;
    for (uint32_t i = 0; i < count; i++) {
        const as_plan_event *event = &feed->plan->event[pair[i].event];
        as_planted *planted = &event->planted[pair[i].planted];
        if (planted->sigma == 0)
            planted->sigma = as_sim_prices_sigma(&feed->prices, name);
        planted->settled = settled(planted, open);
        if (planted->settled)
            feed->base[name] += as_sim_planted_move(planted, (as_plant_kind)event->kind, open);
        else
            pair[moving++] = pair[i];
    }
    for (uint32_t k = 0; k < minutes; k++) {
        double clock = moving ? as_session_clock(session, session->open + k * minute_ns, share) : 0;
        news[k] = feed->base[name];
        for (uint32_t i = 0; i < moving; i++) {
            const as_plan_event *event = &feed->plan->event[pair[i].event];
            news[k] += as_sim_planted_move(&event->planted[pair[i].planted], (as_plant_kind)event->kind, clock);
        }
    }
    news[minutes] = news[minutes - 1]; /* behind the close */
}

bool as_sim_feed_next(as_sim_feed *feed)
{
    if (feed->next == feed->plan->slot_count)
        return false;
    feed->slot = &feed->plan->slot[feed->next++];
    const as_session *session = feed->slot->session;
    feed->history = session->open < feed->plan->session[0]->prev_close;
    for (uint32_t i = 1; !feed->history && i < feed->market->count; i++)
        if (as_sim_feed_trades(feed, i))
            plan_moves(feed, i); /* before the session is made: volatilities are those that it begins with */
    as_sim_prices_session(&feed->prices, feed->slot->calendar, session, !feed->history);
    return true;
}

/* ---- prices ---- */

static double log_price(const as_sim_feed *feed, uint32_t name, uint64_t ts)
{
    const as_session *session = feed->slot->session;
    uint64_t at = ts < session->open ? 0 : ts - session->open;
    const uint64_t step = AS_SIM_STEP_S * AS_NS_PER_S;
    if (feed->history)
        return as_sim_prices_at(&feed->prices, name, 1);
    uint32_t k = (uint32_t)(at / step), last = feed->prices.point_count - 1;
    double price;
    if (k >= last) {
        price = as_sim_prices_at(&feed->prices, name, last);
    } else {
        double part = (double)(at - k * step) / (double)step;
        price =
            (1 - part) * as_sim_prices_at(&feed->prices, name, k) + part * as_sim_prices_at(&feed->prices, name, k + 1);
    }
    const double *news = feed->news + (size_t)name * feed->minute_max;
    uint32_t minute = (uint32_t)(at / minute_ns);
    double part = (double)(at % minute_ns) / (double)minute_ns;
    minute = minute + 1 < feed->minute_max ? minute : feed->minute_max - 2;
    return price + (1 - part) * news[minute] + part * news[minute + 1];
}

double as_sim_feed_mid(const as_sim_feed *feed, uint32_t name, uint64_t ts)
{
    return feed->market->sim[name].close * as_exp(log_price(feed, name, ts));
}

/* Nearest multiple of the tick, one tick at least. */
static int64_t rounded(double price, int64_t tick_px)
{
    int64_t ticks = (int64_t)(price * 1e9 / (double)tick_px + 0.5);
    return (ticks > 1 ? ticks : 1) * tick_px;
}

int64_t as_sim_feed_close(const as_sim_feed *feed, uint32_t name)
{
    return rounded(as_sim_feed_mid(feed, name, feed->slot->session->close), feed->market->sim[name].tick_px);
}

/* ---- ticks ---- */

static as_sim_tick tick_at(const as_sim_feed *feed, uint32_t name, uint64_t ts)
{
    const as_market_name *n = &feed->market->sim[name];
    double mid = as_sim_feed_mid(feed, name, ts);
    double minutes = (double)(ts - feed->slot->session->open) / (double)minute_ns;
    double wide = minutes < 60 ? 1 + wide_at_open * as_exp(-minutes / wide_minutes) : 1;
    double half = 0.5 * mid * n->spread_bps * 1e-4 * wide;
    as_sim_tick tick = {.ts = ts, .name = name, .mid_px = (int64_t)(mid * 1e9 + 0.5)};
    int64_t least = n->tick_px;
    double room = 0.5 * (double)least / 1e9;
    tick.bid_px = rounded(mid - (half > room ? half : room), least);
    tick.ask_px = rounded(mid + (half > room ? half : room), least);
    if (tick.ask_px <= tick.bid_px)
        tick.ask_px = tick.bid_px + least;
    return tick;
}

static uint32_t some_shares(as_sim_random *random)
{
    return SHARES_LOT * (1 + as_sim_random_below(random, 8));
}

static uint32_t add_trades(as_sim_feed *feed, uint32_t name, as_sim_tick *tick)
{
    const as_sim_market *m = feed->market;
    const as_session *session = feed->slot->session;
    as_sim_random *random = &feed->ticks[name];
    as_sim_arrivals arrivals = {.count = m->sim[name].trades, .cluster = m->cluster, .cluster_s = m->cluster_s};
    uint32_t count = as_sim_arrivals_make(&arrivals, random, session, feed->moment, feed->moment_max - 1);
    uint64_t auction = session->close - 1000000 - as_sim_random_below(random, 400000000);
    while (count && feed->moment[count - 1] >= auction)
        count--;
    for (uint32_t i = 0; i < count; i++) {
        tick[i] = tick_at(feed, name, feed->moment[i]);
        tick[i].trade = true;
        tick[i].buy = as_sim_random_below(random, 2) != 0;
        tick[i].px = tick[i].buy ? tick[i].ask_px : tick[i].bid_px;
        tick[i].qty = 1 + as_sim_random_below(random, 500);
    }
    tick[count] = tick_at(feed, name, auction);
    tick[count].trade = true;
    tick[count].px = rounded((double)tick[count].mid_px / 1e9, m->sim[name].tick_px);
    tick[count].qty = 100 * (20 + as_sim_random_below(random, 400));
    return count + 1;
}

static int by_time(const void *a, const void *b)
{
    const as_sim_tick *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    if (x->trade != y->trade)
        return x->trade ? 1 : -1; /* the quote first */
    return x->qty < y->qty ? -1 : x->qty > y->qty;
}

static uint32_t add_quotes(as_sim_feed *feed, uint32_t name, as_sim_tick *tick, uint32_t room)
{
    const as_sim_market *m = feed->market;
    const as_session *session = feed->slot->session;
    as_sim_random *random = &feed->quotes[name];
    as_sim_arrivals arrivals = {.count = m->sim[name].quotes, .cluster = m->cluster, .cluster_s = m->cluster_s};
    uint64_t length = session->close - session->open;
    uint32_t count, even = (uint32_t)m->sim[name].quotes;
    if (name == 0) { /* evenly, each moved at random within its place */
        count = even < feed->moment_max - 2 ? even : feed->moment_max - 2;
        for (uint32_t i = 0; i < count; i++)
            feed->moment[i] = session->open + 1000 +
                              (uint64_t)(((double)i + 0.8 * as_sim_random_uniform(random)) / count * (double)length);
    } else {
        count = as_sim_arrivals_make(&arrivals, random, session, feed->moment, feed->moment_max - 2);
    }
    feed->moment[count++] = session->open + 1000000 * (uint64_t)(1 + name) + as_sim_random_below(random, 900000);
    feed->moment[count++] = session->close - 2 * AS_NS_PER_S + as_sim_random_below(random, 900000000);
    count = count < room ? count : room;
    for (uint32_t i = 0; i < count; i++) {
        tick[i] = tick_at(feed, name, feed->moment[i]);
        tick[i].qty = some_shares(random);
        tick[i].ask_qty = some_shares(random);
    }
    return count;
}

uint32_t as_sim_feed_tick_max(const as_sim_feed *feed)
{
    return 2 * feed->moment_max;
}

uint32_t as_sim_feed_ticks(as_sim_feed *feed, uint32_t name, bool with_quotes, as_sim_tick *tick)
{
    uint32_t count = add_trades(feed, name, tick);
    if (!with_quotes)
        return count;
    /* every trade meets a quote of its moment */
    uint32_t trades = count;
    count += add_quotes(feed, name, tick + count, as_sim_feed_tick_max(feed) - count);
    for (uint32_t i = 0; i < trades && count < as_sim_feed_tick_max(feed); i++) {
        tick[count] = tick[i];
        tick[count].trade = false;
        tick[count].qty = some_shares(&feed->quotes[name]);
        tick[count++].ask_qty = some_shares(&feed->quotes[name]);
    }
    qsort(tick, count, sizeof *tick, by_time);
    return count;
}
