/*
 * The simulated tape before it has a format: session by session, every name's quotes and trades.
 *
 * The mid is the factor model's price (sim_prices.h) with what the plan moves (sim_plan.h), linear between grid points.
 * A quote lies around it: half the spread each way, wider in the first minutes, rounded to ticks, one tick at least. A
 * trade takes the bid or the ask with equal chance, so that prices bounce (Roll 1984); the last one, just before the
 * close, is the auction at the mid. Names trade at moments of their own (sim_arrivals.h): a thin one is silent for
 * long. The market factor quotes evenly, so that it is never stale.
 *
 * Trades do not depend on whether quotes are asked for: all formats show the same market. One thread. Memory: the heap;
 * bounded by one session of all names.
 */
#ifndef AS_APPS_SIM_FEED_H
#define AS_APPS_SIM_FEED_H

#include "apps/sim/plan.h"
#include "apps/sim/prices.h"

typedef struct as_sim_tick {
    uint64_t ts;
    uint32_t name;
    bool trade;
    bool buy; /* trade: it took the ask */
    int64_t bid_px, ask_px;
    int64_t px;     /* trade */
    int64_t mid_px; /* of the moment, rounded to 1e-9 */
    uint32_t qty;   /* trade: shares; quote: of the bid */
    uint32_t ask_qty;
} as_sim_tick;

typedef struct as_sim_feed {
    const as_sim_market *market;
    as_sim_plan *plan;
    as_sim_prices prices;
    as_sim_random *ticks;  /* one a name: moments and sides of trades */
    as_sim_random *quotes; /* one a name */
    double *news;          /* [name][minute]: log move planted, of the session in hand */
    double *base;          /* [name]: log move of the events that are over */
    as_plan_pair *pair;    /* scratch */
    uint32_t minute_max;
    uint64_t *moment; /* scratch */
    uint32_t moment_max;
    uint32_t next; /* slot */
    const as_plan_session *slot;
    bool history; /* the slot in hand lies before the first simulated session */
} as_sim_feed;

/* The plan's names get their true volatilities as their sessions come. */
int as_sim_feed_init(as_sim_feed *feed, as_sim_plan *plan, uint64_t seed);
void as_sim_feed_fini(as_sim_feed *feed);

/* Make the next session; false: there is none. Of history there are only closes. */
bool as_sim_feed_next(as_sim_feed *feed);

/* Does the name trade in the session in hand? */
bool as_sim_feed_trades(const as_sim_feed *feed, uint32_t name);

/* The mid, in currency, of a name that trades in the session in hand; ts within it. */
double as_sim_feed_mid(const as_sim_feed *feed, uint32_t name, uint64_t ts);

/* The close, rounded to the name's ticks. */
int64_t as_sim_feed_close(const as_sim_feed *feed, uint32_t name);

/*
 * The ticks of a name in the session in hand, in order of time; at most as_sim_feed_tick_max of them. Once a name and
 * session: it draws from the name's streams.
 */
uint32_t as_sim_feed_ticks(as_sim_feed *feed, uint32_t name, bool with_quotes, as_sim_tick *tick);
uint32_t as_sim_feed_tick_max(const as_sim_feed *feed);

#endif
