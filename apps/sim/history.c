#include "apps/sim/history.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/random.h"
#include "core/error.h"
#include "core/logexp.h"
#include "core/stats/beta.h"

static as_market_model run_model(const as_thresholds *th, const double *market, const double *name, uint32_t count)
{
    as_market_model model;
    as_market_model_init(&model, th->lambda_vol, th->beta_half_life_days);
    for (uint32_t t = 0; t < count; t++)
        as_market_model_update(&model, market[t], name[t]);
    return model;
}

/* y becomes beta market + residual, with the residual corrected so that the model ends at beta and sigma. */
static void fit_exactly(const as_thresholds *th, const as_sim_name *name, const double *market, double *residual,
                        double *y, uint32_t count)
{
    for (uint32_t t = 0; t < count; t++)
        y[t] = name->beta * market[t] + residual[t];
    as_market_model first = run_model(th, market, y, count);
    double error = as_market_model_beta(&first) - name->beta;
    for (uint32_t t = 0; t < count; t++) {
        residual[t] -= error * market[t];
        y[t] = name->beta * market[t] + residual[t];
    }
    as_market_model second = run_model(th, market, y, count);
    double scale = name->sigma / as_sqrt(as_market_model_variance(&second));
    for (uint32_t t = 0; t < count; t++)
        y[t] = name->beta * market[t] + scale * residual[t];
}

/* Backwards from the last close: the price before a return. */
static void fill_closes(as_sim_history *h, const as_sim_scenario *s, uint32_t name, const double *y)
{
    double price = (double)s->sim[name].close_cents;
    for (uint32_t t = h->sessions; t-- > 0;) {
        int64_t cents = (int64_t)(price + 0.5);
        h->close_cents[(size_t)t * s->count + name] = cents > 0 ? cents : 1;
        if (t > 0)
            price *= as_exp(-y[t - 1]);
    }
}

/* The return of closes as they are written, so that a name's model sees the market that the engine will see. */
static void written_returns(const as_sim_history *h, const as_sim_scenario *s, uint32_t name, double *out)
{
    for (uint32_t t = 1; t < h->sessions; t++)
        out[t - 1] = as_log_ratio(h->close_cents[(size_t)t * s->count + name],
                                  h->close_cents[(size_t)(t - 1) * s->count + name]);
}

static void make_returns(as_sim_history *h, const as_sim_scenario *s, uint64_t seed, double *work)
{
    uint32_t count = h->sessions - 1;
    double *market = work, *common = work + count, *residual = work + 2 * (size_t)count, *y = work + 3 * (size_t)count;
    as_sim_random random;

    as_sim_random_init(&random, seed, "history/market");
    for (uint32_t t = 0; t < count; t++)
        market[t] = s->sim[0].sigma * as_sim_random_normal(&random);
    fill_closes(h, s, 0, market);
    written_returns(h, s, 0, market);
    as_sim_random_init(&random, seed, "history/common");
    for (uint32_t t = 0; t < count; t++)
        common[t] = as_sim_random_normal(&random);

    for (uint32_t i = 1; i < s->count; i++) {
        const as_sim_name *name = &s->sim[i];
        char label[64];
        (void)snprintf(label, sizeof label, "history/%s", name->symbol);
        as_sim_random_init(&random, seed, label);
        double own = as_sqrt(1 - name->common * name->common);
        for (uint32_t t = 0; t < count; t++)
            residual[t] = name->sigma * (name->common * common[t] + own * as_sim_random_normal(&random));
        fit_exactly(&s->playbook->thresholds, name, market, residual, y, count);
        fill_closes(h, s, i, y);
    }
}

int as_sim_history_make(as_sim_history *history, const as_sim_scenario *scenario, uint64_t seed)
{
    uint32_t n = scenario->history_sessions;
    const as_calendar *calendar = as_universe_calendar(&scenario->universe, scenario->sim[0].instrument);
    double *work = calloc(4 * (size_t)n, sizeof *work);
    *history = (as_sim_history){
        .sessions = n,
        .session = calloc(n, sizeof *history->session),
        .close_cents = calloc((size_t)n * scenario->count, sizeof *history->close_cents),
    };
    if (!work || !history->session || !history->close_cents) {
        free(work);
        as_sim_history_fini(history);
        return as_error_set(-ENOMEM, "out of memory for %u sessions of %u names", n, scenario->count);
    }
    const as_session *session = scenario->session;
    for (uint32_t t = n; t-- > 0;) {
        session = as_calendar_session(calendar, session->prev_close);
        history->session[t] = session;
    }
    make_returns(history, scenario, seed, work);
    free(work);
    return 0;
}

void as_sim_history_fini(as_sim_history *history)
{
    free(history->session);
    free(history->close_cents);
    *history = (as_sim_history){0};
}

int as_sim_history_write(const as_sim_history *history, const as_sim_scenario *scenario, const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return as_error_set(-errno, "%s: cannot be written: %s", path, strerror(errno));
    fputs("date,symbol,close\n", file);
    for (uint32_t t = 0; t < history->sessions; t++) {
        int32_t date = history->session[t]->date;
        for (uint32_t i = 0; i < scenario->count; i++) {
            int64_t cents = history->close_cents[(size_t)t * scenario->count + i];
            fprintf(file, "%04d-%02d-%02d,%s,%" PRId64 ".%02d\n", date / 10000, date / 100 % 100, date % 100,
                    scenario->sim[i].symbol, cents / 100, (int)(cents % 100));
        }
    }
    bool failed = ferror(file) != 0;
    return fclose(file) || failed ? as_error_set(-EIO, "%s: cannot be written: %s", path, strerror(errno)) : 0;
}
