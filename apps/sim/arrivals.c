#include "apps/sim/arrivals.h"

#include <stdlib.h>

#include "core/event.h"
#include "core/logexp.h"
#include "core/stats/seasonality.h"

static const double poisson_part = 30; /* exp(-30) is far from underflow; larger means are sums of parts */

static uint32_t poisson_small(as_sim_random *random, double mean)
{
    double limit = as_exp(-mean), product = as_sim_random_uniform(random);
    uint32_t count = 0;
    while (product > limit) {
        product *= as_sim_random_uniform(random);
        count++;
    }
    return count;
}

uint32_t as_sim_poisson(as_sim_random *random, double mean)
{
    uint32_t count = 0;
    for (; mean > poisson_part; mean -= poisson_part)
        count += poisson_small(random, poisson_part);
    return mean > 0 ? count + poisson_small(random, mean) : count;
}

/* Where in the session: by rejection from the curve of activity, 0.5 + 0.5 u(x), which is 1.4 at most. */
static double place(as_sim_random *random)
{
    for (;;) {
        double x = as_sim_random_uniform(random);
        if (1.4 * as_sim_random_uniform(random) < 0.5 + 0.5 * as_seasonality_density(x))
            return x;
    }
}

static int by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

uint32_t as_sim_arrivals_make(const as_sim_arrivals *arrivals, as_sim_random *random, const as_session *session,
                              uint64_t *ts, uint32_t ts_max)
{
    double length = (double)(session->close - session->open);
    uint32_t first = as_sim_poisson(random, arrivals->count * (1 - arrivals->cluster)), count = 0;
    for (uint32_t i = 0; i < first && count < ts_max; i++)
        ts[count++] = session->open + 1 + (uint64_t)(place(random) * (length - 2));
    for (uint32_t parent = 0; parent < count && arrivals->cluster > 0; parent++) {
        uint32_t children = as_sim_poisson(random, arrivals->cluster);
        for (uint32_t i = 0; i < children && count < ts_max; i++) {
            double wait = -arrivals->cluster_s * as_log(1 - as_sim_random_uniform(random));
            uint64_t at = ts[parent] + (uint64_t)(wait * (double)AS_NS_PER_S);
            if (at < session->close)
                ts[count++] = at;
        }
    }
    qsort(ts, count, sizeof *ts, by_time);
    return count;
}
