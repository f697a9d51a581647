#include "core/stats/deflated_sharpe.h"

#include <math.h>

#include "core/stats/normal.h"

#define EULER 0.57721566490153286061
#define EXP_1 2.71828182845904523536

as_sharpe as_sharpe_of(const double *value, size_t count)
{
    as_sharpe sharpe = {.count = count, .mean = NAN, .deviation = NAN, .ratio = NAN, .skewness = NAN, .kurtosis = NAN};
    if (count < 2)
        return sharpe;
    double n = (double)count;
    double mean = 0;
    double m2 = 0;
    double m3 = 0;
    double m4 = 0;
    for (size_t i = 0; i < count; i++)
        mean += value[i] / n;
    for (size_t i = 0; i < count; i++) {
        double d = value[i] - mean;
        m2 += d * d / n;
        m3 += d * d * d / n;
        m4 += d * d * d * d / n;
    }
    sharpe.mean = mean;
    sharpe.deviation = sqrt(m2 * n / (n - 1));
    if (!(m2 > 0))
        return sharpe;
    sharpe.ratio = mean / sharpe.deviation;
    sharpe.skewness = m3 / (m2 * sqrt(m2));
    sharpe.kurtosis = m4 / (m2 * m2);
    return sharpe;
}

double as_sharpe_probabilistic(const as_sharpe *sharpe, double benchmark)
{
    double sr = sharpe->ratio;
    double spread = 1 - sharpe->skewness * sr + (sharpe->kurtosis - 1) / 4 * sr * sr;
    if (!(spread > 0) || sharpe->count < 2)
        return NAN;
    return as_normal_cdf((sr - benchmark) * sqrt((double)sharpe->count - 1) / sqrt(spread));
}

double as_sharpe_expected_max(double tries)
{
    if (!(tries > 1))
        return 0;
    return (1 - EULER) * as_normal_quantile(1 - 1 / tries) + EULER * as_normal_quantile(1 - 1 / (tries * EXP_1));
}

double as_sharpe_deflated(const as_sharpe *sharpe, double tries, double variance)
{
    return as_sharpe_probabilistic(sharpe, sqrt(variance) * as_sharpe_expected_max(tries));
}

double as_sharpe_min_length(double tries, double annual_ratio)
{
    double expected = as_sharpe_expected_max(tries) / annual_ratio;
    return expected * expected;
}

/* ---- PBO ---- */

typedef struct split {
    const double *value;
    size_t tries, block_periods;
    unsigned blocks;
    uint32_t in_sample; /* set of blocks */
} split;

/* Sharpe ratio of one try over the blocks of a set; the worst there is where it never moved. */
static double ratio_over(const split *s, size_t column, uint32_t set)
{
    double n = 0;
    double sum = 0;
    double squares = 0;
    for (unsigned b = 0; b < s->blocks; b++) {
        if (!(set >> b & 1))
            continue;
        for (size_t t = b * s->block_periods; t < (b + 1) * s->block_periods; t++) {
            double x = s->value[t * s->tries + column];
            n++;
            double d = x - sum;
            sum += d / n; /* Welford: the running mean */
            squares += d * (x - sum);
        }
    }
    return squares > 0 ? sum / sqrt(squares / (n - 1)) : -(double)INFINITY;
}

static double logit_of(const split *s)
{
    uint32_t all = (UINT32_C(1) << s->blocks) - 1;
    size_t winner = 0;
    double best = ratio_over(s, 0, s->in_sample);
    for (size_t k = 1; k < s->tries; k++) {
        double ratio = ratio_over(s, k, s->in_sample);
        if (ratio > best) {
            best = ratio;
            winner = k;
        }
    }
    double mine = ratio_over(s, winner, all & ~s->in_sample);
    double rank = 1;
    for (size_t k = 0; k < s->tries; k++) {
        double other = k == winner ? INFINITY : ratio_over(s, k, all & ~s->in_sample);
        rank += other < mine;
        rank += k != winner && !(other < mine) && !(other > mine) ? 0.5 : 0; /* a tie takes the mean rank */
    }
    double share = rank / ((double)s->tries + 1);
    return log(share / (1 - share));
}

/* Sets of half the blocks, first block first: (0,1,2), (0,1,3), ... */
static unsigned next_set(unsigned *place, unsigned chosen, unsigned blocks)
{
    for (unsigned i = chosen; i-- > 0;) {
        if (place[i] == blocks - chosen + i)
            continue;
        place[i]++;
        for (unsigned k = i + 1; k < chosen; k++)
            place[k] = place[k - 1] + 1;
        return 1;
    }
    return 0;
}

double as_sharpe_pbo(const double *value, size_t periods, size_t tries, unsigned blocks, double *logit, size_t *splits)
{
    *splits = 0;
    if (blocks < 2 || blocks % 2 || blocks > AS_PBO_BLOCK_MAX || tries < 2 || tries > AS_PBO_TRY_MAX ||
        periods / blocks < 1)
        return NAN;
    split s = {.value = value, .tries = tries, .block_periods = periods / blocks, .blocks = blocks};
    unsigned half = blocks / 2;
    unsigned place[AS_PBO_BLOCK_MAX];
    for (unsigned i = 0; i < half; i++)
        place[i] = i;
    size_t below = 0;
    do {
        s.in_sample = 0;
        for (unsigned i = 0; i < half; i++)
            s.in_sample |= UINT32_C(1) << place[i];
        logit[*splits] = logit_of(&s);
        below += logit[*splits] <= 0;
        ++*splits;
    } while (next_set(place, half, blocks));
    return (double)below / (double)*splits;
}
