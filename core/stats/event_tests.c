#include "core/stats/event_tests.h"

#include <math.h>

#include "core/logexp.h"

double as_mean(const double *value, size_t count)
{
    double sum = 0;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(value[i])) {
            sum += value[i];
            used++;
        }
    }
    return used > 0 ? sum / (double)used : (double)NAN;
}

double as_brown_warner_1980(const double *ar, const double *sigma, size_t names)
{
    double sum = 0;
    double variance = 0;
    for (size_t i = 0; i < names; i++) {
        if (isfinite(ar[i]) && isfinite(sigma[i])) {
            sum += ar[i];
            variance += sigma[i] * sigma[i];
        }
    }
    return variance > 0 ? sum / as_sqrt(variance) : (double)NAN;
}

/* Mean over names at time t; *there is how many have a value. */
static double mean_at(const double *residual, size_t names, size_t count, size_t t, size_t *there)
{
    double sum = 0;
    *there = 0;
    for (size_t i = 0; i < names; i++) {
        if (isfinite(residual[i * count + t])) {
            sum += residual[i * count + t];
            ++*there;
        }
    }
    return *there > 0 ? sum / (double)*there : 0;
}

double as_portfolio_sigma(const double *residual, size_t names, size_t count)
{
    double mean = 0;
    double square = 0;
    double times = 0;
    for (size_t t = 0; t < count; t++) {
        size_t there;
        double value = mean_at(residual, names, count, t, &there);
        if (there == 0)
            continue;
        times++;
        double off = value - mean;
        mean += off / times;
        square += off * (value - mean);
    }
    return times > 1 ? as_sqrt(square / (times - 1)) : (double)NAN;
}

double as_portfolio_t(const double *ar, size_t names, double portfolio_sigma, double prediction_variance)
{
    double scale = portfolio_sigma * as_sqrt(prediction_variance);
    return scale > 0 ? as_mean(ar, names) / scale : (double)NAN;
}

double as_sign_test(const double *ar, size_t names, double share)
{
    double positive = 0;
    double n = 0;
    for (size_t i = 0; i < names; i++) {
        if (isfinite(ar[i])) {
            n++;
            positive += ar[i] > 0;
        }
    }
    double variance = n * share * (1 - share);
    return variance > 0 ? (positive - n * share) / as_sqrt(variance) : (double)NAN;
}

double as_positive_share(const double *residual, size_t names, size_t count, bool pooled)
{
    double share = 0;
    double used = 0;
    double all = 0;
    double all_positive = 0;
    for (size_t i = 0; i < names; i++) {
        double positive = 0;
        double n = 0;
        for (size_t t = 0; t < count; t++) {
            if (isfinite(residual[i * count + t])) {
                n++;
                positive += residual[i * count + t] > 0;
            }
        }
        all += n;
        all_positive += positive;
        if (n > 0) {
            share += positive / n;
            used++;
        }
    }
    if (!(used > 0))
        return NAN;
    return pooled ? all_positive / all : share / used;
}

static int counts(double x)
{
    return isfinite(x) && x != 0;
}

as_wilcoxon as_wilcoxon_signed_rank(const double *ar, size_t names)
{
    double n = 0;
    double w = 0;
    for (size_t i = 0; i < names; i++) {
        if (!counts(ar[i]))
            continue;
        n++;
        double below = 0;
        double equal = 0;
        for (size_t j = 0; j < names; j++) {
            if (!counts(ar[j]))
                continue;
            below += fabs(ar[j]) < fabs(ar[i]);
            equal += fabs(ar[j]) == fabs(ar[i]);
        }
        if (ar[i] > 0)
            w += below + (equal + 1) / 2;
    }
    if (!(n > 0))
        return (as_wilcoxon){.w = (double)NAN, .z = (double)NAN};
    return (as_wilcoxon){.w = w, .z = (w - n * (n + 1) / 4) / as_sqrt(n * (n + 1) * (2 * n + 1) / 24)};
}
