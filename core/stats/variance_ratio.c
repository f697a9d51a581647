#include "core/stats/variance_ratio.h"

#include "core/error.h"
#include "core/logexp.h"

static const as_variance_ratio_result undefined = {.vr = NAN, .z = NAN, .z_star = NAN, .theta = NAN};

/* VR and z from the centred sums of squares of single and of q-fold returns. */
static as_variance_ratio_result ratio(double single, double longer, size_t count, unsigned q)
{
    double n = (double)count;
    double m = q * (n - q + 1) * (1 - q / n);
    double vr = longer / m / (single / (n - 1));
    double z = (vr - 1) / as_sqrt(2.0 * (2.0 * q - 1) * (q - 1.0) / (3.0 * q * n));
    return (as_variance_ratio_result){.vr = vr, .z = z, .z_star = NAN, .theta = NAN};
}

static double robust_variance(const double *r, size_t count, unsigned q, double mu, double single)
{
    double theta = 0;
    for (unsigned j = 1; j < q; j++) {
        double cross = 0;
        for (size_t t = j; t < count; t++) {
            double now = r[t] - mu;
            double then = r[t - j] - mu;
            cross += now * now * then * then;
        }
        double weight = 2.0 * (q - j) / q;
        theta += weight * weight * cross / (single * single);
    }
    return theta;
}

as_variance_ratio_result as_variance_ratio(const double *r, size_t count, unsigned q)
{
    AS_ASSERT(q >= 2);
    if (count < 2 * (size_t)q)
        return undefined;
    double mu = 0;
    for (size_t t = 0; t < count; t++)
        mu += r[t];
    mu /= (double)count;

    double single = 0;
    double longer = 0;
    for (size_t t = 0; t < count; t++) {
        single += (r[t] - mu) * (r[t] - mu);
        if (t + 1 >= q) {
            double sum = 0;
            for (size_t i = t + 1 - q; i <= t; i++)
                sum += r[i] - mu;
            longer += sum * sum;
        }
    }
    if (!(single > 0))
        return undefined;
    as_variance_ratio_result result = ratio(single, longer, count, q);
    result.theta = robust_variance(r, count, q, mu, single);
    result.z_star = (result.vr - 1) / as_sqrt(result.theta);
    return result;
}

void as_variance_ratio_run_init(as_variance_ratio_run *run, unsigned q)
{
    AS_ASSERT(q >= 2 && q <= AS_VARIANCE_RATIO_HORIZON_MAX);
    *run = (as_variance_ratio_run){.q = q};
}

void as_variance_ratio_run_update(as_variance_ratio_run *run, double r)
{
    if (!isfinite(r) || run->n == UINT32_MAX)
        return;
    if (run->n == 0)
        run->first = r;
    double shifted = r - run->first;
    run->sum += shifted;
    run->sum_square += shifted * shifted;
    run->window[run->n % run->q] = shifted;
    run->n++;
    if (run->n < run->q)
        return;
    double longer = 0;
    for (unsigned i = 0; i < run->q; i++)
        longer += run->window[(run->n + i) % run->q];
    run->long_sum += longer;
    run->long_sum_square += longer * longer;
}

as_variance_ratio_result as_variance_ratio_run_value(const as_variance_ratio_run *run)
{
    if (run->n < 2 * run->q)
        return undefined;
    double n = run->n;
    double q = run->q;
    double mu = run->sum / n;
    double longs = n - q + 1;
    double single = run->sum_square - n * mu * mu;
    double longer = run->long_sum_square - 2 * q * mu * run->long_sum + longs * q * q * mu * mu;
    /* what is left of equal returns after the subtraction is rounding, not variance */
    if (!(single > run->sum_square * 0x1p-40))
        return undefined;
    return ratio(single, longer, run->n, run->q);
}
