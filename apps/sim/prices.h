/*
 * Simulated prices: log prices of a factor market, session by session, without news.
 *
 *   name     x_i(t) = beta_i m(t) + sigma_i [ c_i f_b(t) + sqrt(1 - c_i^2) e_i(t) ]
 *   factors  m, f_b (one a bucket) and e_i are independent; each has a conditional daily variance h of long-run mean 1
 *            (m: sigma_m^2), and moves in the session clock of core/calendar.h:
 *              overnight   a share of the day's variance between the close and the open
 *              in hours    Brownian in U(x), the U-shaped curve of core/stats/seasonality.h, on a grid of 15 s
 *              jumps       rate a day, normal of jump_size daily sigmas, anywhere in the day's variance
 *            h' = (1 - a - b) + a r^2 + b h: GARCH(1,1) (Bollerslev 1986), r the day's move over sigma
 *            a day's variance is h k, k = (v - 2) / chi^2_v: the day's move is Student's t with v degrees of freedom
 *
 *   far      every night a level loses AS_SIM_PULL of its distance from the start, so that years stay in range
 *
 * Factors move in the sessions of the market factor's calendar. A name of another calendar sees in its own session what
 * the factors did in those that ended before: the United States' shock reaches Seoul the next morning.
 *
 * Deterministic in the seed (apps/sim/random.h); every factor and name has a stream of its own. One thread.
 * Memory: one session's grid of every name and factor, on the heap.
 */
#ifndef AS_APPS_SIM_PRICES_H
#define AS_APPS_SIM_PRICES_H

#include "apps/sim/market.h"
#include "apps/sim/random.h"

enum { AS_SIM_STEP_S = 15 };

#define AS_SIM_PULL (1.0 / 1024)

/* A factor or a name's own part. */
typedef struct as_sim_series {
    as_sim_random random;
    double h;     /* conditional variance of the session to come, long-run mean 1 */
    double level; /* at the last close, in units of long-run daily sigma */
    double *path; /* of the session: level at each grid point */
} as_sim_series;

typedef struct as_sim_prices {
    const as_sim_market *market;
    as_sim_series *series; /* [0] the market, then buckets, then names' own parts */
    double *elapsed;       /* U at each grid point */
    double *path;          /* all series' paths in one */
    uint32_t point_max;
    uint32_t point_count;   /* of the session in hand */
    uint32_t factor_points; /* of the factors' paths: 0 while the market is closed */
    const as_session *session;
} as_sim_prices;

int as_sim_prices_init(as_sim_prices *prices, const as_sim_market *market, uint64_t seed);
void as_sim_prices_fini(as_sim_prices *prices);

/*
 * Make one session of a calendar: of the factors if it is the market's, and of the names that trade on it. fine: on the
 * grid; else only the close (point_count is 2: open and close).
 */
void as_sim_prices_session(as_sim_prices *prices, uint32_t calendar, const as_session *session, bool fine);

/* Log of the price over the scenario's close, at a grid point of the session in hand. The name trades in it. */
double as_sim_prices_at(const as_sim_prices *prices, uint32_t name, uint32_t point);

/* True daily residual volatility of a name in the session to come (in the session in hand before it was made). */
double as_sim_prices_sigma(const as_sim_prices *prices, uint32_t name);

#endif
