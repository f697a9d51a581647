#include "core/stats/event_study.h"

#include "core/logexp.h"

#define PAIRS_MIN 5
#define TRIPLES_MIN 6

static bool known(double x, double y)
{
    return isfinite(x) && isfinite(y);
}

typedef struct second_moments {
    size_t count;
    double x_mean, y_mean, sxx, sxy, syy;
} second_moments;

static second_moments moments_of(const double *y, const double *x, size_t count)
{
    second_moments m = {0};
    for (size_t t = 0; t < count; t++) {
        if (!known(x[t], y[t]))
            continue;
        m.count++;
        m.x_mean += x[t];
        m.y_mean += y[t];
    }
    if (m.count == 0)
        return m;
    m.x_mean /= (double)m.count;
    m.y_mean /= (double)m.count;
    for (size_t t = 0; t < count; t++) {
        if (!known(x[t], y[t]))
            continue;
        double dx = x[t] - m.x_mean;
        double dy = y[t] - m.y_mean;
        m.sxx += dx * dx;
        m.sxy += dx * dy;
        m.syy += dy * dy;
    }
    return m;
}

bool as_ols_fit(const double *y, const double *x, size_t count, as_ols *ols)
{
    second_moments m = moments_of(y, x, count);
    if (m.count < PAIRS_MIN || !(m.sxx > 0))
        return false;
    double n = (double)m.count;
    double beta = m.sxy / m.sxx;
    double alpha = m.y_mean - beta * m.x_mean;
    double ssr = 0;
    for (size_t t = 0; t < count; t++) {
        if (known(x[t], y[t])) {
            double e = y[t] - alpha - beta * x[t];
            ssr += e * e;
        }
    }
    *ols = (as_ols){.count = m.count, .alpha = alpha, .beta = beta, .x_mean = m.x_mean, .sxx = m.sxx};
    ols->sigma = as_sqrt(ssr / (n - 2));
    ols->sigma_sample = as_sqrt(ssr / (n - 1));
    ols->r2 = m.syy > 0 ? 1 - ssr / m.syy : NAN;
    ols->se_beta = ols->sigma / as_sqrt(m.sxx);
    ols->se_alpha = ols->sigma * as_sqrt(1 / n + m.x_mean * m.x_mean / m.sxx);
    return true;
}

bool as_ols_fit_mean(const double *y, size_t count, as_ols *ols)
{
    second_moments m = moments_of(y, y, count);
    if (m.count < PAIRS_MIN)
        return false;
    double n = (double)m.count;
    *ols = (as_ols){.count = m.count, .alpha = m.y_mean, .sxx = INFINITY, .se_beta = NAN};
    ols->sigma = as_sqrt(m.syy / (n - 1));
    ols->sigma_sample = ols->sigma;
    ols->se_alpha = ols->sigma / as_sqrt(n);
    return true;
}

bool as_ols_pair_fit(const double *y, const double *x0, const double *x1, size_t count, as_ols_pair *ols)
{
    double mean[3] = {0};
    size_t used = 0;
    for (size_t t = 0; t < count; t++) {
        if (!known(x0[t], x1[t]) || !isfinite(y[t]))
            continue;
        mean[0] += x0[t];
        mean[1] += x1[t];
        mean[2] += y[t];
        used++;
    }
    if (used < TRIPLES_MIN)
        return false;
    double n = (double)used;
    for (int k = 0; k < 3; k++)
        mean[k] /= n;
    double s00 = 0;
    double s01 = 0;
    double s11 = 0;
    double s0y = 0;
    double s1y = 0;
    double syy = 0;
    for (size_t t = 0; t < count; t++) {
        if (!known(x0[t], x1[t]) || !isfinite(y[t]))
            continue;
        double d0 = x0[t] - mean[0];
        double d1 = x1[t] - mean[1];
        double dy = y[t] - mean[2];
        s00 += d0 * d0;
        s01 += d0 * d1;
        s11 += d1 * d1;
        s0y += d0 * dy;
        s1y += d1 * dy;
        syy += dy * dy;
    }
    double det = s00 * s11 - s01 * s01;
    if (!(det > 1e-12 * s00 * s11))
        return false;
    double b0 = (s11 * s0y - s01 * s1y) / det;
    double b1 = (s00 * s1y - s01 * s0y) / det;
    double ssr = 0;
    for (size_t t = 0; t < count; t++) {
        if (!known(x0[t], x1[t]) || !isfinite(y[t]))
            continue;
        double e = y[t] - mean[2] - b0 * (x0[t] - mean[0]) - b1 * (x1[t] - mean[1]);
        ssr += e * e;
    }
    *ols = (as_ols_pair){.count = used, .beta = {b0, b1}};
    ols->alpha = mean[2] - b0 * mean[0] - b1 * mean[1];
    ols->sigma = as_sqrt(ssr / (n - 3));
    ols->r2 = syy > 0 ? 1 - ssr / syy : NAN;
    return true;
}

as_abnormal as_abnormal_return(const as_ols *ols, double y, double x)
{
    double off = x - ols->x_mean;
    double ar = y - ols->alpha - ols->beta * x;
    double c = 1 + 1 / (double)ols->count + (isinf(ols->sxx) ? 0 : off * off / ols->sxx);
    return (as_abnormal){.ar = ar, .c = c, .sar = ar / (ols->sigma * as_sqrt(c))};
}

as_abnormal_window as_abnormal_cumulate(const as_ols *ols, const double *y, const double *x, size_t count)
{
    as_abnormal_window window = {0};
    double off = 0;
    for (size_t t = 0; t < count; t++) {
        as_abnormal day = as_abnormal_return(ols, y[t], x[t]);
        if (!isfinite(day.sar))
            continue;
        window.count++;
        window.car += day.ar;
        window.csar += day.sar;
        off += x[t] - ols->x_mean;
    }
    double l = (double)window.count;
    double c = l + l * l / (double)ols->count + (isinf(ols->sxx) ? 0 : off * off / ols->sxx);
    window.scar = window.count > 0 ? window.car / (ols->sigma * as_sqrt(c)) : NAN;
    return window;
}

double as_patell_z(const double *sar, const size_t *estimation_count, size_t names, size_t window_count)
{
    double sum = 0;
    double variance = 0;
    for (size_t i = 0; i < names; i++) {
        if (!isfinite(sar[i]) || estimation_count[i] <= 4)
            continue;
        double m = (double)estimation_count[i];
        sum += sar[i];
        variance += (double)window_count * (m - 2) / (m - 4);
    }
    return variance > 0 ? sum / as_sqrt(variance) : NAN;
}

double as_cross_section_t(const double *value, size_t names)
{
    second_moments m = moments_of(value, value, names);
    if (m.count < 2 || !(m.syy > 0))
        return NAN;
    double n = (double)m.count;
    return m.y_mean / as_sqrt(m.syy / (n - 1)) * as_sqrt(n);
}

double as_residual_correlation(const double *residual, size_t names, size_t count)
{
    double sum = 0;
    size_t pairs = 0;
    for (size_t i = 1; i < names; i++) {
        for (size_t j = 0; j < i; j++) {
            second_moments m = moments_of(residual + i * count, residual + j * count, count);
            if (m.count < 3 || !(m.sxx > 0) || !(m.syy > 0))
                continue;
            sum += m.sxy / (as_sqrt(m.sxx) * as_sqrt(m.syy));
            pairs++;
        }
    }
    return pairs > 0 ? sum / (double)pairs : NAN;
}

double as_residual_correlation_complete(const double *residual, size_t names, size_t count, double *work)
{
    for (size_t t = 0; t < count; t++)
        work[t] = 0;
    for (size_t i = 0; i < names; i++) {
        second_moments m = moments_of(residual + i * count, residual + i * count, count);
        if (m.count < count || m.count < 3 || !(m.sxx > 0))
            return NAN;
        double norm = as_sqrt(m.sxx);
        for (size_t t = 0; t < count; t++)
            work[t] += (residual[i * count + t] - m.x_mean) / norm;
    }
    double sum = 0;
    for (size_t t = 0; t < count; t++)
        sum += work[t] * work[t];
    double n = (double)names;
    return names > 1 ? (sum - n) / (n * (n - 1)) : (double)NAN;
}

double as_kp_multiplier_bmp(double rbar, size_t names)
{
    double inflation = 1 + ((double)names - 1) * rbar;
    return inflation > 0 ? as_sqrt((1 - rbar) / inflation) : NAN;
}

double as_kp_multiplier_patell(double rbar, size_t names)
{
    double inflation = 1 + ((double)names - 1) * rbar;
    return inflation > 0 ? 1 / as_sqrt(inflation) : NAN;
}

/* order becomes the indices of the finite values of x, in rising order of these; returns how many. Heap sort. */
static size_t sort_finite(const double *x, size_t count, double *order)
{
    size_t used = 0;
    for (size_t t = 0; t < count; t++)
        if (isfinite(x[t]))
            order[used++] = (double)t;
    size_t begin = used / 2;
    size_t end = used;
    while (end > 1) {
        double moving;
        if (begin > 0) {
            moving = order[--begin];
        } else {
            moving = order[--end];
            order[end] = order[0];
        }
        size_t hole = begin;
        for (size_t child; (child = 2 * hole + 1) < end; hole = child) {
            if (child + 1 < end && x[(size_t)order[child + 1]] > x[(size_t)order[child]])
                child++;
            if (x[(size_t)order[child]] <= x[(size_t)moving])
                break;
            order[hole] = order[child];
        }
        order[hole] = moving;
    }
    return used;
}

/* An index and twice its rank in one number: both are needed in one array while it is put into the other order. */
#define INDEX_BITS 16777216.0

/* order holds a code at its first used places; the ranks go to where their indices say. */
static void scatter_ranks(size_t used, size_t count, double *order)
{
    for (size_t t = used; t < count; t++)
        order[t] = NAN;
    for (size_t j = 0; j < used; j++) {
        double code = order[j];
        if (!(code >= 0))
            continue; /* a rank already, kept negative until all are */
        order[j] = NAN;
        while (code >= 0) {
            double twice_rank = (double)(size_t)(code / INDEX_BITS);
            size_t to = (size_t)(code - twice_rank * INDEX_BITS);
            double next = order[to];
            order[to] = -twice_rank / 2;
            code = next; /* NAN where nothing stood: the chain ends */
        }
    }
    for (size_t t = 0; t < count; t++)
        order[t] = -order[t];
}

size_t as_rank_average(const double *x, size_t count, double *rank)
{
    size_t used = sort_finite(x, count, rank);
    for (size_t first = 0, past; first < used; first = past) {
        double value = x[(size_t)rank[first]];
        past = first;
        while (past < used && x[(size_t)rank[past]] == value)
            past++;
        for (size_t j = first; j < past; j++)
            rank[j] += (double)(first + 1 + past) * INDEX_BITS;
    }
    scatter_ranks(used, count, rank);
    return used;
}

/* +1 above the median of the values, -1 below, 0 at it, NAN for NAN. */
static void sign_about_median(const double *x, size_t count, double *sign)
{
    size_t used = sort_finite(x, count, sign);
    double low = used > 0 ? x[(size_t)sign[(used - 1) / 2]] : 0;
    double high = used > 0 ? x[(size_t)sign[used / 2]] : 0;
    for (size_t t = 0; t < count; t++)
        sign[t] = isfinite(x[t]) ? (double)((x[t] >= high && x[t] > low) - (x[t] <= low && x[t] < high)) : NAN;
}

/* What the kind of test averages over names. */
static void score_of(as_rank_kind kind, const double *ar, size_t count, double *score)
{
    if (kind == AS_RANK_SIGN) {
        sign_about_median(ar, count, score);
        return;
    }
    double used = (double)as_rank_average(ar, count, score);
    double scale = kind == AS_RANK_CORRADO ? 1 : used + 1;
    for (size_t t = 0; t < count; t++)
        score[t] = (score[t] - (used + 1) / 2) / scale;
}

double as_rank_test(as_rank_kind kind, const double *ar, size_t names, size_t count, double *t, double *work)
{
    double *score = work;
    double *present = work + count;
    for (size_t u = 0; u < count; u++)
        t[u] = present[u] = 0;
    for (size_t i = 0; i < names; i++) {
        score_of(kind, ar + i * count, count, score);
        for (size_t u = 0; u < count; u++) {
            if (!isnan(score[u])) {
                t[u] += score[u];
                present[u]++;
            }
        }
    }
    double square = 0;
    size_t times = 0;
    for (size_t u = 0; u < count; u++) {
        if (!(present[u] > 0)) {
            t[u] = NAN;
            continue;
        }
        /*
         * a mean for Corrado; for unequal numbers of names the sum that has the same variance every
         * day
         */
        t[u] /= kind == AS_RANK_CORRADO ? present[u] : as_sqrt(present[u]);
        square += t[u] * t[u];
        times++;
    }
    double s = times > 0 ? as_sqrt(square / (double)times) : NAN;
    for (size_t u = 0; u < count; u++)
        t[u] /= s;
    return s;
}
