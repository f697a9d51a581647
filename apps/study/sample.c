#include "apps/study/sample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/stats/event_tests.h"
#include "core/stats/p_value.h"

static const struct {
    const char *key, *title;
} test_name[AS_STUDY_TEST_COUNT] = {
    [AS_STUDY_PATELL] = {"patell", "Patell"},
    [AS_STUDY_BMP] = {"bmp", "Boehmer-Musumeci-Poulsen"},
    [AS_STUDY_KP] = {"kolari_pynnonen", "Kolari-Pynnonen, BMP"},
    [AS_STUDY_KP_PATELL] = {"kolari_pynnonen_patell", "Kolari-Pynnonen, Patell"},
    [AS_STUDY_CORRADO] = {"corrado", "Corrado rank"},
    [AS_STUDY_CORRADO_ZIVNEY] = {"corrado_zivney", "Corrado-Zivney rank"},
    [AS_STUDY_CORRADO_SIGN] = {"corrado_sign", "Corrado-Zivney sign"},
    [AS_STUDY_CROSS_SECTION] = {"cross_section", "Cross-sectional t"},
    [AS_STUDY_BW_1980] = {"brown_warner_1980", "Brown-Warner 1980"},
    [AS_STUDY_BW_1985] = {"brown_warner_1985", "Brown-Warner 1985"},
    [AS_STUDY_LAMB] = {"lamb", "Lamb"},
    [AS_STUDY_SIGN] = {"sign", "Sign"},
    [AS_STUDY_GENERALISED_SIGN] = {"generalised_sign", "Generalised sign"},
    [AS_STUDY_WILCOXON] = {"wilcoxon", "Wilcoxon signed rank"},
};

const char *as_study_test_key(as_study_test test)
{
    return test_name[test].key;
}

const char *as_study_test_title(as_study_test test)
{
    return test_name[test].title;
}

int as_study_sample_init(as_study_sample *sample, const as_study_options *options, size_t name_max)
{
    size_t window = as_study_window(options);
    size_t times = options->estimation + window;
    *sample = (as_study_sample){.options = *options, .name_max = name_max};
    sample->name = calloc(name_max, sizeof *sample->name);
    sample->skip = calloc(name_max, sizeof *sample->skip);
    sample->scaled = calloc(name_max * times, sizeof(double));
    sample->residual = calloc(name_max * options->estimation, sizeof(double));
    sample->window = calloc(2 * name_max * window, sizeof(double));
    sample->work = calloc(4 * times + 3 * name_max, sizeof(double));
    sample->day = calloc(window, sizeof *sample->day);
    sample->mean_ar = calloc(3 * window, sizeof(double));
    if (!sample->name || !sample->skip || !sample->scaled || !sample->residual || !sample->window || !sample->work ||
        !sample->day || !sample->mean_ar) {
        as_study_sample_fini(sample);
        return as_error_set(-ENOMEM, "out of memory for %zu names of %zu returns", name_max, times);
    }
    sample->mean_car_to = sample->mean_ar + window;
    sample->car_se = sample->mean_ar + 2 * window;
    return 0;
}

void as_study_sample_fini(as_study_sample *sample)
{
    free(sample->name);
    free(sample->skip);
    free(sample->scaled);
    free(sample->residual);
    free(sample->window);
    free(sample->work);
    free(sample->day);
    free(sample->mean_ar);
    *sample = (as_study_sample){0};
}

/* ---- normal returns ---- */

/* A name's returns of both windows, oldest first; NAN where there is none. */
typedef struct slice {
    double *y, *x, *sector;
    double *scale;
} slice;

static void cut_slice(const as_study_sample *sample, const as_study_series *s, size_t day0, slice *out)
{
    const as_study_options *o = &sample->options;
    size_t window = as_study_window(o);
    long begin = (long)day0 + o->first - (long)(o->gap + o->estimation);
    for (size_t t = 0; t < o->estimation + window; t++) {
        long k = begin + (long)t + (t >= o->estimation ? (long)o->gap : 0);
        bool there = k >= 1 && k < (long)s->count;
        out->y[t] = there ? s->y[k] : (double)NAN;
        out->x[t] = !there ? (double)NAN : o->model == AS_STUDY_MEAN ? 0 : s->market[k];
        out->sector[t] = there && o->model == AS_STUDY_SECTOR ? s->sector[k] : (double)NAN;
        out->scale[t] = there ? s->scale[k] : (double)NAN;
    }
}

/* The sector's return less what the market explains of it; false where the name has no sector. */
static bool orthogonal_sector(const as_study_options *o, slice *in)
{
    as_ols ols;
    size_t times = o->estimation + as_study_window(o);
    if (o->model != AS_STUDY_SECTOR || !as_ols_fit(in->sector, in->x, o->estimation, &ols))
        return false;
    for (size_t t = 0; t < times; t++)
        in->sector[t] -= ols.alpha + ols.beta * in->x[t];
    return true;
}

/* Two regressors; those that are orthogonal add their parts of the prediction error. */
static bool fit_sector(const as_study_options *o, const slice *in, as_study_name *name, double *sff)
{
    as_ols_pair pair;
    if (!as_ols_pair_fit(in->y, in->x, in->sector, o->estimation, &pair))
        return false;
    name->ols.count = pair.count;
    name->ols.alpha = pair.alpha;
    name->ols.beta = pair.beta[0];
    name->ols.sigma = pair.sigma;
    name->ols.sigma_sample = pair.sigma * sqrt(((double)pair.count - 3) / ((double)pair.count - 1));
    name->ols.r2 = pair.r2;
    name->sector_beta = pair.beta[1];
    *sff = 0;
    for (size_t t = 0; t < o->estimation; t++)
        if (isfinite(in->sector[t]))
            *sff += in->sector[t] * in->sector[t];
    return *sff > 0;
}

static bool fit_name(const as_study_sample *sample, slice *in, as_study_name *name, double *sff)
{
    const as_study_options *o = &sample->options;
    bool fits = o->model == AS_STUDY_MEAN ? as_ols_fit_mean(in->y, o->estimation, &name->ols)
                                          : as_ols_fit(in->y, in->x, o->estimation, &name->ols);
    *sff = INFINITY;
    name->sector_beta = NAN;
    name->has_sector = fits && orthogonal_sector(o, in) && fit_sector(o, in, name, sff);
    return fits && name->ols.sigma > 0;
}

/* The package's convention: see the header. */
static void take_package_moments(const as_study_sample *sample, const as_study_panel *panel, as_study_name *name)
{
    const as_study_options *o = &sample->options;
    name->ols.sigma = name->ols.sigma_sample;
    if (o->market == AS_INSTRUMENT_NONE || o->model == AS_STUDY_MEAN)
        return;
    const as_study_series *market = &panel->series[o->market];
    long begin = (long)as_study_series_at(market, name->ts) + o->first - (long)(o->gap + o->estimation);
    double n = 0;
    double mean = 0;
    double sxx = 0;
    for (long k = begin > 1 ? begin : 1; k < begin + (long)o->estimation && k < (long)market->count; k++) {
        double off = market->y[k] - mean;
        mean += off / ++n;
        sxx += off * (market->y[k] - mean);
    }
    name->ols.x_mean = mean;
    name->ols.sxx = sxx;
}

/* ---- abnormal returns ---- */

static void abnormal_window(const as_study_sample *sample, const slice *in, double sff, as_study_name *name,
                            double *scaled)
{
    const as_study_options *o = &sample->options;
    const as_ols *ols = &name->ols;
    size_t times = o->estimation + as_study_window(o);
    double weight = 0; /* sums over the window: of scale, its square, scale times market's excess, scale times sector */
    double square = 0;
    double off = 0;
    double sector_off = 0;
    name->car = name->csar = 0;
    name->window_count = 0;
    for (size_t t = 0; t < times; t++) {
        as_abnormal day = as_abnormal_return(ols, in->y[t], in->x[t]);
        double f = name->has_sector ? in->sector[t] : 0;
        day.ar -= name->has_sector ? name->sector_beta * f : 0;
        scaled[t] = day.ar;
        if (t < o->estimation)
            continue;
        double scale = in->scale[t];
        name->ar[t - o->estimation] = day.ar * scale;
        double sar = day.ar / (ols->sigma * sqrt(day.c + f * f / sff));
        name->sar[t - o->estimation] = sar;
        if (!isfinite(sar))
            continue;
        name->window_count++;
        name->car += day.ar * scale;
        name->csar += sar;
        weight += scale;
        square += scale * scale;
        off += scale * (in->x[t] - ols->x_mean);
        sector_off += scale * f;
    }
    double c = square + weight * weight / (double)ols->count + sector_off * sector_off / sff;
    c += isinf(ols->sxx) ? 0 : off * off / ols->sxx;
    name->scar = name->window_count ? name->car / (ols->sigma * sqrt(c)) : (double)NAN;
    name->car = name->window_count ? name->car : (double)NAN;
    name->csar = name->window_count ? name->csar : (double)NAN;
}

static bool fit_case(as_study_sample *sample, const as_study_panel *panel, const as_study_case *one)
{
    const as_study_options *o = &sample->options;
    size_t window = as_study_window(o);
    size_t times = o->estimation + window;
    const as_study_series *s = &panel->series[one->instrument];
    size_t i = sample->names;
    as_study_name *name = &sample->name[i];
    *name = (as_study_name){.instrument = one->instrument, .ts = one->ts, .day0 = as_study_series_at(s, one->ts)};
    name->ar = sample->window + 2 * i * window;
    name->sar = name->ar + window;
    name->w = name->e = name->os = NAN;
    slice in = {.y = sample->work,
                .x = sample->work + times,
                .sector = sample->work + 2 * times,
                .scale = sample->work + 3 * times};
    cut_slice(sample, s, name->day0, &in);
    size_t estimated = 0;
    for (size_t t = 0; t < o->estimation; t++)
        estimated += isfinite(in.y[t]) && isfinite(in.x[t]) ? 1 : 0;
    double sff;
    if (name->day0 >= s->count || estimated < o->estimation_min || !fit_name(sample, &in, name, &sff)) {
        sample->skip[sample->skipped++] = (as_study_skip){
            .instrument = one->instrument, .estimated = estimated, .prices = s->count, .day0 = name->day0};
        return false;
    }
    if (o->as_package)
        take_package_moments(sample, panel, name);
    double *scaled = sample->scaled + i * times;
    abnormal_window(sample, &in, sff, name, scaled);
    name->no_day0 = o->first <= 0 && o->last >= 0 && !isfinite(name->ar[-o->first]);
    for (long d = o->first; d <= o->last; d++) {
        long k = (long)name->day0 + d;
        name->gaps += k >= 1 && k < (long)s->count && s->sessions[k] > 1;
    }
    for (size_t t = 0; t < o->estimation; t++)
        sample->residual[i * o->estimation + t] = scaled[t];
    return true;
}

/* Means over names, and the standard error of the mean CAR up to each day. */
static void average(as_study_sample *sample)
{
    size_t window = as_study_window(&sample->options);
    double *column = sample->work;
    sample->mean_car = 0;
    for (size_t i = 0; i < sample->names; i++)
        column[i] = 0;
    for (size_t d = 0; d < window; d++) {
        double n = 0;
        double mean = 0;
        double square = 0;
        double sum = 0;
        for (size_t i = 0; i < sample->names; i++) {
            double ar = sample->name[i].ar[d];
            if (!isfinite(ar))
                continue;
            column[i] += ar;
            sum += ar;
            double off = column[i] - mean;
            mean += off / ++n;
            square += off * (column[i] - mean);
        }
        sample->mean_ar[d] = n > 0 ? sum / n : (double)NAN;
        sample->mean_car_to[d] = n > 0 ? mean : (double)NAN;
        sample->car_se[d] = n > 1 ? sqrt(square / (n - 1) / n) : (double)NAN;
    }
    for (size_t i = 0; i < sample->names; i++)
        column[i] = sample->name[i].car;
    sample->mean_car = as_mean(column, sample->names);
}

void as_study_sample_fit(as_study_sample *sample, const as_study_panel *panel, const as_study_case *cases, size_t count)
{
    sample->names = sample->skipped = 0;
    for (size_t i = 0; i < count && i < sample->name_max; i++)
        sample->names += fit_case(sample, panel, &cases[i]);
    average(sample);
}

/* ---- tests ---- */

static as_study_stat normal(double stat)
{
    return (as_study_stat){.stat = stat, .p = as_normal_p(stat)};
}

static as_study_stat student(double stat, double df)
{
    return (as_study_stat){.stat = stat, .p = df > 0 ? as_student_p(stat, df) : (double)NAN};
}

/* What the tests of a day and of the window share. */
typedef struct estimates {
    size_t estimated; /* the most returns of any name */
    double estimated_mean;
    double portfolio_sigma, positive_share;
    double *sigma; /* over M - 1, by name */
    size_t *count;
} estimates;

static size_t with_value(const double *value, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += isfinite(value[i]) ? 1 : 0;
    return n;
}

/* ar: over scale; sar, and how many returns are in one of them. */
static void standardised_tests(const as_study_sample *sample, const estimates *est, const double *cumulated_sar,
                               const double *sar, size_t returns, as_study_stat *out)
{
    size_t n = with_value(sar, sample->names);
    double df = (double)n - 1;
    double bmp = as_cross_section_t(sar, sample->names);
    double patell = as_patell_z(cumulated_sar, est->count, sample->names, returns);
    out[AS_STUDY_PATELL] = normal(patell);
    out[AS_STUDY_BMP] = student(bmp, df);
    out[AS_STUDY_KP] = student(bmp * as_kp_multiplier_bmp(sample->rbar, n), df);
    out[AS_STUDY_KP_PATELL] = normal(patell * as_kp_multiplier_patell(sample->rbar, n));
}

static void simple_tests(const as_study_sample *sample, const estimates *est, const double *ar, as_study_stat *out)
{
    size_t names = sample->names;
    out[AS_STUDY_CROSS_SECTION] = student(as_cross_section_t(ar, names), (double)with_value(ar, names) - 1);
    out[AS_STUDY_SIGN] = normal(as_sign_test(ar, names, 0.5));
    out[AS_STUDY_GENERALISED_SIGN] = normal(as_sign_test(ar, names, est->positive_share));
    out[AS_STUDY_WILCOXON] = normal(as_wilcoxon_signed_rank(ar, names).z);
}

/* 1 + 1/M + (m - mbar)^2 / Sxx of the day; M and the last term are means over names. */
static double portfolio_prediction(const as_study_sample *sample, const estimates *est, size_t d)
{
    double sum = 0;
    double n = 0;
    for (size_t i = 0; i < sample->names; i++) {
        const as_study_name *name = &sample->name[i];
        size_t times = sample->options.estimation + as_study_window(&sample->options);
        double ar = sample->scaled[i * times + sample->options.estimation + d];
        double c = ar / (name->sar[d] * name->ols.sigma);
        if (isfinite(c) && !name->has_sector) {
            sum += c * c - 1 - 1 / (double)name->ols.count;
            n++;
        }
    }
    return 1 + 1 / est->estimated_mean + (n > 0 ? sum / n : 0);
}

static void day_tests(as_study_sample *sample, const estimates *est, size_t d)
{
    const as_study_options *o = &sample->options;
    size_t times = o->estimation + as_study_window(o);
    double *ar = sample->work;
    double *sar = ar + sample->names;
    as_study_stat *out = sample->day[d];
    for (size_t i = 0; i < sample->names; i++) {
        ar[i] = sample->scaled[i * times + o->estimation + d];
        sar[i] = sample->name[i].sar[d];
    }
    standardised_tests(sample, est, sar, sar, 1, out);
    simple_tests(sample, est, ar, out);
    double df = (double)est->estimated;
    out[AS_STUDY_BW_1980] = normal(as_brown_warner_1980(ar, est->sigma, sample->names));
    out[AS_STUDY_BW_1985] = student(as_portfolio_t(ar, sample->names, est->portfolio_sigma, 1), df - 1);
    double prediction = portfolio_prediction(sample, est, d);
    out[AS_STUDY_LAMB] = student(as_portfolio_t(ar, sample->names, est->portfolio_sigma, prediction), df - 2);
}

static void rank_tests(as_study_sample *sample)
{
    static const struct {
        as_rank_kind kind;
        as_study_test test;
    } rank[] = {{AS_RANK_CORRADO, AS_STUDY_CORRADO},
                {AS_RANK_CORRADO_ZIVNEY, AS_STUDY_CORRADO_ZIVNEY},
                {AS_RANK_SIGN, AS_STUDY_CORRADO_SIGN}};
    const as_study_options *o = &sample->options;
    size_t window = as_study_window(o);
    size_t times = o->estimation + window;
    double *t = sample->work;
    for (size_t k = 0; k < sizeof rank / sizeof *rank; k++) {
        as_rank_test(rank[k].kind, sample->scaled, sample->names, times, t, sample->work + times);
        for (size_t d = 0; d < window; d++)
            sample->day[d][rank[k].test] = normal(t[o->estimation + d]);
    }
}

/* The statistics of the days, summed, over the root of their number. */
static as_study_stat summed(const as_study_sample *sample, as_study_test test, double df)
{
    double sum = 0;
    double n = 0;
    for (size_t d = 0; d < as_study_window(&sample->options); d++) {
        if (isfinite(sample->day[d][test].stat)) {
            sum += sample->day[d][test].stat;
            n++;
        }
    }
    double stat = n > 0 ? sum / sqrt(n) : (double)NAN;
    return df > 0 ? student(stat, df) : normal(stat);
}

static void window_tests(as_study_sample *sample, const estimates *est)
{
    double *car = sample->work;
    double *scar = car + sample->names;
    double *csar = scar + sample->names;
    size_t returns = 0;
    for (size_t i = 0; i < sample->names; i++) {
        car[i] = sample->name[i].car;
        scar[i] = sample->name[i].scar;
        csar[i] = sample->name[i].csar;
        if (sample->name[i].window_count > returns)
            returns = sample->name[i].window_count;
    }
    standardised_tests(sample, est, csar, scar, returns, sample->whole);
    simple_tests(sample, est, car, sample->whole);
    double df = (double)est->estimated;
    sample->whole[AS_STUDY_CORRADO] = summed(sample, AS_STUDY_CORRADO, 0);
    sample->whole[AS_STUDY_CORRADO_ZIVNEY] = summed(sample, AS_STUDY_CORRADO_ZIVNEY, 0);
    sample->whole[AS_STUDY_CORRADO_SIGN] = summed(sample, AS_STUDY_CORRADO_SIGN, 0);
    sample->whole[AS_STUDY_BW_1980] = summed(sample, AS_STUDY_BW_1980, 0);
    sample->whole[AS_STUDY_BW_1985] = summed(sample, AS_STUDY_BW_1985, df - 1);
    sample->whole[AS_STUDY_LAMB] = summed(sample, AS_STUDY_LAMB, df - 2);
}

void as_study_sample_test(as_study_sample *sample)
{
    const as_study_options *o = &sample->options;
    estimates est = {.sigma = calloc(sample->names + 1, sizeof(double)),
                     .count = calloc(sample->names + 1, sizeof(size_t))};
    AS_ASSERT(est.sigma && est.count);
    for (size_t i = 0; i < sample->names; i++) {
        est.sigma[i] = sample->name[i].ols.sigma_sample;
        est.count[i] = sample->name[i].ols.count;
        est.estimated_mean += (double)est.count[i] / (double)sample->names;
        if (est.count[i] > est.estimated)
            est.estimated = est.count[i];
    }
    est.portfolio_sigma = as_portfolio_sigma(sample->residual, sample->names, o->estimation);
    est.positive_share = as_positive_share(sample->residual, sample->names, o->estimation, o->as_package);
    sample->rbar = as_residual_correlation_complete(sample->residual, sample->names, o->estimation, sample->work);
    if (isnan(sample->rbar))
        sample->rbar = as_residual_correlation(sample->residual, sample->names, o->estimation);
    for (size_t d = 0; d < as_study_window(o); d++)
        day_tests(sample, &est, d);
    rank_tests(sample);
    window_tests(sample, &est);
    free(est.sigma);
    free(est.count);
}
