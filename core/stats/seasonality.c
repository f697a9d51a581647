#include "core/stats/seasonality.h"

#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/logexp.h"

#define SHORTEST_HALF 0.741  /* of a normal sample: the half's length times this is its deviation */
#define CUT 6.635            /* chi^2(1), 99 % */
#define CUT_CORRECTION 1.081 /* 0.99 / P(chi^2(3) <= CUT) */
#define HISTORY_CLIP 16383   /* 16 deviations; the difference of two still fits 16 bits */

double as_seasonality_cumulative(double x)
{
    if (!(x > 0.0))
        return 0.0;
    if (x >= 1.0)
        return 1.0;
    return x * (9.0 + x * (8.0 * x - 12.0)) / 5.0;
}

double as_seasonality_density(double x)
{
    if (!(x >= 0.0 && x <= 1.0))
        return 0.0;
    double centred = 2.0 * x - 1.0;
    return (1.0 + 2.0 * centred * centred) * 3.0 / 5.0;
}

/* ---- weighted standard deviation ---- */

static void order(int16_t *restrict low, int16_t *restrict high)
{
    for (uint32_t b = 0; b < AS_SEASONALITY_BINS; b++) {
        int16_t x = low[b], y = high[b];
        low[b] = x < y ? x : y;
        high[b] = x < y ? y : x;
    }
}

/*
 * Sort each bin's column, all at once: Batcher's odd-even merge sort compares the same rows whatever they hold, so that
 * a comparison of two rows is a minimum and a maximum of vectors.
 */
static void sort_columns(as_seasonality_row *row)
{
    const uint32_t n = AS_SEASONALITY_SESSIONS;
    for (uint32_t p = 1; p < n; p *= 2)
        for (uint32_t k = p; k >= 1; k /= 2)
            for (uint32_t j = k % p; j + k < n; j += 2 * k)
                for (uint32_t i = 0; i < k && i + j + k < n; i++)
                    if ((i + j) / (2 * p) == (i + j + k) / (2 * p))
                        order(row[i + j].value, row[i + j + k].value);
}

/* ShortH of n ascending values. */
static double shortest_half(const as_seasonality_row *sorted, uint32_t bin, uint32_t n)
{
    uint32_t half = n / 2 + 1;
    int32_t shortest = INT32_MAX;
    for (uint32_t i = 0; i + half <= n; i++) {
        int32_t length = sorted[i + half - 1].value[bin] - sorted[i].value[bin];
        shortest = length < shortest ? length : shortest;
    }
    return SHORTEST_HALF * shortest / AS_SEASONALITY_UNIT;
}

static double weighted_square(const as_seasonality_row *sorted, uint32_t bin, uint32_t n, double f)
{
    double limit = CUT * f * f * AS_SEASONALITY_UNIT * AS_SEASONALITY_UNIT;
    int64_t all = 0, kept = 0, kept_count = 0;
    for (uint32_t i = 0; i < n; i++) {
        int32_t square = sorted[i].value[bin] * sorted[i].value[bin];
        bool keep = square <= limit;
        all += square;
        kept += keep ? square : 0;
        kept_count += keep;
    }
    const double unit = (double)AS_SEASONALITY_UNIT * AS_SEASONALITY_UNIT;
    if (!(f > 0) || kept_count == 0)
        return (double)all / n / unit;
    return CUT_CORRECTION * (double)kept / (double)kept_count / unit;
}

void as_seasonality_wsd(const as_seasonality_row *row, uint32_t row_count, uint32_t bins, double *square,
                        uint32_t *count)
{
    as_seasonality_row sorted[AS_SEASONALITY_SESSIONS];
    double scale[AS_SEASONALITY_BINS];
    AS_ASSERT(row_count <= AS_SEASONALITY_SESSIONS && bins <= AS_SEASONALITY_BINS);
    memcpy(sorted, row, row_count * sizeof *sorted);
    for (uint32_t i = row_count; i < AS_SEASONALITY_SESSIONS; i++)
        for (uint32_t b = 0; b < AS_SEASONALITY_BINS; b++)
            sorted[i].value[b] = AS_SEASONALITY_MISSING;
    sort_columns(sorted);

    double sum = 0;
    uint32_t known = 0;
    for (uint32_t b = 0; b < bins; b++) {
        count[b] = 0;
        while (count[b] < row_count && sorted[count[b]].value[b] != AS_SEASONALITY_MISSING)
            count[b]++;
        scale[b] = count[b] ? shortest_half(sorted, b, count[b]) : 0;
        sum += scale[b] * scale[b];
        known += count[b] > 0;
    }
    double mean = known ? as_sqrt(sum / known) : 0;
    for (uint32_t b = 0; b < bins; b++)
        square[b] = count[b] ? weighted_square(sorted, b, count[b], mean > 0 ? scale[b] / mean : 0) : 0;
}

static void sort_values(float *value, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        float x = value[i];
        uint32_t at = i;
        for (; at > 0 && value[at - 1] > x; at--)
            value[at] = value[at - 1];
        value[at] = x;
    }
}

double as_seasonality_robust_variance(const float *value, uint32_t count)
{
    float sorted[AS_SEASONALITY_SESSIONS];
    AS_ASSERT(count <= AS_SEASONALITY_SESSIONS);
    if (!count)
        return 0;
    memcpy(sorted, value, count * sizeof *sorted);
    sort_values(sorted, count);
    uint32_t half = count / 2 + 1;
    double shortest = (double)sorted[half - 1] - (double)sorted[0];
    for (uint32_t i = 1; i + half <= count; i++) {
        double length = (double)sorted[i + half - 1] - (double)sorted[i];
        shortest = length < shortest ? length : shortest;
    }
    double limit = CUT * SHORTEST_HALF * SHORTEST_HALF * shortest * shortest;
    double all = 0, kept = 0;
    uint32_t kept_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        double square = (double)sorted[i] * (double)sorted[i];
        all += square;
        if (square <= limit) {
            kept += square;
            kept_count++;
        }
    }
    return shortest > 0 && kept_count ? CUT_CORRECTION * kept / kept_count : all / count;
}

/* ---- a name's profile ---- */

static double prior_share(const as_seasonality *seasonality, double x)
{
    return seasonality->flat ? x : as_seasonality_cumulative(x);
}

void as_seasonality_init(as_seasonality *seasonality, double span, bool flat)
{
    AS_ASSERT(span >= 1 && span <= AS_SEASONALITY_BINS);
    uint32_t whole = (uint32_t)span;
    memset(seasonality, 0, sizeof *seasonality);
    seasonality->span = span;
    seasonality->bins = whole < span ? whole + 1 : whole;
    seasonality->flat = flat;
}

/* Bipower variance of a bin over a session's bins; 0 where too few are known. */
static double bin_variance(const as_seasonality *seasonality, const float *bin_return)
{
    double sum = 0;
    uint32_t pairs = 0;
    for (uint32_t b = 1; b < seasonality->bins; b++) {
        double product = fabs((double)bin_return[b]) * fabs((double)bin_return[b - 1]);
        if (isnan(product))
            continue;
        sum += product;
        pairs++;
    }
    return 2 * pairs >= seasonality->bins ? AS_PI / 2 * sum / pairs : 0;
}

static void refresh(as_seasonality *seasonality)
{
    double square[AS_SEASONALITY_BINS], prior[AS_SEASONALITY_BINS];
    uint32_t count[AS_SEASONALITY_BINS];
    uint32_t bins = seasonality->bins;
    uint32_t rows =
        seasonality->session_count < AS_SEASONALITY_SESSIONS ? seasonality->session_count : AS_SEASONALITY_SESSIONS;
    as_seasonality_wsd(seasonality->history, rows, bins, square, count);

    /* what the known bins have of the variance together is the prior's; how it lies among them is their own */
    double own_sum = 0, prior_sum = 0, before = 0;
    for (uint32_t b = 0; b < bins; b++) {
        double end = b + 1 < bins ? prior_share(seasonality, (b + 1) / seasonality->span) : 1;
        prior[b] = end - before;
        before = end;
        if (count[b] < AS_SEASONALITY_LEAST / 2)
            count[b] = 0;
        own_sum += count[b] ? square[b] : 0;
        prior_sum += count[b] ? prior[b] : 0;
    }
    double scale = own_sum > 0 ? prior_sum / own_sum : 0;
    double total = 0;
    seasonality->cumulative[0] = 0;
    for (uint32_t b = 0; b < bins; b++) {
        double own = scale > 0 ? count[b] : 0;
        total += (own * scale * square[b] + AS_SEASONALITY_PRIOR * prior[b]) / (own + AS_SEASONALITY_PRIOR);
        seasonality->cumulative[b + 1] = total;
    }
    for (uint32_t b = 1; b < bins; b++)
        seasonality->cumulative[b] /= total;
    seasonality->cumulative[bins] = 1;
}

bool as_seasonality_update(as_seasonality *seasonality, const float *bin_return)
{
    double variance = bin_variance(seasonality, bin_return);
    if (!(variance > 0))
        return false;
    double unit = AS_SEASONALITY_UNIT / as_sqrt(variance);
    int16_t *row = seasonality->history[seasonality->session_count % AS_SEASONALITY_SESSIONS].value;
    for (uint32_t b = 0; b < AS_SEASONALITY_BINS; b++) {
        double value = b < seasonality->bins ? (double)bin_return[b] * unit : (double)NAN;
        if (isnan(value))
            row[b] = AS_SEASONALITY_MISSING;
        else if (fabs(value) >= HISTORY_CLIP)
            row[b] = value < 0 ? -HISTORY_CLIP : HISTORY_CLIP;
        else
            row[b] = (int16_t)(value < 0 ? value - 0.5 : value + 0.5);
    }
    seasonality->session_count++;
    if (as_seasonality_known(seasonality))
        refresh(seasonality);
    return true;
}

/* The bin that holds x, and how far into it x is, in bins. */
static uint32_t locate(const as_seasonality *seasonality, double x, double *into)
{
    double at = x * seasonality->span;
    uint32_t bin = (uint32_t)at;
    if (bin >= seasonality->bins)
        bin = seasonality->bins - 1;
    *into = at - bin;
    return bin;
}

/* Bins in a bin: 1, and less in a last one that the session's end cuts. */
static double width(const as_seasonality *seasonality, uint32_t bin)
{
    double rest = seasonality->span - bin;
    return rest < 1 ? rest : 1;
}

double as_seasonality_share(const as_seasonality *seasonality, double x)
{
    if (!(x > 0))
        return 0;
    if (x >= 1)
        return 1;
    if (!as_seasonality_known(seasonality))
        return prior_share(seasonality, x);
    double into;
    uint32_t bin = locate(seasonality, x, &into);
    double begin = seasonality->cumulative[bin], end = seasonality->cumulative[bin + 1];
    double share = begin + (end - begin) * (into / width(seasonality, bin));
    return share < end ? share : end;
}

double as_seasonality_rate(const as_seasonality *seasonality, double x)
{
    if (!(x >= 0 && x <= 1))
        return 0;
    if (!as_seasonality_known(seasonality))
        return seasonality->flat ? 1 : as_seasonality_density(x);
    double into;
    uint32_t bin = locate(seasonality, x, &into);
    double mass = seasonality->cumulative[bin + 1] - seasonality->cumulative[bin];
    return mass * seasonality->span / width(seasonality, bin);
}
