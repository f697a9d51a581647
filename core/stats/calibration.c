#include "core/stats/calibration.h"

#include <stdbool.h>
#include <string.h>

#include "core/logexp.h"

#define CLIP 1e-15
#define NEWTON_MAX 100
#define NEWTON_STEP 1e-12
#define SLOPE_MAX 1e6
#define LIKELIHOOD_NOISE 1e-12

/* First bin whose forecast is not below p. */
static size_t lower_bound(const as_calibration_bin *bin, size_t bin_count, double p)
{
    size_t low = 0;
    size_t high = bin_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (bin[mid].p < p)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void hits_to_frequencies(as_calibration_bin *bin, size_t bin_count)
{
    for (size_t k = 0; k < bin_count; k++)
        bin[k].observed /= (double)bin[k].count;
}

size_t as_calibration_bins(const double *p, const double *y, size_t count, as_calibration_bin *bin, size_t bin_max)
{
    size_t bin_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = lower_bound(bin, bin_count, p[i]);
        if (k == bin_count || bin[k].p > p[i]) {
            if (bin_count == bin_max)
                return 0;
            memmove(&bin[k + 1], &bin[k], (bin_count - k) * sizeof *bin);
            bin[k] = (as_calibration_bin){.p = p[i]};
            bin_count++;
        }
        bin[k].observed += y[i];
        bin[k].count++;
    }
    hits_to_frequencies(bin, bin_count);
    return bin_count;
}

size_t as_calibration_bins_equal(const double *p, const double *y, size_t count, as_calibration_bin *bin,
                                 size_t bin_count)
{
    for (size_t k = 0; k < bin_count; k++)
        bin[k] = (as_calibration_bin){0};
    for (size_t i = 0; i < count && bin_count > 0; i++) {
        double at = p[i] * (double)bin_count;
        size_t k = at > 0 ? (size_t)at : 0;
        if (k >= bin_count)
            k = bin_count - 1;
        bin[k].p += p[i];
        bin[k].observed += y[i];
        bin[k].count++;
    }
    size_t kept = 0;
    for (size_t k = 0; k < bin_count; k++) {
        if (bin[k].count == 0)
            continue;
        bin[kept] = bin[k];
        bin[kept].p /= (double)bin[kept].count;
        kept++;
    }
    hits_to_frequencies(bin, kept);
    return kept;
}

static double clipped_log(double p)
{
    if (p < CLIP)
        p = CLIP;
    return as_log(p > 1 - CLIP ? 1 - CLIP : p);
}

as_calibration_score as_calibration_measure(const double *p, const double *y, size_t count,
                                            const as_calibration_bin *bin, size_t bin_count)
{
    if (count == 0)
        return (as_calibration_score){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    as_calibration_score score = {0};
    double n = (double)count;
    for (size_t i = 0; i < count; i++) {
        score.base_rate += y[i] / n;
        score.brier += (p[i] - y[i]) * (p[i] - y[i]);
        score.log_loss -= y[i] * clipped_log(p[i]) + (1 - y[i]) * clipped_log(1 - p[i]);
    }
    score.brier /= n;
    score.log_loss /= n;
    for (size_t k = 0; k < bin_count; k++) {
        double share = (double)bin[k].count / n;
        double off = bin[k].p - bin[k].observed;
        double apart = bin[k].observed - score.base_rate;
        score.reliability += share * off * off;
        score.resolution += share * apart * apart;
        score.ece += share * fabs(off);
    }
    score.uncertainty = score.base_rate * (1 - score.base_rate);
    score.skill = score.uncertainty > 0 ? 1 - score.brier / score.uncertainty : NAN;
    return score;
}

void as_calibration_isotonic(const as_calibration_bin *bin, size_t bin_count, double *fit, as_calibration_bin *block)
{
    size_t blocks = 0;
    for (size_t k = 0; k < bin_count; k++) {
        block[blocks++] = bin[k];
        /* p of a block is unused until here: it counts the bins that were pooled */
        block[blocks - 1].p = 1;
        while (blocks > 1 && block[blocks - 2].observed >= block[blocks - 1].observed) {
            as_calibration_bin *into = &block[blocks - 2];
            const as_calibration_bin *from = &block[blocks - 1];
            double weight = (double)(into->count + from->count);
            into->observed += (from->observed - into->observed) * (double)from->count / weight;
            into->count += from->count;
            into->p += from->p;
            blocks--;
        }
    }
    size_t k = 0;
    for (size_t b = 0; b < blocks; b++) {
        for (double i = 0; i < block[b].p; i++)
            fit[k++] = block[b].observed;
    }
}

double as_calibration_isotonic_value(const as_calibration_bin *bin, const double *fit, size_t bin_count, double p)
{
    if (bin_count == 0 || !isfinite(p))
        return NAN;
    size_t k = lower_bound(bin, bin_count, p);
    if (k == 0)
        return fit[0];
    if (k == bin_count)
        return fit[bin_count - 1];
    double share = (p - bin[k - 1].p) / (bin[k].p - bin[k - 1].p);
    return fit[k - 1] + share * (fit[k] - fit[k - 1]);
}

double as_platt_value(const as_platt *platt, double score)
{
    return 1 / (1 + as_exp(-(platt->intercept + platt->slope * score)));
}

typedef struct newton {
    double g0, g1, h00, h01, h11; /* gradient and information of the log-likelihood */
} newton;

static newton derivatives(const double *score, const double *y, size_t count, const as_platt *at)
{
    newton sum = {0};
    for (size_t i = 0; i < count; i++) {
        double p = as_platt_value(at, score[i]);
        double w = p * (1 - p);
        sum.g0 += y[i] - p;
        sum.g1 += (y[i] - p) * score[i];
        sum.h00 += w;
        sum.h01 += w * score[i];
        sum.h11 += w * score[i] * score[i];
    }
    return sum;
}

static double log_likelihood(const double *score, const double *y, size_t count, const as_platt *at)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double p = as_platt_value(at, score[i]);
        sum += y[i] > 0.5 ? clipped_log(p) : clipped_log(1 - p);
    }
    return sum;
}

/* A threshold that tells all outcomes apart, on either side. */
static bool is_separated(const double *score, const double *y, size_t count)
{
    double low[2] = {INFINITY, INFINITY};
    double high[2] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < count; i++) {
        int side = y[i] > 0.5;
        low[side] = score[i] < low[side] ? score[i] : low[side];
        high[side] = score[i] > high[side] ? score[i] : high[side];
    }
    return high[0] <= low[1] || high[1] <= low[0];
}

static bool has_two_classes(const double *score, const double *y, size_t count)
{
    bool outcome = false;
    bool value = false;
    for (size_t i = 1; i < count; i++) {
        outcome = outcome || (y[i] > 0.5) != (y[0] > 0.5);
        value = value || score[i] < score[0] || score[i] > score[0];
    }
    return outcome && value;
}

as_platt_result as_platt_fit(const double *score, const double *y, size_t count, as_platt *platt)
{
    if (!has_two_classes(score, y, count))
        return AS_PLATT_ONE_CLASS;
    if (is_separated(score, y, count))
        return AS_PLATT_SEPARATED;
    as_platt at = {0};
    double likelihood = log_likelihood(score, y, count, &at);
    for (int i = 0; i < NEWTON_MAX; i++) {
        newton d = derivatives(score, y, count, &at);
        double det = d.h00 * d.h11 - d.h01 * d.h01;
        if (!(det > 0))
            return AS_PLATT_SEPARATED;
        double step0 = (d.h11 * d.g0 - d.h01 * d.g1) / det;
        double step1 = (d.h00 * d.g1 - d.h01 * d.g0) / det;
        as_platt next = {.intercept = at.intercept + step0, .slope = at.slope + step1};
        double reached = log_likelihood(score, y, count, &next);
        /* the likelihood is concave: a step that overshoots, by more than rounding, is halved until it climbs */
        for (int k = 0; reached < likelihood * (1 + LIKELIHOOD_NOISE) && k < 40; k++) {
            step0 /= 2;
            step1 /= 2;
            next = (as_platt){.intercept = at.intercept + step0, .slope = at.slope + step1};
            reached = log_likelihood(score, y, count, &next);
        }
        at = next;
        likelihood = reached;
        if (fabs(step0) < NEWTON_STEP && fabs(step1) < NEWTON_STEP)
            break;
        if (fabs(at.slope) > SLOPE_MAX)
            return AS_PLATT_SEPARATED;
    }
    *platt = at;
    return AS_PLATT_OK;
}
