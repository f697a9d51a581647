#include "apps/study/placebo.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "apps/sim/random.h"
#include "core/error.h"

void as_study_placebo_fini(as_study_placebo *placebo)
{
    free(placebo->stat);
    free(placebo->p);
    free(placebo->mean_car);
    *placebo = (as_study_placebo){0};
}

/* Places of a series that may be a day 0; returns how many. */
static size_t places(const as_study_series *s, const as_study_options *o, const as_study_placebo_options *p,
                     size_t *place)
{
    size_t found = 0;
    long before = (long)(o->gap + o->estimation) - o->first + 1;
    long width = (long)as_study_window(o);
    for (long k = before > 0 ? before : 1; k + o->last < (long)s->count && k + o->first >= 1; k++) {
        bool clear = true;
        for (size_t e = 0; e < p->event_count && clear; e++) {
            long away = (long)as_study_series_at(s, p->event[e]) - k;
            clear = away >= width || away <= -width;
        }
        if (clear)
            place[found++] = (size_t)k;
    }
    return found;
}

static void shuffle(size_t *place, size_t count, as_sim_random *random)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = as_sim_random_below(random, (uint32_t)i);
        size_t keep = place[i - 1];
        place[i - 1] = place[j];
        place[j] = keep;
    }
}

/* The series that dates are drawn from: the market's, else the longest of the cases'. */
static uint32_t reference_of(const as_study_options *o, const as_study_panel *panel, const as_study_case *cases,
                             size_t count)
{
    if (o->market != AS_INSTRUMENT_NONE)
        return o->market;
    uint32_t best = cases[0].instrument;
    for (size_t i = 1; i < count; i++)
        if (panel->series[cases[i].instrument].count > panel->series[best].count)
            best = cases[i].instrument;
    return best;
}

static void keep(as_study_placebo *placebo, as_study_sample *sample, const as_study_panel *panel,
                 const as_study_case *cases, size_t count)
{
    as_study_sample_fit(sample, panel, cases, count);
    if (sample->names == 0)
        return;
    as_study_sample_test(sample);
    for (size_t t = 0; t < AS_STUDY_TEST_COUNT; t++) {
        placebo->stat[t * placebo->wanted + placebo->dates] = sample->whole[t].stat;
        placebo->p[t * placebo->wanted + placebo->dates] = sample->whole[t].p;
    }
    placebo->mean_car[placebo->dates++] = sample->mean_car;
}

static int by_place(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* How many of these places have windows that do not overlap; they are put into order. */
static size_t disjoint(size_t *place, size_t count, size_t width)
{
    size_t found = 0;
    size_t last = 0;
    qsort(place, count, sizeof *place, by_place);
    for (size_t i = 0; i < count; i++) {
        if (found && place[i] - last < width)
            continue;
        last = place[i];
        found++;
    }
    return found;
}

/* Cases of one date: those of the same UTC day. Its first case, or the case itself. */
static size_t leader_of(const as_study_case *cases, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (cases[k].ts / AS_NS_PER_DAY == cases[i].ts / AS_NS_PER_DAY)
            return k;
    return i;
}

/* The shortest series of a date: where it has room, the others have. */
static const as_study_series *shortest(const as_study_panel *panel, const as_study_case *cases, size_t count,
                                       size_t leader)
{
    const as_study_series *best = &panel->series[cases[leader].instrument];
    for (size_t k = leader; k < count; k++) {
        const as_study_series *s = &panel->series[cases[k].instrument];
        if (leader_of(cases, k) == leader && s->count < best->count)
            best = s;
    }
    return best;
}

/* Every distinct date of the cases moves to one of its own, as often as wanted; names that share it still do. */
static void run_own_dates(as_study_placebo *placebo, const as_study_placebo_options *p, const as_study_panel *panel,
                          const as_study_case *cases, as_study_case *at, size_t count, as_study_sample *sample,
                          size_t *place)
{
    as_sim_random random;
    as_sim_random_init(&random, p->seed, "placebo");
    placebo->eligible = SIZE_MAX;
    for (size_t n = 0; n < p->wanted; n++) {
        for (size_t i = 0; i < count; i++) {
            size_t leader = leader_of(cases, i);
            if (leader < i) {
                at[i].ts = at[leader].ts;
                continue;
            }
            const as_study_series *s = shortest(panel, cases, count, i);
            size_t found = places(s, &sample->options, p, place);
            if (found)
                at[i].ts = s->ts[place[as_sim_random_below(&random, (uint32_t)found)]];
            if (found >= placebo->eligible)
                continue;
            placebo->eligible = found;
            placebo->disjoint = disjoint(place, found, as_study_window(&sample->options));
        }
        if (placebo->eligible == 0)
            return;
        keep(placebo, sample, panel, at, count);
    }
}

static void run_common_dates(as_study_placebo *placebo, const as_study_placebo_options *p, const as_study_panel *panel,
                             as_study_case *at, size_t count, as_study_sample *sample, size_t *place)
{
    const as_study_series *s = &panel->series[reference_of(&sample->options, panel, at, count)];
    as_sim_random random;
    as_sim_random_init(&random, p->seed, "placebo");
    placebo->eligible = places(s, &sample->options, p, place);
    shuffle(place, placebo->eligible, &random);
    for (size_t n = 0; n < p->wanted && n < placebo->eligible; n++) {
        for (size_t i = 0; i < count; i++)
            at[i].ts = s->ts[place[n]];
        keep(placebo, sample, panel, at, count);
    }
    size_t used = p->wanted < placebo->eligible ? p->wanted : placebo->eligible;
    placebo->disjoint = disjoint(place, used, as_study_window(&sample->options));
}

int as_study_placebo_run(as_study_placebo *placebo, const as_study_placebo_options *options,
                         const as_study_panel *panel, const as_study_case *cases, size_t count, as_study_sample *sample)
{
    *placebo = (as_study_placebo){.seed = options->seed, .wanted = options->wanted};
    if (options->wanted == 0 || count == 0)
        return 0;
    size_t longest = 1;
    for (uint32_t i = 0; i < panel->universe->symbols.count; i++)
        if (panel->series[i].count > longest)
            longest = panel->series[i].count;
    placebo->stat = calloc(AS_STUDY_TEST_COUNT * options->wanted, sizeof(double));
    placebo->p = calloc(AS_STUDY_TEST_COUNT * options->wanted, sizeof(double));
    placebo->mean_car = calloc(options->wanted, sizeof(double));
    size_t *place = calloc(longest, sizeof *place);
    as_study_case *at = calloc(count, sizeof *at);
    int rc = 0;
    if (!placebo->stat || !placebo->p || !placebo->mean_car || !place || !at) {
        rc = as_error_set(-ENOMEM, "out of memory for %zu placebo dates", options->wanted);
    } else {
        for (size_t i = 0; i < count; i++)
            at[i] = cases[i];
        if (options->own_dates)
            run_own_dates(placebo, options, panel, cases, at, count, sample, place);
        else
            run_common_dates(placebo, options, panel, at, count, sample, place);
    }
    free(place);
    free(at);
    return rc;
}

double as_study_placebo_size(const as_study_placebo *placebo, as_study_test test, double level)
{
    double n = 0;
    double found = 0;
    for (size_t i = 0; i < placebo->dates; i++) {
        double p = placebo->p[test * placebo->wanted + i];
        if (isfinite(p)) {
            n++;
            found += p <= level;
        }
    }
    return n > 0 ? found / n : (double)NAN;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double as_study_placebo_quantile(const as_study_placebo *placebo, as_study_test test, double q)
{
    double *value = calloc(placebo->dates + 1, sizeof *value);
    AS_ASSERT(value);
    size_t n = 0;
    for (size_t i = 0; i < placebo->dates; i++)
        if (isfinite(placebo->stat[test * placebo->wanted + i]))
            value[n++] = placebo->stat[test * placebo->wanted + i];
    qsort(value, n, sizeof *value, by_value);
    double answer = n ? value[(size_t)(q * (double)(n - 1) + 0.5)] : (double)NAN;
    free(value);
    return answer;
}

double as_study_placebo_p(const as_study_placebo *placebo, as_study_test test, double stat)
{
    double n = 0;
    double found = 0;
    for (size_t i = 0; i < placebo->dates; i++) {
        double one = placebo->stat[test * placebo->wanted + i];
        if (isfinite(one)) {
            n++;
            found += fabs(one) >= fabs(stat);
        }
    }
    return n > 0 && isfinite(stat) ? (1 + found) / (1 + n) : (double)NAN;
}
